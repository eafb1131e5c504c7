"""Artefacts: found by their steepness, by a ceiling, or by hand; and taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.arguments import check_range, make_shape_error
from ranvier.analysis.signals._inputs import as_channel, as_signal, as_times, iter_runs

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, BoolArray, FloatArray

__all__ = ["find_artefacts", "find_saturation", "mask_artefacts"]

_MAD_TO_SD = 0.6745


def mask_artefacts(t: ArrayLike, signal: ArrayLike, windows: ArrayLike) -> FloatArray:
    """Replace the samples within windows by NaN.

    Parameters
    ----------
    t
        Sample times, shape (n_samples,), s, rising.
    signal
        Shape (n_samples,) or (n_samples, n_channels), any unit.
    windows
        Start and end of each artefact, both included, shape (n_windows, 2), s on the
        clock of `t`; they may overlap.

    Returns
    -------
    numpy.ndarray
        A copy, of the signal's shape and unit.

    Raises
    ------
    AnalysisError
        If lengths differ, or windows are not pairs.
    SignalFault
        If times do not rise.

    Examples
    --------
    >>> mask_artefacts([0.0, 1.0, 2.0], [5.0, 90.0, 5.0], [(0.5, 1.5)])
    array([ 5., nan,  5.])
    """
    x = as_signal(signal).copy()
    times = as_times(t, x.shape[0])
    pairs = np.asarray(windows, dtype=np.float64)
    if pairs.size == 0:
        return x
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise make_shape_error(f"windows of shape {pairs.shape}", "(n_windows, 2)")
    for start, stop in pairs:
        low = np.searchsorted(times, start, "left")
        x[low : np.searchsorted(times, stop, "right")] = np.nan
    return x


def find_artefacts(
    t: ArrayLike,
    signal: ArrayLike,
    n_mads: float = 15.0,
    pad_s: float = 0.1,
    merge_s: float = 0.5,
) -> FloatArray:
    """Find where a channel jumps faster than it does elsewhere.

    Parameters
    ----------
    t
        Sample times, shape (n_samples,), s, rising.
    signal
        One channel, shape (n_samples,), any unit; NaN is no artefact.
    n_mads
        A change from one sample to the next counts when it is so many robust SDs
        (MAD / 0.6745) of all changes away from their median.
    pad_s
        What is added on both sides, s.
    merge_s
        Artefacts closer than this are one: a jump up and back again, s.

    Returns
    -------
    numpy.ndarray
        Start and end of each, shape (n_artefacts, 2), s, in order, for
        `mask_artefacts`.

    Raises
    ------
    AnalysisError
        If lengths differ, or `n_mads` is not above 0.
    SignalFault
        If times do not rise.

    Notes
    -----
    A guess to look at, not to take blindly: a threshold on the derivative finds steps
    and spikes, and no slow drift. If more than half of the changes are equal, as of a
    coarse digitiser, their mean size stands in for the MAD.

    Examples
    --------
    >>> t = np.arange(100) / 10.0
    >>> find_artefacts(t, np.sin(t) + 9.0 * (t == 5.0)).round(1)
    array([[4.8, 5.2]])
    """
    check_range("n_mads", n_mads, 0.0)
    x = as_channel(signal)
    times = as_times(t, x.size)
    steps = np.diff(x)
    known = steps[np.isfinite(steps)]
    if known.size == 0:
        return np.zeros((0, 2))
    centre = float(np.median(known))
    off = np.abs(known - centre)
    spread = float(np.median(off)) / _MAD_TO_SD
    if spread == 0.0:
        spread = float(np.sqrt(np.pi / 2.0)) * float(off.mean())
    with np.errstate(invalid="ignore"):
        at = np.flatnonzero(np.abs(steps - centre) > n_mads * spread)
    return _merge(times[at] - pad_s, times[at + 1] + pad_s, merge_s)


def find_saturation(
    signal: ArrayLike, ceiling: float | None = None, min_run: int = 3
) -> BoolArray:
    """Find the samples at the ceiling of the digitiser.

    Parameters
    ----------
    signal
        Raw channel, shape (n_samples,), any unit.
    ceiling
        From where on a sample is saturated, unit of the signal. By default, the
        largest value, if it is ever taken `min_run` times in a row.
    min_run
        Least number of such samples in a row.

    Returns
    -------
    numpy.ndarray
        True where saturated, shape (n_samples,).

    Raises
    ------
    AnalysisError
        If the signal has more than one channel.
    SignalFault
        If it is empty.

    Examples
    --------
    >>> find_saturation([1.0, 4.0, 4.0, 4.0, 2.0]).tolist()
    [False, True, True, True, False]
    """
    x = as_channel(signal)
    mask = np.zeros(x.size, dtype=np.bool_)
    if not np.isfinite(x).any():
        return mask
    limit = float(np.nanmax(x)) if ceiling is None else ceiling
    for start, stop in iter_runs(x >= limit):
        mask[start:stop] = stop - start >= min_run
    return mask


def _merge(starts: FloatArray, stops: FloatArray, merge_s: float) -> FloatArray:
    if starts.size == 0:
        return np.zeros((0, 2))
    # Both rise, so a window ends where the next one starts too late.
    cut = np.flatnonzero(starts[1:] - stops[:-1] > merge_s)
    first, last = np.append(0, cut + 1), np.append(cut, starts.size - 1)
    return np.stack([starts[first], stops[last]], axis=1)
