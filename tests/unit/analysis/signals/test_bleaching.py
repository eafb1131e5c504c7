import numpy as np
import pytest
from scipy.optimize import curve_fit

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals import correct_bleaching, fit_bleaching
from ranvier.core import AnalysisError


def make_bleached(tau, amplitude=0.002, duration=3600.0, rate=10.0, noise=2e-5, **more):
    """A channel in units of Neurophotometrics, on a clock that does not start at 0."""
    t = 4000.0 + np.arange(0.0, duration, 1.0 / rate)
    since = t - t[0]
    y = 0.004 + amplitude * np.exp(-since / tau)
    if more:
        y += more["fast_amplitude"] * np.exp(-since / more["fast_tau"])
    return t, y + np.random.default_rng(3).normal(0, noise, t.size)


@pytest.mark.parametrize("tau", [60.0, 200.0, 600.0, 1600.0, 3600.0])
def test_the_time_constant_comes_back_within_five_percent(tau):
    fit = fit_bleaching(*make_bleached(tau))

    assert fit.tau_s == pytest.approx(tau, rel=0.05)
    assert fit.amplitude == pytest.approx(0.002, rel=0.05)
    assert fit.offset == pytest.approx(0.004, rel=0.05)
    assert fit.is_identifiable
    assert fit.note == ""


def test_the_fit_does_not_depend_on_units_or_clock():
    t, y = make_bleached(500.0)
    fit, other = fit_bleaching(t, y), fit_bleaching(t - 4000.0, 1e6 * y + 5.0)

    assert other.tau_s == pytest.approx(fit.tau_s, rel=1e-6)
    assert other.amplitude == pytest.approx(1e6 * fit.amplitude, rel=1e-6)
    assert other.r_squared == pytest.approx(fit.r_squared, rel=1e-6)


@pytest.mark.parametrize(("rate", "tolerance"), [(1.0, 1e-6), (10.0, 1e-4)])
def test_it_is_the_least_squares_of_scipy(rate, tolerance):
    t, y = make_bleached(700.0, rate=rate)
    wanted, _ = curve_fit(
        lambda x, a, tau, b: b + a * np.exp(-x / tau),
        t - t[0],
        1000.0 * y,
        (2.0, 500.0, 4.0),
        xtol=1e-14,
        ftol=1e-14,
    )
    fit = fit_bleaching(t, y)

    assert fit.tau_s == pytest.approx(wanted[1], rel=tolerance)
    assert 1000.0 * fit.amplitude == pytest.approx(wanted[0], rel=tolerance)
    assert 1000.0 * fit.offset == pytest.approx(wanted[2], rel=tolerance)


def test_two_exponentials_come_back():
    t, y = make_bleached(2400.0, fast_tau=90.0, fast_amplitude=0.001)
    fit = fit_bleaching(t, y, "double")

    assert fit.tau_s == pytest.approx(2400.0, rel=0.05)
    assert fit.tau_fast_s == pytest.approx(90.0, rel=0.05)
    assert fit.amplitude_fast == pytest.approx(0.001, rel=0.05)
    assert fit.is_identifiable


def test_two_exponentials_fit_as_well_as_one_where_there_is_one():
    t, y = make_bleached(1500.0)
    one, two = fit_bleaching(t, y), fit_bleaching(t, y, "double")

    assert two.r_squared >= one.r_squared - 1e-6


def test_the_baseline_is_drawn_at_any_time():
    t, y = make_bleached(500.0, noise=0.0)
    fit = fit_bleaching(t, y)

    np.testing.assert_allclose(fit.evaluate(t), y, rtol=1e-6)
    np.testing.assert_allclose(
        fit.evaluate([[t[0] + 500.0]]), [[0.004 + 0.002 / np.e]], rtol=1e-5
    )


def test_a_baseline_epoch_is_fitted_alone():
    t, y = make_bleached(500.0)
    y[t > 5500.0] += 0.01  # an injection
    fit = fit_bleaching(t, y, window=(t[0], 5500.0))

    assert fit.tau_s == pytest.approx(500.0, rel=0.05)
    np.testing.assert_allclose(fit.evaluate(t[-1]), 0.004, atol=5e-5)


def test_missing_samples_are_left_out():
    t, y = make_bleached(500.0)
    whole = fit_bleaching(t, y)
    y[3000:4000] = np.nan

    assert fit_bleaching(t, y).tau_s == pytest.approx(whole.tau_s, rel=0.02)
    assert fit_bleaching(t, y).provenance.n["n_samples"] == t.size - 1000


