"""The bleaching baseline of a stream: a line through the past that forgets."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Literal, Mapping

import numpy as np
from numpy.typing import ArrayLike

from ranvier.causal._stage import (
    ChannelMemory,
    Float,
    check_choice,
    compute_fade,
    to_rows,
)

Scale = Literal["log", "linear"]

_FORGOTTEN = 1e-100
"""Weight below which nothing is left of the past, long before it underflows."""
_RIDGE = 1.0 / 96.0
"""Spread of half a time constant of samples, (T/2)³/12, over that of the memory, T³."""


class BleachingBaseline:
    """Follow the bleaching of each channel from the past alone.

    The baseline F0 is the end of a straight line fitted to all samples so far, whose
    weights fall by 1/e every `time_constant`. On the logarithmic scale the line is an
    exponential decay, which it follows without lag; its rate may change slowly, as
    with several components. At the start the slope is held back until about half a
    time constant has been seen, so the baseline begins as the running mean.

    A sample that is not finite (on the logarithmic scale also one that is not above
    0) has no weight, but time goes on: the baseline is continued through the gap,
    and forgets its slope if that is long.

    Parameters
    ----------
    rate_hz
        Samples per second.
    time_constant
        Time in which the weight of a sample falls to 1/e, s.
    scale
        ``"log"``, or ``"linear"`` for signals that may be 0 or below.

    Raises
    ------
    NodeError
        If the time constant or the rate is not above 0 (RV-N98), or there is no such
        scale (RV-N93).

    Notes
    -----
    The fading-memory polynomial filter of degree 1 (Morrison, Introduction to
    Sequential Smoothing and Prediction, 1969, chapter 13), which for long memories is
    Holt's linear smoothing (Int. J. Forecasting 20, 2004). It is computed from five
    decaying sums by the normal equations, with a ridge on the slope, not by updating
    a solution: no error can gather over days.

    Examples
    --------
    >>> decay = np.exp(-np.arange(600) / 600.0)
    >>> baseline = BleachingBaseline(rate_hz=1.0, time_constant=30.0).update(decay)
    >>> bool(abs(baseline[-1] / decay[-1] - 1.0) < 1e-3)
    True
    """

    def __init__(
        self, rate_hz: float, time_constant: float = 60.0, *, scale: Scale = "log"
    ) -> None:
        self._rate_hz = rate_hz
        check_choice("scale", scale, ("log", "linear"))
        self._is_log = scale == "log"
        self._memory = ChannelMemory([0.0] * 5)
        self.set_time_constant(time_constant)

    def set_time_constant(self, time_constant: float) -> None:
        """Forget faster or more slowly from now on.

        Parameters
        ----------
        time_constant
            s, above 0.

        Raises
        ------
        NodeError
            If it is not (RV-N98).
        """
        self._fade = compute_fade(time_constant, self._rate_hz)
        self._ridge = _RIDGE * (time_constant * self._rate_hz) ** 3

    def update(self, values: ArrayLike) -> Float:
        """Take in the next samples.

        Parameters
        ----------
        values
            Fluorescence F, (n_samples,) or (n_samples, n_channels), any unit.

        Returns
        -------
        numpy.ndarray
            Baseline F0 at each sample, that one included; same shape and unit. NaN
            before a channel's first finite sample.

        Raises
        ------
        NodeError
            If the shape or the number of channels is wrong (RV-N97, RV-N95).
        """
        rows = to_rows(values)
        self._memory.fit(rows)
        baseline = np.empty_like(rows)
        for n, memory in enumerate(self._memory.channels):
            column = rows[:, n].tolist()
            if self._is_log:
                column = [math.log(v) if v > 0.0 else math.nan for v in column]
            found = self._run(column, memory)
            baseline[:, n] = [math.exp(v) for v in found] if self._is_log else found
        return baseline.reshape(np.shape(values))

    def state(self) -> Dict[str, Any]:
        """Hand over what it remembers.

        Returns
        -------
        dict
            `memory` (n_channels, 5).
        """
        return self._memory.to_state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        self._memory.take_state(state)

    def _run(self, values: List[float], memory: List[float]) -> List[float]:
        fade, ridge = self._fade, self._ridge
        # Weighted sums over the past: of 1, age and age², of value and age * value.
        s0, s1, s2, y0, y1 = memory
        found: List[float] = []
        for value in values:
            s2 = fade * (s2 + 2.0 * s1 + s0)
            s1 = fade * (s1 + s0)
            y1 = fade * (y1 + y0)
            s0, y0 = fade * s0, fade * y0
            if value == value:  # not NaN
                s0, y0 = s0 + 1.0, y0 + value
            elif s0 < _FORGOTTEN:
                s0 = s1 = s2 = y0 = y1 = 0.0
            if s0 > 0.0:
                spread = s2 + ridge
                found.append((y0 * spread - y1 * s1) / (s0 * spread - s1 * s1))
            else:
                found.append(math.nan)
        memory[:] = s0, s1, s2, y0, y1
        return found


def compute_dff(values: ArrayLike, baseline: ArrayLike) -> Float:
    """Give fluorescence relative to its baseline, (F - F0) / F0.

    Parameters
    ----------
    values, baseline
        F and F0, same shape and unit.

    Returns
    -------
    numpy.ndarray
        ΔF/F, same shape, without unit; NaN where F is missing or F0 is not above 0.

    Examples
    --------
    >>> compute_dff([1.5, np.nan, 1.0], [1.0, 1.0, 0.0])
    array([0.5, nan, nan])
    """
    f = np.asarray(values, np.float64)
    f0 = np.asarray(baseline, np.float64)
    is_there = np.isfinite(f) & (f0 > 0.0)
    divisor = np.where(is_there, f0, 1.0)
    return np.where(is_there, (np.where(is_there, f, 0.0) - divisor) / divisor, np.nan)
