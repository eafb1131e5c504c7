"""What a fitted mixed model says: predictions, marginal means, slopes, comparisons."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics._choices import compute_two_sided_p, make_formula_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.statistics._design import Design
    from ranvier.analysis.statistics._lmm import LmmResult

__all__ = [
    "LikelihoodRatio",
    "compare_likelihoods",
    "compute_contrast_slopes",
    "compute_interaction_effects",
    "compute_marginal_means",
    "predict_lmm",
]


@dataclass(frozen=True)
class LikelihoodRatio:
    """A likelihood-ratio test of two nested models.

    Parameters
    ----------
    chi2
        Twice the difference of the log likelihoods, not below 0.
    df
        Difference of the numbers of parameters.
    p
        Of χ²(df).
    delta_r2, delta_r2_observed
        Differences of the marginal R²: Nakagawa's, the pipeline's.
    """

    chi2: float
    df: int
    p: float
    delta_r2: float
    delta_r2_observed: float


def compare_likelihoods(full: LmmResult, reduced: LmmResult) -> LikelihoodRatio:
    """Compare two nested models of the same trials.

    Parameters
    ----------
    full, reduced
        Fitted; `reduced` has fewer parameters.

    Returns
    -------
    LikelihoodRatio

    Raises
    ------
    GroupFault
        If they were not fitted to the same number of trials, both with method "ml"
        (with "reml", only models of the same fixed effects compare), or `reduced` has
        no fewer parameters.

    Notes
    -----
    If models differ in a random variance, whose null lies on the edge of its range, the
    p-value is too large (Self & Liang, J Am Stat Assoc 82:605 (1987)).
    """
    same_fixed = set(full.columns) == set(reduced.columns)
    df = _count_parameters(full) - _count_parameters(reduced)
    is_fair = full.method == reduced.method and (full.method == "ml" or same_fixed)
    if full.n != reduced.n or not is_fair or df < 1:
        raise GroupFault(
            "these models can't be compared by likelihood.",
            found=f"{full.n} and {reduced.n} trials, {full.method} and "
            f"{reduced.method}, {df} parameters more",
            wanted='the same trials, method "ml", and fewer parameters in `reduced`',
            mend='fit both with method="ml" to the rows of `select_complete`',
        )
    from scipy.special import gammaincc

    chi2 = max(2.0 * (full.log_likelihood - reduced.log_likelihood), 0.0)
    return LikelihoodRatio(
        chi2=chi2,
        df=df,
        p=float(gammaincc(df / 2, chi2 / 2)),
        delta_r2=full.marginal_r2 - reduced.marginal_r2,
        delta_r2_observed=full.marginal_r2_observed - reduced.marginal_r2_observed,
    )


def predict_lmm(
    result: LmmResult, design: Design, frame: pd.DataFrame, *, level: float = 0.95
) -> pd.DataFrame:
    """Predict from the fixed effects.

    Parameters
    ----------
    result
        Fitted model.
    design
        Design it was fitted with, of `build_design`.
    frame
        Rows to predict for, coded as those of the fit.
    level
        Of the interval.

    Returns
    -------
    DataFrame
        `frame` with predicted, se, ci_low, ci_high. The interval is of the mean
        (normal, fixed effects only), not of single trials.

    Raises
    ------
    AnalysisError
        RV-A82 if the design codes no further rows.
    """
    return _add_prediction(result, design.code(frame), frame, level)


def compute_marginal_means(
    result: LmmResult,
    design: Design,
    at: Mapping[str, Sequence[float]],
    *,
    held: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compute estimated marginal means over the grid of some variables.

    Parameters
    ----------
    result
        Fitted model.
    design
        Design it was fitted with.
    at
        Values of the variables of the grid, as coded: {"contrast": […], "side":
        [-0.5, 0.5]}.
    held
        Values of the others. Unless given they are held at 0: the middle of a factor
        coded ±0.5, the mean of a centred variable.
    level
        Of the interval.

    Returns
    -------
    DataFrame
        One row a point of the grid: the variables of `at`, mean, se, ci_low, ci_high.

    Raises
    ------
    AnalysisError
        RV-A82 if the design codes no further rows.

    Notes
    -----
    Searle, Speed & Milliken, Am Stat 34:216 (1980).
    """
    grid = pd.DataFrame(
        list(itertools.product(*at.values())), columns=pd.Index(list(at))
    )
    whole = grid.copy()
    for name in sorted(getattr(design.recipe, "required_variables", ())):
        if name not in whole:
            whole[name] = (held or {}).get(name, 0.0)
    table = _add_prediction(result, design.code(whole), grid, level)
    return table.rename(columns={"predicted": "mean"})


