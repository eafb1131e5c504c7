"""From responses to responses: baseline, masking of what follows, normalisation."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.arrays import mean_known
from ranvier.analysis.responses._checks import (
    check_rows,
    missing_fault,
    select_window,
    shape_fault,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from ranvier.analysis.arrays import ArrayLike, FloatArray

BASELINE_WINDOW = (-0.1, 0.0)
"""Window of the baseline before the event, s."""


def subtract_baseline(
    values: ArrayLike, t: ArrayLike, window: tuple[float, float] = BASELINE_WINDOW
) -> FloatArray:
    """Subtract from each response its mean before the event.

    Parameters
    ----------
    values
        Responses, shape (…, n_window).
    t
        Time from the event, shape (n_window,), s.
    window
        Baseline, from start up to, not with, end, s.

    Returns
    -------
    numpy.ndarray
        Shape and unit of `values`. NaN samples are left out of the mean; a row without
        any baseline is NaN.

    Raises
    ------
    AnalysisError
        If no sample lies in the window, or the shapes do not fit.

    Examples
    --------
    >>> subtract_baseline([[1.0, 3.0, 5.0]], [-0.1, -0.05, 0.0])
    array([[-1.,  1.,  3.]])
    """
    rows = check_rows(values, t)
    return rows - mean_known(rows[..., select_window(t, window)], -1)[..., None]


def normalise_responses(
    values: ArrayLike,
    t: ArrayLike,
    window: tuple[float, float] = BASELINE_WINDOW,
    divide: bool = True,
) -> FloatArray:
    """Give responses as change from their baseline, (r - b) / b.

    Parameters
    ----------
    values
        Responses, shape (…, n_window).
    t
        Time from the event, shape (n_window,), s.
    window
        Baseline, from start up to, not with, end, s.
    divide
        False gives r - b, as `subtract_baseline`.

    Returns
    -------
    numpy.ndarray
        Shape of `values`; a fraction of the baseline. NaN where the baseline is 0.

    Raises
    ------
    AnalysisError
        If no sample lies in the window, or the shapes do not fit.

    Examples
    --------
    >>> normalise_responses([[2.0, 2.0, 3.0]], [-0.1, -0.05, 0.0])
    array([[0. , 0. , 0.5]])
    """
    rows = check_rows(values, t)
    baseline = mean_known(rows[..., select_window(t, window)], -1)[..., None]
    if not divide:
        return rows - baseline
    return (rows - baseline) / np.where(baseline == 0, np.nan, baseline)


def mask_subsequent_events(
    values_by_event: Mapping[str, ArrayLike],
    t: ArrayLike,
    event_times: Mapping[str, ArrayLike] | pd.DataFrame,
    order: Sequence[str],
) -> dict[str, FloatArray]:
    """Blank each response from the next event of its trial on.

    For two events that follow each other in `order`, samples of the first that are
    later than the second are NaN. An event that did not happen (NaN) masks nothing. An
    event that comes before the one it should follow masks all that is after it, of the
    time before the first event too.

    Parameters
    ----------
    values_by_event
        Responses to each event, shape (…, n_trials, n_window).
    t
        Time from the event, shape (n_window,), s.
    event_times
        Time of each event in each trial, shape (n_trials,), s; a trials table will do.
    order
        Events in the order of a trial.

    Returns
    -------
    dict
        As `values_by_event`, new arrays. Events that are not in `order` stay as they
        are.

    Raises
    ------
    AnalysisError
        If an event of `order` has no responses or no times, or the shapes do not fit.

    Examples
    --------
    >>> values = {"stim": [[1.0, 1.0, 1.0]], "feedback": [[2.0, 2.0, 2.0]]}
    >>> times = {"stim": [10.0], "feedback": [10.4]}
    >>> t = [0.0, 0.3, 0.6]
    >>> mask_subsequent_events(values, t, times, ["stim", "feedback"])["stim"]
    array([[ 1.,  1., nan]])
    """
    at = np.asarray(t, dtype=np.float64)
    absent = [e for e in order if e not in values_by_event or e not in event_times]
    if absent:
        present = [str(e) for e in values_by_event if e in event_times]
        raise missing_fault(absent, present)
    masked = {name: check_rows(v, at).copy() for name, v in values_by_event.items()}
    for one, following in itertools.pairwise(order):
        delay = np.asarray(event_times[following], np.float64) - np.asarray(
            event_times[one], np.float64
        )
        rows = masked[one]
        if rows.ndim < 2 or rows.shape[-2] != delay.size:
            raise shape_fault(
                f'"{one}" {rows.shape}, {delay.size} times', "a row for each time"
            )
        with np.errstate(invalid="ignore"):
            rows[..., at > delay[:, None]] = np.nan
    return masked
