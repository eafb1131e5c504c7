"""Real recordings in place, and files written by the libraries of others."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import FileFault, MissingRawData
from ranvier.analysis.readers import (
    AlfSource,
    NwbSource,
    OneSource,
    open_one,
    open_session,
    read_photometry,
)
from ranvier.core import AnalysisError

pytestmark = pytest.mark.system

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def shared():
    folder = os.environ.get("RANVIER_SHARED")
    if not folder:
        pytest.skip("RANVIER_SHARED does not name the folder of real data")
    found = Path(folder) / "data" / "photometry"
    if not found.is_dir():
        pytest.skip("the real photometry is not in RANVIER_SHARED")
    return found


def compute_t(signal, cues):
    """t of the change from the second before to the second after, plain loop."""
    times, values = signal.index.to_numpy(), signal.to_numpy()
    changes = [
        values[(times >= c + 0.1) & (times < c + 1)].mean()
        - values[(times >= c - 1) & (times < c)].mean()
        for c in cues
    ]
    return np.mean(changes) / (np.std(changes, ddof=1) / np.sqrt(len(changes)))


def test_cues_of_akam_give_a_response_through_the_ppd_reader(shared):
    raw = read_photometry(shared / "m53_NAc_L-2019-11-24-093939.ppd")
    cues = np.load(shared / "reward_cue_times.npy")
    inputs = raw.events.groupby("name").size().to_dict()

    assert compute_t(raw.bands["GCaMP"]["fiber00"], cues) > 15
    assert len(raw.bands["GCaMP"]) == 705_249
    assert inputs["digital_1"] == len(cues) == 137


def test_the_whole_version_2_is_read_and_its_dead_channels_are_there(shared):
    path = shared / "neurophotometrics_version_2" / "_neurophotometrics_fpData.raw.pqt"
    raw = read_photometry(path)
    share = {
        name: raw.bands["GCaMP"][name].nunique() / len(raw.bands["GCaMP"])
        for name in raw.channels
    }

    assert [len(band) for band in raw.bands.values()] == [139_498, 139_498]
    assert (share["Region1G"] < 1e-3, share["Region3G"] > 0.01) == (True, True)
    assert set(raw.events["name"]) == {"Input0", "Input1"}


def test_the_whole_cq002_is_read_as_a_plain_loop_would(shared):
    folder = shared / "CQ002_2024-11-05_001"
    raw = AlfSource(folder).load_photometry()
    frames = pd.read_parquet(folder / "alf/photometry/photometry.signal.pqt").iloc[1:]
    trials = AlfSource(folder).load_trials()
    inside = frames["times"].between(
        trials["intervals_0"].iloc[0] - 5, trials["intervals_1"].iloc[-1] + 5, "neither"
    )

    for name, band in raw.bands.items():
        rows = frames[inside & (frames["name"] == name)].iloc[: len(band)]
        np.testing.assert_array_equal(band["SI"], rows["G0"])
        np.testing.assert_array_equal(band.index, rows["times"])
    assert len(trials) == 328


def test_a_csv_with_two_clocks_keeps_both(shared):
    mapping = {
        "bands": {
            "GCaMP": {"time": "Time_470nm", "channels": {"NAc": "MeanInt_470nm"}},
            "Isosbestic": {"time": "Time_410nm", "channels": {"NAc": "MeanInt_410nm"}},
        }
    }
    path = shared / "katemartian_example.csv"
    raw = read_photometry(path, mapping=mapping)
    table = pd.read_csv(path)

    for name, nm in (("GCaMP", "470"), ("Isosbestic", "410")):
        band = raw.bands[name]
        np.testing.assert_array_equal(band["NAc"], table[f"MeanInt_{nm}nm"])
        np.testing.assert_array_equal(band.index, table[f"Time_{nm}nm"])
    assert raw.source.rate_hz == pytest.approx(10)


def test_a_table_of_trials_is_no_recording_by_itself(shared):
    with pytest.raises(FileFault, match="neither times nor bands"):
        read_photometry(shared / "FLMM_binary.csv")


def make_series(name, data, unit="V", **clock):
    from pynwb import TimeSeries

    return TimeSeries(name=name, data=data, unit=unit, description="of a test", **clock)


@pytest.fixture(scope="module")
def nwb_file(tmp_path_factory):
    pynwb = pytest.importorskip("pynwb")
    pytest.importorskip("ndx_fiber_photometry")
    path = tmp_path_factory.mktemp("nwb") / "m.nwb"
    content = pynwb.NWBFile(
        "a test", "e1", dt.datetime(2026, 11, 20, tzinfo=dt.UTC), lab="mainenlab"
    )
    content.subject = pynwb.file.Subject(
        subject_id="m1", strain="Ai148xDATCre", sex="F", species="Mus musculus"
    )
    add_fibers(content)
    content.add_acquisition(
        make_series("raw", RNG.normal(size=(300, 2)), starting_time=0.5, rate=10.0)
    )
    wheel = make_series("wheel_position", np.arange(300.0), "rad", rate=100.0)
    content.add_acquisition(wheel)
    names = (
        "stimOn_times", "response_times", "feedback_times", "choice", "feedbackType",
        "contrastLeft", "contrastRight", "probabilityLeft",
    )  # fmt: skip
    for name in names:
        content.add_trial_column(name, "of the task")
    for n in range(4):
        t = 5.0 + 5 * n
        row = (t + 1, t + 2, t + 2, 1, 1, 0.5, np.nan, 0.5)
        content.add_trial(t, t + 3, **dict(zip(names, row, strict=True)))
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(content)
    return path


def add_fibers(content):
    import ndx_fiber_photometry as ndx
    import ndx_ophys_devices as devices

    model = devices.OpticalFiberModel(
        name="model", manufacturer="x", model_number="1", numerical_aperture=0.5,
        core_diameter_in_um=400.0,
    )  # fmt: skip
    insertion = devices.FiberInsertion(depth_in_mm=4.0)
    fiber = devices.OpticalFiber(name="fiber", model=model, fiber_insertion=insertion)
    source_model = devices.ExcitationSourceModel(
        name="led", manufacturer="x", model_number="1", source_type="LED",
        excitation_mode="one-photon", wavelength_range_in_nm=[460.0, 480.0],
    )  # fmt: skip
    source = devices.ExcitationSource(name="source", model=source_model)
    detector_model = devices.PhotodetectorModel(
        name="pmt", manufacturer="x", model_number="1", detector_type="PMT"
    )
    detector = devices.Photodetector(name="detector", model=detector_model)
    indicator = devices.Indicator(name="indicator", label="GCaMP6f")
    for model_ in (model, source_model, detector_model):
        content.add_device_model(model_)
    for device in (fiber, source, detector):
        content.add_device(device)
    table = ndx.FiberPhotometryTable(name="table", description="of a test")
    for nm in (470.0, 415.0):
        table.add_row(
            location="VTA", excitation_wavelength_in_nm=nm,
            emission_wavelength_in_nm=520.0, indicator=indicator, optical_fiber=fiber,
            excitation_source=source, photodetector=detector,
        )  # fmt: skip
    indicators = ndx.FiberPhotometryIndicators(indicators=[indicator])
    content.add_lab_meta_data(
        ndx.FiberPhotometry(
            name="fiber_photometry",
            fiber_photometry_table=table,
            fiber_photometry_indicators=indicators,
        )
    )
    for row, (name, late) in enumerate((("green", 0.0), ("violet", 0.05))):
        content.add_acquisition(
            ndx.FiberPhotometryResponseSeries(
                name=name,
                data=np.arange(300.0) + row,
                unit="V",
                description="x",
                timestamps=np.arange(300) / 10 + late,
                fiber_photometry_table_region=table.create_fiber_photometry_table_region(
                    region=[row], description="row"
                ),
            )
        )


def test_series_of_ndx_fiber_photometry_tell_their_bands(nwb_file):
    """neuroconv#1994: no stream silently gets the times of the first."""
    raw = read_photometry(nwb_file)

    np.testing.assert_array_equal(raw.bands["GCaMP"]["VTA"], np.arange(300.0))
    np.testing.assert_array_equal(raw.bands["Isosbestic"]["VTA"], np.arange(300.0) + 1)
    np.testing.assert_array_equal(raw.bands["GCaMP"].index, np.arange(300) / 10)
    np.testing.assert_allclose(
        raw.bands["Isosbestic"].index, np.arange(300) / 10 + 0.05
    )
    assert (raw.source.format, raw.source.unit) == ("nwb", "V")


