"""Penalised canonical correlation."""

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Ridge

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import PenaltyGrid, fit_cca, fit_sparse_cca


def make_pair(n=60, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, 8)), rng.normal(size=(n, 4))
    x[:, 4] += 0.8 * x[:, 1]
    y[:, 2] += 1.5 * x[:, 1]
    return x, y


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_without_a_penalty_it_is_the_plain_one(share):
    x, y = make_pair()
    sparse = fit_sparse_cca(x, y, PenaltyGrid((1e-13,), (share,)))
    plain = fit_cca(x, y, n_permutations=0)

    assert sparse.r[0] == pytest.approx(plain.r[0], abs=1e-9)
    assert np.allclose(sparse.x_weights, plain.x_weights, atol=1e-5)


@pytest.mark.parametrize(("alpha", "share"), [(0.05, 0.5), (0.1, 1.0), (0.1, 0.0)])
def test_each_side_is_the_elastic_net_of_the_other(alpha, share):
    x, y = make_pair()
    result = fit_sparse_cca(x, y, PenaltyGrid((alpha,), (share,)))
    sides = [("x", "y_scores", "x_weights"), ("y", "x_scores", "y_weights")]
    for table, scores, weights in sides:
        z = getattr(result, table).to_numpy()
        target = getattr(result, scores).to_numpy()[:, 0]
        net = ElasticNet(alpha=alpha, l1_ratio=share, fit_intercept=False, tol=1e-12)
        if share == 0:
            net = Ridge(alpha=alpha * len(z), fit_intercept=False)
        net.fit(z, target / target.std())
        expected = net.coef_ / np.linalg.norm(net.coef_)

        assert np.allclose(getattr(result, weights)["CC1"], expected, atol=1e-6)


def test_variables_without_a_part_get_no_weight():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 12)), rng.normal(size=(80, 5))
    y[:, 3] += 2 * x[:, 7]
    result = fit_sparse_cca(x, y)

    assert result.penalty["l1_ratio"] == 1.0
    assert result.x_weights["CC1"].abs().idxmax() == "x7"
    assert (result.x_weights["CC1"] == 0).sum() >= 8
    assert np.linalg.norm(result.x_weights) == pytest.approx(1.0)


def test_the_penalty_is_the_best_in_rows_left_out():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(30, 10)), rng.normal(size=(30, 6))
    y[:, 0] += x[:, 0]
    result = fit_sparse_cca(x, y)
    table = result.cross_validation
    best = table.loc[table["r"].idxmax()]

    assert result.penalty == {"alpha": best["alpha"], "l1_ratio": best["l1_ratio"]}
    # In the sample the weakest penalty always wins; it is not chosen here.
    assert result.penalty["alpha"] > 0.001
    assert len(table) == 18


def test_without_any_relation_the_held_out_correlation_is_about_zero():
    rng = np.random.default_rng(1)
    held, inside = [], []
    for _ in range(12):
        x, y = rng.normal(size=(40, 6)), rng.normal(size=(40, 4))
        result = fit_sparse_cca(x, y, PenaltyGrid((0.001, 0.01), (0.0,)))
        held.append(result.cross_validation["r"].mean())
        inside.append(result.r[0])

    assert abs(np.mean(held)) < 0.15
    assert np.mean(inside) > 0.4


def test_it_is_the_same_each_time():
    x, y = make_pair()
    first, second = (fit_sparse_cca(x, y, n_permutations=20) for _ in range(2))

    assert first.x_weights.equals(second.x_weights)
    assert np.array_equal(first.null_r, second.null_r)


def test_a_permutation_is_a_fit_to_shuffled_rows():
    x, y = make_pair(n=20)
    grid = PenaltyGrid((0.1,), (0.5,))
    result = fit_sparse_cca(x, y, grid, n_permutations=6, seed=3)
    orders = np.argsort(np.random.default_rng(3).random((6, 20)), axis=1)
    r = [fit_sparse_cca(x, y[order], grid).r[0] for order in orders]

    assert np.allclose(result.null_r, r, atol=1e-6)


def test_no_fold_parts_a_group():
    rng = np.random.default_rng(0)
    session = np.repeat(np.arange(10), 5)
    x = np.repeat(rng.normal(size=(10, 6)), 5, axis=0) + 0.01 * rng.normal(size=(50, 6))
    y = np.repeat(rng.normal(size=(10, 3)), 5, axis=0)
    grid = PenaltyGrid((0.001, 0.01), (0.0,))
    leaking = fit_sparse_cca(x, y, grid).cross_validation["r"].max()
    honest = fit_sparse_cca(x, y, grid, groups=session).cross_validation["r"].max()

    assert leaking > 0.9
    assert honest < leaking - 0.3


def test_penalties_that_leave_nothing_are_a_fault():
    with pytest.raises(GroupFault, match="leaves no weight"):
        fit_sparse_cca(*make_pair(), PenaltyGrid((5.0, 2.0), (1.0,)))


def test_a_penalty_that_leaves_nothing_on_all_rows_is_not_chosen():
    # Noise of a seed at which folds prefer a lasso that is too strong for all rows.
    rng = np.random.default_rng(24)
    result = fit_sparse_cca(rng.normal(size=(20, 6)), rng.normal(size=(20, 4)))
    table = result.cross_validation
    preferred = table.loc[table["r"].idxmax()]

    assert (preferred["alpha"], preferred["l1_ratio"]) == (0.3, 1.0)
    assert result.penalty == {"alpha": 0.3, "l1_ratio": 0.5}
    assert np.linalg.norm(result.x_weights) == pytest.approx(1.0)


def test_one_penalty_that_leaves_nothing_is_a_fault():
    with pytest.raises(GroupFault, match="leaves no weight"):
        fit_sparse_cca(*make_pair(), PenaltyGrid((5.0,), (1.0,)))


def test_one_group_can_not_be_cross_validated():
    x, y = make_pair(n=10)

    with pytest.raises(GroupFault, match="two groups"):
        fit_sparse_cca(x, y, groups=["a"] * 10)


def test_missing_rows_and_constant_columns_do_no_harm():
    x, y = make_pair()
    x[0, 0] = np.nan
    flat = np.column_stack([x, np.full(len(x), 0.1)])
    result = fit_sparse_cca(flat, y)

    assert result.n_dropped == 1
    assert result.x_weights["CC1"].iloc[-1] == 0
