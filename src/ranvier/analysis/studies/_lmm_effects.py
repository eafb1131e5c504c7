"""What a fitted mixed model says at levels of its factors: means, predictions."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.statistics import LmmResult

FACTORS = ("side", "reward")
_LEVELS = (-0.5, 0.5)
_Z95 = 1.959963984540054


def compute_factor_means(results: Mapping[Any, LmmResult]) -> pd.DataFrame:
    """Give the marginal means of side and reward, contrast and the other one at 0.

    Parameters
    ----------
    results
        (target_NM, event) → fit of contrast, side and reward.

    Returns
    -------
    pandas.DataFrame
        target_NM, event, effect (name of the factor), the factor, mean, se, ci_low,
        ci_high.
    """
    tables = [
        predict_at(fit, pd.DataFrame({name: _LEVELS}))
        .rename(columns={"predicted": "mean"})
        .assign(target_NM=key[0], event=key[1], effect=name)
        for key, fit in results.items()
        for name in FACTORS
        if name in fit.columns
    ]
    return _join(tables, ["target_NM", "event", "effect"])


def compute_predictions(
    results: Mapping[Any, LmmResult], levels: pd.DataFrame
) -> pd.DataFrame:
    """Predict for each contrast, side and outcome.

    Parameters
    ----------
    results
        (target_NM, event) → fit of contrast, side and reward.
    levels
        target_NM, event, contrast (coded) and contrast_percent of each level.

    Returns
    -------
    pandas.DataFrame
        target_NM, event, contrast (percent), side, reward, predicted, se, ci_low,
        ci_high.
    """
    tables: list[pd.DataFrame] = []
    for (target, event), fit in results.items():
        own = levels[(levels["target_NM"] == target) & (levels["event"] == event)]
        known = own[["contrast", "contrast_percent"]].drop_duplicates()
        values: list[list[float]] = [*map(list, known.to_numpy(np.float64))]
        grid = pd.DataFrame(
            [(*v, *f) for v, *f in itertools.product(values, _LEVELS, _LEVELS)],
            columns=["contrast", "contrast_percent", *FACTORS],
        )
        found = predict_at(fit, grid).assign(target_NM=target, event=event)
        tables.append(
            found.drop(columns="contrast").rename(
                columns={"contrast_percent": "contrast"}
            )
        )
    return _join(tables, ["target_NM", "event", "contrast"])


def predict_at(fit: LmmResult, rows: pd.DataFrame) -> pd.DataFrame:
    """Predict from the fixed effects of a model of products of variables.

    Parameters
    ----------
    fit
        Fitted model.
    rows
        Values of variables, as coded; those that are not there are 0.

    Returns
    -------
    pandas.DataFrame
        `rows` with predicted, se, ci_low, ci_high: 95 %, of the mean.
    """
    design = np.column_stack([_evaluate(name, rows) for name in fit.columns])
    predicted = design @ fit.beta
    se = np.sqrt(np.einsum("ij,jk,ik->i", design, fit.covariance, design))
    return rows.assign(
        predicted=predicted,
        se=se,
        ci_low=predicted - _Z95 * se,
        ci_high=predicted + _Z95 * se,
    )


def _evaluate(column: str, rows: pd.DataFrame) -> FloatArray:
    # "contrast:side" is the product of both.
    value = np.ones(len(rows))
    for name in [] if column == "Intercept" else column.split(":"):
        known = rows[name].to_numpy(np.float64) if name in rows else 0.0
        value = value * known
    return value


def _join(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=columns)
    joined = pd.concat(tables, ignore_index=True)
    return joined[[*columns, *(name for name in joined if name not in columns)]]
