"""Event-triggered averages of a stream, by condition."""

from __future__ import annotations

import bisect
from collections import deque
from typing import Any, Deque, Dict, List, Mapping, NamedTuple, Optional, Tuple

import numpy as np
from numpy.typing import ArrayLike

from ranvier.causal._mean_response import ConditionAverage, MeanResponse
from ranvier.causal._stage import Float, refuse_shape, to_rows
from ranvier.core import NodeError


class Response(NamedTuple):
    """The signal around one event.

    Parameters
    ----------
    time
        Of the event, s.
    condition
        As told with the event.
    values
        (n_points, n_channels), unit of the signal; NaN where it is not there (yet).
    """

    time: float
    condition: str
    values: Float


class EventAverage:
    """Average the signal around events, as they come, by condition.

    A response is aligned exactly: the signal is interpolated linearly at the moments
    ``event + t``, and is NaN where that would bridge a missing sample or more than
    `max_gap`. It is counted when the signal has reached the end of its window.

    Only the stretch of signal is kept that an event may still need, so an event may
    be told up to `patience` after it happened; of one told later than that, what is
    no longer there is NaN. Events may be told before they happen.

    Parameters
    ----------
    window
        Start and end around the event, s; start < end.
    rate_hz
        Points per second of the response.
    baseline
        Start and end, s, of the part whose mean is taken from each response; None
        for none. The end is not included.
    max_gap
        Longest time between two samples that is bridged, s.
    patience
        How late an event may be told, s.

    Raises
    ------
    NodeError
        If the window or the baseline holds no point (RV-N99).

    Examples
    --------
    >>> average = EventAverage(window=(-1.0, 2.0), rate_hz=1.0, max_gap=2.0)
    >>> average.add_event(1.5, "cue")
    >>> done = average.update(np.arange(5.0), 10.0 * np.arange(5.0))
    >>> average.t, average.averages["cue"].mean.ravel()
    (array([-1.,  0.,  1.]), array([ 5., 15., 25.]))
    """

    def __init__(
        self,
        window: Tuple[float, float] = (-1.0, 2.0),
        rate_hz: float = 30.0,
        *,
        baseline: Optional[Tuple[float, float]] = None,
        max_gap: float = 0.5,
        patience: float = 1.0,
    ) -> None:
        self.t = _make_grid(window, rate_hz)
        self._in_baseline = _choose(self.t, baseline)
        self._max_gap = max_gap
        self._last = float(self.t[-1])
        # A window that ends before its event is cut when the event is told.
        self._kept = max(self._last, 0.0) - float(self.t[0]) + max_gap + patience
        self._times: Deque[float] = deque()
        self._rows: Deque[Float] = deque()
        self._open: List[Tuple[float, str]] = []
        self._means: Dict[str, MeanResponse] = {}
        self.n_disordered = 0

    @property
    def averages(self) -> Dict[str, ConditionAverage]:
        """Mean, standard error and count by condition, of the responses complete."""
        return {name: mean.summarise() for name, mean in self._means.items()}

    def add_event(self, time: float, condition: str = "") -> None:
        """Tell of an event.

        Parameters
        ----------
        time
            s, on the clock of the signal; if it is not finite, there is no event.
        condition
            What it is averaged with.
        """
        if np.isfinite(time):
            bisect.insort(self._open, (float(time), condition))

    def update(self, times: ArrayLike, values: ArrayLike) -> List[Response]:
        """Take in the next samples.

        Parameters
        ----------
        times
            (n_samples,), s. A sample that is not later than the one before is left
            out and counted in `n_disordered`.
        values
            (n_samples,) or (n_samples, n_channels), any unit; NaN is missing.

        Returns
        -------
        list of Response
            Those that are now complete, in order of their events.

        Raises
        ------
        NodeError
            If there are not as many times as samples, or another number of channels
            than before (RV-N97).
        """
        rows = to_rows(values)
        stamps = np.asarray(times, np.float64)
        if stamps.shape != (len(rows),):
            raise refuse_shape(rows.shape, f"a sample for each of {stamps.size} times")
        if self._rows and rows.shape[1:] != self._rows[0].shape:
            raise refuse_shape(rows.shape, f"(n_samples, {self._rows[0].size})")
        done: List[Response] = []
        for time, row in zip(stamps.tolist(), rows.copy()):
            if not time > (self._times[-1] if self._times else -np.inf):
                self.n_disordered += 1
                continue
            self._times.append(time)
            self._rows.append(row)
            self._close_until(time, done)
            while self._times[0] < time - self._kept:
                self._times.popleft()
                self._rows.popleft()
        return done

    def pending(self) -> List[Response]:
        """Give the responses not yet complete, NaN where the signal has still to come.

        Returns
        -------
        list of Response
            In order of their events.
        """
        return [Response(*event, self._cut(event[0])) for event in self._open]

    def state(self) -> Dict[str, Any]:
        """Hand over the averages, the open events and the signal kept.

        Returns
        -------
        dict
            Plain data and arrays.
        """
        return {
            "times": np.array(self._times, np.float64),
            "rows": np.array(self._rows, np.float64).reshape(len(self._rows), -1)
            if self._rows
            else np.zeros((0, 0)),
            "open": [{"time": time, "condition": c} for time, c in self._open],
            "means": {name: mean.to_state() for name, mean in self._means.items()},
            "n_disordered": self.n_disordered,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        self._times = deque(np.asarray(state["times"], np.float64).tolist())
        self._rows = deque(np.array(state["rows"], np.float64))
        self._open = [(float(e["time"]), str(e["condition"])) for e in state["open"]]
        self._means = {
            str(name): MeanResponse.from_state(self.t, mean)
            for name, mean in state["means"].items()
        }
        self.n_disordered = int(state["n_disordered"])

    def _close_until(self, time: float, done: List[Response]) -> None:
        while self._open and self._open[0][0] + self._last <= time:
            event, condition = self._open.pop(0)
            response = Response(event, condition, self._cut(event))
            if condition not in self._means:
                self._means[condition] = MeanResponse(self.t, response.values.shape)
            self._means[condition].add(response.values)
            done.append(response)

    def _cut(self, event: float) -> Float:
        """Interpolate the signal at the moments around an event."""
        n_channels = self._rows[0].size if self._rows else 1
        values = np.full((self.t.size, n_channels), np.nan)
        if self._rows:
            known = np.array(self._times)
            rows = np.array(self._rows)
            _interpolate(event + self.t, known, rows, self._max_gap, values)
        if self._in_baseline is not None:
            values -= _mean_of_finite(values[self._in_baseline])
        return values


def _interpolate(
    wanted: Float, times: Float, rows: Float, max_gap: float, values: Float
) -> None:
    before = np.searchsorted(times, wanted, side="right") - 1
    # With nothing after it there is still the sample that stands exactly there.
    after = np.minimum(before + 1, times.size - 1)
    start = np.maximum(before, 0)
    gap = times[after] - times[start]
    part = (wanted - times[start]) / np.where(gap > 0.0, gap, 1.0)
    is_exact = (before >= 0) & (wanted == times[start])
    values[is_exact] = rows[start[is_exact]]
    is_between = (before >= 0) & ~is_exact & (gap > 0.0) & (gap <= max_gap)
    low, high = rows[start[is_between]], rows[after[is_between]]
    values[is_between] = low + part[is_between, None] * (high - low)


def _mean_of_finite(values: Float) -> Float:
    finite = np.isfinite(values)
    n = finite.sum(axis=0)
    total = np.where(finite, values, 0.0).sum(axis=0)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _make_grid(window: Tuple[float, float], rate_hz: float) -> Float:
    if rate_hz > 0.0 and np.isfinite(rate_hz) and np.isfinite(window).all():
        first, stop = round(window[0] * rate_hz), round(window[1] * rate_hz)
        if first < stop:
            return np.arange(first, stop) / rate_hz
    raise _no_point("window", window)


def _choose(
    t: Float, baseline: Optional[Tuple[float, float]]
) -> Optional[np.ndarray[Any, np.dtype[np.bool_]]]:
    if baseline is None:
        return None
    # Half a point's rounding must not decide which points are in.
    inside = (t >= baseline[0] - 1e-9) & (t < baseline[1] - 1e-9)
    if not inside.any():
        raise _no_point("baseline", baseline)
    return inside


def _no_point(what: str, window: Tuple[float, float]) -> NodeError:
    return NodeError(
        f"the {what} of an average holds no point.",
        code="RV-N99",
        found=f"{window[0]:g} to {window[1]:g} s",
        wanted="a start before the end, within the window, and rate_hz above 0",
        mend=f"make the {what} longer, or correct its sign",
    )
