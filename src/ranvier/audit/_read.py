"""Reads the audit trail, and says where its chain ends or is broken; never writes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import msgspec

from ranvier.core import RecordingError

AUDIT_FILE = "audit.jsonl"
"""Name of the audit trail in a session folder."""

GENESIS = "0" * 64
"""What the first line names as the hash of the line before it."""

_TAIL = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')
_HEAD = b'{"n":'
_FOREIGN = "it is no line of an audit trail"


class AuditLine(NamedTuple):
    """One line of the audit trail.

    Parameters
    ----------
    n
        Its number, from 0.
    time_ns
        When, ns on the monotonic clock of the supervisor's host.
    wall
        The same as an ISO 8601 date.
    kind
        What happened: a value of `AuditKind`.
    node
        The node concerned, or "".
    fields
        The rest.
    prev, hash
        Hash of the line before it and of this one.
    """

    n: int
    time_ns: int
    wall: str
    kind: str
    node: str
    fields: Dict[str, Any]
    prev: str
    hash: str


class AuditBreak(NamedTuple):
    """A place where the chain does not hold.

    Parameters
    ----------
    line
        Number of the line in the file, from 1.
    problem
        What is wrong there.
    """

    line: int
    problem: str


class AuditCheck(NamedTuple):
    """What `verify_audit` found.

    Parameters
    ----------
    n_lines
        Lines that were written, as their numbers say.
    breaks
        Where the chain does not hold; empty if it does.
    is_torn
        True if the last line was cut short, as a kill does.
    """

    n_lines: int
    breaks: Tuple[AuditBreak, ...]
    is_torn: bool

    @property
    def is_whole(self) -> bool:
        """True if the chain holds from the first line to the last."""
        return not self.breaks


class ChainEnd(NamedTuple):
    """Where an audit trail ends, for whoever continues it.

    Parameters
    ----------
    size
        Bytes up to there.
    n
        Number that the next line gets.
    hash
        Of the last whole line.
    is_torn
        True if the last line has no end: a newline must come first.
    """

    size: int = 0
    n: int = 0
    hash: str = GENESIS
    is_torn: bool = False


def read_audit(path: Path) -> List[AuditLine]:
    """Read the lines of an audit trail that are whole.

    Parameters
    ----------
    path
        The file; one that is still written to may be read.

    Returns
    -------
    list of AuditLine
        In order of the file. Lines that are no audit lines (a torn tail) are left
        out; `verify_audit` tells of them.

    Raises
    ------
    RecordingError
        If the file can't be read.
    """
    lines = (_parse(text) for text in _split(path)[0])
    return [line for line in lines if line is not None]


def verify_audit(path: Path) -> AuditCheck:
    """Check the chain of an audit trail.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    AuditCheck
        With the line at which the chain breaks, if it does.

    Raises
    ------
    RecordingError
        If the file can't be read.
    """
    texts, is_torn = _split(path)
    breaks: List[AuditBreak] = []
    expected, n_lines = GENESIS, 0
    unread: List[AuditBreak] = []
    for number, text in enumerate(texts, 1):
        line = _parse(text)
        if line is None:
            is_foreign = not _may_be_cut(text)
            problem = _FOREIGN if is_foreign else "it is no whole line"
            (breaks if is_foreign else unread).append(AuditBreak(number, problem))
            continue
        problem = _find_problem(text, line, expected, n_lines)
        if problem:
            breaks += [*unread, AuditBreak(number, problem)]
        elif unread:
            # A supervisor that continues after a kill leaves the torn line where it
            # is and chains to the last whole one: nothing that was whole is missing.
            is_torn = True
        unread.clear()
        expected, n_lines = line.hash, line.n + 1
    return AuditCheck(n_lines, tuple(breaks + unread), is_torn)


def follow_chain(data: bytes, end: ChainEnd) -> Tuple[ChainEnd, str]:
    """Go on along an audit trail by what was appended to it.

    Parameters
    ----------
    data
        All bytes behind the end.
    end
        Where it ended before.

    Returns
    -------
    tuple of ChainEnd and str
        Where it ends now, and "" or the first thing that is wrong with what was
        appended. A line that was cut short, as by a kill, is not wrong.
    """
    texts, problem = data.split(b"\n"), ""
    n, last = end.n, end.hash
    if end.is_torn and texts.pop(0):
        problem = _FOREIGN
    is_torn = texts[-1:] != [b""]
    for text in texts if is_torn else texts[:-1]:
        line = _parse(text)
        if line is not None:
            problem = problem or _find_problem(text, line, last, n)
            n, last = line.n + 1, line.hash
        elif not _may_be_cut(text):
            problem = problem or _FOREIGN
    return ChainEnd(end.size + len(data), n, last, is_torn), problem


def _find_problem(text: bytes, line: AuditLine, expected: str, n: int) -> str:
    digest = hashlib.sha256(_TAIL.sub(b"}", text)).hexdigest()
    if digest != line.hash:
        return "its content does not fit its hash"
    if line.prev != expected:
        return "a line before it was changed, removed or put in"
    return "" if line.n == n else f"it is numbered {line.n} in place of {n}"


def _may_be_cut(text: bytes) -> bool:
    # Is it how an audit line begins? A power cut may leave zeros where its rest was.
    text = text.rstrip(b"\0")
    is_begun = text.startswith(_HEAD) or _HEAD.startswith(text)
    return is_begun and not _TAIL.search(text)


def _split(path: Path) -> Tuple[List[bytes], bool]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordingError(
            "the audit trail can't be read.",
            code="RV-D04",
            where=str(path),
            found=str(error),
            mend="see whether the file is there and may be read",
        ) from error
    texts = data.split(b"\n")
    tail = texts.pop()
    return texts, bool(tail)


def _parse(text: bytes) -> Optional[AuditLine]:
    if not _TAIL.search(text):
        return None
    try:
        fields: Dict[str, Any] = msgspec.json.decode(text, type=Dict[str, Any])
        return AuditLine(
            int(fields.pop("n")),
            int(fields.pop("time_ns")),
            str(fields.pop("wall")),
            str(fields.pop("kind")),
            str(fields.pop("node", "")),
            fields,
            str(fields.pop("prev")),
            str(fields.pop("hash")),
        )
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, OverflowError):
        return None
