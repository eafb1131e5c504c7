import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals import align_reference, find_gaps, resample_signal
from ranvier.core import AnalysisError


def make_samples(n=3000, n_channels=2, seed=0):
    rng = np.random.default_rng(seed)
    t = 700.0 + np.cumsum(rng.uniform(0.9, 1.1, n)) / 30.0
    return t, np.cumsum(rng.normal(0, 1, (n, n_channels)), axis=0)


def test_it_is_the_pchip_of_scipy_where_there_is_no_gap():
    t, x = make_samples()
    wanted_t = np.arange(t[0], t[-1], 1 / 25.0)
    even, values = resample_signal(t, x, 25.0)

    np.testing.assert_allclose(even, wanted_t, rtol=0, atol=1e-10)
    for channel in range(2):
        wanted = PchipInterpolator(t, x[:, channel])(wanted_t)
        np.testing.assert_allclose(values[:, channel], wanted, rtol=0, atol=1e-10)


def test_linear_is_that_of_numpy():
    t, x = make_samples()
    even, values = resample_signal(t, x[:, 0], 25.0, "linear")

    np.testing.assert_array_equal(values, np.interp(even, t, x[:, 0]))


@pytest.mark.parametrize("method", ["pchip", "linear"])
def test_gaps_stay_empty(method):
    t = np.r_[np.arange(0.0, 10.0, 0.1), np.arange(20.0, 30.0, 0.1)]
    even, values = resample_signal(t, np.sin(t), 10.0, method)
    is_inside = (even > 9.9) & (even < 20.0)

    assert np.isnan(values[is_inside]).all()
    assert np.isfinite(values[~is_inside]).all()
    assert np.isfinite(resample_signal(t, np.sin(t), 10.0, method, np.inf)[1]).all()
    assert np.isfinite(resample_signal(t, np.sin(t), 10.0, method, 10.2)[1]).all()


def test_missing_samples_are_gaps_of_their_own_channel():
    t = np.arange(0.0, 20.0, 0.1)
    x = np.stack([t, t, np.full_like(t, np.nan)], axis=1)
    x[50:100, 0] = np.nan
    x[120, 0] = x[0, 0] = np.nan
    even, values = resample_signal(t, x, 20.0)
    is_gap = (even > 4.9 + 1e-9) & (even < 10.0 - 1e-9)

    assert np.isnan(values[is_gap, 0]).all()
    assert np.isnan(values[even < 0.1, 0]).all()
    assert np.isfinite(values[~is_gap & (even >= 0.1), 0]).all()
    np.testing.assert_allclose(values[:, 1], even, atol=1e-9)
    assert np.isnan(values[:, 2]).all()


def test_gaps_are_found_by_the_median_interval():
    t = [0.0, 1.0, 2.0, 3.0, 5.0, 6.0, 10.0]

    np.testing.assert_array_equal(find_gaps(t), [[6.0, 10.0]])
    np.testing.assert_array_equal(find_gaps(t, 1.5), [[3.0, 5.0], [6.0, 10.0]])
    assert find_gaps([0.0, 1.0]).shape == (0, 2)


def test_the_reference_is_moved_to_the_times_of_the_signal():
    t = np.arange(0.0, 60.0, 1 / 30)
    t_reference = t + 1 / 60
    moved = align_reference(t, t_reference, np.sin(t_reference), "pchip")

    np.testing.assert_allclose(moved[1:], np.sin(t[1:]), atol=2e-4)
    assert moved[0] == np.sin(t_reference[0])


def test_the_reference_is_not_held_longer_than_an_interval():
    t = np.arange(0.0, 10.0, 0.5)
    moved = align_reference(t, t[4:15] + 0.25, np.ones(11))

    assert np.isnan(moved[:4]).all()
    assert np.isfinite(moved[4:15]).all()
    assert np.isnan(moved[17:]).all()


@given(st.lists(st.floats(0.01, 1.0), min_size=3, max_size=40), st.floats(1.0, 50.0))
@settings(max_examples=30, deadline=None)
def test_resampled_values_never_leave_the_range_of_the_samples(steps, rate):
    t = np.cumsum(steps)
    x = np.cos(40.0 * t)
    _, values = resample_signal(t, x, rate, max_gap_s=np.inf)

    assert values.min() >= x.min() - 1e-9
    assert values.max() <= x.max() + 1e-9


@pytest.mark.parametrize("t", [[0.0, 2.0, 1.0], [0.0, 1.0, 1.0], [0.0, np.nan, 1.0]])
def test_times_that_do_not_rise_are_a_fault(t):
    with pytest.raises(SignalFault, match="times"):
        resample_signal(t, [1.0, 2.0, 3.0], 30.0)


def test_too_few_samples_are_a_fault():
    with pytest.raises(SignalFault):
        resample_signal([0.0], [1.0], 30.0)
    with pytest.raises(SignalFault, match="too few"):
        resample_signal([0.0, 1.0, 2.0], [np.nan, 1.0, np.nan], 30.0)


def test_what_is_asked_wrongly_is_refused():
    t, x = make_samples(50)

    with pytest.raises(AnalysisError, match="method"):
        resample_signal(t, x, 30.0, "cubic")
    with pytest.raises(AnalysisError, match="rate"):
        resample_signal(t, x, 0.0)
    with pytest.raises(AnalysisError, match="shape"):
        resample_signal(t[1:], x, 30.0)
    with pytest.raises(AnalysisError, match="factor"):
        find_gaps(t, 1.0)
