"""Canonical correlations of cohorts against each other: signs, projections, weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.statistics._cca import CCAResult

__all__ = ["align_cca_signs", "compare_cca_weights", "cross_project_cca"]


def align_cca_signs(
    results: Mapping[str, CCAResult], reference: str | None = None
) -> dict[str, CCAResult]:
    """Turn components of cohorts so that they point the same way.

    The sign of a canonical component is free. Each is turned, on both sides, so that
    its neural weights (x) have a cosine ≥ 0 with those of the reference.

    Parameters
    ----------
    results
        Cohort → fit, all with the same variables.
    reference
        Cohort that the others follow; the alphabetically first by default.

    Returns
    -------
    dict of str to CCAResult
        In the order given.

    Raises
    ------
    GroupFault
        If there is no cohort, none of the reference's name, or the variables of the
        cohorts differ.
    """
    _check_alike(results)
    name = min(results) if reference is None else reference
    if name not in results:
        raise GroupFault(
            "the cohort that signs should follow was not fitted.",
            found=name,
            wanted=f"one of {', '.join(results)}",
            mend="name a cohort that was fitted",
        )
    leader = results[name].x_weights.to_numpy()
    return {key: _turn(result, leader) for key, result in results.items()}


def cross_project_cca(results: Mapping[str, CCAResult]) -> pd.DataFrame:
    """Correlate the two sides of each cohort under the weights of each other one.

    Parameters
    ----------
    results
        Cohort → fit, all with the same variables.

    Returns
    -------
    pandas.DataFrame
        One row a pair and component: data (cohort whose variables are projected),
        weights (cohort whose weights are used), component, r, n. Where both are the
        same, r is the canonical correlation itself; a cohort whose scores are
        constant has NaN.

    Raises
    ------
    GroupFault
        If there is no cohort, or the variables of the cohorts differ.

    Notes
    -----
    r = corr(X_a·u_b, Y_a·v_b) with the z-scored variables of cohort a.
    """
    _check_alike(results)
    rows = [
        {
            "data": data_name,
            "weights": weights_name,
            "component": str(component),
            "r": _project(data, weights, component),
            "n": len(data.x),
        }
        for data_name, data in results.items()
        for weights_name, weights in results.items()
        for component in _shared_components(data, weights)
    ]
    return pd.DataFrame(rows)


def compare_cca_weights(results: Mapping[str, CCAResult]) -> pd.DataFrame:
    """Compare weights of each pair of cohorts by their cosine.

    Parameters
    ----------
    results
        Cohort → fit, all with the same variables; aligned first, if the sign is to
        mean anything.

    Returns
    -------
    pandas.DataFrame
        One row a pair (each once) and component: cohort_a, cohort_b, component,
        x_cosine, y_cosine.

    Raises
    ------
    GroupFault
        If there is no cohort, or the variables of the cohorts differ.
    """
    _check_alike(results)
    names = list(results)
    rows = [
        {
            "cohort_a": a,
            "cohort_b": b,
            "component": str(component),
            "x_cosine": _cosine(
                results[a].x_weights[component].to_numpy(),
                results[b].x_weights[component].to_numpy(),
            ),
            "y_cosine": _cosine(
                results[a].y_weights[component].to_numpy(),
                results[b].y_weights[component].to_numpy(),
            ),
        }
        for position, a in enumerate(names)
        for b in names[position + 1 :]
        for component in _shared_components(results[a], results[b])
    ]
    columns = ["cohort_a", "cohort_b", "component", "x_cosine", "y_cosine"]
    return pd.DataFrame(rows, columns=pd.Index(columns))


def _check_alike(results: Mapping[str, CCAResult]) -> None:
    if not results:
        raise GroupFault("no cohort was fitted, so that none can be compared.")
    first = next(iter(results))
    for name, result in results.items():
        for side in ("x_weights", "y_weights"):
            found = list(getattr(result, side).index)
            wanted = list(getattr(results[first], side).index)
            if found != wanted:
                raise GroupFault(
                    "cohorts with unlike variables can't be compared.",
                    found=f"{name}: {', '.join(map(str, found))}",
                    wanted=f"as {first}: {', '.join(map(str, wanted))}",
                    mend="fit all cohorts on the same variables in the same order",
                )


def _turn(result: CCAResult, leader: FloatArray) -> CCAResult:
    count = min(leader.shape[1], result.x_weights.shape[1])
    signs = np.ones(result.x_weights.shape[1])
    own = result.x_weights.to_numpy()[:, :count]
    signs[:count] = np.where(np.sum(own * leader[:, :count], axis=0) < 0, -1.0, 1.0)
    tables = ("x_weights", "y_weights", "x_scores", "y_scores", "x_loadings")
    turned = {name: getattr(result, name) * signs for name in (*tables, "y_loadings")}
    return replace(result, **turned)


def _shared_components(a: CCAResult, b: CCAResult) -> list[str]:
    return [name for name in a.x_weights.columns if name in b.x_weights.columns]


def _project(data: CCAResult, weights: CCAResult, component: str) -> float:
    left = data.x.to_numpy() @ weights.x_weights[component].to_numpy()
    right = data.y.to_numpy() @ weights.y_weights[component].to_numpy()
    return _cosine(left - left.mean(), right - right.mean())


def _cosine(a: FloatArray, b: FloatArray) -> float:
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0 else float("nan")
