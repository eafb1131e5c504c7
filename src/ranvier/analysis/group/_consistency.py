"""Whether the sessions of a group can be put together: which ones are odd, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.analysis.group._store import SessionResponses

_COMPARED = {
    "rate_hz": "another rate",
    "events": "other events",
    "window": "another window",
    "made_with": "made with other parameters",
}
_TIMES = ("rate_hz", "window")
_N_NAMED = 10


def describe_session(session: SessionResponses) -> dict[str, Any]:
    """Say what must be alike in the sessions of a group.

    Parameters
    ----------
    session
        What was read of its file.

    Returns
    -------
    dict
        eid, n_trials, rate_hz, events, window, made_with, has_wheel.
    """
    return {
        "eid": session.eid,
        "n_trials": len(session.trial),
        "rate_hz": session.rate_hz,
        "events": ", ".join(session.events),
        "window": _describe_window(session),
        "made_with": session.made_with,
        "has_wheel": bool(np.isfinite(session.peak_velocity).any()),
    }


def compare_sessions(described: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Compare each session with what most sessions have.

    Parameters
    ----------
    described
        Of `describe_session`.

    Returns
    -------
    pandas.DataFrame
        eid, n_trials, rate_hz, events, window, made_with, has_wheel, why, is_odd, and
        fits_in_time: whether rate and window are those of most, so that its traces can
        be averaged with the others'.
    """
    names = ("eid", "n_trials", "rate_hz", "events", "window", "made_with", "has_wheel")
    table = pd.DataFrame([*described], columns=[*names])
    differs = {
        name: table[name] != (table[name].mode().iloc[0] if len(table) else None)
        for name in _COMPARED
    }
    table["why"] = [
        ", ".join(words for name, words in _COMPARED.items() if differs[name].iloc[row])
        for row in range(len(table))
    ]
    table["is_odd"] = table["why"] != ""
    table["fits_in_time"] = ~(differs[_TIMES[0]] | differs[_TIMES[1]])
    return table


def name_odd_sessions(table: pd.DataFrame) -> str:
    """Name the sessions that differ from most.

    Parameters
    ----------
    table
        Of `compare_sessions`.

    Returns
    -------
    str
        One line; empty if there is none.
    """
    odd = table[table["is_odd"]]
    if not len(odd):
        return ""
    told = [f"{eid} ({why})" for eid, why in zip(odd["eid"], odd["why"], strict=True)]
    more = f" and {len(told) - _N_NAMED} more" if len(told) > _N_NAMED else ""
    return (
        f"{len(odd)} of {len(table)} sessions differ from most: "
        f"{', '.join(told[:_N_NAMED])}{more}"
    )


def _describe_window(session: SessionResponses) -> str:
    if not len(session.t):
        return "empty"
    return f"{session.t[0]:.4f} to {session.t[-1]:.4f} s, {len(session.t)} samples"
