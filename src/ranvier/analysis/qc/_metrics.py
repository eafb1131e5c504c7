"""QC metrics of one channel, each a plain function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.qc._inputs import as_channel
from ranvier.analysis.qc._rows import (
    ROW_METRICS,
    Rows,
    compute_unique,
    make_row_with_gaps,
    make_rows,
)

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike

__all__ = [
    "compute_ar1",
    "compute_ar_score",
    "compute_median_absolute_deviance",
    "compute_percentile_asymmetry",
    "compute_percentile_distance",
    "compute_unique_fraction",
]


def compute_unique_fraction(signal: ArrayLike) -> float:
    """Compute the share of distinct values: low if dead, saturated or cut coarsely.

    Parameters
    ----------
    signal
        Raw channel, shape (n_samples,), any unit, not detrended: a line taken off
        makes all samples of a dead channel different. NaN is left out.

    Returns
    -------
    float
        Distinct values / samples; NaN if none is finite.

    Raises
    ------
    AnalysisError
        If there is more than one channel.
    SignalFault
        If it is empty.

    Examples
    --------
    >>> compute_unique_fraction([1.0, 1.0, 2.0, 2.0])
    0.5
    """
    return _measure("n_unique_samples", signal)


def compute_median_absolute_deviance(signal: ArrayLike) -> float:
    """Compute median|x - median x|, not scaled to a SD.

    Parameters
    ----------
    signal
        One channel, shape (n_samples,), any unit; NaN is left out.

    Returns
    -------
    float
        In the unit of the signal; NaN if no sample is finite.

    Raises
    ------
    AnalysisError
        If there is more than one channel.
    SignalFault
        If it is empty.

    Examples
    --------
    >>> compute_median_absolute_deviance([1.0, 2.0, 3.0, 4.0, 90.0])
    1.0
    """
    return _measure("median_absolute_deviance", signal)


def compute_percentile_distance(signal: ArrayLike) -> float:
    """Compute how far the 95th percentile is over the median, in SD.

    Parameters
    ----------
    signal
        One channel, shape (n_samples,), any unit; NaN is left out.

    Returns
    -------
    float
        P95 - P50 of the z-score (ddof 0): large with positive transients, 1.64 of
        normal noise. NaN if constant.

    Raises
    ------
    AnalysisError
        If there is more than one channel.
    SignalFault
        If it is empty.

    Examples
    --------
    >>> round(compute_percentile_distance([0.0, 1.0, 2.0, 3.0, 4.0]), 4)
    1.2728
    """
    return _measure("percentile_distance", signal)


def compute_percentile_asymmetry(signal: ArrayLike) -> float:
    """Compute how much farther the upper quartile is from the median than the lower.

    Parameters
    ----------
    signal
        One channel, shape (n_samples,), any unit; NaN is left out.

    Returns
    -------
    float
        |P75 - P50| / |P50 - P25|: 1 if symmetric, infinite if the lower is at the
        median, NaN if constant.

    Raises
    ------
    AnalysisError
        If there is more than one channel.
    SignalFault
        If it is empty.

    Examples
    --------
    >>> compute_percentile_asymmetry([0.0, 1.0, 2.0, 4.0, 9.0])
    2.0
    """
    return _measure("percentile_asymmetry", signal)


def compute_ar_score(signal: ArrayLike) -> float:
    """Compute how well two samples tell the next: R² of AR(2).

    Parameters
    ----------
    signal
        One channel, shape (n_samples,), any unit, evenly sampled; triples with NaN are
        left out.

    Returns
    -------
    float
        1 - RSS / Σ(x_t - mean)² of the regression of x_t on x_{t-2} and x_{t-1}
        without intercept; near 0 of white noise around 0. NaN if constant or shorter
        than 5 samples.

    Raises
    ------
    AnalysisError
        If there is more than one channel.
    SignalFault
        If it is empty.

    Examples
    --------
    >>> round(compute_ar_score(np.sin(np.arange(100.0))), 6)
    1.0
    """
    return _measure("ar_score", signal)


def compute_ar1(signal: ArrayLike) -> float:
    """Compute the AR(1) coefficient: the slope of the line of x_t on x_{t-1}.

    Parameters
    ----------
    signal
        One channel, shape (n_samples,), any unit, evenly sampled; pairs with NaN are
        left out.

    Returns
    -------
    float
        0 of white noise, near 1 of a slow signal; NaN if constant.

    Raises
    ------
    AnalysisError
        If there is more than one channel.
    SignalFault
        If it is empty.

    Examples
    --------
    >>> round(compute_ar1(np.sin(np.arange(1000.0) / 10.0)), 3)
    0.995
    """
    return _measure("ar1", signal)


def _measure(metric: str, signal: ArrayLike) -> float:
    x = as_channel(signal)
    finite = np.isfinite(x)
    if not finite.any():
        return float("nan")
    if finite.all():
        rows: Rows = make_rows(x[np.newaxis])
    else:
        unique = compute_unique(np.sort(x[finite])[np.newaxis])
        rows = make_row_with_gaps(x, float(unique[0]))
    return float(ROW_METRICS[metric](rows)[0])
