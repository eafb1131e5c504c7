"""Canonical correlations of targets as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.statistics import CCAResult, CohortCCA


def summarise_cohorts(cohorts: CohortCCA) -> pd.DataFrame:
    """Give one row a target and component: correlation, test, n."""
    rows = [
        {
            "target_NM": target,
            "component": component,
            "r": float(fit.r[component]),
            "p_value": float(fit.p_value[component]),
            "n": len(fit.x),
            "n_dropped": fit.n_dropped,
            "n_permutations": len(fit.null_r),
            "n_failed": fit.n_failed,
            "is_saturated": fit.is_saturated,
            "x_variance_extracted": float(fit.x_variance_extracted[component]),
            "y_variance_extracted": float(fit.y_variance_extracted[component]),
            **{f"penalty_{name}": value for name, value in fit.penalty.items()},
        }
        for target, fit in cohorts.results.items()
        for component in range(len(fit.r))
    ]
    return pd.DataFrame(rows)


def list_weights(results: Mapping[str, CCAResult]) -> pd.DataFrame:
    """Give one row a target, side, variable and component."""
    tables = [
        weights.rename_axis("variable")
        .reset_index()
        .melt("variable", var_name="component", value_name="weight")
        .assign(target_NM=target, side=side)
        for target, fit in results.items()
        for side, weights in (("x", fit.x_weights), ("y", fit.y_weights))
    ]
    columns = ["target_NM", "side", "variable", "component", "weight"]
    return pd.concat(tables, ignore_index=True)[columns]


def list_scores(results: Mapping[str, CCAResult]) -> pd.DataFrame:
    """Give the scores of the first component, one row a recording."""
    tables: list[pd.DataFrame] = []
    for target, fit in results.items():
        first = pd.DataFrame(
            {"x": fit.x_scores.iloc[:, 0], "y": fit.y_scores.iloc[:, 0]}
        ).reset_index()
        tables.append(first.assign(target_NM=target))
    return pd.concat(tables, ignore_index=True)


def spread_weights(
    results: Mapping[str, CCAResult],
) -> dict[str, dict[str, pd.Series]]:
    """Give the weights of the first component: side, target, weights."""
    return {
        "x": {target: fit.x_weights.iloc[:, 0] for target, fit in results.items()},
        "y": {target: fit.y_weights.iloc[:, 0] for target, fit in results.items()},
    }
