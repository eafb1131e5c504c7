import h5py
import numpy as np
import pandas as pd
import pytest

from ranvier.analysis import readers
from ranvier.analysis.faults import (
    FileFault,
    MissingRawData,
    TrialsNotInPhotometryTime,
)
from ranvier.analysis.readers import (
    AlfSource,
    FilesSource,
    NwbSource,
    OneSource,
    RecordingSource,
    SessionSource,
    detect_format,
    open_session,
    read_photometry,
)
from ranvier.core import AnalysisError

T = np.arange(600) / 10
MAPPING = {"time": "t", "bands": {"GCaMP": {"channels": {"VTA": "g"}}}}


def make_trials(n=5):
    start = 10 + 8.0 * np.arange(n)
    return pd.DataFrame({
        "intervals_0": start, "intervals_1": start + 6, "stimOn_times": start + 1,
        "response_times": start + 2, "feedback_times": start + 2, "choice": 1,
        "feedbackType": 1, "contrastLeft": 0.5, "contrastRight": np.nan,
        "probabilityLeft": 0.5,
    })  # fmt: skip


@pytest.fixture
def files(tmp_path):
    pd.DataFrame({"t": T, "g": T}).to_csv(tmp_path / "m.csv", index=False)
    make_trials().to_csv(tmp_path / "trials.csv", index=False)
    wheel = pd.DataFrame({"times": T, "position": -T})
    wheel.to_csv(tmp_path / "wheel.csv", index=False)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("a.csv", "FrameCounter,Timestamp,Flags,Region0G", "neurophotometrics"),
        ("a.csv", "SystemTimestamp,LedState,ComputerTimestamp,G0", "neurophotometrics"),
        ("a.csv", "Time(s),AIn-1 - Dem (AOut-1)", "doric"),
        ("a.csv", "time,signal", "csv"),
        ("a.ppd", "", "ppd"),
        ("a.nwb", "", "nwb"),
        ("a.mcap", "", "recording"),
        ("b/x.tsq", "", "tdt"),
        ("b/x.mcap", "", "recording"),
        ("m1/2024-01-01/001/x", "", "alf"),
    ],
)
def test_formats_are_told(tmp_path, name, columns, expected):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(columns)

    assert detect_format(path if path.parent == tmp_path else path.parent) == expected


def test_hdf5_is_told_by_its_content(tmp_path):
    for name, expected in (("DataAcquisition", "doric"), ("nwb", "nwb")):
        path = tmp_path / f"{name}.h5"
        with h5py.File(path, "w") as file:
            file.create_group(name)
            if name == "nwb":
                file.attrs["nwb_version"] = "2.7"

        assert detect_format(path) == expected


def test_what_can_not_be_told_names_the_candidates(tmp_path):
    (tmp_path / "a.xyz").touch()
    with pytest.raises(AnalysisError) as caught:
        detect_format(tmp_path / "a.xyz")
    with pytest.raises(AnalysisError) as unknown:
        read_photometry(tmp_path / "a.xyz", "doricc")

    assert caught.value.code == "RV-A72"
    assert ".ppd" in caught.value.wanted
    assert "neurophotometrics" in caught.value.mend
    assert (unknown.value.code, unknown.value.mend) == (
        "RV-A73", 'did you mean "doric"?',
    )  # fmt: skip


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(FileFault, match="is not there"):
        read_photometry(tmp_path / "none.ppd")


def test_a_row_opens_as_single_files(files):
    row = pd.Series({
        "eid": "e1", "subject": "m1", "path": str(files / "m.csv"), "mapping": MAPPING,
        "trials": str(files / "trials.csv"), "wheel": str(files / "wheel.csv"),
        "clock_offset_s": 2.0, "format": None, "lab": np.nan,
    })  # fmt: skip
    source = open_session(row)
    raw = source.load_photometry(pre=-1, post=1)
    times, position = source.load_wheel()
    expected = T[(T + 2 > 9) & (T + 2 < 49)]

    np.testing.assert_allclose(raw.bands["GCaMP"]["VTA"], expected)
    np.testing.assert_allclose(raw.bands["GCaMP"].index, expected + 2)
    assert raw.bands["GCaMP"].index.name == "times"
    np.testing.assert_array_equal(position, -times)
    assert source.load_trials()["contrast"].to_list() == [50.0] * 5
    assert source.read_metadata()["eid"] == "e1"
    assert source.list_datasets() == ["m.csv", "trials.csv", "wheel.csv"]


def test_what_a_row_does_not_name_is_missing(files):
    source = open_session(files / "m.csv", MAPPING)

    assert len(source.load_photometry().bands["GCaMP"]) == len(T)
    for load in (source.load_trials, source.load_wheel):
        with pytest.raises(MissingRawData):
            load()
    with pytest.raises(FileFault, match="names no path"):
        open_session({"eid": "e1"})


def test_trials_of_another_clock_are_a_fault(files):
    source = FilesSource(
        files / "m.csv", mapping=MAPPING, trials=files / "trials.csv",
        clock_offset_s=1e6,
    )  # fmt: skip
    with pytest.raises(TrialsNotInPhotometryTime):
        source.load_photometry()


@pytest.mark.parametrize(
    "kind", [AlfSource, FilesSource, NwbSource, OneSource, RecordingSource]
)
def test_every_place_has_what_the_protocol_asks_for(kind):
    asked = [name for name in vars(SessionSource) if name[0] != "_"]

    assert len(asked) == 5
    assert all(callable(getattr(kind, name)) for name in asked)


def test_the_face_is_exact():
    public = {
        name for name in vars(readers) if name[0] != "_" and name != "annotations"
    }

    assert public == set(readers.__all__)