def compute_contrast_slopes(
    result: LmmResult,
    *,
    variable: str = "contrast",
    by: str = "reward",
    levels: Sequence[float] = (-0.5, 0.5),
) -> pd.DataFrame:
    """Compute the slope of a variable at the levels of another, others at 0.

    Parameters
    ----------
    result
        Fitted model, with the columns `variable` and, if they interact,
        `variable:by`.
    variable
        Whose slope.
    by
        The other one.
    levels
        Its values.

    Returns
    -------
    DataFrame
        level, subject, slope, se, z, p, ci_low, ci_high. Rows of subject "all" are
        those of the fixed effects; if the slope of `variable` is random, one row a
        subject follows with the slope plus the subject's own (without se).

    Raises
    ------
    AnalysisError
        RV-A82 if the model has no such column.

    Notes
    -----
    slope(x) = β_v + x β_{v:by}, with the variance of that sum (Aiken & West, Multiple
    Regression, 1991).
    """
    table = _compute_simple_effects(result, variable, by, levels)
    table.insert(1, "subject", "all")
    table = table.rename(columns={"effect": "slope"})
    if result.slope != variable:
        return table
    own = result.random_effects[:, 1]
    rows = [
        {"level": level, "subject": subject, "slope": slope + extra}
        for level, slope in zip(table["level"], table["slope"], strict=True)
        for subject, extra in zip(result.groups, own, strict=True)
    ]
    return pd.concat(
        [table, pd.DataFrame(rows).reindex(columns=table.columns)], ignore_index=True
    ).astype({name: float for name in table.columns if name != "subject"})


def compute_interaction_effects(
    result: LmmResult, variable: str, by: str, levels: Sequence[float] = (-0.5, 0.5)
) -> pd.DataFrame:
    """Compute the effect of a factor at the levels of another, third ones at 0.

    Parameters
    ----------
    result
        Fitted model, factors coded ±0.5.
    variable
        Whose effect: "reward".
    by
        At the levels of which: "side".
    levels
        Those levels.

    Returns
    -------
    DataFrame
        level, effect, se, z, p, ci_low, ci_high.

    Raises
    ------
    AnalysisError
        RV-A82 if the model has no such column.
    """
    return _compute_simple_effects(result, variable, by, levels)


def _compute_simple_effects(
    result: LmmResult, variable: str, by: str, levels: Sequence[float]
) -> pd.DataFrame:
    main = _find_term(result, {variable})
    if main < 0:
        raise make_formula_error(
            f'the model has no column "{variable}".',
            found=", ".join(result.columns),
            mend="name a numeric variable of the model",
        )
    both = _find_term(result, {variable, by})
    at = np.asarray(levels, dtype=np.float64)
    weights = np.zeros((len(at), len(result.columns)))
    weights[:, main] = 1.0
    if both >= 0:
        weights[:, both] = at
    effect = weights @ result.beta
    se = _compute_se(result, weights)
    z = effect / se
    reach = _find_quantile(0.95) * se
    return pd.DataFrame(
        {
            "level": at,
            "effect": effect,
            "se": se,
            "z": z,
            "p": compute_two_sided_p(z),
            "ci_low": effect - reach,
            "ci_high": effect + reach,
        }
    )


def _find_term(result: LmmResult, variables: set[str]) -> int:
    wanted = len(variables)
    for i, name in enumerate(result.columns):
        parts = name.split(":")
        if len(parts) == wanted and set(parts) == variables:
            return i
    return -1


def _add_prediction(
    result: LmmResult, rows: FloatArray, frame: pd.DataFrame, level: float
) -> pd.DataFrame:
    predicted = rows @ result.beta
    se = _compute_se(result, rows)
    reach = _find_quantile(level) * se
    return frame.assign(
        predicted=predicted,
        se=se,
        ci_low=predicted - reach,
        ci_high=predicted + reach,
    )


def _compute_se(result: LmmResult, rows: FloatArray) -> FloatArray:
    return np.sqrt(((rows @ result.covariance) * rows).sum(axis=1))


def _find_quantile(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))


def _count_parameters(result: LmmResult) -> int:
    n_random = len(result.random_covariance)
    return len(result.columns) + n_random * (n_random + 1) // 2
