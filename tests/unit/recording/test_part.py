from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ranvier.links import Message, Origin, to_bytes
from ranvier.recording._mcap_file import McapFile
from ranvier.recording._mcap_writer import ChannelEntry
from ranvier.recording._part import OpenPart, PartOptions
from ranvier.recording._verify import verify_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATA = to_bytes(Message(1.0, 0, 0, 0, 0, Origin(0, 0, 0)))


@pytest.fixture
def part(tmp_path: Path) -> Iterator[OpenPart]:
    made = OpenPart(
        tmp_path / "a.mcap", [ChannelEntry("a.x", {})], {}, PartOptions(60.0)
    )
    yield made
    made.close()


def test_a_message_waits_for_its_chunk(part: OpenPart) -> None:
    before = part.path.stat().st_size
    part.write(0, 0, 0, DATA)

    assert before == part.path.stat().st_size


def test_a_chunk_that_is_old_is_written_with_the_next_message(part: OpenPart) -> None:
    part.write(0, 0, 0, DATA)
    before = part.path.stat().st_size
    part._begun_ns -= 61_000_000_000
    part.write(0, 1, 0, DATA)

    assert part.path.stat().st_size > before + 2 * len(DATA)


def test_a_chunk_that_is_old_is_written_when_no_message_comes(part: OpenPart) -> None:
    part.write(0, 0, 0, DATA)
    before = part.path.stat().st_size
    part._begun_ns -= 61_000_000_000
    part._tick()

    assert part.path.stat().st_size > before + len(DATA)


def test_what_was_refused_in_the_background_is_told_and_counted(
    part: OpenPart,
) -> None:
    part.write(0, 0, 0, DATA)
    part._failure = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="space"):
        part.write(0, 1, 0, DATA)
    lost = part.close()
    part.close = dict  # the fixture closes no second time

    assert lost == {0: 2}
    assert part.is_finished


def test_an_existing_file_is_never_written_over(part: OpenPart) -> None:
    with pytest.raises(FileExistsError):
        OpenPart(part.path, [], {}, PartOptions())


class Refusing:
    """A file that takes half of the next chunk and then refuses once."""

    def __init__(self, file) -> None:
        self._file, self._answers = file, ["all", "half", "none"]

    def write(self, data):
        answer = self._answers.pop(0) if self._answers else "all"
        if answer == "none":
            raise OSError(28, "No space left on device")
        view = memoryview(data).cast("B")
        return self._file.write(view[: len(view) // (1 + (answer == "half"))])

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_nothing_is_written_behind_a_chunk_that_was_refused(part: OpenPart) -> None:
    part.write(0, 0, 0, DATA)
    part._interval_ns = 0
    part._tick()
    part._writer._file = Refusing(part._file)
    for n in (1, 2):
        part._interval_ns = 60_000_000_000
        part.write(0, n, 0, DATA)
    part._interval_ns = 0
    part._tick()
    part._tick()
    lost = part.close()
    part.close = dict  # the fixture closes no second time
    file = McapFile(part.path)

    assert lost == {0: 2}
    assert len(file.chunks) == 1
    assert verify_file(file) == []


@pytest.mark.parametrize("how", ["removed", "replaced", "cut"])
def test_what_someone_does_to_the_file_is_told(part: OpenPart, how: str) -> None:
    part.write(0, 0, 0, DATA)
    part._interval_ns = 0
    part._tick()
    if how == "cut":
        with part.path.open("r+b") as file:
            file.truncate(20)
    else:
        part.path.unlink()
    if how == "replaced":
        part.path.write_bytes(b"")
    with pytest.raises(OSError, match=r"cut|removed|place"):
        part._tick(), part.write(0, 1, 0, DATA)
    part.close()
    part.close = dict  # the fixture closes no second time

    assert part.damage


def test_a_file_that_was_cut_is_not_written_on_with_a_hole(part: OpenPart) -> None:
    part.write(0, 0, 0, DATA)
    part._writer.flush()
    with part.path.open("r+b") as file:
        file.truncate(20)
    part.write(0, 1, 0, DATA)
    part.close()
    part.close = dict  # the fixture closes no second time

    assert not part.is_finished
    assert part.damage
    assert part.path.stat().st_size == 20
