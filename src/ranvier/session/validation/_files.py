"""Whether files that parameters name are there and can be read; names for new ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.session.faults import ParameterValidationError, ProgramError
from ranvier.session.parameters import resolve_path
from ranvier.session.programs import read_workflow_properties

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\s]+')
# Names that Windows keeps for devices, with any ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)
_PATH_KEY = re.compile(r"_(path|file|folder|dir|script)\Z")
_LONGEST = 200


def validate_bonsai_workflow(workflow_path: str | PathLike[str]) -> bool:
    """Look whether a file is there, can be read and is a Bonsai workflow.

    Parameters
    ----------
    workflow_path
        Of the .bonsai file.

    Returns
    -------
    bool
        False also if it is no workflow: Bonsai would not open it.
    """
    path = Path(workflow_path)
    try:
        read_workflow_properties(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError, ProgramError):
        return False
    return True


def validate_file_paths(
    params: Mapping[str, Any], folder: str | PathLike[str] = "."
) -> dict[str, bool]:
    r"""Look whether the files and folders are there that parameters name.

    Parameters
    ----------
    params
        Those whose name ends in `_path`, `_file`, `_folder`, `_dir` or `_script`, and
        whose value is text, are looked at.
    folder
        From which relative ones count; a backslash separates on every system.

    Returns
    -------
    dict
        By name: true if it is there.
    """
    places = {
        name: value
        for name, value in params.items()
        if isinstance(value, str) and _PATH_KEY.search(name)
    }
    return {name: _is_there(value, Path(folder)) for name, value in places.items()}


def sanitize_filename(name: str) -> str:
    """Make a name that a file can have on every system.

    Parameters
    ----------
    name
        Any text.

    Returns
    -------
    str
        What no file name has is "_"; at most 200 characters; "_" if nothing is left.

    Examples
    --------
    >>> sanitize_filename("mouse 1: day/2?.json")
    'mouse_1_day_2_.json'
    """
    safe = _UNSAFE.sub("_", name.strip())[:_LONGEST].rstrip(". ")
    return f"_{safe}" if not safe or _DEVICE.match(safe) else safe


def _is_there(text: str, folder: Path) -> bool:
    try:
        return resolve_path(text, folder).exists()
    except ParameterValidationError:  # a path of another system
        return False
