"""What the arrays that come in must be, for QC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.arguments import make_shape_error
from ranvier.analysis.faults import SignalFault

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray


def as_channel(signal: ArrayLike) -> FloatArray:
    """Take one channel as float64, shape (n,), not empty."""
    x = np.asarray(signal, dtype=np.float64)
    if x.ndim != 1:
        raise make_shape_error(f"a channel of shape {x.shape}", "(n_samples,)")
    if x.size == 0:
        raise SignalFault("the signal is empty.", found="0 samples")
    return x


def as_channels(signals: ArrayLike, n_samples: int) -> FloatArray:
    """Take channels as float64, shape (n, k); one channel is a column."""
    x = np.asarray(signals, dtype=np.float64)
    x = x[:, np.newaxis] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[0] != n_samples:
        raise make_shape_error(
            f"signals of shape {x.shape}", f"({n_samples}, n_channels), as the times"
        )
    return x


def as_times(t: ArrayLike) -> FloatArray:
    """Take times as float64, shape (n,): two or more, finite, not falling."""
    times = np.asarray(t, dtype=np.float64)
    if times.ndim != 1:
        raise make_shape_error(f"times of shape {times.shape}", "(n_samples,)")
    if times.size < 2:
        raise SignalFault(
            "there are too few samples to look at.",
            found=f"{times.size}",
            wanted="2 or more",
        )
    if not np.isfinite(times).all() or np.diff(times).min() < 0.0:
        raise SignalFault(
            "sample times are not finite, or go back.",
            wanted="each sample later than the one before",
            mend="sort the samples by time and drop those without",
        )
    return times


def check_lengths(one: FloatArray, other: FloatArray) -> None:
    """Raise unless two channels have equally many samples."""
    if one.size != other.size:
        raise make_shape_error(f"{one.size} and {other.size} samples", "equally many")
