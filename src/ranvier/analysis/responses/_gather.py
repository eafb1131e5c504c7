"""Reading a signal at many times in one go: between its samples, or at the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ranvier.analysis.arrays import BoolArray, FloatArray, IntArray

# An interval of more than this many usual ones is a gap: one lost frame is bridged by
# the interpolation, two are not.
_GAP = 2.5
# Where an event stands on a sample up to rounding, its neighbour has no say (it may
# be NaN), and a window that ends on the last sample does not leave the recording.
ROUNDING = 1e-6


def gather_between(
    at: FloatArray,
    samples: FloatArray,
    wanted: FloatArray,
    times: FloatArray,
    step: float,
) -> FloatArray:
    """Interpolate at `wanted` (…, n_window); values (…, n_window, n_channels)."""
    edge = ROUNDING * step
    before, weight, bridged = _locate(at, wanted, step)
    with np.errstate(invalid="ignore"):  # Inf in the signal: Inf - Inf is NaN
        values = samples[before]
        values += weight[..., None] * (samples[before + 1] - values)
    on_left, on_right = weight == 0.0, weight == 1.0
    values[on_left] = samples[before[on_left]]
    values[on_right] = samples[before[on_right] + 1]
    values[~bridged] = np.nan
    outside = ((wanted < at[0] - edge) | (wanted > at[-1] + edge)).any(-1)
    event_known = np.isfinite(times) & ~_fall_in_gap(at, times, step)
    values[outside | ~event_known] = np.nan
    return values


def _locate(
    at: FloatArray, wanted: FloatArray, step: float
) -> tuple[IntArray, FloatArray, BoolArray]:
    """Sample before, weight of the next one, and whether the two may be joined."""
    right = np.searchsorted(at, wanted, side="right").astype(np.int64)
    before = np.clip(right - 1, 0, at.size - 2)
    length = np.diff(at)[before]
    weight = np.clip((wanted - at[before]) / length, 0.0, 1.0)
    weight[weight < ROUNDING] = 0.0
    weight[weight > 1 - ROUNDING] = 1.0
    on_sample = (weight == 0.0) | (weight == 1.0)
    return before, weight, np.isfinite(wanted) & (on_sample | (length <= _GAP * step))


def _fall_in_gap(at: FloatArray, times: FloatArray, step: float) -> BoolArray:
    _, weight, bridged = _locate(at, times, step)
    return ~bridged & (weight > 0.0) & (weight < 1.0)


def gather_next(
    at: FloatArray,
    samples: FloatArray,
    times: FloatArray,
    span: tuple[int, int],
    window: tuple[float, float],
) -> FloatArray:
    """Take the samples around the first one at or after each time."""
    start = np.searchsorted(at, times, side="left")
    index = start[..., None] + np.arange(*span)
    values = samples[np.clip(index, 0, at.size - 1)]
    with np.errstate(invalid="ignore"):
        inside = (times + window[0] >= at[0]) & (times + window[1] <= at[-1])
    # Next to a gap the window in samples can leave the recording though that in
    # seconds does not.
    inside &= (index[..., 0] >= 0) & (index[..., -1] < at.size)
    values[~inside] = np.nan
    return values


def order_axes(values: FloatArray, ndim: int) -> FloatArray:
    """Bring channels to the front, or drop their axis if the signal had none."""
    if ndim == 1:
        return values[..., 0]
    return np.ascontiguousarray(np.moveaxis(values, -1, 0))
