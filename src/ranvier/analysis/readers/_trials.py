"""Trials as ALF has them, with side and contrast of the stimulus added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pandas.api.types import is_numeric_dtype

from ranvier.analysis.behaviour import compute_trial_contrasts
from ranvier.analysis.faults import FileFault, TrialFault
from ranvier.analysis.readers._tables import read_numbers

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["TRIAL_COLUMNS", "complete_trials", "take_trials"]

TRIAL_COLUMNS = (
    "intervals_0", "intervals_1", "stimOn_times", "response_times", "feedback_times",
    "choice", "feedbackType", "contrastLeft", "contrastRight", "probabilityLeft",
)  # fmt: skip
"""Columns that trials can't do without."""

_OPTIONAL = ("goCue_times", "firstMovement_times", "rewardVolume")


def complete_trials(
    trials: pd.DataFrame, path: Path, session: str = ""
) -> pd.DataFrame:
    """Check the columns of trials, and add stim_side, signed_contrast and contrast.

    Parameters
    ----------
    trials
        A row for each trial, ALF columns; contrasts are fractions, times are s.
    path
        The file, named in faults.
    session
        Named in faults.

    Returns
    -------
    pandas.DataFrame
        All columns of `trials`; goCue_times, firstMovement_times and rewardVolume are
        NaN where they were missing. `stim_side` is "left" or "right"; contrasts are in
        percent, `signed_contrast` negative on the left. A contrast of 0 on the left
        is -0.0: ask `stim_side`.

    Raises
    ------
    FileFault
        If columns are missing, hold text, or there is no trial.
    TrialFault
        If contrasts are not fractions.
    """
    missing = [name for name in TRIAL_COLUMNS if name not in trials.columns]
    if missing or trials.empty:
        raise FileFault(
            f"{path.name} lacks columns: {', '.join(missing)}."
            if missing
            else f"{path.name} has no trial.",
            session=session, found=f"{path}: " + ", ".join(map(str, trials.columns)),
            wanted=", ".join(TRIAL_COLUMNS), mend="extract the trials again",
        )  # fmt: skip
    found = _as_numbers(trials.reset_index(drop=True), path, session)
    for name in _OPTIONAL:
        if name not in found.columns:
            found[name] = np.nan
    try:
        return compute_trial_contrasts(found)
    except TrialFault as error:
        raise error.located(f"session {session}, {path.name}") from None


def take_trials(table: pd.DataFrame, path: Path, session: str = "") -> pd.DataFrame:
    """Take a table of trials, of the choice task or of any other.

    Parameters
    ----------
    table
        A row for each trial. With a choice it is of the choice task, and must have
        its columns; else it needs just one column that ends in "_times" (s).
    path
        The file, named in faults.
    session
        Named in faults.

    Returns
    -------
    pandas.DataFrame
        As of `complete_trials`; of another task as it is.

    Raises
    ------
    FileFault
        If there is no trial, no column of times, or text in one.
    TrialFault
        If contrasts are not fractions.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> len(take_trials(pd.DataFrame({"cue_times": [1.0, 2.0]}), Path("cues.csv")))
    2
    """
    if "choice" in table.columns or table.empty:
        return complete_trials(table, path, session)
    if not any(str(name).endswith("_times") for name in table.columns):
        raise FileFault(
            f"{path.name} has no times.",
            session=session,
            found=", ".join(map(str, table.columns)),
            wanted='a column whose name ends in "_times", s',
            mend="name the columns of events so, as cue_times",
        )
    return _as_numbers(table.reset_index(drop=True), path, session)


def _as_numbers(trials: pd.DataFrame, path: Path, session: str) -> pd.DataFrame:
    wanted = {*TRIAL_COLUMNS, *_OPTIONAL}
    numbers = {
        name: read_numbers(trials, name, path, session)
        for name in trials.columns
        if (name in wanted or str(name).endswith("_times"))
        and not is_numeric_dtype(trials[name])
    }
    return trials.assign(**numbers)
