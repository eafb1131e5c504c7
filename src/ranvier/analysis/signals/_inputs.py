"""What the arrays that come in must be: shapes that fit, times that rise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.arguments import make_shape_error
from ranvier.analysis.faults import SignalFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ranvier.analysis.arrays import ArrayLike, BoolArray, FloatArray


def as_signal(signal: ArrayLike) -> FloatArray:
    """Take one channel or several as float64, shape (n,) or (n, k)."""
    x = np.asarray(signal, dtype=np.float64)
    if x.ndim not in {1, 2}:
        raise make_shape_error(
            f"a signal of shape {x.shape}", "(n_samples,) or (n_samples, n_channels)"
        )
    if x.size == 0:
        raise SignalFault("the signal is empty.", found=f"shape {x.shape}")
    return x


def as_channel(signal: ArrayLike) -> FloatArray:
    """Take one channel as float64, shape (n,)."""
    x = np.asarray(signal, dtype=np.float64)
    if x.ndim != 1:
        raise make_shape_error(
            f"a channel of shape {x.shape}", "(n_samples,): one channel at a time"
        )
    return as_signal(x)


def as_columns(signal: FloatArray) -> FloatArray:
    """See one channel or several as columns, shape (n, k)."""
    return signal[:, np.newaxis] if signal.ndim == 1 else signal


def as_times(t: ArrayLike, n_samples: int) -> FloatArray:
    """Take the times of a signal: as many as samples, finite, rising."""
    times = np.asarray(t, dtype=np.float64)
    check_lengths(times, n_samples)
    if not np.isfinite(times).all():
        raise SignalFault(
            "sample times are not finite.",
            found=f"{int((~np.isfinite(times)).sum())} of {times.size} times",
            mend="drop the samples without a time",
        )
    steps = np.diff(times)
    if steps.size and steps.min() <= 0.0:
        at = int(np.argmin(steps > 0.0))
        raise SignalFault(
            "sample times do not rise.",
            found=f"{int((steps <= 0).sum())} steps, the first after {times[at]:.6f} s",
            wanted="each sample later than the one before",
            mend="sort the samples by time and drop those said twice",
        )
    return times


def check_lengths(values: FloatArray | BoolArray, n_samples: int) -> None:
    """Raise unless there is one value (a time, a mark) for each sample."""
    if values.ndim != 1 or values.size != n_samples:
        raise make_shape_error(
            f"{values.shape} for {n_samples} samples", "one value for each sample"
        )


def measure_interval(t: FloatArray) -> float:
    """Give the median time from sample to sample, s."""
    if t.size < 2:
        raise SignalFault("a signal of one sample has no rate.", found="1 sample")
    return float(np.median(np.diff(t)))


def select(
    n_samples: int,
    t: ArrayLike | None,
    window: tuple[float, float] | None,
    mask: ArrayLike | None,
) -> BoolArray:
    """Give the samples in [window) and under a mask, all unless said."""
    chosen = np.ones(n_samples, dtype=np.bool_)
    if mask is not None:
        wanted = np.asarray(mask, dtype=np.bool_)
        check_lengths(wanted, n_samples)
        chosen &= wanted
    if window is not None:
        times = as_times(np.arange(n_samples) if t is None else t, n_samples)
        chosen &= (times >= window[0]) & (times < window[1])
        if not chosen.any():
            raise SignalFault(
                "the window holds no sample.",
                found=f"window {window[0]:g} to {window[1]:g} s",
                wanted=f"within {times[0]:g} to {times[-1]:g} s",
                mend="set a window on the clock of the signal",
            )
    return chosen


def iter_runs(mask: BoolArray) -> Iterator[tuple[int, int]]:
    """Give [start, stop) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False]))))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        yield int(start), int(stop)
