import numpy as np
import pytest
from scipy.signal import argrelextrema

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals import TRANSIENT_COLUMNS, find_transients
from ranvier.core import AnalysisError

RATE = 20.0
T = 50.0 + np.arange(0.0, 120.0, 1 / RATE)


def make_signal(times=(60.0, 77.5, 100.0), height=5.0, seed=0):
    """Triangles of 1 s up and 2 s down on noise."""
    x = np.random.default_rng(seed).normal(0, 0.05, T.size)
    for time in times:
        x += height * np.clip(np.minimum(1 + (T - time), 1 - (T - time) / 2), 0, None)
    return x


def find_as_guppy(x, n):
    """Threshold and peaks of one chunk after the other, said plainly."""
    found = []
    for start in range(0, x.size, n):
        chunk = x[start : start + n]
        centre = np.median(chunk)
        mad = np.median(np.abs(chunk - centre))
        rest = chunk[chunk <= centre + 2 * mad]
        level = np.median(rest)
        limit = level + 3 * np.median(np.abs(rest - level))
        above = np.where(chunk > limit, chunk, 0.0)
        found += [start + p for p in argrelextrema(above, np.greater)[0]]
    return found


def test_known_transients_come_back_with_their_shape():
    found = find_transients(T, make_signal(), threshold_mads=12.0).table

    np.testing.assert_allclose(found.t_peak, [60.0, 77.5, 100.0], atol=0.051)
    np.testing.assert_allclose(found.amplitude, 5.0, atol=0.25)
    np.testing.assert_allclose(found.rise_s, 1.0, atol=0.2)
    np.testing.assert_allclose(found.width_s, 1.5, atol=0.1)
    np.testing.assert_allclose(found.auc, 7.5, atol=0.5)
    assert (found.t_onset < found.t_peak).all()
    assert (found.t_peak < found.t_end).all()


def test_every_peak_over_the_threshold_is_that_of_guppy():
    x = make_signal()
    found = find_transients(T, x, merge=False)
    n = int(15 * RATE)
    # At the edge of a chunk GuPPy can't see the neighbour.
    wanted = [p for p in find_as_guppy(x, n) if 0 < p % n < n - 1]
    at = np.searchsorted(T, found.table.t_peak - 1e-9)

    assert [p for p in at if 0 < p % n < n - 1] == wanted
    assert len(wanted) > 10


def test_merged_transients_do_not_overlap():
    found = find_transients(T, make_signal()).table

    assert (found.t_onset.to_numpy()[1:] >= found.t_end.to_numpy()[:-1] - 1e-9).all()
    assert len(found) < len(find_transients(T, make_signal(), merge=False).table)


def test_a_compound_transient_is_one_at_its_highest_peak():
    x = make_signal((60.0,)) + 0.5 * make_signal((61.2,), 3.0)
    found = find_transients(T, x, threshold_mads=12.0).table

    assert len(found) == 1
    assert found.t_peak[0] == pytest.approx(60.0, abs=0.06)


def test_missing_samples_end_a_transient():
    x = make_signal((60.0,))
    x[(T > 60.5) & (T < 65.0)] = np.nan
    found = find_transients(T, x, threshold_mads=12.0).table

    assert found.t_end[0] == pytest.approx(60.5, abs=0.051)
    assert np.isfinite(found.to_numpy()).all()


def test_the_rate_counts_finite_minutes():
    x = make_signal()
    whole = find_transients(T, x, threshold_mads=12.0)
    x[T > 110.0] = np.nan
    half = find_transients(T, x, threshold_mads=12.0)

    assert whole.rate_per_min == pytest.approx(1.5, rel=1e-3)
    assert half.rate_per_min == pytest.approx(3.0, rel=1e-2)


@pytest.mark.parametrize("x", [np.ones(T.size), np.linspace(0, 1, T.size)])
def test_a_signal_without_peaks_has_an_empty_table(x):
    table = find_transients(T, x).table

    assert len(table) == 0
    assert tuple(table.columns) == TRANSIENT_COLUMNS


def test_a_single_sample_has_no_transient():
    assert len(find_transients([0.0], [1.0]).table) == 0


def test_a_signal_of_nan_is_a_fault():
    with pytest.raises(SignalFault, match="finite"):
        find_transients(T, np.full(T.size, np.nan))


def test_parameters_are_above_zero():
    with pytest.raises(AnalysisError, match="chunk_s"):
        find_transients(T, make_signal(), chunk_s=0.0)
