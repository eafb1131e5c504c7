"""The board: counters of a run in shared memory, readable when a worker hangs or died.

One row of integers per node, stream and link, each field written by one process only.
Aligned 8-byte stores are whole on every machine we run on; a reader may see two
fields of a row from slightly different moments, which a status view can bear.
"""

from __future__ import annotations

import mmap
import struct
from enum import IntEnum
from pathlib import Path
from typing import Any, List, Optional

from ranvier.core import LinkError

_MAGIC = 0x5241_4E56_424F_4152
_FORMAT = 1
N_BUCKETS = 224
_FIRST_OCTAVE = 10  # buckets begin at 1.024 µs
_PER_OCTAVE = 8


class NodeField(IntEnum):
    """Fields of a node's row; times in ns."""

    STEPS = 0
    FAULTS = 1
    STEP_SINCE = 2
    STEP_TOTAL = 3
    STEP_MAX = 4
    LATE = 5
    PID = 6
    EPOCH = 7


class StreamField(IntEnum):
    """Fields of a stream's row, written by its writer.

    WRITTEN, ENDED and SKIPPED are of this epoch, BEFORE is what all earlier epochs
    have written together.
    """

    WRITTEN = 0
    BYTES = 1
    EPOCH = 2
    WAITING = 3
    WAITED = 4
    ENDED = 5
    REFUSED = 6
    SKIPPED = 7
    BEFORE = 8


class LinkField(IntEnum):
    """Fields of a link's row, written by its reader; PRESENT by the supervisor too.

    NEXT is the sequence number that would follow the last one taken, in EPOCH; OPENED
    counts how often the link was opened.
    """

    TAKEN = 0
    NEXT = 1
    MISSED = 2
    EPOCH = 3
    PRESENT = 4
    LAST_DELAY = 5
    OPENED = 6


ROW = 16
_NODE_ROW = ROW + N_BUCKETS
_LINK_ROW = ROW + 2 * N_BUCKETS
_HEADER = 8


def find_bucket(duration_ns: int) -> int:
    """Give the bucket of a histogram that a duration falls into.

    Buckets are eight an octave: the middle of one is at most 6.3 % from what is in it.

    Returns
    -------
    int
        From 0 (below 1.024 µs) to 223.

    Examples
    --------
    >>> bucket_floor_ns(find_bucket(50_000)) <= 50_000
    True
    """
    if duration_ns < 1 << _FIRST_OCTAVE:
        return 0
    octave = duration_ns.bit_length() - 1
    part = (duration_ns >> (octave - 3)) & 7
    bucket = ((octave - _FIRST_OCTAVE) << 3) + part + 1
    return bucket if bucket < N_BUCKETS else N_BUCKETS - 1


def bucket_floor_ns(bucket: int) -> int:
    """Give the smallest duration of a bucket.

    Returns
    -------
    int
        ns.
    """
    if bucket <= 0:
        return 0
    octave, part = divmod(bucket - 1, _PER_OCTAVE)
    return ((8 + part) << (octave + _FIRST_OCTAVE)) >> 3


def percentile_ns(counts: List[int], fraction: float) -> Optional[float]:
    """Give a percentile of a histogram, as the middle of the bucket it falls into.

    Parameters
    ----------
    counts
        Counts of the buckets.
    fraction
        0.5 for the median.

    Returns
    -------
    float or None
        ns; None of an empty histogram.
    """
    total = sum(counts)
    if not total:
        return None
    wanted, seen = fraction * total, 0
    for bucket, count in enumerate(counts):
        seen += count
        if seen >= wanted and count:
            return (bucket_floor_ns(bucket) + bucket_floor_ns(bucket + 1)) / 2
    return None


