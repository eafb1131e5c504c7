"""The editor of the person at the rig: which it is, and how it is opened."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ranvier.core import format_command
from ranvier.session.steps._failures import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LOOK_S = 0.2
_OF_SYSTEM = {"win32": ["notepad.exe"], "darwin": ["open", "-W", "-t"]}


def choose_editor(
    parameters: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> list[str]:
    """Choose the editor: that of the parameters, of the person, of the system.

    Parameters
    ----------
    parameters
        experiment_notes_editor_command, experiment_notes_editor_args: text or words.
    environment
        Where VISUAL and EDITOR stand; this process's if not given.

    Returns
    -------
    list of str
        The command without the file; empty if there is none.

    Examples
    --------
    >>> choose_editor({}, {"EDITOR": "code --wait"})
    ['code', '--wait']
    """
    known = os.environ if environment is None else environment
    extra = split_words(parameters.get("experiment_notes_editor_args"))
    given = parameters.get("experiment_notes_editor_command")
    for command in (given, known.get("VISUAL"), known.get("EDITOR")):
        if words := split_words(command):
            return [*words, *extra]
    words = _OF_SYSTEM.get(sys.platform, [])
    return [*words, *extra] if words else []


def split_words(command: object) -> list[str]:
    """Split a command as a shell would, without one.

    Parameters
    ----------
    command
        Text, a list of words, or None. A text that is an existing file is one word:
        "C:/Program Files/editor.exe".

    Returns
    -------
    list of str
        Its words.
    """
    if isinstance(command, list):
        return [str(word) for word in cast("list[Any]", command)]
    text = str(command or "").strip()
    if not text or Path(text).is_file():
        return [text] if text else []
    words = shlex.split(text, posix=os.name != "nt")
    return [word.strip('"') for word in words] if os.name == "nt" else words


def open_editor(
    command: Sequence[str], is_stopped: Callable[[], bool], *, is_detached: bool
) -> dict[str, Any]:
    """Open an editor, and wait until it is closed unless it is detached.

    Parameters
    ----------
    command
        With the file.
    is_stopped
        If it becomes true the editor stays open, and is no more waited for.
    is_detached
        True goes on at once.

    Returns
    -------
    dict
        Of a detached one: `notes_editor`, with its pid and when it was created, by
        which `is_open` knows it again.

    Raises
    ------
    StepError
        If it can't be started.
    """
    quiet = subprocess.DEVNULL if is_detached else None
    try:
        process = subprocess.Popen(
            command,
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            start_new_session=is_detached,
        )
    except OSError as error:
        raise refuse(
            "the editor can't be opened.",
            "name another in $EDITOR or `experiment_notes_editor_command`",
            found=f"{format_command(*command)}: {error}",
        ) from error
    while not is_detached and not is_stopped():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_S)
            return {}
    # Someone must wait for it, or it stays as a zombie until this process ends.
    threading.Thread(target=process.wait, name="editor", daemon=True).start()
    return _describe(process.pid) if is_detached else {}


def is_open(editor: object) -> bool:
    """Tell whether a detached editor still runs.

    Parameters
    ----------
    editor
        What `open_editor` told, or None.

    Returns
    -------
    bool
        False also if another process has its number by now.
    """
    if not isinstance(editor, dict):
        return False
    known = cast("dict[str, Any]", editor)
    return _describe(known.get("pid", -1)) == {"notes_editor": known}


def _describe(pid: int) -> dict[str, Any]:
    import psutil  # only where an editor is left open

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return {}
        return {"notes_editor": {"pid": pid, "created": process.create_time()}}
    except (psutil.Error, ValueError):
        return {}
