import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import FileFault, MissingRawData
from ranvier.analysis.readers import read_encoder, read_task_data

REAL = Path(__file__).parents[3] / "data" / "photometry" / "task_training_ge5"
TICK = 2 * np.pi / 1024
LINES = "_iblrig_taskData.raw.jsonable"


@pytest.fixture
def folder(tmp_path):
    """A copy of the raw task folder of a real session."""
    return Path(shutil.copytree(REAL, tmp_path / "raw_behavior_data"))


def test_trials_are_those_of_ibllib():
    expected = pd.read_csv(REAL / "trials_of_ibllib.csv")
    trials = read_task_data(REAL)

    for name in expected.columns.drop("firstMovement_times"):
        np.testing.assert_allclose(trials[name], expected[name], atol=1e-12)
    assert trials["firstMovement_times"].isna().all()


def test_the_wheel_is_that_of_ibllib_but_for_one_tick():
    """Where it passes zero in the last trial, ibllib takes one tick for a reset."""
    times, position = read_encoder(REAL)
    expected = np.load(REAL / "wheel_of_ibllib.npy")

    np.testing.assert_allclose(times, expected[:, 0], atol=1e-9)
    assert np.abs(position - expected[:, 1]).max() < 1.001 * TICK


@pytest.mark.parametrize("name", ["taskData", "encoderPositions", "encoderEvents"])
def test_missing_files_are_named(folder, name):
    next(folder.glob(f"*{name}*")).unlink()
    with pytest.raises(MissingRawData, match=name):
        read_encoder(folder)


def test_a_line_that_was_cut_short_is_told(folder):
    text = (folder / LINES).read_text()
    (folder / LINES).write_text(text[:-100])
    with pytest.raises(FileFault, match="not JSON") as caught:
        read_task_data(folder)

    assert "line 12" in caught.value.found


def test_a_trial_that_lacks_a_state_is_told(folder):
    lines = [json.loads(line) for line in (folder / LINES).read_text().splitlines()]
    del lines[3]["behavior_data"]["States timestamps"]["stim_on"]
    (folder / LINES).write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(FileFault, match="trial 4") as caught:
        read_task_data(folder)

    assert "stim_on" in caught.value.found


def test_events_of_another_session_can_not_be_aligned(folder):
    rows = "".join(f"{int(1e6 * t)} 3\n" for t in np.cumsum(np.arange(1, 9)))
    (folder / "_iblrig_encoderEvents.raw.ssv").write_text(rows)
    with pytest.raises(FileFault, match="onto the clock"):
        read_encoder(folder)


def test_an_encoder_file_of_text_is_a_fault(folder):
    (folder / "_iblrig_encoderPositions.raw.ssv").write_text("a b\n")
    with pytest.raises(FileFault, match="encoderPositions"):
        read_encoder(folder)
