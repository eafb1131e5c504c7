"""The slow baseline of a signal, as what a low-pass filter leaves of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.arguments import check_range
from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals._inputs import as_columns, as_signal, iter_runs

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, BoolArray, FloatArray

__all__ = ["compute_lowpass_baseline"]


def compute_lowpass_baseline(
    signal: ArrayLike, rate_hz: float, cutoff_hz: float = 0.01, order: int = 3
) -> FloatArray:
    """Compute F0 by a low-pass Butterworth filter run forward and backward.

    Not causal, and blind to anything that changes more slowly than the cut-off: tonic
    changes go into the baseline.

    Parameters
    ----------
    signal
        Shape (n_samples,) or (n_samples, n_channels), evenly sampled, any unit; NaN
        where a sample is missing.
    rate_hz
        Samples per second.
    cutoff_hz
        Where a single pass has -3 dB, Hz.
    order
        Order of the filter; run twice, it acts as of twice the order.

    Returns
    -------
    numpy.ndarray
        Of the signal's shape and unit. NaN where the signal is, and in channels that
        have no finite sample.

    Raises
    ------
    AnalysisError
        If the cut-off is not between 0 and half the rate.
    SignalFault
        If the signal is too short to filter, or no channel has a finite sample.

    Notes
    -----
    F0 of the IBL pipeline: second-order sections, `scipy.signal.sosfiltfilt` with its
    default (odd) padding. Missing samples are bridged by a line as long as the gap is
    shorter than one period of the cut-off, of which a filter can't tell anyway. The
    stretches between longer gaps are filtered each by itself; one that is too short
    for that has its median for a baseline.

    Examples
    --------
    >>> compute_lowpass_baseline([2.0] * 40, 30.0).round(9)[[0, -1]]
    array([2., 2.])
    """
    from scipy import signal as dsp

    x = as_signal(signal)
    check_range("the cut-off", cutoff_hz, 0.0, rate_hz / 2.0)
    sections = np.asarray(
        dsp.butter(order, cutoff_hz, "lowpass", fs=rate_hz, output="sos")
    )
    edge = _count_padding(sections)
    if x.shape[0] <= edge:
        raise SignalFault(
            "the signal is too short to be filtered.",
            found=f"{x.shape[0]} samples",
            wanted=f"more than {edge} samples",
            mend="leave the channel out, or use an exponential baseline",
        )
    finite = np.isfinite(x)
    if finite.all():
        return np.asarray(dsp.sosfiltfilt(sections, x, axis=0))
    if not finite.any():
        raise SignalFault("the signal has no finite sample.", found=f"{x.size} NaN")
    columns, baseline = as_columns(x), np.full_like(as_columns(x), np.nan)
    bridge = round(rate_hz / cutoff_hz)
    for channel, known in enumerate(as_columns(finite).T):
        _filter_stretches(
            (columns[:, channel], known), baseline[:, channel], sections, bridge
        )
    return baseline.reshape(x.shape)


def _filter_stretches(
    channel: tuple[FloatArray, BoolArray],
    out: FloatArray,
    sections: FloatArray,
    bridge: int,
) -> None:
    from scipy import signal as dsp

    x, known = channel
    at = np.flatnonzero(known)
    if at.size == 0:
        return
    whole = np.interp(np.arange(x.size), at, x[at])
    joined = known.copy()
    joined[: at[0]] = joined[at[-1] + 1 :] = False
    for start, stop in iter_runs(~known):
        if at[0] < start and stop <= at[-1] and stop - start <= bridge:
            joined[start:stop] = True
    for start, stop in iter_runs(joined):
        part = slice(start, stop)
        if stop - start > _count_padding(sections):
            out[part] = dsp.sosfiltfilt(sections, whole[part])
        else:
            out[part] = np.median(x[part][known[part]])
    out[~known] = np.nan


def _count_padding(sections: FloatArray) -> int:
    # What sosfiltfilt pads with at each end, and so the least that it can take.
    zeros = min((sections[:, 2] == 0).sum(), (sections[:, 5] == 0).sum())
    return int(3 * (2 * len(sections) + 1 - zeros))
