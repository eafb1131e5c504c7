from __future__ import annotations

import errno
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ranvier.core import RecordingError
from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.node import Context
from ranvier.recording import (
    Gap,
    Recorder,
    SessionFolder,
    describe_stream,
    open_recording,
    read_all_counts,
    read_counts,
    recorder_port,
)
from ranvier.recording import _part as part_module
from ranvier.recording import _recorder as recorder_module
from ranvier.spec import PortSpec

if TYPE_CHECKING:
    from pathlib import Path


def make(sequence: int, *, epoch: int = 0, is_end: bool = False) -> bytes:
    origin = Origin(0, sequence, 0)
    payload = None if is_end else np.float64(sequence)
    return to_bytes(Message(payload, 0, sequence, epoch, sequence, origin, is_end))


def send(recorder: Recorder, *sequences: int, epoch: int = 0) -> None:
    for sequence in sequences:
        message = make(sequence, epoch=epoch)
        recorder.process_raw("a__x", memoryview(message), decode(message))


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    made = Recorder(streams=["a.x", "b.y"], folder=str(tmp_path), reserve=0)
    made.setup()
    return made


def test_it_has_one_input_for_each_stream(recorder: Recorder) -> None:
    names = [port.name for port in recorder.input_specs()]
    recorder.teardown()

    assert names == ["a__x", "b__y"]
    assert recorder_port("a.x") == "a__x"
    assert Recorder.takes_raw


def test_what_was_delivered_is_read_back(recorder: Recorder, tmp_path: Path) -> None:
    send(recorder, 0, 1, 2)
    recorder.teardown()
    recording = open_recording(tmp_path)

    assert list(recording["a.x"].payloads) == [0.0, 1.0, 2.0]
    assert recording.is_finished
    assert len(recording["b.y"]) == 0


class Told(Context):
    """A context that keeps what is reported."""

    def __init__(self) -> None:
        super().__init__("recorder")
        self.reported: list[tuple[str, dict[str, Any]]] = []

    def report(self, kind: str, text: str, **fields: Any) -> None:
        self.reported.append((kind, fields))


def test_the_audit_trail_is_told_of_each_part_and_what_is_in_it(tmp_path: Path) -> None:
    recorder = Recorder(streams=["a.x", "b.y"], folder=str(tmp_path), reserve=0)
    recorder.context = told = Told()
    recorder.setup()
    send(recorder, 0, 1)
    recorder.teardown()
    name = "recording.0.mcap"

    assert told.reported == [
        ("recording_opened", {"file": name, "streams": ["a.x", "b.y"]}),
        ("recording_closed", {"file": name, "counts": {"a.x": 2, "b.y": 0}}),
    ]


def test_gaps_are_counted_by_epoch(recorder: Recorder, tmp_path: Path) -> None:
    send(recorder, 0, 1, 4)
    send(recorder, 0, 2, epoch=1)
    recorder.teardown()
    counts = read_counts(SessionFolder(tmp_path), 0).streams[0]

    assert counts.gaps == (Gap(0, 2, 3), Gap(1, 1, 1))
    assert counts.recorded == 5


def test_the_end_of_a_stream_is_noted_and_is_no_message(
    recorder: Recorder, tmp_path: Path
) -> None:
    send(recorder, 0)
    end = make(1, is_end=True)
    recorder.process_raw("a__x", end, decode(end))
    recorder.teardown()
    counts = read_counts(SessionFolder(tmp_path), 0).streams[0]

    assert counts.has_ended
    assert len(open_recording(tmp_path)["a.x"]) == 1


def test_a_restart_opens_the_next_part_and_both_are_joined(
    recorder: Recorder, tmp_path: Path
) -> None:
    send(recorder, 0, 1)
    recorder.teardown()
    again = Recorder(streams=["b.y", "a.x"], folder=str(tmp_path), reserve=0)
    again.setup()
    send(again, 2, 3)
    again.teardown()

    assert list(open_recording(tmp_path)["a.x"].sequences) == [0, 1, 2, 3]
    assert (tmp_path / "recording.1.mcap").exists()


def test_what_the_port_declares_is_in_the_file(tmp_path: Path) -> None:
    port = PortSpec("x", "output", "array", "uint16", (None, 3), "V", 30.0, help="It.")
    made = Recorder(streams=[describe_stream("a.x", port)], folder=str(tmp_path))
    made.setup()
    made.teardown()
    info = open_recording(tmp_path).streams[0]

    assert (info.name, info.kind, info.dtype, info.shape) == (
        "a.x", "array", "uint16", ",3",
    )  # fmt: skip
    assert (info.unit, info.rate_hz, info.help) == ("V", 30.0, "It.")


@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
def test_compressed_recordings_read_alike(tmp_path: Path, compression: str) -> None:
    made = Recorder(
        streams=["a.x"], folder=str(tmp_path), compression=compression, reserve=0
    )
    made.setup()
    send(made, *range(50))
    made.teardown()
    stream = open_recording(tmp_path)["a.x"]

    assert np.array_equal(np.arange(50.0), stream[:])
    assert np.array_equal(np.arange(50), stream.sequences)


class Disk:
    """A disk whose free space the test sets."""

    def __init__(self) -> None:
        self.free = 10**12

    def __call__(self, folder: Path) -> int:
        return self.free


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(part_module, "free_bytes", made)
    monkeypatch.setattr(recorder_module, "free_bytes", made)
    return made


