"""The nodes of my_experiment."""

from __future__ import annotations

from ranvier.node import Input, Output, Parameter, Transform


class Threshold(Transform):
    """Say when a signal goes above a level, and when it comes back."""

    signal = Input("float64", shape=(), help="What is watched.")
    above = Output("bool", shape=(), help="True when it has gone above the level.")

    level = Parameter(
        1.0, live=True, help="Change it: ranvier param set detector.level 1"
    )

    _was_above = False

    def process(self, signal: float) -> bool | None:
        """Send a message at each crossing only; None sends nothing."""
        is_above = bool(signal > self.level)
        has_changed = is_above != self._was_above
        self._was_above = is_above
        return is_above if has_changed else None
