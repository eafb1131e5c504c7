"""The command lines of the programs that a session knows, as lists; pure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Scalar: TypeAlias = "str | float | bool | None"
AnyPath: TypeAlias = "str | os.PathLike[str]"

ROOT_FOLDER = "RootFolder"
"""The property by which a Bonsai workflow is told where to write."""


def build_bonsai(
    executable: AnyPath,
    workflow: AnyPath,
    properties: Mapping[str, Scalar],
    arguments: Sequence[str] = (),
    session_folder: AnyPath | None = None,
) -> tuple[str, ...]:
    """Write the command that runs a Bonsai workflow without its editor.

    Parameters
    ----------
    executable, workflow
        Paths.
    properties
        Externalised properties by name, nested ones by dotted name. Truth values are
        written as Bonsai reads them; a property that is None keeps the value that it
        has in the workflow.
    arguments
        Put before the folder, as they are.
    session_folder
        Given as the property `RootFolder`, unless `properties` has one. None for a
        workflow that does not externalise it: Bonsai would not start.

    Returns
    -------
    tuple of str
        Program and arguments.

    Examples
    --------
    >>> build_bonsai("Bonsai.exe", "task.bonsai", {"Reward": True}, (), "out")[4:]
    ('-p', 'Reward=true', '-p', 'RootFolder=out')
    """
    given = {name: value for name, value in properties.items() if value is not None}
    command = [os.fspath(executable), os.fspath(workflow), "--start", "--no-editor"]
    for name, value in given.items():
        command += ["-p", f"{name}={_format(value)}"]
    command += arguments
    if session_folder is not None and ROOT_FOLDER not in given:
        command += ["-p", f"{ROOT_FOLDER}={os.fspath(session_folder)}"]
    return tuple(command)


def build_python(
    executable: AnyPath,
    script: AnyPath,
    python_arguments: Sequence[str] = (),
    parameters: Mapping[str, Scalar] | None = None,
    arguments: Sequence[str] = (),
) -> tuple[str, ...]:
    """Write the command that runs a Python script.

    Parameters
    ----------
    executable
        The interpreter; `find_venv_python` gives that of an environment.
    script
        Path.
    python_arguments
        Put before the script: "-u", "-X", …
    parameters
        Each becomes `--name=value`. The older launcher dropped them in silence; a
        script that does not know them now says so. None is left out.
    arguments
        Put last, as they are.

    Returns
    -------
    tuple of str
        Program and arguments.

    Examples
    --------
    >>> build_python("python", "task.py", ["-u"], {"n_trials": 5}, ["--fast"])
    ('python', '-u', 'task.py', '--n_trials=5', '--fast')
    """
    head = (os.fspath(executable), *python_arguments, os.fspath(script))
    return (*head, *_write_options(parameters or {}), *arguments)


def build_python_environment(session_folder: AnyPath) -> dict[str, str]:
    """Give what a Python script of a session finds in its environment.

    Returns
    -------
    dict
        `OUTPUT_FOLDER`, the session folder, as scripts of the older launcher read it;
        and that lines are written when they are printed, so that silence is silence.
    """
    return {"OUTPUT_FOLDER": os.fspath(session_folder), "PYTHONUNBUFFERED": "1"}


def build_command(
    executable: AnyPath,
    arguments: Sequence[str] = (),
    parameters: Mapping[str, Scalar] | None = None,
) -> tuple[str, ...]:
    """Write the command that runs any program.

    Parameters
    ----------
    executable
        Path, or a name that is looked for on PATH.
    arguments
        Put first, as they are.
    parameters
        Each becomes `--name=value`; None is left out.

    Returns
    -------
    tuple of str
        Program and arguments.
    """
    return (os.fspath(executable), *arguments, *_write_options(parameters or {}))


def find_venv_python(folder: Path) -> Path | None:
    """Find the interpreter of a virtual environment.

    Parameters
    ----------
    folder
        Of the environment.

    Returns
    -------
    Path or None
        As venv lays it out on any system; None if there is none.
    """
    places = (folder / "bin" / "python", folder / "Scripts" / "python.exe")
    return next((place for place in places if place.exists()), None)


def _write_options(parameters: Mapping[str, Scalar]) -> list[str]:
    # One word for name and value: a value may begin with a dash.
    given = {name: value for name, value in parameters.items() if value is not None}
    return [f"--{name}={_format(value)}" for name, value in given.items()]


def _format(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
