"""QC of levels and samples: saturation, the digitiser's steps, gaps, the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ranvier.analysis.arguments import check_option
from ranvier.analysis.qc._inputs import as_channel, as_times, check_lengths

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray

__all__ = [
    "compute_gap_fraction",
    "compute_iso_correlation",
    "compute_quantisation_ratio",
    "compute_saturation_fraction",
]

_MAD_TO_SD = 0.6744897501960817
_STUCK = 3
_FLAT = 1e-12


def compute_saturation_fraction(signal: ArrayLike) -> float:
    """Compute the share of samples that are stuck at the largest or smallest value.

    Parameters
    ----------
    signal
        Raw channel, shape (n_samples,), any unit; NaN is left out.

    Returns
    -------
    float
        Samples at either value in runs of 3 or more / samples; 1 if constant, 0 of
        anything continuous, NaN if no sample is finite.

    Raises
    ------
    AnalysisError
        If there is more than one channel.
    SignalFault
        If it is empty.

    Examples
    --------
    >>> compute_saturation_fraction([1.0, 4.0, 4.0, 4.0, 2.0, 0.0])
    0.5
    """
    x = as_channel(signal)
    x = x[np.isfinite(x)]
    if x.size == 0:
        return float("nan")
    is_stuck = np.zeros(x.size, dtype=np.bool_)
    for extreme in (x.min(), x.max()):
        edges = np.flatnonzero(np.diff(np.r_[False, x == extreme, False]))
        starts, stops = edges[::2], edges[1::2]
        long = stops - starts >= _STUCK
        change = np.zeros(x.size + 1, dtype=np.int64)
        change[starts[long]] += 1
        change[stops[long]] -= 1
        is_stuck |= np.cumsum(change[:-1]) > 0
    return float(is_stuck.mean())


def compute_quantisation_ratio(signal: ArrayLike) -> float:
    """Compute how coarse the digitiser is beside the noise of the signal.

    Parameters
    ----------
    signal
        Raw channel, shape (n_samples,), any unit; NaN is left out.

    Returns
    -------
    float
        Smallest step between values / SD of the noise from sample to sample. Below 0.1
        the digitiser does not matter; from 0.5 on the signal is steps. Infinite if
        constant; NaN with fewer than 3 finite samples.

    Raises
    ------
    AnalysisError
        If there is more than one channel.
    SignalFault
        If it is empty.

    Notes
    -----
    The noise is MAD / 0.6745 of the differences between neighbours, over √2; their
    SD over √2 if that is less than two steps, of which a MAD can't tell. Steps below
    1e-9 of the range are rounding, not steps.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0.0, 1.0, 5000)
    >>> round(compute_quantisation_ratio(noise.round(1)), 1)
    0.1
    """
    x = as_channel(signal)
    x = x[np.isfinite(x)]
    if x.size < 3:
        return float("nan")
    gaps = np.diff(np.unique(x))
    gaps = gaps[gaps > 1e-9 * np.ptp(x)]
    if gaps.size == 0:
        return float("inf")
    steps = np.diff(x)
    noise = float(np.median(np.abs(steps - np.median(steps)))) / _MAD_TO_SD
    # In whole steps of the digitiser the MAD says 1 or 2 and nothing between.
    if noise < 2.0 * gaps.min():
        noise = float(steps.std())
    return float(gaps.min() * np.sqrt(2.0) / noise)


def compute_gap_fraction(t: ArrayLike) -> float:
    """Compute the share of samples that are missing from the times.

    Parameters
    ----------
    t
        Sample times, shape (n_samples,), s, rising.

    Returns
    -------
    float
        Missing / (missing + there), where an interval of 3 medians lacks two.

    Raises
    ------
    SignalFault
        If there are fewer than 2 samples, or times go back.

    Examples
    --------
    >>> compute_gap_fraction([0.0, 1.0, 2.0, 5.0])
    0.3333333333333333
    """
    intervals = np.diff(as_times(t))
    usual = float(np.median(intervals))
    if usual <= 0.0:
        return float("nan")
    missing = float(np.maximum(np.rint(intervals / usual) - 1.0, 0.0).sum())
    return missing / (missing + intervals.size + 1.0)


def compute_iso_correlation(
    signal: ArrayLike, reference: ArrayLike, compat: Literal["iblnm"] | None = None
) -> float:
    """Compute R² of the regression of the signal on its isosbestic reference.

    Parameters
    ----------
    signal, reference
        One channel in both bands, bleaching taken out (ΔF/F), at the same times, shape
        (n_samples,); samples with a NaN are left out.
    compat
        ``"iblnm"``: minus infinity for a constant signal, as the IBL pipeline has it.

    Returns
    -------
    float
        The squared Pearson correlation, 0 to 1. NaN if either is constant or fewer
        than 3 samples are finite.

    Raises
    ------
    AnalysisError
        If lengths differ or `compat` is not known.
    SignalFault
        If they are empty.

    Examples
    --------
    >>> round(compute_iso_correlation([1.0, 2.0, 3.0, 5.0], [2.0, 4.0, 6.0, 10.0]), 9)
    1.0
    """
    if compat is not None:
        check_option("compat", compat, ("iblnm",))
    y, x = as_channel(signal), as_channel(reference)
    check_lengths(y, x)
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if x.size < 3 or _is_constant(x):
        return float("nan")
    if _is_constant(y):
        return float("-inf") if compat else float("nan")
    x, y = x - x.mean(), y - y.mean()
    return float((x @ y) ** 2 / ((x @ x) * (y @ y)))


def _is_constant(x: FloatArray) -> bool:
    return bool(np.ptp(x) <= _FLAT * np.abs(x).max())
