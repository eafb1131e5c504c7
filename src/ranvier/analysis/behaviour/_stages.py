"""How far subjects came: training, biased task, recording."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ranvier.analysis.faults import MetadataFault

STAGES = ("training", "biased", "ephys")
"""Stages of the task, in the order in which a subject goes through them."""

_NEEDED = ("subject", "session_type", "start_time")


def count_sessions_to_stage(sessions: pd.DataFrame) -> pd.DataFrame:
    """Count the sessions that each subject needed to get to the next stage.

    Parameters
    ----------
    sessions
        A row for each: `subject`, `session_type`, `start_time` (sortable).

    Returns
    -------
    pandas.DataFrame
        Index: subject. `training_to_biased`: training sessions before the first biased
        one. `biased_to_ephys`: biased sessions before the first with ephys. NaN if the
        subject did not get there.

    Raises
    ------
    MetadataFault
        If a column is missing.

    Examples
    --------
    >>> sessions = pd.DataFrame({"subject": "a", "start_time": ["1", "2", "3"],
    ...     "session_type": ["training", "training", "biased"]})
    >>> count_sessions_to_stage(sessions).loc["a"].tolist()
    [2.0, nan]
    """
    _require(sessions)
    ordered = sessions.sort_values(["subject", "start_time"], kind="stable")
    counts = {
        f"{before}_to_{after}": _count_before(ordered, before, after)
        for before, after in (("training", "biased"), ("biased", "ephys"))
    }
    subjects = pd.Index(np.unique(sessions["subject"]), name="subject")
    return pd.DataFrame(counts, index=subjects, dtype=np.float64)


def get_subjects_by_stage(sessions: pd.DataFrame) -> dict[str, list[str]]:
    """Sort subjects by the last stage that they came to.

    Parameters
    ----------
    sessions
        A row for each: `subject`, `session_type`, `start_time`.

    Returns
    -------
    dict
        Stage → subjects by name. Each subject stands once; one that came to no stage
        is in none.

    Raises
    ------
    MetadataFault
        If a column is missing.

    Examples
    --------
    >>> sessions = pd.DataFrame({"subject": ["a", "a", "b"], "start_time": "1",
    ...     "session_type": ["training", "biased", "training"]})
    >>> get_subjects_by_stage(sessions)
    {'training': ['b'], 'biased': ['a'], 'ephys': []}
    """
    _require(sessions)
    rank = sessions["session_type"].map({name: i for i, name in enumerate(STAGES)})
    last = rank.groupby(sessions["subject"]).max()
    return {
        stage: sorted(map(str, last.index[last == i])) for i, stage in enumerate(STAGES)
    }


def _count_before(ordered: pd.DataFrame, before: str, after: str) -> pd.Series:
    """Sessions of one type before the first of another; sessions are in order."""
    reached = (ordered["session_type"] == after).groupby(ordered["subject"])
    counted = (ordered["session_type"] == before) & (reached.cumsum() == 0)
    number = counted.groupby(ordered["subject"]).sum().astype(np.float64)
    return number.where(reached.any())


def _require(sessions: pd.DataFrame) -> None:
    absent = [name for name in _NEEDED if name not in sessions.columns]
    if absent:
        raise MetadataFault(
            f"the table of sessions lacks {', '.join(absent)}.",
            found=", ".join(map(str, sessions.columns)) or "no column",
            wanted=", ".join(_NEEDED),
        )
