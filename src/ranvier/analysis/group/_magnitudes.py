"""The long table of responses: one row for each recording, event and trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.behaviour import compute_trial_timings
from ranvier.analysis.files import RESPONSES_SCHEMA, TRIAL_REGRESSORS_SCHEMA
from ranvier.analysis.responses import compute_magnitude

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.group._store import SessionResponses

_OF_RECORDING = (
    "eid",
    "subject",
    "session_type",
    "NM",
    "target_NM",
    "brain_region",
    "hemisphere",
    "fiber_idx",
)
_OF_TRIAL = (
    "signed_contrast",
    "contrast",
    "choice",
    "feedbackType",
    "probabilityLeft",
    "stim_side",
    "reaction_time",
)
_TIMES = ("stimOn_times", "firstMovement_times", "feedback_times")


def make_regressors(session: SessionResponses) -> pd.DataFrame:
    """Give the predictors of each trial of one session.

    Parameters
    ----------
    session
        What was read of its file.

    Returns
    -------
    pandas.DataFrame
        Columns of `TRIAL_REGRESSORS_SCHEMA`; NaN where the session does not say.
    """
    table = session.trials
    whole = table.assign(**{name: np.nan for name in _TIMES if name not in table})
    timings = compute_trial_timings(whole)
    columns: dict[str, Any] = {str(name): table[name] for name in table}
    columns |= {str(name): timings[name].to_numpy() for name in timings}
    columns |= {
        "eid": session.eid,
        "trial": session.trial,
        "peak_velocity": session.peak_velocity,
    }
    frame = pd.DataFrame(columns)
    return frame.reindex(columns=[*TRIAL_REGRESSORS_SCHEMA.names])


def build_magnitudes(
    sessions: Iterable[SessionResponses],
    recordings: pd.DataFrame,
    windows: Mapping[str, tuple[float, float]],
    baseline: tuple[float, float],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give one number for each recording, event, trial and window.

    Parameters
    ----------
    sessions
        What was read of their files.
    recordings
        Of the group.
    windows
        Name → start and end after the event, s.
    baseline
        Window whose mean is subtracted, s.

    Returns
    -------
    responses : pandas.DataFrame
        Columns of `RESPONSES_SCHEMA`, then `fiber_idx` and response_<window>. In the
        order of recordings, events, trials.
    regressors : pandas.DataFrame
        Of `make_regressors`, one row a trial.

    Notes
    -----
    Masked from the next event on, then less the baseline, then averaged: one rule for
    every analysis of the group.
    """
    rows_of = recordings.groupby("eid", sort=False).indices
    regions = recordings["brain_region"].to_numpy()
    tables: list[pd.DataFrame] = []
    numbers: dict[str, list[FloatArray]] = {name: [] for name in windows}
    places: list[tuple[int, str, int, int]] = []
    n_trials = 0
    for session in sessions:
        tables.append(make_regressors(session))
        for row in rows_of.get(session.eid, ()):
            region = str(regions[row])
            if region not in session.by_region:
                continue
            clean = session.clean(region, baseline)
            for name, window in windows.items():
                found = compute_magnitude(clean, session.t, window)
                numbers[name].append(found.ravel())
            places += [
                (int(row), event, n_trials, len(session.trial))
                for event in session.events
            ]
        n_trials += len(session.trial)
    regressors = (
        pd.concat(tables, ignore_index=True)
        if tables
        else pd.DataFrame(columns=[*TRIAL_REGRESSORS_SCHEMA.names])
    )
    return _assemble(recordings, regressors, places, numbers), regressors


def name_response(window: str) -> str:
    """Give the column of a window: "early" → "response_early"."""
    return f"response_{window}"


def _assemble(
    recordings: pd.DataFrame,
    regressors: pd.DataFrame,
    places: list[tuple[int, str, int, int]],
    numbers: Mapping[str, list[FloatArray]],
) -> pd.DataFrame:
    # Rows are taken by number from two small tables: no loop over trials.
    columns = [name for name in _OF_RECORDING if name in recordings]
    keys = recordings.iloc[[place[0] for place in places]][columns]
    keys = keys.assign(event=[place[1] for place in places])
    counts = np.array([place[3] for place in places], np.int64)
    first = np.array([place[2] for place in places], np.int64)
    begin = np.cumsum(counts) - counts
    within = np.arange(counts.sum()) - np.repeat(begin, counts)
    left = keys.iloc[np.repeat(np.arange(len(places)), counts)]
    right = regressors.iloc[np.repeat(first, counts) + within]
    parts = {name: left[name].array for name in left}
    parts |= {name: right[name].array for name in ("trial", *_OF_TRIAL)}
    for name, arrays in numbers.items():
        parts[name_response(name)] = (
            np.concatenate(arrays) if arrays else np.empty(0, np.float64)
        )
    frame = pd.DataFrame(parts)
    known = [name for name in RESPONSES_SCHEMA.names if name in frame]
    return frame[[*known, *(name for name in frame if name not in known)]]
