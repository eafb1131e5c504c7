"""One MCAP file, memory-mapped: the bytes of a message by its place; no streams."""

from __future__ import annotations

import mmap
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np

from ranvier.core import RecordingError
from ranvier.recording._mcap_scan import ChunkEntry, Fault, Scan, scan, walk
from ranvier.recording._mcap_writer import CHUNK, MESSAGE, ChannelEntry

HEADER = np.dtype(
    [
        ("magic", "<u2"), ("version", "u1"), ("kind", "u1"), ("flags", "u1"),
        ("dtype", "u1"), ("ndim", "u1"), ("reserved", "u1"), ("epoch", "<u4"),
        ("origin_stream", "<u4"), ("sequence", "<u8"), ("time_ns", "<i8"),
        ("origin_sequence", "<u8"), ("origin_time_ns", "<i8"),
        ("metadata_length", "<u4"), ("stream", "<u4"), ("data_length", "<u8"),
    ]
)  # fmt: skip
"""The header of a message, as `ranvier.links` writes it."""

_RECORD = np.dtype(
    [
        ("opcode", "u1"), ("length", "<u8"), ("channel", "<u2"), ("sequence", "<u4"),
        ("time", "<u8"), ("publish_time", "<u8"),
    ]
)  # fmt: skip

# Decompressed chunks that are kept: one per stream that is read side by side.
_KEPT = 8
# A decompressed chunk larger than this is taken for a damaged length.
_LARGEST = 1 << 31
_BLOCK = 1 << 16
# So much is read for checksums whatever was asked for: 0.1 s of a warm file.
_CHECKED_FREELY = 256 << 20
_CHECKED_PER_BYTE = 64


