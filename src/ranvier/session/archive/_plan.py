"""What to do with each file: decided from what is known, without touching any."""

from __future__ import annotations

import enum
import posixpath
from dataclasses import dataclass


class Action(enum.StrEnum):
    """What is done with one file."""

    SKIP = "it is whole"
    COPY = "it is copied"
    REPLACE = "our older copy is replaced"
    COMPARE = "a file lies there that may be the same"


@dataclass(frozen=True)
class Entry:
    """One file of a copy, as its manifest tells.

    Parameters
    ----------
    path
        Relative to the session folder, with "/".
    size, mtime_ns
        Of the source when its reading began: bytes, and ns since 1970.
    sha256
        Of what was read.
    copied_bytes
        How much was read; not `size` if the file grew meanwhile.
    kept_ns
        Time of change that the copy's disk kept; some keep seconds only.
    """

    path: str
    size: int
    mtime_ns: int
    sha256: str
    copied_bytes: int
    kept_ns: int


@dataclass(frozen=True)
class Seen:
    """Size (bytes) and time of change (ns) of a file, as the disk tells them."""

    size: int
    mtime_ns: int


def decide(
    source: Seen, entry: Entry | None, copy: Seen | None, *, is_ours: bool = True
) -> Action:
    """Decide what is done with one file.

    Parameters
    ----------
    source
        The file of the session.
    entry
        What the manifest of the copy says of it.
    copy
        What lies where the copy would; None if nothing does.
    is_ours
        If the manifest is that of this very source.

    Returns
    -------
    Action
        `COMPARE` wherever content that someone else may have put there is at stake.

    Examples
    --------
    >>> decide(Seen(3, 1), None, None)
    <Action.COPY: 'it is copied'>
    """
    if copy is None:
        return Action.COPY
    if entry is None or not is_ours:
        return Action.COMPARE
    if (copy.size, copy.mtime_ns) != (entry.copied_bytes, entry.kept_ns):
        return Action.COMPARE  # someone wrote to the copy
    is_same = (source.size, source.mtime_ns) == (entry.size, entry.mtime_ns)
    return (
        Action.SKIP
        if is_same and entry.copied_bytes == entry.size
        else (Action.REPLACE)
    )


def leads_out(path: str, target: str) -> bool:
    """Say whether a link leads out of its session folder.

    Returns
    -------
    bool
        True also of an absolute target, which no copy could follow.

    Examples
    --------
    >>> leads_out("a/link", "../b"), leads_out("a/link", "../../b")
    (False, True)
    """
    target = target.replace("\\", "/")
    if target.startswith("/") or target[1:2] == ":":
        return True
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return joined == ".." or joined.startswith("../")
