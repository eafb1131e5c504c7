from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers import (
    read_digital_inputs,
    read_neurophotometrics,
    read_photometry,
)

DATA = Path(__file__).parents[3] / "data" / "photometry"
REAL = DATA / "npm_version_2" / "_neurophotometrics_fpData.raw.pqt"


def make_table(states, version="2", rate=60.0):
    n = len(states)
    times = 100 + np.arange(n) / rate
    clock = {"1": "Timestamp", "2": "Timestamp", "5": "SystemTimestamp"}[version]
    table = pd.DataFrame({"FrameCounter": np.arange(n), clock: times})
    table["Flags" if version == "1" else "LedState"] = states
    if version == "5":
        table["ComputerTimestamp"] = times * 1e3
    name = "Region0G" if version == "1" else "G0"
    table[name] = np.arange(n) / 100
    return table


def write(folder, table, name="raw.csv"):
    path = folder / name
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)
    return path


@pytest.mark.parametrize("version", ["1", "2", "5"])
@pytest.mark.parametrize("name", ["raw.csv", "raw.pqt"])
def test_each_version_is_told_by_its_columns_and_split_by_led(tmp_path, version, name):
    states = [7] + [2, 1] * 10
    raw = read_photometry(write(tmp_path, make_table(states, version), name))
    channel = raw.channels[0]

    assert (raw.source.format, raw.source.version) == ("neurophotometrics", version)
    # Frame 0 (all LEDs) and frame 1 are dropped, as the reference does.
    np.testing.assert_array_equal(
        raw.bands["GCaMP"][channel], np.arange(3, 21, 2) / 100
    )
    np.testing.assert_array_equal(
        raw.bands["Isosbestic"][channel], np.arange(2, 21, 2) / 100
    )
    assert raw.frames.colors.tolist() == ["Blue", "Violet"] * 10
    assert raw.bands["GCaMP"].index[0] == 100 + 3 / 60


def test_bands_keep_their_own_times(tmp_path):
    raw = read_photometry(write(tmp_path, make_table([7] + [2, 1] * 10)))
    green, violet = raw.bands["GCaMP"].index, raw.bands["Isosbestic"].index

    assert set(green).isdisjoint(violet)


def test_unknown_states_are_counted_and_make_no_band(tmp_path):
    raw = read_photometry(write(tmp_path, make_table([7, 2, 1, 4096, 2, 1, 2, 0])))

    assert set(raw.bands) == {"GCaMP", "Isosbestic"}
    assert "frames: 1 of a LED state that is not known." in raw.notes
    assert raw.frames.colors.tolist()[2] == ""


def test_two_leds_at_once_make_a_band_of_their_sum(tmp_path):
    raw = read_photometry(write(tmp_path, make_table([7, 2, 1, 2, 3, 1, 2, 3])))

    assert set(raw.bands) == {"Isosbestic", "GCaMP", "Isosbestic+GCaMP"}


def test_unsorted_and_doubled_times_are_mended_and_told(tmp_path):
    table = make_table([7] + [2, 1] * 20)
    order = np.r_[np.arange(10), 11, 10, np.arange(12, 41), 40]
    raw = read_photometry(write(tmp_path, table.iloc[order]))
    whole = read_photometry(write(tmp_path, table, "whole.csv"))

    pd.testing.assert_frame_equal(raw.bands["GCaMP"], whole.bands["GCaMP"])
    assert len(raw.notes) == 2


def test_a_clock_that_was_set_anew_is_a_fault_that_says_where(tmp_path):
    table = make_table([7] + [2, 1] * 20)
    table.loc[20:, "Timestamp"] -= 50
    with pytest.raises(FileFault, match="jump back") as caught:
        read_neurophotometrics(write(tmp_path, table))

    assert "raw.csv" in caught.value.where


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t.drop(columns="Timestamp"), "no version"),
        (lambda t: t.drop(columns="G0"), "no channel"),
        (lambda t: t.assign(Timestamp=np.nan), "has a time"),
        (lambda t: t.assign(Timestamp=1.0), "do not rise"),
        (lambda t: t.assign(LedState=0), "no frame was lit"),
        (lambda t: t.assign(G0=np.nan), "holds a number"),
        (lambda t: t.assign(G0="dark"), "no number"),
        (lambda t: t.iloc[:0], "holds no row"),
    ],
)
def test_what_can_not_be_used_is_a_fault_that_names_the_file(tmp_path, spoil, words):
    path = write(tmp_path, spoil(make_table([7] + [2, 1] * 20)))
    with pytest.raises(FileFault, match=words) as caught:
        read_photometry(path, "neurophotometrics")

    assert "raw.csv" in f"{caught.value.problem} {caught.value.where}"
    assert caught.value.mend


