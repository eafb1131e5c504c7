"""The process against a dense one written down trial by trial, and on known tuning."""

import numpy as np
import pytest

from ranvier.library.stimulus_choice import (
    BoxKernel,
    GaussianProcess,
    PeriodicKernel,
    build_box_kernels,
    build_direction_kernels,
)
from ranvier.library.stimulus_choice import _gaussian_process as module

DIRECTIONS = np.arange(0.0, 360.0, 45.0)[:, None]


def teach(process, points, responses):
    for point, response in zip(points, responses, strict=True):
        process.add(point, response)
    return process


def dense(kernels, points, y, grid):
    """Mean and variance over kernels and noise levels, n x n matrices throughout."""
    n, centre, weight = len(y), y.mean(), module.SCALE_TRIALS
    x = y - centre
    typical = np.mean(x**2)
    evidence, means, variances = [], [], []
    for kernel in kernels:
        for level in module.NOISE_LEVELS:
            k = kernel(points, points) + module.FLAT_VARIANCE
            r = k + level * np.eye(n)
            cross = kernel(points, grid) + module.FLAT_VARIANCE
            fit = x @ np.linalg.solve(r, x) + weight * typical / (1 + level)
            sign, volume = np.linalg.slogdet(r)
            evidence.append(-0.5 * (volume + (n + weight) * np.log(fit)))
            means.append(centre + cross.T @ np.linalg.solve(r, x))
            own = 1.0 + module.FLAT_VARIANCE
            left = own - np.einsum("ig,ig->g", cross, np.linalg.solve(r, cross))
            variances.append(left * fit / (n + weight))
            assert sign == 1
    shape = (1, len(kernels), module.NOISE_LEVELS.size)
    share = module._share(np.reshape(evidence, shape)).reshape(-1, 1)
    mean = (share * means).sum(axis=0)
    return mean, (share * (variances + np.square(means))).sum(axis=0) - mean**2


@pytest.mark.parametrize("kernels", [build_direction_kernels(), (PeriodicKernel(2.0),)])
def test_repeated_trials_summed_up_are_as_good_as_each_by_itself(kernels):
    rng = np.random.default_rng(0)
    points = rng.choice(DIRECTIONS[:6, 0], 25)[:, None]
    y = 3.0 + np.cos(np.deg2rad(points[:, 0])) + rng.normal(0, 0.5, 25)
    process = teach(GaussianProcess(kernels), points, y[:, None])
    found = process.compute_posterior(DIRECTIONS)
    mean, variance = dense(kernels, points, y, DIRECTIONS)

    np.testing.assert_allclose(mean, found.mean[0], rtol=1e-7)
    np.testing.assert_allclose(np.sqrt(variance), found.sd[0], rtol=1e-6)


def test_a_box_is_as_good_as_a_dense_process_too():
    rng = np.random.default_rng(1)
    kernels = build_box_kernels(np.zeros(2), np.array([1.0, 10.0]))
    points = rng.random((20, 2)) * [1.0, 10.0]
    y = points[:, 0] * 4 + rng.normal(0, 0.2, 20)
    process = teach(GaussianProcess(kernels), points, y[:, None])
    found = process.compute_posterior(points)
    mean, variance = dense(kernels, points, y, points)

    np.testing.assert_allclose(mean, found.mean[0], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(variance), found.sd[0], rtol=1e-5)


def test_kernels_are_symmetric_positive_and_one_at_home():
    points = np.linspace(0, 350, 36)[:, None]
    boxes = (BoxKernel((40.0,)), BoxKernel((9.0,), "matern"))
    for kernel in (*build_direction_kernels(), *boxes):
        gram = kernel(points, points)

        np.testing.assert_allclose(np.ones(36), np.diagonal(gram))
        np.testing.assert_allclose(gram, gram.T)
        assert np.linalg.eigvalsh(gram).min() > -1e-9


def test_directions_close_the_circle():
    kernel = PeriodicKernel(3.0)
    a = np.array([[10.0]])

    np.testing.assert_allclose(kernel(a, a + 350.0), kernel(a, a - 10.0))
    assert PeriodicKernel(3.0)(a, a + 180.0)[0, 0] < 0
    assert PeriodicKernel(3.0, axial=0.5)(a, a + 180.0)[0, 0] > 0.2


@pytest.mark.parametrize("kernel", build_direction_kernels())
def test_tuning_is_apart_from_the_mean_response(kernel):
    circle = np.linspace(0, 360, 720, endpoint=False)[:, None]

    np.testing.assert_allclose(0.0, kernel(circle[:1], circle).mean(), atol=1e-9)


def test_sd_covers_the_truth_as_often_as_it_says():
    """Over 200 cells: about 68 % within one sd, 95 % within two."""
    rng = np.random.default_rng(2)
    kernel = PeriodicKernel(2.5)
    gram = kernel(DIRECTIONS, DIRECTIONS) + 1.0
    truth = rng.multivariate_normal(np.zeros(8), gram, 200)
    process = GaussianProcess(build_direction_kernels())
    for trial in range(30):
        shown = trial % 7
        process.add(DIRECTIONS[shown], truth[:, shown] + rng.normal(0, 0.7, 200))
    found = process.compute_posterior(DIRECTIONS)
    z = np.abs(found.mean - truth) / found.sd

    assert 0.60 < (z < 1).mean() < 0.76
    assert 0.91 < (z < 2).mean() < 0.98
    np.testing.assert_allclose(0.7, np.median(found.noise_sd), rtol=0.15)


