import numpy as np
import pytest

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals import compute_crosscorrelation
from ranvier.core import AnalysisError


def correlate_plainly(x, y, lags):
    r, n = [], []
    for lag in lags:
        a = x[max(0, -lag) : x.size - max(0, lag)]
        b = y[max(0, lag) : y.size - max(0, -lag)]
        known = np.isfinite(a) & np.isfinite(b)
        n.append(known.sum())
        r.append(np.corrcoef(a[known], b[known])[0, 1])
    return np.array(r), np.array(n)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_it_is_the_correlation_of_the_pairs_at_each_lag(offset):
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.normal(0, 1, 400)) + offset
    y = np.roll(x, 7) + rng.normal(0, 2, 400)
    x[100:130] = np.nan
    y[[5, 300]] = np.nan
    wanted, pairs = correlate_plainly(x, y, range(-30, 31))
    found = compute_crosscorrelation(x, y, 10.0, 3.0)

    np.testing.assert_allclose(found.r, wanted, atol=1e-9)
    np.testing.assert_array_equal(found.n_pairs, pairs)
    np.testing.assert_allclose(found.lags_s, np.arange(-30, 31) / 10.0)


def test_a_signal_that_follows_has_a_positive_lag():
    x = np.random.default_rng(1).normal(0, 1, 1000)
    found = compute_crosscorrelation(x[4:], x[:-4], 20.0, 1.0)

    assert found.peak_lag_s == pytest.approx(0.2)
    assert found.peak_r == pytest.approx(1.0)


def test_the_largest_correlation_may_be_negative():
    x = np.random.default_rng(1).normal(0, 1, 1000)
    found = compute_crosscorrelation(x, -x, 20.0, 1.0)

    assert (found.peak_lag_s, found.peak_r) == pytest.approx((0.0, -1.0))


def test_lags_without_pairs_are_missing():
    x = np.r_[np.random.default_rng(0).normal(0, 1, 50), np.full(50, np.nan)]
    found = compute_crosscorrelation(x, x[::-1], 1.0, 60.0)

    assert np.isnan(found.r[found.n_pairs < 3]).all()
    assert found.n_pairs[found.lags_s < 1].max() == 0


@pytest.mark.parametrize("x", [np.ones(50), np.full(50, np.nan)])
def test_a_constant_or_empty_signal_is_a_fault(x):
    with pytest.raises(SignalFault, match="constant"):
        compute_crosscorrelation(x, np.arange(50.0), 10.0, 1.0)


def test_what_is_asked_wrongly_is_refused():
    with pytest.raises(AnalysisError, match="lags"):
        compute_crosscorrelation(np.arange(9.0), np.arange(9.0), 10.0, 1.0)
    with pytest.raises(AnalysisError, match="rate"):
        compute_crosscorrelation(np.arange(9.0), np.arange(9.0), 0.0)
    with pytest.raises(AnalysisError, match="shape"):
        compute_crosscorrelation(np.arange(9.0), np.arange(8.0), 10.0)
