"""The audit trail: what happened in a run, as hash-chained JSON lines.

Each line carries the hash of the line before it and its own, so a line that was
changed, removed or put in shows where. This is proof against accident and afterthought,
not against someone who rewrites the whole file; that is what the manifest's hash of
the file, kept elsewhere, is for.
"""

from __future__ import annotations

import errno
import hashlib
import threading
from pathlib import Path
from typing import Any, BinaryIO, Dict, Mapping, Optional, Tuple

import msgspec

from ranvier.core import Clock, RanvierError, RecordingError, SystemClock, WallStart
from ranvier.recording._audit_kinds import DURABLE, FIELDS, AuditKind
from ranvier.recording._audit_read import GENESIS, read_audit
from ranvier.recording._durable import Syncer, find_damage, sync_data
from ranvier.recording._secrets import WITHHELD, is_secret, withhold

_SYNC_PERIOD_S = 0.25
_RESERVED = frozenset({"n", "time_ns", "wall", "kind", "node", "prev", "hash"})
# What an error may say of a secret: not the value that was refused.
_OPEN = frozenset({"type", "code", "wanted", "mend"})


class AuditTrail:
    """Appends lines to the audit trail; may be called from any thread.

    A line is handed to the operating system at once, so that it survives the end of
    this process. It is on the disk before `write` returns for starts, faults, changes
    and ends, and within half a second for the rest.

    Parameters
    ----------
    path
        The file; one that exists is continued.
    wall
        Start of the run: gives each line its date.
    clock
        Where the time of each line comes from.

    Raises
    ------
    RecordingError
        If the file can't be opened.
    """

    def __init__(
        self, path: Path, wall: WallStart, clock: Optional[Clock] = None
    ) -> None:
        self._wall = wall
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._next, self._last = _find_end(path)
        self._file = _open_for_append(path)
        self._is_torn = False
        self._path, self._end = path, self._file.seek(0, 2)
        self._syncer = Syncer(self._file, _SYNC_PERIOD_S)

    def write(self, kind: AuditKind, node: str = "", **fields: Any) -> None:
        """Append one line.

        Parameters
        ----------
        kind
            What happened.
        node
            The node concerned, if one is.
        fields
            What `AuditKind` lists for the kind, and more if there is more to say. A
            value that is no JSON becomes its text; one whose name speaks of a secret
            is withheld, as is what a `parameter` of such a name was and becomes.

        Raises
        ------
        RecordingError
            If the disk refuses the line, or a field has the name of a column. A line
            that was not written whole is taken back, so that the next can follow.
        """
        taken = _RESERVED.intersection(fields)
        if taken:
            raise _reserved(taken)
        carried = dict.fromkeys(FIELDS[kind])
        carried.update(fields)
        with self._lock:
            line, digest = self._format(kind, node, carried)
            try:
                self._append(line)
                # Before the sync: a line that the disk may not have yet is in the file
                # all the same, and its number must not come twice.
                self._next += 1
                self._last = digest
                if kind in DURABLE:
                    self._syncer.sync_now()
                else:
                    self._syncer.mark()
            except OSError as error:
                raise _cannot_write(self._file.name, error) from error

    def close(self) -> None:
        """Put everything on the disk and close the file; further lines are an error.

        Raises
        ------
        RecordingError
            If someone else removed the file, or cut it, while it was open.
        """
        with self._lock:
            if self._file.closed:
                return
            self._syncer.stop()
            sync_data(self._file.fileno())
            damage = find_damage(self._path, self._file.fileno(), self._end)
            self._file.close()
        if damage:
            raise _was_changed(self._path, damage)

    def __enter__(self) -> AuditTrail:  # noqa: PYI034 - Self came with Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append(self, line: bytes) -> None:
        # All of the line or nothing. The file has no buffer: a write may be short.
        end = self._file.seek(0, 2)
        # What could not be taken back must not be continued by this line.
        rest = memoryview(b"\n" + line if self._is_torn else line)
        try:
            while rest:
                rest = rest[self._file.write(rest) or _refuse_nothing() :]
            self._end += len(line)
        except OSError:
            self._take_back(end)
            raise
        self._is_torn = False

    def _take_back(self, end: int) -> None:
        try:
            self._file.truncate(end)
        except OSError:
            self._is_torn = True

    def _format(
        self, kind: AuditKind, node: str, fields: Mapping[str, Any]
    ) -> Tuple[bytes, str]:
        now = self._clock.now_ns()
        date = self._wall.date_at(now).isoformat(timespec="milliseconds")
        line: Dict[str, Any] = {
            "n": self._next, "time_ns": now, "wall": date, "kind": kind.value,
        }  # fmt: skip
        if node:
            line["node"] = node
        line.update(_withhold_all(fields))
        line["prev"] = self._last
        body = _encode(line)
        digest = hashlib.sha256(body).hexdigest()
        return body[:-1] + b',"hash":"' + digest.encode() + b'"}\n', digest


def _find_end(path: Path) -> Tuple[int, str]:
    if not path.exists():
        return 0, GENESIS
    lines = read_audit(path)
    return (lines[-1].n + 1, lines[-1].hash) if lines else (0, GENESIS)


def _open_for_append(path: Path) -> BinaryIO:
    try:
        file = path.open("ab+", buffering=0)
        if file.seek(0, 2):
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                # A torn last line of a supervisor that was killed: left as it is,
                # the next line must not continue it.
                file.write(b"\n")
    except OSError as error:
        raise _cannot_write(str(path), error) from error
    return file


def _refuse_nothing() -> int:
    raise OSError(errno.EIO, "nothing of the line was written")


def _withhold_all(fields: Mapping[str, Any]) -> Dict[str, Any]:
    kept = {name: withhold(name, value) for name, value in fields.items()}
    if is_secret(str(kept.get("parameter", ""))):
        for name in ("old", "new", "value"):
            if kept.get(name) is not None:
                kept[name] = WITHHELD
        if kept.get("error") is not None:
            kept["error"] = _withhold_refused(kept["error"])
    return kept


def _withhold_refused(error: Any) -> Any:
    fields = error.to_dict() if isinstance(error, RanvierError) else error
    if not isinstance(fields, dict):
        return WITHHELD
    return {k: v if k in _OPEN or not v else WITHHELD for k, v in fields.items()}  # pyright: ignore[reportUnknownVariableType]


def _encode(line: Dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(line, enc_hook=_as_json)
    except (TypeError, ValueError, OverflowError, RecursionError):
        # An event must never be lost because a detail of it is no JSON.
        fixed = {k: v if k in _RESERVED else repr(v)[:2000] for k, v in line.items()}
        return msgspec.json.encode(fixed)


def _as_json(value: Any) -> Any:
    if isinstance(value, RanvierError):
        return value.to_dict()
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        return value.tolist()
    return str(value)


def _reserved(taken: Any) -> RecordingError:
    return RecordingError(
        "an audit field has the name of a column: " + ", ".join(sorted(taken)) + ".",
        code="RV-D02",
        wanted="a name other than " + ", ".join(sorted(_RESERVED)),
        mend="rename the field",
    )


def _was_changed(path: Path, found: str) -> RecordingError:
    return RecordingError(
        "someone else changed the audit trail while it was written.",
        code="RV-D47",
        where=str(path),
        found=found,
        mend="leave the files of a run alone; what is missing can't be brought back",
    )


def _cannot_write(path: Any, error: OSError) -> RecordingError:
    return RecordingError(
        "the audit trail can't be written.",
        code="RV-D03",
        where=str(path),
        found=str(error),
        mend="make space on the disk, or see who may write there",
    )
