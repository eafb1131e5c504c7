"""What the recorder counts while it writes: messages, gaps, what was not recorded."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

import msgspec

from ranvier.core import RecordingError, write_atomically
from ranvier.links import Message
from ranvier.recording._layout import SessionFolder


class Gap(msgspec.Struct, frozen=True):
    """Messages of one stream that are not in a recording.

    Parameters
    ----------
    epoch
        Start of the sender that they belong to.
    first, last
        Sequence numbers, both missing.
    """

    epoch: int
    first: int
    last: int

    @property
    def count(self) -> int:
        """How many messages these are."""
        return self.last - self.first + 1


class StreamCounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a recorder saw of one stream while a part was open.

    Parameters
    ----------
    stream
        "node.output".
    recorded
        Messages in the part.
    gaps
        Messages that did not reach the recorder.
    unrecorded
        Messages that reached it and were not written.
    has_ended
        True if the stream's end reached it.
    """

    stream: str
    recorded: int = 0
    gaps: Tuple[Gap, ...] = ()
    unrecorded: Tuple[Gap, ...] = ()
    has_ended: bool = False


class PartCounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a recorder counted while a part was open; beside the part as JSON.

    Parameters
    ----------
    file
        Name of the part.
    is_finished
        True if the file has its summary.
    reason
        Why it was closed: "ended", "disk full" or "damaged".
    streams
        Of all streams that are recorded.
    damage
        What someone else did to the file while it was written; "" if nothing.
    """

    file: str
    is_finished: bool
    reason: str
    streams: Tuple[StreamCounts, ...] = ()
    damage: str = ""

    @property
    def n_unrecorded(self) -> int:
        """Messages of all streams that reached the recorder and were not written."""
        return sum(gap.count for each in self.streams for gap in each.unrecorded)

    def plus(self, more: Sequence[StreamCounts]) -> PartCounts:
        """Add what was counted after the part was closed.

        Parameters
        ----------
        more
            Of the same streams in the same order.

        Returns
        -------
        PartCounts
            With the gaps of both.
        """
        streams = [
            StreamCounts(
                before.stream,
                before.recorded + after.recorded,
                before.gaps + after.gaps,
                before.unrecorded + after.unrecorded,
                before.has_ended or after.has_ended,
            )
            for before, after in zip(self.streams, more)
        ]
        return msgspec.structs.replace(self, streams=tuple(streams))


class Tally:
    """Counts the messages of one stream.

    Parameters
    ----------
    stream
        "node.output".
    """

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.has_ended = False
        self._recorded = 0
        self._epoch = -1
        self._next = 0
        self._gaps: List[Gap] = []
        self._unrecorded: List[Gap] = []

    def see(self, header: Message) -> None:
        """Note that a message reached the recorder."""
        sequence = header.sequence
        if header.epoch != self._epoch:
            self._epoch = header.epoch
        elif sequence > self._next:
            self._gaps.append(Gap(self._epoch, self._next, sequence - 1))
        self._next = sequence + 1
        self._recorded += 1

    def lose_last(self, n: int) -> None:
        """Note that the last messages seen are not in the file after all."""
        if not n:
            return
        self._recorded -= n
        last = self._next - 1
        first = max(last - n + 1, 0)
        before = self._unrecorded[-1] if self._unrecorded else None
        if before and (before.epoch, before.last + 1) == (self._epoch, first):
            self._unrecorded[-1] = Gap(self._epoch, before.first, last)
        else:
            self._unrecorded.append(Gap(self._epoch, first, last))

    @property
    def n_unrecorded(self) -> int:
        """How many messages reached the recorder and are in no part so far."""
        return sum(gap.count for gap in self._unrecorded)

    def take(self) -> StreamCounts:
        """Give what was counted, and count the next part from nought.

        Returns
        -------
        StreamCounts
            Since the last time.
        """
        counts = StreamCounts(
            self.stream,
            self._recorded,
            tuple(self._gaps),
            tuple(self._unrecorded),
            self.has_ended,
        )
        self._recorded = 0
        self._gaps.clear()
        self._unrecorded.clear()
        return counts


def write_counts(folder: SessionFolder, number: int, counts: PartCounts) -> None:
    """Write what was counted beside its part.

    Raises
    ------
    RecordingError
        If the disk refuses it.
    """
    path = folder.counts(number)
    data = msgspec.json.format(msgspec.json.encode(counts), indent=1)
    try:
        write_atomically(path, data + b"\n")
    except OSError as error:
        raise RecordingError(
            "the counts of a recording can't be written.",
            code="RV-D21",
            where=str(path),
            found=str(error),
            mend="make space on the disk; `ranvier verify` counts again from the file",
        ) from error


def read_counts(folder: SessionFolder, number: int) -> Optional[PartCounts]:
    """Read what was counted.

    Returns
    -------
    PartCounts or None
        None if the recorder did not come to write it, or it can't be read.
    """
    try:
        data: Any = folder.counts(number).read_bytes()
        return msgspec.json.decode(data, type=PartCounts)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def read_all_counts(folder: SessionFolder) -> List[PartCounts]:
    """Read what was counted for all parts, also those that are gone.

    Returns
    -------
    list of PartCounts
        In order of the parts.
    """
    found = (read_counts(folder, part.number) for part in folder.counted_parts())
    return [each for each in found if each is not None]
