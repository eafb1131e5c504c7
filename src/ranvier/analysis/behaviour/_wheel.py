"""The wheel: position at even steps, velocity, velocity by trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.behaviour._columns import length_fault
from ranvier.analysis.faults import SignalFault
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ranvier.analysis.arrays import ArrayLike, FloatArray

WHEEL_RATE_HZ = 100.0
"""Samples per second of wheel velocity."""

_CORNER_HZ = 20.0
_ORDER = 8


def interpolate_wheel(
    times: ArrayLike, position: ArrayLike, rate_hz: float = WHEEL_RATE_HZ
) -> tuple[FloatArray, FloatArray]:
    """Read the position of the wheel at even steps.

    Parameters
    ----------
    times
        Of the encoder's samples, shape (n,), s, increasing; uneven, as an encoder
        sends when it moves.
    position
        Shape (n,), rad.
    rate_hz
        Samples per second of the result.

    Returns
    -------
    t : numpy.ndarray
        Shape (m,), s, from the first sample up to the last at most.
    position : numpy.ndarray
        Shape (m,), rad, by linear interpolation.

    Raises
    ------
    SignalFault
        If there are not two samples, one is not finite, or times do not increase.
    AnalysisError
        If the arrays are not of the same length.

    Notes
    -----
    All is float64: in float32 the steps of the time are wrong by 2 % after 4096 s.

    Examples
    --------
    >>> interpolate_wheel([0.0, 1.0], [0.0, 2.0], rate_hz=4)
    (array([0.  , 0.25, 0.5 , 0.75, 1.  ]), array([0. , 0.5, 1. , 1.5, 2. ]))
    """
    at, where = _check_wheel(times, position)
    # The last step must not be lost to rounding: (0.3 - 0) × 10 is 2.9999999999999996.
    n_steps = int(np.floor((at[-1] - at[0]) * rate_hz + 1e-6))
    t = at[0] + np.arange(n_steps + 1) / rate_hz
    return t, np.interp(t, at, where)


def compute_wheel_velocity(
    position: ArrayLike,
    rate_hz: float = WHEEL_RATE_HZ,
    corner_hz: float = _CORNER_HZ,
) -> FloatArray:
    """Differentiate the position of the wheel, without what is faster than a paw.

    Parameters
    ----------
    position
        At even steps, shape (n,), rad; see `interpolate_wheel`.
    rate_hz
        Samples per second.
    corner_hz
        Corner of the low-pass filter.

    Returns
    -------
    numpy.ndarray
        Velocity, shape (n,), rad/s: the change from the sample before; 0 at the first.

    Raises
    ------
    SignalFault
        If there are too few samples for the filter, or one is not finite.
    AnalysisError
        If the rate is not more than twice the corner.

    Notes
    -----
    Butterworth low-pass of 8th order in second-order sections, forward and backward
    (no delay), then the first difference. Acceleration is `np.diff` of it once more.

    Examples
    --------
    >>> compute_wheel_velocity(np.arange(100) / 100.0)[50].round(6)
    np.float64(1.0)
    """
    from scipy.signal import butter, sosfiltfilt

    if not 0 < corner_hz < rate_hz / 2:
        raise AnalysisError(
            "the wheel's rate is too low for the corner of the filter.",
            code="RV-A53",
            found=f"{rate_hz:g} Hz, corner {corner_hz:g} Hz",
            wanted="more than twice the corner",
            mend="interpolate the wheel at a higher rate, or lower the corner",
        )
    where = np.asarray(position, dtype=np.float64)
    sections = np.asarray(butter(_ORDER, corner_hz, fs=rate_hz, output="sos"))
    # What sosfiltfilt adds on either side; the signal must be longer.
    needed = 3 * (2 * len(sections) + 1 - int((sections[:, 2] == 0).sum())) + 1
    if where.ndim != 1 or where.size < needed or not np.isfinite(where).all():
        raise SignalFault(
            "the position of the wheel can't be filtered.",
            channel="wheel",
            found=f"shape {where.shape}, {int(np.isfinite(where).sum())} finite",
            wanted=f"{needed} samples or more, all finite",
            mend="leave the wheel of this session out",
        )
    smooth = np.asarray(sosfiltfilt(sections, where))
    return np.diff(smooth, prepend=smooth[0]) * rate_hz


def compute_velocity_by_trial(
    t: ArrayLike, velocity: ArrayLike, t_start: ArrayLike, t_end: ArrayLike
) -> NDArray[np.float32]:
    """Cut the velocity of the wheel into trials.

    Parameters
    ----------
    t
        Time of the samples, shape (n,), s, increasing.
    velocity
        Shape (n,), rad/s.
    t_start, t_end
        Of each trial, shape (n_trials,), s, on the same clock; samples from start up
        to, not with, end.

    Returns
    -------
    numpy.ndarray
        Shape (n_trials, longest), float32 as it is stored, NaN after a trial's end. A
        row is NaN if its trial has no start or no end, or leaves the recording.

    Raises
    ------
    AnalysisError
        If the arrays are not of the same length.
    SignalFault
        If a time is not finite, times do not increase, or there are not two.

    Examples
    --------
    >>> t = np.arange(5.0)
    >>> compute_velocity_by_trial(t, t, [0.0, 1.0], [2.0, 4.0])
    array([[ 0.,  1., nan],
           [ 1.,  2.,  3.]], dtype=float32)
    """
    at, speed = _check_wheel(t, velocity)
    begin, end = np.asarray(t_start, np.float64), np.asarray(t_end, np.float64)
    if begin.ndim != 1 or begin.shape != end.shape:
        raise length_fault(f"starts {begin.shape}, ends {end.shape}", "(n_trials,)")
    step = float(np.median(np.diff(at)))
    with np.errstate(invalid="ignore"):
        inside = (begin >= at[0]) & (end <= at[-1] + step) & (end >= begin)
    first, stop = np.searchsorted(at, np.where(inside, (begin, end), at[0]))
    length = np.where(inside, stop - first, 0)
    rows = np.full((len(begin), length.max(initial=0)), np.nan, np.float32)
    single = speed.astype(np.float32)
    # Trial by trial: one that lasted a minute makes the matrix mostly NaN.
    for row, start, n in zip(rows, first.tolist(), length.tolist(), strict=True):
        row[:n] = single[start : start + n]
    return rows


def compute_peak_velocity(velocity: ArrayLike) -> FloatArray:
    """Give the largest speed of each trial.

    Parameters
    ----------
    velocity
        Shape (n_trials, longest), rad/s, NaN after a trial's end.

    Returns
    -------
    numpy.ndarray
        max |velocity|, shape (n_trials,), rad/s; NaN for a trial without samples.

    Examples
    --------
    >>> compute_peak_velocity([[1.0, -3.0], [2.0, np.nan]])
    array([3., 2.])
    """
    speed = np.abs(np.asarray(velocity))
    if speed.shape[-1] == 0:
        return np.full(speed.shape[:-1], np.nan)
    # fmax leaves NaN out, and gives NaN of nothing else: the matrix is seen once.
    return np.fmax.reduce(speed, axis=-1).astype(np.float64)


def _check_wheel(times: ArrayLike, values: ArrayLike) -> tuple[FloatArray, FloatArray]:
    at = np.asarray(times, dtype=np.float64)
    numbers = np.asarray(values, dtype=np.float64)
    if at.ndim != 1 or at.shape != numbers.shape:
        raise length_fault(f"times {at.shape}, values {numbers.shape}", "(n,) each")
    forward = bool((np.diff(at) > 0).all())
    if at.size < 2 or not forward or not np.isfinite([at, numbers]).all():
        bad = int((~np.isfinite(at)).sum() + (~np.isfinite(numbers)).sum())
        still = int((~(np.diff(at) > 0)).sum())
        raise SignalFault(
            "the wheel has no times that increase, or numbers that are not finite.",
            channel="wheel",
            found=f"{at.size} samples, {bad} not finite, {still} steps not forward",
            wanted="two or more, finite, each later than the one before",
            mend="sort the samples and drop those that come twice",
        )
    return at, numbers
