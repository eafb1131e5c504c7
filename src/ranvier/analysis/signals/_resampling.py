"""Signals at other times: an even rate, the other band's samples; gaps stay gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ranvier.analysis.arguments import check_option, check_range
from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals._inputs import (
    as_columns,
    as_signal,
    as_times,
    measure_interval,
)

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, BoolArray, FloatArray

__all__ = ["Interpolation", "align_reference", "find_gaps", "resample_signal"]

Interpolation = Literal["pchip", "linear"]
"""Piecewise cubic that keeps to the shape (Fritsch & Carlson), or straight lines."""

_GAP = 3.0


def find_gaps(t: ArrayLike, factor: float = _GAP) -> FloatArray:
    """Find where samples are missing from their times.

    Parameters
    ----------
    t
        Sample times, shape (n_samples,), s, rising.
    factor
        A gap is an interval longer than so many median intervals.

    Returns
    -------
    numpy.ndarray
        Last time before and first time after each gap, shape (n_gaps, 2), s.

    Raises
    ------
    AnalysisError
        If `factor` is not above 1.
    SignalFault
        If times do not rise, or there is but one.

    Examples
    --------
    >>> find_gaps([0.0, 1.0, 2.0, 7.0, 8.0])
    array([[2., 7.]])
    """
    check_range("the factor of a gap", factor, 1.0)
    times = as_times(t, np.size(t))
    return _find_longer(times, factor * measure_interval(times))


def resample_signal(
    t: ArrayLike,
    signal: ArrayLike,
    rate_hz: float,
    method: Interpolation = "pchip",
    max_gap_s: float | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Interpolate a signal to an even rate, and leave gaps empty.

    Parameters
    ----------
    t
        Sample times, shape (n_samples,), s, rising.
    signal
        Shape (n_samples,) or (n_samples, n_channels), any unit; NaN is missing.
    rate_hz
        Samples per second wanted.
    method
        ``"pchip"`` or ``"linear"``.
    max_gap_s
        Times between two samples that are farther apart are NaN, s. By default, 3
        median intervals; `numpy.inf` bridges everything, as the IBL pipeline does.

    Returns
    -------
    t_even : numpy.ndarray
        From the first time to before the last, shape (m,), s.
    values : numpy.ndarray
        Shape (m,) or (m, n_channels), unit of the signal.

    Raises
    ------
    AnalysisError
        If the method is neither, the rate is not above 0 or lengths differ.
    SignalFault
        If times do not rise, or no channel has two finite samples.

    Notes
    -----
    No low-pass filter runs before: use it at about the signal's own rate.

    Examples
    --------
    >>> resample_signal([0.0, 1.0, 2.0, 7.0], [0.0, 1.0, 2.0, 7.0], 1.0, "linear")[1]
    array([ 0.,  1.,  2., nan, nan, nan, nan])
    """
    check_range("the rate", rate_hz, 0.0)
    x = as_signal(signal)
    times = as_times(t, x.shape[0])
    if max_gap_s is None:
        max_gap_s = _GAP * measure_interval(times)
    even = np.arange(times[0], times[-1], 1.0 / rate_hz)
    return even, _interpolate((times, x), even, method, max_gap_s)


def align_reference(
    t: ArrayLike,
    t_reference: ArrayLike,
    reference: ArrayLike,
    method: Interpolation = "linear",
    max_gap_s: float | None = None,
) -> FloatArray:
    """Interpolate the reference to the times of the signal's own samples.

    The two bands are lit in turn, so that a sample of the reference is half a frame
    off. At the ends the nearest sample is held for up to one interval.

    Parameters
    ----------
    t
        Sample times of the signal, shape (n_samples,), s, rising.
    t_reference
        Sample times of the reference, shape (m,), s, on the same clock, rising.
    reference
        Shape (m,) or (m, n_channels), any unit; NaN is missing.
    method
        ``"linear"`` or ``"pchip"``.
    max_gap_s
        Times between two samples that are farther apart are NaN, s. By default, 3
        median intervals.

    Returns
    -------
    numpy.ndarray
        Shape (n_samples,) or (n_samples, n_channels), unit of the reference.

    Raises
    ------
    AnalysisError
        If the method is neither or lengths differ.
    SignalFault
        If times do not rise, or no channel has two finite samples.

    Examples
    --------
    >>> align_reference([0.0, 1.0, 2.0], [0.5, 1.5, 2.5], [5.0, 15.0, 25.0])
    array([ 5., 10., 20.])
    """
    x = as_signal(reference)
    times = as_times(t_reference, x.shape[0])
    wanted = as_times(t, np.size(t))
    interval = measure_interval(times)
    if max_gap_s is None:
        max_gap_s = _GAP * interval
    held = np.clip(wanted, times[0], times[-1])
    values = _interpolate((times, x), held, method, max_gap_s)
    values[np.abs(wanted - held) > interval] = np.nan
    return values


def _interpolate(
    samples: tuple[FloatArray, FloatArray],
    at: FloatArray,
    method: Interpolation,
    max_gap_s: float,
) -> FloatArray:
    check_option("the method", method, ("pchip", "linear"))
    times, x = samples
    columns = as_columns(x)
    finite = np.isfinite(columns)
    if finite.all() and times.size > 1:
        values = _interpolate_whole(times, columns, at, method)
        values[_find_inside(times, at, max_gap_s)] = np.nan
        return values.reshape(at.size, *x.shape[1:])
    values = np.full((at.size, columns.shape[1]), np.nan)
    usable = np.flatnonzero(finite.sum(axis=0) > 1)
    if usable.size == 0:
        raise SignalFault(
            "there are too few samples to interpolate between.",
            found=f"{int(finite.sum())} finite samples",
            wanted="2 or more",
        )
    for channel in usable.tolist():
        known: BoolArray = finite[:, channel]
        t_known = times[known]
        x_known = columns[known, channel][:, np.newaxis]
        value = _interpolate_whole(t_known, x_known, at, method)
        outside = (at < t_known[0]) | (at > t_known[-1])
        value[outside | _find_inside(t_known, at, max_gap_s)] = np.nan
        values[:, channel] = value[:, 0]
    return values.reshape(at.size, *x.shape[1:])


def _interpolate_whole(
    times: FloatArray, columns: FloatArray, at: FloatArray, method: Interpolation
) -> FloatArray:
    if method == "linear":
        lines = [np.interp(at, times, column) for column in columns.T]
        return np.stack(lines, axis=1)
    from scipy.interpolate import PchipInterpolator

    return np.asarray(PchipInterpolator(times, columns, axis=0)(at))


def _find_longer(times: FloatArray, limit_s: float) -> FloatArray:
    # A rounding of the clock does not make an interval longer than it may be.
    at = np.flatnonzero(np.diff(times) > limit_s * (1.0 + 1e-9))
    return np.stack([times[at], times[at + 1]], axis=1)


def _find_inside(times: FloatArray, at: FloatArray, max_gap_s: float) -> BoolArray:
    """Tell which of the times `at` lie within a gap, ends left out."""
    inside = np.zeros(at.size, dtype=np.bool_)
    for start, stop in _find_longer(times, max_gap_s):
        low = np.searchsorted(at, start, "right")
        inside[low : np.searchsorted(at, stop, "left")] = True
    return inside
