import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import (
    AmbiguousRegionMapping,
    FileFault,
    MissingExtractedData,
    MissingRawData,
    TrialFault,
    TrialsNotInPhotometryTime,
)
from ranvier.analysis.readers import (
    AlfSource,
    find_sessions,
    open_session,
    parse_session_path,
)

DATA = Path(__file__).parents[3] / "data" / "photometry"
REAL = DATA / "CQ002" / "2024-11-05" / "001"
SIGNAL = "alf/photometry/photometry.signal.pqt"
TABLE = "alf/task_00/_ibl_trials.table.pqt"


@pytest.fixture
def session(tmp_path):
    """A copy of a cut of a real session."""
    target = tmp_path / "lab" / "Subjects" / "CQ002" / "2024-11-05" / "001"
    return Path(shutil.copytree(REAL, target))


def rewrite(path, change):
    change(pd.read_parquet(path)).to_parquet(path)


def test_sessions_are_found_with_and_without_a_lab(tmp_path):
    for name in (
        "cortexlab/Subjects/m2/2024-01-02/001/alf", "m1/2024-01-01/002/raw",
        "m1/2024-01-01/002/raw/2020-01-01/001", ".cache/m9/2024-01-01/001", "m1/notes",
        "m3_2024-03-01_004",
    ):  # fmt: skip
        (tmp_path / name).mkdir(parents=True)
    found = find_sessions(tmp_path)

    assert [place[1:] for place in found] == [
        ("cortexlab", "m2", "2024-01-02", 1),
        ("", "m1", "2024-01-01", 2),
        ("", "m3", "2024-03-01", 4),
    ]


def test_one_session_finds_itself(session):
    assert [place.path for place in find_sessions(session)] == [session.resolve()]


def test_a_channel_without_a_location_is_left_out_and_told(session):
    table = pd.DataFrame({"brain_region": {"G4": "PPT"}}).rename_axis("ROI")
    table.to_parquet(session / "alf/photometry/photometryROI.locations.pqt")
    raw = AlfSource(session).load_photometry()

    assert raw.channels == ("PPT",)
    assert "channels: G0 has no location, left out." in raw.notes


def test_the_eid_is_the_same_wherever_the_folder_lies():
    one = parse_session_path("/a/lab/Subjects/m1/2024-01-01/001")
    other = parse_session_path("m1/2024-01-01/001")

    assert one.eid == other.eid == parse_session_path("m1_2024-01-01_001").eid
    assert one.eid != parse_session_path("m1/2024-01-01/002").eid


@pytest.mark.parametrize("path", ["m1", "m1/today/001", "/", "m1/2024-01-01/one"])
def test_other_paths_are_no_session(path):
    with pytest.raises(FileFault, match="is not the folder of a session"):
        parse_session_path(path)


def test_the_real_session_is_read_as_a_plain_loop_would(session):
    source = open_session(session)
    raw = source.load_photometry()
    frames = pd.read_parquet(session / SIGNAL).iloc[1:]
    trials = pd.read_parquet(session / TABLE)
    start, stop = trials["intervals_0"].iloc[0] - 5, trials["intervals_1"].iloc[-1] + 5
    kept = frames[(frames["times"] > start) & (frames["times"] < stop)]
    for name, band in raw.bands.items():
        expected = kept[kept["name"] == name]

        np.testing.assert_array_equal(band["SI"], expected["G0"])
        np.testing.assert_array_equal(band["PPT"], expected["G4"])
        np.testing.assert_array_equal(band.index, expected["times"])
    assert len(raw.frames.times) == len(frames)


def test_the_window_is_set_by_pre_and_post(session):
    band = AlfSource(session).load_photometry(pre=1, post=-1).bands["GCaMP"]
    trials = AlfSource(session).load_trials()

    assert band.index[0] == pytest.approx(trials["intervals_0"].iloc[0] + 1, abs=0.08)
    assert band.index[-1] == pytest.approx(trials["intervals_1"].iloc[-1] - 1, abs=0.08)


def test_trials_have_side_and_contrast_in_percent(session):
    rewrite(
        session / TABLE,
        lambda t: t.assign(
            contrastLeft=[0.0, np.nan, 0.25, np.nan, 1.0],
            contrastRight=[np.nan, 0.0625, np.nan, 0.0, np.nan],
        ),
    )
    trials = AlfSource(session).load_trials()

    assert trials["stim_side"].to_list() == ["left", "right", "left", "right", "left"]
    assert trials["contrast"].to_list() == [0, 6.25, 25, 0, 100]
    assert trials["signed_contrast"].to_list() == [0, 6.25, -25, 0, -100]
    assert np.signbit(trials["signed_contrast"][0])


def test_metadata_come_of_path_description_and_locations(session):
    found = AlfSource(session).read_metadata()

    assert found["eid"] == parse_session_path(session).eid
    assert (found["subject"], found["lab"], found["number"]) == ("CQ002", "lab", 1)
    assert found["task_protocol"] == "_iblrig_tasks_trainingChoiceWorld"
    assert found["brain_region"] == ["SI", "PPT"]
    assert TABLE in found["datasets"]


