"""What of util, task and analysis is more than another name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.behaviour import compute_performance, compute_trial_contrasts
from ranvier.core import AnalysisError
from ranvier.iblnm import analysis, task, util
from ranvier.sim.choice_task import ChoiceTask, draw_traits, work_trials


@pytest.fixture(scope="module")
def trials():
    worked = work_trials(
        np.random.default_rng(1),
        ChoiceTask(n_trials=400, duration_s=2500.0),
        draw_traits(0),
    )
    return compute_trial_contrasts(pd.DataFrame(worked.columns))


def test_fits_by_block_are_those_of_the_table_of_performance(trials):
    fits, whole = task.fit_psychometric_by_block(trials), compute_performance(trials)

    assert set(fits) == {"50", "20", "80"}
    for block, fit in fits.items():
        for name, value in fit.items():
            assert value == whole[f"psych_{block}_{name}"]
    assert task.compute_bias_shift(fits["20"], fits["80"]) == whole["bias_shift"]
    assert task.fit_psychometric(trials, 0.5) == fits["50"]


def test_blocks_without_enough_trials_have_no_fit(trials):
    assert set(task.fit_psychometric_by_block(trials.iloc[:90])) == {"50"}
    assert task.fit_psychometric_by_block(trials.iloc[:5]) == {}


def test_session_type_and_target_are_those_of_the_ibl():
    row = {"eid": "s1", "task_protocol": "_iblrig_tasks_biasedChoiceWorld", "NM": "DA"}
    log = []
    util.get_targetNM({**row, "brain_region": ["V1"]}, exlog=log)

    assert util.get_session_type(row)["session_type"] == "biased"
    assert util.get_targetNM({**row, "brain_region": ["VTA"]})["target_NM"] == [
        "VTA-DA"
    ]
    assert log[0]["error_type"] == "InvalidTargetNM"


def test_catalogue_is_cleaned_and_named_as_the_ibl_does():
    df = pd.DataFrame(
        {
            "subject": ["m1", "SP076", "m2"],
            "session_type": ["biased", "biased", "passive"],
            "brain_region": [["DRN-l"], ["VTA"], ["VTA"]],
            "NM": [None, "DA", "DA"],
        }
    )
    kept = util.clean_sessions(df)

    assert list(kept["subject"]) == ["m1"]
    assert util.clean_sessions(df, (), ()).equals(df)
    named = util.derive_target_nm(util.fix_brain_regions(kept))
    assert named["target_NM"].tolist() == [["DR-5HT"]]
    assert named["NM"].tolist() == ["5HT"]


@pytest.mark.parametrize("coding", ["log", "log2", "linear", "rank"])
def test_contrast_codings_have_a_way_back(coding):
    contrast = np.array([0, 6.25, 12.5, 25, 100])
    transform, inverse = util.get_contrast_coding(coding)

    assert inverse(transform(contrast)) == pytest.approx(contrast)


def test_unknown_contrast_codings_are_refused():
    with pytest.raises(AnalysisError):
        util.contrast_transform([0, 100], "cubic")


def test_tables_are_written_with_a_time_in_their_name(tmp_path):
    df = pd.DataFrame({"a": [1, 2]})
    path = util.df2pqt(df, tmp_path / "x.pqt", timestamp="2024")

    assert path == tmp_path / "x_2024.pqt"
    assert pd.read_parquet(path).equals(df)
    assert util.df2pqt(df, str(tmp_path / "y.pqt")).exists()


def test_datasets_are_found_by_name():
    row = {"datasets": np.array(["alf/task_00/_ibl_trials.table.pqt"])}

    assert util.has_dataset(row, "_ibl_trials.table.pqt")
    assert not util.has_dataset(row, "_ibl_wheel.position.npy")
    assert not util.has_dataset({"datasets": None}, "_ibl_wheel.position.npy")


def test_bleaching_is_told_and_not_guessed():
    t = np.arange(0, 1800, 0.1)

    assert analysis.compute_bleaching_tau(
        t + 500, 0.004 + 0.001 * np.exp(-t / 400)
    ) == pytest.approx(400, rel=1e-3)
    flat = 0.004 + 1e-6 * np.random.default_rng(0).standard_normal(len(t))
    assert np.isnan(analysis.compute_bleaching_tau(t, flat))


def test_responses_are_rows_of_the_events():
    t = np.arange(0, 10, 0.1)
    values, window = analysis.get_responses(t, 2 * t, [5.0, np.nan], (-0.2, 0.2))

    assert values[0] == pytest.approx(2 * (5 + window))
    assert np.isnan(values[1]).all()
