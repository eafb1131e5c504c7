"""How well the subject did: fractions correct, no-gos, and all for one session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.behaviour._columns import (
    check_option,
    get_column,
    get_right_choices,
    require_columns,
)
from ranvier.analysis.behaviour._psychometric import (
    PSYCHOMETRIC_PARAMETERS,
    fit_psychometrics,
)
from ranvier.analysis.behaviour._trials import ensure_contrasts

if TYPE_CHECKING:
    from typing import Any

    from ranvier.analysis.arrays import BoolArray

EASY_CONTRAST = 50.0
"""Least contrast of an easy trial, percent."""

MIN_BLOCK_TRIALS = 10
"""Fewest trials for a psychometric fit."""

MIN_SIGNED_CONTRASTS = 4
"""Fewest signed contrasts for a psychometric fit: it has four parameters."""

_BLOCKS = {"50": 0.5, "20": 0.2, "80": 0.8}


def compute_fraction_correct(trials: pd.DataFrame) -> float:
    """Fraction of trials with a choice in which it was the right one.

    Parameters
    ----------
    trials
        With `choice` and `feedbackType`.

    Returns
    -------
    float
        NaN without any choice.

    Raises
    ------
    TrialFault
        If a column is missing.

    Examples
    --------
    >>> trials = pd.DataFrame({"choice": [1, -1, 0], "feedbackType": [1, -1, -1]})
    >>> compute_fraction_correct(trials)
    0.5
    """
    return _mean_correct(trials, _find_choices(trials))


def compute_fraction_correct_easy(
    trials: pd.DataFrame, minimum: float = EASY_CONTRAST, compat: str | None = None
) -> float:
    """Fraction correct of the easy trials.

    Parameters
    ----------
    trials
        With `choice`, `feedbackType` and contrasts.
    minimum
        Least contrast of an easy trial, percent.
    compat
        "iblnm": every contrast but 0 is easy, as that pipeline takes 0.5 for its least
        contrast in percent.

    Returns
    -------
    float
        NaN without any such trial.

    Raises
    ------
    TrialFault
        If a column is missing.
    AnalysisError
        If `compat` is another.

    Examples
    --------
    >>> trials = pd.DataFrame({"contrastLeft": [1.0, 0.0625], "contrastRight": np.nan,
    ...     "choice": 1, "feedbackType": [1, -1]})
    >>> compute_fraction_correct_easy(trials)
    1.0
    >>> compute_fraction_correct_easy(trials, compat="iblnm")
    0.5
    """
    check_option("compat", compat, (None, "iblnm"))
    least = 0.5 if compat == "iblnm" else minimum
    contrast = get_column(ensure_contrasts(trials), "contrast")
    return _mean_correct(trials, _find_choices(trials) & (contrast >= least))


def compute_fraction_correct_by_contrast(
    trials: pd.DataFrame, by: str = "contrast"
) -> pd.DataFrame:
    """Fraction correct at each contrast.

    Parameters
    ----------
    trials
        With `choice`, `feedbackType` and contrasts.
    by
        "contrast" or "signed_contrast".

    Returns
    -------
    pandas.DataFrame
        Index: contrast, percent, rising. Columns: `n_trials` (with a choice),
        `n_correct`, `fraction_correct`.

    Raises
    ------
    TrialFault
        If a column is missing.
    AnalysisError
        If `by` is another.

    Examples
    --------
    >>> trials = pd.DataFrame({"contrastLeft": [1.0, 1.0], "contrastRight": np.nan,
    ...     "choice": 1, "feedbackType": [1, -1]})
    >>> compute_fraction_correct_by_contrast(trials)["fraction_correct"].to_dict()
    {100.0: 0.5}
    """
    check_option("by", by, ("contrast", "signed_contrast"))
    chosen = _find_choices(trials)
    # Adding 0 joins the two zeros, left and right.
    contrast = get_column(ensure_contrasts(trials), by)[chosen] + 0.0
    correct = get_column(trials, "feedbackType")[chosen] == 1
    groups = pd.DataFrame({by: contrast, "correct": correct}).groupby(by)["correct"]
    table = groups.agg(n_trials="size", n_correct="sum")
    return table.assign(fraction_correct=table["n_correct"] / table["n_trials"])


def compute_nogo_fraction(trials: pd.DataFrame) -> float:
    """Fraction of trials without a choice.

    Parameters
    ----------
    trials
        With `choice`.

    Returns
    -------
    float
        NaN without trials.

    Raises
    ------
    TrialFault
        If the column is missing.

    Examples
    --------
    >>> compute_nogo_fraction(pd.DataFrame({"choice": [1, 0, -1, 0]}))
    0.5
    """
    choice = get_column(trials, "choice")
    choice = choice[np.isfinite(choice)]
    return float((choice == 0).mean()) if choice.size else float("nan")


def compute_performance(
    trials: pd.DataFrame,
    min_trials: int = MIN_BLOCK_TRIALS,
    compat: str | None = None,
    easy_contrast: float = EASY_CONTRAST,
) -> dict[str, Any]:
    """Compute all that is known of a session's performance.

    Parameters
    ----------
    trials
        With `choice`, `feedbackType`, `probabilityLeft` and contrasts. Repair the
        blocks before (`fix_block_structure`): the fits are of the blocks.
    min_trials
        A kind of block with fewer trials is not fitted.
    compat
        "iblnm": `fraction_correct_easy` over every contrast but 0.
    easy_contrast
        Least contrast of an easy trial, percent.

    Returns
    -------
    dict
        n_trials, contrasts (list, percent), fraction_correct, fraction_correct_easy,
        nogo_fraction; for the blocks in which the stimulus is on the left in 50, 20
        and 80 % of trials psych_50_bias, …_threshold, …_lapse_left, …_lapse_right,
        …_r_squared, …_n_trials, and so psych_20_… and psych_80_…; bias_shift =
        psych_80_bias - psych_20_bias. NaN where there are too few trials, or fewer
        signed contrasts than the function has parameters (four). psych_50_at_bounds,
        … is 1 where a parameter lies at a bound of the search: it says then where the
        bound is, not what the subject does; 0 elsewhere, NaN without a fit.

    Raises
    ------
    TrialFault
        If a column is missing.
    AnalysisError
        If `compat` is another.

    Notes
    -----
    A no-go counts as "not right" in the fits, as in the IBL. A trial whose choice is
    not known (NaN) is left out. With `compat` "iblnm" two contrasts are enough for a
    fit, as in that pipeline.
    """
    table = ensure_contrasts(trials)
    contrast = get_column(table, "contrast")
    result: dict[str, Any] = {
        "n_trials": len(table),
        "contrasts": [float(c) for c in np.unique(contrast[np.isfinite(contrast)])],
        "fraction_correct": compute_fraction_correct(table),
        "fraction_correct_easy": compute_fraction_correct_easy(
            table, easy_contrast, compat
        ),
        "nogo_fraction": compute_nogo_fraction(table),
    }
    least = 2 if compat == "iblnm" else MIN_SIGNED_CONTRASTS
    fitted, at_bounds = _fit_blocks(table, min_trials, least)
    result |= fitted
    result["bias_shift"] = result["psych_80_bias"] - result["psych_20_bias"]
    result |= at_bounds
    return result


def _fit_blocks(
    table: pd.DataFrame, min_trials: int, min_contrasts: int
) -> tuple[dict[str, float], dict[str, float]]:
    signed = get_column(table, "signed_contrast")
    right = get_right_choices(table)
    probability = get_column(table, "probabilityLeft")
    data = {}
    for name, value in _BLOCKS.items():
        inside = np.isclose(probability, value) & np.isfinite(signed + right)
        # Adding 0 joins the two zeros, left and right.
        n_contrasts = len(np.unique(signed[inside] + 0.0))
        enough = inside.sum() >= min_trials and n_contrasts >= min_contrasts
        if enough:
            data[name] = (signed[inside], right[inside])
    fits = fit_psychometrics(data)
    result: dict[str, float] = {}
    at_bounds: dict[str, float] = {}
    for name, value in _BLOCKS.items():
        fit = fits.get(name)
        at = float("nan") if fit is None else float(bool(fit.at_bounds))
        at_bounds[f"psych_{name}_at_bounds"] = at
        for parameter in PSYCHOMETRIC_PARAMETERS:
            known = float("nan") if fit is None else float(getattr(fit, parameter))
            result[f"psych_{name}_{parameter}"] = known
        n = int(np.isclose(probability, value).sum())
        result[f"psych_{name}_n_trials"] = n
    return result, at_bounds


def _find_choices(trials: pd.DataFrame) -> BoolArray:
    require_columns(trials, "choice", "feedbackType")
    choice = get_column(trials, "choice")
    feedback = get_column(trials, "feedbackType")
    return np.isfinite(choice) & (choice != 0) & np.isfinite(feedback)


def _mean_correct(trials: pd.DataFrame, which: BoolArray) -> float:
    feedback = get_column(trials, "feedbackType")[which]
    return float((feedback == 1).mean()) if feedback.size else float("nan")
