"""Ordinary least squares, and how much of the response each variable explains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._design import (
    Design,
    check_response,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.analysis.arrays import FloatArray, IntArray

__all__ = [
    "OlsResult",
    "SolvedOls",
    "compute_dropone_delta_r2",
    "fit_ols",
    "make_ols_result",
    "solve_ols",
]

_LEAST_DISTANCE = 1e-10
"""Distance of a column of unit length from the span of those before it, below which it
counts as a sum of them."""


@dataclass(frozen=True)
class OlsResult:
    """A least-squares fit.

    Parameters
    ----------
    columns, terms
        Of the design.
    beta, se, t, p
        Coefficients, standard errors, t and its two-sided p, (n_columns,).
    inverse
        (XᵀX)⁻¹.
    residual_variance
        With n - n_columns degrees of freedom.
    r2
        Against the mean of the response.
    n, dof
        Trials, residual degrees of freedom.
    provenance
        Where it comes from.
    """

    columns: tuple[str, ...]
    terms: tuple[str, ...]
    beta: FloatArray
    se: FloatArray
    t: FloatArray
    p: FloatArray
    inverse: FloatArray = field(repr=False)
    residual_variance: float
    r2: float
    n: int
    dof: int
    provenance: Provenance = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Give the coefficients as a table.

        Returns
        -------
        DataFrame
            One row a column of the design: Coef., Std.Err., t, P>|t|.
        """
        return pd.DataFrame(
            {"Coef.": self.beta, "Std.Err.": self.se, "t": self.t, "P>|t|": self.p},
            index=pd.Index(self.columns, name="term"),
        )


def fit_ols(design: Design | FloatArray, y: Any) -> OlsResult:
    """Fit by ordinary least squares.

    Parameters
    ----------
    design
        A `Design`, or a matrix of shape (n_trials, n_columns) with its column of ones.
    y
        Response, shape (n_trials,).

    Returns
    -------
    OlsResult

    Raises
    ------
    GroupFault
        If columns are sums of others, there are no more trials than columns, or the
        response is constant.
    AnalysisError
        RV-A83 if lengths differ or values are missing.

    Notes
    -----
    By QR; var β = σ² (XᵀX)⁻¹.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    >>> fit_ols(x, [1.0, 3.0, 5.5]).beta.round(3).tolist()
    [0.917, 2.25]
    """
    design, response = check_response(design, y)
    solved, reason = solve_ols(design.matrix, response)
    if solved is None:
        raise GroupFault(
            "the model has no unique solution.",
            found=f"{reason}: {len(response)} trials, {', '.join(design.columns)}",
            wanted="columns that are not sums of others, and a response that varies",
            mend="leave out the term that has one level only, or widen the selection",
        )
    provenance = make_provenance(
        "fit_ols", {"columns": list(design.columns)}, n_trials=len(response)
    )
    return make_ols_result(design, solved, len(response), provenance)


def compute_dropone_delta_r2(
    result: OlsResult, variables: Iterable[str], tss: float
) -> dict[str, float]:
    """Compute how much R² falls when a variable leaves the model with all its terms.

    Parameters
    ----------
    result
        Fit of the full model.
    variables
        Each dropped alone: with "contrast" go "contrast:side" and "C(contrast)".
    tss
        Sum of squares of the response about its mean.

    Returns
    -------
    dict
        ΔR² by variable; NaN if the model does not have it.

    Notes
    -----
    β_Sᵀ ((XᵀX)⁻¹_SS)⁻¹ β_S is exactly by how much the residual sum of squares grows
    when the columns S go: no refit is needed (Seber & Lee, Linear Regression Analysis,
    2003, section 3.8).
    """
    design = Design(np.empty((0, len(result.columns))), result.columns, result.terms)
    places = {name: design.find_columns(name) for name in variables}
    return {
        name: _compute_loss(result.beta, result.inverse, at) / tss
        if at.size
        else float("nan")
        for name, at in places.items()
    }


@dataclass(frozen=True)
class SolvedOls:
    """What `solve_ols` finds: β, (XᵀX)⁻¹, residual and total sum of squares."""

    beta: FloatArray
    inverse: FloatArray
    rss: float
    tss: float


def solve_ols(matrix: FloatArray, y: FloatArray) -> tuple[SolvedOls | None, str]:
    """Solve by QR.

    Parameters
    ----------
    matrix
        Design, (n_trials, n_columns).
    y
        Response.

    Returns
    -------
    SolvedOls or None
        None if there is no unique solution.
    str
        Why not; "" if there is.
    """
    n_trials, p = matrix.shape
    if n_trials <= p:
        return None, "no more trials than columns"
    mean = float(y.mean())
    tss = float(((y - mean) ** 2).sum())
    if tss <= 1e-24 * n_trials * mean**2:
        return None, "a constant response"
    length = np.sqrt((matrix**2).sum(axis=0))
    if (length == 0).any():
        return None, "a column of zeros"
    q, r = np.linalg.qr(matrix / length)
    if np.abs(np.diag(r)).min() < _LEAST_DISTANCE:
        return None, "columns that are sums of others"
    right = np.linalg.inv(r) / length[:, None]
    beta = right @ (q.T @ y)
    rss = float(((y - matrix @ beta) ** 2).sum())
    return SolvedOls(beta, right @ right.T, rss, tss), ""


def make_ols_result(
    design: Design, solved: SolvedOls, n_trials: int, provenance: Provenance
) -> OlsResult:
    """Make the result of a solution.

    Parameters
    ----------
    design
        Its columns are named.
    solved
        Of `solve_ols`.
    n_trials
        How many went in.
    provenance
        Where it comes from.

    Returns
    -------
    OlsResult
    """
    from scipy.special import stdtr

    dof = n_trials - len(design.columns)
    variance = solved.rss / dof
    se = np.sqrt(np.diag(solved.inverse) * variance)
    with np.errstate(divide="ignore", invalid="ignore"):  # a fit without residual
        t = solved.beta / se
    return OlsResult(
        columns=design.columns,
        terms=design.terms,
        beta=solved.beta,
        se=se,
        t=t,
        p=np.asarray(2.0 * stdtr(dof, -np.abs(t))),
        inverse=solved.inverse,
        residual_variance=variance,
        r2=1.0 - solved.rss / solved.tss,
        n=n_trials,
        dof=dof,
        provenance=provenance,
    )


def _compute_loss(beta: FloatArray, inverse: FloatArray, at: IntArray) -> float:
    block = inverse[at[:, None], at]
    return float(beta[at] @ np.linalg.solve(block, beta[at]))