def test_fibres_of_the_description_name_regions_and_hemispheres(session):
    (session / "_ibl_experiment.description.yaml").write_text(
        "devices: {neurophotometrics: {fibers: "
        "{G0: {location: VTA-l}, G1: {location: DR}}}}\n"
        "tasks: [{biasedChoiceWorld: {collection: raw_task_data_00}}]\n"
    )
    settings = session / "raw_task_data_00" / "_iblrig_taskSettings.raw.json"
    settings.parent.mkdir()
    settings.write_text(
        '{"LEN_BLOCKS": [90, 20], "SESSION_START_TIME": "2024-11-05T10:11:12"}'
    )
    found = AlfSource(session).read_metadata()

    assert found["brain_region"] == ["VTA-l", "DR"]
    assert found["hemisphere"] == ["l", ""]
    assert found["block_info"] == {"LEN_BLOCKS": [90, 20]}
    assert found["start_time"] == "2024-11-05T10:11:12"


def test_the_eid_of_the_table_of_one_is_taken(session):
    rows = {
        "id": ["a", "e7"], "subject": ["x", "CQ002"], "date": ["2024-11-05"] * 2,
        "number": [1, 1], "lab": ["", "lab"],
    }  # fmt: skip
    table = pd.DataFrame(rows).set_index("id")
    table.to_parquet(session.parents[4] / "sessions.pqt")

    assert AlfSource(session).eid == "e7"


def test_names_with_a_uuid_and_revisions_are_understood(session):
    table = session / TABLE
    newer = table.parent / "#2025-01-01#" / (
        "_ibl_trials.table.a976e418-c8b8-4d24-be47-d05120b18341.pqt"
    )  # fmt: skip
    newer.parent.mkdir()
    pd.read_parquet(table).iloc[:3].to_parquet(newer)

    assert len(AlfSource(session).load_trials()) == 3


def test_trials_in_files_of_their_own_are_put_together(session):
    table = pd.read_parquet(session / TABLE)
    (session / TABLE).unlink()
    for name in table.columns.drop(["intervals_0", "intervals_1"]):
        np.save(session / "alf" / "task_00" / f"_ibl_trials.{name}.npy", table[name])
    intervals = table[["intervals_0", "intervals_1"]].to_numpy()
    np.save(session / "alf" / "task_00" / "_ibl_trials.intervals.npy", intervals)
    trials = AlfSource(session).load_trials()

    pd.testing.assert_frame_equal(
        trials[table.columns], table.astype(float), check_names=False
    )


def test_of_several_tasks_the_choice_task_is_taken(session):
    shutil.copytree(session / "alf/task_00", session / "alf/task_01")
    (session / "_ibl_experiment.description.yaml").write_text(
        "tasks:\n- passiveChoiceWorld: {collection: raw_task_data_00}\n"
        "- biasedChoiceWorld: {collection: raw_task_data_01}\n"
    )
    rewrite(session / TABLE.replace("00", "01"), lambda t: t.iloc[:2])

    assert len(AlfSource(session).load_trials()) == 2


def test_several_tasks_that_nothing_tells_apart_are_a_fault(session):
    shutil.copytree(session / "alf/task_00", session / "alf/task_01")
    (session / "_ibl_experiment.description.yaml").unlink()
    with pytest.raises(MissingExtractedData, match="several tasks"):
        AlfSource(session).load_trials()

    assert len(AlfSource(session, collection="alf/task_01").load_trials()) == 5


@pytest.mark.parametrize(
    ("gone", "raw", "load"),
    [
        (TABLE, "raw_task_data_00/_iblrig_taskData.raw.jsonable", "load_trials"),
        (SIGNAL, "raw_photometry_data/_neurophotometrics_fpData.raw.pqt",
         "load_photometry"),
        ("none", "raw_behavior_data/_iblrig_encoderPositions.raw.ssv", "load_wheel"),
    ],
)  # fmt: skip
def test_raw_data_tell_missing_extraction_from_missing_data(session, gone, raw, load):
    (session / gone).unlink(missing_ok=True)
    with pytest.raises(MissingRawData) as caught:
        getattr(AlfSource(session), load)()
    (session / raw).parent.mkdir()
    (session / raw).touch()
    with pytest.raises(MissingExtractedData):
        getattr(AlfSource(session), load)()

    assert str(session) in caught.value.where


@pytest.mark.parametrize("name", [SIGNAL, TABLE])
@pytest.mark.parametrize("size", [0, 200])
def test_a_truncated_table_is_a_fault_that_names_the_file(session, name, size):
    path = session / name
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FileFault, match=path.name):
        AlfSource(session).load_photometry()


def test_missing_columns_are_named(session):
    rewrite(session / TABLE, lambda t: t.drop(columns=["choice", "stimOn_times"]))
    with pytest.raises(FileFault, match="stimOn_times, choice"):
        AlfSource(session).load_trials()


def test_contrasts_in_percent_are_a_fault(session):
    rewrite(session / TABLE, lambda t: t.assign(contrastLeft=50.0))
    with pytest.raises(TrialFault, match="not fractions") as caught:
        AlfSource(session).load_trials()

    assert str(session) in caught.value.where


