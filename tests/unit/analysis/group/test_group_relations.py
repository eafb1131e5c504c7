"""Models of single recordings, what they have in common, and behaviour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.group._models import make_persession_formula
from ranvier.analysis.group._swaps import correlate
from ranvier.analysis.statistics import CohortCCASettings

EVENT = "stimOn_times"


def test_coefficients_are_those_of_plain_least_squares(computed, group):
    features = computed.get_glm_response_features()[EVENT]
    frame = group.select_trials().frame
    own = frame[
        (frame["eid"] == "s02") & (frame["fiber_idx"] == 1) & (frame["event"] == EVENT)
    ]
    c = np.log2(own["contrast"].where(own["contrast"] > 0, 1.0))
    c = (c - c.mean()).to_numpy()
    s, r = own["side"].to_numpy(), own["reward"].to_numpy()
    x = np.column_stack([np.ones(len(c)), c, s, r, c * s, c * r, s * r])
    wanted = np.linalg.lstsq(x, own["response"].to_numpy(), rcond=None)[0]

    assert len(features) == 20
    got = features.loc[("s02", "SNc-DA", 1)]
    assert "Intercept" not in got.index
    names = ["contrast", "side", "reward", "contrast:side", "contrast:reward"]
    np.testing.assert_allclose(got[names], wanted[1:6], atol=1e-10)


def test_t_values_are_coefficients_over_their_errors(computed):
    group = computed
    plain = group.get_glm_response_features()[EVENT]
    weighted = group.get_glm_response_features(weight_by_se=True)[EVENT]
    table = group.glm_fits.coefficients
    se = table[table["event"] == EVENT].pivot_table(
        index=["eid", "target_NM", "fiber_idx"], columns="term", values="se"
    )

    wanted = plain / se.loc[plain.index, plain.columns]
    pd.testing.assert_frame_equal(wanted, weighted, check_names=False)


def test_side_carries_what_it_was_given(group):
    batch = group.response_ols_dropone(20, [EVENT])
    fits = batch.fits

    assert len(fits) == 20
    assert (fits["delta_r2_side"] > 5 * fits["delta_r2_peak_velocity"].abs()).all()
    features = group.get_persession_ols_features(20, [EVENT])
    assert len(features[EVENT]) == 20


def test_no_two_of_side_choice_and_reward_are_crossed():
    formula = make_persession_formula()

    assert "side:reward" not in formula
    assert "side:choice_side" not in formula
    assert "contrast:choice_side" in formula


def test_another_session_says_less_than_the_own(computed):
    group = computed.filter(computed.recordings["target_NM"] == "VTA-DA")
    result = group.response_ols_dropone_permutation(20, [EVENT])
    side = result.results["VTA-DA", EVENT, "side"]
    noise = result.results["VTA-DA", EVENT, "peak_velocity"]

    assert side.null.shape == (8, 8)
    assert np.isnan(np.diag(side.null)).all()
    np.testing.assert_allclose(side.recordings["p"], 1 / 8)
    assert {f"m{n}" for n in range(4)} == set(side.subjects)
    assert noise.recordings["p"].mean() > 0.2
    assert len(result.table) == 4 * 6


def test_sessions_are_swapped_without_reading_them_again(computed):
    group = computed
    group.h5_dir = None  # nothing can be read any more
    result = group.session_permutation_test("signed_contrast", n_draws=50)
    contrast = group.session_permutation_test("contrast")

    assert contrast.results["VTA-DA", EVENT].p <= 1 / 20
    assert set(result.results) == set(contrast.results)
    with pytest.raises(GroupFault):
        group.session_permutation_test("pupil")


def test_a_side_that_does_not_vary_has_no_correlation():
    with pytest.raises(ValueError, match="vary"):
        correlate(np.ones(3), np.arange(3.0))


def test_psychometric_parameters_are_seen_from_the_fibre(make_group, performance):
    table = make_group().get_psychometric_features()
    bias = performance.set_index("eid")["psych_50_bias"]

    assert bias["s00"] == table.loc[("s00", "VTA-DA", 0), "psych_50_bias"]
    assert -bias["s00"] == table.loc[("s00", "SNc-DA", 1), "psych_50_bias"]
    assert np.isnan(table.loc[("s09", "DR-5HT", 0), "psych_50_bias"])


def test_behaviour_and_responses_are_related_by_target(computed):
    group = computed
    every = group.fit_cca()
    cohorts = group.fit_cohort_cca(
        settings=CohortCCASettings(min_recordings=8, n_permutations=9)
    )
    crossed, weights = group.cross_project_cca(), group.compare_cca_weights()

    assert len(every.x_scores) == 16  # fibres without hemisphere are incomplete
    assert {"SNc-DA", "VTA-DA"} == set(cohorts.results)
    assert {"DR-5HT"} == set(cohorts.faults)
    assert (len(crossed), len(weights)) == (4, 1)


def test_without_performance_there_is_nothing_to_relate(study, settings):
    from ranvier.analysis.group import PhotometrySessionGroup

    folder, catalog = study
    group = PhotometrySessionGroup(catalog, h5_dir=folder, parameters=settings)
    with pytest.raises(GroupFault, match="performance"):
        group.fit_cca()
