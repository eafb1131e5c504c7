"""What is gathered of one trial: the means of each cell over two windows of frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

LEAST_SEEN = 0.5
"""Share of a window's frames that a cell must be seen in for its mean to count."""


def _nothing() -> Float:
    return np.zeros(0)


@dataclass
class FrameMean:
    """Mean over frames of each cell, for cells that join on the way."""

    n_frames: int = 0
    counts: Float = field(default_factory=_nothing)
    sums: Float = field(default_factory=_nothing)

    @property
    def n_cells(self) -> int:
        """Number of cells seen so far."""
        return self.sums.size

    def add(self, row: Float) -> None:
        """Take in one frame, shape (n_cells,), NaN where a cell was not seen."""
        grow = max(0, row.size - self.sums.size)
        if grow:
            self.counts = np.pad(self.counts, (0, grow))
            self.sums = np.pad(self.sums, (0, grow))
        seen = np.isfinite(row)
        self.n_frames += 1
        self.counts[: row.size] += seen
        self.sums[: row.size] += np.where(seen, row, 0.0)

    def mean(self, n_cells: int) -> Float:
        """Give the mean over the frames.

        Returns
        -------
        numpy.ndarray
            Shape (n_cells,) or more, NaN for cells seen in too few frames.
        """
        enough = self.counts >= max(1.0, LEAST_SEEN * self.n_frames)
        means = np.where(enough, self.sums / np.maximum(self.counts, 1.0), np.nan)
        extra = max(0, n_cells - means.size)
        return np.pad(means, (0, extra), constant_values=np.nan)

    def to_state(self) -> dict[str, Any]:
        """Give the sums as plain data.

        Returns
        -------
        dict
            What the class is built from.
        """
        return {
            "n_frames": self.n_frames,
            "counts": self.counts.copy(),
            "sums": self.sums.copy(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> FrameMean:
        """Build it again from what `to_state` gave.

        Returns
        -------
        FrameMean
            With sums of its own.
        """
        counts, sums = np.array(state["counts"], float), np.array(state["sums"], float)
        return cls(int(state["n_frames"]), counts, sums)


@dataclass
class Trial:
    """A trial whose response is being gathered."""

    onset: int
    stimulus: dict[str, Any]
    first: int
    last: int
    baseline: FrameMean | None
    response: FrameMean = field(default_factory=FrameMean)

    def add(self, frame: int, row: Float) -> None:
        """Take in a frame if it lies in the response window."""
        if self.first <= frame - self.onset <= self.last:
            self.response.add(row)

    def to_state(self) -> dict[str, Any]:
        """Give the trial as plain data.

        Returns
        -------
        dict
            What the class is built from.
        """
        return {
            "onset": self.onset,
            "stimulus": dict(self.stimulus),
            "first": self.first,
            "last": self.last,
            "baseline": self.baseline.to_state() if self.baseline else None,
            "response": self.response.to_state(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Trial:
        """Build it again from what `to_state` gave.

        Returns
        -------
        Trial
            With sums of its own.
        """
        baseline = state["baseline"]
        return cls(
            int(state["onset"]),
            dict(state["stimulus"]),
            int(state["first"]),
            int(state["last"]),
            None if baseline is None else FrameMean.from_state(baseline),
            FrameMean.from_state(state["response"]),
        )

    def compute_response(self, n_cells: int) -> Float:
        """Compute the response less the baseline.

        Returns
        -------
        numpy.ndarray
            Shape (n_cells,) or more; NaN for cells seen too little.
        """
        n_cells = max(n_cells, self.response.n_cells)
        response = self.response.mean(n_cells)
        if self.baseline is not None:
            response -= self.baseline.mean(n_cells)[:n_cells]
        return response
