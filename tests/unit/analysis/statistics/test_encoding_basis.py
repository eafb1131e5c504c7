"""Grid, event trains, lags and bumps of an encoding model."""

import numpy as np
import pytest
from scipy.interpolate import interp1d

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.statistics import (
    expand_lags,
    interpolate_to_grid,
    make_event_train,
    make_lags,
    make_raised_cosine_basis,
    make_time_grid,
)


def test_a_grid_covers_the_recording_in_even_steps():
    grid = make_time_grid(5.0, 8.05)

    assert len(grid) == 31
    assert grid[-1] == pytest.approx(8.0)
    assert np.allclose(np.diff(grid), 0.1)


@pytest.mark.parametrize("stop", [5.0, 4.0, 5.05, np.nan])
def test_a_recording_shorter_than_a_step_is_a_fault(stop):
    with pytest.raises(SignalFault):
        make_time_grid(5.0, stop)


def test_events_add_up_at_the_nearest_time():
    grid = make_time_grid(10.0, 11.0)
    rng = np.random.default_rng(0)
    times = np.r_[rng.uniform(10, 11, 50), 10.5, 10.5, 9.9, 11.2, np.nan]
    values = np.r_[rng.normal(size=53), 5.0, 5.0]
    expected = np.zeros(11)
    for time, value in zip(times[:52], values[:52], strict=True):
        expected[np.argmin(np.abs(grid - time))] += value

    assert np.allclose(make_event_train(times, grid, values), expected)


def test_no_event_is_a_train_of_zeros():
    grid = make_time_grid(0.0, 1.0)

    assert not make_event_train([], grid).any()
    assert not make_event_train([0.5], grid, [np.nan]).any()


def test_lags_lie_around_the_event():
    assert make_lags().tolist() == list(range(-25, 25))


def test_a_lagged_train_is_later_and_nothing_comes_round():
    train = np.arange(1.0, 6.0)
    lagged = expand_lags(train, np.array([-2, 0, 1, 7]))

    assert lagged[:, 0].tolist() == [3, 4, 5, 0, 0]
    assert lagged[:, 1].tolist() == [1, 2, 3, 4, 5]
    assert lagged[:, 2].tolist() == [0, 1, 2, 3, 4]
    assert lagged[:, 3].tolist() == [0, 0, 0, 0, 0]


def test_bumps_are_raised_cosines_on_a_logarithmic_axis():
    basis = make_raised_cosine_basis(10, 2.5, 0.2, 0.001)
    time = np.arange(2500) * 0.001
    peaks = time[basis.argmax(axis=0)]
    inner = (time > peaks[1]) & (time < peaks[-2])
    widths = (basis > 0.5).sum(axis=0)

    assert basis.shape == (2500, 10)
    assert np.allclose(np.diff(np.log(peaks + 0.2)), np.log(13.5) / 11, atol=2e-3)
    assert np.allclose(basis[inner].sum(axis=1), 2.0)
    assert (np.diff(widths[1:]) > 0).all()
    assert basis[-1, -1] < 1e-5
    assert basis.min() >= 0
    assert basis[0, 0] == 1.0


def test_bumps_on_the_grid_are_independent():
    assert np.linalg.matrix_rank(make_raised_cosine_basis()) == 10


def test_more_bumps_than_lags_is_a_fault():
    with pytest.raises(SignalFault, match="fewer lags"):
        make_raised_cosine_basis(10, 0.5)


def test_interpolation_is_quadratic_whatever_the_order_of_samples():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 10, 80))
    values = np.sin(times)
    grid = make_time_grid(1.0, 9.0)
    shuffled = rng.permutation(80)
    found = interpolate_to_grid(times[shuffled], values[shuffled], grid)

    assert np.allclose(found, interp1d(times, values, kind="quadratic")(grid))


def test_interpolation_ends_with_the_samples_and_leaves_gaps():
    times = np.r_[np.arange(1.0, 3.0, 0.05), np.arange(5.0, 7.0, 0.05)]
    grid = make_time_grid(0.0, 8.0)
    found = interpolate_to_grid(times, times**2, grid)
    inside = ((grid >= 1) & (grid <= times[39])) | ((grid >= 5) & (grid <= times[-1]))

    assert np.array_equal(np.isfinite(found), inside)
    assert np.allclose(found[inside], grid[inside] ** 2)


def test_missing_and_double_samples_are_left_out():
    times = np.r_[np.arange(0, 2, 0.1), 0.5, np.nan]
    values = np.r_[np.arange(0, 2, 0.1) * 3, 1.5, 9.0]
    values[4] = np.nan
    grid = make_time_grid(0.0, 1.9)

    assert np.allclose(interpolate_to_grid(times, values, grid), 3 * grid)


def test_too_few_samples_are_a_fault():
    with pytest.raises(SignalFault, match="too few samples"):
        interpolate_to_grid([1, 2, np.nan], [1, 2, 3], make_time_grid(0, 1))
