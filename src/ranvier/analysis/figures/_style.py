"""Colours, marks and places: what a target, an event or a verdict looks like.

Colours of targets, sessions, events and verdicts are those of the IBL neuromodulators
project. Some of them are near each other (VTA-DA and SNc-DA), or alike for some eyes
(reward and omission): each goes with a mark or a line style of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

NM_COLORS = {"DA": "#bc141a", "5HT": "#61409b", "NE": "#1764ab", "ACh": "#157f3b"}
"""Neuromodulator → colour."""

TARGETNM_COLORS = {
    "MR-5HT": "#df67fa",
    "DR-5HT": "#b867fa",
    "VTA-DA": "#ff413d",
    "SNc-DA": "#ff653d",
    "LC-NE": "#3f88fa",
    "NBM-ACh": "#40afa1",
    "SI-ACh": "#40afa1",
    "PPT-ACh": "#00974e",
}
"""Target → colour."""

TARGETNM_POSITIONS = {
    "VTA-DA": 0,
    "SNc-DA": 1,
    "DR-5HT": 2,
    "MR-5HT": 3,
    "LC-NE": 4,
    "NBM-ACh": 5,
    "SI-ACh": 6,
    "PPT-ACh": 7,
}
"""Target → place in the order in which targets are drawn."""

SESSION_TYPE_COLORS = {
    "habituation": "darkgray",
    "training": "cornflowerblue",
    "biased": "mediumpurple",
    "ephys": "hotpink",
    "misc": "sandybrown",
    "unknown": "#c8c8c8",
}
"""Session type → colour."""

QC_COLORS = {
    "nan": "white",
    "NOT_SET": "gray",
    "FAIL": "palevioletred",
    "CRITICAL": "violet",
    "WARNING": "orange",
    "PASS": "limegreen",
}
"""Verdict → colour, from unknown to good."""

QC_VALUES = {
    "nan": 0.0,
    "NOT_SET": 0.01,
    "FAIL": 0.1,
    "CRITICAL": 0.33,
    "WARNING": 0.66,
    "PASS": 1.0,
}
"""Verdict → the number that stands for it in a table."""

EVENT_COLORS = {
    "stimOn": "blue",
    "firstMovement": "orange",
    "feedback": "green",
    "cue": "blue",
    "movement": "orange",
    "reward": "green",
    "omission": "red",
}
"""Event (without "_times") → colour."""

BAND_COLORS = {"GCaMP": "#2a7f3f", "Isosbestic": "#6a3d9a", "RCaMP": "#b2182b"}
"""Band of a recording → colour."""

BLOCK_COLORS = {"80": "#0072b2", "50": "#4d4d4d", "20": "#d55e00"}
"""Block (percent of stimuli on the left) → colour."""

INK, FAINT, PAPER = "#222222", "#9a9a9a", "#e6e6e6"
"""Of lines and words; of what is beside the point; of the ground of what is missing."""

DIVERGING = "RdBu_r"
"""Colour map of numbers around 0."""

_EVENT_LABELS = {
    "stimOn": "Stimulus",
    "firstMovement": "Movement",
    "feedback": "Feedback",
    "goCue": "Go cue",
    "response": "Response",
}
_LABELS = {
    "fraction_correct": "Fraction correct",
    "fraction_correct_easy": "Fraction correct, easy",
    "nogo_fraction": "Fraction no-go",
    "bias_shift": "Bias shift (%)",
    "psych_50_bias": "Bias (%)",
    "psych_50_threshold": "Threshold (%)",
    "psych_50_lapse_left": "Lapse left",
    "psych_50_lapse_right": "Lapse right",
    "reaction_time": "Reaction time (s)",
    "movement_time": "Movement time (s)",
    "response_time": "Response time (s)",
    "peak_velocity": "Peak velocity (rad/s)",
    "response_early": "Early response (z)",
    "response_late": "Late response (z)",
    "n_unique_samples": "Fraction of unique samples",
    "median_absolute_deviance": "Median absolute deviance",
    "ar_score": "R² of autoregression",
    "bleaching_tau": "Bleaching τ (s)",
    "iso_correlation": "R² with isosbestic",
}
# Okabe and Ito's (2008), less yellow, which does not show on white paper.
_CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_MARKS = ("o", "s", "^", "v", "D", "P", "X", "*")


def sort_targets(names: Iterable[Any]) -> list[str]:
    """Put names in the order in which they are drawn.

    Parameters
    ----------
    names
        Targets, or any other names; missing ones are left out.

    Returns
    -------
    list of str
        Each once: known targets by their place, then the others by name.

    Examples
    --------
    >>> sort_targets(["mPFC-ACh", "LC-NE", "VTA-DA", "LC-NE"])
    ['VTA-DA', 'LC-NE', 'mPFC-ACh']
    """
    unique = {str(name) for name in names if name is not None and name == name}
    last = len(TARGETNM_POSITIONS)
    return sorted(unique, key=lambda name: (TARGETNM_POSITIONS.get(name, last), name))


def name_groups(table: pd.DataFrame, by: str) -> list[str]:
    """Give the names in a column as they are drawn; one without a name if it lacks."""
    return sort_targets(table[by]) if by in table else [""]


def choose_colors(names: Iterable[Any]) -> dict[str, str]:
    """Give each name a colour: its own if it is known, else the next of a cycle.

    Parameters
    ----------
    names
        Targets, neuromodulators, session types, bands, blocks, or others.

    Returns
    -------
    dict
        Name → colour, in the order of `sort_targets`.

    Examples
    --------
    >>> choose_colors(["mPFC-ACh", "VTA-DA"])
    {'VTA-DA': '#ff413d', 'mPFC-ACh': '#0072b2'}
    """
    colors: dict[str, str] = {}
    unknown = 0
    for name in sort_targets(names):
        own = _find_color(name)
        if own is None:
            own = _CYCLE[unknown % len(_CYCLE)]
            unknown += 1
        colors[name] = own
    return colors


def choose_marks(names: Iterable[Any]) -> dict[str, str]:
    """Give each name a mark, so that none hangs on its colour alone.

    Parameters
    ----------
    names
        Targets or others.

    Returns
    -------
    dict
        Name → marker, in the order of `sort_targets`.

    Examples
    --------
    >>> choose_marks(["SNc-DA", "VTA-DA"])
    {'VTA-DA': 'o', 'SNc-DA': 's'}
    """
    ordered = sort_targets(names)
    return {name: _MARKS[i % len(_MARKS)] for i, name in enumerate(ordered)}


def choose_shades(n: int, cmap: str = "viridis") -> list[tuple[float, ...]]:
    """Give colours of an ordered quantity, from light to dark.

    Parameters
    ----------
    n
        How many.
    cmap
        Colour map that they are taken from; its lightest fifth is left out.

    Returns
    -------
    list of tuple
        RGBA, the last the darkest.

    Examples
    --------
    >>> len(choose_shades(5))
    5
    """
    from matplotlib import colormaps

    scale = colormaps[cmap]
    return [tuple(scale(0.8 - 0.8 * i / max(n - 1, 1))) for i in range(n)]


def label_event(event: str) -> str:
    """Give an event the name by which a reader knows it.

    Parameters
    ----------
    event
        With or without "_times".

    Returns
    -------
    str

    Examples
    --------
    >>> label_event("stimOn_times"), label_event("lick_times")
    ('Stimulus', 'lick')
    """
    short = event.removesuffix("_times")
    return _EVENT_LABELS.get(short, short)


def label_value(name: str) -> str:
    """Give a column of a table the name by which a reader knows it.

    Parameters
    ----------
    name
        Of the column.

    Returns
    -------
    str

    Examples
    --------
    >>> label_value("bleaching_tau"), label_value("percentile_distance")
    ('Bleaching τ (s)', 'Percentile distance')
    """
    words = name.replace("_", " ")
    return _LABELS.get(name, words[:1].upper() + words[1:])


def get_event_color(event: str) -> str:
    """Give the colour of an event.

    Parameters
    ----------
    event
        With or without "_times".

    Returns
    -------
    str
        That of ink if the event is not known.

    Examples
    --------
    >>> get_event_color("feedback_times")
    'green'
    """
    return EVENT_COLORS.get(event.removesuffix("_times"), INK)


def _find_color(name: str) -> str | None:
    for known in (
        TARGETNM_COLORS,
        NM_COLORS,
        SESSION_TYPE_COLORS,
        BAND_COLORS,
        BLOCK_COLORS,
    ):
        if name in known:
            return known[name]
    return None
