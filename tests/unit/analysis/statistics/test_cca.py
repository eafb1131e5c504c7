"""Canonical correlation and its permutation test."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.cross_decomposition import CCA

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import fit_cca
from ranvier.core import AnalysisError


def make_pair(n=40, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, 5)) * [1, 2, 3, 4, 5] + 7, rng.normal(size=(n, 3))
    y[:, 1] = x[:, 2] / 3 + noise * rng.normal(size=n)
    return x, y


def fit_by_scikit_learn(x, y, n_components=1):
    cca = CCA(n_components, max_iter=10_000, tol=1e-14)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        a, b = cca.fit_transform(x, y)
    return cca, np.array(
        [np.corrcoef(p, q)[0, 1] for p, q in zip(a.T, b.T, strict=True)]
    )


@pytest.mark.parametrize("seed", range(3))
def test_correlation_and_weights_are_those_of_scikit_learn(seed):
    x, y = make_pair(seed=seed)
    result = fit_cca(x, y, n_permutations=0)
    oracle, r = fit_by_scikit_learn(x, y)
    cosine = result.x_weights.to_numpy()[:, 0] @ oracle.x_weights_[:, 0]

    assert result.r[0] == pytest.approx(r[0], abs=1e-6)
    assert abs(cosine) == pytest.approx(1.0, abs=1e-6)


def test_later_components_are_those_of_scikit_learn():
    x, y = make_pair()

    assert np.allclose(
        fit_cca(x, y, 3, n_permutations=0).r, fit_by_scikit_learn(x, y, 3)[1], atol=1e-5
    )


def test_scores_of_components_are_uncorrelated():
    result = fit_cca(*make_pair(), 3, n_permutations=0)

    assert np.allclose(np.corrcoef(result.x_scores.T), np.eye(3), atol=1e-10)


def test_loadings_and_variance_extracted_are_correlations():
    x, y = make_pair()
    result = fit_cca(x, y, n_permutations=0)
    scores = result.x_scores["CC1"]
    loadings = [np.corrcoef(x[:, j], scores)[0, 1] for j in range(5)]

    assert np.allclose(result.x_loadings["CC1"], loadings)
    assert result.x_variance_extracted[0] == pytest.approx(np.mean(np.square(loadings)))


def test_weights_have_norm_one_and_scores_go_together():
    result = fit_cca(*make_pair(), n_permutations=0)
    joint = np.corrcoef(result.x_scores["CC1"], result.y_scores["CC1"])[0, 1]

    assert np.linalg.norm(result.x_weights) == pytest.approx(1.0)
    assert np.linalg.norm(result.y_weights) == pytest.approx(1.0)
    assert joint == pytest.approx(result.r[0])
    assert result.x_weights["CC1"].abs().idxmax() == "x2"


def test_permutations_give_the_correlations_of_fits_to_shuffled_rows():
    x, y = make_pair(n=15)
    result = fit_cca(x, y, n_permutations=20, seed=4)
    keys = np.random.default_rng(4).random((20, 15))
    orders = np.argsort(keys, axis=1)
    r = [fit_by_scikit_learn(x, y[order])[1][0] for order in orders[:5]]

    assert np.allclose(result.null_r[:5], r, atol=1e-5)
    assert result.p_value[0] == (1 + (result.null_r >= result.r[0]).sum()) / 21


def test_p_is_small_for_what_goes_together_and_even_otherwise():
    rng = np.random.default_rng(5)
    null = [
        fit_cca(rng.normal(size=(20, 2)), rng.normal(size=(20, 2)), n_permutations=99)
        for _ in range(60)
    ]
    p = np.array([result.p_value[0] for result in null])

    assert fit_cca(*make_pair(), n_permutations=199).p_value[0] == 0.005
    assert 0.3 < p.mean() < 0.7
    assert (p <= 0.05).mean() < 0.2


def test_the_same_seed_gives_the_same_draws():
    x, y = make_pair()
    null = [fit_cca(x, y, n_permutations=300, seed=s).null_r for s in (0, 0, 1)]

    assert np.array_equal(null[0], null[1])
    assert not np.array_equal(null[0], null[2])


def test_groups_are_moved_as_a_whole():
    rng = np.random.default_rng(0)
    shared = np.repeat(rng.normal(size=(12, 2)), 3, axis=0)
    x = shared + 0.1 * rng.normal(size=(36, 2))
    y = np.repeat(rng.normal(size=(12, 2)), 3, axis=0)
    groups = np.repeat(np.arange(12), 3)
    rows = fit_cca(x, y, n_permutations=400)
    blocks = fit_cca(x, y, n_permutations=400, shuffle_groups=groups)

    # 36 rows are worth 12: shuffled one by one they look better than they are.
    assert np.median(blocks.null_r) > np.median(rows.null_r) + 0.1


def test_groups_of_unlike_size_are_swapped_among_equals_only():
    x, y = make_pair(n=7)
    x, y = x[:, :1], np.array([0.0, 0, 1, 1, 5, 6, 7])
    result = fit_cca(x, y, n_permutations=50, shuffle_groups=list("aabbcde"))
    pairs = {(0, 1), (1, 0)}
    possible = []
    for first, second in pairs:
        for tail in ([5, 6, 7], [5, 7, 6], [6, 5, 7], [6, 7, 5], [7, 5, 6], [7, 6, 5]):
            moved = [first, first, second, second, *tail]
            possible.append(abs(np.corrcoef(x[:, 0], moved)[0, 1]))

    assert np.isclose(result.null_r[:, None], possible).any(axis=1).all()


def test_groups_that_can_not_be_swapped_are_a_fault():
    x, y = make_pair(n=6)

    with pytest.raises(GroupFault, match="swapped"):
        fit_cca(x[:, :1], y[:, :1], shuffle_groups=list("aabbbc"))


def test_missing_rows_are_left_out_and_counted():
    x, y = make_pair()
    x[3, 0], y[5, 1] = np.nan, np.inf
    result = fit_cca(pd.DataFrame(x), pd.DataFrame(y), n_permutations=5)
    rest = fit_cca(np.delete(x, [3, 5], 0), np.delete(y, [3, 5], 0), n_permutations=5)

    assert result.n_dropped == 2
    assert result.provenance.n["n_dropped"] == 2
    assert np.allclose(result.r, rest.r)
    assert not {3, 5} & set(result.x_scores.index)


def test_columns_that_say_the_same_do_no_harm():
    x, y = make_pair()
    doubled = np.column_stack([x, x[:, 2], np.full(len(x), 0.3)])

    assert fit_cca(doubled, y, n_permutations=0).r[0] == pytest.approx(
        fit_cca(x, y, n_permutations=0).r[0]
    )


def test_with_too_many_variables_r_and_p_are_one():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(10, 6)), rng.normal(size=(10, 4))
    result = fit_cca(x, y, n_permutations=99)

    assert result.is_saturated
    assert result.r[0] == pytest.approx(1.0)
    assert result.p_value[0] == 1.0


@pytest.mark.parametrize(
    "x",
    [np.full((9, 2), np.nan), np.ones((9, 2)), np.ones((9, 0))],
    ids=["nan", "constant", "no column"],
)
def test_nothing_to_correlate_is_a_fault(x):
    with pytest.raises(GroupFault):
        fit_cca(x, np.arange(9.0))


def test_tables_must_be_as_long_as_each_other():
    with pytest.raises(AnalysisError, match="not as long") as caught:
        fit_cca(np.ones((5, 2)), np.ones((4, 2)))

    assert caught.value.code == "RV-A89"


def test_more_components_than_variables_is_an_error():
    with pytest.raises(AnalysisError, match="more components"):
        fit_cca(*make_pair(), n_components=4)


def test_rows_without_a_group_are_left_out_and_counted():
    x, y = make_pair(n=12)
    groups = np.array([*"abcdefghijk", None], dtype=object)
    result = fit_cca(x, y, n_permutations=9, shuffle_groups=groups)

    assert result.n_dropped == 1
    assert result.provenance.n["n_rows"] == 11