@pytest.mark.parametrize("name", ["raw.pqt", "raw.csv"])
def test_an_empty_or_truncated_file_is_a_fault(tmp_path, name):
    path = write(tmp_path, make_table([7, 2, 1, 2, 1]), "raw.pqt")
    (tmp_path / name).write_bytes(path.read_bytes()[:50] if name == "raw.pqt" else b"")
    with pytest.raises(FileFault, match="can't be read"):
        read_photometry(tmp_path / name, "neurophotometrics")


def test_one_nan_channel_is_told_and_the_others_are_read(tmp_path):
    table = make_table([7] + [2, 1] * 20).assign(G1=np.nan)
    raw = read_photometry(write(tmp_path, table))

    assert raw.channels == ("G0", "G1")
    assert any('"G1" holds NaN only' in note for note in raw.notes)


def test_digital_inputs_of_version_5_are_events_by_their_channel(tmp_path):
    table = pd.DataFrame({
        "ChannelName": ["Input1", "Input0"], "Channel": [1, 0],
        "AlwaysTrue": [True, True], "SystemTimestamp": [101.5, 100.5],
        "ComputerTimestamp": [0.0, 0.0],
    })  # fmt: skip
    events = read_digital_inputs(write(tmp_path, table, "digitalInputs.csv"))

    assert events["name"].to_list() == ["Input0", "Input1"]
    assert events["times"].to_list() == [100.5, 101.5]


def test_inputs_of_another_recording_beside_it_are_not_taken(tmp_path):
    table = make_table([7] + [2, 1] * 20)
    inputs = pd.DataFrame({"Timestamp": [100.2], "Value": [True]})
    write(tmp_path, inputs, "other.digitalInputs.csv")
    assert read_photometry(write(tmp_path, table, "mine.raw.csv")).events.empty
    write(tmp_path, inputs, "mine.digitalInputs.csv")
    events = read_photometry(tmp_path / "mine.raw.csv").events

    assert events.to_numpy().tolist() == [["Input", 100.2]]


def test_inputs_sampled_with_the_frames_are_events_where_there_is_no_file(tmp_path):
    table = make_table([7] + [2, 1] * 20).assign(Input0=0, Input1=0)
    table.loc[[10, 11, 30], "Input1"] = 1
    raw = read_photometry(write(tmp_path, table))

    assert raw.events["name"].to_list() == ["Input1", "Input1"]
    np.testing.assert_allclose(raw.events["times"], 100 + np.array([10, 30]) / 60)


def test_the_real_version_2_names_its_input_by_the_frames():
    raw = read_photometry(REAL)
    rows = pd.read_parquet(REAL)
    edges = pd.read_parquet(
        REAL.with_name("_neurophotometrics_fpData.digitalInputs.pqt")
    )
    ups = edges.loc[edges["Value.Value"], "Value.Seconds"]
    own = raw.events.loc[raw.events["name"] == "Input1", "times"]

    np.testing.assert_array_equal(own, ups)
    np.testing.assert_array_equal(
        raw.bands["GCaMP"]["Region3G"],
        rows["Region3G"].iloc[2:][rows["LedState"].iloc[2:] == 2],
    )
    assert raw.source.rate_hz == pytest.approx(30, rel=1e-3)


def test_the_real_version_5_is_read():
    raw = read_photometry(DATA / "npm_version_5" / "raw_photometry.csv")

    assert (raw.source.version, raw.channels) == ("5", ("G0", "G1", "G2", "G3", "G4"))
    assert [len(band) for band in raw.bands.values()] == [99, 99]
