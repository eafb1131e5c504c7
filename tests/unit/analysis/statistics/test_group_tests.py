import numpy as np
import pandas as pd
import pytest
from scipy.stats import kruskal, mannwhitneyu
from statsmodels.stats.multitest import multipletests

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import (
    anova_rm,
    compute_cell_means,
    compute_feature_dispersion,
    fit_measurement_error_varcomp,
    kruskal_wallis_groups,
    pairwise_mannwhitney,
)
from ranvier.core import AnalysisError


def make_values(seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=30) + np.repeat([0.0, 0.5, 2.0], 10)
    return values, np.repeat(["a", "b", "c"], 10)


def test_kruskal_wallis_is_that_of_scipy_without_gaps():
    values, groups = make_values()
    values[3] = np.nan
    told = kruskal_wallis_groups(values, groups)
    expected = kruskal(np.delete(values[:10], 3), values[10:20], values[20:])

    assert told["H"] == pytest.approx(expected.statistic)
    assert told["p"] == pytest.approx(expected.pvalue)
    assert told["n"] == 29


@pytest.mark.parametrize(
    ("values", "groups"),
    [([], []), ([1, 2, 3], list("aab")), ([1.0] * 6, list("aaabbb")), ([np.nan], "a")],
)
def test_groups_without_a_difference_to_test_are_missing(values, groups):
    assert np.isnan(kruskal_wallis_groups(values, list(groups))["p"])


def test_pairs_are_those_of_scipy_and_corrected():
    values, groups = make_values()
    table = pairwise_mannwhitney(values, groups, correction="bonferroni")
    expected = mannwhitneyu(values[:10], values[20:])
    row = table[(table["group_a"] == "a") & (table["group_b"] == "c")].iloc[0]

    assert len(table) == 3
    assert row["U"] == expected.statistic
    assert row["p"] == pytest.approx(expected.pvalue)
    assert row["p_corrected"] == pytest.approx(min(3 * expected.pvalue, 1.0))
    assert row["effect"] < -0.5


def test_corrections_are_known_or_told():
    values, groups = make_values()
    holm = pairwise_mannwhitney(values, groups)
    plain = pairwise_mannwhitney(values, groups, correction="none")

    assert (holm["p_corrected"] >= plain["p_corrected"]).all()
    assert pairwise_mannwhitney([1.0], ["a"]).empty
    with pytest.raises(AnalysisError):
        pairwise_mannwhitney(values, groups, correction="sidak")


@pytest.mark.parametrize("correction", ["holm", "bonferroni", "fdr_bh"])
def test_corrections_are_those_of_statsmodels(correction):
    values = np.random.default_rng(5).normal(size=40)
    groups = np.repeat(list("abcde"), 8)
    values[:16] += np.repeat([1.0, 0.6], 8)
    table = pairwise_mannwhitney(values, groups, correction=correction)
    _, expected, _, _ = multipletests(table["p"], method=correction)

    np.testing.assert_allclose(table["p_corrected"], expected, rtol=1e-14)


def make_cells(seed=0):
    rng = np.random.default_rng(seed)
    rows = [
        {"subject": s, "side": a, "contrast": c, "response": s + a + rng.normal()}
        for s in range(6)
        for a in (0, 1)
        for c in (0, 25, 100)
    ]
    return pd.DataFrame(rows)


def test_a_factor_of_two_levels_is_a_paired_t_test():
    from scipy.stats import ttest_rel

    cells = make_cells()[lambda f: f["contrast"] == 25]
    table = anova_rm(cells, ["side"])
    wide = cells.pivot_table(index="subject", columns="side", values="response")
    expected = ttest_rel(wide[0], wide[1])

    assert table["method"].tolist() == ["AnovaRM"]
    assert table["F"].iloc[0] == pytest.approx(expected.statistic**2)
    assert table["p"].iloc[0] == pytest.approx(expected.pvalue)


def test_an_unbalanced_design_says_so():
    table = anova_rm(make_cells()[1:], ["side", "contrast"])

    assert table["effect"].tolist() == ["side", "contrast", "side:contrast"]
    assert set(table["method"]) == {"OLS type III"}
    assert table["df_den"].iloc[0] == 35 - 6 - 5


