"""What a trials table says when columns are put together: sides, contrasts, times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.behaviour._columns import (
    check_option,
    get_column,
    require_columns,
)
from ranvier.analysis.faults import TrialFault

if TYPE_CHECKING:
    from ranvier.analysis.arrays import IntArray

_ADDED = ("stim_side", "signed_contrast", "contrast")


def compute_trial_contrasts(trials: pd.DataFrame) -> pd.DataFrame:
    """Add side and contrast of the stimulus to a trials table.

    Parameters
    ----------
    trials
        With the ALF columns `contrastLeft` and `contrastRight`: fractions, NaN (or 0,
        if the other is above 0) on the side without stimulus.

    Returns
    -------
    pandas.DataFrame
        A copy with `stim_side` ("left", "right"), `signed_contrast` (percent, negative
        on the left; at 0 the sign of the zero only, so take the side from `stim_side`)
        and `contrast` (percent). A trial without any contrast, or with 0 on both sides,
        has 0 on the right.

    Raises
    ------
    TrialFault
        If a column is missing, a contrast is not a fraction, or a trial has stimuli on
        both sides.

    Examples
    --------
    >>> trials = pd.DataFrame({"contrastLeft": [1.0, np.nan], "contrastRight":
    ...     [np.nan, 0.0625]})
    >>> compute_trial_contrasts(trials)["signed_contrast"].tolist()
    [-100.0, 6.25]
    """
    left = get_column(trials, "contrastLeft")
    right = get_column(trials, "contrastRight")
    both = np.concatenate([left, right])
    wrong = (both < 0) | (both > 1)
    if wrong.any():
        raise TrialFault(
            "contrastLeft and contrastRight are not fractions.",
            found=f"{both[wrong][0]:g}, and {int(wrong.sum()) - 1} more",
            wanted="0 to 1",
            mend="divide them by 100 if they are in percent",
        )
    doubled = np.flatnonzero((left > 0) & (right > 0))
    if doubled.size:
        raise TrialFault(
            "trials have a stimulus on both sides.",
            found=f"{doubled.size} trials, the first in row {doubled[0]}",
            wanted="a contrast on one side, NaN on the other",
            mend="correct contrastLeft and contrastRight",
        )
    is_right = np.isnan(left) | ((left == 0) & (right >= 0))
    size = 100 * np.where(is_right, np.nan_to_num(right), left)
    return trials.assign(
        stim_side=np.where(is_right, "right", "left"),
        signed_contrast=np.where(is_right, size, -size),
        contrast=size,
    )


def ensure_contrasts(trials: pd.DataFrame) -> pd.DataFrame:
    """Give the trials as they are, or with their contrasts if these are not there."""
    if all(name in trials.columns for name in _ADDED):
        return trials
    return compute_trial_contrasts(trials)


def add_relative_contrast(
    trials: pd.DataFrame, hemisphere: str | None, midline: str = "right"
) -> pd.DataFrame:
    """Add what the stimulus is to a fibre: contralateral or ipsilateral.

    Parameters
    ----------
    trials
        As of `compute_trial_contrasts`; without its columns they are computed.
    hemisphere
        Of the fibre: "l", "r", or "" or None if it has none.
    midline
        Side of the stimulus that counts as contra for a fibre without hemisphere.

    Returns
    -------
    pandas.DataFrame
        A copy with `side` ("contra", "ipsi") and `relative_contrast` (percent,
        positive where contra).

    Raises
    ------
    TrialFault
        If a column is missing.
    AnalysisError
        If `hemisphere` or `midline` is another than those named here.

    Examples
    --------
    >>> trials = pd.DataFrame({"contrastLeft": [1.0], "contrastRight": [np.nan]})
    >>> add_relative_contrast(trials, "r")["relative_contrast"].tolist()
    [100.0]
    """
    check_option("hemisphere", hemisphere, ("l", "r", "", None))
    check_option("midline", midline, ("left", "right"))
    table = ensure_contrasts(trials)
    contra = {"l": "right", "r": "left"}.get(hemisphere or "", midline)
    sign = 1.0 if contra == "right" else -1.0
    return table.assign(
        relative_contrast=sign * table["signed_contrast"],
        side=np.where(table["stim_side"] == contra, "contra", "ipsi"),
    )


def compute_trial_timings(trials: pd.DataFrame) -> pd.DataFrame:
    """How long the subject took in each trial.

    Parameters
    ----------
    trials
        With `stimOn_times`, `firstMovement_times` and `feedback_times`, s.

    Returns
    -------
    pandas.DataFrame
        Index of `trials`; s: `reaction_time` (stimulus to first movement; negative if
        the movement was first), `movement_time` (first movement to feedback),
        `response_time` (stimulus to feedback). NaN where an event is.

    Raises
    ------
    TrialFault
        If a column is missing.

    Examples
    --------
    >>> trials = pd.DataFrame({"stimOn_times": [1.0], "firstMovement_times": [1.25],
    ...     "feedback_times": [2.0]})
    >>> compute_trial_timings(trials).to_numpy()
    array([[0.25, 0.75, 1.  ]])
    """
    require_columns(trials, "stimOn_times", "firstMovement_times", "feedback_times")
    stimulus = get_column(trials, "stimOn_times")
    movement = get_column(trials, "firstMovement_times")
    feedback = get_column(trials, "feedback_times")
    return pd.DataFrame(
        {
            "reaction_time": movement - stimulus,
            "movement_time": feedback - movement,
            "response_time": feedback - stimulus,
        },
        index=trials.index,
    )


def sort_trials_by_type(trials: pd.DataFrame) -> IntArray:
    """Order trials for a heat map: incorrect then correct, each by falling contrast.

    Parameters
    ----------
    trials
        With `feedbackType`, and contrasts as of `compute_trial_contrasts`.

    Returns
    -------
    numpy.ndarray
        Places of the trials, shape (n_trials,). Trials alike keep their order; those
        without feedback come last.

    Raises
    ------
    TrialFault
        If a column is missing.

    Examples
    --------
    >>> trials = pd.DataFrame({"contrastLeft": [0.25, 1.0, 1.0], "contrastRight":
    ...     np.nan, "feedbackType": [1, 1, -1]})
    >>> sort_trials_by_type(trials)
    array([2, 1, 0])
    """
    contrast = get_column(ensure_contrasts(trials), "contrast")
    feedback = get_column(trials, "feedbackType")
    group = np.where(feedback == 1, 1, np.where(np.isnan(feedback), 2, 0))
    return np.lexsort((-contrast, group)).astype(np.int64)
