"""A reference brought to the moments of the signal, though it is sampled between."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Deque, Dict, List, Literal, Mapping, NamedTuple, Optional, Tuple

import numpy as np
from numpy.typing import ArrayLike

from ranvier.causal._stage import Float, check_choice, refuse_shape, to_rows

Alignment = Literal["linear", "hold"]
_Sample = Tuple[float, List[float]]


class Pairs(NamedTuple):
    """Samples of the signal with the reference at the same moments.

    Parameters
    ----------
    times
        Those of the signal, (n_samples,).
    signal, reference
        (n_samples, n_channels); NaN where there is no reference.
    """

    times: Float
    signal: Float
    reference: Float


class PairAligner:
    """Give to each sample of a signal the reference of its own moment.

    With ``"linear"`` a sample waits for the first reference at or after it, about
    half a frame, and gets the value between this and the one before. With ``"hold"``
    it gets the newest reference at or before it, at once. Where there is none, or
    only one further away than `max_gap`, the reference is NaN; a sample waits no
    longer than that.

    The pairs do not depend on how the two streams are cut, as long as neither is
    behind the other by more than `max_gap` (``"hold"``: not behind at all).

    Parameters
    ----------
    mode
        ``"linear"`` or ``"hold"``.
    max_gap
        Longest time between two references that is bridged, in the unit of times.

    Raises
    ------
    NodeError
        If there is no such mode (RV-N93).

    Examples
    --------
    >>> aligner = PairAligner()
    >>> pairs = aligner.update([1.0, 2.0], [5.0, 6.0], [0.5, 1.5], [10.0, 20.0])
    >>> pairs.times, pairs.reference.ravel()
    (array([1.]), array([15.]))
    """

    def __init__(self, mode: Alignment = "linear", max_gap: float = 1.0) -> None:
        check_choice("mode", mode, ("linear", "hold"))
        self._holds = mode == "hold"
        self._max_gap = max_gap
        self._waiting: Deque[_Sample] = deque()
        self._references: Deque[_Sample] = deque()

    def update(
        self,
        times: ArrayLike,
        signal: ArrayLike,
        reference_times: ArrayLike,
        reference: ArrayLike,
    ) -> Pairs:
        """Take in the next samples of either or both.

        Parameters
        ----------
        times, reference_times
            (n_samples,), rising, one clock; s or any other unit.
        signal, reference
            (n_samples,) or (n_samples, n_channels); the numbers of samples may
            differ, and be 0.

        Returns
        -------
        Pairs
            Samples whose reference is now known, in order.

        Raises
        ------
        NodeError
            If times and values are not of one length (RV-N97).
        """
        self._references.extend(_to_samples(reference_times, reference))
        rows = to_rows(signal)
        done: List[Tuple[float, List[float], List[float]]] = []
        for sample in _to_samples(times, rows):
            self._waiting.append(sample)
            self._release(sample[0], done)
        self._release(-math.inf, done)
        self._forget()
        n_channels = rows.shape[1] if not done else len(done[0][1])
        return Pairs(
            np.array([each[0] for each in done], np.float64),
            np.array([each[1] for each in done], np.float64).reshape(-1, n_channels),
            np.array([each[2] for each in done], np.float64).reshape(-1, n_channels),
        )

    def state(self) -> Dict[str, Any]:
        """Hand over what waits.

        Returns
        -------
        dict
            `times`, `signal`, `reference_times`, `reference`: arrays.
        """
        times, signal = _to_arrays(self._waiting)
        reference_times, reference = _to_arrays(self._references)
        return {
            "times": times,
            "signal": signal,
            "reference_times": reference_times,
            "reference": reference,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        self._waiting = deque(_to_samples(state["times"], state["signal"]))
        pairs = _to_samples(state["reference_times"], state["reference"])
        self._references = deque(pairs)

    def _release(
        self, now: float, done: List[Tuple[float, List[float], List[float]]]
    ) -> None:
        while self._waiting:
            time, values = self._waiting[0]
            found = self._find(time)
            if found is None and not self._holds and now - time <= self._max_gap:
                return
            self._waiting.popleft()
            done.append((time, values, found or [math.nan] * len(values)))

    def _forget(self) -> None:
        """Drop references that no signal can still need, should it have stopped."""
        known = self._references
        while len(known) > 1 and known[1][0] < known[-1][0] - 2.0 * self._max_gap:
            known.popleft()

    def _find(self, time: float) -> Optional[List[float]]:
        """Give the reference at a time; None if it may still come."""
        known = self._references
        while len(known) > 1 and known[1][0] <= time:
            known.popleft()
        if not known:
            return None
        t0, before = known[0]
        if t0 == time or (self._holds and 0.0 <= time - t0 <= self._max_gap):
            return before
        if t0 < time and not self._holds:
            return None if len(known) < 2 else self._bridge(time, known[0], known[1])
        return [math.nan] * len(before)  # before the first, or too long after the last

    def _bridge(self, time: float, one: _Sample, other: _Sample) -> List[float]:
        (t0, before), (t1, after) = one, other
        if t1 - t0 > self._max_gap:
            return [math.nan] * len(before)
        part = (time - t0) / (t1 - t0)
        return [a + part * (b - a) for a, b in zip(before, after)]


def _to_samples(times: ArrayLike, values: ArrayLike) -> List[_Sample]:
    stamps = np.asarray(times, np.float64)
    rows = to_rows(values)
    if stamps.shape != (len(rows),):
        raise refuse_shape(rows.shape, f"a sample for each of {stamps.size} times")
    return list(zip(stamps.tolist(), rows.tolist()))


def _to_arrays(samples: Deque[_Sample]) -> Tuple[Float, Float]:
    times = np.array([time for time, _ in samples], np.float64)
    values = np.array([values for _, values in samples], np.float64)
    return times, values.reshape(len(times), -1) if len(times) else np.zeros((0, 0))
