"""Deconvolution of calcium traces by pools that merge, many cells at once.

OASIS (Friedrich, Zhou & Paninski, PLoS Computational Biology 2017): the trace is cut
into pools; within a pool calcium decays without a spike, at its start there is one.
Each frame is a pool of its own at first, and is merged into the one before as long
as its spike would be negative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Int = NDArray[np.int64]

# Rows of the table of pools; all numbers of a pool stand in one column.
_START, _LENGTH, _OWN, _CARRIED, _BEFORE, _BEFORE2, _LAST, _LAST2, _SPIKE = range(9)


class Kernel:
    """How calcium follows from one spike: an autoregressive process of order 1 or 2.

    c(t) = g1 c(t-1) + g2 c(t-2) + s(t), whose answer to one spike is a difference of
    two exponentials, or a single one if the rise takes no time.

    Parameters
    ----------
    rate_hz
        Frames per second.
    tau_decay_s
        Time constant of the decay, s.
    tau_rise_s
        Time constant of the rise, s, shorter than the decay; 0 for order 1.

    Examples
    --------
    >>> Kernel(10.0, tau_decay_s=0.5).own[:3].round(3)
    array([1.   , 0.819, 0.67 ])
    """

    def __init__(
        self, rate_hz: float, tau_decay_s: float, tau_rise_s: float = 0.0
    ) -> None:
        decay = np.exp(-1.0 / (rate_hz * tau_decay_s))
        rise = np.exp(-1.0 / (rate_hz * tau_rise_s)) if tau_rise_s > 0 else 0.0
        self.g1 = float(decay + rise)
        self.g2 = float(-decay * rise)
        # After 20 decay times 2e-9 is left: a longer pool reads the last entry.
        size = int(np.ceil(20 * tau_decay_s * rate_hz)) + 2
        self.size = size
        self.own = self._follow(0.0, 1.0, size)
        self.carried = self._follow(1.0, 0.0, size)
        zero = np.zeros(1)
        self.own_energy = np.append(zero, np.cumsum(self.own**2))
        self.mixed_energy = np.append(zero, np.cumsum(self.own * self.carried))
        self.peak = float(self.own.max())
        self.norm = float(np.sqrt(self.own_energy[-1]))

    def _follow(self, before: float, first: float, size: int) -> Float:
        values = [before, first]
        for _ in range(size - 1):
            values.append(self.g1 * values[-1] + self.g2 * values[-2])
        return np.array(values[1:])


class Pools:
    """The pools of many traces, which grow frame by frame.

    For order 1 the result after the last frame is the exact minimum of
    ½ Σ (y - c)² + penalty Σ s with s ≥ 0. For order 2 it is the greedy solution of
    the paper: a pool takes calcium as earlier pools left it.

    Parameters
    ----------
    kernel
        How calcium follows from a spike.
    capacity
        Pools kept a trace; older ones are final. With as many as frames nothing is.
    """

    def __init__(self, kernel: Kernel, capacity: int = 64) -> None:
        self._kernel = kernel
        self._capacity = capacity
        self._table = np.zeros((9, 0, capacity))
        self._top = np.zeros(0, np.int64)
        self._frame = 0

    @property
    def n_cells(self) -> int:
        """Traces known so far."""
        return len(self._top)

    def add(self, values: Float, penalty: Float | float = 0.0) -> None:
        """Take in one frame of all traces.

        Parameters
        ----------
        values
            Shape (n_cells,), baseline taken off; n_cells may grow. What is not finite
            counts as not measured: calcium goes on as it was.
        penalty
            Cost of a spike of one unit, shape (n_cells,) or one for all.
        """
        self._grow_to(len(values))
        kernel = self._kernel
        rows = np.arange(self.n_cells)
        last = np.where(self._top < 0, 0.0, self._table[_LAST, rows, self._top])
        last2 = np.where(self._top < 0, 0.0, self._table[_LAST2, rows, self._top])
        expected = kernel.g1 * last + kernel.g2 * last2
        costless = values - penalty * (1.0 - kernel.g1 - kernel.g2)
        self._make_room()
        self._top += 1
        pools = np.zeros((9, len(values)))
        pools[_START] = self._frame
        pools[_LENGTH] = 1.0
        pools[_OWN] = np.where(np.isfinite(values), costless, expected)
        pools[_BEFORE], pools[_BEFORE2] = last, last2
        self._merge(rows, pools)
        self._frame += 1

    def calcium(self) -> Float:
        """Give the calcium of the last frame.

        Returns
        -------
        numpy.ndarray
            Shape (n_cells,).
        """
        if self._frame == 0:
            return np.zeros(self.n_cells)
        return self._table[_LAST, np.arange(self.n_cells), self._top]

    def spikes_at(self, lag: int) -> Float:
        """Give the spikes of a frame, as all frames so far have it.

        Parameters
        ----------
        lag
            How many frames before the last one.

        Returns
        -------
        numpy.ndarray
            Shape (n_cells,), at least 0; 0 where there is no spike or no such frame.
        """
        # Each pool has a frame or more, so the one sought is among the last lag + 1.
        place = self._top[:, None] - np.arange(lag + 1)
        rows = np.arange(self.n_cells)[:, None]
        starts = self._table[_START, rows, np.maximum(place, 0)]
        hit = (place >= 0) & (starts == self._frame - 1 - lag)
        return (hit * self._table[_SPIKE, rows, np.maximum(place, 0)]).sum(axis=1)

    def spikes(self, n_frames: int) -> Float:
        """Give the spikes of all frames.

        Parameters
        ----------
        n_frames
            Frames taken in, no more than the capacity.

        Returns
        -------
        numpy.ndarray
            Shape (n_frames, n_cells), at least 0.
        """
        result = np.zeros((n_frames, self.n_cells))
        rows, places = np.nonzero(np.arange(self._capacity) <= self._top[:, None])
        frames = self._table[_START, rows, places].astype(np.int64)
        result[frames, rows] = self._table[_SPIKE, rows, places]
        return result

    def to_state(self) -> dict[str, Any]:
        """Give all that the next frame depends on.

        Returns
        -------
        dict
            Arrays and a number.
        """
        return {"table": self._table, "top": self._top, "frame": self._frame}

    def take_state(self, state: Mapping[str, Any]) -> None:
        """Go on from the state of pools of the same capacity."""
        self._table = np.array(state["table"], np.float64)
        self._top = np.array(state["top"], np.int64)
        self._frame = int(state["frame"])

    def _merge(self, rows: Int, pools: Float) -> None:
        # Goes round with ever fewer traces: those whose newest pool is not settled.
        table, kernel = self._table, self._kernel
        while len(rows):
            top = self._top[rows]
            length = pools[_LENGTH].astype(np.int64)
            at = np.minimum(length, kernel.size)
            before, before2 = pools[_BEFORE], pools[_BEFORE2]
            floor = kernel.g1 * before + kernel.g2 * before2
            first = pools[_OWN] - before * kernel.mixed_energy[at]
            first /= kernel.own_energy[at]
            open_ = (first < floor) & (top > 0)
            spike = np.maximum(first - floor, 0.0)
            first = floor + spike
            pools[_SPIKE] = spike
            end = np.minimum(length - 1, kernel.size - 1)
            pools[_LAST] = first * kernel.own[end] + before * kernel.carried[end]
            end2 = np.maximum(end - 1, 0)
            last2 = first * kernel.own[end2] + before * kernel.carried[end2]
            pools[_LAST2] = np.where(length > 1, last2, before)
            settled = ~open_
            table[:, rows[settled], top[settled]] = pools[:, settled]
            rows, pools = rows[open_], pools[:, open_]
            if len(rows):
                self._top[rows] -= 1
                pools = self._join(table[:, rows, self._top[rows]], pools)

    def _join(self, one: Float, other: Float) -> Float:
        # Behind a pool of length n, both sums go on with the weights from n on.
        kernel = self._kernel
        at = np.minimum(one[_LENGTH].astype(np.int64), kernel.size - 1)
        own, carried = other[_OWN], other[_CARRIED]
        one[_OWN] += kernel.own[at] * own + kernel.own[at - 1] * carried
        one[_CARRIED] += kernel.carried[at] * own + kernel.carried[at - 1] * carried
        one[_LENGTH] += other[_LENGTH]
        return one

    def _make_room(self) -> None:
        full = np.flatnonzero(self._top == self._capacity - 1)
        if len(full):
            half = self._capacity // 2
            kept = self._table[:, full, half:]
            self._table[:, full, : kept.shape[2]] = kept
            self._top[full] -= half

    def _grow_to(self, n_cells: int) -> None:
        new = n_cells - self.n_cells
        if new > 0:
            room = np.zeros((9, new, self._capacity))
            self._table = np.concatenate([self._table, room], axis=1)
            self._top = np.append(self._top, np.full(new, -1, np.int64))
