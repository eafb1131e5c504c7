import h5py
import numpy as np
import pytest

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers import list_doric_streams, read_photometry
from ranvier.core import AnalysisError

T = np.arange(100) / 50
A, B = np.sin(T), np.cos(T)
NEW = "DataAcquisition/FPConsole/Signals/Series0001"


def write(path, datasets):
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values
    return path


def lock_in(values_a=A, times_b=T):
    return {
        f"{NEW}/LockInAOUT01/AIN01": values_a,
        f"{NEW}/LockInAOUT01/Time": T,
        f"{NEW}/LockInAOUT02/AIN01": B,
        f"{NEW}/LockInAOUT02/Time": times_b,
        f"{NEW}/DigitalIO/DIO01": (np.arange(100) == 40).astype(float),
        f"{NEW}/DigitalIO/Time": T,
        f"{NEW}/AnalogIn/AIN01": A,
        f"{NEW}/AnalogIn/Time": T,
    }


@pytest.mark.parametrize(
    ("datasets", "bands", "version"),
    [
        (lock_in(), ["AOut1", "AOut2"], "6"),
        (
            {
                f"{NEW}/AIN01xAOUT01-LockIn/Values": A,
                f"{NEW}/AIN01xAOUT01-LockIn/Time": T,
                f"{NEW}/AIN01xAOUT02-LockIn/Values": B,
                f"{NEW}/AIN01xAOUT02-LockIn/Time": T,
            },
            ["AOut1", "AOut2"],
            "6",
        ),
        (
            {
                "DataAcquisition/BBC300/ROISignals/Series0001/CAM1EXC1/ROI01": A,
                "DataAcquisition/BBC300/ROISignals/Series0001/CAM1EXC1/Time": T,
                "DataAcquisition/BBC300/ROISignals/Series0001/CAM1EXC2/ROI01": B,
                "DataAcquisition/BBC300/ROISignals/Series0001/CAM1EXC2/Time": T + 0.01,
            },
            ["CAM1EXC1", "CAM1EXC2"],
            "6",
        ),
        (
            {
                "Traces/Console/AIn-1 - Dem (AOut-1)/AIn-1 - Dem (AOut-1)": A,
                "Traces/Console/AIn-1 - Dem (AOut-2)/AIn-1 - Dem (AOut-2)": B,
                "Traces/Console/Time(s)/Console_time(s)": T,
            },
            ["AOut1", "AOut2"],
            "5",
        ),
    ],
)
def test_each_layout_is_read(tmp_path, datasets, bands, version):
    raw = read_photometry(write(tmp_path / "m.doric", datasets))

    assert (list(raw.bands), raw.source.version) == (bands, version)
    np.testing.assert_array_equal(raw.bands[bands[0]].iloc[:, 0], A)
    np.testing.assert_array_equal(raw.bands[bands[1]].iloc[:, 0], B)


def test_each_stream_has_the_times_of_its_own_group(tmp_path):
    """neuroconv#1994: no stream silently gets the times of the first."""
    raw = read_photometry(write(tmp_path / "m.doric", lock_in(times_b=T + 0.003)))

    np.testing.assert_array_equal(raw.bands["AOut1"].index, T)
    np.testing.assert_array_equal(raw.bands["AOut2"].index, T + 0.003)
    assert raw.events["times"].to_list() == [T[40]]


def test_a_mapping_names_bands_regions_and_events(tmp_path):
    path = write(tmp_path / "m.doric", lock_in())
    mapping = {
        "bands": {
            "GCaMP": {"channels": {"VTA": "LockInAOUT02/AIN01"}},
            "Isosbestic": {"channels": {"VTA": "LockInAOUT01/AIN01"}},
        },
        "events": {"cue": {"edges": "DigitalIO/DIO01"}},
    }
    raw = read_photometry(path, mapping=mapping)

    assert "AnalogIn/AIN01" in list_doric_streams(path)
    np.testing.assert_array_equal(raw.bands["GCaMP"]["VTA"], B)
    assert raw.events["name"].to_list() == ["cue"]


def test_channels_with_unlike_times_can_not_share_a_band(tmp_path):
    path = write(tmp_path / "m.doric", lock_in(times_b=T + 0.003))
    channels = {"a": "LockInAOUT01/AIN01", "b": "LockInAOUT02/AIN01"}
    with pytest.raises(FileFault, match="same times"):
        read_photometry(path, mapping={"bands": {"all": {"channels": channels}}})


def test_a_stream_with_fewer_values_than_times_is_a_fault(tmp_path):
    path = write(tmp_path / "m.doric", lock_in(values_a=A[:90]))
    with pytest.raises(FileFault, match="one time for each value"):
        read_photometry(path)


def test_missing_streams_are_named_with_those_that_are_there(tmp_path):
    path = write(tmp_path / "m.doric", lock_in())
    mapping = {"bands": {"G": {"channels": {"a": "no", "b": "none"}}}}
    with pytest.raises(FileFault, match="no stream no, none") as caught:
        read_photometry(path, mapping=mapping)

    assert "LockInAOUT01/AIN01" in caught.value.found


def test_several_series_ask_for_a_mapping_and_have_longer_names(tmp_path):
    """The second would silently take the place of the first."""
    both = {**lock_in(), f"{NEW[:-1]}2/LockInAOUT01/AIN01": B}
    both[f"{NEW[:-1]}2/LockInAOUT01/Time"] = T
    path = write(tmp_path / "m.doric", both)
    name = "Series0002/LockInAOUT01/AIN01"
    with pytest.raises(AnalysisError, match="do not tell"):
        read_photometry(path)
    raw = read_photometry(path, mapping={"bands": {"G": {"channels": {"a": name}}}})

    np.testing.assert_array_equal(raw.bands["G"]["a"], B)


def test_names_that_tell_no_band_ask_for_a_mapping(tmp_path):
    path = write(tmp_path / "m.doric", {f"{NEW}/x/AIN01": A, f"{NEW}/x/Time": T})
    with pytest.raises(AnalysisError) as caught:
        read_photometry(path)

    assert (caught.value.code, caught.value.found) == ("RV-A75", "x/AIN01")


@pytest.mark.parametrize("header", ["", "---,Analog In. | Ch.1,Analog In. | Ch.1\n"])
def test_a_csv_export_is_told_and_read(tmp_path, header):
    path = tmp_path / "m.csv"
    rows = "".join(f"{t},{a},{b},\n" for t, a, b in zip(T, A, B, strict=True))
    names = "Time(s),AIn-1 - Dem (AOut-1),AIn-1 - Dem (AOut-2),\n"
    path.write_text(header + names + rows)
    raw = read_photometry(path)

    assert (raw.source.format, list(raw.bands)) == ("doric", ["AOut1", "AOut2"])
    np.testing.assert_allclose(raw.bands["AOut2"]["AIn1"], B)


@pytest.mark.parametrize("size", [0, 300])
def test_a_truncated_file_is_a_fault(tmp_path, size):
    path = write(tmp_path / "m.doric", lock_in())
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FileFault, match=r"m\.doric can't be read"):
        read_photometry(path)
