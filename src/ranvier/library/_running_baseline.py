"""The running baseline of many fluorescence traces: a low percentile of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]


class RunningBaseline:
    """A low percentile over a moving window of smoothed fluorescence, causal.

    As Jia et al. (Nature Protocols 2011) smooth the trace and take its minimum in a
    window; here smoothing is the mean over bins, and a percentile stands in for the
    minimum, so that it neither sinks with the noise nor with a longer window. A bin
    costs one sort of (n_bins, n_cells), a frame within it one addition.

    Parameters
    ----------
    bin_frames
        Frames averaged before the percentile.
    n_bins
        Bins that the window holds.

    Examples
    --------
    >>> tracker = RunningBaseline(bin_frames=2, n_bins=5)
    >>> for level in (4.0, 4.0, 9.0, 9.0):
    ...     baseline = tracker.update(np.array([level]), percentile=0.0)
    >>> baseline
    array([4.])
    """

    def __init__(self, bin_frames: int, n_bins: int) -> None:
        self._bin_frames = bin_frames
        self._bins = np.full((n_bins, 0), np.nan)
        self._sum = np.zeros(0)
        self._count = np.zeros(0, np.int64)
        self._baseline = np.zeros(0)
        self._is_young = np.zeros(0, np.bool_)  # no bin of the cell is full yet
        self._filled = 0
        self._frames = 0

    @property
    def n_cells(self) -> int:
        """Cells known so far."""
        return self._bins.shape[1]

    def update(self, values: Float, percentile: float) -> Float:
        """Take in one frame.

        Parameters
        ----------
        values
            Fluorescence, shape (n_cells,); n_cells may grow. What is not finite
            counts as not measured.
        percentile
            0 to 100.

        Returns
        -------
        numpy.ndarray
            Baseline of each cell, shape (n_cells,); NaN before its first value. Until
            a cell's first bin is full it is the mean so far.
        """
        self._grow_to(len(values))
        seen = np.isfinite(values)
        self._sum += np.where(seen, values, 0.0)
        self._count += seen
        self._frames += 1
        mean = self._sum / np.where(self._count > 0, self._count, np.nan)
        self._baseline = np.where(self._is_young, mean, self._baseline)
        if self._frames == self._bin_frames:
            self._close_bin(mean, percentile)
        return self._baseline.copy()

    def to_state(self) -> dict[str, Any]:
        """Give all that the next baseline depends on.

        Returns
        -------
        dict
            Arrays and numbers.
        """
        return {
            "bins": self._bins,
            "sum": self._sum,
            "count": self._count,
            "baseline": self._baseline,
            "young": self._is_young,
            "filled": self._filled,
            "frames": self._frames,
        }

    def take_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            Result of `to_state`, of a tracker with as many bins.
        """
        self._bins = np.array(state["bins"], np.float64)
        self._sum = np.array(state["sum"], np.float64)
        self._count = np.array(state["count"], np.int64)
        self._baseline = np.array(state["baseline"], np.float64)
        self._is_young = np.array(state["young"], np.bool_)
        self._filled = int(state["filled"])
        self._frames = int(state["frames"])

    def _grow_to(self, n_cells: int) -> None:
        new = n_cells - self.n_cells
        if new == 0:
            return
        unknown = np.full((len(self._bins), new), np.nan)
        self._bins = np.hstack([self._bins, unknown])
        self._sum = np.append(self._sum, np.zeros(new))
        self._count = np.append(self._count, np.zeros(new, np.int64))
        self._baseline = np.append(self._baseline, np.full(new, np.nan))
        self._is_young = np.append(self._is_young, np.ones(new, np.bool_))

    def _close_bin(self, mean: Float, percentile: float) -> None:
        # A bin of a few frames only, after a cell was found, is as noisy as a frame.
        enough = 2 * self._count >= self._bin_frames
        self._bins[self._filled % len(self._bins)] = np.where(enough, mean, np.nan)
        self._filled += 1
        # NaN sorts to the end, so the measured bins of a cell come first.
        ordered = np.sort(self._bins, axis=0)
        n_bins = np.isfinite(ordered).sum(axis=0)
        place = percentile / 100.0 * np.maximum(n_bins - 1, 0)
        low = np.floor(place).astype(np.intp)
        cell = np.arange(self.n_cells)
        below = ordered[low, cell]
        above = ordered[np.minimum(low + 1, np.maximum(n_bins - 1, 0)), cell]
        value = below + (place - low) * (above - below)
        self._is_young = n_bins == 0
        self._baseline = np.where(self._is_young, self._baseline, value)
        keep = self._is_young  # their first bin goes on until it has enough frames
        self._sum = np.where(keep, self._sum, 0.0)
        self._count = np.where(keep, self._count, 0)
        self._frames = 0