class McapFile:
    """An MCAP file that is read at any place.

    Parameters
    ----------
    path
        The file; it may be unfinished or damaged, see `faults` of its `scan`.

    Raises
    ------
    RecordingError
        If the file can't be opened, or holds nothing of an MCAP file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._map = _map(path)
        self.scan: Scan = scan(self._map)
        if not self.scan.chunks and not self.scan.channels:
            raise _no_mcap(path)
        self._view = memoryview(self._map)
        self._bytes = np.frombuffer(self._map, np.uint8)
        self._kept: OrderedDict[int, memoryview] = OrderedDict()
        self._fits: Dict[int, bool] = {}
        self._mend_indexes()

    @property
    def chunks(self) -> List[ChunkEntry]:
        """All chunks, in order of the file."""
        return self.scan.chunks

    @property
    def channels(self) -> Dict[int, ChannelEntry]:
        """All streams, by channel number."""
        return self.scan.channels

    @property
    def size(self) -> int:
        """Length of the file when it was opened, bytes."""
        return len(self._view)

    def data(self, chunk: ChunkEntry) -> memoryview:
        """Give the data of a chunk: a view of the file where it is not compressed.

        Returns
        -------
        memoryview
            Read-only.

        Raises
        ------
        RecordingError
            If it can't be decompressed.
        """
        if not chunk.compression:
            return self._view[chunk.data_start : chunk.data_start + chunk.stored]
        kept = self._kept.get(chunk.start)
        if kept is None:
            kept = self._decompress(chunk)
            self._kept[chunk.start] = kept
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(chunk.start)
        return kept

    def torn_data(self, fault: Fault) -> memoryview:
        """Give what may be the data of a chunk that was cut short.

        Parameters
        ----------
        fault
            A place that can't be read.

        Returns
        -------
        memoryview
            Empty if no chunk without compression begins there. Its head may be zeros
            still: it is written last.
        """
        start = fault.start + CHUNK.size + 8
        head = self._view[fault.start : start]
        is_chunk = start < fault.end and (head[0] == 6 or not any(head))
        has_name = is_chunk and any(self._view[start - 12 : start - 8])
        return self._view[start : fault.end if is_chunk and not has_name else start]

    def fits_checksum(self, chunk: ChunkEntry) -> bool:
        """Say whether the data of a chunk are as they were written.

        It is reckoned once for each chunk, 1 ms for 7 MB, and remembered.

        Returns
        -------
        bool
            True also if the chunk has no checksum.

        Raises
        ------
        RecordingError
            If it can't be decompressed.
        """
        if chunk.start not in self._fits:
            fits = not chunk.checksum or zlib.crc32(self.data(chunk)) == chunk.checksum
            self._fits[chunk.start] = fits
        return self._fits[chunk.start]

    def sound_data(self, chunk: ChunkEntry) -> memoryview:
        """Give the data of a chunk if they are as they were written.

        Returns
        -------
        memoryview
            Read-only.

        Raises
        ------
        RecordingError
            If they don't fit their checksum, or can't be decompressed.
        """
        if not self.fits_checksum(chunk):
            raise self._damaged(chunk.start, self.describe_unfit(chunk))
        return self.data(chunk)

    def describe_unfit(self, chunk: ChunkEntry) -> str:
        """Say what a chunk holds whose data are not as they were written.

        Returns
        -------
        str
            Its streams, how many messages of each, and their times.
        """
        counts = ", ".join(
            f"{len(entries)} of {self._name_channel(number)}"
            for number, entries in chunk.indexes.items()
        )
        span = " from {} to {} ns".format(*chunk.span) if chunk.span else ""
        held = f"; its messages{span}: {counts}" if counts else ""
        return f"a chunk does not fit its checksum{held}"

    @property
    def unfit(self) -> List[ChunkEntry]:
        """Chunks read so far whose data are not as they were written."""
        return [each for each in self.chunks if not self._fits.get(each.start, True)]

    def fits_index(self, chunk: ChunkEntry) -> bool:
        """Say whether the indexes of a chunk tell of each of its messages rightly.

        Returns
        -------
        bool
            True if each message has its entry and each entry its message.

        Raises
        ------
        RecordingError
            If it can't be decompressed.
        """
        data = np.frombuffer(self.data(chunk), np.uint8)
        counts = [len(entries) for entries in chunk.indexes.values()]
        if not sum(counts):
            return not len(data)
        rows = np.concatenate(list(chunk.indexes.values()))
        channels = np.repeat(list(chunk.indexes), counts)
        order = np.argsort(rows[:, 1])
        offsets = rows[order, 1].astype(np.int64)
        if offsets[0] != 0 or offsets[-1] + _RECORD.itemsize > len(data):
            return False
        columns = offsets[:, None] + np.arange(_RECORD.itemsize)
        records = np.ascontiguousarray(data[columns]).view(_RECORD)[:, 0]
        ends = offsets + 9 + records["length"].astype(np.int64)
        span = (int(rows[:, 0].min()), int(rows[:, 0].max()))
        return bool(
            chunk.span in (None, span)
            and np.all(records["opcode"] == 5)
            and np.all(records["channel"] == channels[order])
            and np.all(records["time"] == rows[order, 0])
            and np.all(ends == np.append(offsets[1:], len(data)))
        )

    def message(self, chunk: ChunkEntry, offset: int, channel: int) -> memoryview:
        """Give the bytes of a message.

        Parameters
        ----------
        chunk, offset
            Where it is.
        channel
            Number of its stream in this file.

        Returns
        -------
        memoryview
            A view of the file if the message is aligned there (all that are large and
            not compressed), else a copy that is.

        Raises
        ------
        RecordingError
            If there is no such message at that place.
        """
        data = self.sound_data(chunk)
        start, end = self._find(data, chunk, offset, channel)
        view = data[start:end]
        if not chunk.compression and (chunk.data_start + start) % 16 == 0:
            return view
        # NumPy adds unaligned arrays in another order than aligned ones, and then a
        # replay would not be bit-identical.
        return memoryview(bytes(view))

    def first_bytes(
        self, chunks: np.ndarray, offsets: np.ndarray, channel: int, length: int
    ) -> np.ndarray:
        """Read the begins of many messages at once.

        Parameters
        ----------
        chunks
            Number of the chunk of each message, shape (n,).
        offsets
            Offset of each in its chunk, shape (n,).
        channel
            Number of their stream in this file.
        length
            Bytes of each message; not more than the shortest has. No checksum is
            looked at for the header alone, nor where that would read hundreds of times
            what was asked for, as for a small stream between the frames of a movie:
            `verify` looks at them all.

        Returns
        -------
        numpy.ndarray
            Shape (n, length), uint8; view the first 64 as `HEADER`.

        Raises
        ------
        RecordingError
            If there is no message at one of the places, or its chunk is not as it was
            written.
        """
        found = np.empty((len(chunks), length), np.uint8)
        read = self.data if length <= HEADER.itemsize else self.sound_data
        if any(chunk.compression for chunk in self.chunks):
            bounds = np.flatnonzero(np.diff(chunks)) + 1
            for rows in np.split(np.arange(len(chunks)), bounds):
                if len(rows):
                    data = np.frombuffer(read(self.chunks[chunks[rows[0]]]), "u1")
                    found[rows] = self._gather(data, offsets[rows], channel, length)
            return found
        if length > HEADER.itemsize:
            self._check_unless_costly(np.unique(chunks).tolist(), found.nbytes)
        starts = np.array([chunk.data_start for chunk in self.chunks], np.int64)
        step = max(_BLOCK * 64 // length, 1)
        for begin in range(0, len(chunks), step):
            part = slice(begin, begin + step)
            places = starts[chunks[part]] + offsets[part]
            found[part] = self._gather(self._bytes, places, channel, length)
        return found

    def close(self) -> None:
        """Let go of the file; arrays that view it keep it open until they go."""
        self._kept.clear()

    def _gather(
        self, data: np.ndarray, places: np.ndarray, channel: int, length: int
    ) -> np.ndarray:
        size = MESSAGE.size
        if len(places) and (places.min() < 0 or places.max() + size + 1 > len(data)):
            raise self._damaged(int(places.max()), "a message leaves its chunk")
        numbers = (
            data[places + 9].astype(np.int64) | data[places + 10].astype(np.int64) << 8
        )
        pads = data[places + size].astype(np.int64)
        starts = places + size + np.where(pads < 64, pads, 0)
        wrong = (
            (data[places] != 5) | (numbers != channel) | (starts + length > len(data))
        )
        if wrong.any():
            raise self._damaged(
                int(places[np.argmax(wrong)]), "there is no message of the stream"
            )
        return data[starts[:, None] + np.arange(length)]

    def _check_unless_costly(self, numbers: List[int], n_asked: int) -> None:
        chunks = [self.chunks[number] for number in numbers]
        n_bytes = sum(each.stored for each in chunks if each.start not in self._fits)
        is_costly = n_bytes > max(_CHECKED_FREELY, _CHECKED_PER_BYTE * n_asked)
        for each in chunks:
            if not is_costly or each.start in self._fits:
                self.sound_data(each)

    def _name_channel(self, number: int) -> str:
        entry = self.channels.get(number)
        return entry.topic if entry else f"channel {number}"

    def _find(
        self, data: memoryview, chunk: ChunkEntry, offset: int, channel: int
    ) -> Tuple[int, int]:
        place = chunk.data_start + offset
        if offset < 0 or offset + MESSAGE.size + 1 > len(data):
            raise self._damaged(place, "a message leaves its chunk")
        opcode, length, number, _, _, _ = MESSAGE.unpack_from(data, offset)
        start, end = offset + MESSAGE.size, offset + 9 + length
        if opcode != 5 or number != channel or end > len(data) or end <= start:
            raise self._damaged(place, "there is no message of the stream")
        pad = data[start]
        return start + (pad if pad < 64 else 0), end

    def _mend_indexes(self) -> None:
        # Goes through the chunks whose indexes may be missing or lead nowhere.
        torn = {fault.start for fault in self.scan.faults}
        for n, chunk in enumerate(self.chunks):
            inside = chunk.indexes and all(
                map(_is_inside(chunk.size), chunk.indexes.values())
            )
            # What is torn right behind a chunk may have been one of its indexes.
            if inside and chunk.end not in torn:
                continue
            try:
                indexes = walk(self.data(chunk)).indexes
            except RecordingError:
                indexes = {}
            self.chunks[n] = chunk._replace(indexes=indexes)
            if not inside and chunk.end not in torn:
                problem = "the index of a chunk is missing or leads nowhere"
                self.scan.faults.append(Fault(chunk.start, chunk.start, problem))

    def _decompress(self, chunk: ChunkEntry) -> memoryview:
        stored = self._view[chunk.data_start : chunk.data_start + chunk.stored]
        if chunk.size > _LARGEST:
            raise self._damaged(chunk.start, f"a chunk of {chunk.size} bytes")
        try:
            data = _decompress(stored, chunk.compression, chunk.size)
        except (RuntimeError, ValueError, MemoryError) as error:
            raise self._damaged(chunk.start, f"{chunk.compression}: {error}") from error
        if len(data) != chunk.size:
            found = f"a chunk of {len(data)} bytes in place of {chunk.size}"
            raise self._damaged(chunk.start, found)
        return memoryview(data)

    def _damaged(self, place: int, found: str) -> RecordingError:
        return RecordingError(
            f"{self.path.name} is damaged.",
            code="RV-D12",
            where=f"{self.path}, byte {place}",
            found=found,
            mend="let `ranvier verify` say what is missing, `ranvier recover` mend it",
        )


def _is_inside(size: int) -> Any:
    def check(entries: np.ndarray) -> bool:
        return not len(entries) or int(entries[:, 1].max()) + MESSAGE.size < size

    return check


def _decompress(stored: memoryview, compression: str, size: int) -> bytes:
    if compression == "lz4":
        import lz4.frame

        return lz4.frame.decompress(stored)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    import zstandard

    try:
        return zstandard.ZstdDecompressor().decompress(stored, max_output_size=size)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def _map(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: an empty file
        raise RecordingError(
            f"{path.name} can't be opened.",
            code="RV-D10",
            where=str(path),
            found=str(error),
            mend="give a session folder or a .mcap file that is there and not empty",
        ) from error


def _no_mcap(path: Path) -> RecordingError:
    return RecordingError(
        f"{path.name} holds nothing of a recording.",
        code="RV-D11",
        where=str(path),
        found="neither a chunk nor a channel of MCAP",
        mend="give a file that the recorder of ranvier wrote",
    )
