"""Bleaching taken out of a signal, by whichever baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ranvier.analysis.arguments import check_option
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.signals._bleaching import BleachingFit, fit_bleaching
from ranvier.analysis.signals._inputs import (
    as_columns,
    as_signal,
    as_times,
    measure_interval,
)
from ranvier.analysis.signals._lowpass import compute_lowpass_baseline
from ranvier.analysis.signals._resampling import find_gaps
from ranvier.analysis.signals._scaling import compute_dff

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray

__all__ = [
    "BaselineMethod",
    "BleachingCorrection",
    "compute_baseline",
    "correct_bleaching",
]

BaselineMethod = Literal["lowpass", "single", "double"]
"""A low-pass filter, or one or two exponentials."""


@dataclass(frozen=True)
class BleachingCorrection:
    """A signal without its bleaching.

    Parameters
    ----------
    corrected
        Of the signal's shape.
    baseline
        F0, of the signal's shape and unit.
    fits
        The exponentials, one fit a channel; none of a low-pass baseline.
    provenance
        How it was made.
    """

    corrected: FloatArray
    baseline: FloatArray
    fits: tuple[BleachingFit, ...]
    provenance: Provenance


def correct_bleaching(
    t: ArrayLike,
    signal: ArrayLike,
    method: BaselineMethod = "lowpass",
    mode: Literal["dff", "subtract", "divide"] = "dff",
    window: tuple[float, float] | None = None,
    cutoff_hz: float = 0.01,
) -> BleachingCorrection:
    """Take the bleaching out of a signal.

    Parameters
    ----------
    t
        Sample times, shape (n_samples,), s, rising.
    signal
        Raw fluorescence, shape (n_samples,) or (n_samples, n_channels), any unit.
    method
        What F0 is: ``"lowpass"`` (`compute_lowpass_baseline`, in which samples that
        are not there count as missing), or ``"single"`` or ``"double"``
        (`fit_bleaching`), which leave tonic changes in the signal.
    mode
        ``"dff"``: (F - F0) / F0; ``"subtract"``: F - F0; ``"divide"``: F / F0.
    window
        Fit exponentials to this epoch only, s on the clock of `t`; their baseline is
        drawn through all of the recording.
    cutoff_hz
        Of the low-pass filter.

    Returns
    -------
    BleachingCorrection

    Raises
    ------
    AnalysisError
        If a method or mode is none of these, or lengths differ.
    SignalFault
        If times do not rise, or a channel is too short or constant.

    Examples
    --------
    >>> t = np.arange(0.0, 600.0)
    >>> done = correct_bleaching(t, 2.0 + np.exp(-t / 100.0), "single")
    >>> bool(np.abs(done.corrected).max() < 1e-6)
    True
    """
    check_option("the mode", mode, ("dff", "subtract", "divide"))
    check_option("the method", method, ("lowpass", "single", "double"))
    x = as_signal(signal)
    times = as_times(t, x.shape[0])
    fits: tuple[BleachingFit, ...] = ()
    if method == "lowpass":
        baseline = compute_baseline(times, x, method, cutoff_hz=cutoff_hz)
    else:
        columns = as_columns(x).T
        fits = tuple(fit_bleaching(times, column, method, window) for column in columns)
        drawn = np.stack([fit.evaluate(times) for fit in fits], axis=1)
        baseline = drawn.reshape(x.shape)
    corrected = x - baseline if mode == "subtract" else compute_dff(x, baseline)
    if mode == "divide":
        corrected += 1.0
    return BleachingCorrection(
        corrected,
        baseline,
        fits,
        make_provenance(
            "correct_bleaching",
            {"method": method, "mode": mode, "window": window, "cutoff_hz": cutoff_hz},
            n_samples=x.shape[0],
        ),
    )


def compute_baseline(
    t: FloatArray,
    signal: FloatArray,
    method: BaselineMethod,
    *,
    cutoff_hz: float = 0.01,
    order: int = 3,
    is_even: bool = False,  # the filter takes samples as they come, gaps or not
) -> FloatArray:
    """Compute F0 of a low-pass filter for all channels, or of exponentials for one."""
    check_option("the baseline", method, ("lowpass", "single", "double"))
    if method != "lowpass":
        return fit_bleaching(t, signal, method).evaluate(t)
    rate_hz = 1.0 / measure_interval(t)
    if is_even:
        return compute_lowpass_baseline(signal, rate_hz, cutoff_hz, order)
    at = _place_evenly(t, rate_hz, round(rate_hz / cutoff_hz) + 1)
    even = np.full((at[-1] + 1, *signal.shape[1:]), np.nan)
    even[at] = signal
    return compute_lowpass_baseline(even, rate_hz, cutoff_hz, order)[at]


def _place_evenly(t: FloatArray, rate_hz: float, longest: int) -> IntArray:
    """Give each sample its row among even ones, in which gaps have rows as well."""
    # A filter knows no times: to it, the last sample before a gap and the first after
    # it are neighbours. No gap needs more rows than part it from what it bridges.
    gaps = find_gaps(t)
    missing = np.rint((gaps[:, 1] - gaps[:, 0]) * rate_hz) - 1.0
    steps = np.ones(t.size, dtype=np.int64)
    steps[np.searchsorted(t, gaps[:, 1])] += np.minimum(missing, longest).astype(int)
    return np.cumsum(steps) - 1
