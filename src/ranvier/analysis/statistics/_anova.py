"""Tests of differences between conditions and groups, by statsmodels and scipy."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics._choices import check_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.analysis.arrays import FloatArray

__all__ = [
    "anova_rm",
    "compute_cell_means",
    "kruskal_wallis_groups",
    "pairwise_mannwhitney",
]

_ANOVA_COLUMNS = ["effect", "F", "df_num", "df_den", "p", "method"]


def compute_cell_means(
    frame: pd.DataFrame,
    within: Sequence[str],
    *,
    response: str = "response",
    subject: str = "subject",
    min_trials: int = 10,
) -> pd.DataFrame:
    """Average the trials of each subject in each cell of a design.

    Parameters
    ----------
    frame
        One row a trial.
    within
        Factors: contrast, side, feedback.
    response, subject
        Columns.
    min_trials
        Fewest trials of a cell; cells with fewer are left out.

    Returns
    -------
    DataFrame
        subject, the factors, the response, n_trials.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": ["a"] * 3, "side": [1, 1, 2],
    ...                        "response": [1.0, 3.0, 9.0]})
    >>> compute_cell_means(trials, ["side"], min_trials=2)["response"].tolist()
    [2.0]
    """
    keys = [subject, *within]
    cells = frame.dropna(subset=[*keys, response]).groupby(keys, observed=True)[
        response
    ]
    means = cells.agg(["mean", "size"]).reset_index()
    means = means.rename(columns={"mean": response, "size": "n_trials"})
    return means[means["n_trials"] >= min_trials].reset_index(drop=True)


def anova_rm(
    cells: pd.DataFrame,
    within: Sequence[str],
    *,
    response: str = "response",
    subject: str = "subject",
) -> pd.DataFrame:
    """Test factors within subjects.

    Parameters
    ----------
    cells
        One row a subject and cell, of `compute_cell_means`.
    within
        Factors.
    response, subject
        Columns.

    Returns
    -------
    DataFrame
        effect, F, df_num, df_den, p, method. `method` is "AnovaRM" if each subject has
        each cell once. Else it is "OLS type III": subjects as a factor, sums of squares
        of type III, residual of that model for all effects.

    Raises
    ------
    GroupFault
        If there are fewer than two subjects, a factor has one level, or there are no
        more cells than coefficients.

    Notes
    -----
    No correction for sphericity; with "OLS type III" subjects' own effects of a factor
    are in the residual.
    """
    keys = [subject, *within]
    cells = cells.dropna(subset=[*keys, response])
    levels = {name: int(cells[name].nunique()) for name in keys}
    if min(levels.values(), default=0) < 2:
        raise GroupFault(
            "an ANOVA within subjects needs two of each factor.",
            found=", ".join(f"{name}: {n}" for name, n in levels.items()),
            wanted="two or more of each",
        )
    wanted = int(np.prod(list(levels.values())))
    if len(cells) == wanted and not cells.duplicated(keys).any():
        return _run_balanced(cells, list(within), response, subject)
    return _run_unbalanced(cells, list(within), response, subject)


def kruskal_wallis_groups(
    values: Any, groups: Any, *, min_per_group: int = 2
) -> dict[str, float]:
    """Test whether groups differ, by ranks.

    Parameters
    ----------
    values
        (n,); NaN are left out.
    groups
        Group of each value, (n,).
    min_per_group
        Groups with fewer values are left out.

    Returns
    -------
    dict
        H, p, n_groups, n; H and p are NaN if fewer than two groups are left or all
        values are equal.

    Notes
    -----
    Kruskal & Wallis, J Am Stat Assoc 47:583 (1952).

    Examples
    --------
    >>> kruskal_wallis_groups([1, 2, 3, 7, 8, 9], list("aaabbb"))["n_groups"]
    2
    """
    from scipy.stats import kruskal

    parts = _split_groups(values, groups, min_per_group)
    told = {"n_groups": len(parts), "n": sum(map(len, parts.values()))}
    merged = np.concatenate(list(parts.values())) if parts else np.empty(0)
    if len(parts) < 2 or np.ptp(merged) == 0:
        return {"H": float("nan"), "p": float("nan"), **told}
    result: Any = kruskal(*parts.values())
    return {"H": float(result.statistic), "p": float(result.pvalue), **told}


def pairwise_mannwhitney(
    values: Any,
    groups: Any,
    *,
    correction: Literal["holm", "bonferroni", "fdr_bh", "none"] = "holm",
    min_per_group: int = 2,
) -> pd.DataFrame:
    """Compare each pair of groups, by ranks.

    Parameters
    ----------
    values
        (n,); NaN are left out.
    groups
        Group of each value, (n,).
    correction
        For the number of pairs.
    min_per_group
        Groups with fewer values are left out.

    Returns
    -------
    DataFrame
        group_a, group_b, n_a, n_b, U, p, p_corrected, effect. `effect` is the rank
        biserial correlation: 1 if all of a lie above all of b.

    Raises
    ------
    AnalysisError
        RV-A84 if the correction is unknown.

    Notes
    -----
    Mann & Whitney, Ann Math Stat 18:50 (1947); Holm, Scand J Stat 6:65 (1979);
    Benjamini & Hochberg, J R Stat Soc B 57:289 (1995).
    """
    check_choice("correction", correction, ("holm", "bonferroni", "fdr_bh", "none"))
    from scipy.stats import mannwhitneyu

    parts = _split_groups(values, groups, min_per_group)
    rows: list[dict[str, Any]] = []
    for (name_a, a), (name_b, b) in itertools.combinations(parts.items(), 2):
        result: Any = mannwhitneyu(a, b, alternative="two-sided")
        u = float(result.statistic)
        rows.append(
            {
                "group_a": name_a,
                "group_b": name_b,
                "n_a": len(a),
                "n_b": len(b),
                "U": u,
                "p": float(result.pvalue),
                "effect": 2 * u / (len(a) * len(b)) - 1,
            }
        )
    columns = ["group_a", "group_b", "n_a", "n_b", "U", "p", "p_corrected", "effect"]
    table = pd.DataFrame(rows).reindex(columns=columns)
    if rows:
        table["p_corrected"] = _correct(table["p"].to_numpy(dtype=float), correction)
    return table


def _correct(p: FloatArray, correction: str) -> FloatArray:
    # statsmodels has the same, but collects all garbage of the process at each call.
    if correction == "none":
        return p
    order = np.argsort(p, kind="stable")
    ranked, n = p[order], len(p)
    if correction == "holm":
        ranked = np.maximum.accumulate(ranked * np.arange(n, 0, -1))
    elif correction == "fdr_bh":
        by_rank = ranked * n / np.arange(1, n + 1)
        ranked = np.minimum.accumulate(by_rank[::-1])[::-1]
    else:
        ranked = ranked * n
    corrected = np.empty_like(ranked)
    corrected[order] = np.minimum(ranked, 1.0)
    return corrected


def _split_groups(values: Any, groups: Any, least: int) -> dict[Any, FloatArray]:
    table = pd.DataFrame(
        {
            "value": np.asarray(values, dtype=np.float64),
            "group": np.asarray(groups, dtype=object),
        }
    ).dropna()
    return {
        name: part.to_numpy(dtype=np.float64)
        for name, part in table.groupby("group", sort=True)["value"]
        if len(part) >= least
    }


def _run_balanced(
    cells: pd.DataFrame, within: list[str], response: str, subject: str
) -> pd.DataFrame:
    from statsmodels.stats.anova import AnovaRM

    fitted: Any = AnovaRM(cells, response, subject, within=within).fit()
    table: pd.DataFrame = fitted.anova_table
    return pd.DataFrame(
        {
            "effect": list(table.index),
            "F": table["F Value"].to_numpy(dtype=float),
            "df_num": table["Num DF"].to_numpy(dtype=float),
            "df_den": table["Den DF"].to_numpy(dtype=float),
            "p": table["Pr > F"].to_numpy(dtype=float),
            "method": "AnovaRM",
        }
    )


def _run_unbalanced(
    cells: pd.DataFrame, within: list[str], response: str, subject: str
) -> pd.DataFrame:
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    # Sum-to-zero codes: with others, sums of type III are not those of main effects.
    factors = [f'C(Q("{name}"), Sum)' for name in within]
    formula = f'Q("{response}") ~ {" * ".join(factors)} + C(Q("{subject}"), Sum)'
    model: Any = ols(formula, cells)
    if np.linalg.matrix_rank(model.exog) < model.exog.shape[1] or (
        len(cells) <= model.exog.shape[1]
    ):
        raise GroupFault(
            "the ANOVA has no unique solution.",
            found=f"{len(cells)} cells for {model.exog.shape[1]} coefficients, or a "
            "combination of levels that no subject has",
            wanted="more cells than coefficients, and each combination in one subject",
            mend="leave a factor out, or lower the least number of trials of a cell",
        )
    with warnings.catch_warnings():  # a perfect fit divides by zero; F tells it
        warnings.simplefilter("ignore", RuntimeWarning)
        table: Any = anova_lm(model.fit(), typ=3)
    residual = float(table.loc["Residual", "df"])
    wanted = [
        name
        for name in table.index
        if name not in ("Intercept", "Residual") and f'Q("{subject}")' not in name
    ]
    part = table.loc[wanted]
    plain = [
        ":".join(within[factors.index(factor)] for factor in name.split(":"))
        for name in wanted
    ]
    return pd.DataFrame(
        {
            "effect": plain,
            "F": part["F"].to_numpy(dtype=float),
            "df_num": part["df"].to_numpy(dtype=float),
            "df_den": residual,
            "p": part["PR(>F)"].to_numpy(dtype=float),
            "method": "OLS type III",
        }
    )[_ANOVA_COLUMNS]
