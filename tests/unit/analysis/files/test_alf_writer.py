import json

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import MetadataFault
from ranvier.analysis.files import write_alf_session
from ranvier.sim.photometry_session import ChoiceTask, Fibre, simulate_session

START = "2024-11-05T10:20:30"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    task = ChoiceTask(n_trials=120, duration_s=700.0)
    fibres = (Fibre("VTA", "l", "G0"), Fibre("DR", "", "G3"))
    session = simulate_session(0, task=task, fibres=fibres)
    root = tmp_path_factory.mktemp("alf")
    return session, write_alf_session(session, root, subject="S1", start_time=START)


def test_the_folder_is_that_of_one_session_of_one(written):
    _, folder = written

    assert folder.parts[-5:] == ("simlab", "Subjects", "S1", "2024-11-05", "001")


def test_trials_and_wheel_are_those_of_the_session(written):
    session, folder = written
    trials = pd.read_parquet(folder / "alf/task_00/_ibl_trials.table.pqt")
    position = np.load(folder / "alf/task_00/_ibl_wheel.position.npy")

    assert set(trials) == set(session.trials.columns)
    for name, values in session.trials.columns.items():
        np.testing.assert_array_equal(trials[name], values)
    np.testing.assert_array_equal(position, session.wheel_positions)


def test_the_signal_table_says_the_light_of_each_frame(written):
    session, folder = written
    table = pd.read_parquet(folder / "alf/photometry/photometry.signal.pqt")
    locations = pd.read_parquet(folder / "alf/photometry/photometryROI.locations.pqt")

    assert list(table["name"][:3]) == ["", "GCaMP", "Isosbestic"]
    assert list(table["color"][1:3]) == ["Blue", "Violet"]
    assert list(table["wavelength"][1:3]) == [470.0, 415.0]
    assert not table["valid"].iloc[0]
    assert table["valid"].iloc[1:].all()
    np.testing.assert_array_equal(table[["G0", "G3"]], session.signals)
    assert locations["brain_region"].to_dict() == {"G0": "VTA-l", "G3": "DR"}


def test_the_raw_files_are_those_of_the_rig(written):
    session, folder = written
    raw = folder / "raw_photometry_data"
    frames = pd.read_parquet(raw / "_neurophotometrics_fpData.raw.pqt")
    edges = pd.read_parquet(raw / "_neurophotometrics_fpData.digitalInputs.pqt")
    offset = frames["SystemTimestamp"] - session.frame_times

    np.testing.assert_array_equal(frames["LedState"], session.led_states)
    np.testing.assert_allclose(offset, offset[0])
    np.testing.assert_allclose(
        edges["SystemTimestamp"] - offset[0], session.digital_times
    )
    assert len(edges) == 2 * session.task.n_trials


def test_the_planned_blocks_stand_in_the_settings(written):
    session, folder = written
    settings = folder / "raw_task_data_00/_iblrig_taskSettings.raw.json"
    said = json.loads(settings.read_text())
    lines = folder / "raw_task_data_00/_iblrig_taskData.raw.jsonable"

    assert sum(said["LEN_BLOCKS"]) == len(said["POSITIONS"]) == 120
    assert said["LEN_BLOCKS"][0] == 90
    np.testing.assert_array_equal(
        np.array(said["POSITIONS"]) > 0, session.trials.is_right
    )
    assert len(lines.read_text().splitlines()) == 120


def test_a_start_that_is_no_time_is_a_fault(written, tmp_path):
    with pytest.raises(MetadataFault, match="no time"):
        write_alf_session(written[0], tmp_path, subject="S1", start_time="soon")

    assert list(tmp_path.iterdir()) == []
