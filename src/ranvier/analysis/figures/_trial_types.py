"""Kinds of trials: which line each belongs to, and what that line looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.figures._style import INK, choose_shades
from ranvier.analysis.figures._tables import (
    add_outcome,
    check_choice,
    format_percent,
    require,
)

if TYPE_CHECKING:
    import pandas as pd

    from ranvier.analysis.arrays import BoolArray

TRIAL_GROUPINGS = ("feedbackType", "contrast", "stim_side", "choice", "none")
"""What trials can be grouped by."""

CORRECT_STYLE: dict[str, Any] = {"color": "#1b7837", "linestyle": "-", "marker": "o"}
INCORRECT_STYLE: dict[str, Any] = {"color": "#c2410c", "linestyle": "--", "marker": "s"}
"""Green and red as in the project, but apart in lightness, and by the style of line."""


@dataclass(frozen=True)
class TrialGroup:
    """Trials that one line is drawn of.

    Parameters
    ----------
    label
        In the legend.
    which
        Whether a trial is one of them, shape (n_trials,).
    style
        Of a line: color, linestyle.
    """

    label: str
    which: BoolArray
    style: dict[str, Any]


def group_everyone(n_trials: int) -> TrialGroup:
    """Make one group of all trials."""
    return TrialGroup("all trials", np.ones(n_trials, dtype=bool), {"color": INK})


def group_trials(trials: pd.DataFrame, by: str = "feedbackType") -> list[TrialGroup]:
    """Sort trials into the groups that lines are drawn of.

    Parameters
    ----------
    trials
        With the column `by` (or `outcome` for "feedbackType").
    by
        "feedbackType", "contrast", "stim_side", "choice", or "none": all in one.

    Returns
    -------
    list of TrialGroup
        Without empty ones. A trial whose value is missing is in none.

    Raises
    ------
    DataFault
        If the column is missing, or `by` is another.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"feedbackType": [1, -1, 1]})
    >>> [(group.label, int(group.which.sum())) for group in group_trials(trials)]
    [('correct', 2), ('incorrect', 1)]
    """
    check_choice("by", by, TRIAL_GROUPINGS)
    if by == "none":
        return [group_everyone(len(trials))]
    if by == "feedbackType":
        values, styles = add_outcome(trials)["outcome"], _style_outcomes()
    elif by == "contrast":
        require(trials, by)
        values, styles = trials[by].map(_write_contrast), _style_contrasts(trials[by])
    elif by == "choice":
        require(trials, by)
        values = trials[by].map({1: "left", -1: "right", 0: "none"})
        styles = _style_sides() | {"none": {"color": "#9a9a9a", "linestyle": ":"}}
    else:
        require(trials, by)
        values, styles = trials[by], _style_sides()
    groups = [
        TrialGroup(label, (values == label).to_numpy(dtype=bool), style)
        for label, style in styles.items()
    ]
    return [group for group in groups if group.which.any()]


def _write_contrast(value: float) -> str | None:
    return None if value != value else f"{format_percent(value)} %"


def _style_outcomes() -> dict[str, dict[str, Any]]:
    return {
        label: {key: style[key] for key in ("color", "linestyle")}
        for label, style in (
            ("correct", CORRECT_STYLE),
            ("incorrect", INCORRECT_STYLE),
        )
    }


def _style_contrasts(contrasts: pd.Series) -> dict[str, dict[str, Any]]:
    levels = sorted({float(c) for c in contrasts.dropna()})
    shades = choose_shades(len(levels))
    return {
        f"{format_percent(level)} %": {"color": shade, "linestyle": "-"}
        for level, shade in zip(levels, shades, strict=True)
    }


def _style_sides() -> dict[str, dict[str, Any]]:
    return {
        "left": {"color": "#0072b2", "linestyle": "-"},
        "right": {"color": "#d55e00", "linestyle": "--"},
    }
