import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.behaviour import (
    compute_fraction_correct,
    compute_fraction_correct_by_contrast,
    compute_fraction_correct_easy,
    compute_nogo_fraction,
    compute_performance,
    fit_psychometric,
)
from ranvier.analysis.faults import TrialFault
from ranvier.core import AnalysisError


@pytest.fixture
def trials():
    """A biased session of a subject that errs, and at times does not answer."""
    rng = np.random.default_rng(4)
    n = 600
    probability = np.repeat([0.5, 0.2, 0.8], 200)
    left = rng.random(n) < probability
    contrast = rng.choice([0, 0.0625, 0.125, 0.25, 1.0], n)
    correct = rng.random(n) < 0.6 + 0.35 * contrast
    choice = np.where(left == correct, 1, -1)
    choice[::50] = 0
    return pd.DataFrame(
        {
            "contrastLeft": np.where(left, contrast, np.nan),
            "contrastRight": np.where(left, np.nan, contrast),
            "choice": choice,
            "feedbackType": np.where(correct & (choice != 0), 1, -1),
            "probabilityLeft": probability,
        }
    )


def count(trials, least):
    """Count as by hand: fraction correct of the trials with a choice."""
    rows = [
        row.feedbackType == 1
        for row in trials.itertuples()
        if row.choice != 0
        and 100 * np.nanmax([row.contrastLeft, row.contrastRight]) >= least
    ]
    return sum(rows) / len(rows)


def test_fractions_are_those_of_a_plain_loop(trials):
    assert compute_fraction_correct(trials) == count(trials, 0)
    assert compute_fraction_correct_easy(trials) == count(trials, 50)
    assert compute_fraction_correct_easy(trials, compat="iblnm") == count(trials, 1)
    assert compute_nogo_fraction(trials) == 12 / 600


@pytest.mark.parametrize("by", ["contrast", "signed_contrast"])
def test_fractions_by_contrast_add_up(trials, by):
    table = compute_fraction_correct_by_contrast(trials, by)

    assert table["n_trials"].sum() == 588
    assert table["n_correct"].sum() == (trials["feedbackType"] == 1).sum()
    assert len(table) == (5 if by == "contrast" else 9)
    assert table.index.is_monotonic_increasing


def test_performance_has_the_keys_of_the_table_and_the_fits_of_the_blocks(trials):
    found = compute_performance(trials)
    signed = 100 * (
        trials["contrastRight"].fillna(0) - trials["contrastLeft"].fillna(0)
    )
    for name, probability in (("50", 0.5), ("20", 0.2), ("80", 0.8)):
        inside = trials["probabilityLeft"] == probability
        fit = fit_psychometric(signed[inside], trials["choice"][inside] == -1)
        keys = ("bias", "threshold", "lapse_left", "lapse_right", "r_squared")

        assert found[f"psych_{name}_n_trials"] == 200
        assert [found[f"psych_{name}_{k}"] for k in keys] == pytest.approx(
            [getattr(fit, k) for k in keys], rel=1e-6
        )
    assert found["bias_shift"] == found["psych_80_bias"] - found["psych_20_bias"]
    assert found["contrasts"] == [0.0, 6.25, 12.5, 25.0, 100.0]
    assert len(found) == 5 + 3 * 6 + 1 + 3


def test_a_kind_of_block_that_is_not_there_is_nan(trials):
    found = compute_performance(trials[:205])

    assert not np.isnan(found["psych_50_bias"])
    assert np.isnan([found["psych_20_bias"], found["psych_80_bias"]]).all()
    assert np.isnan(found["bias_shift"])
    assert (found["psych_20_n_trials"], found["psych_80_n_trials"]) == (5, 0)


def test_one_contrast_one_trial_and_none_give_nan_not_faults(trials):
    one_contrast = trials[trials["contrastLeft"] == 1.0]

    assert np.isnan(compute_performance(one_contrast)["psych_80_bias"])
    assert compute_performance(trials[1:2])["n_trials"] == 1
    assert np.isnan(compute_performance(trials[:0])["fraction_correct"])
    assert np.isnan(compute_nogo_fraction(trials[:0]))
    assert len(compute_fraction_correct_by_contrast(trials[:0])) == 0


def test_missing_columns_and_other_arguments_are_said(trials):
    with pytest.raises(TrialFault, match="choice, feedbackType"):
        compute_fraction_correct(trials.drop(columns=["choice", "feedbackType"]))
    with pytest.raises(TrialFault, match="probabilityLeft"):
        compute_performance(trials.drop(columns="probabilityLeft"))
    with pytest.raises(AnalysisError):
        compute_fraction_correct_easy(trials, compat="other")


def test_a_choice_that_is_not_known_is_left_out_of_the_fits(trials):
    lost = np.arange(len(trials)) % 3 == 0
    holed = trials.assign(choice=trials["choice"].where(~lost))
    found = compute_performance(holed)
    wanted = compute_performance(trials[~lost])

    for name in ("bias", "threshold", "lapse_left", "lapse_right"):
        assert found[f"psych_50_{name}"] == wanted[f"psych_50_{name}"]


def test_a_fit_at_its_bounds_says_so(trials):
    # Right and wrong by chance: no threshold of the search is large enough.
    rng = np.random.default_rng(1)
    random = trials.assign(choice=rng.choice([-1, 1], len(trials)))
    found = compute_performance(random)
    signed = 100 * (
        trials["contrastRight"].fillna(0) - trials["contrastLeft"].fillna(0)
    )
    for name, probability in (("50", 0.5), ("20", 0.2), ("80", 0.8)):
        inside = trials["probabilityLeft"] == probability
        fit = fit_psychometric(signed[inside], random["choice"][inside] == -1)

        assert found[f"psych_{name}_at_bounds"] == float(bool(fit.at_bounds))
    assert found["psych_50_at_bounds"] == 1.0
    assert np.isnan(compute_performance(trials[:5])["psych_50_at_bounds"])


def test_fewer_contrasts_than_parameters_are_not_fitted_but_as_the_pipeline_did(
    trials,
):

    strong = trials[
        trials[["contrastLeft", "contrastRight"]].max(axis=1).isin([0.0, 1.0])
    ]

    assert np.isnan(compute_performance(strong)["psych_50_threshold"])
    assert np.isfinite(compute_performance(strong, compat="iblnm")["psych_50_bias"])
