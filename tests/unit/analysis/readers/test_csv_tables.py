import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers import read_photometry
from ranvier.core import AnalysisError

T = np.arange(50) / 10
TWO = {
    "bands": {
        "GCaMP": {"time": "t1", "channels": {"VTA": "g"}},
        "Isosbestic": {"time": "t2", "channels": {"VTA": "i"}},
    }
}


def write(folder, **columns):
    path = folder / "m.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def test_bands_with_times_of_their_own_keep_them(tmp_path):
    """neuroconv#1994: no stream silently gets the times of the first."""
    path = write(tmp_path, t1=T, g=T + 1, t2=T + 0.05, i=T + 2)
    raw = read_photometry(path, mapping=TWO)

    np.testing.assert_array_equal(raw.bands["GCaMP"].index, T)
    np.testing.assert_array_equal(raw.bands["Isosbestic"].index, T + 0.05)
    np.testing.assert_array_equal(raw.bands["Isosbestic"]["VTA"], T + 2)
    assert raw.source.rate_hz == pytest.approx(10)


def test_columns_of_unlike_length_end_where_they_end(tmp_path):
    short = np.r_[T[:48] + 0.05, np.nan, np.nan]
    raw = read_photometry(write(tmp_path, t1=T, g=T, t2=short, i=short), mapping=TWO)

    assert [len(band) for band in raw.bands.values()] == [50, 48]
    assert raw.notes == ()


def test_times_in_another_unit_become_seconds(tmp_path):
    path = write(tmp_path, ms=T * 1000, g=T)
    mapping = {
        "time": {"column": "ms", "unit": "ms"}, "bands": {"G": {"channels": {"a": "g"}}}
    }  # fmt: skip
    raw = read_photometry(path, mapping=mapping)

    np.testing.assert_allclose(raw.bands["G"].index, T)


def test_bands_in_mixed_units_are_a_fault(tmp_path):
    path = write(tmp_path, t1=T, g=T, t2=T * 1000, i=T)
    with pytest.raises(FileFault, match="not on one clock"):
        read_photometry(path, mapping=TWO)


def test_rows_are_told_apart_by_their_led(tmp_path):
    path = write(tmp_path, t=T, led=[1.0, 2.0] * 24 + [np.nan, 7.0], G0=T)
    mapping = {
        "time": "t", "led": {"column": "led", "bands": {1: "Isosbestic", 2: "GCaMP"}},
        "channels": {"VTA": "G0"},
    }  # fmt: skip
    raw = read_photometry(path, mapping=mapping)

    np.testing.assert_array_equal(raw.bands["GCaMP"]["VTA"], T[1:48:2])
    assert raw.frames.colors[:2].tolist() == ["Isosbestic", "GCaMP"]
    assert raw.notes == ("rows: 2 of a state that is not mapped.",)


def test_events_come_of_lines_and_of_columns_of_times(tmp_path):
    line = np.zeros(50)
    line[[10, 11, 30]] = 3.3
    path = write(tmp_path, t=T, g=T, ttl=line, reward=np.r_[2.5, [np.nan] * 49])
    mapping = {
        "time": "t", "bands": {"G": {"channels": {"a": "g"}}},
        "events": {"cue": {"edges": "ttl"}, "reward": {"times": "reward"}},
    }  # fmt: skip
    raw = read_photometry(path, mapping=mapping)

    assert raw.events["name"].to_list() == ["cue", "reward", "cue"]
    assert raw.events["times"].to_list() == [1.0, 2.5, 3.0]


def test_a_rate_takes_the_place_of_times(tmp_path):
    mapping = {"rate_hz": 20, "bands": {"G": {"channels": {"a": "g"}}}}
    raw = read_photometry(write(tmp_path, g=T), mapping=mapping)

    assert raw.bands["G"].index[-1] == pytest.approx(49 / 20)


def test_missing_columns_are_all_named_at_once(tmp_path):
    with pytest.raises(FileFault, match="t1, t2, i") as caught:
        read_photometry(write(tmp_path, g=T), mapping=TWO)

    assert "m.csv" in caught.value.problem


def test_gaps_are_told_and_stay(tmp_path):
    times = np.r_[T[:20], T[20:] + 60]
    mapping = {"time": "t", "bands": {"G": {"channels": {"a": "g"}}}}
    raw = read_photometry(write(tmp_path, t=times, g=T), mapping=mapping)

    assert raw.notes == ("G: 1 gaps longer than 3 samples.",)
    assert len(raw.bands["G"]) == 50


def test_no_times_at_all_are_a_fault_of_the_mapping(tmp_path):
    with pytest.raises(AnalysisError) as caught:
        read_photometry(
            write(tmp_path, g=T), mapping={"bands": {"G": {"channels": {"a": "g"}}}}
        )

    assert caught.value.code == "RV-A77"


def test_a_table_that_tells_nothing_asks_for_a_mapping(tmp_path):
    with pytest.raises(FileFault, match="neither times nor bands") as caught:
        read_photometry(write(tmp_path, g=T, t=T))

    assert caught.value.found == "g, t"


def test_a_separator_can_be_found_out(tmp_path):
    path = tmp_path / "m.txt"
    path.write_text("made by hand\nt;g\n0;1\n0.1;2\n")
    mapping = {
        "time": "t", "separator": "auto", "skip_rows": 1,
        "bands": {"G": {"channels": {"a": "g"}}},
    }  # fmt: skip
    raw = read_photometry(path, mapping=mapping)

    assert raw.bands["G"]["a"].to_list() == [1.0, 2.0]
