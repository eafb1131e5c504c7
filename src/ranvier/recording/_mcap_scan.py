"""Finds the records of an MCAP file that may be unfinished or damaged.

The file is gone through from its head, record by record; the summary at its end is only
checked. So a file is read the same way whether its writer was killed or not. What the
records of a chunk mean is read elsewhere.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

from ranvier.recording._mcap_writer import CHUNK, MAGIC, MESSAGE, ChannelEntry

_HEAD = struct.Struct("<BQ")
_U16, _U32, _U64 = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<Q")
_HEADER, _FOOTER, _CHANNEL, _MESSAGE, _CHUNK, _INDEX = 1, 2, 4, 5, 6, 7
_METADATA, _DATA_END = 12, 15
# What may stand behind the data only, and need not be read: all of it can be told from
# the data. Among the data they would be a damaged opcode.
_SUMMARY = frozenset({8, 11, 13, 14})
_NAMES = (b"", b"lz4", b"zstd")
# A chunk's head: opcode, a length below 2^40, five fields, one of the names.
_LOOKS_LIKE_CHUNK = re.compile(
    rb"\x06[\s\S]{5}\x00{3}[\s\S]{28}(?:\x00{4}|\x03\x00{3}lz4|\x04\x00{3}zstd)"
)
_FIXED = 9 + 40
_FOOTER_SIZE = 9 + 20 + 8


class ChunkEntry(NamedTuple):
    """One chunk of a file.

    Parameters
    ----------
    start
        Offset of its record, bytes.
    data_start, stored
        Offset and length of its data as stored.
    size
        Length of its data when it is not compressed.
    checksum
        CRC-32 of that data; 0 if there is none.
    span
        Earliest and latest time of its messages; None where its head was damaged.
    compression
        "", "lz4" or "zstd".
    indexes
        Channel number to pairs of time and offset, shape (n, 2), uint64.
    end
        Offset behind its last index.
    """

    start: int
    data_start: int
    stored: int
    size: int
    checksum: int
    span: Optional[Tuple[int, int]]
    compression: str
    indexes: Dict[int, np.ndarray]
    end: int


class Fault(NamedTuple):
    """A place in a file that can't be read.

    Parameters
    ----------
    start, end
        From where to where, bytes; `end` is where reading goes on.
    problem
        What is wrong there.
    """

    start: int
    end: int
    problem: str


class Scan(NamedTuple):
    """What a file holds.

    Parameters
    ----------
    channels
        Channel number to its entry.
    metadata
        Records of text to text, by name.
    chunks
        In order of the file.
    faults
        Places that can't be read; a torn tail is one of them.
    is_finished
        True if the file ends as a finished file does.
    good_end
        Offset behind the last record of data that is whole.
    """

    channels: Dict[int, ChannelEntry]
    metadata: Dict[str, Dict[str, str]]
    chunks: List[ChunkEntry]
    faults: List[Fault]
    is_finished: bool
    good_end: int


def scan(buffer: Any) -> Scan:
    """Find the records of a file.

    Parameters
    ----------
    buffer
        Bytes of the file or its memory map.

    Returns
    -------
    Scan
        Never an error: what can't be read is a fault in it.
    """
    return _Scanner(buffer).run()


class _Scanner:
    """Goes through one file, from record to record."""

    def __init__(self, buffer: Any) -> None:
        self._buffer = buffer
        self._view = memoryview(buffer)
        self._size = len(self._view)
        self._channels: Dict[int, ChannelEntry] = {}
        self._summary: Dict[int, ChannelEntry] = {}
        self._metadata: Dict[str, Dict[str, str]] = {}
        self._chunks: List[ChunkEntry] = []
        self._faults: List[Fault] = []
        self._in_summary = False
        self._footer = False

    def run(self) -> Scan:
        position = 0
        if bytes(self._view[:8]) == MAGIC:
            position = 8
        else:
            position = self._go_on(0, "the file does not begin as an MCAP file")
        good_end = position
        while position < self._size and not self._footer:
            following = self._read_record(position)
            if following is None:
                following = self._go_on(position, "a record is cut short or damaged")
            else:
                good_end = position if self._in_summary else following
            position = following
        self._check_tail(position)
        is_finished = self._footer and self._has_summary()
        if is_finished:
            # These have a checksum, those among the data have none.
            if self._channels != self._summary:
                self._faults.append(Fault(8, 8, "a channel is damaged"))
            self._channels.update(self._summary)
        return Scan(
            self._channels, self._metadata, self._chunks, self._faults,
            is_finished, min(good_end, self._size),
        )  # fmt: skip

    def _read_record(self, position: int) -> Optional[int]:
        # Gives where the next record begins, or None if this is none.
        if position + 9 > self._size:
            return None
        opcode, length = _HEAD.unpack_from(self._view, position)
        end = position + 9 + length
        if opcode == _CHUNK:
            return self._read_chunk(position, end)
        if end > self._size:
            return None
        try:
            return end if self._read_small(opcode, position + 9, end) else None
        except (struct.error, UnicodeDecodeError, ValueError):
            return None

    def _read_small(self, opcode: int, start: int, end: int) -> bool:
        if opcode == _INDEX:
            return bool(self._chunks) and self._read_index(start, end)
        if opcode == _CHANNEL:
            number, entry = _read_channel(self._view[start:end])
            (self._summary if self._in_summary else self._channels)[number] = entry
        elif opcode == _METADATA:
            name, offset = _read_text(self._view[start:end], 0)
            self._metadata[name] = _read_mapping(self._view[start:end], offset)
        elif opcode == _DATA_END:
            # No checksum of the whole is written, each chunk has its own.
            self._in_summary = bytes(self._view[start:end]) == bytes(4)
            return self._in_summary
        elif opcode == _FOOTER:
            self._footer = end - start == 20
            return self._footer
        else:
            in_place = opcode in _SUMMARY and self._in_summary
            return in_place or (opcode == _HEADER and start == 17)
        return True

    def _read_chunk(self, position: int, end: int) -> Optional[int]:
        entry = _parse_chunk(self._view, position)
        if entry is None or entry.end != end or end > self._size:
            return None
        self._chunks.append(entry)
        return end

    def _read_index(self, start: int, end: int) -> bool:
        chunk = self._chunks[-1]
        channel, length = struct.unpack_from("<HI", self._view, start)
        if length % 16 or start + 6 + length != end or chunk.end != start - 9:
            return False
        entries = np.frombuffer(self._view, "<u8", length // 8, start + 6)
        entries = entries.reshape(-1, 2)
        chunk.indexes[channel] = entries
        self._chunks[-1] = chunk._replace(end=end)
        return True

    def _go_on(self, position: int, problem: str) -> int:
        # Finds the next whole chunk after a place that can't be read.
        mended = _mend_chunk(self._view, position)
        if mended is not None:
            self._faults.append(Fault(position, position, "a chunk's head is damaged"))
            self._chunks.append(mended)
            return mended.end
        for match in _LOOKS_LIKE_CHUNK.finditer(self._buffer, position + 1):
            start = match.start()
            entry = _parse_chunk(self._view, start)
            if entry is not None and _fits_checksum(self._view, entry):
                self._faults.append(Fault(position, start, problem))
                self._in_summary = False
                return start
        self._faults.append(Fault(position, self._size, problem))
        return self._size

    def _check_tail(self, position: int) -> None:
        if not self._footer:
            if not self._faults or self._faults[-1].end < self._size:
                self._faults.append(
                    Fault(self._size, self._size, "the file was not finished")
                )
        elif bytes(self._view[position : position + 9]) != MAGIC:
            self._faults.append(Fault(position, self._size, "the end is damaged"))

    def _has_summary(self) -> bool:
        start = self._size - _FOOTER_SIZE
        if bytes(self._view[-8:]) != MAGIC or _HEAD.unpack_from(self._view, start) != (
            2,
            20,
        ):
            return False
        summary, _, checksum = struct.unpack_from("<QQI", self._view, start + 9)
        if not 8 <= summary <= start:
            self._faults.append(Fault(start, self._size, "the footer is damaged"))
            return False
        body = self._view[summary : self._size - 12]
        if checksum and zlib.crc32(body) != checksum:
            self._faults.append(
                Fault(summary, self._size, "the summary does not fit its checksum")
            )
            return False
        return True


def _parse_chunk(view: memoryview, position: int) -> Optional[ChunkEntry]:
    if position + _FIXED > len(view):
        return None
    _, length, first, last, size, checksum, n_name = CHUNK.unpack_from(view, position)
    name = bytes(view[position + CHUNK.size : position + CHUNK.size + min(n_name, 4)])
    if n_name > 4 or name not in _NAMES or position + _FIXED + n_name > len(view):
        return None
    stored = _U64.unpack_from(view, position + CHUNK.size + n_name)[0]
    end = position + 9 + length
    fits = length == 40 + n_name + stored and (n_name or stored == size)
    if not fits or end > len(view):
        return None
    return ChunkEntry(
        position,
        end - stored,
        stored,
        size,
        checksum,
        (first, last),
        name.decode(),
        {},
        end,
    )


def _fits_checksum(view: memoryview, entry: ChunkEntry) -> bool:
    if entry.compression:
        return True  # told when it is decompressed
    data = view[entry.data_start : entry.data_start + entry.stored]
    return not entry.checksum or zlib.crc32(data) == entry.checksum


def _mend_chunk(view: memoryview, position: int) -> Optional[ChunkEntry]:
    # Reads a chunk whose head is damaged, if its checksum proves its data right.
    if position + _FIXED > len(view):
        return None
    _, length, _, _, size, checksum, _ = CHUNK.unpack_from(view, position)
    stored = _U64.unpack_from(view, position + CHUNK.size)[0]
    start = position + _FIXED
    for candidate in {length - 40, stored, size}:
        if 31 <= candidate <= len(view) - start and checksum:
            data = view[start : start + candidate]
            if zlib.crc32(data) == checksum:
                return ChunkEntry(
                    position, start, candidate, candidate, checksum, None, "", {},
                    start + candidate,
                )  # fmt: skip
    return None


def _read_text(view: memoryview, offset: int) -> Tuple[str, int]:
    length = _U32.unpack_from(view, offset)[0]
    end = offset + 4 + length
    if end > len(view):
        raise ValueError("a text is cut short")
    return str(view[offset + 4 : end], "utf-8"), end


def _read_mapping(view: memoryview, offset: int) -> Dict[str, str]:
    end = offset + 4 + _U32.unpack_from(view, offset)[0]
    offset += 4
    found: Dict[str, str] = {}
    while offset < end:
        key, offset = _read_text(view, offset)
        found[key], offset = _read_text(view, offset)
    return found


def _read_channel(view: memoryview) -> Tuple[int, ChannelEntry]:
    number = _U16.unpack_from(view, 0)[0]
    topic, offset = _read_text(view, 4)
    _, offset = _read_text(view, offset)
    return number, ChannelEntry(topic, _read_mapping(view, offset))


class Walked(NamedTuple):
    """The messages found by going through the data of a chunk.

    Parameters
    ----------
    indexes
        Channel number to pairs of time and offset, shape (n, 2), uint64.
    end
        Offset behind the last whole record.
    """

    indexes: Dict[int, np.ndarray]
    end: int


def walk(data: memoryview) -> Walked:
    """Go through the data of a chunk, as far as it can be read.

    Parameters
    ----------
    data
        The data, not compressed; maybe cut short.

    Returns
    -------
    Walked
        Messages whose record is whole.
    """
    found: Dict[int, List[Tuple[int, int]]] = {}
    end = 0
    for offset, following, channel, time in _iter_messages(data):
        found.setdefault(channel, []).append((time, offset))
        end = following
    indexes = {n: np.array(pairs, np.uint64) for n, pairs in found.items()}
    return Walked(indexes, end)


def _iter_messages(data: memoryview) -> Iterator[Tuple[int, int, int, int]]:
    offset, size = 0, len(data)
    while offset + MESSAGE.size <= size:
        opcode, length, channel, _, time, _ = MESSAGE.unpack_from(data, offset)
        end = offset + 9 + length
        if end > size or opcode != _MESSAGE or length <= 22:
            return
        yield offset, end, channel, time
        offset = end
