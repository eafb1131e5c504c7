"""Names of sessions, and the folders that bear them: each session has its own.

A subject's identifier becomes part of file names on every system that data are copied
to: what Windows refuses is refused everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from ranvier.core import SessionError

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

_MAX_SUBJECT, _MAX_NAME = 64, 120
_MARKS = "_-.+"
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?\Z", re.IGNORECASE)
# So many sessions of one subject in one second are a mistake, not a rig.
_TRIES = 1000


def check_subject(subject: str) -> str:
    """Make sure that a subject's identifier can be part of a file's name anywhere.

    Parameters
    ----------
    subject
        The identifier.

    Returns
    -------
    str
        The same.

    Raises
    ------
    SessionError
        If it is not made of letters, digits and "_-.+", does not begin with a letter
        or a digit, ends in a dot, is longer than 64 characters, or is a name that
        Windows keeps for a device.

    Examples
    --------
    >>> check_subject("762196")
    '762196'
    """
    return _check(subject, "the identifier of the subject", _MAX_SUBJECT)


def make_session_name(subject: str, date: dt.datetime) -> str:
    """Make the name of a session: its subject, and when it begins.

    Parameters
    ----------
    subject
        Its identifier.
    date
        In local time of the rig.

    Returns
    -------
    str
        `<subject>_<YYYY-MM-DD>_<HH-MM-SS>`.

    Raises
    ------
    SessionError
        As `check_subject`.

    Examples
    --------
    >>> import datetime as dt
    >>> make_session_name("762196", dt.datetime(2026, 11, 20, 10, 0, 5))
    '762196_2026-11-20_10-00-05'
    """
    return f"{check_subject(subject)}_{date.strftime('%Y-%m-%d_%H-%M-%S')}"


def check_session_name(name: str) -> str:
    """Make sure that a name, maybe of another machine, can be that of a folder.

    Parameters
    ----------
    name
        Of the session.

    Returns
    -------
    str
        The same.

    Raises
    ------
    SessionError
        As `check_subject`, with up to 120 characters.

    Examples
    --------
    >>> check_session_name("762196_2026-11-20_10-00-05")
    '762196_2026-11-20_10-00-05'
    """
    return _check(name, "the name of the session", _MAX_NAME)


def make_session_folder(root: Path, name: str) -> Path:
    """Make the folder of a session; one that is there is never used again.

    Parameters
    ----------
    root
        Where sessions are kept; it is made if it is missing.
    name
        Of the session; other machines may have chosen it.

    Returns
    -------
    Path
        `root / name`, or with "-2", "-3", … behind it if that was taken, also if
        another process takes it at the same time.

    Raises
    ------
    SessionError
        If the name can't be that of a folder, or the folder can't be made.
    """
    check_session_name(name)
    try:
        root.mkdir(parents=True, exist_ok=True)
        for number in range(1, _TRIES):
            folder = root / (f"{name}-{number}" if number > 1 else name)
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise _cannot_make(root, name, str(error)) from error
    raise _cannot_make(root, name, f"{_TRIES - 1} folders of this name exist")


def _check(name: str, where: str, limit: int) -> str:
    is_plain = all(each.isalnum() or each in _MARKS for each in name)
    # macOS writes an accent apart from its letter: the same name would be another.
    is_composed = unicodedata.is_normalized("NFC", name)
    if (
        0 < len(name) <= limit
        and name[0].isalnum()
        and is_plain
        and is_composed
        and not name.endswith(".")
        and not _DEVICE.match(name)
    ):
        return name
    raise SessionError(
        f"\"{name}\" can't be part of a file's name.",
        code="RV-S86",
        where=where,
        wanted=f'a letter or digit, then letters, digits or "{_MARKS}", up to {limit} '
        "characters, not a dot at the end, and no device of Windows (con, nul, com1 …)",
        mend='write it otherwise: "_" in place of a space, for example',
    )


def _cannot_make(root: Path, name: str, found: str) -> SessionError:
    return SessionError(
        "the folder of the session can't be made.",
        code="RV-S87",
        where=str(root / name),
        found=found,
        mend="give an output folder on a disk with space that you may write to",
    )
