"""Running mean and variance of responses by cell and stimulus, for growing numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.library._moments import Moments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]


class ResponseStatistics:
    """Mean, variance and number of responses of each cell to each stimulus value.

    Cells and values may join at any time; a cell has no part in trials that it was
    not seen in (NaN), and its mean is NaN where it has seen none.

    Examples
    --------
    >>> statistics = ResponseStatistics()
    >>> statistics.add(90.0, [1.0, 4.0])
    >>> statistics.add(0.0, [2.0, np.nan])
    >>> statistics.add(90.0, [3.0, 4.0])
    >>> statistics.mean
    array([[ 2.,  2.],
           [nan,  4.]])
    """

    def __init__(self) -> None:
        self._columns: dict[float, int] = {}
        self._shown = np.zeros(0, np.int64)
        self._moments = Moments()

    def add(self, value: float, response: ArrayLike) -> None:
        """Take in the responses of one trial.

        Parameters
        ----------
        value
            The stimulus shown.
        response
            Shape (n_cells,), any unit; NaN where a cell was not seen. More than
            before are new cells, fewer leave the last ones out.
        """
        y = np.asarray(response, dtype=np.float64)
        column = self._columns.setdefault(float(value), len(self._columns))
        self._moments.add(column, y)
        self._shown = np.pad(self._shown, (0, len(self._columns) - self._shown.size))
        self._shown[column] += 1

    @property
    def n_cells(self) -> int:
        """Number of cells so far."""
        return self._moments.n_cells

    @property
    def values(self) -> Float:
        """Stimulus values shown so far, in rising order, shape (k,)."""
        return np.sort(np.array(list(self._columns), dtype=np.float64))

    @property
    def n_trials(self) -> NDArray[np.int64]:
        """Trials of each value, shape (k,)."""
        return self._shown[self._order()]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Trials of each value that each cell was seen in, shape (n_cells, k)."""
        return self._moments.counts[:, self._order()]

    @property
    def mean(self) -> Float:
        """Mean response, shape (n_cells, k); NaN without a trial."""
        counts = self.counts
        return np.where(counts > 0, self._moments.means[:, self._order()], np.nan)

    @property
    def variance(self) -> Float:
        """Unbiased variance between trials, (n_cells, k); NaN below two trials."""
        counts = self.counts
        squares = self._moments.squares[:, self._order()]
        variance: Float = squares / np.maximum(counts - 1, 1)
        variance[counts < 2] = np.nan
        return variance

    @property
    def sem(self) -> Float:
        """Standard error of the mean, (n_cells, k); NaN below two trials."""
        variance: Float = self.variance / np.maximum(self.counts, 1)
        return np.sqrt(variance)

    @property
    def preferred(self) -> Float:
        """Value with the highest mean, shape (n_cells,); NaN without a trial."""
        mean = self.mean
        known = np.isfinite(mean).any(axis=1)
        preferred = np.nan * np.zeros(mean.shape[0])
        ranked = np.where(np.isfinite(mean), mean, -np.inf)[known]
        if known.any():
            preferred[known] = self.values[ranked.argmax(axis=1)]
        return preferred

    def to_state(self) -> dict[str, NDArray[np.generic]]:
        """Give everything as plain arrays, for a checkpoint.

        Returns
        -------
        dict
            values, shown (k,) in order of first showing; counts, means, squares (n, k).
        """
        return {
            "values": np.array(list(self._columns), dtype=np.float64),
            "shown": self._shown.copy(),
            **self._moments.to_state(),
        }

    def take_state(self, state: Mapping[str, ArrayLike]) -> None:
        """Go on from what `to_state` gave.

        Parameters
        ----------
        state
            As given by `to_state`.
        """
        values = np.asarray(state["values"], dtype=np.float64)
        self._columns = {float(value): i for i, value in enumerate(values)}
        self._shown = np.array(state["shown"], np.int64)
        self._moments.take_state(state)

    def _order(self) -> NDArray[np.intp]:
        return np.argsort(np.array(list(self._columns), dtype=np.float64))