def test_any_series_of_nwb_can_be_mapped_by_column(nwb_file):
    mapping = {"bands": {"G": {"channels": {"a": "raw:1", "b": "raw:2"}}}}
    raw = read_photometry(nwb_file, mapping=mapping)

    assert raw.channels == ("a", "b")
    np.testing.assert_allclose(raw.bands["G"].index, 0.5 + np.arange(300) / 10)


def test_an_nwb_file_is_a_whole_session(nwb_file):
    source = NwbSource(nwb_file)
    times, position = source.load_wheel()
    band = source.load_photometry(pre=-1, post=1).bands["GCaMP"]

    assert source.load_trials()["contrast"].to_list() == [50.0] * 4
    assert (band.index[0], band.index[-1]) == (4.1, 23.9)
    assert source.read_metadata()["strain"] == "Ai148xDATCre"
    assert source.list_datasets() == ["green", "raw", "violet", "wheel_position"]
    assert (times[1], position[1]) == (0.01, 1.0)
    row = {"path": str(nwb_file), "clock_offset_s": 0.5}
    moved = open_session(row).load_photometry(pre=-1, post=1).bands["GCaMP"]
    assert (moved.index[0], moved.index[-1]) == (4.1, 23.9)
    np.testing.assert_array_equal(moved[5:], band[:-5])


