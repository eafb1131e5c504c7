from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from ranvier.core import RecordingError
from ranvier.recording import (
    SessionFolder,
    convert_to_hdf5,
    convert_to_npz,
    open_recording,
)
from ranvier.recording._columns import split_values

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = np.random.default_rng(0).integers(0, 999, (10, 40, 60), dtype=np.uint16)


class Progress:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[float, float]] = []
        self.warnings: list[str] = []

    def say(self, text: str) -> None: ...

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def advance(self, task: str, done: float, total: float) -> None:
        self.told.append((done, total))


def test_hdf5_holds_frames_times_and_declarations(
    session: SessionFolder, tmp_path: Path
) -> None:
    progress = Progress()
    target = tmp_path / "a.h5"
    convert_to_hdf5(open_recording(session.path), target, reporter=progress)
    with h5py.File(target) as file:
        group = file["camera.frame"]

        assert np.array_equal(FRAMES, group["data"])
        assert np.array_equal(np.arange(10), group["sequence"])
        assert group["time_ns"][0] == 1_000_000
        assert group.attrs["unit"] == "V"
        assert file.attrs["run"] == "r1"
        assert np.array_equal(np.arange(10) / 2, file["sensor.value/data"])
        assert np.array_equal(np.arange(10), file["finder.cells/data/n"])
        assert file["finder.cells/data/trace_ends"][-1] == 55
    assert progress.told[-1] == (3, 3)


def test_npz_loads_without_objects(session: SessionFolder, tmp_path: Path) -> None:
    target = tmp_path / "a.npz"
    convert_to_npz(open_recording(session.path), target)
    with np.load(target, allow_pickle=False) as file:
        shapes = file["finder.cells/data/trace_shapes"]

        assert np.array_equal(FRAMES, file["camera.frame/data"])
        assert np.array_equal(np.arange(1, 11)[:, None], shapes)


def test_one_stream_alone_is_converted(session: SessionFolder, tmp_path: Path) -> None:
    target = tmp_path / "a.npz"
    convert_to_npz(open_recording(session.path), target, ["sensor.value"])
    with np.load(target) as file:
        names = {name.partition("/")[0] for name in file.files}

    assert names == {"sensor.value"}


@pytest.mark.parametrize("convert", [convert_to_hdf5, convert_to_npz])
def test_an_unknown_stream_or_existing_target_is_refused(
    session: SessionFolder, tmp_path: Path, convert: Callable[..., None]
) -> None:
    recording = open_recording(session.path)
    (tmp_path / "there").touch()

    with pytest.raises(RecordingError, match="no stream"):
        convert(recording, tmp_path / "new", ["none"])
    with pytest.raises(RecordingError, match="can't be written"):
        convert(recording, tmp_path / "there")


@pytest.mark.parametrize("convert", [convert_to_hdf5, convert_to_npz])
def test_streams_without_messages_are_converted(
    folder: SessionFolder,
    record: Callable[..., Any],
    tmp_path: Path,
    convert: Callable[..., None],
) -> None:
    record(folder).teardown()
    convert(open_recording(folder.path), tmp_path / "new")

    assert (tmp_path / "new").stat().st_size > 0


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([], ["data"]),
        ([1, 2.5], ["data"]),
        (["a", ""], ["data"]),
        ([b"ab", b""], ["data", "data_shapes", "data_ends"]),
        ([None, 1], ["data"]),
        ([[1, 2], [3]], ["data"]),
        ([np.zeros((2, 3)), np.zeros((1, 1))], ["data", "data_shapes", "data_ends"]),
        ([np.zeros(2), np.zeros((2, 2))], ["data"]),
        ([{"a/b": 1}, {}], ["data/a_b", "data/a_b_rows"]),
        ([{"x": {"y": 1}}, {"x": {"y": 2}}], ["data/x/y"]),
        ([1, 1 << 70], ["data"]),
    ],
)
def test_payloads_of_any_kind_become_columns_without_objects(
    values: list[Any], names: list[str]
) -> None:
    columns = list(split_values("data", values))

    assert names == [column.name for column in columns]
    assert all(np.asarray(c.values).dtype.kind != "O" for c in columns)


def test_how_many_messages_are_missing_is_kept_with_each_stream(
    folder: SessionFolder, record_numbers: Callable[..., None], tmp_path: Path
) -> None:
    record_numbers(0, 1, 4)
    recording, progress = open_recording(folder.path), Progress()
    convert_to_hdf5(recording, tmp_path / "a.h5", reporter=progress)
    convert_to_npz(open_recording(folder.part(0)), tmp_path / "a.npz")
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["sensor.value"].attrs["missing"] == 2
        assert file["camera.frame"].attrs["missing"] == 0
    assert np.load(tmp_path / "a.npz")["sensor.value/missing"] == 2
    (warning,) = progress.warnings
    assert warning.startswith("sensor.value lacks 2 messages;")


@pytest.mark.parametrize("convert", [convert_to_hdf5, convert_to_npz])
def test_values_that_are_damaged_leave_no_half_a_file(
    session: SessionFolder, tmp_path: Path, convert: Callable[..., None]
) -> None:
    path = session.part(0)
    content = bytearray(path.read_bytes())
    content[content.index(FRAMES[7].tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="does not fit its checksum"):
        convert(open_recording(session.path), tmp_path / "a.out")

    assert not (tmp_path / "a.out").exists()
