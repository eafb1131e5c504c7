import numpy as np
import pytest

from ranvier.analysis.faults import FileFault, MissingRawData
from ranvier.analysis.readers import RecordingSource, open_session, read_mapping
from ranvier.core import AnalysisError
from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.recording import Recorder

START = 5_000_000_000_000  # ns since boot: as float, whole ns would be lost
STEP = 33_333_333
EVENTS = ("stimOn", "response", "feedback")
STREAMS = ("photometer.signal", "photometer.both", "wheel.position", "task.trial")
MAPPING = {
    "bands": {
        "GCaMP": {"channels": {"VTA": "photometer.both:1"}},
        "Isosbestic": {"channels": {"VTA": "photometer.signal/violet"}},
    },
    "events": {"trial": {"times": "task.trial/stimOn_times"}},
}


def make_trial(n):
    names = ("intervals_0", "intervals_1", *(f"{e}_times" for e in EVENTS))
    times = dict(zip(names, 0.5 + n + np.array([0, 0.9, 0.1, 0.5, 0.5]), strict=True))
    return {
        **{k: float(v) for k, v in times.items()}, "choice": -1, "feedbackType": 1,
        "contrastLeft": float("nan"), "contrastRight": 0.25, "probabilityLeft": 0.5,
    }  # fmt: skip


@pytest.fixture
def recorded(tmp_path):
    """Ninety messages of three streams, with clocks apart, and three trials."""
    recorder = Recorder(
        streams=[{"stream": name, "unit": "V"} for name in STREAMS],
        folder=str(tmp_path),
        run={"run": "r1", "monotonic_ns": START, "wall_start": "2026-11-20T14:00:00Z"},
        reserve=0,
    )
    recorder.setup()
    for n in range(90):
        payloads = {
            STREAMS[0]: ({"violet": float(n), "name": "x"}, 7),
            STREAMS[1]: (np.array([n / 2, n / 4]), 0),
            STREAMS[2]: (float(-n), 11),
        }
        if n < 3:
            payloads[STREAMS[3]] = (make_trial(n), 13)
        for name, (payload, late) in payloads.items():
            time_ns = START + n * STEP + late
            message = Message(payload, 0, n, 0, time_ns, Origin(0, n, time_ns))
            data = to_bytes(message)
            port = name.replace(".", "__")
            recorder.process_raw(port, memoryview(data), decode(data))
    recorder.teardown()
    return next(tmp_path.glob("*.mcap"))


def test_each_stream_has_its_own_times_to_the_ns(recorded):
    """neuroconv#1994: no stream silently gets the times of the first."""
    raw = RecordingSource(recorded, read_mapping(MAPPING)).load_photometry()
    expected = np.arange(90) * STEP

    assert raw.source.format == "recording"
    np.testing.assert_array_equal(raw.bands["GCaMP"]["VTA"], np.arange(90) / 2)
    np.testing.assert_array_equal(raw.bands["Isosbestic"]["VTA"], np.arange(90.0))
    np.testing.assert_array_equal(np.rint(raw.bands["GCaMP"].index * 1e9), expected)
    np.testing.assert_allclose(
        raw.bands["Isosbestic"].index * 1e9, expected + 7, atol=1e-3
    )
    assert raw.events["times"].to_list() == [0.6, 1.6, 2.6]


def test_trials_and_wheel_are_streams_too(recorded):
    mapping = {**MAPPING, "trials": "task.trial"}
    source = RecordingSource(recorded, read_mapping(mapping), wheel="wheel.position")
    times, position = source.load_wheel()
    band = source.load_photometry(pre=0, post=0).bands["GCaMP"]

    assert source.load_trials()["contrast"].to_list() == [25.0] * 3
    np.testing.assert_array_equal(position, -np.arange(90.0))
    assert times[1] == pytest.approx((STEP + 11) / 1e9)
    assert 0.5 < band.index[0] < 0.55
    assert source.list_datasets() == sorted(STREAMS)
    assert source.read_metadata()["eid"] == "r1"


def test_a_recording_is_opened_by_its_path(recorded):
    source = open_session(recorded, MAPPING)

    assert isinstance(source, RecordingSource)
    with pytest.raises(MissingRawData, match="no stream of trials"):
        source.load_trials()
    with pytest.raises(MissingRawData, match="no stream of the wheel"):
        source.load_wheel()


def test_without_a_mapping_there_are_still_metadata_and_names(recorded):
    source = open_session({"path": str(recorded)})

    assert source.read_metadata()["start_time"].startswith("2026-11-20T14:00")
    with pytest.raises(AnalysisError, match="do not tell by name") as caught:
        source.load_photometry()
    assert "photometer.signal" in caught.value.found


@pytest.mark.parametrize("name", ["photometer.both", "photometer.signal/name"])
def test_a_stream_that_is_not_of_numbers_is_a_fault(recorded, name):
    mapping = read_mapping({"bands": {"G": {"channels": {"a": name}}}})
    with pytest.raises(FileFault, match="one number a message"):
        RecordingSource(recorded, mapping).load_photometry()


def test_a_truncated_recording_is_a_fault(tmp_path):
    (tmp_path / "recording.0.mcap").write_bytes(b"\x89MCAP0")
    with pytest.raises(FileFault, match="can't be read as a recording"):
        RecordingSource(tmp_path, read_mapping(MAPPING)).load_photometry()


def test_a_clock_offset_is_added_to_the_photometry(recorded):
    row = {"path": str(recorded), "mapping": MAPPING}
    plain = open_session(row).load_photometry()
    moved = open_session({**row, "clock_offset_s": 2.5}).load_photometry()

    for name, band in plain.bands.items():
        np.testing.assert_allclose(moved.bands[name].index, band.index + 2.5)
    np.testing.assert_allclose(moved.events["times"], plain.events["times"] + 2.5)