def test_trials_of_another_time_are_a_fault(session):
    rewrite(session / TABLE, lambda t: t + 5000)
    rewrite(session / TABLE, lambda t: t.assign(contrastLeft=1.0, contrastRight=np.nan))
    with pytest.raises(TrialsNotInPhotometryTime):
        AlfSource(session).load_photometry()


@pytest.mark.parametrize(
    "regions", [{"G0": "SI", "G4": "SI"}, {"G0": "SI", "G9": "PPT"}, {"G0": None}]
)
def test_locations_that_do_not_fit_are_ambiguous(session, regions):
    table = pd.DataFrame({"brain_region": regions})
    table.rename_axis("ROI").to_parquet(
        session / "alf/photometry/photometryROI.locations.pqt"
    )
    with pytest.raises(AmbiguousRegionMapping):
        AlfSource(session).load_photometry()


def test_without_locations_channels_keep_their_names_and_it_is_told(session):
    (session / "alf/photometry/photometryROI.locations.pqt").unlink()
    raw = AlfSource(session).load_photometry()

    assert raw.channels == ("G0", "G4")
    assert any("no photometryROI.locations" in note for note in raw.notes)


def test_the_wheel_is_read_also_from_rows_of_sample_and_time(session):
    folder = session / "alf" / "task_00"
    np.save(folder / "_ibl_wheel.position.npy", np.arange(11.0))
    np.save(folder / "_ibl_wheel.timestamps.npy", [[0, 5.0], [10, 6.0]])
    times, position = AlfSource(session).load_wheel()

    np.testing.assert_allclose(times, np.linspace(5, 6, 11))
    np.testing.assert_array_equal(position, np.arange(11))


@pytest.mark.parametrize(
    "times", [np.arange(9.0), np.arange(10.0)[::-1], [np.nan] * 10]
)
def test_a_wheel_whose_times_do_not_fit_is_a_fault(session, times):
    folder = session / "alf" / "task_00"
    np.save(folder / "_ibl_wheel.position.npy", np.arange(10.0))
    np.save(folder / "_ibl_wheel.timestamps.npy", times)
    with pytest.raises(FileFault, match="do not fit"):
        AlfSource(session).load_wheel()


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00"])
def test_a_truncated_array_is_a_fault(session, content):
    folder = session / "alf" / "task_00"
    np.save(folder / "_ibl_wheel.timestamps.npy", np.arange(3.0))
    (folder / "_ibl_wheel.position.npy").write_bytes(content)
    with pytest.raises(FileFault, match=r"_ibl_wheel.position.npy can't be read"):
        AlfSource(session).load_wheel()


def test_frames_lost_in_one_band_take_none_from_the_others(session):
    whole = AlfSource(session).load_photometry().bands["GCaMP"]
    table = pd.read_parquet(session / SIGNAL)
    lost = table.index[table["name"] == "Isosbestic"][400:600]
    rewrite(session / SIGNAL, lambda t: t.drop(index=lost))
    raw = AlfSource(session).load_photometry()

    pd.testing.assert_frame_equal(raw.bands["GCaMP"], whole)
    assert "Isosbestic: 1 gaps longer than 3 samples." in raw.notes


def test_trials_without_begin_or_end_do_not_lose_the_photometry(session):
    whole = AlfSource(session).load_photometry()
    first, last = pd.read_parquet(session / TABLE).index[[0, -1]]

    def lose(trials):
        trials.loc[first, ["intervals_0", "intervals_1"]] = np.nan
        trials.loc[last, "intervals_1"] = np.nan
        return trials

    rewrite(session / TABLE, lose)
    band = AlfSource(session).load_photometry().bands["GCaMP"]
    trials = AlfSource(session).load_trials()
    start, stop = trials["intervals_0"].min() - 5, trials["intervals_0"].max() + 5

    assert 0 < len(band) < len(whole.bands["GCaMP"])
    assert band.index[0] == pytest.approx(start, abs=0.08)
    assert band.index[-1] == pytest.approx(stop, abs=0.08)
    rewrite(session / TABLE, lambda t: t.assign(intervals_0=np.nan, intervals_1=np.nan))
    with pytest.raises(TrialFault, match="no trial has a begin"):
        AlfSource(session).load_photometry()


@pytest.mark.parametrize("column", ["stimOn_times", "choice", "lick_times"])
def test_text_in_the_trials_is_a_fault_that_names_the_column(session, column):
    rewrite(session / TABLE, lambda t: t.assign(**{column: "soon"}))
    with pytest.raises(FileFault, match=column) as caught:
        AlfSource(session).load_trials()

    assert "'soon' in row 0" in caught.value.found


def test_a_clock_offset_moves_photometry_onto_the_clock_of_the_trials(session):
    plain = AlfSource(session).load_photometry().bands["GCaMP"]
    rewrite(session / SIGNAL, lambda t: t.assign(times=t["times"] - 100.0))
    row = {"path": str(session), "clock_offset_s": 100.0}
    moved = open_session(row).load_photometry().bands["GCaMP"]

    np.testing.assert_allclose(moved.index, plain.index)
    np.testing.assert_array_equal(moved, plain)
