"""The recorder: a sink that writes what reaches it into the session folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, ClassVar, Dict, List, Optional, Sequence, Tuple

from ranvier.audit import AuditKind
from ranvier.core import RecordingError, format_count, free_bytes
from ranvier.links import Message
from ranvier.node import Parameter, Sink
from ranvier.recording._counts import PartCounts, Tally, write_counts
from ranvier.recording._layout import SessionFolder
from ranvier.recording._mcap_writer import ChannelEntry
from ranvier.recording._part import OpenPart, PartOptions
from ranvier.spec import PortSpec

# Recording goes on when this much more than the reserve is free, so that it does not
# open a new part for each few messages on a disk that is just at the brink.
_RELIEF = 50_000_000


def recorder_port(stream: str) -> str:
    """Give the name of the recorder's input for a stream.

    Parameters
    ----------
    stream
        "node.output".

    Returns
    -------
    str
        "node__output".

    Examples
    --------
    >>> recorder_port("eye.frame")
    'eye__frame'
    """
    return stream.replace(".", "__")


def describe_stream(stream: str, port: Optional[PortSpec] = None) -> Dict[str, Any]:
    """Describe a stream as the recorder's parameter `streams` wants it.

    Parameters
    ----------
    stream
        "node.output".
    port
        What the output declares.

    Returns
    -------
    dict
        Plain values.
    """
    if port is None:
        return {"stream": stream}
    sizes = port.shape
    shape = (
        "" if sizes is None else ",".join("" if s is None else str(s) for s in sizes)
    )
    return {
        "stream": stream, "kind": port.kind, "dtype": port.dtype or "",
        "shape": shape, "unit": port.unit,
        "rate_hz": "" if port.rate_hz is None else repr(port.rate_hz),
        "help": port.help,
    }  # fmt: skip


class Recorder(Sink):
    """Write streams into the recording of a session.

    It has one input for each stream. It never holds up its links for a disk that is
    full: it finishes the file, counts what it can't write, says so, and goes on in a
    new file when there is space.
    """

    takes_raw: ClassVar[bool] = True
    deterministic: ClassVar[bool] = False

    streams = Parameter(
        type="list", help='Streams to record: mappings with "stream": "node.output".'
    )
    folder = Parameter(type="path", help="The session folder.")
    run = Parameter(
        dict[str, Any](),
        help="run, graph, wall_start and monotonic_ns, kept in each file.",
    )
    flush_interval = Parameter(
        0.25, unit="s", minimum=0.01, maximum=60.0,
        help="Longest time that a message waits to be written, and then to be durable.",
    )  # fmt: skip
    chunk_size = Parameter(
        4_000_000, unit="B", minimum=65536, maximum=256_000_000,
        help="Size at which a chunk of small messages is written.",
    )  # fmt: skip
    compression = Parameter(
        "none", choices=("none", "lz4", "zstd"), help="Compression of the chunks."
    )
    reserve = Parameter(
        200_000_000, unit="B", minimum=0,
        help="Space that recording leaves free on the disk.",
    )  # fmt: skip

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._described: List[Dict[str, Any]] = [_check(each) for each in self.streams]
        names: List[str] = [each["stream"] for each in self._described]
        self._ports = {recorder_port(name): n for n, name in enumerate(names)}
        if len(self._ports) < len(names):
            raise _same_port(names)
        self._tallies = [Tally(name) for name in names]
        self._part: Optional[OpenPart] = None
        self._number = 0
        self._look_again_ns = 0
        self._counts: Optional[PartCounts] = None

    def input_specs(self) -> Tuple[PortSpec, ...]:
        """Give one input of any kind for each stream, in the order of `streams`.

        Returns
        -------
        tuple of PortSpec
            Named by `recorder_port`.
        """
        return tuple(PortSpec(port, "input", optional=True) for port in self._ports)

    def setup(self) -> None:
        """Open the first file that is free.

        Raises
        ------
        RecordingError
            If the folder can't be written to, or the disk has less than the reserve.
        """
        folder = Path(self.folder)
        try:
            free = free_bytes(folder)
            if free < self.reserve:
                raise _disk_full(folder, f"{free} bytes are free")
            self._open()
        except OSError as error:
            raise _disk_full(folder, str(error)) from error

    def process_raw(self, port: str, data: Any, header: Message) -> None:
        """Record one message.

        Parameters
        ----------
        port
            The input it came by.
        data
            Its bytes; they are not kept after this call.
        header
            Its header.

        Raises
        ------
        RecordingError
            Once, when the disk is full or refuses to be written to. The recorder goes
            on counting, and recording when there is space again.
        """
        channel = self._ports[port]
        tally = self._tallies[channel]
        if header.is_end:
            tally.has_ended = True
            return
        tally.see(header)
        part = self._part
        if part is None:
            part = self._look_for_space()
            if part is None:
                tally.lose_last(1)
                return
        if part.is_disk_low:
            tally.lose_last(1)
            raise self._stop_recording("less than the reserve is free")
        view = memoryview(data)
        if view.ndim != 1 or view.itemsize != 1:
            view = view.cast("B")
        try:
            part.write(channel, header.sequence, header.time_ns, view)
        except OSError as error:
            raise self._stop_recording(str(error)) from error

    def teardown(self) -> None:
        """Finish the file, and write beside it what was counted."""
        if self._part is not None:
            self._close("ended")
        elif any(tally.n_unrecorded for tally in self._tallies):
            # The disk is full to the end: what was missed since is told all the same,
            # beside the last part.
            self._add_counts()

    def _open(self) -> None:
        folder = SessionFolder(Path(self.folder))
        part = folder.next_part()
        self._number = part.number
        channels = [
            ChannelEntry(each["stream"], {k: str(v) for k, v in each.items()})
            for each in self._described
        ]
        run = {str(k): str(v) for k, v in self.run.items()}
        run["part"] = str(part.number)
        options = PartOptions(
            self.flush_interval,
            int(self.reserve),
            int(self.chunk_size),
            "" if self.compression == "none" else self.compression,
        )
        self._part = OpenPart(part.path, channels, {"run": run}, options)
        # Which parts there were must not be told by the folder alone: see `verify`.
        name, streams = part.path.name, [each["stream"] for each in self._described]
        kind = AuditKind.RECORDING_OPENED.value
        self.context.report(kind, f"opened {name}", file=name, streams=streams)

    def _close(self, reason: str) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        for channel, n in part.close().items():
            self._tallies[channel].lose_last(n)
        self._write_counts(part, "damaged" if part.damage else reason)

    def _write_counts(self, part: OpenPart, reason: str) -> None:
        name = part.path.name
        streams = tuple(tally.take() for tally in self._tallies)
        self._counts = PartCounts(name, part.is_finished, reason, streams, part.damage)
        self._save_counts(self._counts)
        counts = {each.stream: each.recorded for each in streams}
        kind = AuditKind.RECORDING_CLOSED.value
        self.context.report(kind, f"closed {name}: {reason}", file=name, counts=counts)

    def _add_counts(self) -> None:
        if self._counts is not None:
            more = [tally.take() for tally in self._tallies]
            self._save_counts(self._counts.plus(more))

    def _save_counts(self, counts: PartCounts) -> None:
        folder = SessionFolder(Path(self.folder))
        try:
            write_counts(folder, self._number, counts)
        except RecordingError as error:
            self.context.log.error("%s", error)  # noqa: TRY400 - the error says it all

    def _stop_recording(self, found: str) -> RecordingError:
        self._close("disk full")
        self._look_again_ns = time.monotonic_ns() + int(self.flush_interval * 1e9)
        folder = Path(self.folder)
        if not folder.is_dir():
            return _folder_gone(folder)
        if self._counts is not None and self._counts.damage:
            self._look_again_ns = 0  # there is space: nothing is to be waited for
            return describe_damage(folder / self._counts.file, self._counts.damage)
        self._tell_disk_full(folder, found)
        return _disk_full(folder, found)

    def _tell_disk_full(self, folder: Path, found: str) -> None:
        text = f"recording has stopped: {found}"
        try:
            free = free_bytes(folder)
        except OSError:
            free = 0
        kind = AuditKind.DISK_FULL.value
        self.context.report(kind, text, folder=str(folder), free_bytes=free)

    def _look_for_space(self) -> Optional[OpenPart]:
        now = time.monotonic_ns()
        if now < self._look_again_ns:
            return None
        self._look_again_ns = now + int(self.flush_interval * 1e9)
        try:
            if free_bytes(Path(self.folder)) < self.reserve + _RELIEF:
                return None
            self._open()
        except OSError:
            return None
        lost = sum(tally.n_unrecorded for tally in self._tallies)
        lost += self._counts.n_unrecorded if self._counts else 0
        name = SessionFolder(Path(self.folder)).part(self._number).name
        self.context.note(
            f"recording goes on in {name} after a loss of "
            f"{format_count(lost, 'message')}"
        )
        return self._part


def _check(described: Any) -> Dict[str, Any]:
    if isinstance(described, str):
        described = {"stream": described}
    fields: Any = described if isinstance(described, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    if "." not in str(fields.get("stream", "")):
        raise RecordingError(
            f"{described!r} names no stream.",
            code="RV-D22",
            wanted='a mapping with "stream": "node.output"',
            mend="name node and output",
        )
    return dict(fields)


def _same_port(names: Sequence[str]) -> RecordingError:
    return RecordingError(
        "two streams to record would have the same input.",
        code="RV-D23",
        found=", ".join(names),
        wanted="each stream once, and no two that differ only by . and __",
        mend="rename one of the nodes or outputs",
    )


def _folder_gone(folder: Path) -> RecordingError:
    return RecordingError(
        "recording has stopped: there is no session folder any more.",
        code="RV-D44",
        where=str(folder),
        found="it was moved or removed while the run went on",
        mend="stop the run and start it again; leave its folder where it is",
    )


def describe_damage(path: Path, found: str) -> RecordingError:
    """Say that a file was changed under its recorder.

    Parameters
    ----------
    path
        The file.
    found
        What was done to it.

    Returns
    -------
    RecordingError
        To be raised or shown.
    """
    return RecordingError(
        f"someone else changed {path.name} while it was written.",
        code="RV-D46",
        where=str(path),
        found=found,
        mend="leave the files of a run alone; what was in this one is lost, and "
        "recording went on in a new one if the run did",
    )


def _disk_full(folder: Path, found: str) -> RecordingError:
    return RecordingError(
        "recording has stopped: the disk can't take more.",
        code="RV-D20",
        where=str(folder),
        found=found,
        mend="make space; recording then goes on by itself in a new file",
    )