class Board:
    """Counters of one run on one host.

    Parameters
    ----------
    memory
        Buffer of `Board.size(...)` bytes; zeros where new.
    n_nodes, n_streams, n_links
        Numbers of rows.
    """

    def __init__(self, memory: Any, n_nodes: int, n_streams: int, n_links: int) -> None:
        self._memory = memory
        self.values = memoryview(memory).cast("B").cast("q")
        self.n_nodes, self.n_streams, self.n_links = n_nodes, n_streams, n_links
        self._streams_at = _HEADER + n_nodes * _NODE_ROW
        self._links_at = self._streams_at + n_streams * ROW

    @staticmethod
    def size(n_nodes: int, n_streams: int, n_links: int) -> int:
        """Give the bytes that a board needs.

        Returns
        -------
        int
            A multiple of 8.
        """
        rows = n_nodes * _NODE_ROW + n_streams * ROW + n_links * _LINK_ROW
        return 8 * (_HEADER + rows)

    @classmethod
    def in_memory(cls, n_nodes: int, n_streams: int, n_links: int) -> Board:
        """Make a board for one process.

        Returns
        -------
        Board
            All zeros.
        """
        memory = bytearray(cls.size(n_nodes, n_streams, n_links))
        return cls(memory, n_nodes, n_streams, n_links)

    @classmethod
    def create(cls, path: Path, n_nodes: int, n_streams: int, n_links: int) -> Board:
        """Make a board in a new file.

        Returns
        -------
        Board
            All zeros, mapped.

        Raises
        ------
        OSError
            If the file exists or can't be written.
        """
        size = cls.size(n_nodes, n_streams, n_links)
        with path.open("xb") as file:
            header = struct.pack("<5q", _MAGIC, _FORMAT, n_nodes, n_streams, n_links)
            file.write(header.ljust(size, b"\0"))
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Board:
        """Map the board of a run.

        Returns
        -------
        Board
            Shared with all processes that opened it.

        Raises
        ------
        LinkError
            If the file is no board of this version.
        """
        with path.open("r+b") as file:
            header = file.read(_HEADER * 8)
            if len(header) < _HEADER * 8:
                raise _no_board(path, f"{len(header)} bytes")
            magic, version, nodes, streams, links = struct.unpack_from("<5q", header)
            if (magic, version) != (_MAGIC, _FORMAT):
                raise _no_board(path, f"magic {magic:#x}, version {version}")
            memory = mmap.mmap(file.fileno(), 0)
        if len(memory) != cls.size(nodes, streams, links):
            memory.close()
            raise _no_board(path, "a file of the wrong length")
        return cls(memory, nodes, streams, links)

    def node_row(self, index: int) -> int:
        """Give where the row of a node begins in `values`."""
        return _HEADER + index * _NODE_ROW

    def stream_row(self, index: int) -> int:
        """Give where the row of a stream begins in `values`."""
        return self._streams_at + index * ROW

    def link_row(self, index: int) -> int:
        """Give where the row of a link begins in `values`."""
        return self._links_at + index * _LINK_ROW

    def node_field(self, index: int, field: NodeField) -> int:
        """Read a field of a node."""
        return self.values[self.node_row(index) + field]

    def stream_field(self, index: int, field: StreamField) -> int:
        """Read a field of a stream."""
        return self.values[self.stream_row(index) + field]

    def link_field(self, index: int, field: LinkField) -> int:
        """Read a field of a link."""
        return self.values[self.link_row(index) + field]

    def step_histogram(self, node: int) -> List[int]:
        """Give the counts of a node's step times."""
        start = self.node_row(node) + ROW
        return self.values[start : start + N_BUCKETS].tolist()

    def delay_histogram(self, link: int) -> List[int]:
        """Give the counts of the times from a message's writing to its taking."""
        start = self.link_row(link) + ROW
        return self.values[start : start + N_BUCKETS].tolist()

    def age_histogram(self, link: int) -> List[int]:
        """Give the counts of the times from the source item to its taking here."""
        start = self.link_row(link) + ROW + N_BUCKETS
        return self.values[start : start + N_BUCKETS].tolist()

    def end_stream(self, stream: int) -> None:
        """Mark the end of a stream whose writer is gone for good."""
        row = self.stream_row(stream)
        if not self.values[row + StreamField.ENDED]:
            written = self.values[row + StreamField.WRITTEN]
            self.values[row + StreamField.ENDED] = written + 1

    def mark_absent(self, link: int) -> None:
        """Note that a link's reader is gone, so that no writer waits for it."""
        self.values[self.link_row(link) + LinkField.PRESENT] = 0

    def close(self) -> None:
        """Let go of the memory."""
        self.values.release()
        if isinstance(self._memory, mmap.mmap):
            self._memory.close()


def _no_board(path: Path, found: str) -> LinkError:
    return LinkError(
        f"{path} is not a board of this version of ranvier.",
        code="RV-L10",
        found=found,
        wanted=f"version {_FORMAT}",
        mend="use the same version of ranvier in all environments of a graph",
    )
