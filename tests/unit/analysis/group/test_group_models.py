"""Models of a group find the effects that were put in, and say on which trials."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.files import read_session_h5, write_session_h5
from ranvier.analysis.group import FAMILIES, get_models
from ranvier.analysis.group._trials import code_contrast, select_trials
from ranvier.analysis.parameters import TrialsParameters
from ranvier.analysis.statistics import fit_lmm_formula
from ranvier.core import AnalysisError

STIMULUS = ("VTA-DA", "stimOn_times")
ADDITIVE = "response ~ contrast_percent + side + reward"


def test_effects_come_back(vta):
    fit = vta.fit_lmm(ADDITIVE).results[STIMULUS]
    found = dict(zip(fit.columns, fit.beta, strict=True))

    assert abs(found["contrast_percent"] - 0.01) < 3e-4
    assert abs(found["side"] - 0.8) < 0.02
    assert abs(found["reward"] - 0.6) < 0.02


def test_a_fit_is_that_of_its_trials_alone(vta):
    found = vta.fit_lmm("response ~ contrast * side").results[STIMULUS]
    trials = vta.select_trials().frame
    own = trials[(trials["target_NM"] == "VTA-DA") & (trials["event"] == EVENT)]
    coded = own.assign(
        contrast=np.log2(own["contrast"].where(own["contrast"] > 0, 1.0)),
        side=np.where(own["stim_side"] == "right", 0.5, -0.5),
    )
    coded["contrast"] -= coded["contrast"].mean()
    wanted = fit_lmm_formula("response ~ contrast * side", coded)

    np.testing.assert_allclose(found.beta, wanted.beta, rtol=1e-10)
    np.testing.assert_allclose(found.se, wanted.se, rtol=1e-6)


EVENT = "stimOn_times"


def test_every_result_says_its_trials(group):
    result = group.fit_lmm("response ~ side")
    counts = result.trials.set_index(["target_NM", "event", "subject"])

    assert len(result.results) == 9
    assert {"Intercept", "side"} == set(result.table["term"])
    assert counts.loc[("VTA-DA", EVENT, "m0")].to_list() == [2, 2, 96]
    assert counts.loc[("DR-5HT", EVENT, "m0")].to_list() == [1, 1, 48]
    assert result.provenance.n["n_trials"] == 20 * 48 * 3
    assert "probabilityLeft 0.5" in result.provenance.parameters["trials"]
    assert "without hemisphere" in str(result.waterfall)


def test_one_rule_chooses_the_trials(group):
    table = group.response_magnitudes.copy()
    half = np.arange(len(table)) % 2 == 0
    table.loc[half, "probabilityLeft"] = 0.8
    table.loc[~half & (table["trial"] < 4), "choice"] = 0.0
    table.loc[table["trial"] == 5, "response_early"] = np.nan
    slow = group.trial_regressors.assign(response_time=1.0)
    slow.loc[slow["trial"] == 7, "response_time"] = 0.01
    rule = TrialsParameters()
    taken = select_trials(table, slow, rule, "early")
    every = TrialsParameters(probability_left=None, nogo=True, min_response_time_s=0.0)

    gone = taken.waterfall.to_frame().set_index("rule")["n_left_out"]
    assert gone.loc[["block", "choice", "response_time", "response"]].to_list() == [
        1440,
        120,
        60,
        60,
    ]
    assert len(select_trials(table, slow, every, "early").frame) == 60 * 47
    with pytest.raises(GroupFault, match="window"):
        select_trials(table, slow, rule, "late")


def test_contra_is_the_other_side_of_the_fibre(group):
    table = group.response_magnitudes.iloc[:4].assign(
        hemisphere=["l", "r", "l", ""],
        stim_side=["right", "right", "left", "right"],
        choice=[-1.0, -1.0, 1.0, -1.0],
    )
    frame = select_trials(table, group.trial_regressors, TrialsParameters(), "early")

    assert frame.frame["side"].to_list() == [0.5, -0.5, -0.5, 0.5]
    assert frame.frame["choice_side"].to_list() == [0.5, -0.5, -0.5, 0.5]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_is_fitted_to_the_same_trials(vta, family):
    result = vta.response_lmm_fit(family)

    assert result.n_failed == 0
    for key, fits in result.results.items():
        assert set(get_models(family, key[1])) == set(fits)
        assert len({fit.n for fit in fits.values()}) == 1
    assert (result.table["delta_r2"] > -1e-6).all()


def test_an_unknown_family_is_refused(group):
    with pytest.raises(AnalysisError, match="RV-A09"):
        group.response_lmm_crossval("task_reliabilty")


def test_contrast_predicts_subjects_left_out(vta):
    cross = vta.response_lmm_crossval()
    table = cross.table.set_index(["target_NM", "event", "model", "subject"])
    jack = vta.response_lmm_jackknife().table

    assert table.loc[(*STIMULUS, "contrast", "aggregate"), "delta_r2"] > 0.1
    assert table.loc[(*STIMULUS, "side", "aggregate"), "delta_r2"] > 0.1
    assert {"m0", "m1", "m2", "m3", "aggregate"} == set(cross.table["subject"])
    assert (jack.loc[jack["model"] == "full", "r2"] > 0.5).all()


def test_marginal_means_and_slopes_are_said(vta):
    result = vta.response_lmm_effects()
    effects = result.results[STIMULUS]
    means = effects["means"]
    sides = means[means["effect"] == "contrast:side"]
    step = sides[sides["side"] > 0]["mean"].to_numpy() - (
        sides[sides["side"] < 0]["mean"].to_numpy()
    )

    np.testing.assert_allclose(step, 0.8, atol=0.05)
    assert {0.0, 25.0, 100.0} == set(means["contrast_percent"])
    assert {"means", "slopes", "interactions"} == set(effects)
    assert {"means", "slopes", "interactions"} == set(result.table["kind"])


def test_curves_follow_the_responses(vta):
    result = vta.fit_functional_lmm("response ~ side", window=(-0.3, 0.5))
    curve = result.results[STIMULUS]
    at = curve.columns.index("side")

    assert result.n_failed == 0
    np.testing.assert_allclose(curve.times, np.arange(-3, 6) / 10, atol=1e-12)
    # At 10 Hz the baseline is one sample, which is 0 then: no fit there.
    assert curve.n_failed == 1
    np.testing.assert_allclose(curve.beta_pointwise[at, :2], 0.0, atol=0.05)
    np.testing.assert_allclose(curve.beta_pointwise[at, 5:], 0.8, atol=0.05)


def test_timing_says_nothing_where_nothing_was_put_in(vta):
    cross = vta.loso_cv_movement_lmm().table
    slopes = vta.fit_movement_lmm_per_contrast().table
    wheel = vta.fit_wheel_lmm()
    mean = cross[cross["subject"] == "aggregate"].groupby("model")["delta_r2"].mean()

    assert abs(mean["timing"]) < 0.02
    assert mean["contrast"] > 0.1
    assert (slopes["timing_coef"].abs() < 5 * slopes["timing_se"]).all()
    assert {"reaction_time", "movement_time", "peak_velocity"} == set(
        wheel.table["variable"]
    )
    assert (wheel.table["p"] > 1e-4).all()
    with pytest.raises(GroupFault, match="timing"):
        vta.loso_cv_movement_lmm(["reaction"])


def test_one_subject_is_a_fault_of_each_target(make_group):
    group = make_group()
    group.filter_sessions(exclude_subjects=["m1", "m2", "m3"], min_performance=False)
    result = group.fit_lmm()

    assert 9 == result.n_failed == len(result.faults_to_frame())
    assert result.table.empty
    assert "1 of 1 subjects" in result.faults[STIMULUS].found
    assert result.provenance.n["n_results"] == 0


def test_one_condition_is_a_fault_of_each_target(computed):
    group = computed
    table = group.response_magnitudes
    group.response_magnitudes = table[table["contrast"] == 25.0]
    result = group.fit_lmm("response ~ contrast * side")

    assert result.n_failed == 9
    assert {"GroupFault"} == set(result.faults_to_frame()["error_type"])


def test_a_subject_with_few_trials_is_left_out(computed):
    group = computed
    table = group.response_magnitudes
    group.response_magnitudes = table[(table["subject"] != "m0") | (table["trial"] < 2)]
    result = group.fit_lmm("response ~ side")
    dr = result.trials[result.trials["target_NM"] == "DR-5HT"]

    assert {"m1", "m2", "m3"} == set(dr["subject"])


def test_contrast_is_centred_on_the_trials_that_go_in(group):
    frame = group.select_trials().frame
    coded, coding = code_contrast(frame[frame["contrast"] > 0], "log2")

    assert abs(coded["contrast"].mean()) < 1e-12
    np.testing.assert_allclose(
        coding.decode(coded["contrast"]), coded["contrast_percent"]
    )


def test_sessions_that_differ_are_named(make_group, study, tmp_path):
    folder = shutil.copytree(study[0], tmp_path / "copy")
    part = read_session_h5(folder / "s04.h5", ["photometry"])["photometry"]
    short = {
        name: each.isel(time=slice(2, 18)) for name, each in part.responses.items()
    }
    new = type(part)(responses=short, rate_hz=10.0)
    write_session_h5(folder / "s04.h5", {"photometry": new})
    said = []
    group = make_group(study[1].iloc[:6], h5_dir=folder, say=said.append)
    told = group.check_consistency().set_index("eid")
    traces = group.get_mean_traces()

    assert told.index[told["is_odd"]].to_list() == ["s04"]
    assert "1 of 6 sessions differ from most: s04 (another window)" in said[-1]
    assert group.provenance["response_magnitudes"].n["n_odd"] == 1
    assert told.loc["s04", "why"] == "another window"
    assert told["has_wheel"].all()
    assert "s04" not in set(traces["eid"])
    assert "s04" in set(group.response_magnitudes["eid"])
    assert group.errors["eid"].to_list() == ["s04"]


def test_without_a_wheel_its_models_alone_fail(computed):
    group = computed.filter(computed.recordings["target_NM"] == "VTA-DA")
    group.trial_regressors = group.trial_regressors.assign(peak_velocity=np.nan)

    assert group.response_lmm_fit("movement_peak_velocity").n_failed == 3
    assert group.response_lmm_fit("movement_reaction_time").n_failed == 0
    assert isinstance(group.response_ols_dropone(20).fits, pd.DataFrame)


def test_a_contrast_that_is_no_percentage_is_a_fault_of_its_target(computed):
    table = computed.response_magnitudes
    is_dr = table["target_NM"] == "DR-5HT"
    share = table["contrast"].where(~is_dr, table["contrast"] / 1000)
    computed.response_magnitudes = table.assign(contrast=share)
    result = computed.fit_lmm("response ~ contrast")

    assert {"DR-5HT"} == set(result.faults_to_frame()["target_NM"])
    assert len(result.results) == 6


def test_a_rule_that_can_not_be_applied_to_trials_is_told(group):
    taken = select_trials(
        group.response_magnitudes, pd.DataFrame(), TrialsParameters(), "early"
    )

    assert taken.waterfall.not_applied == ("response_time",)
    assert len(taken.frame) == len(group.response_magnitudes)


@pytest.mark.parametrize("is_there", [True, False])
def test_trials_of_a_task_without_blocks_and_choices_are_taken(group, is_there):
    names = ["probabilityLeft", "choice"]
    table = group.response_magnitudes.drop(columns=names)
    table = table.assign(**dict.fromkeys(names, np.nan)) if is_there else table
    taken = select_trials(table, group.trial_regressors, TrialsParameters(), "early")

    assert taken.waterfall.not_applied == ("block", "choice")
    assert str(taken.waterfall).count("it is not known of any trial") == 2
    assert len(taken.frame) == len(table)
    assert taken.frame["choice_side"].isna().all()


@pytest.mark.parametrize("n_trials", [0, 40])
def test_no_trial_left_is_a_fault_that_says_why(group, n_trials):
    table = group.response_magnitudes.iloc[:n_trials]
    rule = TrialsParameters(probability_left=0.8)

    with pytest.raises(GroupFault, match="no trial is left") as caught:
        select_trials(table, group.trial_regressors, rule, "early")
    assert "block" in str(caught.value)
