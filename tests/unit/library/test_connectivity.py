"""Connectivity of signals whose coupling is known."""

import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.library.connectivity import (
    FunctionalConnectivity,
    compute_correlation,
    compute_partial_correlation,
    estimate_shrinkage,
)


def last(node, samples):
    return [m for m in map(node.process, samples) if m is not None][-1]


def test_correlations_are_numpys():
    x = np.random.default_rng(0).normal(size=(50, 6)) + 1e4

    np.testing.assert_allclose(
        np.corrcoef(x.T), compute_correlation(x, np.ones(50)), atol=1e-8
    )


def test_weights_are_those_of_repeated_samples():
    x = np.random.default_rng(1).normal(size=(20, 3))
    times = np.random.default_rng(2).integers(1, 4, 20)

    np.testing.assert_allclose(
        np.corrcoef(np.repeat(x, times, axis=0).T),
        compute_correlation(x, times.astype(float)),
    )


def test_a_lag_finds_who_leads():
    x = np.random.default_rng(3).normal(size=400)
    pair = np.stack([x[3:], x[:-3]], axis=1)
    found = compute_correlation(pair, np.ones(397), lag=3)

    np.testing.assert_allclose(1.0, found[0, 1])
    assert abs(found[1, 0]) < 0.2


def test_pairs_with_gaps_are_judged_from_what_both_have():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(60, 3))
    x[:30, 2] = np.nan
    x[40, 0] = np.nan
    found = compute_correlation(x, np.ones(60))

    both = np.isfinite(x[:, 0]) & np.isfinite(x[:, 2])
    expected = np.corrcoef(x[both, 0], x[both, 2])[0, 1]
    np.testing.assert_allclose(expected, found[0, 2])


def test_a_constant_cell_has_no_correlation():
    x = np.random.default_rng(5).normal(size=(30, 2))
    x[:, 1] = 0.1
    found = compute_correlation(x, np.ones(30))

    np.testing.assert_array_equal([[False, True], [True, True]], np.isnan(found))


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (1, 3), (5, 0)])
def test_too_little_data_is_nan_and_no_fault(shape):
    x = np.zeros(shape)
    n = shape[1]

    assert np.isnan(compute_correlation(x, np.ones(shape[0]))).all()
    assert compute_partial_correlation(x, np.ones(shape[0])).shape == (n, n)


def test_partial_correlation_finds_the_chain_and_not_its_ends():
    rng = np.random.default_rng(6)
    a = rng.normal(size=20000)
    b = a + rng.normal(size=20000)
    c = b + rng.normal(size=20000)
    x = np.stack([a, b, c], axis=1)
    partial = compute_partial_correlation(x, np.ones(20000), ridge=0.0)

    assert compute_correlation(x, np.ones(20000))[0, 2] > 0.5
    assert abs(partial[0, 2]) < 0.03
    # From the precision matrix of the chain [[2, -1, 0], [-1, 2, -1], [0, -1, 1]].
    np.testing.assert_allclose(0.5, partial[0, 1], atol=0.02)
    np.testing.assert_allclose(np.sqrt(0.5), partial[1, 2], atol=0.02)


def test_shrinkage_is_ledoit_and_wolfs_formula_and_vanishes_with_data():
    rng = np.random.default_rng(7)
    mix = rng.normal(size=(5, 5))
    found = []
    for n in (10, 100, 10000):
        z = rng.normal(size=(n, 5)) @ mix
        z = (z - z.mean(axis=0)) / z.std(axis=0)
        s = z.T @ z / n
        doubt = sum(((np.outer(r, r) - s) ** 2).sum() for r in z) / n**2
        apart = ((s - np.eye(5)) ** 2).sum()
        found.append(estimate_shrinkage(z, np.full(n, 1 / n)))

        np.testing.assert_allclose(min(1.0, doubt / apart), found[-1])
    assert found[0] > found[1] > found[2]
    assert found[2] < 0.01


def test_shrinkage_makes_few_samples_of_many_cells_nearer_to_the_truth():
    """More cells than samples: the plain matrix can't even be inverted."""
    x = np.random.default_rng(8).normal(size=(30, 40))
    shrunk = compute_partial_correlation(x, np.ones(30))
    raw = compute_partial_correlation(x, np.ones(30), ridge=0.0)
    off = ~np.eye(40, dtype=bool)

    assert np.abs(shrunk[off]).mean() < 0.25 * np.abs(raw[off]).mean()


def test_a_sliding_window_forgets_what_has_left_it():
    rng = np.random.default_rng(9)
    x = rng.normal(size=(100, 2))
    x[:50, 1] = x[:50, 0]
    node = FunctionalConnectivity(window=40, every=100)

    np.testing.assert_allclose(np.corrcoef(x[60:].T), last(node, x), atol=1e-6)


def test_an_exponential_window_trusts_the_recent():
    rng = np.random.default_rng(10)
    x = rng.normal(size=(400, 2))
    x[300:, 1] = x[300:, 0]
    node = FunctionalConnectivity(window=20, every=400, weighting="exponential")

    assert last(node, x)[0, 1] > 0.97


def test_cells_found_late_join():
    x = np.random.default_rng(11).normal(size=(40, 3))
    node = FunctionalConnectivity(window=20, every=40)
    partial = FunctionalConnectivity(window=20, every=40, measure="partial")
    rows = [row[:2] if i < 30 else row for i, row in enumerate(x)]
    found, found_partial = last(node, rows), last(partial, rows)

    np.testing.assert_allclose(np.corrcoef(x[30:].T)[0, 2], found[0, 2], atol=1e-6)
    assert np.isnan(found_partial[2]).all()
    assert np.isfinite(found_partial[:2, :2]).all()


def test_a_mapping_and_a_restart_make_no_difference():
    x = np.random.default_rng(12).normal(size=(45, 3))
    whole, first, second = (
        FunctionalConnectivity(window=20, every=9, lag=1) for _ in range(3)
    )
    expected = [whole.process(row) for row in x]
    found = [first.process({"dff": row}) for row in x[:22]]
    second.restore(first.checkpoint())
    found += [second.process({"dff": row}) for row in x[22:]]

    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_lagged_partial_correlation_is_refused():
    with pytest.raises(NodeError, match="lag"):
        FunctionalConnectivity(measure="partial", lag=1)
