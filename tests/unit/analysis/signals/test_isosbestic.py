import numpy as np
import pytest
import statsmodels.api as sm

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals import fit_isosbestic
from ranvier.core import AnalysisError


def make_bands(n=3000, share=0.2, slope=0.4, seed=0):
    """Motion in both bands, and transients in the signal only."""
    rng = np.random.default_rng(seed)
    reference = rng.normal(0, 1, n)
    signal = slope * reference + 0.1 + rng.normal(0, 0.3, n)
    is_transient = rng.random(n) < share
    signal[is_transient] += rng.exponential(3.0, is_transient.sum())
    return signal, reference, is_transient


@pytest.mark.parametrize("seed", range(6))
def test_the_robust_line_is_that_of_statsmodels(seed):
    signal, reference, _ = make_bands(share=0.07 * seed, seed=seed)
    wanted = sm.RLM(
        signal, sm.add_constant(reference), M=sm.robust.norms.TukeyBiweight()
    ).fit(maxiter=200, tol=1e-12)
    fit = fit_isosbestic(signal, reference)

    assert fit.slope == pytest.approx(wanted.params[1], abs=1e-8)
    assert fit.intercept == pytest.approx(wanted.params[0], abs=1e-8)
    np.testing.assert_allclose(fit.weights, wanted.weights, atol=1e-6)


def test_another_tuning_constant_is_that_of_statsmodels_too():
    signal, reference, _ = make_bands()
    wanted = sm.RLM(
        signal, sm.add_constant(reference), M=sm.robust.norms.TukeyBiweight(c=3.0)
    ).fit(maxiter=200, tol=1e-12)

    assert fit_isosbestic(signal, reference, tuning=3.0).slope == pytest.approx(
        wanted.params[1], abs=1e-8
    )


def test_the_ordinary_line_is_that_of_statsmodels():
    signal, reference, _ = make_bands()
    wanted = sm.OLS(signal, sm.add_constant(reference)).fit()
    fit = fit_isosbestic(signal, reference, "ols")

    np.testing.assert_allclose([fit.intercept, fit.slope], wanted.params, rtol=1e-10)
    np.testing.assert_allclose(fit.residual, wanted.resid, atol=1e-10)
    assert fit.r_squared == pytest.approx(wanted.rsquared, abs=1e-12)
    assert fit.n_iterations == 0


def test_transients_tilt_the_ordinary_line_and_not_the_robust_one():
    signal, reference, is_transient = make_bands(n=20_000)
    signal[is_transient & (reference > 0)] += 3.0
    robust, ordinary = (fit_isosbestic(signal, reference, m) for m in ("irls", "ols"))

    assert robust.slope == pytest.approx(0.4, abs=0.03)
    assert abs(ordinary.slope - 0.4) > 0.1
    assert robust.weights[is_transient].mean() < 0.4


@pytest.mark.parametrize("unit", [1e-9, 1e6])
def test_the_line_does_not_depend_on_units(unit):
    signal, reference, _ = make_bands()
    fit = fit_isosbestic(signal, reference)
    other = fit_isosbestic(unit * signal, reference / unit)

    assert other.slope == pytest.approx(unit**2 * fit.slope, rel=1e-7)
    assert other.r_squared == pytest.approx(fit.r_squared, rel=1e-9)


def test_a_perfect_line_is_found():
    reference = np.sin(np.arange(200.0))
    fit = fit_isosbestic(2.0 * reference - 1.0, reference)

    assert (fit.slope, fit.intercept) == pytest.approx((2.0, -1.0), abs=1e-12)
    assert fit.r_squared == pytest.approx(1.0)


def test_a_negative_slope_is_warned_of():
    signal, reference, _ = make_bands(slope=-0.5)
    fit = fit_isosbestic(signal, reference)

    assert fit.is_slope_negative
    assert any("negative" in words for words in fit.warnings)


def test_a_reference_that_carries_transients_is_warned_of():
    signal, reference, is_transient = make_bands()
    clean = fit_isosbestic(signal, reference)
    bleeding = fit_isosbestic(signal, reference - 1.5 * is_transient)

    assert not clean.is_bleeding
    assert clean.warnings == ()
    assert bleeding.is_bleeding
    assert bleeding.reference_shift < -0.5


def test_missing_samples_and_those_under_the_mask_have_no_part():
    signal, reference, _ = make_bands()
    holed, mask = signal.copy(), np.ones(signal.size, bool)
    holed[:50] = np.nan
    mask[50:90] = False
    fit = fit_isosbestic(holed, reference, mask=mask)
    part = fit_isosbestic(signal[90:], reference[90:])

    assert (fit.slope, fit.intercept) == pytest.approx(
        (part.slope, part.intercept), rel=1e-9
    )
    assert fit.weights[:90].max() == 0.0
    assert np.isnan(fit.residual[:50]).all()
    assert np.isfinite(fit.residual[50:]).all()


def test_a_constant_signal_has_a_line_and_no_r_squared():
    fit = fit_isosbestic(np.ones(50), np.arange(50.0))

    assert fit.slope == 0.0
    assert np.isnan(fit.r_squared)


@pytest.mark.parametrize("reference", [np.full(50, 0.0039215686274509), np.zeros(50)])
def test_a_constant_reference_is_a_fault(reference):
    with pytest.raises(SignalFault, match="constant"):
        fit_isosbestic(np.arange(50.0), reference)


def test_a_reference_that_varies_only_in_outliers_is_a_fault():
    reference, signal = np.zeros(400), np.random.default_rng(0).normal(0, 1, 400)
    reference[::50] = 1.0
    signal[::50] = [30.0, -30.0] * 4

    with pytest.raises(SignalFault, match="outliers"):
        fit_isosbestic(signal, reference)


def test_too_few_samples_are_a_fault():
    with pytest.raises(SignalFault, match="too few"):
        fit_isosbestic([1.0, np.nan, 3.0], [1.0, 2.0, np.nan])


def test_what_is_asked_wrongly_is_refused():
    with pytest.raises(AnalysisError, match="method"):
        fit_isosbestic([1.0, 2.0], [1.0, 2.0], "huber")
    with pytest.raises(AnalysisError, match="shape"):
        fit_isosbestic([1.0, 2.0], [1.0])
    with pytest.raises(AnalysisError, match="shape"):
        fit_isosbestic(np.ones((5, 2)), np.ones((5, 2)))
    with pytest.raises(AnalysisError, match="tuning"):
        fit_isosbestic([1.0, 2.0], [1.0, 2.0], tuning=0.0)
