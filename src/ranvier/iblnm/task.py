"""Performance of the task: psychometric functions, blocks, stages of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis import behaviour
from ranvier.analysis.behaviour import (
    PSYCHOMETRIC_PARAMETERS,
    add_relative_contrast,
    compute_fraction_correct,
    compute_nogo_fraction,
    compute_trial_contrasts,
    count_sessions_to_stage,
    get_subjects_by_stage,
    reconstruct_probability_left,
    sort_trials_by_type,
    validate_block_match,
    validate_block_structure,
)
from ranvier.analysis.behaviour import find_block_lengths as get_block_lengths

if TYPE_CHECKING:
    import pandas as pd

_BLOCKS = {"50": 0.5, "20": 0.2, "80": 0.8}


def fit_psychometric(
    trials: pd.DataFrame, probability_left: float | None = None
) -> dict[str, float]:
    """Fit a psychometric function to trials.

    Parameters
    ----------
    trials
        With `signed_contrast` (percent), `choice` and `probabilityLeft`.
    probability_left
        Block whose trials are taken; None takes all.

    Returns
    -------
    dict
        bias, threshold, lapse_left, lapse_right, r_squared, n_trials.

    Raises
    ------
    InsufficientTrials
        If there are not two contrasts.
    """
    table = trials
    if probability_left is not None:
        table = table[np.isclose(table["probabilityLeft"], probability_left)]
    fit = behaviour.fit_psychometric(
        table["signed_contrast"].to_numpy(np.float64),
        behaviour.get_right_choices(table),
    )
    return {name: getattr(fit, name) for name in (*PSYCHOMETRIC_PARAMETERS, "n_trials")}


def fit_psychometric_by_block(trials: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Fit a psychometric function to each kind of block.

    Parameters
    ----------
    trials
        As of `fit_psychometric`.

    Returns
    -------
    dict
        "50", "20", "80" → fit, of those with enough trials and two contrasts.
    """
    fits: dict[str, dict[str, float]] = {}
    for name, probability in _BLOCKS.items():
        inside = trials[np.isclose(trials["probabilityLeft"], probability)]
        is_enough = len(inside) >= behaviour.MIN_BLOCK_TRIALS
        if is_enough and len(np.unique(inside["signed_contrast"])) > 1:
            fits[name] = fit_psychometric(inside)
    return fits


def compute_bias_shift(fit_20: dict[str, float], fit_80: dict[str, float]) -> float:
    """Give the bias in 80 : 20 blocks less that in 20 : 80 blocks.

    Parameters
    ----------
    fit_20, fit_80
        Of `fit_psychometric_by_block`.

    Returns
    -------
    float
        Percent contrast.

    Examples
    --------
    >>> compute_bias_shift({"bias": -4.0}, {"bias": 6.0})
    10.0
    """
    return fit_80["bias"] - fit_20["bias"]


__all__ = [
    "add_relative_contrast",
    "compute_bias_shift",
    "compute_fraction_correct",
    "compute_nogo_fraction",
    "compute_trial_contrasts",
    "count_sessions_to_stage",
    "fit_psychometric",
    "fit_psychometric_by_block",
    "get_block_lengths",
    "get_subjects_by_stage",
    "reconstruct_probability_left",
    "sort_trials_by_type",
    "validate_block_match",
    "validate_block_structure",
]
