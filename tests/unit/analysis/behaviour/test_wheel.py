import numpy as np
import pytest
from scipy.interpolate import interp1d
from scipy.signal import butter, sosfiltfilt

from ranvier.analysis.behaviour import (
    compute_peak_velocity,
    compute_velocity_by_trial,
    compute_wheel_velocity,
    interpolate_wheel,
)
from ranvier.analysis.faults import SignalFault
from ranvier.core import AnalysisError


@pytest.fixture
def wheel():
    rng = np.random.default_rng(0)
    times = 5000 + np.cumsum(rng.exponential(0.01, 3000))
    return times, np.cumsum(rng.normal(0, 0.01, 3000))


def test_positions_are_those_of_scipy_at_even_steps(wheel):
    times, position = wheel
    t, found = interpolate_wheel(times, position)
    expected = np.arange(times[0], times[-1], 0.01)

    np.testing.assert_allclose(t, expected, atol=1e-9, rtol=0)
    np.testing.assert_allclose(found, interp1d(times, position)(t), atol=1e-10)


def test_late_in_a_session_the_steps_stay_even(wheel):
    t, _ = interpolate_wheel(*wheel)

    assert t.dtype == np.float64
    assert np.diff(t) == pytest.approx(0.01, abs=1e-9)


def test_velocity_is_the_difference_of_the_filtered_position(wheel):
    _, position = interpolate_wheel(*wheel)
    smooth = sosfiltfilt(butter(8, 20 / 100 * 2, output="sos"), position)
    found = compute_wheel_velocity(position)

    assert found[0] == 0.0
    np.testing.assert_allclose(found[1:], np.diff(smooth) * 100, atol=1e-10, rtol=0)


def test_a_slow_turn_has_its_own_velocity_and_a_fast_shake_none():
    t = np.arange(0, 10, 0.01)
    slow = compute_wheel_velocity(np.sin(2 * np.pi * t))
    fast = compute_wheel_velocity(np.sin(2 * np.pi * 40 * t))

    # The difference looks half a sample back.
    expected = 2 * np.pi * np.cos(2 * np.pi * (t - 0.005))
    assert slow[100:-100] == pytest.approx(expected[100:-100], abs=0.01)
    assert np.abs(fast[100:-100]).max() < 1e-3


def test_what_can_not_be_filtered_is_said():
    shortest = np.zeros(28)
    assert compute_wheel_velocity(shortest).tolist() == [0.0] * 28
    for position in (np.zeros(27), [], np.full(100, np.nan), np.zeros((50, 2))):
        with pytest.raises(SignalFault, match="filtered"):
            compute_wheel_velocity(position)
    with pytest.raises(AnalysisError, match="rate"):
        compute_wheel_velocity(np.zeros(100), rate_hz=40)


def test_each_trial_has_the_samples_from_start_to_end():
    t = np.arange(0, 100, 0.01)
    velocity = np.sin(t)
    start = np.array([1.0, 20.003, np.nan, 50.0, -1.0, 99.5, 60.0, 70.0])
    end = np.array([2.0, 20.5, 30.0, np.nan, 1.0, 101.0, 59.0, 70.0])
    found = compute_velocity_by_trial(t, velocity, start, end)

    assert found.dtype == np.float32
    assert found.shape == (8, 100)
    for row, a, b in zip(found[:2], start, end, strict=False):
        plain = [v for at, v in zip(t, velocity, strict=True) if a <= at < b]
        np.testing.assert_array_equal(row[: len(plain)], np.float32(plain))
        assert np.isnan(row[len(plain) :]).all()
    assert np.isnan(found[2:]).all()


def test_no_trial_gives_no_row():
    assert compute_velocity_by_trial([0.0, 1.0], [0.0, 1.0], [], []).shape == (0, 0)


def test_the_peak_is_the_largest_speed():
    rows = [[1.0, -3.0, np.nan], [np.nan] * 3, [0.5, 0.2, 0.1]]

    np.testing.assert_array_equal(compute_peak_velocity(rows), [3.0, np.nan, 0.5])
    assert np.isnan(compute_peak_velocity(np.zeros((2, 0)))).all()


@pytest.mark.parametrize(
    ("times", "position"),
    [
        ([], []),
        ([1.0], [1.0]),
        ([0.0, 2.0, 1.0], [0.0] * 3),
        ([0.0, 1.0, 1.0], [0.0] * 3),
        ([0.0, 1.0, 2.0], [0.0, np.nan, 0.0]),
        ([0.0, np.nan, 2.0], [0.0] * 3),
    ],
)
def test_times_that_do_not_increase_and_unknown_positions_are_faults(times, position):
    with pytest.raises(SignalFault) as caught:
        interpolate_wheel(times, position)

    assert caught.value.where == "channel wheel"


def test_unlike_lengths_are_refused():
    with pytest.raises(AnalysisError):
        interpolate_wheel([0.0, 1.0], [0.0])
    with pytest.raises(AnalysisError):
        compute_velocity_by_trial([0.0, 1.0], [0.0, 1.0], [0.0], [])
