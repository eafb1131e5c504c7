"""Runs a function of the task repository in a process of its own.

It can neither break nor change the launcher; it ends when the session is stopped, when
its time is over, and when the launcher dies.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.session.faults import Finding, Verdict
from ranvier.session.parameters import StepPhase, resolve_path
from ranvier.session.steps._child import Child, run_child
from ranvier.session.steps._failures import refuse_end, refuse_outcome, refuse_script
from ranvier.session.steps._places import find_inside, name_file
from ranvier.session.steps._script_answer import judge_answer
from ranvier.session.steps._step import StepResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.session.parameters import StepEntry
    from ranvier.session.steps._step import StepContext

_TIMEOUT_S = 3600.0
_SHOWN_LINES = 20


@dataclass(frozen=True)
class ScriptCall:
    """What is called, and with what.

    Parameters
    ----------
    python, script, folder
        Interpreter, file and working folder.
    functions
        Names, of which the first that is there is called.
    arguments
        By name.
    timeout_s
        How long it may take, s.
    """

    python: str
    script: Path
    folder: Path
    functions: tuple[str, ...]
    arguments: dict[str, Any]
    timeout_s: float


def run_script(entry: StepEntry, context: StepContext) -> StepResult:
    """Run a script and judge what it gave back.

    Parameters
    ----------
    entry
        Of the parameter file.
    context
        With the entry's parameters.

    Returns
    -------
    StepResult
        As `judge_answer`; failed also if it left out the file that it should write.

    Raises
    ------
    SessionError
        If it can't be started, or did not end by itself.
    """
    call = build_call(entry, context)
    output = None
    if entry.output_filename:
        output = find_inside(context.session_folder, entry.output_filename)
    answer = _ask(entry, context, call, output)
    result = judge_answer(entry.path, entry.key_path, answer)
    if output is None or result.verdict is Verdict.FAILED:
        return result
    if not output.is_file():
        found, wanted = f"{output} is not there", "output_filename is written"
        error = refuse_outcome(entry.path, entry.key_path, found, wanted)
        finding = Finding.from_error(error, entry.path)
        return StepResult(Verdict.FAILED, (*result.findings, finding))
    file = name_file(context.session_folder, output)
    return StepResult(result.verdict, result.findings, (file,), result.data)


def build_call(entry: StepEntry, context: StepContext) -> ScriptCall:
    """Find the script, its Python and its arguments.

    Returns
    -------
    ScriptCall
        With every path absolute.

    Raises
    ------
    StepError
        If the script or its Python is not there, or lies outside the repository.
    """
    folder = context.repository
    if folder is None:
        mend = "set `repository_url` and `local_repository_path`"
        raise refuse_script(entry.path, "the session has no task repository", mend)
    script = Path(resolve_path(entry.path, folder, key=entry.key_path)).resolve()
    if not script.is_relative_to(folder.resolve()):
        found = f"it lies outside the task repository {folder}"
        raise refuse_script(entry.path, found, "put it there, and commit it")
    if not script.is_file():
        found = f"there is no {script}"
        mend = "look at `module_path`, and at the commit that is used"
        raise refuse_script(entry.path, found, mend)
    is_before = entry.phase is StepPhase.BEFORE
    usual = ("run_pre_acquisition" if is_before else "run_post_acquisition", "run")
    given = context.parameters.get("script_timeout_sec")
    return ScriptCall(
        python=_find_python(entry, context, folder),
        script=script,
        folder=folder,
        functions=(entry.function,) if entry.function else usual,
        arguments=place_arguments(entry.function_args, context.session_folder),
        timeout_s=_TIMEOUT_S if given is None else float(given),
    )


def place_arguments(arguments: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    r"""Make paths of this system of the arguments that are paths.

    Parameters
    ----------
    arguments
        Those called `…_path` or `…_file` count from the session folder, as in the
        older launcher; a text that begins with that folder may have "\" in it.
    folder
        The session folder.

    Returns
    -------
    dict
        The arguments.
    """
    placed: dict[str, Any] = {}
    for name, value in arguments.items():
        is_path = name.endswith(("_path", "_file"))
        is_path = is_path or str(value).startswith(str(folder))
        if is_path and isinstance(value, str) and value:
            placed[name] = str(resolve_path(value, folder, key=name))
        else:
            placed[name] = value
    return placed


def _find_python(entry: StepEntry, context: StepContext, folder: Path) -> str:
    def look(key: str) -> Any:
        return context.parameters.get(key) or context.session_parameters.get(key)

    python, venv = look("python_exe_path"), look("python_venv_path")
    if not python and not venv:
        return sys.executable
    if python:
        path = Path(resolve_path(str(python), folder, key="python_exe_path"))
    else:
        inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
        path = Path(resolve_path(str(venv), folder, key="python_venv_path")) / inside
    if not path.is_file():
        mend = "make the environment, or correct `python_exe_path`"
        raise refuse_script(entry.path, f"there is no Python at {path}", mend)
    return str(path)


def _ask(
    entry: StepEntry, context: StepContext, call: ScriptCall, output: Path | None
) -> dict[str, Any]:
    session = {
        **context.session_parameters,
        "output_session_folder": str(context.session_folder),
        "session_folder": str(context.session_folder),
    }
    with tempfile.TemporaryDirectory(prefix="ranvier-step-") as place:
        # Scripts made for the older launcher want a file that they can read.
        file = Path(place, "parameters.json")
        whole = {**session, **context.parameters}
        file.write_text(json.dumps(whole, default=str), encoding="utf-8")
        known = {
            "param_file": str(file),
            "overrides": dict(context.parameters),
            "parameters": session,
            "session_folder": str(context.session_folder),
        }
        if output is not None:
            known["output_path"] = str(output)
        question = {
            "script": str(call.script),
            "folder": str(call.folder),
            "functions": call.functions,
            "arguments": call.arguments,
            "known": known,
        }
        line = json.dumps(question, default=str).encode() + b"\n"
        child = run_child(
            [call.python, "-u", str(Path(__file__).with_name("_script_child.py"))],
            call.folder,
            line,
            call.timeout_s,
            lambda: context.is_stopped,
            lambda text: context.log(f"{entry.path}: {text}"),
        )
    return _read_answer(entry, call, child)


def _read_answer(entry: StepEntry, call: ScriptCall, child: Child) -> dict[str, Any]:
    if child.ended_for == "stop":
        mend = "`ranvier session step` does it again"
        raise refuse_end(entry.path, "the session was stopped", mend)
    if child.ended_for == "time":
        found = f"it took longer than {call.timeout_s:g} s"
        raise refuse_end(entry.path, found, "raise `script_timeout_sec` of its entry")
    try:
        return json.loads(child.answer)
    except ValueError as error:
        said = "\n".join(child.lines[-_SHOWN_LINES:])
        found = f"exit code {child.exit_code}, no answer\n{said}".rstrip()
        wanted = "its function returns"
        raise refuse_outcome(entry.path, entry.key_path, found, wanted) from error
