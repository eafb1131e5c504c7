"""The file is checked against the `mcap` library, which is the oracle here."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import NonSeekingReader, make_reader

from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.recording._mcap_writer import ChannelEntry, McapWriter


class File(io.BytesIO):
    """A raw file in memory."""


class NarrowFile(io.BytesIO):
    """A file that takes seven bytes at a time, as a pipe or full disk may."""

    def write(self, data: Any) -> int:
        return super().write(bytes(memoryview(data).cast("B")[:7]))


class FullFile(io.BytesIO):
    """A disk with little space: it takes a part, then no more."""

    space = 1500

    def write(self, data: Any) -> int:
        left = self.space - self.tell()
        if left <= 0:
            raise OSError(28, "No space left on device")
        return super().write(bytes(memoryview(data).cast("B")[:left]))


CHANNELS = [ChannelEntry("a.x", {"unit": "V"}), ChannelEntry("b.y", {})]


def make(payload: Any, sequence: int) -> bytes:
    origin = Origin(0, sequence, 0)
    return to_bytes(Message(payload, 0, sequence, 0, 10 * sequence, origin))


def read_with_library(content: bytes) -> list[tuple[str, int, int, bytes]]:
    reader = make_reader(io.BytesIO(content), validate_crcs=True)
    return [
        (channel.topic, message.sequence, message.log_time, message.data)
        for _, channel, message in reader.iter_messages(log_time_order=False)
    ]


def strip(data: bytes) -> bytes:
    return data[data[0] :] if data[0] < 64 else data


@pytest.mark.parametrize("compression", ["", "lz4", "zstd"])
@pytest.mark.parametrize("kind", [File, NarrowFile])
def test_the_library_reads_what_was_written(compression: str, kind: type) -> None:
    file = kind()
    writer = McapWriter(
        file, CHANNELS, {"run": {"run": "r"}}, chunk_size=2000, compression=compression
    )
    sent = [make(np.full(n, n % 251, np.uint8), n) for n in (0, 1, 50, 5000, 2, 900, 3)]
    for n, message in enumerate(sent):
        writer.write(n % 2, n, 10 * n, message)
    writer.finish()
    read = read_with_library(file.getvalue())

    assert sent == [strip(data) for _, _, _, data in read]
    assert [time for _, _, time, _ in read] == [0, 10, 20, 30, 40, 50, 60]
    assert [topic for topic, *_ in read[:3]] == ["a.x", "b.y", "a.x"]


def test_summary_statistics_and_metadata_fit(tmp_path: Any) -> None:
    file = File()
    writer = McapWriter(file, CHANNELS, {"run": {"run": "r"}}, chunk_size=500)
    for n in range(20):
        writer.write(0, n, n, make(1.0, n))
    writer.finish()
    reader = make_reader(io.BytesIO(file.getvalue()), validate_crcs=True)
    summary = reader.get_summary()

    assert summary.statistics.message_count == 20
    assert summary.statistics.channel_message_counts == {1: 20}
    assert summary.statistics.chunk_count == len(summary.chunk_indexes)
    assert summary.channels[1].metadata == {"unit": "V"}
    assert [m.metadata for m in reader.iter_metadata()] == [{"run": "r"}]


def test_a_file_without_messages_is_well_formed() -> None:
    file = File()
    McapWriter(file, CHANNELS, {}).finish()

    assert read_with_library(file.getvalue()) == []


@pytest.mark.parametrize("n", [5000, 1 << 21])
def test_large_messages_begin_at_multiples_of_64(n: int) -> None:
    file = File()
    writer = McapWriter(file, CHANNELS, {"run": {"run": "odd"}})
    sent = make(np.arange(n, dtype=np.uint8), 0)
    for k in range(3):
        writer.write(0, k, k, make(1.0, 7))
        writer.write(1, k, k, sent)
    writer.flush()
    content = file.getvalue()
    first = content.index(sent)

    assert first % 64 == 0
    assert content.index(sent, first + 1) % 64 == 0


def test_a_time_before_the_clock_began_comes_back() -> None:
    file = File()
    writer = McapWriter(file, CHANNELS, {})
    writer.write(0, 0, -5, make(1.0, 0))
    writer.finish()

    assert read_with_library(file.getvalue())[0][2] == 2**64 - 5


def test_after_a_refused_write_the_file_is_whole_up_to_the_last_chunk() -> None:
    file = FullFile()
    writer = McapWriter(file, CHANNELS, {}, chunk_size=400)
    sent: list[int] = []

    def fill() -> None:
        for n in range(100):
            sent.append(n)
            writer.write(0, n, n, make(1.0, n))

    with pytest.raises(OSError, match="space"):
        fill()
    lost = writer.give_up_chunk()
    file.space = 1 << 20
    writer.finish()
    read = read_with_library(file.getvalue())

    assert len(sent) == len(read) + lost[0]
    assert list(range(len(read))) == [sequence for _, sequence, _, _ in read]


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(0, 9000), max_size=12), chunk=st.integers(100, 20000))
def test_any_sizes_come_back(sizes: list[int], chunk: int) -> None:
    file = File()
    writer = McapWriter(file, CHANNELS, {}, chunk_size=chunk)
    sent = [make(np.zeros(size, np.uint8), n) for n, size in enumerate(sizes)]
    for n, message in enumerate(sent):
        writer.write(n % 2, n, n, message)
        if n % 3 == 2:
            writer.flush()
    writer.finish()
    reader = NonSeekingReader(io.BytesIO(file.getvalue()), validate_crcs=True)
    read = [m.data for _, _, m in reader.iter_messages(log_time_order=False)]

    assert sent == [strip(data) for data in read]
    assert [decode(strip(data)).sequence for data in read] == list(range(len(sizes)))
