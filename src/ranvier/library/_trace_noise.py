"""The noise of fluorescence traces, from the differences of successive frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

# Median of the absolute difference of two values with a noise of 1.
_MEDIAN_TO_SIGMA = 0.6744897501960817 * 2**0.5


class RunningNoise:
    """The noise of many traces, measured as they come.

    The median of the absolute difference of successive values, which transients
    hardly move; followed by stochastic approximation (Robbins & Monro, Annals of
    Mathematical Statistics 1951) in steps that shrink to 1 %.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> noise = RunningNoise()
    >>> for _ in range(2000):
    ...     sigma = noise.update(rng.normal(0, 3.0, 2))
    >>> bool(abs(sigma - 3).max() < 0.5)
    True
    """

    _SLOWEST = 0.01

    def __init__(self) -> None:
        self._before = np.zeros(0)
        self._median = np.zeros(0)
        self._count = np.zeros(0)

    def update(self, values: Float) -> Float:
        """Take in one frame.

        Parameters
        ----------
        values
            Shape (n_cells,); n_cells may grow; NaN is left out.

        Returns
        -------
        numpy.ndarray
            Standard deviation of the noise, shape (n_cells,); 0 before a cell's
            second value.
        """
        new = len(values) - len(self._before)
        self._before = np.append(self._before, np.full(new, np.nan))
        self._median = np.append(self._median, np.zeros(new))
        self._count = np.append(self._count, np.zeros(new))
        size = np.abs(values - self._before)
        known = np.isfinite(size)
        size = np.where(known, size, 0.0)
        self._count += known
        rate = np.maximum(2.0 / (self._count + 1.0), self._SLOWEST)
        step = np.exp(rate * np.sign(size - self._median))
        # A trace that stood still has no noise to scale: it takes the next size it has.
        moved = np.where(self._median > 0, self._median * step, size)
        self._median = np.where(known, moved, self._median)
        self._before = np.where(np.isfinite(values), values, self._before)
        return self._median / _MEDIAN_TO_SIGMA

    def to_state(self) -> dict[str, Float]:
        """Give all that the next value depends on.

        Returns
        -------
        dict
            Arrays.
        """
        return {
            "before": self._before,
            "median": self._median,
            "count": self._count,
        }

    def take_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self._before = np.array(state["before"], np.float64)
        self._median = np.array(state["median"], np.float64)
        self._count = np.array(state["count"], np.float64)


def measure_noise(traces: Float) -> Float:
    """Measure the noise of traces from the differences of successive frames.

    Parameters
    ----------
    traces
        Shape (n_frames, n_cells); NaN is left out.

    Returns
    -------
    numpy.ndarray
        Standard deviation, shape (n_cells,); 0 where there is no difference.
    """
    sizes: Float = np.sort(np.abs(np.diff(traces, axis=0)), axis=0)
    n_known = np.isfinite(sizes).sum(axis=0)
    if not len(sizes):
        return np.zeros(int(traces.shape[1]))
    place = np.maximum(n_known - 1, 0) // 2
    middle: Float = np.take_along_axis(sizes, place[None], axis=0)[0]
    middle[n_known == 0] = 0.0
    return middle / _MEDIAN_TO_SIGMA
