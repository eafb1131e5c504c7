"""Number, mean and spread of responses by cell and stimulus, one trial at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]


class Moments:
    """A table of cells and columns that grows; a cell not seen (NaN) has no part.

    Parameters
    ----------
    number
        Type of the counts: whole numbers, or floats for who goes on reckoning in them.

    Attributes
    ----------
    counts, means, squares
        Shape (n_cells, n_columns): responses, their mean (0 without any), and the sum
        of their squared deviations from it.

    Notes
    -----
    One pass, without loss of digits when responses ride on an offset: Welford,
    Technometrics 4 (1962).

    Examples
    --------
    >>> moments = Moments()
    >>> moments.add(0, np.array([1.0, 4.0]))
    >>> moments.add(0, np.array([3.0, np.nan]))
    >>> moments.means.ravel(), moments.counts.ravel()
    (array([2., 4.]), array([2, 1]))
    """

    def __init__(self, number: type[np.int64 | np.float64] = np.int64) -> None:
        self.counts: NDArray[Any] = np.zeros((0, 0), number)
        self.means: Float = np.zeros((0, 0))
        self.squares: Float = np.zeros((0, 0))

    @property
    def n_cells(self) -> int:
        """Number of cells so far."""
        return self.counts.shape[0]

    def add(self, column: int, responses: Float) -> None:
        """Take in the responses of one trial.

        Parameters
        ----------
        column
            Of the stimulus; one beyond the last is a new one.
        responses
            Shape (n_cells,), any unit; NaN where a cell was not seen. More than
            before are new cells, fewer leave the last ones out.
        """
        self._grow(responses.size, column + 1)
        seen = np.flatnonzero(np.isfinite(responses))
        delta = responses[seen] - self.means[seen, column]
        self.counts[seen, column] += 1
        self.means[seen, column] += delta / self.counts[seen, column]
        self.squares[seen, column] += delta * (
            responses[seen] - self.means[seen, column]
        )

    def to_state(self) -> dict[str, NDArray[Any]]:
        """Give everything as plain arrays, for a checkpoint.

        Returns
        -------
        dict
            counts, means, squares: copies.
        """
        return {
            "counts": self.counts.copy(),
            "means": self.means.copy(),
            "squares": self.squares.copy(),
        }

    def take_state(self, state: Mapping[str, ArrayLike]) -> None:
        """Go on from what `to_state` gave.

        Parameters
        ----------
        state
            As given by `to_state`; it may hold more.
        """
        self.counts = np.array(state["counts"], self.counts.dtype)
        self.means = np.array(state["means"], np.float64)
        self.squares = np.array(state["squares"], np.float64)

    def _grow(self, n_cells: int, n_columns: int) -> None:
        cells = max(0, n_cells - self.counts.shape[0])
        columns = max(0, n_columns - self.counts.shape[1])
        if cells or columns:
            pad = ((0, cells), (0, columns))
            self.counts = np.pad(self.counts, pad)
            self.means = np.pad(self.means, pad)
            self.squares = np.pad(self.squares, pad)
