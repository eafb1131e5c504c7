from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ranvier.audit import AuditKind, AuditTrail
from ranvier.core import RecordingError
from ranvier.links import HEADER_SIZE, Message, Origin, decode, to_bytes
from ranvier.recording import Recorder, SessionFolder, open_recording
from ranvier.recording._mcap_file import HEADER
from ranvier.recording._stacking import stack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START = 1_000_000


def test_a_recording_is_a_mapping_of_its_streams(session: SessionFolder) -> None:
    recording = open_recording(session.path)

    assert list(recording) == ["camera.frame", "sensor.value", "finder.cells"]
    assert "sensor.value" in recording
    assert recording.get("none") is None
    assert recording.run == "r1"
    assert recording.problems == []
    assert recording.streams[1].rate_hz == 30.0


def test_an_unknown_stream_is_both_a_key_and_a_recording_error(
    session: SessionFolder,
) -> None:
    recording = open_recording(session.path)

    with pytest.raises(KeyError):
        recording["none"]
    with pytest.raises(RecordingError, match="no stream"):
        recording["none"]


def test_frames_are_read_only_aligned_views_of_the_file(session: SessionFolder) -> None:
    stream = open_recording(session.path)["camera.frame"]
    frame = stream[3]
    expected = np.random.default_rng(0).integers(0, 999, (10, 40, 60), dtype=np.uint16)

    assert np.array_equal(expected[3], frame)
    assert np.array_equal(expected, stream[:])
    assert np.array_equal(expected[[7, 1]], stream[[7, 1]])
    assert np.array_equal(expected[-1], stream[-1])
    assert not frame.flags.writeable
    assert not frame.flags.owndata
    assert frame.flags.aligned


def test_times_and_sequences_are_arrays(session: SessionFolder) -> None:
    stream = open_recording(session.path)["sensor.value"]

    assert stream.times_ns.dtype == np.int64
    assert np.array_equal(START + 1000 * np.arange(10), stream.times_ns)
    assert np.array_equal(np.arange(10), stream.sequences)
    assert np.array_equal(np.zeros(10), stream.epochs)
    assert np.array_equal(stream.times_ns, stream.headers["origin_time_ns"])


def test_the_header_type_is_that_of_links() -> None:
    message = Message(1.5, 7, 1 << 40, 3, -9, Origin(2, 1 << 41, -8))
    header = np.frombuffer(to_bytes(message), HEADER, 1)[0]

    assert HEADER.itemsize == HEADER_SIZE
    assert (header["stream"], header["sequence"], header["epoch"]) == (7, 1 << 40, 3)
    assert (header["time_ns"], header["origin_time_ns"]) == (-9, -8)
    assert (header["origin_stream"], header["origin_sequence"]) == (2, 1 << 41)


def test_at_gives_the_newest_that_is_not_after(session: SessionFolder) -> None:
    stream = open_recording(session.path)["sensor.value"]

    assert stream.at(START + 2999) == 1.0
    assert stream.at(START + 3000) == 1.5
    assert stream.at(1 << 60) == 4.5
    with pytest.raises(RecordingError, match="at or before"):
        stream.at(START - 1)


def test_between_takes_the_start_and_not_the_stop(session: SessionFolder) -> None:
    part = open_recording(session.path)["sensor.value"].between(
        START + 2000, START + 5000
    )

    assert list(part.payloads) == [1.0, 1.5, 2.0]
    assert np.array_equal([2, 3, 4], part.sequences)


def test_a_field_of_mappings_is_a_sequence(session: SessionFolder) -> None:
    stream = open_recording(session.path)["finder.cells"]

    assert np.array_equal(np.arange(10), stream.field("n")[:])
    assert np.array_equal([0.0, 1.0, 2.0], stream.field("trace")[2])
    assert stream.field("n").at(START + 4500) == 4
    assert isinstance(stream.field("trace")[:3], list)
    with pytest.raises(RecordingError, match="no field"):
        stream.field("none")[0]


def test_messages_carry_their_headers(session: SessionFolder) -> None:
    messages = list(open_recording(session.path)["sensor.value"].messages())

    assert [message.sequence for message in messages[:3]] == [0, 1, 2]
    assert messages[2].origin == Origin(0, 2, START + 2000)


def test_an_index_outside_is_an_index_error(session: SessionFolder) -> None:
    with pytest.raises(IndexError):
        open_recording(session.path)["sensor.value"][10]


def test_a_stream_without_messages_is_empty(
    folder: SessionFolder, record: Callable[..., Any]
) -> None:
    record(folder).teardown()
    stream = open_recording(folder.path)["camera.frame"]

    assert len(stream) == 0
    assert stream[:] == []
    assert stream.sequences.shape == (0,)
    with pytest.raises(RecordingError, match="at or before"):
        stream.at(0)


