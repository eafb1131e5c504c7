import numpy as np
import pytest
from scipy import stats

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals import compute_dff, compute_zscore
from ranvier.core import AnalysisError

X = np.random.default_rng(1).normal(3.0, 2.0, (500, 2)) ** 3


def test_dff_is_the_change_over_the_baseline():
    f0 = np.abs(X) + 1.0

    np.testing.assert_allclose(compute_dff(X, f0), X / f0 - 1.0, atol=1e-12)


@pytest.mark.parametrize("ground", [0.0, -1.0, np.nan])
def test_dff_over_no_baseline_is_missing(ground):
    assert np.isnan(compute_dff([1.0], [ground]))[0]


def test_dff_wants_one_shape():
    with pytest.raises(AnalysisError, match="shape"):
        compute_dff(X, X[:, 0])


def test_the_standard_zscore_is_scipys():
    np.testing.assert_allclose(compute_zscore(X), stats.zscore(X), atol=1e-12)
    np.testing.assert_allclose(compute_zscore(X[:, 0]), stats.zscore(X[:, 0]), 1e-9)


def test_the_modified_zscore_is_scipys_mad():
    mad = stats.median_abs_deviation(X)
    wanted = 0.6745 * (X - np.median(X, axis=0)) / mad

    np.testing.assert_allclose(compute_zscore(X, "modified"), wanted, atol=1e-12)


def test_the_baseline_zscore_refers_to_its_window():
    t = np.arange(500) / 10.0
    part = X[(t >= 5.0) & (t < 20.0)]
    wanted = (X - part.mean(axis=0)) / part.std(axis=0)

    np.testing.assert_allclose(
        compute_zscore(X, "baseline", t=t, window=(5.0, 20.0)), wanted, atol=1e-12
    )
    np.testing.assert_allclose(
        compute_zscore(X, "baseline", mask=(t >= 5.0) & (t < 20.0)), wanted, atol=1e-12
    )


def test_missing_samples_are_left_out_and_stay():
    holed = X[:, 0].copy()
    holed[::7] = np.nan
    known = np.isfinite(holed)
    z = compute_zscore(holed)

    assert np.isnan(z[~known]).all()
    np.testing.assert_allclose(z[known], stats.zscore(holed[known]), atol=1e-12)


def test_a_constant_channel_among_others_is_missing():
    two = np.column_stack([X[:, 0], np.full(500, 0.0039215686274509)])

    assert np.isnan(compute_zscore(two)[:, 1]).all()
    assert np.isfinite(compute_zscore(two)[:, 0]).all()


@pytest.mark.parametrize("kind", ["standard", "modified"])
@pytest.mark.parametrize("value", [0.0, 0.0039215686274509, np.nan])
def test_a_constant_has_no_zscore(kind, value):
    with pytest.raises(SignalFault, match="constant"):
        compute_zscore(np.full(50, value), kind)


def test_what_is_asked_wrongly_is_refused():
    with pytest.raises(AnalysisError, match="kind"):
        compute_zscore(X, "robust")
    with pytest.raises(AnalysisError, match="baseline"):
        compute_zscore(X, "baseline")
    with pytest.raises(AnalysisError, match="shape"):
        compute_zscore(X, mask=[True])
    with pytest.raises(SignalFault, match="empty"):
        compute_zscore([])
    with pytest.raises(SignalFault, match="window"):
        compute_zscore(X, "baseline", t=np.arange(500.0), window=(600.0, 700.0))