def test_nwb_without_photometry_asks_for_a_mapping(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    path = tmp_path / "m.nwb"
    content = pynwb.NWBFile("a test", "e1", dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(content)
    with pytest.raises(AnalysisError) as caught:
        read_photometry(path)
    with pytest.raises(MissingRawData):
        NwbSource(path).load_trials()
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(FileFault, match="can't be read as NWB"):
        read_photometry(path)

    assert caught.value.code == "RV-A75"


def test_one_in_local_mode_gives_what_the_folder_gives(tmp_path):
    """With the real ONE-api, on a table of the cache that it makes itself."""
    pytest.importorskip("one.api")
    from one.alf.cache import make_parquet_db

    real = Path(__file__).parents[2] / "data/photometry/CQ002/2024-11-05/001"
    folder = tmp_path / "lab/Subjects/CQ002/2024-11-05/001"
    for path in real.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(real)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    make_parquet_db(tmp_path, hash_files=True)
    one = open_one("local", tmp_path)
    eid = str(one.search(subject="CQ002")[0])
    source = OneSource(one, eid)
    direct = AlfSource(folder)

    assert direct.eid == eid == source.read_metadata()["eid"]
    pd.testing.assert_frame_equal(source.load_trials(), direct.load_trials())
    for name, band in source.load_photometry().bands.items():
        pd.testing.assert_frame_equal(band, direct.load_photometry().bands[name])


def test_raw_files_give_what_ibl_photometry_gives(shared):
    pytest.importorskip("iblphotometry.fpio")
    from iblphotometry.neurophotometrics import from_neurophotometrics_file

    for name in (
        "neurophotometrics_version_2/_neurophotometrics_fpData.raw.pqt",
        "raw_photometry.csv",
    ):
        expected = from_neurophotometrics_file(shared / name)
        bands = read_photometry(shared / name).bands
        for band, frame in expected.items():
            pd.testing.assert_frame_equal(
                bands[band], frame[bands[band].columns], check_names=False
            )
