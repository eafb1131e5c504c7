"""QC metrics in sliding windows, for all channels of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.arguments import check_above_zero, check_option
from ranvier.analysis.arrays import mean_known
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.qc._inputs import as_channels, as_times
from ranvier.analysis.qc._rows import (
    ROW_METRICS,
    Rows,
    compute_unique,
    make_row_with_gaps,
    make_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray

__all__ = ["SLIDING_METRICS", "SlidingQC", "compute_sliding_qc"]

SLIDING_METRICS = (
    "n_unique_samples",
    "median_absolute_deviance",
    "percentile_distance",
    "percentile_asymmetry",
    "ar_score",
)
"""What is computed unless said otherwise."""

_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class SlidingQC:
    """QC metrics of all channels.

    Parameters
    ----------
    table
        One row a channel, one column a metric: the mean over the whole signal and all
        its windows, NaN left out. This is what the IBL pipeline stores.
    windows
        Of each window, shape (n_windows, n_channels, n_metrics).
    whole
        Of the whole signal, not detrended, shape (n_channels, n_metrics).
    t
        Middle of each window, shape (n_windows,), s, on the signals' clock.
    provenance
        How it was made.
    """

    table: pd.DataFrame
    windows: FloatArray
    whole: FloatArray
    t: FloatArray
    provenance: Provenance


def compute_sliding_qc(
    t: ArrayLike,
    signals: ArrayLike | pd.DataFrame,
    window_s: float = 120.0,
    step_s: float = 60.0,
    detrend: bool = True,
    metrics: Sequence[str] = SLIDING_METRICS,
) -> SlidingQC:
    """Compute QC metrics of each channel in sliding windows.

    Parameters
    ----------
    t
        Sample times, shape (n_samples,), s, rising.
    signals
        Raw channels, shape (n_samples, n_channels), any unit; of a frame, the columns
        name the channels. NaN is left out; a window of which more than half is missing
        is NaN.
    window_s, step_s
        Length of a window, and from start to start, s. Windows are [s, s + length), and
        start at arange(first time, last time - length, step).
    detrend
        Take the least-squares line from each window first.
    metrics
        Columns wanted: those of `SLIDING_METRICS`, ``"ar1"``, and
        ``"n_unique_samples_detrended"``: the share of distinct values after
        detrending, as the IBL pipeline has it, which is near 1 on dead channels too.

    Returns
    -------
    SlidingQC

    Raises
    ------
    AnalysisError
        If a metric is not known, a length is not above 0 or shapes do not fit.
    SignalFault
        If there are fewer than 2 samples, or times go back.

    Notes
    -----
    Metrics as each `compute_…` of this package says. Windows of equal length are rows
    of one matrix, sorted once; line and AR(2) in closed form. Time constants of
    bleaching are not among them, since this package knows nothing of fits: see
    `ranvier.analysis.signals.fit_bleaching`.

    Examples
    --------
    >>> t = np.arange(0.0, 600.0, 0.1)
    >>> result = compute_sliding_qc(t, np.sin(t)[:, np.newaxis])
    >>> result.windows.shape, round(float(result.table.ar_score[0]), 3)
    ((8, 1, 5), 1.0)
    """
    for name in metrics:
        check_option("the metric", name, tuple(ROW_METRICS))
    check_above_zero("the length of a window", window_s)
    check_above_zero("the step", step_s)
    times = as_times(t)
    x = as_channels(signals, times.size)
    names = signals.columns if isinstance(signals, pd.DataFrame) else None
    starts = np.arange(times[0], times[-1] - window_s, step_s)
    bounds = np.searchsorted(times, np.stack([starts, starts + window_s], axis=1))
    n_channels = x.shape[1]
    values = np.full((len(bounds), n_channels, len(metrics)), np.nan)
    whole = np.full((n_channels, len(metrics)), np.nan)
    for channel in range(n_channels):
        signal = np.ascontiguousarray(x[:, channel])
        for place, rows in _iter_windows(times, signal, bounds, detrend):
            values[place, channel] = _measure(rows, metrics)
        all_samples = np.array([[0, times.size]])
        for _, rows in _iter_windows(times, signal, all_samples, False):
            whole[channel] = _measure(rows, metrics)[0]
    mean = mean_known(np.concatenate([whole[np.newaxis], values]), 0)
    return SlidingQC(
        table=pd.DataFrame(mean, index=names, columns=list(metrics)),
        windows=values,
        whole=whole,
        t=starts + window_s / 2.0,
        provenance=make_provenance(
            "compute_sliding_qc",
            {"window_s": window_s, "step_s": step_s, "detrend": detrend},
            n_samples=times.size,
            n_windows=len(bounds),
        ),
    )


def _iter_windows(
    times: FloatArray, signal: FloatArray, bounds: IntArray, detrend: bool
) -> Iterator[tuple[IntArray, Rows]]:
    """Give the windows as rows, all those of one length at once."""
    # A clock that jitters makes windows of two or three lengths, not one each.
    lengths = bounds[:, 1] - bounds[:, 0]
    for length in np.unique(lengths):
        place = np.flatnonzero(lengths == length)
        if length == 0:
            continue
        values = np.lib.stride_tricks.sliding_window_view(signal, length)
        values = values[bounds[place, 0]]
        at = np.lib.stride_tricks.sliding_window_view(times, length)[bounds[place, 0]]
        finite = np.isfinite(values)
        is_whole = finite.all(axis=1)
        if is_whole.any():
            chosen = slice(None) if is_whole.all() else is_whole
            yield place[chosen], _prepare(at[chosen], values[chosen], detrend)
        for row in np.flatnonzero(~is_whole):
            if finite[row].mean() > _LEAST_SHARE:
                yield place[[row]], _prepare_with_gaps(at[row], values[row], detrend)


def _prepare(t: FloatArray, values: FloatArray, detrend: bool) -> Rows:
    if not detrend:
        return make_rows(values)
    unique = compute_unique(np.sort(values, axis=1))
    return make_rows(_detrend(t, values), unique)


def _prepare_with_gaps(t: FloatArray, values: FloatArray, detrend: bool) -> Rows:
    known = np.isfinite(values)
    unique = compute_unique(np.sort(values[known])[np.newaxis])
    straight = values.copy()
    if detrend:
        straight[known] = _detrend(t[known][np.newaxis], values[known][np.newaxis])[0]
    return make_row_with_gaps(straight, float(unique[0]))


def _detrend(t: FloatArray, values: FloatArray) -> FloatArray:
    """Take from each row its least-squares line over time."""
    since = t - t.mean(axis=1, keepdims=True)
    centred = values - values.mean(axis=1, keepdims=True)
    extent = np.einsum("ij,ij->i", since, since)
    slope = np.einsum("ij,ij->i", since, centred) / np.where(extent > 0.0, extent, 1.0)
    since *= slope[:, np.newaxis]
    centred -= since
    return centred


def _measure(rows: Rows, metrics: Sequence[str]) -> FloatArray:
    return np.stack([ROW_METRICS[name](rows) for name in metrics], axis=1)
