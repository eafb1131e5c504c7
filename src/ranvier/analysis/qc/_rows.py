"""QC metrics of many windows at once: windows are rows of one matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.analysis.arrays import BoolArray, FloatArray

_SINGULAR = 1e-13


@dataclass(frozen=True)
class Rows:
    """Windows of equal length, with what several metrics need.

    Parameters
    ----------
    values
        Detrended or not, shape (n_rows, n_samples), finite.
    ordered
        The same, each row sorted.
    unique_fraction
        Share of distinct values before detrending, shape (n_rows,).
    pairs
        For the slope on the sample before: value before, difference from there.
    lagged
        For regressions of a sample on the two before: value two before, difference
        from there, next difference; each (n_rows, m).
    """

    values: FloatArray
    ordered: FloatArray
    unique_fraction: FloatArray
    pairs: tuple[FloatArray, FloatArray]
    lagged: tuple[FloatArray, FloatArray, FloatArray]


def make_rows(values: FloatArray, unique_fraction: FloatArray | None = None) -> Rows:
    """Prepare windows without a missing sample."""
    ordered = np.sort(values, axis=1)
    if unique_fraction is None:
        unique_fraction = compute_unique(ordered)
    steps = values[:, 1:] - values[:, :-1]
    lagged = (values[:, :-2], steps[:, :-1], steps[:, 1:])
    return Rows(values, ordered, unique_fraction, (values[:, :-1], steps), lagged)


def make_row_with_gaps(values: FloatArray, unique_fraction: float) -> Rows:
    """Prepare one window with missing samples; neighbours stay those in time."""
    steps = values[1:] - values[:-1]
    is_pair = np.isfinite(steps)
    known = is_pair[1:] & is_pair[:-1]
    lagged = (values[:-2][known], steps[:-1][known], steps[1:][known])
    finite = values[np.isfinite(values)][np.newaxis]
    return Rows(
        finite,
        np.sort(finite, axis=1),
        np.array([unique_fraction]),
        (values[:-1][is_pair][np.newaxis], steps[is_pair][np.newaxis]),
        (lagged[0][np.newaxis], lagged[1][np.newaxis], lagged[2][np.newaxis]),
    )


def compute_unique(ordered: FloatArray) -> FloatArray:
    """Give the share of distinct values of sorted rows, shape (n_rows,)."""
    distinct = 1 + np.count_nonzero(ordered[:, 1:] != ordered[:, :-1], axis=1)
    return distinct / ordered.shape[1]


def compute_quantiles(ordered: FloatArray, percents: tuple[float, ...]) -> FloatArray:
    """Give percentiles of sorted rows, as `numpy.percentile`, (n_percents, n_rows)."""
    last = ordered.shape[1] - 1
    place = np.asarray(percents) / 100.0 * last
    low = np.floor(place).astype(np.intp)
    share = (place - low)[:, np.newaxis]
    below, above = ordered[:, low].T, ordered[:, np.minimum(low + 1, last)].T
    return below + share * (above - below)


def compute_median_deviance(rows: Rows) -> FloatArray:
    """Give median|x - median x| of rows, without a second sort."""
    # The k samples nearest to the median are neighbours in a sorted row. So the k-th
    # smallest distance is the least, over all runs of k neighbours, of the larger
    # distance of their two ends.
    s = rows.ordered
    n = s.shape[1]
    centre = (s[:, (n - 1) // 2] + s[:, n // 2])[:, np.newaxis] / 2.0
    off = s - centre
    ranks = {(n + 1) // 2, n // 2 + 1}
    nearest = [
        np.maximum(-off[:, : n - k + 1], off[:, k - 1 :]).min(axis=1) for k in ranks
    ]
    return np.where(_is_flat(rows), 0.0, np.mean(nearest, axis=0))


def compute_distance(rows: Rows) -> FloatArray:
    """Give P95 - P50 in SD (ddof 0) of rows; NaN where a row is constant."""
    middle, high = compute_quantiles(rows.ordered, (50.0, 95.0))
    spread = rows.values.std(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(_is_flat(rows), np.nan, (high - middle) / spread)


def compute_asymmetry(rows: Rows) -> FloatArray:
    """Give |P75 - P50| / |P50 - P25| of rows; inf over 0, NaN of a constant."""
    low, middle, high = compute_quantiles(rows.ordered, (25.0, 50.0, 75.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(high - middle) / np.abs(middle - low)
    return np.where(_is_flat(rows), np.nan, ratio)


def compute_ar2_r_squared(rows: Rows) -> FloatArray:
    """Give R² of x_t on (x_{t-2}, x_{t-1}) without intercept, of rows."""
    # Regressed is the next difference, on the value two before and the difference from
    # there: the same residuals, since the one before is the sum of the two; but numbers
    # of noise's size, so that normal equations keep their digits.
    two_before, step, following = rows.lagged
    if two_before.shape[1] < 3:
        return np.full(len(two_before), np.nan)
    a, b, c = _dot(two_before, two_before), _dot(step, step), _dot(two_before, step)
    p, q = _dot(two_before, following), _dot(step, following)
    determinant = a * b - c * c
    is_singular = ~(determinant > _SINGULAR * a * b) | _is_flat(rows)
    safe = np.where(is_singular, 1.0, determinant)
    by_value = ((p * b - q * c) / safe)[:, np.newaxis]
    by_step = ((q * a - p * c) / safe)[:, np.newaxis]
    rest = following - by_value * two_before
    rest -= by_step * step
    target = two_before + step + following
    target -= target.mean(axis=1, keepdims=True)
    total = _dot(target, target)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(is_singular, np.nan, 1.0 - _dot(rest, rest) / total)


def compute_ar1_coefficient(rows: Rows) -> FloatArray:
    """Give the slope of the line of x_t on x_{t-1}; NaN of a constant."""
    before, step = rows.pairs
    if before.shape[1] < 2:
        return np.full(len(before), np.nan)
    before = before - before.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = 1.0 + _dot(before, step) / _dot(before, before)
    return np.where(_is_flat(rows), np.nan, slope)


def _dot(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.einsum("ij,ij->i", one, other)


def _is_flat(rows: Rows) -> BoolArray:
    # Known before detrending; a line taken from a constant leaves rounding behind.
    return rows.unique_fraction * rows.values.shape[1] <= 1.5


ROW_METRICS: dict[str, Callable[[Rows], FloatArray]] = {
    "n_unique_samples": lambda rows: rows.unique_fraction,
    "n_unique_samples_detrended": lambda rows: compute_unique(rows.ordered),
    "median_absolute_deviance": compute_median_deviance,
    "percentile_distance": compute_distance,
    "percentile_asymmetry": compute_asymmetry,
    "ar_score": compute_ar2_r_squared,
    "ar1": compute_ar1_coefficient,
}
"""Metrics by the name of their column."""