def test_both_ways_agree_for_one_factor():
    cells = make_cells()[lambda f: f["contrast"] == 25]
    from ranvier.analysis.statistics import _anova

    one = anova_rm(cells, ["side"])
    other = _anova._run_unbalanced(cells, ["side"], "response", "subject")

    assert one["F"].iloc[0] == pytest.approx(other["F"].iloc[0])


def test_designs_without_an_anova_are_told():
    cells = make_cells()
    with pytest.raises(GroupFault, match="two of each"):
        anova_rm(cells[cells["side"] == 0], ["side", "contrast"])
    with pytest.raises(GroupFault, match="no unique"):
        anova_rm(
            cells[(cells["side"] == 0) | (cells["contrast"] == 0)], ["side", "contrast"]
        )


def test_cells_with_few_trials_are_left_out():
    trials = pd.DataFrame(
        {
            "subject": ["a"] * 12 + ["b"] * 3,
            "side": [0] * 15,
            "response": np.arange(15.0),
        }
    )
    trials.loc[0, "response"] = np.nan
    cells = compute_cell_means(trials, ["side"])

    assert cells.to_dict("records") == [
        {"subject": "a", "side": 0, "response": 6.0, "n_trials": 11}
    ]


def make_sessions(n_subjects=40, n_each=8, seed=0):
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(n_subjects), n_each)
    se = rng.uniform(0.1, 1.0, len(subject))
    value = (
        2
        + 0.8 * rng.normal(size=n_subjects)[subject]
        + 0.4 * rng.normal(size=len(subject))
        + se * rng.normal(size=len(subject))
    )
    return value, se, subject


def test_known_variance_components_come_back():
    told = fit_measurement_error_varcomp(*make_sessions())

    assert told.mean == pytest.approx(2, abs=4 * told.mean_se)
    assert told.sd_subject == pytest.approx(0.8, rel=0.3)
    assert told.sd_session == pytest.approx(0.4, rel=0.3)
    assert told.converged


def test_the_likelihood_of_components_is_that_of_the_whole_matrix():
    value, se, subject = make_sessions(5, 4)
    told = fit_measurement_error_varcomp(value, se, subject)
    v = np.diag(se**2 + told.sd_session**2)
    v += told.sd_subject**2 * (subject[:, None] == subject)
    inverse = np.linalg.inv(v)
    precision = inverse.sum()
    mean = (inverse @ value).sum() / precision
    rest = value - mean
    expected = -0.5 * (
        np.linalg.slogdet(v)[1]
        + np.log(precision)
        + rest @ inverse @ rest
        + (len(value) - 1) * np.log(2 * np.pi)
    )
    own = told.sd_subject**2 * (inverse @ rest).reshape(5, 4).sum(axis=1)

    assert told.mean == pytest.approx(mean)
    assert told.mean_se == pytest.approx(precision**-0.5)
    assert told.log_likelihood == pytest.approx(expected)
    np.testing.assert_allclose(told.subject_effects["effect"], mean + own)


def test_scatter_within_the_error_is_no_variance():
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(5), 4)
    told = fit_measurement_error_varcomp(
        0.1 * rng.normal(size=20), np.ones(20), subject
    )

    assert told.sd_subject < 1e-3
    assert told.sd_session < 1e-3


def test_sessions_without_a_standard_error_are_counted():
    value, se, subject = make_sessions()
    se[:3] = np.nan
    se[3] = 0.0

    assert fit_measurement_error_varcomp(value, se, subject).n_missing == 4


def test_components_that_can_not_be_told_apart_are_told():
    for subject in (np.zeros(4), np.arange(4)):
        with pytest.raises(GroupFault):
            fit_measurement_error_varcomp([1.0, 2, 3, 4], np.ones(4), subject)


def test_dispersion_is_of_units_with_enough_complete_sessions():
    rng = np.random.default_rng(0)
    features = pd.DataFrame(rng.normal(size=(10, 3)), columns=list("xyz"))
    features["flat"] = 1.0
    features.loc[9, "x"] = np.nan
    units = list("aaaabbbccc")
    told = compute_feature_dispersion(features, units)
    kept = features[:9][list("xyz")]
    z = (kept - kept.mean()) / kept.std(ddof=0)

    assert told.index.tolist() == ["a", "b"]
    assert told["a"] == pytest.approx(np.sqrt(z[:4].var(ddof=1).mean()))