def test_unit_and_offset_of_the_responses_make_no_difference():
    rng = np.random.default_rng(3)
    points = rng.choice(DIRECTIONS[:, 0], 20)[:, None]
    y = rng.normal(size=(20, 4))
    plain = teach(GaussianProcess(build_direction_kernels()), points, y)
    moved = teach(GaussianProcess(build_direction_kernels()), points, 50 + 1e-3 * y)
    one, other = (p.compute_posterior(DIRECTIONS) for p in (plain, moved))

    np.testing.assert_allclose(50 + 1e-3 * one.mean, other.mean, rtol=1e-9)
    np.testing.assert_allclose(1e-3 * one.sd, other.sd, rtol=1e-5)
    np.testing.assert_allclose(one.variance_gain, other.variance_gain, rtol=1e-5)


def test_a_cell_found_late_is_judged_from_its_own_trials():
    rng = np.random.default_rng(4)
    points = rng.choice(DIRECTIONS[:, 0], 16)[:, None]
    y = rng.normal(size=(16, 2))
    gaps = [row[:1] if i < 6 else row for i, row in enumerate(y)]
    late = teach(GaussianProcess(build_direction_kernels()), points, gaps)
    padded = y.copy()
    padded[:6, 1] = np.nan
    same = teach(GaussianProcess(build_direction_kernels()), points, padded)
    one, other = (p.compute_posterior(DIRECTIONS) for p in (late, same))

    np.testing.assert_array_equal(one.mean, other.mean)
    assert one.mean.shape == (2, 8)
    assert np.isfinite(one.sd).all()


def test_hyperparameters_shared_by_cells_leave_a_late_one_close_to_itself_alone():
    """A cell without trials has the flat prior and is no fault."""
    process = GaussianProcess(build_direction_kernels())
    process.add(DIRECTIONS[0], np.array([1.0, np.nan]))
    found = process.compute_posterior(DIRECTIONS)

    np.testing.assert_allclose(np.zeros(8), found.mean[1])
    assert (found.sd[1] > 0).all()


@pytest.mark.parametrize("level", [0.0, 1.0, -1e9, 1e-300])
def test_silent_and_constant_cells_are_flat_and_finite(level):
    process = GaussianProcess(build_direction_kernels())
    for i in range(12):
        process.add(DIRECTIONS[i % 8], np.full(3, level))
    found = process.compute_posterior(DIRECTIONS)

    np.testing.assert_allclose(np.full((3, 8), level), found.mean, rtol=1e-9)
    for values in (found.sd, found.variance_gain, found.entropy_gain):
        assert np.isfinite(values).all()


def test_without_trials_there_are_no_cells_and_all_directions_are_worth_the_same():
    found = GaussianProcess(build_direction_kernels()).compute_posterior(DIRECTIONS)

    assert found.mean.shape == (0, 8)
    np.testing.assert_allclose(found.variance_gain[0], found.variance_gain)
    assert (found.variance_gain > 0).all()


def test_a_trial_without_cells_is_no_fault():
    process = GaussianProcess(build_direction_kernels())
    process.add(DIRECTIONS[0], np.zeros(0))
    process.add(DIRECTIONS[1], np.zeros(2))

    assert process.compute_posterior(DIRECTIONS).mean.shape == (2, 8)


def test_a_trial_is_worth_most_where_none_was():
    process = GaussianProcess(build_direction_kernels())
    rng = np.random.default_rng(5)
    for column in (0, 1, 2, 3, 4, 6, 7, 0, 1, 2, 3, 4, 6, 7):
        process.add(DIRECTIONS[column], rng.normal(size=10))
    found = process.compute_posterior(DIRECTIONS)

    assert found.variance_gain.argmax() == 5
    assert found.entropy_gain.argmax() == 5


def test_the_promised_gain_is_what_a_trial_then_brings():
    """With one kernel and one noise level the gain does not depend on the response."""
    process = GaussianProcess((PeriodicKernel(2.0),))
    points = DIRECTIONS[[0, 2, 3]]
    k = PeriodicKernel(2.0)

    def variance(x, level):
        cross = k(x, DIRECTIONS) + 1.0
        r = k(x, x) + 1.0 + level * np.eye(len(x))
        return 2.0 - np.einsum("ig,ig->g", cross, np.linalg.solve(r, cross))

    teach(process, points, np.random.default_rng(6).normal(size=(3, 1)))
    levels = module.NOISE_LEVELS
    dev = process._moments.means - process._compute_centre()[:, None]
    groups = [process._decompose(np.array([0]), dev)]
    share = process._weigh(groups, dev)[0][0, 0]
    expected = [
        sum(
            w * (variance(points, s) - variance(np.vstack([points, x]), s)).mean()
            for w, s in zip(share, levels, strict=True)
        )
        for x in DIRECTIONS[:, None]
    ]

    np.testing.assert_allclose(
        expected, process.compute_posterior(DIRECTIONS).variance_gain, rtol=1e-6
    )


def test_a_checkpoint_goes_on_bit_for_bit():
    rng = np.random.default_rng(7)
    first = GaussianProcess(build_direction_kernels())
    for _ in range(9):
        first.add(rng.choice(DIRECTIONS), rng.normal(size=3))
    second = GaussianProcess(build_direction_kernels())
    second.take_state(first.to_state())
    first.add(DIRECTIONS[0], np.ones(4))
    second.add(DIRECTIONS[0], np.ones(4))

    np.testing.assert_array_equal(
        first.compute_posterior(DIRECTIONS).sd, second.compute_posterior(DIRECTIONS).sd
    )
