"""The z-score of a stream: mean and SD of its past."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Mapping

import numpy as np
from numpy.typing import ArrayLike

from ranvier.causal._stage import ChannelMemory, Float, compute_fade, to_rows


class RunningZScore:
    """Standardise each channel by the mean and SD of its past.

    The sample itself is counted in. A sample that is not finite gives NaN and leaves
    no trace.

    Parameters
    ----------
    rate_hz
        Samples per second.
    time_constant
        Time in which the weight of a sample falls to 1/e, s; infinite for mean and
        SD since the start.
    warm_up
        Time of finite samples before there is a z-score, s; until then it is NaN.

    Raises
    ------
    NodeError
        If the time constant or the rate is not above 0 (RV-N98).

    Notes
    -----
    Welford's recursion (Technometrics 4, 1962), with weights as in West (Commun. ACM
    22, 1979); SD with ddof 0. A constant channel has no SD, its z-score is NaN.

    Examples
    --------
    >>> RunningZScore(rate_hz=1.0, warm_up=2.0).update([0.0, 2.0, 4.0]).round(3)
    array([  nan, 1.   , 1.225])
    """

    def __init__(
        self, rate_hz: float, time_constant: float = math.inf, *, warm_up: float = 10.0
    ) -> None:
        self._rate_hz = rate_hz
        self._n_warm_up = warm_up * rate_hz
        self._memory = ChannelMemory([0.0] * 4)  # weight, mean, sum of squares, count
        self.set_time_constant(time_constant)

    def set_time_constant(self, time_constant: float) -> None:
        """Forget faster or more slowly from now on.

        Parameters
        ----------
        time_constant
            s, above 0; infinite for no forgetting.

        Raises
        ------
        NodeError
            If it is not (RV-N98).
        """
        self._fade = compute_fade(time_constant, self._rate_hz)

    def update(self, values: ArrayLike) -> Float:
        """Take in the next samples.

        Parameters
        ----------
        values
            (n_samples,) or (n_samples, n_channels), any unit.

        Returns
        -------
        numpy.ndarray
            z-score, same shape, in SD.

        Raises
        ------
        NodeError
            If the shape or the number of channels is wrong (RV-N97, RV-N95).
        """
        rows = to_rows(values)
        self._memory.fit(rows)
        z = np.empty_like(rows)
        for n, memory in enumerate(self._memory.channels):
            z[:, n] = self._run(rows[:, n].tolist(), memory)
        return z.reshape(np.shape(values))

    def state(self) -> Dict[str, Any]:
        """Hand over what it remembers.

        Returns
        -------
        dict
            `memory` (n_channels, 4).
        """
        return self._memory.to_state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        self._memory.take_state(state)

    def _run(self, values: List[float], memory: List[float]) -> List[float]:
        fade, n_warm_up = self._fade, self._n_warm_up
        weight, mean, squares, count = memory
        found: List[float] = []
        for value in values:
            z = math.nan
            if value == value:  # not NaN
                weight, count = fade * weight + 1.0, count + 1.0
                off = value - mean
                mean += off / weight
                squares = fade * squares + off * (value - mean)
                if count >= n_warm_up and squares > 0.0:
                    z = (value - mean) / math.sqrt(squares / weight)
            found.append(z)
        memory[:] = weight, mean, squares, count
        return found
