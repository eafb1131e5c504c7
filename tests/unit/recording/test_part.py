from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ranvier.links import Message, Origin, to_bytes
from ranvier.recording._mcap_writer import ChannelEntry
from ranvier.recording._part import OpenPart, PartOptions

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
