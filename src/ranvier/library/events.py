"""Events out of a signal: the moments at which it crosses a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import NodeError
from ranvier.library._samples import read_time
from ranvier.node import Input, Output, Parameter, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEVER = -(2**62)


class EventTrigger(Transform):
    """Send an event when a signal crosses a threshold.

    Rising: the signal becomes equal to or greater than `threshold` after it was less
    than `threshold - hysteresis` (at the first value: it is there at once, which is
    no crossing). Falling is the mirror image; with ``both``, it falls where it is less
    than `threshold - hysteresis`. A crossing counts once the signal has stayed there
    for `minimum_duration`, and is dropped if the last event is less than `refractory`
    ago. All these bounds are included: exactly at the threshold, the duration or the
    end of the refractory period, it counts.

    Times are those of the messages, in ns on the host's monotonic clock, so that a
    replay gives the same events.

    Examples
    --------
    >>> node = EventTrigger(threshold=2.0, hysteresis=1.0)
    >>> levels = [0.0, 2.0, 1.5, 2.0, 0.5, 3.0]
    >>> [node.advance(level, time_ns=i) is not None for i, level in enumerate(levels)]
    [False, True, False, False, False, True]
    """

    signal = Input("any", help="A scalar, or an array whose `channel` is looked at.")
    event = Output("mapping", help="time_ns, value, channel and direction (+1, -1).")

    threshold = Parameter(1.0, live=True, help="Level that makes an event.")
    hysteresis = Parameter(
        0.0,
        minimum=0.0,
        live=True,
        help="How far the signal must go back before it may cross again.",
    )
    direction = Parameter(
        "rising",
        choices=("rising", "falling", "both"),
        live=True,
        help="Crossings that count.",
    )
    refractory = Parameter(
        0.0, unit="s", minimum=0.0, live=True, help="Least time between two events."
    )
    minimum_duration = Parameter(
        0.0,
        unit="s",
        minimum=0.0,
        live=True,
        help="How long the signal must stay beyond the threshold.",
    )
    channel = Parameter(
        0, minimum=0, live=True, help="Element of an array that is looked at."
    )

    _side = 0  # +1 beyond the threshold, -1 before it, 0 not yet known
    _pending = 0  # direction of a crossing that has not lasted long enough
    _since_ns = _NEVER
    _last_ns = _NEVER

    def process(self, signal: Any) -> dict[str, Any] | None:
        """Take in one value.

        Parameters
        ----------
        signal
            A scalar, or an array; a value that is NaN changes nothing.

        Returns
        -------
        dict or None
            The event, at the moment it is certain: `time_ns` of the crossing (the
            first value beyond), `value` now, `channel`, `direction`.

        Raises
        ------
        NodeError
            If the array has no such channel.
        """
        return self.advance(self._pick(signal), read_time(self))

    def advance(self, value: float, time_ns: int) -> dict[str, Any] | None:
        """Take in one value with its time; `process` for those outside a run.

        Parameters
        ----------
        value
            Of the channel.
        time_ns
            Its time, ns, on any one clock.

        Returns
        -------
        dict or None
            As `process`.
        """
        if np.isnan(value):
            return None
        side = self._judge(value)
        if side != self._side:
            # Back before it lasted long enough: neither way was a crossing.
            is_blip = self._pending != 0
            counts = self.direction in {"both", _NAMES[side]}
            self._pending = side if self._side and counts and not is_blip else 0
            self._side, self._since_ns = side, time_ns
        return self._fire(value, time_ns) if self._pending else None

    def checkpoint(self) -> dict[str, int]:
        """Hand over where the signal stands.

        Returns
        -------
        dict
            Numbers by name.
        """
        return {
            "side": self._side,
            "pending": self._pending,
            "since_ns": self._since_ns,
            "last_ns": self._last_ns,
        }

    def restore(self, state: Mapping[str, int]) -> None:
        """Go on from where the signal stood.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._side, self._pending = int(state["side"]), int(state["pending"])
        self._since_ns, self._last_ns = int(state["since_ns"]), int(state["last_ns"])

    def _judge(self, value: float) -> int:
        """Tell the side of the threshold, with the hysteresis behind it."""
        falls = self.direction == "falling"
        if falls:
            if value <= self.threshold:
                return -1
            is_back = value > self.threshold + self.hysteresis
            return 1 if is_back or self._side == 0 else self._side
        if value >= self.threshold:
            return 1
        is_back = value < self.threshold - self.hysteresis
        return -1 if is_back or self._side == 0 else self._side

    def _fire(self, value: float, time_ns: int) -> dict[str, Any] | None:
        if time_ns - self._since_ns < round(self.minimum_duration * 1e9):
            return None
        direction, self._pending = self._pending, 0
        if self._since_ns - self._last_ns < round(self.refractory * 1e9):
            return None
        self._last_ns = self._since_ns
        return {
            "time_ns": self._since_ns,
            "value": value,
            "channel": self.channel,
            "direction": direction,
        }

    def _pick(self, signal: Any) -> float:
        values = np.asarray(signal)
        if values.ndim == 0:
            return float(values)
        if self.channel >= values.size:
            raise NodeError(
                f"the signal has no channel {self.channel}.",
                code="RV-N85",
                found=f"shape {values.shape}",
                wanted=f"at least {self.channel + 1} values",
                mend="set the parameter channel to a smaller number",
            )
        return float(values.reshape(-1)[self.channel])


_NAMES = {1: "rising", -1: "falling"}
