"""What the arrays that come in must be, for QC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.faults import SignalFault
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.analysis.arrays import ArrayLike, FloatArray


def as_channel(signal: ArrayLike) -> FloatArray:
    """Take one channel as float64, shape (n,), not empty."""
    x = np.asarray(signal, dtype=np.float64)
    if x.ndim != 1:
        raise _make_shape_error(f"a channel of shape {x.shape}", "(n_samples,)")
    if x.size == 0:
        raise SignalFault("the signal is empty.", found="0 samples")
    return x


def as_channels(signals: ArrayLike, n_samples: int) -> FloatArray:
    """Take channels as float64, shape (n, k); one channel is a column."""
    x = np.asarray(signals, dtype=np.float64)
    x = x[:, np.newaxis] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[0] != n_samples:
        raise _make_shape_error(
            f"signals of shape {x.shape}", f"({n_samples}, n_channels), as the times"
        )
    return x


def as_times(t: ArrayLike) -> FloatArray:
    """Take times as float64, shape (n,): two or more, finite, not falling."""
    times = np.asarray(t, dtype=np.float64)
    if times.ndim != 1:
        raise _make_shape_error(f"times of shape {times.shape}", "(n_samples,)")
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
        raise _make_shape_error(f"{one.size} and {other.size} samples", "equally many")


def check_option(name: str, value: str, known: Sequence[str]) -> None:
    """Raise unless a value is one of those known."""
    if value not in known:
        raise AnalysisError(
            f"{name} is none of those known.",
            code="RV-A45",
            found=repr(value),
            wanted="one of " + ", ".join(map(repr, known)),
            mend="choose one of them",
        )


def check_above_zero(name: str, value: float) -> None:
    """Raise unless a number is above zero."""
    if not value > 0.0:
        raise AnalysisError(
            f"{name} is out of its range.",
            code="RV-A49",
            found=f"{value:g}",
            wanted="more than 0",
            mend="set it within the range",
        )


def _make_shape_error(found: str, wanted: str) -> AnalysisError:
    return AnalysisError(
        "an array is not of the shape wanted.",
        code="RV-A46",
        found=found,
        wanted=wanted,
        mend="give arrays that belong to one signal, its channels as columns",
    )
