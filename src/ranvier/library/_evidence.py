"""Where in a movie something still flickers that no known cell explains.

Keeps, a block of frames at a time, the newest residual frames and a map of how much
cell-sized, cell-long brightness each place has shown; gives the best places as seeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

# Weight of the newest block in the running mean over time: with blocks of 0.2 s this
# is about the time course of a GCaMP transient.
_FRESH = 0.5
# Brightness counts from here on, standard deviations of its noise.
_STEP_OUT = 2.5
# Blocks until the noise is known well enough to count.
_LEARN = 8


class Evidence:
    """Residual frames, and the map of thresholded energy that they add up to.

    The energy above a threshold of cell-sized brightness is the detection statistic of
    Suite2p (Pachitariu et al., bioRxiv 061507, 2017), here forgotten exponentially.

    Parameters
    ----------
    shape
        Rows and columns of the frames, px.
    diameter
        Of a cell, px.
    n_blocks
        Blocks that are kept, and over which evidence is forgotten.
    """

    def __init__(self, shape: tuple[int, int], diameter: float, n_blocks: int) -> None:
        self.shape = shape
        self.movie: Floats = np.zeros((n_blocks, *shape), np.float32)
        self.count = 0
        self.energy: Floats = np.zeros(shape, np.float32)
        self._filter = _cell_filter(shape, diameter)
        self._variance: Floats = np.zeros(shape, np.float32)
        self._last: Floats = np.zeros(shape, np.float32)
        self._smooth: Floats = np.zeros(shape, np.float32)
        self._keep = np.float32(1.0 - 1.0 / n_blocks)

    @property
    def n_kept(self) -> int:
        """Blocks that are kept so far."""
        return min(self.count, self.movie.shape[0])

    def add(self, block: Floats) -> None:
        """Take in the mean residual of a block of frames.

        Parameters
        ----------
        block
            Shape (rows, columns).
        """
        self.movie[self.count % self.movie.shape[0]] = block
        self.count += 1
        # A hole (a cell that rests below its baseline) would shine around its rim.
        floor = -float(np.median(np.abs(block))) / 0.6745
        spectrum = np.fft.rfft2(np.maximum(block, floor))
        spectrum *= self._filter
        bright = np.fft.irfft2(spectrum, s=self.shape)
        self._learn_noise(bright)
        self._smooth += np.float32(_FRESH) * (bright - self._smooth)
        if self.count <= _LEARN:
            return
        # The running mean of white noise has this part of its variance.
        part = np.float32(_FRESH / (2.0 - _FRESH))
        score = self._smooth / np.sqrt(part * self._variance + np.float32(1e-12))
        score[score < _STEP_OUT] = 0.0
        self.energy *= self._keep
        self.energy += score * score

    def best_seed(self, least: float) -> tuple[int, int] | None:
        """Return the place with the most evidence.

        Parameters
        ----------
        least
            Energy that a seed must have.

        Returns
        -------
        tuple of int or None
            Row and column; None if no place has so much.
        """
        place = int(self.energy.argmax())
        row, column = divmod(place, self.shape[1])
        return (row, column) if self.energy[row, column] >= least else None

    def window(self, seed: tuple[int, int], half: int) -> tuple[slice, slice, Floats]:
        """Return the kept movie around a place.

        Parameters
        ----------
        seed
            Row and column, px.
        half
            Reach on each side, px.

        Returns
        -------
        tuple
            Rows and columns as slices, and a view of the movie there, shape (n_kept,
            rows, columns), blocks not in order of time.
        """
        rows = slice(max(0, seed[0] - half), min(self.shape[0], seed[0] + half + 1))
        columns = slice(max(0, seed[1] - half), min(self.shape[1], seed[1] + half + 1))
        return rows, columns, self.movie[: self.n_kept, rows, columns]

    def clear(self, seed: tuple[int, int], reach: float) -> None:
        """Forget the evidence around a place.

        Parameters
        ----------
        seed
            Row and column, px.
        reach
            Radius, px.
        """
        rows, columns, _ = self.window(seed, int(np.ceil(reach)))
        row, column = np.mgrid[rows, columns]
        inside = np.hypot(row - seed[0], column - seed[1]) <= reach
        self.energy[rows, columns][inside] = 0.0
        self._smooth[rows, columns][inside] = 0.0

    def save(self) -> dict[str, Any]:
        """Return all that is kept.

        Returns
        -------
        dict
            Arrays, and the number of blocks seen.
        """
        return {
            "movie": self.movie.copy(),
            "energy": self.energy.copy(),
            "variance": self._variance.copy(),
            "last": self._last.copy(),
            "smooth": self._smooth.copy(),
            "count": self.count,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `save` returned."""
        self.movie[...] = state["movie"]
        self.energy[...] = state["energy"]
        self._variance[...] = state["variance"]
        self._last[...] = state["last"]
        self._smooth[...] = state["smooth"]
        self.count = int(state["count"])

    def _learn_noise(self, bright: Floats) -> None:
        """Follow the variance of the noise by differences, which slow signals leave."""
        difference = bright - self._last
        self._last = bright
        if self.count == 1:
            return
        square = difference * difference
        square *= np.float32(0.5)
        seen = self.count - 1
        if seen > _LEARN:
            np.minimum(square, np.float32(9.0) * self._variance, out=square)
        part = np.float32(max(1.0 / seen, 1.0 / self.movie.shape[0]))
        self._variance += part * (square - self._variance)


def _cell_filter(shape: tuple[int, int], diameter: float) -> Floats:
    # The spectrum of a filter that passes cells and stops their background.
    ky, kx = np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1])
    square = -2.0 * np.pi**2 * (ky[:, None] ** 2 + kx[None, :] ** 2)
    center, around = 0.25 * diameter, 0.75 * diameter
    return (np.exp(square * center**2) - np.exp(square * around**2)).astype(np.float32)