@pytest.mark.parametrize("model", ["single", "double"])
def test_noise_without_bleaching_has_no_time_constant(model):
    t, y = make_bleached(500.0, amplitude=0.0, duration=1200.0)
    fit = fit_bleaching(t, y, model)

    assert not fit.is_identifiable
    assert fit.note


def test_a_rising_signal_does_not_bleach():
    t = np.arange(1000.0)
    fit = fit_bleaching(t, 1.0 + 1e-3 * t)

    assert not fit.is_identifiable
    assert fit.note == "nothing bleaches"


def test_a_time_constant_of_several_recordings_is_told_to_be_so():
    fit = fit_bleaching(*make_bleached(60_000.0, duration=1800.0))

    assert not fit.is_identifiable
    assert "too long" in fit.note


def test_bounds_of_the_time_constant_are_kept():
    t, y = make_bleached(500.0)
    fit = fit_bleaching(t, y, tau_bounds_s=(600.0, 6000.0))

    assert fit.tau_s == pytest.approx(600.0, rel=1e-3)
    assert not fit.is_identifiable


@pytest.mark.parametrize("value", [0.0039215686274509, 0.0, np.nan])
def test_constant_and_empty_channels_are_a_fault(value):
    with pytest.raises(SignalFault):
        fit_bleaching(np.arange(100.0), np.full(100, value))


@pytest.mark.parametrize("t", [[0.0] * 100, np.arange(100.0)[::-1], [np.nan] * 100])
def test_times_that_do_not_rise_are_a_fault(t):
    with pytest.raises(SignalFault, match="times"):
        fit_bleaching(t, np.arange(100.0))


def test_what_is_asked_wrongly_is_refused():
    t, y = make_bleached(500.0, duration=60.0)

    with pytest.raises(AnalysisError, match="model"):
        fit_bleaching(t, y, "triple")
    with pytest.raises(AnalysisError, match="time constant"):
        fit_bleaching(t, y, tau_bounds_s=(10.0, 1.0))
    with pytest.raises(AnalysisError, match="shape"):
        fit_bleaching(t[:-1], y)
    with pytest.raises(SignalFault, match="window"):
        fit_bleaching(t, y, window=(0.0, 1.0))
    with pytest.raises(SignalFault, match="too few"):
        fit_bleaching(t[:10], y[:10])


@pytest.mark.parametrize("method", ["lowpass", "single", "double"])
def test_every_method_takes_the_bleaching_out(method):
    t, y = make_bleached(700.0, rate=1.0)
    channels = np.stack([y, 3.0 * y], axis=1)
    done = correct_bleaching(t, channels, method, cutoff_hz=0.001)

    assert done.corrected.shape == done.baseline.shape == channels.shape
    np.testing.assert_allclose(
        done.corrected, channels / done.baseline - 1.0, atol=1e-9
    )
    assert done.corrected.std() < 0.2 * (y / y.mean()).std()
    assert len(done.fits) == (0 if method == "lowpass" else 2)


def test_the_modes_of_correction_are_what_they_say():
    t, y = make_bleached(700.0, rate=1.0)
    cut = correct_bleaching(t, y, "single", "subtract")
    shared = correct_bleaching(t, y, "single", "divide")

    np.testing.assert_allclose(cut.corrected, y - cut.baseline, atol=1e-12)
    np.testing.assert_allclose(shared.corrected, y / cut.baseline, rtol=1e-9)
    with pytest.raises(AnalysisError, match="mode"):
        correct_bleaching(t, y, mode="multiply")


def test_a_gap_parts_the_lowpass_baseline():
    t = np.arange(0.0, 1500.0, 1 / 30)
    signal = 2.0 + np.exp(-t / 300.0)
    keep = (t < 500.0) | (t >= 800.0)
    found = correct_bleaching(t[keep], signal[keep]).baseline
    first = correct_bleaching(t[t < 500.0], signal[t < 500.0]).baseline
    last = correct_bleaching(t[t >= 800.0], signal[t >= 800.0]).baseline

    np.testing.assert_allclose(found, np.concatenate([first, last]), rtol=1e-10)


def test_a_gap_of_days_costs_no_more_than_one_of_minutes():
    t = np.concatenate([np.arange(3000), 1e9 + np.arange(3000)]) / 30.0
    found = correct_bleaching(t, np.full(6000, 2.0)).baseline

    np.testing.assert_allclose(found, 2.0, rtol=1e-9)
