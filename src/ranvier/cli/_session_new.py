"""`ranvier session new`: a folder with a session that can be held at once."""

from __future__ import annotations

import contextlib
import importlib.resources
import json
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
        If the folder is taken, can't be written to or has a name that the files can't
        take, or git is missing or refuses. What was made until then is removed.
    """
    # Before anything is made.
    git = shutil.which("git")
    if git is None:
        raise _refused(folder, "git is not on the PATH")
    shown = _quote(folder)
    try:
        if folder.exists() and any(folder.iterdir()):
            raise _refused(folder, "there is something in it already")
        made = _make_folder(folder)
    except OSError as error:
        raise _refused(folder, str(error)) from error
    try:
        _write(folder, shown)
        _commit(git, folder / "task")
    except BaseException as error:
        _remove(folder, made)
        if isinstance(error, OSError):
            raise _refused(folder, str(error)) from error
        raise


def _quote(folder: Path) -> str:
    """Give the folder as it stands within a quoted text of TOML."""
    text = folder.as_posix()
    # In a parameter braces are placeholders, and no line of a file may end in between.
    if not text.isprintable() or "{" in text or "}" in text:
        raise _refused(folder, "its path has a character that a rig file can't have")
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _make_folder(folder: Path) -> list[Path]:
    """Make the folder; give what had to be made, the innermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _write(folder: Path, shown: str) -> None:
    files = importlib.resources.files("ranvier") / "examples" / "session"
    task = folder / "task"
    (task / "bonsai").mkdir(parents=True)
    for name in _FILES:
        text = (files / name).read_text(encoding="utf-8")
        write_atomically(folder / name, text.replace("@FOLDER@", shown))
    for name in _TASK:
        write_atomically(task / name, (files / name).read_bytes())
    stand_in = task / "bonsai" / "Bonsai"
    write_atomically(stand_in, (files / _STAND_IN).read_bytes())
    stand_in.chmod(0o755)


def _remove(folder: Path, made: list[Path]) -> None:
    # The folder held nothing: these are ours. What else came meanwhile is left.
    shutil.rmtree(folder / "task", ignore_errors=True)
    with contextlib.suppress(OSError):
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
        for each in made:
            each.rmdir()


def _commit(git: str, task: Path) -> None:
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        (*_AUTHOR, "commit", "--quiet", "--message=A first task"),
    ):
        _git(task, git, *words)


def _git(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command,
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
        mend="give a folder that is not there yet, with a plain name; git must be "
        "installed",
    )
