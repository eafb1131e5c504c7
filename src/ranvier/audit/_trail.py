"""The audit trail: what happened in a run, as hash-chained JSON lines.

Each line carries the hash of the line before it and its own, so a line that was
changed, removed or put in shows where. This is proof against accident and afterthought,
not against someone who rewrites the whole file; that is what the manifest's hash of
the file, kept elsewhere, is for.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import threading
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Tuple

import msgspec

from ranvier.audit._durable import Syncer, find_damage, sync_data
from ranvier.audit._kinds import DURABLE, FIELDS, AuditKind
from ranvier.audit._lock import FileLock
from ranvier.audit._read import ChainEnd, follow_chain
from ranvier.audit._secrets import WITHHELD, is_secret, withhold
from ranvier.core import Clock, RanvierError, RecordingError, SystemClock, WallStart

_SYNC_PERIOD_S = 0.25
_RESERVED = frozenset({"n", "time_ns", "wall", "kind", "node", "prev", "hash"})
# What an error may say of a secret: not the value that was refused.
_OPEN = frozenset({"type", "code", "wanted", "mend"})


class AuditTrail:
    """Appends lines to the audit trail; may be called from any thread.

    Several processes may write to one trail, such as a session and a run in it: each
    line chains to the last whole one in the file, whoever wrote that.

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
        self._path, self._damage = path, ""
        self._file, self._end = _open_for_append(path)
        self._turn = FileLock(self._file.fileno())
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
            is withheld, as is what a `parameter` of such a name was and becomes, and
            the `answer` to a `question` of such a name.

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
            if self._file.closed:
                raise _cannot_write(self._path, OSError("it was closed"))
            try:
                with self._turn:
                    self._catch_up()
                    self._append(*self._format(kind, node, carried))
                # Others need not wait for the disk.
                if kind in DURABLE:
                    self._syncer.sync_now()
                else:
                    self._syncer.mark()
            except OSError as error:
                raise _cannot_write(self._path, error) from error

    def close(self) -> None:
        """Put everything on the disk and close the file; further lines are an error.

        Raises
        ------
        RecordingError
            If someone removed the file, cut it, or wrote into it what is no line that
            chains to the one before, while it was open.
        """
        with self._lock:
            if self._file.closed:
                return
            self._syncer.stop()
            try:
                damage = self._find_damage()
            finally:
                self._file.close()
        if damage:
            raise _was_changed(self._path, damage)

    def __enter__(self) -> AuditTrail:  # noqa: PYI034 - Self came with Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find_damage(self) -> str:
        handle = self._file.fileno()
        sync_data(handle)
        with self._turn:
            self._catch_up()
        return self._damage or find_damage(self._path, handle, self._end.size)

    def _catch_up(self) -> None:
        # What was written since this writer's last line; its own, torn, is there too.
        size = self._file.seek(0, 2)
        grown = size - self._end.size
        if grown < 0:
            # The chain goes on from what was cut off: whoever checks it must see that.
            self._damage = self._damage or f"{-grown} bytes were cut off"
            is_torn = not _ends_whole(self._file, size)
            self._end = self._end._replace(size=size, is_torn=is_torn)
        elif grown:
            self._file.seek(self._end.size)
            self._end, problem = follow_chain(self._file.readall(), self._end)
            if problem and not self._damage:
                self._damage = f"behind byte {self._end.size - grown}: {problem}"

    def _append(self, line: bytes, digest: str) -> None:
        # All of the line or nothing. The file has no buffer: a write may be short.
        end = self._end
        # What was cut short must not be continued by this line.
        line = b"\n" + line if end.is_torn else line
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._file.write(rest) or _refuse_nothing() :]
        except OSError:
            self._take_back(end.size)
            raise
        # Before any sync: a line that the disk may not have yet is in the file all the
        # same, and its number must not come twice.
        self._end = ChainEnd(end.size + len(line), end.n + 1, digest)

    def _take_back(self, end: int) -> None:
        # If it stays, the next line finds it there.
        with contextlib.suppress(OSError):
            self._file.truncate(end)

    def _format(
        self, kind: AuditKind, node: str, fields: Mapping[str, Any]
    ) -> Tuple[bytes, str]:
        now = self._clock.now_ns()
        date = self._wall.date_at(now).isoformat(timespec="milliseconds")
        line: Dict[str, Any] = {
            "n": self._end.n, "time_ns": now, "wall": date, "kind": kind.value,
        }  # fmt: skip
        if node:
            line["node"] = node
        line.update(_withhold_all(fields))
        line["prev"] = self._end.hash
        body = _encode(line)
        digest = hashlib.sha256(body).hexdigest()
        return body[:-1] + b',"hash":"' + digest.encode() + b'"}\n', digest


def _open_for_append(path: Path) -> Tuple[io.FileIO, ChainEnd]:
    try:
        file = path.open("ab+", buffering=0)
        with FileLock(file.fileno()):
            file.seek(0)
            # What is wrong with it is told by those who check it.
            return file, follow_chain(file.readall(), ChainEnd())[0]
    except OSError as error:
        raise _cannot_write(path, error) from error


def _ends_whole(file: io.FileIO, size: int) -> bool:
    file.seek(max(size - 1, 0))
    return file.read(1) in (b"", b"\n")


def _refuse_nothing() -> int:
    raise OSError(errno.EIO, "nothing of the line was written")


def _withhold_all(fields: Mapping[str, Any]) -> Dict[str, Any]:
    kept = {name: withhold(name, value) for name, value in fields.items()}
    if is_secret(str(kept.get("question", ""))) and kept.get("answer") is not None:
        kept["answer"] = WITHHELD
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
