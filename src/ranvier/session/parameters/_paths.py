r"""Paths as parameter files have them, made paths of this system.

Files are written at Windows rigs and read anywhere: a backslash is a separator on every
system, and `C:\data` is no name of a folder on POSIX.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath, PureWindowsPath
from typing import TypeVar

from ranvier.session.parameters._faults import impossible_path

PathT = TypeVar("PathT", bound=PurePath)

_DRIVE = re.compile(r"[A-Za-z]:")
_SHARE = re.compile(r"[\\/]{2}[^\\/]")


def resolve_path(
    text: str, folder: PathT, *, key: str = "", must_be_inside: bool = False
) -> PathT:
    r"""Make a path of a parameter's text.

    An absolute path stays; a relative one counts from the folder. `..` is kept as it
    stands, since files of a rig may well lie beside its repository; only where the
    path must stay inside (what a step writes) is it refused. `~` at the beginning is
    the user's own folder. No environment variable is read, and nothing is made.

    Parameters
    ----------
    text
        Placeholders filled.
    folder
        What a relative path counts from; its type says whose paths are meant (a
        `PureWindowsPath` has those of Windows, a `Path` those of this system).
    key
        Where it stands, for the message.
    must_be_inside
        True if it must lie in the folder.

    Returns
    -------
    path
        Of the type of `folder`.

    Raises
    ------
    ParameterValidationError
        RV-S19 if it is empty, has a NUL, is a drive or share of Windows on another
        system, names a drive without saying where on it, or leads out of the folder
        where it must not.

    Examples
    --------
    >>> from pathlib import PurePosixPath
    >>> resolve_path(r"notes\day1.txt", PurePosixPath("/data")).as_posix()
    '/data/notes/day1.txt'
    """
    name = f'"{key}"' if key else "this key"
    if not text.strip() or "\0" in text:
        mend = f"give {name} the path of a file or folder, or leave it out"
        raise impossible_path(text, key, "is empty or has a NUL", mend)
    is_windows = isinstance(folder, PureWindowsPath)
    if _DRIVE.match(text) and text[2:3] not in ("/", "\\"):
        mend = f"write a slash after the colon in {name}"
        raise impossible_path(text, key, "has a drive but no place on it", mend)
    if not is_windows and (_DRIVE.match(text) or _is_share(text)):
        mend = f"change {name} to a path of this system, in the rig file or with --set"
        raise impossible_path(text, key, "is a path of another system, Windows", mend)
    path = _join(text if is_windows else text.replace("\\", "/"), folder)
    if must_be_inside and not _is_inside(path, folder):
        mend = f"give {name} a path relative to that folder, without .."
        raise impossible_path(text, key, f"leads out of {folder}", mend)
    return path


def _is_share(text: str) -> bool:
    # "//host/share" is left to POSIX, which reads it as "/host/share".
    return bool(_SHARE.match(text)) and text.startswith("\\\\")


def _join(text: str, folder: PathT) -> PathT:
    kind = type(folder)
    path = kind(text)
    if isinstance(folder, Path) and path.parts[:1] == ("~",):
        return kind(Path.home(), *path.parts[1:])
    return path if path.is_absolute() else folder / path


def _is_inside(path: PurePath, folder: PurePath) -> bool:
    if not path.is_relative_to(folder):
        return False
    below = path.relative_to(folder).parts
    return bool(below) and ".." not in below
