"""Which messages of a stream are missing, and whether the recording itself says why."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

from ranvier.audit import AuditKind, AuditLine
from ranvier.recording._counts import Gap, PartCounts
from ranvier.recording._findings import Finding, Severity
from ranvier.recording._mcap_file import McapFile
from ranvier.recording._stream import Stream


class Explanations(NamedTuple):
    """What a recording says of its own losses.

    Parameters
    ----------
    ranges
        Stream to messages that are declared as not recorded.
    counts
        Stream to the number of messages declared lost without saying which. Not by
        epoch: a loss may be noticed after the restart that came behind it.
    sent
        Stream and epoch to the number of messages that were sent.
    """

    ranges: Dict[str, List[Gap]]
    counts: Dict[str, int]
    sent: Dict[Tuple[str, int], int]

    @classmethod
    def collect(
        cls, audit: Iterable[AuditLine], counted: Iterable[PartCounts]
    ) -> Explanations:
        """Gather what audit trail and recorder declare.

        Returns
        -------
        Explanations
            Losses on the recorder's links only: what another reader lost is in the
            recording all the same.
        """
        made = cls({}, {}, {})
        for part in counted:
            for each in part.streams:
                made.ranges.setdefault(each.stream, []).extend(each.unrecorded)
        for line in audit:
            stream = str(line.fields.get("stream") or "")
            if line.kind == AuditKind.LOSS.value:
                made._add_loss(stream, line)
            elif line.kind == AuditKind.STREAM_ENDED.value:
                key = (stream, _number(line, "epoch", 0))
                made.sent[key] = max(made.sent.get(key, 0), _number(line, "count", 0))
        return made

    def _add_loss(self, stream: str, line: AuditLine) -> None:
        port = str(line.fields.get("target") or "").partition(".")[2]
        if port != stream.replace(".", "__"):
            return
        epoch = _number(line, "epoch", 0)
        first, last = _number(line, "first", -1), _number(line, "last", -1)
        if 0 <= first <= last:
            self.ranges.setdefault(stream, []).append(Gap(epoch, first, last))
        else:
            lost = self.counts.get(stream, 0)
            self.counts[stream] = lost + _number(line, "count", 0)

    def count_unnamed(self, stream: str, gap: Gap) -> int:
        """Count the messages of a gap that are not declared one by one.

        Returns
        -------
        int
            0 if all of them are.
        """
        missing = gap.count
        for each in self.ranges.get(stream, ()):
            if each.epoch == gap.epoch:
                overlap = min(each.last, gap.last) - max(each.first, gap.first) + 1
                missing -= max(overlap, 0)
        return max(missing, 0)


class _Hole(NamedTuple):
    """A gap with the places in the stream of the messages around it, -1 for none."""

    gap: Gap
    before: int
    after: int


def find_missing(
    stream: Stream, explanations: Explanations, files: Sequence[McapFile]
) -> Iterator[Finding]:
    """Find the messages that a stream lacks, or has twice.

    Parameters
    ----------
    stream
        The stream.
    explanations
        What the recording says of its losses.
    files
        Its files, in order.

    Yields
    ------
    Finding
        One for each gap.

    Raises
    ------
    RecordingError
        If the headers can't be read.
    """
    headers, file = stream.headers, stream.file_numbers
    left = explanations.counts.get(stream.name, 0)
    for epoch in _epochs(stream, explanations):
        places = np.flatnonzero(headers["epoch"] == epoch)
        numbers = headers["sequence"][places].astype(np.int64)
        order = np.argsort(numbers, kind="stable")
        places, numbers = places[order], numbers[order]
        twice = int(np.sum(np.diff(numbers) == 0))
        if twice:
            problem = f"{twice} messages of epoch {epoch} are there twice"
            yield Finding(Severity.DAMAGED, stream.name, problem, stream.name, epoch)
        sent = explanations.sent.get((stream.name, epoch), 0)
        for hole in _find_holes(epoch, places, numbers, sent):
            unnamed = explanations.count_unnamed(stream.name, hole.gap)
            why = ""
            if unnamed <= left:
                left -= unnamed  # what explains one gap does not explain another
                why = "the loss was declared"
            elif _was_cut(hole, file, files):
                why = "the recorder was killed there"
            yield _tell(stream, hole, why)


def _epochs(stream: Stream, explanations: Explanations) -> List[int]:
    found = {int(epoch) for epoch in np.unique(stream.headers["epoch"])}
    found |= {epoch for name, epoch in explanations.sent if name == stream.name}
    return sorted(found)


def _find_holes(
    epoch: int, places: np.ndarray, numbers: np.ndarray, sent: int
) -> Iterator[_Hole]:
    if not len(numbers):
        if sent:
            yield _Hole(Gap(epoch, 0, sent - 1), -1, -1)
        return
    if numbers[0] > 0:
        yield _Hole(Gap(epoch, 0, int(numbers[0]) - 1), -1, int(places[0]))
    for at in np.flatnonzero(np.diff(numbers) > 1):
        gap = Gap(epoch, int(numbers[at]) + 1, int(numbers[at + 1]) - 1)
        yield _Hole(gap, int(places[at]), int(places[at + 1]))
    if numbers[-1] + 1 < sent:
        gap = Gap(epoch, int(numbers[-1]) + 1, sent - 1)
        yield _Hole(gap, int(places[-1]), -1)


def _was_cut(hole: _Hole, file: np.ndarray, files: Sequence[McapFile]) -> bool:
    # Was the recorder killed between the messages around the gap?
    first = int(file[hole.before]) if hole.before >= 0 else 0
    last = int(file[hole.after]) if hole.after >= 0 else len(files)
    was_cut = (not each.scan.is_finished or "recovered" in each.scan.metadata
               for each in files[first:last])  # fmt: skip
    return any(was_cut)


def _tell(stream: Stream, hole: _Hole, why: str) -> Finding:
    gap, times = hole.gap, stream.times_ns
    words = f"messages {gap.first} to {gap.last} of epoch {gap.epoch} are missing"
    return Finding(
        Severity.EXPLAINED if why else Severity.DAMAGED,
        stream.name,
        f"{words}; {why}" if why else words,
        stream.name,
        gap.epoch,
        gap.first,
        gap.last,
        int(times[hole.before]) if hole.before >= 0 else None,
        int(times[hole.after]) if hole.after >= 0 else None,
    )


def _number(line: AuditLine, name: str, default: int) -> int:
    value = line.fields.get(name)
    return value if isinstance(value, int) else default
