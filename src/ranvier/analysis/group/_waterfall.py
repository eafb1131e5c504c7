"""What each rule of a selection left out, told rule by rule."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class WaterfallStep:
    """What one rule did.

    Parameters
    ----------
    rule
        Its name.
    n_before, n_after
        How many there were before it and after.
    note
        What the rule asks for; or why it was not applied.
    is_applied
        False if what it looks at is not known.
    """

    rule: str
    n_before: int
    n_after: int
    note: str = ""
    is_applied: bool = True


@dataclass(frozen=True)
class Waterfall:
    """Rules of a selection in their order, and how many each left.

    Parameters
    ----------
    name
        Of the selection.
    n_total
        How many there were at first.
    steps
        One for each rule; a rule that is off has none.

    Examples
    --------
    >>> step = WaterfallStep("lab", 3, 2, "mainenlab")
    >>> print(Waterfall("filter_sessions", 3, (step,)))
    filter_sessions: 3 -> 2
      lab                  3 -> 2     -1  mainenlab
    """

    name: str
    n_total: int
    steps: tuple[WaterfallStep, ...] = ()

    @property
    def n_left(self) -> int:
        """How many are left."""
        return self.steps[-1].n_after if self.steps else self.n_total

    @property
    def not_applied(self) -> tuple[str, ...]:
        """Rules that could not be applied, as what they look at is not known."""
        return tuple(step.rule for step in self.steps if not step.is_applied)

    def to_frame(self) -> pd.DataFrame:
        """Give it as a table.

        Returns
        -------
        pandas.DataFrame
            rule, n_before, n_after, n_left_out, is_applied, note.
        """
        rows = [
            {
                "rule": step.rule,
                "n_before": step.n_before,
                "n_after": step.n_after,
                "n_left_out": step.n_before - step.n_after,
                "is_applied": step.is_applied,
                "note": step.note,
            }
            for step in self.steps
        ]
        names = ("rule", "n_before", "n_after", "n_left_out", "is_applied", "note")
        return pd.DataFrame(rows, columns=[*names])

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.n_total} -> {self.n_left}"]
        for step in self.steps:
            name = f"  {step.rule:<18}"
            if not step.is_applied:
                lines.append(f"{name} not applied: {step.note}")
                continue
            gone = step.n_before - step.n_after
            count = f"{step.n_before:>4} -> {step.n_after:<4} {-gone:>3}"
            lines.append(f"{name}{count}  {step.note}".rstrip())
        return "\n".join(lines)
