"""Principal and independent components, and scores by target."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.decomposition import PCA

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import compare_scores_by_target, fit_ica, fit_pca
from ranvier.core import AnalysisError


@pytest.fixture
def coefficients():
    rng = np.random.default_rng(1)
    hidden = rng.normal(size=(60, 2)) * [3.0, 1.0]
    x = hidden @ rng.normal(size=(2, 5)) + 0.1 * rng.normal(size=(60, 5)) + 4.0
    return pd.DataFrame(x, columns=list("abcde"))


def test_components_and_scores_are_those_of_scikit_learn(coefficients):
    result = fit_pca(coefficients)
    z = (coefficients - coefficients.mean()) / coefficients.std(ddof=0)
    oracle = PCA().fit(z)

    assert np.allclose(np.abs(result.components), np.abs(oracle.components_))
    assert np.allclose(np.abs(result.scores), np.abs(oracle.transform(z)))
    assert np.allclose(
        result.explained_variance_ratio, oracle.explained_variance_ratio_
    )


def test_scores_times_components_are_the_z_scored_table(coefficients):
    result = fit_pca(coefficients)
    back = result.scores @ result.components * result.scale + result.mean

    assert np.allclose(back, coefficients)


def test_a_component_points_where_its_largest_weight_is_positive(coefficients):
    for result in (fit_pca(coefficients), fit_ica(coefficients, n_components=2)):
        weights = result.components.to_numpy()
        largest = np.abs(weights).argmax(axis=1)

        assert (weights[np.arange(len(weights)), largest] > 0).all()


def test_each_cohort_weighs_the_same_however_often_it_was_recorded():
    rng = np.random.default_rng(0)
    few, many = rng.normal(size=(6, 3)), rng.normal([1, 2, 0], size=(8, 3))
    once = fit_pca(np.vstack([few, many]), cohorts=["a"] * 6 + ["b"] * 8)
    thrice = fit_pca(np.vstack([few] * 3 + [many]), cohorts=["a"] * 18 + ["b"] * 8)

    assert np.allclose(once.components, thrice.components)
    assert np.allclose(once.explained_variance_ratio, thrice.explained_variance_ratio)
    assert not np.allclose(once.components, fit_pca(np.vstack([few, many])).components)


def test_intercept_is_left_out_and_missing_rows_are_counted(coefficients):
    table = coefficients.assign(intercept=1.0)
    table.iloc[3, 0] = np.nan
    result = fit_pca(table)

    assert list(result.components.columns) == list("abcde")
    assert result.n_dropped == 1
    assert 3 not in result.scores.index
    assert result.provenance.n == {"n_recordings": 59, "n_dropped": 1}


def test_a_constant_column_has_no_weight(coefficients):
    result = fit_pca(coefficients.assign(flat=0.1), n_components=2)

    assert np.allclose(result.components["flat"], 0)


@pytest.mark.parametrize("fit", [fit_pca, fit_ica])
@pytest.mark.parametrize(
    "table",
    [np.full((5, 3), np.nan), np.ones((5, 3)), np.empty((0, 3)), np.ones((1, 3))],
    ids=["nan", "constant", "empty", "single"],
)
def test_nothing_to_decompose_is_a_fault(fit, table):
    with pytest.raises(GroupFault):
        fit(table)


@pytest.mark.parametrize("fit", [fit_pca, fit_ica])
def test_more_components_than_there_are_is_an_error(fit, coefficients):
    with pytest.raises(AnalysisError, match="more components") as caught:
        fit(coefficients, n_components=6)

    assert caught.value.code == "RV-A86"


def test_independent_sources_come_back():
    rng = np.random.default_rng(3)
    sources = np.column_stack([rng.uniform(-1, 1, 800), rng.laplace(size=800)])
    mixed = sources @ [[1.0, 2.0, 0.5], [1.5, -1.0, 1.0]]
    result = fit_ica(mixed, n_components=2)
    found = np.abs(np.corrcoef(result.scores.T, sources.T)[:2, 2:])

    assert np.allclose(np.sort(found.max(axis=1)), 1.0, atol=0.02)
    assert result.converged
    assert result.explained_variance_ratio.sum() == pytest.approx(1.0)
    assert result.explained_variance_ratio.is_monotonic_decreasing
    assert np.allclose(result.scores.var(ddof=0), 1.0)


def test_independent_components_are_the_same_each_time(coefficients):
    first, second = fit_ica(coefficients), fit_ica(coefficients)

    assert first.components.equals(second.components)


def test_an_algorithm_that_did_not_end_says_so(coefficients):
    assert not fit_ica(coefficients, max_iter=1).converged


def test_tests_of_scores_are_those_of_scipy():
    rng = np.random.default_rng(2)
    scores = pd.DataFrame({"PC1": rng.normal(size=30), "PC2": rng.normal(size=30)})
    targets = np.repeat(["DA", "NE", "ACh"], 10)
    scores.loc[targets == "NE", "PC1"] += 2
    result = compare_scores_by_target(scores, targets).set_index(
        ["component", "test", "group_a", "group_b"]
    )
    parts = {t: scores["PC1"][targets == t] for t in ("DA", "NE", "ACh")}
    pairs = result.loc[("PC1", "mann_whitney")]

    assert result.loc[("PC1", "kruskal_wallis", "", ""), "p"] == pytest.approx(
        stats.kruskal(*parts.values()).pvalue
    )
    assert pairs.loc[("DA", "NE"), "p"] == pytest.approx(
        stats.mannwhitneyu(parts["DA"], parts["NE"]).pvalue
    )
    assert len(pairs) == 3
    assert np.allclose(
        np.sort(pairs["p_corrected"]),
        np.minimum(np.maximum.accumulate(np.sort(pairs["p"]) * [3, 2, 1]), 1),
    )


def test_many_recordings_of_one_subject_count_once():
    scores = pd.DataFrame({"PC1": [0.0, 2, 4, 4, 10, 10, 12]})
    targets = list("aaaabbb")
    result = compare_scores_by_target(scores, targets, subjects=list("sttuvvw"))

    assert result["n_a"].to_list() == [5, 3]
    assert result["statistic"][1] == stats.mannwhitneyu([0, 3, 4], [10, 12]).statistic


def test_a_target_with_one_score_is_left_out_and_counted():
    scores = pd.DataFrame({"PC1": [0.0, 1, 2, 3, 9, np.nan]})
    result = compare_scores_by_target(scores, list("aabbca"))

    assert result["n_left_out"].to_list() == [2, 2]
    assert result["n_a"].to_list() == [4, 2]


def test_one_target_can_not_be_compared():
    with pytest.raises(GroupFault, match="too few targets"):
        compare_scores_by_target(pd.DataFrame({"PC1": [0.0, 1]}), ["a", "a"])


def test_scores_that_are_all_alike_do_not_differ():
    scores = pd.DataFrame({"PC1": np.zeros(6)})
    result = compare_scores_by_target(scores, list("aaabbb"))

    assert np.isnan(result["p"][0])
    assert result["p"][1] == 1


def test_labels_must_be_as_long_as_the_table(coefficients):
    with pytest.raises(AnalysisError, match="not as long"):
        fit_pca(coefficients, cohorts=["a"])


def test_rows_without_a_cohort_are_left_out_and_counted(coefficients):
    result = fit_pca(coefficients, cohorts=[None] + ["a"] * 30 + ["b"] * 29)

    assert result.n_dropped == 1


def test_one_component_of_one_predictor_is_the_predictor():
    x = np.arange(8.0)
    for fit in (fit_pca, fit_ica):
        result = fit(x)

        assert result.explained_variance_ratio.to_list() == pytest.approx([1.0])
        assert abs(np.corrcoef(result.scores.iloc[:, 0], x)[0, 1]) == pytest.approx(1.0)
