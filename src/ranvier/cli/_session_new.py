"""`ranvier session new`: a folder with a session that can be held at once."""

from __future__ import annotations

import importlib.resources
import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from ranvier.cli._print import say
from ranvier.core import SessionError, format_command, write_atomically

_FILES = ("README.md", "first_session.json", "rig.toml", "answers.yaml")
_TASK = ("task.bonsai", "make_stimuli.py")
_STAND_IN = "bonsai_stand_in.py"
# Of the example's own repository: who runs it may have told git no name yet.
_AUTHOR = ("-c", "user.name=ranvier", "-c", "user.email=ranvier@localhost")


def new(
    folder: Annotated[
        Path, typer.Argument(help="Folder to be made.", show_default=False)
    ],
) -> None:
    """Make a folder with a first session: parameters, rig, task, a stand-in Bonsai."""
    from ranvier.cli._outcome import shorten

    make_session_example(folder.absolute())
    shown = shorten(folder)
    start = ("ranvier", "session", "start", "first_session.json", "--rig", "rig.toml")
    say(f"made        {shown}")
    say(f"hold it     {format_command('cd', shown)} && {format_command(*start)}")
    say(f"change it   {shown}/first_session.json, {shown}/rig.toml")


def make_session_example(folder: Path) -> None:
    """Make the example, with a git repository of its own for the task.

    Parameters
    ----------
    folder
        Absolute; made, and must not hold anything yet.

    Raises
    ------
    SessionError
        If the folder is taken or can't be written to, or git is missing or refuses.
    """
    files = importlib.resources.files("ranvier") / "examples" / "session"
    if folder.exists() and any(folder.iterdir()):
        raise _refused(folder, "there is something in it already")
    try:
        task = folder / "task"
        (task / "bonsai").mkdir(parents=True)
        for name in _FILES:
            text = (files / name).read_text(encoding="utf-8")
            write_atomically(folder / name, text.replace("@FOLDER@", folder.as_posix()))
        for name in _TASK:
            write_atomically(task / name, (files / name).read_bytes())
        stand_in = task / "bonsai" / "Bonsai"
        write_atomically(stand_in, (files / _STAND_IN).read_bytes())
        stand_in.chmod(0o755)
    except OSError as error:
        raise _refused(folder, str(error)) from error
    _commit(task)


def _commit(task: Path) -> None:
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        (*_AUTHOR, "commit", "--quiet", "--message=A first task"),
    ):
        _git(task, *words)


def _git(folder: Path, *words: str) -> None:
    git = shutil.which("git")
    if git is None:
        raise _refused(folder, "git is not on the PATH")
    done = subprocess.run(
        [git, *words],
        cwd=folder,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise _refused(folder, done.stderr.strip())


def _refused(folder: Path, found: str) -> SessionError:
    return SessionError(
        "the example can't be made.",
        code="RV-C21",
        where=str(folder),
        found=found,
        mend="give a folder that is not there yet; git must be installed",
    )