def open_on(tmp_path: Path) -> Recorder:
    made = Recorder(streams=["a.x"], folder=str(tmp_path), reserve=1000)
    made.setup()
    return made


def test_a_disk_that_fills_ends_the_file_well_and_counts_what_is_missed(
    tmp_path: Path, disk: Disk
) -> None:
    recorder = open_on(tmp_path)
    send(recorder, 0, 1, 2)
    recorder._part.is_disk_low = True
    disk.free = 10
    with pytest.raises(RecordingError, match="disk"):
        send(recorder, 3)
    send(recorder, 4, 5)
    recorder.teardown()
    counts = read_counts(SessionFolder(tmp_path), 0)

    assert list(open_recording(tmp_path)["a.x"].sequences) == [0, 1, 2]
    assert open_recording(tmp_path).is_finished
    assert counts.reason == "disk full"
    assert counts.streams[0].recorded == 3
    assert sum(gap.count for gap in counts.streams[0].unrecorded) == 3


def test_recording_goes_on_in_a_new_part_when_there_is_space(
    tmp_path: Path, disk: Disk
) -> None:
    recorder = open_on(tmp_path)
    send(recorder, 0)
    recorder._part.is_disk_low = True
    with pytest.raises(RecordingError):
        send(recorder, 1)
    send(recorder, 2)
    recorder._look_again_ns = 0
    send(recorder, 3)
    recorder.teardown()

    assert list(open_recording(tmp_path)["a.x"].sequences) == [0, 3]
    told = [note.partition(":")[0] for note in recorder.context.notes]
    assert told == [
        *("recording_opened", "recording_closed", "disk_full"),
        "recording_opened",
        "recording goes on in recording.1.mcap after a loss of 2 messages",
        "recording_closed",
    ]
    missed = [read_counts(SessionFolder(tmp_path), n).streams[0] for n in (0, 1)]

    assert [(Gap(0, 1, 1),), (Gap(0, 2, 2),)] == [each.unrecorded for each in missed]


def test_a_refused_write_loses_only_its_chunk(tmp_path: Path, disk: Disk) -> None:
    recorder = open_on(tmp_path)
    send(recorder, 0, 1)
    recorder._part._writer.flush()
    send(recorder, 2)

    class Full:
        def __init__(self, file: Any) -> None:
            self.file, self.refuses = file, True

        def write(self, data: Any) -> int:
            if self.refuses:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(data)

        def truncate(self, size: int) -> None:
            self.refuses = False
            self.file.truncate(size)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

    recorder._part._writer._file = Full(recorder._part._file)
    large = to_bytes(Message(np.zeros(1 << 21, "u1"), 0, 3, 0, 3, Origin(0, 3, 0)))
    with pytest.raises(RecordingError, match="disk"):
        recorder.process_raw("a__x", memoryview(large), decode(large))
    recorder.teardown()
    counts = read_counts(SessionFolder(tmp_path), 0)

    assert list(open_recording(tmp_path)["a.x"].sequences) == [0, 1]
    assert open_recording(tmp_path).is_finished
    assert counts.streams[0].unrecorded == (Gap(0, 2, 3),)
    assert counts.streams[0].recorded == 2


def test_a_folder_that_was_removed_is_not_called_a_full_disk(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    folder.mkdir()
    recorder = open_on(folder)
    send(recorder, 0)
    shutil.rmtree(folder)
    recorder._part._tick()

    with pytest.raises(RecordingError, match="no session folder") as caught:
        send(recorder, 1)
    recorder.teardown()

    assert caught.value.code == "RV-D44"
    assert "moved or removed" in caught.value.found
    assert not [note for note in recorder.context.notes if "disk_full" in note]


def test_a_disk_that_is_full_at_the_start_fails_the_start(
    tmp_path: Path, disk: Disk
) -> None:
    disk.free = 10

    with pytest.raises(RecordingError, match="disk"):
        open_on(tmp_path)


@pytest.mark.parametrize("streams", [["x"], [3], [{}], [{"name": "a.x"}]])
def test_a_stream_without_a_name_is_refused(tmp_path: Path, streams: Any) -> None:
    with pytest.raises(RecordingError, match="names no stream"):
        Recorder(streams=streams, folder=str(tmp_path))


def test_streams_whose_inputs_would_be_alike_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="same input"):
        Recorder(streams=["a.b__c", "a__b.c"], folder=str(tmp_path))


def test_the_counts_are_json_for_other_tools(
    recorder: Recorder, tmp_path: Path
) -> None:
    send(recorder, 0, 2)
    recorder.teardown()
    counts = json.loads((tmp_path / "recording.0.json").read_text())

    assert counts["streams"][0]["gaps"] == [{"epoch": 0, "first": 1, "last": 1}]


def test_recording_goes_on_in_a_new_part_when_its_file_is_removed(
    recorder: Recorder, tmp_path: Path
) -> None:
    send(recorder, 0)
    (tmp_path / "recording.0.mcap").unlink()
    assert recorder._part is not None
    recorder._part._tick()
    with pytest.raises(RecordingError, match="someone else") as caught:
        send(recorder, 1)
    send(recorder, 2)
    recorder.teardown()
    first, second = read_all_counts(SessionFolder(tmp_path))

    assert caught.value.code == "RV-D46"
    assert (first.file, first.reason) == ("recording.0.mcap", "damaged")
    assert first.damage == "it was moved or removed"
    assert (second.file, second.damage) == ("recording.1.mcap", "")
    assert open_recording(tmp_path)["a.x"][:].tolist() == [2.0]
