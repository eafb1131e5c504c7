"""Transients: peaks that stand out of their surroundings, and the shape of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.arguments import check_range
from ranvier.analysis.faults import SignalFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.signals._inputs import as_channel, as_times

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray

__all__ = ["TRANSIENT_COLUMNS", "Transients", "find_transients"]

TRANSIENT_COLUMNS = (
    *("t_onset", "t_peak", "t_end", "peak"),
    *("amplitude", "rise_s", "width_s", "auc"),
)
"""Columns of a table of transients."""


@dataclass(frozen=True)
class Transients:
    """The transients of one channel.

    Parameters
    ----------
    table
        One row for each, in order of time: `t_onset`, `t_peak`, `t_end` (s, on the
        signal's clock), `peak` (unit of the signal), `amplitude` (peak less baseline),
        `rise_s` (onset to peak), `width_s` (at half of the amplitude), `auc` (area over
        the baseline from onset to end, unit × s).
    threshold, baseline
        At each sample, shape (n_samples,), unit of the signal.
    rate_per_min
        Transients a minute of finite signal.
    provenance
        How it was made.
    """

    table: pd.DataFrame
    threshold: FloatArray
    baseline: FloatArray
    rate_per_min: float
    provenance: Provenance


def find_transients(
    t: ArrayLike,
    signal: ArrayLike,
    chunk_s: float = 15.0,
    prefilter_mads: float = 2.0,
    threshold_mads: float = 3.0,
    merge: bool = True,
) -> Transients:
    """Find the transients of one channel.

    Parameters
    ----------
    t
        Sample times, shape (n_samples,), s, rising.
    signal
        ΔF/F or z-score, shape (n_samples,); NaN is missing and ends a transient.
    chunk_s
        Length of the chunks that have a baseline and a threshold each, s.
    prefilter_mads
        Samples so many MADs over the median of their chunk are left out before
        baseline and threshold are measured.
    threshold_mads
        A peak counts when it is so many MADs of the rest over the median of the rest.
    merge
        Take peaks between which the signal does not come back to its baseline for one
        transient, at the highest of them. If not, each is one, and they share onset
        and end.

    Returns
    -------
    Transients

    Raises
    ------
    AnalysisError
        If lengths differ, or a parameter is not above 0.
    SignalFault
        If times do not rise, or the signal has no finite sample.

    Notes
    -----
    Threshold as in GuPPy (Sherathiya et al., Sci. Rep. 11, 2021): chunks of 15 s, MADs
    not scaled, high values left out at 2 MAD, threshold at 3 MAD of what remains.
    GuPPy counts every peak over it (`merge=False`). Onset and end, here: where the
    signal last was at its baseline (that median) before the peak, and first is after.

    Examples
    --------
    >>> t = np.arange(600) / 20.0
    >>> signal = 0.01 * np.sin(40.0 * t) + np.exp(-((t - 9.0) ** 2) / 0.5)
    >>> find_transients(t, signal).table.t_peak.tolist()
    [9.0]
    """
    for name, value in (
        ("chunk_s", chunk_s),
        ("prefilter_mads", prefilter_mads),
        ("threshold_mads", threshold_mads),
    ):
        check_range(name, value, 0.0)
    x = as_channel(signal)
    times = as_times(t, x.size)
    finite = np.isfinite(x)
    if not finite.any():
        raise SignalFault("the signal has no finite sample.", found=f"{x.size} NaN")
    baseline, threshold = _measure_chunks(
        (times, x), chunk_s, prefilter_mads, threshold_mads
    )
    peaks, onsets, ends = _find_peaks(x, baseline, threshold)
    if merge:
        peaks, onsets, ends = _merge_excursions(x, peaks, onsets, ends)
    rows = [
        _describe(times, x, float(baseline[peak]), (onset, peak, end))
        for peak, onset, end in zip(peaks, onsets, ends, strict=True)
    ]
    table = pd.DataFrame(rows, columns=list(TRANSIENT_COLUMNS), dtype=np.float64)
    interval = float(np.median(np.diff(times))) if times.size > 1 else np.nan
    parameters = {
        "chunk_s": chunk_s,
        "prefilter_mads": prefilter_mads,
        "threshold_mads": threshold_mads,
        "merge": merge,
    }
    return Transients(
        table=table,
        threshold=threshold,
        baseline=baseline,
        rate_per_min=60.0 * len(table) / (float(finite.sum()) * interval),
        provenance=make_provenance(
            "find_transients", parameters, n_samples=x.size, n_transients=len(table)
        ),
    )


def _measure_chunks(
    samples: tuple[FloatArray, FloatArray],
    chunk_s: float,
    prefilter_mads: float,
    threshold_mads: float,
) -> tuple[FloatArray, FloatArray]:
    times, x = samples
    baseline, threshold = np.full_like(x, np.nan), np.full_like(x, np.nan)
    n_chunks = int((times[-1] - times[0]) // chunk_s) + 1
    starts = times[0] + chunk_s * np.arange(n_chunks + 1)
    cuts = np.searchsorted(times, starts)
    cuts[-1] = x.size
    for low, high in pairwise(cuts):
        values = x[low:high]
        values = values[np.isfinite(values)]
        if values.size == 0:
            continue
        centre = np.median(values)
        mad = np.median(np.abs(values - centre))
        rest = values[values <= centre + prefilter_mads * mad]
        centre = np.median(rest)
        mad = np.median(np.abs(rest - centre))
        baseline[low:high] = centre
        threshold[low:high] = centre + threshold_mads * mad
    return baseline, threshold


def _find_peaks(
    x: FloatArray, baseline: FloatArray, threshold: FloatArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Find the peaks over threshold, and where each excursion begins and ends."""
    from scipy import signal as dsp

    # What is missing is at the floor: no peak, and the end of any.
    floor = np.where(np.isfinite(x), x, -np.inf)
    limit = np.nextafter(np.nan_to_num(threshold, nan=np.inf), np.inf)
    peaks = np.asarray(dsp.find_peaks(floor, height=limit)[0], dtype=np.int64)
    at = np.arange(x.size)
    is_low = ~(floor > baseline)
    before = np.maximum.accumulate(np.where(is_low, at, 0))
    after = np.minimum.accumulate(np.where(is_low, at, x.size - 1)[::-1])[::-1]
    onsets, ends = before[peaks], after[peaks]
    # An excursion begins within the data, not on a sample that is missing.
    onsets += ~np.isfinite(x[onsets])
    ends -= ~np.isfinite(x[ends])
    return peaks, onsets, ends


def _merge_excursions(
    x: FloatArray, peaks: IntArray, onsets: IntArray, ends: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    if peaks.size == 0:
        return peaks, onsets, ends
    first = np.flatnonzero(np.diff(onsets, prepend=-1))
    best = [
        low + int(np.argmax(x[peaks[low:high]]))
        for low, high in zip(first, np.append(first[1:], peaks.size), strict=True)
    ]
    return peaks[best], onsets[best], ends[best]


def _describe(
    times: FloatArray, x: FloatArray, level: float, place: tuple[int, int, int]
) -> list[float]:
    onset, peak, end = place
    t, y = times[onset : end + 1], x[onset : end + 1] - level
    top = peak - onset
    amplitude = float(y[top])
    return [
        float(t[0]),
        float(t[top]),
        float(t[-1]),
        float(x[peak]),
        amplitude,
        float(t[top] - t[0]),
        _cross(t[top:], y[top:], amplitude / 2.0)
        - _cross(t[top::-1], y[top::-1], amplitude / 2.0),
        float(np.diff(t) @ (y[1:] + y[:-1]) / 2.0),
    ]


def _cross(t: FloatArray, y: FloatArray, level: float) -> float:
    """Give the time at which y, from its peak on, first falls to a level."""
    low = np.flatnonzero(y <= level)
    if low.size == 0:
        return float(t[-1])
    at = int(low[0])
    share = (y[at - 1] - level) / (y[at - 1] - y[at])
    return float(t[at - 1] + share * (t[at] - t[at - 1]))
