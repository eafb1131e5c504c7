"""A mixed model that was fitted: its numbers, variance explained, tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._choices import compute_two_sided_p

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.statistics._profile import (
        FittedModel,
    )
    from ranvier.analysis.statistics._subject_statistics import (
        SubjectStatistics,
    )


__all__ = ["LmmResult", "Method", "Random", "compute_fixed_variance", "make_lmm_result"]

Method = Literal["reml", "ml"]
Random = Literal["intercept", "intercept+slope"]


@dataclass(frozen=True)
class LmmResult:
    """A mixed model that was fitted.

    Parameters
    ----------
    columns, terms
        Of the fixed effects.
    beta, se, z, p
        Coefficients, standard errors, Wald z and its two-sided p, (n_columns,).
    covariance
        Of the coefficients, (n_columns, n_columns).
    random_covariance
        Of the random effects, (1, 1) or (2, 2): intercept, slope.
    residual_variance
        Unit of the response, squared.
    log_likelihood
        Restricted if `method` is "reml".
    groups
        Subjects.
    random_effects
        Best linear unbiased predictions, (n_groups, 1 or 2).
    marginal_r2, conditional_r2
        Nakagawa & Schielzeth's: variance of the fixed part, and of fixed and random
        part, over the sum of the model's variances.
    marginal_r2_observed, conditional_r2_observed
        The pipeline's: variance of Xβ, and that plus the variance of ŷ - Xβ, over the
        variance of the response. Not clipped.
    method, random, slope
        As asked for.
    converged
        Whether the optimum was found.
    at_boundary
        Whether a random variance came out as zero.
    n
        Number of trials.
    provenance
        Where it comes from.
    """

    columns: tuple[str, ...]
    terms: tuple[str, ...]
    beta: FloatArray
    se: FloatArray
    z: FloatArray
    p: FloatArray
    covariance: FloatArray
    random_covariance: FloatArray
    residual_variance: float
    log_likelihood: float
    groups: tuple[Any, ...]
    random_effects: FloatArray
    marginal_r2: float
    conditional_r2: float
    marginal_r2_observed: float
    conditional_r2_observed: float
    method: Method
    random: Random
    slope: str
    converged: bool
    at_boundary: bool
    n: int
    provenance: Provenance = field(repr=False)

    @property
    def n_groups(self) -> int:
        """Number of subjects."""
        return len(self.groups)

    @property
    def random_variance(self) -> float:
        """Variance of the random intercept."""
        return float(self.random_covariance[0, 0])

    def to_frame(self) -> pd.DataFrame:
        """Give the fixed effects as a table.

        Returns
        -------
        DataFrame
            One row a column of the design: Coef., Std.Err., z, P>|z|.
        """
        return pd.DataFrame(
            {"Coef.": self.beta, "Std.Err.": self.se, "z": self.z, "P>|z|": self.p},
            index=pd.Index(self.columns, name="term"),
        )

    def to_random_frame(self) -> pd.DataFrame:
        """Give the random effects as a table.

        Returns
        -------
        DataFrame
            One row a subject: intercept, and the slope's variable if there is one.
        """
        names = ["intercept", self.slope][: self.random_effects.shape[1]]
        return pd.DataFrame(
            self.random_effects,
            index=pd.Index(self.groups, name="subject"),
            columns=pd.Index(names),
        )


def make_lmm_result(
    statistics: SubjectStatistics,
    fitted: FittedModel,
    words: dict[str, Any],
    n_missing: int,
) -> LmmResult:
    """Make the result of a fit.

    Parameters
    ----------
    statistics
        Of the trials that went in.
    fitted
        The fit.
    words
        What was asked for: method, random, slope, and what else to keep.
    n_missing
        Rows left out.

    Returns
    -------
    LmmResult
    """
    total = statistics.gram.sum(axis=0)
    p = len(statistics.columns)
    n_trials = round(float(total[p, p]))
    covariance = fitted.inverse * fitted.residual_variance
    random_covariance = fitted.relative_covariance * fitted.residual_variance
    beta = fitted.beta.copy()
    if statistics.intercept >= 0:
        beta[statistics.intercept] += statistics.shift
    se = np.sqrt(np.diag(covariance))
    z = beta / se
    return LmmResult(
        columns=statistics.columns,
        terms=statistics.terms,
        beta=beta,
        se=se,
        z=z,
        p=compute_two_sided_p(z),
        covariance=covariance,
        random_covariance=random_covariance,
        residual_variance=fitted.residual_variance,
        log_likelihood=fitted.log_likelihood,
        groups=statistics.groups,
        random_effects=fitted.random_effects,
        **_compute_r2(total, fitted, random_covariance),
        method=words["method"],
        random=words["random"],
        slope=words["slope"],
        converged=fitted.converged,
        at_boundary=fitted.at_boundary,
        n=n_trials,
        provenance=make_provenance(
            "fit_lmm",
            {"columns": list(statistics.columns)} | words,
            n_trials=n_trials,
            n_subjects=len(statistics.groups),
            n_missing=n_missing,
        ),
    )


def _compute_r2(
    total: FloatArray, fitted: FittedModel, random_covariance: FloatArray
) -> dict[str, float]:
    p = len(fitted.beta)
    n_trials = total[p, p]
    fixed = compute_fixed_variance(total, fitted.beta)
    observed = total[-1, -1] / n_trials - (total[p, -1] / n_trials) ** 2
    blups, z_gram = fitted.random_effects, fitted.z_gram
    square = np.einsum("jq,jqr,jr->", blups, z_gram, blups) / n_trials
    mean = np.einsum("jq,jq->", blups, z_gram[:, 0]) / n_trials
    random = float(np.sum(random_covariance * z_gram.sum(axis=0)) / n_trials)
    whole = fixed + random + fitted.residual_variance
    return {
        "marginal_r2": fixed / whole,
        "conditional_r2": (fixed + random) / whole,
        "marginal_r2_observed": fixed / observed,
        "conditional_r2_observed": (fixed + square - mean**2) / observed,
    }


def compute_fixed_variance(total: FloatArray, beta: FloatArray) -> float:
    """Give the variance of Xβ over the trials (ddof 0) from summed products.

    Parameters
    ----------
    total
        Sum of `SubjectStatistics.gram`.
    beta
        Coefficients.

    Returns
    -------
    float
    """
    p = len(beta)
    mean = total[p, :p] / total[p, p]
    return float(beta @ (total[:p, :p] / total[p, p] - np.outer(mean, mean)) @ beta)
