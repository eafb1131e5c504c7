"""Mean and standard error of responses, point by point, as they come."""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Tuple

import numpy as np

from ranvier.causal._stage import Float


class ConditionAverage(NamedTuple):
    """What the responses of one condition are on average.

    Parameters
    ----------
    t
        Time from the event, s, (n_points,).
    mean, sem
        (n_points, n_channels), unit of the signal; NaN where too few responses have
        a value (none; for the standard error fewer than two).
    n
        Responses with a value, (n_points, n_channels).
    """

    t: Float
    mean: Float
    sem: Float
    n: Float


class MeanResponse:
    """Gathers responses; a point that is NaN is missing from that response alone.

    Parameters
    ----------
    t
        Time from the event, s, (n_points,).
    shape
        (n_points, n_channels).

    Notes
    -----
    Welford's recursion (Technometrics 4, 1962).
    """

    def __init__(self, t: Float, shape: Tuple[int, ...]) -> None:
        self._t = t
        self._n = np.zeros(shape)
        self._mean = np.zeros(shape)
        self._squares = np.zeros(shape)

    def add(self, values: Float) -> None:
        """Count a response in, (n_points, n_channels)."""
        is_there = np.isfinite(values)
        self._n += is_there
        off = np.where(is_there, values, self._mean) - self._mean
        self._mean += off / np.maximum(self._n, 1.0)
        self._squares += off * (np.where(is_there, values, self._mean) - self._mean)

    def summarise(self) -> ConditionAverage:
        """Give mean, standard error and count as they are now.

        Returns
        -------
        ConditionAverage
            Arrays of their own.
        """
        n = self._n
        variance = self._squares / np.maximum(n - 1.0, 1.0)
        return ConditionAverage(
            self._t.copy(),
            np.where(n > 0, self._mean, np.nan),
            np.where(n > 1, np.sqrt(variance / np.maximum(n, 1.0)), np.nan),
            n.copy(),
        )

    def to_state(self) -> Dict[str, Any]:
        """Give all that it knows as arrays.

        Returns
        -------
        dict
            `n`, `mean`, `squares`, each (n_points, n_channels).
        """
        return {
            "n": self._n.copy(),
            "mean": self._mean.copy(),
            "squares": self._squares.copy(),
        }

    @classmethod
    def from_state(cls, t: Float, state: Mapping[str, Any]) -> MeanResponse:
        """Make one that goes on from what `to_state` gave.

        Parameters
        ----------
        t
            Time from the event, s, (n_points,).
        state
            As given by `to_state`.

        Returns
        -------
        MeanResponse
            With arrays of its own.
        """
        made = cls(t, np.shape(state["n"]))
        made._n = np.array(state["n"], np.float64)
        made._mean = np.array(state["mean"], np.float64)
        made._squares = np.array(state["squares"], np.float64)
        return made
