"""Mean responses over time, for each recording and condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.files import MEAN_TRACES_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.group._store import SessionResponses

_OF_RECORDING = ("eid", "subject", "target_NM", "brain_region", "fiber_idx")


def build_mean_traces(
    sessions: Iterable[SessionResponses],
    recordings: pd.DataFrame,
    trials: pd.DataFrame,
    baseline: tuple[float, float],
) -> pd.DataFrame:
    """Average the responses of each recording, by event, contrast and feedback.

    Parameters
    ----------
    sessions
        What was read of their files.
    recordings
        Of the group.
    trials
        Of `AnalysisTrials`: only these are averaged.
    baseline
        Window whose mean is subtracted, s.

    Returns
    -------
    pandas.DataFrame
        Columns of `MEAN_TRACES_SCHEMA`. `n_trials` is the number of trials whose sample
        is known: less where a next event masked some.
    """
    keys = ["eid", "brain_region", "event"]
    known = trials[[*keys, "trial", "contrast", "feedbackType"]].dropna()
    taken = dict(iter(known.groupby(keys, sort=False)))
    rows_of = recordings.groupby("eid", sort=False).indices
    parts: list[pd.DataFrame] = []
    for session in sessions:
        for row in rows_of.get(session.eid, ()):
            record = recordings.iloc[row]
            region = str(record["brain_region"])
            if region not in session.by_region:
                continue
            clean = session.clean(region, baseline)
            for event, values in zip(session.events, clean, strict=True):
                part = taken.get((session.eid, region, event))
                if part is not None:
                    made = _average(session, values, part)
                    said = {name: record[name] for name in _OF_RECORDING}
                    parts.append(made.assign(**said, event=event))
    names = [*MEAN_TRACES_SCHEMA.names]
    if not parts:
        return pd.DataFrame(columns=names)
    return pd.concat(parts, ignore_index=True)[names]


def _average(
    session: SessionResponses, values: FloatArray, part: pd.DataFrame
) -> pd.DataFrame:
    rows = values[np.searchsorted(session.trial, part["trial"].to_numpy(np.int64))]
    by = part.groupby(["contrast", "feedbackType"], sort=True)
    group = by.ngroup().to_numpy()
    levels = by.size().index.to_frame(index=False)
    # Sums of each condition as one product, whatever the number of trials.
    is_of = (group == np.arange(len(levels))[:, None]).astype(np.float64)
    known = ~np.isnan(rows)
    n = is_of @ known
    total = is_of @ np.where(known, rows, 0.0)
    mean = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    repeated = levels.loc[levels.index.repeat(len(session.t))].reset_index(drop=True)
    return repeated.assign(
        time=np.tile(session.t, len(levels)),
        response=mean.ravel(),
        n_trials=n.ravel().astype(np.int64),
    )
