"""Checks of a trials table: what is wrong, as findings or as typed faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.behaviour._columns import get_column
from ranvier.analysis.faults import (
    IncompleteEventTimes,
    InsufficientTrials,
    SignalFault,
    TrialsNotInPhotometryTime,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ranvier.analysis.arrays import ArrayLike, BoolArray

MIN_TRIALS = 90
"""Fewest trials of a session."""

MIN_COMPLETENESS = 0.9
"""Least fraction of trials that must have the time of an event."""

_EVENTS = ("stimOn_times", "firstMovement_times", "feedback_times")


def validate_n_trials(
    trials: pd.DataFrame, minimum: int = MIN_TRIALS, session: str = ""
) -> None:
    """Raise if there are too few trials.

    Parameters
    ----------
    trials
        A row for each.
    minimum
        Fewest that will do.
    session
        For the words of the fault.

    Raises
    ------
    InsufficientTrials
        If there are fewer.
    """
    if len(trials) < minimum:
        raise InsufficientTrials(
            "the session has too few trials.",
            session=session,
            found=str(len(trials)),
            wanted=f"{minimum} or more",
        )


def measure_completeness(
    trials: pd.DataFrame, events: Sequence[str] = _EVENTS
) -> dict[str, float]:
    """Measure in which fraction of trials the time of each event is known.

    Parameters
    ----------
    trials
        With times of events, s.
    events
        Names of columns.

    Returns
    -------
    dict
        Event → fraction; 0 for a column that is not there, or without trials.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"feedback_times": [1.0, np.nan]})
    >>> measure_completeness(trials, ["feedback_times", "stimOn_times"])
    {'feedback_times': 0.5, 'stimOn_times': 0.0}
    """
    return {
        event: float(np.isfinite(get_column(trials, event)).mean())
        if event in trials.columns and len(trials)
        else 0.0
        for event in events
    }


def validate_event_completeness(
    trials: pd.DataFrame,
    events: Sequence[str] = _EVENTS,
    threshold: float = MIN_COMPLETENESS,
    session: str = "",
) -> None:
    """Raise if an event has no time in too many trials.

    Parameters
    ----------
    trials
        With times of events, s.
    events
        Names of columns.
    threshold
        Least fraction of trials that must have it.
    session
        For the words of the fault.

    Raises
    ------
    IncompleteEventTimes
        If one has fewer, or no column; `missing_events` names all such.
    """
    known = measure_completeness(trials, events)
    short = [event for event, fraction in known.items() if fraction < threshold]
    if short:
        raise IncompleteEventTimes(
            short,
            session=session,
            found=", ".join(f"{event} in {known[event]:.1%}" for event in short),
            wanted=f"{threshold:.0%} of {len(trials)} trials",
        )


def find_trials_outside(trials: pd.DataFrame, t: ArrayLike) -> BoolArray:
    """Find the trials that lie outside a recording.

    Parameters
    ----------
    trials
        With `stimOn_times` and `feedback_times`, s, on the clock of `t`.
    t
        Time of the samples, shape (n_samples,), s.

    Returns
    -------
    numpy.ndarray
        Shape (n_trials,): the stimulus is before the first sample, or the feedback
        after the last. An event without a time lies nowhere, so not outside.

    Raises
    ------
    TrialFault
        If a column is missing.
    SignalFault
        If there is no sample.
    """
    at = np.asarray(t, dtype=np.float64)
    if not np.isfinite(at).any():
        raise SignalFault("the photometry has no sample with a time.")
    stimulus = get_column(trials, "stimOn_times")
    feedback = get_column(trials, "feedback_times")
    return (stimulus < np.nanmin(at)) | (feedback > np.nanmax(at))


def validate_trials_in_photometry_time(
    trials: pd.DataFrame, t: ArrayLike, session: str = ""
) -> None:
    """Raise if a trial lies outside the photometry.

    Parameters
    ----------
    trials
        With `stimOn_times` and `feedback_times`, s, on the clock of `t`.
    t
        Time of the samples, shape (n_samples,), s.
    session
        For the words of the fault.

    Raises
    ------
    TrialsNotInPhotometryTime
        If one does.
    TrialFault
        If a column is missing.
    SignalFault
        If there is no sample.
    """
    outside = find_trials_outside(trials, t)
    if outside.any():
        at = np.asarray(t, dtype=np.float64)
        first, last = np.flatnonzero(outside)[[0, -1]]
        raise TrialsNotInPhotometryTime(
            "trials lie outside the time of the photometry.",
            session=session,
            found=f"{int(outside.sum())} of {len(trials)} trials, {first} to {last}",
            wanted=f"all within {np.nanmin(at):.3f} to {np.nanmax(at):.3f} s",
        )
