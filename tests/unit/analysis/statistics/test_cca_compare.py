"""Cohorts of canonical correlations: fits, signs, projections, weights."""

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import (
    CohortCCASettings,
    PenaltyGrid,
    align_cca_signs,
    compare_cca_weights,
    cross_project_cca,
    fit_cca,
    fit_cohort_cca,
    make_psychometric_features,
)


def make_cohorts(sizes, seed=0):
    rng = np.random.default_rng(seed)
    targets = np.repeat(list(sizes), list(sizes.values()))
    x = pd.DataFrame(rng.normal(size=(len(targets), 3)), columns=["c", "s", "r"])
    y = pd.DataFrame(rng.normal(size=(len(targets), 2)), columns=["bias", "lapse"])
    y["bias"] += 2 * (x["c"] - x["r"])
    return x, y, targets


@pytest.fixture
def results():
    x, y, targets = make_cohorts({"DA": 30, "NE": 30, "ACh": 30})
    return {
        name: fit_cca(x[targets == name], y[targets == name], n_permutations=0)
        for name in ("NE", "DA", "ACh")
    }


def turn(result, sign):
    """The same fit, pointing the other way."""
    other = fit_cca(result.x, result.y, n_permutations=0)
    for name in ("x_weights", "y_weights", "x_scores", "y_scores"):
        object.__setattr__(other, name, getattr(result, name) * sign)
    return other


def test_components_are_turned_to_the_first_cohort(results):
    results["NE"] = turn(results["NE"], -1)
    aligned = align_cca_signs(results)
    leader = results["ACh"].x_weights["CC1"]

    assert list(aligned) == ["NE", "DA", "ACh"]
    assert aligned["ACh"].x_weights.equals(results["ACh"].x_weights)
    for result in aligned.values():
        assert leader @ result.x_weights["CC1"] > 0
        joint = np.corrcoef(result.x_scores["CC1"], result.y_scores["CC1"])[0, 1]
        assert joint == pytest.approx(result.r[0])


def test_another_cohort_can_lead(results):
    flipped = {name: turn(result, -1) for name, result in results.items()}
    flipped["ACh"] = results["ACh"]
    aligned = align_cca_signs(flipped, reference="DA")

    assert aligned["DA"].x_weights.equals(flipped["DA"].x_weights)
    assert aligned["ACh"].x_weights.equals(-results["ACh"].x_weights)


def test_projections_are_correlations_under_weights_of_others(results):
    table = cross_project_cca(results).set_index(["data", "weights"])
    data, weights = results["DA"], results["NE"]
    expected = np.corrcoef(
        data.x @ weights.x_weights["CC1"], data.y @ weights.y_weights["CC1"]
    )[0, 1]

    assert len(table) == 9
    assert table.loc[("DA", "NE"), "r"] == pytest.approx(expected)
    assert table.loc[("DA", "DA"), "r"] == pytest.approx(data.r[0])
    assert table.loc[("DA", "NE"), "n"] == 30


def test_cohorts_with_one_relation_have_like_weights(results):
    table = compare_cca_weights(align_cca_signs(results))

    assert len(table) == 3
    assert (table["x_cosine"] > 0.9).all()
    assert table["x_cosine"].max() <= 1.0 + 1e-12


def test_cohorts_with_unlike_variables_are_a_fault(results):
    x, y, _ = make_cohorts({"DA": 30})
    results["MR"] = fit_cca(x[["c", "s"]], y, n_permutations=0)

    for compare in (align_cca_signs, cross_project_cca, compare_cca_weights):
        with pytest.raises(GroupFault, match="unlike variables"):
            compare(results)


def test_no_cohort_is_a_fault():
    with pytest.raises(GroupFault, match="no cohort"):
        cross_project_cca({})


def test_a_leader_that_is_not_there_is_a_fault(results):
    with pytest.raises(GroupFault, match="follow"):
        align_cca_signs(results, reference="LC")


def test_each_target_is_fitted_and_small_ones_are_named():
    x, y, targets = make_cohorts({"DA": 25, "NE": 12, "ACh": 9, "5HT": 11})
    y.loc[targets == "5HT", "lapse"] = np.nan
    x.iloc[0, 0] = np.nan
    cohorts = fit_cohort_cca(x, y, targets, CohortCCASettings(n_permutations=49))

    assert list(cohorts.results) == ["DA", "NE"]
    assert cohorts.results["DA"].p_value[0] == 0.02
    assert cohorts.results["DA"].n_dropped == 1
    assert set(cohorts.faults) == {"ACh", "5HT"}
    assert cohorts.faults["ACh"].found == "ACh: 9"
    assert cohorts.n_complete.to_dict() == {"5HT": 0, "ACh": 9, "DA": 24, "NE": 12}
    assert cohorts.provenance.n["n_failed"] == 2


def test_sparse_cohorts_choose_a_penalty_each():
    x, y, targets = make_cohorts({"DA": 25, "NE": 22})
    settings = CohortCCASettings(n_permutations=19, grid=PenaltyGrid())
    cohorts = fit_cohort_cca(x, y, targets, settings)

    assert all(result.penalty["alpha"] > 0 for result in cohorts.results.values())
    assert cohorts.provenance.parameters["sparse"]


def test_both_fibres_of_a_session_are_moved_together():
    x, y, targets = make_cohorts({"DA": 24})
    sessions = np.repeat(np.arange(12), 2)
    whole, single = (
        fit_cohort_cca(x, y, targets, sessions=s).results["DA"].null_r
        for s in (sessions, None)
    )

    assert not np.array_equal(whole, single)


def test_a_group_without_any_cohort_is_a_fault():
    x, y, targets = make_cohorts({"DA": 5, "NE": 4})

    with pytest.raises(GroupFault, match="no target has") as caught:
        fit_cohort_cca(x, y, targets)

    assert "DA: 5" in caught.value.found


def test_sides_are_turned_to_the_fibre_and_midline_has_none():
    table = pd.DataFrame(
        {
            "psych_50_bias": [5.0, 5.0, 5.0],
            "psych_50_threshold": [20.0, 30.0, 40.0],
            "psych_50_lapse_left": [0.1, 0.1, 0.1],
            "psych_50_lapse_right": [0.2, 0.2, 0.2],
        },
        index=["a", "b", "c"],
    )
    result = make_psychometric_features(table, ["l", "r", ""])

    assert result["psych_50_bias"].to_list()[:2] == [5.0, -5.0]
    assert result["psych_50_lapse_contra"].to_list()[:2] == [0.2, 0.1]
    assert result["psych_50_lapse_ipsi"].to_list()[:2] == [0.1, 0.2]
    assert result.loc["c"].isna().sum() == 3
    assert result.loc["c", "psych_50_threshold"] == 40.0


def test_parameters_that_are_missing_are_named():
    with pytest.raises(GroupFault) as caught:
        make_psychometric_features(pd.DataFrame({"psych_50_bias": [1.0]}), ["l"])

    assert "psych_50_lapse_right" in caught.value.found


def test_recordings_without_a_target_are_left_out_and_counted():
    x, y, targets = make_cohorts({"DA": 12})
    targets = targets.astype(object)
    targets[0] = None
    cohorts = fit_cohort_cca(x, y, targets, CohortCCASettings(n_permutations=9))

    assert cohorts.n_complete.to_dict() == {"DA": 11}
    assert cohorts.provenance.n["n_dropped"] == 1
