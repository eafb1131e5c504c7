import numpy as np
import pytest
from scipy import signal as dsp

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals import compute_lowpass_baseline
from ranvier.core import AnalysisError

RATE = 30.0


def make_channels(n_samples=6000, n_channels=3, seed=0):
    rng = np.random.default_rng(seed)
    decay = np.exp(-np.arange(n_samples) / 3000.0)[:, np.newaxis]
    return 0.01 + 0.005 * decay + rng.normal(0, 1e-4, (n_samples, n_channels))


def filter_by_scipy(x, cutoff=0.01):
    sections = dsp.butter(3, cutoff, fs=RATE, output="sos")
    return dsp.sosfiltfilt(sections, x)


def test_it_is_what_scipy_gives_channel_by_channel():
    channels = make_channels()
    wanted = np.stack([filter_by_scipy(x) for x in channels.T], axis=1)

    np.testing.assert_allclose(compute_lowpass_baseline(channels, RATE), wanted, 1e-10)
    np.testing.assert_allclose(
        compute_lowpass_baseline(channels[:, 0], RATE), wanted[:, 0], 1e-10
    )


def test_a_short_gap_is_bridged_and_stays_missing():
    x = make_channels()[:, 0]
    holed = x.copy()
    holed[2000:2060] = np.nan
    bridged = x.copy()
    bridged[2000:2060] = np.interp(np.arange(2000, 2060), [1999, 2060], x[[1999, 2060]])
    baseline = compute_lowpass_baseline(holed, RATE)

    assert np.isnan(baseline[2000:2060]).all()
    known = ~np.isnan(holed)
    np.testing.assert_allclose(baseline[known], filter_by_scipy(bridged)[known], 1e-10)


def test_stretches_between_long_gaps_are_filtered_each_by_itself():
    x = make_channels(9000)[:, 0]
    x[2000:6000] = np.nan
    baseline = compute_lowpass_baseline(x, RATE)

    np.testing.assert_allclose(baseline[:2000], filter_by_scipy(x[:2000]), 1e-10)
    np.testing.assert_allclose(baseline[6000:], filter_by_scipy(x[6000:]), 1e-10)


def test_a_stretch_too_short_to_filter_has_its_median():
    x = np.full(9000, np.nan)
    x[:2000] = make_channels(2000)[:, 0]
    x[8000:8005] = [1.0, 2.0, 3.0, 4.0, 9.0]

    np.testing.assert_array_equal(compute_lowpass_baseline(x, RATE)[8000:8005], 3.0)


def test_an_empty_channel_does_not_spoil_the_others():
    channels = make_channels()
    channels[:, 1] = np.nan
    baseline = compute_lowpass_baseline(channels, RATE)

    assert np.isnan(baseline[:, 1]).all()
    np.testing.assert_allclose(baseline[:, 2], filter_by_scipy(channels[:, 2]), 1e-10)


def test_a_constant_is_its_own_baseline():
    np.testing.assert_allclose(compute_lowpass_baseline([2.5] * 500, RATE), 2.5, 1e-9)


@pytest.mark.parametrize("bad", [np.ones(12), np.full(500, np.nan), []])
def test_short_and_empty_signals_are_a_fault(bad):
    with pytest.raises(SignalFault):
        compute_lowpass_baseline(bad, RATE)


def test_thirteen_samples_are_enough_as_for_scipy():
    x = np.arange(13.0)

    np.testing.assert_allclose(
        compute_lowpass_baseline(x, RATE), filter_by_scipy(x), 1e-10, 1e-12
    )


@pytest.mark.parametrize("cutoff", [0.0, 15.0, np.nan])
def test_a_cutoff_beyond_half_the_rate_is_refused(cutoff):
    with pytest.raises(AnalysisError, match="cut-off"):
        compute_lowpass_baseline(np.ones(100), RATE, cutoff)


def test_more_than_two_axes_are_refused():
    with pytest.raises(AnalysisError, match="shape"):
        compute_lowpass_baseline(np.ones((3, 3, 3)), RATE)
