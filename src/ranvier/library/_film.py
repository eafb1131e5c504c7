"""What is remembered of a movie in which cells are sought.

It follows the movie and keeps the books; what is a cell is decided by
`ranvier.library.cells`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.library._evidence import Evidence
from ranvier.library._population import Population

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ranvier.library._footprints import Candidate

    Floats = NDArray[np.floating[Any]]

# A residual counts for the baseline up to this many standard deviations of its pixel.
_CLIP = 1.0
# Frames over which the noise of a pixel is followed.
_NOISE_FRAMES = 600
# A cell is fitted anew this many blocks after it was found, then after twice as many
# each time, so often; the first fit may rest on a single transient.
_FIRST_LOOK = 20
_LOOKS = 4


class Film:
    """Baseline, noise, cells and evidence of one movie.

    Parameters
    ----------
    first
        First frame, or a baseline, shape (height, width).
    diameter
        Of a cell, px.
    n_blocks
        Blocks that are kept.
    block_frames
        Frames of a block.
    n_start
        Blocks whose lower quartile gives the first baseline.
    """

    def __init__(
        self,
        first: Floats,
        diameter: float,
        n_blocks: int,
        block_frames: int,
        n_start: int,
    ) -> None:
        self.shape: tuple[int, int] = (first.shape[0], first.shape[1])
        self.baseline = np.nan_to_num(first.ravel()).astype(np.float32)
        self.population = Population(self.shape, diameter)
        self.evidence = Evidence(self.shape, diameter, n_blocks)
        self.phase = 0
        self._diameter = diameter
        self._count = 0
        self._block_frames = block_frames
        self._variance: Floats = np.zeros_like(self.baseline)
        self._last: Floats = self.baseline.copy()
        self._block: Floats = np.zeros_like(self.baseline)
        self._n_start = n_start
        self._start: Floats = np.zeros((0, self.baseline.size), np.float32)
        # Amounts of each cell in the kept blocks, row for row as the evidence.
        self._amounts: Floats = np.zeros((n_blocks, 0), np.float32)
        self._sum: Floats = np.zeros(0, np.float32)
        # When each cell is to be fitted again, in blocks, and how often it was.
        self._due: NDArray[np.int64] = np.zeros(0, np.int64)
        self._looks: NDArray[np.int64] = np.zeros(0, np.int64)

    def follow(self, flat: Floats, explained: Floats, n_frames: int) -> None:
        """Let baseline and noise follow a frame, and fill the block."""
        self._count += 1
        residual = flat - self.baseline
        self.population.subtract(residual, explained)
        self._block += residual
        self._sum += explained
        self._learn_noise(flat)
        if self.has_begun:
            self._learn_baseline(residual, n_frames)
        self.phase = self._count % self._block_frames
        if self.phase == 0:
            share = np.float32(1.0 / self._block_frames)
            self._amounts[self.evidence.count % len(self._amounts)] = share * self._sum
            self._fill(share * self._block)
            self._block[:] = 0.0
            self._sum[:] = 0.0

    @property
    def has_begun(self) -> bool:
        """True once the first blocks have given a baseline to compare with."""
        return not self._n_start

    def _fill(self, block: Floats) -> None:
        if self.has_begun:
            self.evidence.add(block.reshape(self.shape))
            return
        self._start = np.concatenate((self._start, block[None]))
        if len(self._start) == self._n_start:
            # A low quantile: a mean would take a cell active at the start for baseline,
            # and see a hole where it is silent later. A quarter of normal noise lies
            # 0.6745 standard deviations below its middle.
            rest = np.sort(self._start, axis=0)[len(self._start) // 4]
            noise = np.sqrt(self._variance / np.float32(self._block_frames))
            rest += np.float32(0.6745) * noise
            self.baseline += rest
            for each in self._start - rest:
                self.evidence.add(each.reshape(self.shape))
            self._n_start = 0
            self._start = self._start[:0]

    def take_in(self, found: Candidate, corner: tuple[int, int]) -> None:
        """Make a candidate a cell.

        Parameters
        ----------
        found
            The candidate.
        corner
            Row and column at which its window begins, px.
        """
        past = np.zeros((len(self._amounts), 1), np.float32)
        past[: found.trace.size, 0] = found.trace
        self._amounts = np.concatenate((self._amounts, past), axis=1)
        self._sum = np.append(self._sum, np.float32(0.0))
        self._due = np.append(self._due, self.evidence.count + _FIRST_LOOK)
        self._looks = np.append(self._looks, 0)
        self.population.add(found.footprint, *corner)
        # A neighbour may have been fitted over a part of the new cell.
        center = self.population.center_of(found.footprint, *corner)
        near = self.population.near(center, self._diameter)
        self._due[near] = self.evidence.count + _FIRST_LOOK
        self._looks[near] = np.minimum(self._looks[near], _LOOKS - 1)
        self._looks[-1] = 0

    def put_right(self, cell: int, found: Candidate, corner: tuple[int, int]) -> None:
        """Give a cell what was fitted anew.

        Parameters
        ----------
        cell
            Number of the cell.
        found
            Its new footprint and trace.
        corner
            Row and column at which its window begins, px.
        """
        self._amounts[: found.trace.size, cell] = found.trace
        self.population.replace(cell, found.footprint, *corner)
        self.leave(cell)

    def leave(self, cell: int) -> None:
        """Note that a cell was looked at again; the next time is twice as far away.

        Parameters
        ----------
        cell
            Number of the cell.
        """
        self._looks[cell] += 1
        self._due[cell] = self.evidence.count + _FIRST_LOOK * 2 ** self._looks[cell]

    def due(self) -> int | None:
        """Return a cell to look at again, or None.

        Returns
        -------
        int or None
            Number of the cell that has waited longest.
        """
        waits = np.where(self._looks < _LOOKS, self.evidence.count - self._due, -1)
        if waits.size == 0 or waits.max() < 0:
            return None
        return int(waits.argmax())

    def amounts(self, cell: int) -> Floats:
        """Return how much of a cell was taken from each kept block.

        Parameters
        ----------
        cell
            Number of the cell.

        Returns
        -------
        Floats
            Shape (n_kept,).
        """
        return self._amounts[: self.evidence.n_kept, cell]

    def likeness(self, trace: Floats, cells: NDArray[np.intp]) -> float:
        """Return the highest correlation of a trace with those of some cells.

        Parameters
        ----------
        trace
            Of the kept blocks, shape (n_kept,).
        cells
            Numbers of the cells.

        Returns
        -------
        float
            From -1 to 1; -1 when there are no cells.
        """
        if cells.size == 0:
            return -1.0
        others = self._amounts[: trace.size, cells]
        others = others - others.mean(axis=0)
        centered = trace - trace.mean()
        size = np.sqrt((others**2).sum(axis=0) * float(centered @ centered))
        return float((centered @ others / np.maximum(size, 1e-12)).max())

    def _learn_noise(self, flat: Floats) -> None:
        # By differences of frames, which slow signals hardly touch.
        square = flat - self._last
        square *= square
        square *= np.float32(0.5)
        np.copyto(self._last, flat)
        if self._count > 1:
            part = np.float32(max(1.0 / self._count, 1.0 / _NOISE_FRAMES))
            self._variance += part * (square - self._variance)

    def _learn_baseline(self, residual: Floats, n_frames: int) -> None:
        # Transients of cells not found yet count only up to the limit.
        limit = np.float32(_CLIP) * np.sqrt(self._variance)
        self.baseline += np.clip(residual, -limit, limit) * np.float32(1.0 / n_frames)

    def save(self) -> dict[str, Any]:
        """Return all that is remembered.

        Returns
        -------
        dict
            Arrays and numbers, one level of dicts.
        """
        return {
            "baseline": self.baseline.reshape(self.shape).copy(),
            "variance": self._variance.copy(),
            "last": self._last.copy(),
            "block": self._block.copy(),
            "n_start": self._n_start,
            "start": self._start.copy(),
            "amounts": self._amounts.copy(),
            "sum": self._sum.copy(),
            "due": self._due.copy(),
            "looks": self._looks.copy(),
            "count": self._count,
            "population": self.population.save(),
            "evidence": self.evidence.save(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `save` returned."""
        self._variance = np.array(state["variance"], np.float32)
        self._last = np.array(state["last"], np.float32)
        self._block = np.array(state["block"], np.float32)
        self._n_start = int(state["n_start"])
        self._start = np.array(state["start"], np.float32)
        self._amounts = np.array(state["amounts"], np.float32)
        self._sum = np.array(state["sum"], np.float32)
        self._due = np.array(state["due"], np.int64)
        self._looks = np.array(state["looks"], np.int64)
        self._count = int(state["count"])
        self.phase = self._count % self._block_frames
        self.population.load(state["population"])
        self.evidence.load(state["evidence"])