def test_stamps_that_jump_back_keep_the_order_of_recording(tmp_path: Path) -> None:
    recorder = Recorder(streams=["a.x"], folder=str(tmp_path))
    recorder.setup()
    for sequence, time_ns in enumerate([30, 10, 20]):
        data = to_bytes(Message(sequence, 0, sequence, 0, time_ns, Origin(0, 0, 0)))
        recorder.process_raw("a__x", data, decode(data))
    recorder.teardown()
    stream = open_recording(tmp_path)["a.x"]

    assert list(stream.times_ns) == [30, 10, 20]
    assert stream.at(25) == 2
    assert list(stream.between(10, 30).payloads) == [1, 2]


def test_parameters_over_time_come_from_manifest_and_audit(
    session: SessionFolder,
) -> None:
    recording = open_recording(session.path)
    with AuditTrail(session.audit, recording.manifest.wall) as audit:
        audit.write(
            AuditKind.PARAMETER_CHANGED, "sensor",
            parameter="level", old=1, new=2, by="cli", from_sequence=4,
        )  # fmt: skip
    changes = recording.parameters("sensor")

    assert [(change.name, change.value, change.by) for change in changes] == [
        ("level", 1, "start"),
        ("level", 2, "cli"),
    ]
    assert changes[1].from_sequence == 4
    assert recording.graph_text.startswith("ranvier: 1")
    with pytest.raises(RecordingError, match="no node"):
        recording.parameters("none")


def test_wall_time_counts_from_the_start_of_the_run(session: SessionFolder) -> None:
    one = open_recording(session.part(0))
    both = open_recording(session.path)
    date = "2026-11-20T14:00:01.500000+01:00"

    assert one.wall_time(START + 1_500_000_000).isoformat() == date
    assert both.wall_time(START + 1_500_000_000).isoformat() == date


def test_one_file_by_itself_has_streams_and_no_manifest(session: SessionFolder) -> None:
    recording = open_recording(session.part(0))

    assert len(recording["camera.frame"]) == 10
    with pytest.raises(RecordingError, match="neither manifest"):
        _ = recording.manifest


def test_a_file_that_was_not_closed_opens_up_to_its_last_chunk(
    folder: SessionFolder, record: Callable[..., Any], send: Callable[..., None]
) -> None:
    recorder = record(folder)
    for sequence in range(5):
        send(recorder, "sensor.value", float(sequence), sequence)
    recorder._part._writer.flush()
    recording = open_recording(folder.path)
    values = list(recording["sensor.value"].payloads)
    recorder.teardown()

    assert values == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert not recording.is_finished
    assert "not finished" in recording.problems[0]


@pytest.mark.parametrize("content", [b"", b"x", b"\x89MCAP0\r\n", bytes(5000)])
def test_a_file_that_is_no_recording_is_a_recording_error(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.mcap").write_bytes(content)

    with pytest.raises(RecordingError):
        open_recording(tmp_path / "a.mcap")


def test_an_empty_or_missing_folder_is_a_recording_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no recording"):
        open_recording(tmp_path)
    with pytest.raises(RecordingError, match="can't be opened"):
        open_recording(tmp_path / "none")


def test_values_of_unlike_kinds_stay_a_list() -> None:
    assert stack([1, 2.5]) == [1, 2.5]
    assert stack([np.zeros(2), np.zeros(3)])[1].shape == (3,)
    assert stack([np.float32(1), np.float32(2)]).dtype == np.float32
    assert stack([True, False]).dtype == bool


@pytest.mark.parametrize("compression", ["none", "lz4"])
@pytest.mark.parametrize(
    "make",
    [
        lambda n: np.float32(n),
        lambda n: np.arange(n, n + 6, dtype=np.int16).reshape(2, 3),
        lambda n: np.array([(n, 0.5)], [("a", "<i4"), ("b", "<f8")]),
        lambda n: np.zeros((n % 2 + 1, 2 - n % 2)),
        lambda n: np.zeros(0),
        lambda n: float(n),
    ],
    ids=["scalar", "array", "records", "other shapes", "empty", "number"],
)
def test_many_small_messages_read_together_as_one_by_one(
    tmp_path: Path, make: Callable[[int], Any], compression: str
) -> None:
    recorder = Recorder(streams=["a.x"], folder=str(tmp_path), compression=compression)
    recorder.setup()
    for n in range(40):
        data = to_bytes(Message(make(n), 0, n, 0, n, Origin(0, 0, 0)))
        recorder.process_raw("a__x", data, decode(data))
    recorder.teardown()
    stream = open_recording(tmp_path)["a.x"]
    one_by_one = [stream[n] for n in range(3, 40, 2)]
    together = stream[3::2]

    assert len(one_by_one) == len(together)
    for one, other in zip(one_by_one, together, strict=True):
        assert np.array_equal(one, other)
        assert np.asarray(one).dtype == np.asarray(other).dtype
