"""Functional mixed models: how a response depends on covariates at each time.

A mixed model at each time, its coefficients smoothed over time, with bands that hold
for the whole curve. All times are fitted at once from the same sums of products.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._choices import check_choice, make_array_error
from ranvier.analysis.statistics._curves import (
    find_joint_quantile,
    make_smoothers,
)
from ranvier.analysis.statistics._design import Design, check_response
from ranvier.analysis.statistics._pointwise import (
    compute_covariances,
    get_pointwise,
    sum_pointwise,
    take_profile,
)
from ranvier.analysis.statistics._profile import (
    Profile,
    find_deficient,
    maximise_profile,
)
from ranvier.analysis.statistics._subject_statistics import factorise

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, BoolArray, FloatArray, IntArray

__all__ = ["FunctionalLmmResult", "FunctionalSettings", "fit_functional_lmm"]


@dataclass(frozen=True)
class FunctionalSettings:
    """How curves are smoothed, and their bands made.

    Parameters
    ----------
    penalty
        "gcv" chooses for each coefficient; "none" does not smooth; a number is used as
        it is.
    level
        Of both bands.
    n_draws, seed
        Curves drawn for the joint band.
    """

    penalty: Literal["gcv", "none"] | float = "gcv"
    level: float = 0.95
    n_draws: int = 10_000
    seed: int = 0


@dataclass(frozen=True)
class FunctionalLmmResult:
    """Coefficients of a functional mixed model, as curves.

    Parameters
    ----------
    columns
        Of the fixed effects.
    times
        (n_times,), s.
    beta, se
        Smoothed curves and their standard errors, (n_columns, n_times).
    beta_pointwise, se_pointwise
        Of the fit at each time alone.
    ci_low, ci_high
        Pointwise band.
    joint_low, joint_high
        Band that holds the whole curve.
    joint_quantile
        Standard errors that the joint band is wide, (n_columns,).
    covariance
        Of each smoothed curve, (n_columns, n_times, n_times).
    random_variance, residual_variance
        At each time, (n_times,).
    random_effects
        Intercept of each subject at each time, (n_groups, n_times).
    penalty
        Of each curve, (n_columns,).
    groups
        Subjects.
    n, n_missing, n_failed
        Trials fitted; trials left out as they miss a value; times without a fit, which
        are NaN.
    provenance
        Where it comes from.
    """

    columns: tuple[str, ...]
    times: FloatArray
    beta: FloatArray
    se: FloatArray
    beta_pointwise: FloatArray
    se_pointwise: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    joint_low: FloatArray
    joint_high: FloatArray
    joint_quantile: FloatArray
    covariance: FloatArray = field(repr=False)
    random_variance: FloatArray
    residual_variance: FloatArray
    random_effects: FloatArray = field(repr=False)
    penalty: FloatArray
    groups: tuple[Any, ...]
    n: int
    n_missing: int
    n_failed: int
    provenance: Provenance = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Give the curves as a table.

        Returns
        -------
        DataFrame
            term, time, beta, se, ci_low, ci_high, joint_low, joint_high.
        """
        n_columns, n_times = self.beta.shape
        names = ("beta", "se", "ci_low", "ci_high", "joint_low", "joint_high")
        return pd.DataFrame(
            {
                "term": np.repeat(np.array(self.columns, dtype=object), n_times),
                "time": np.tile(self.times, n_columns),
                **{name: getattr(self, name).ravel() for name in names},
            }
        )


def fit_functional_lmm(
    values: ArrayLike,
    design: Design | FloatArray,
    groups: Any,
    *,
    times: ArrayLike | None = None,
    method: Literal["reml", "ml"] = "reml",
    settings: FunctionalSettings | None = None,
) -> FunctionalLmmResult:
    """Fit a functional linear mixed model with a random intercept curve by subject.

    Parameters
    ----------
    values
        Signal of each trial, (n_trials, n_times). Trials with a missing value are left
        out.
    design
        Fixed effects, a row a trial; with the intercept.
    groups
        Subject of each trial, (n_trials,).
    times
        Of the columns of `values`, rising, s; 0, 1, 2, … unless given.
    method
        Of the fit at each time.
    settings
        Smoothing and bands.

    Returns
    -------
    FunctionalLmmResult

    Raises
    ------
    GroupFault
        If there are fewer than two subjects, or no time can be fitted.
    AnalysisError
        RV-A83 if shapes do not fit, covariates are missing or times do not rise; RV-A84
        if `method` is unknown.

    Notes
    -----
    Fast univariate inference: Cui, Leroux, Smirnova & Crainiceanu, J Comput Graph Stat
    31:219 (2022); for photometry Loewinger, Cui, Lovinger & Pereira, eLife 13:RP95802
    (2025). The covariance of coefficients between times is the sandwich of the fits at
    both times about the moment estimates of the covariance of subjects' curves and of
    residual curves, scaled to the standard errors of the fit at each time. The joint
    band is the quantile of max|z| over curves drawn of that normal distribution.
    Standard errors take the number of subjects as large; with few, bands of covariates
    that differ only between subjects are too narrow.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> cue = np.tile([0.0, 1.0], 60)
    >>> y = np.outer(cue, np.sin(np.linspace(0, 3, 20))) + rng.normal(size=(120, 20))
    >>> x = np.column_stack((np.ones(120), cue))
    >>> fit_functional_lmm(y, x, np.repeat(np.arange(4), 30)).beta.shape
    (2, 20)
    """
    check_choice("method", method, ("reml", "ml"))
    settings = settings or FunctionalSettings()
    signal = np.asarray(values, dtype=np.float64)
    at = _check_times(signal, times)
    design, codes, labels, n_missing, signal = _select(signal, design, groups)
    products = sum_pointwise(design.matrix, signal, codes, len(labels))
    good = ~find_deficient(products.moments)
    if not good.any():
        raise GroupFault(
            "no time of the trial can be fitted.",
            found=f"{len(signal)} trials, columns {', '.join(design.columns)}",
            wanted="columns that are not sums of others, and a signal that varies",
            mend="leave out the term that has one level only, or widen the selection",
        )
    best = maximise_profile(products.moments.take(good), reml=method == "reml")
    # A fit that ran to the end of the search has no standard error to rely on.
    good[good] = best.converged
    best = take_profile(best, best.converged)
    rough, se = get_pointwise(best, products.shift[good], design)
    raw = compute_covariances(products, signal[:, good], best, se, good)
    penalty = None if settings.penalty == "gcv" else settings.penalty
    if penalty == "none" or not good.any():
        smoothers = [np.eye(int(good.sum()))] * len(rough)
        penalties = np.zeros(len(rough))
    else:
        smoothers, penalties = make_smoothers(rough, at[good], penalty)
    smooth = np.stack([s @ curve for s, curve in zip(smoothers, rough, strict=True)])
    covariance = np.stack([s @ c @ s.T for s, c in zip(smoothers, raw, strict=True)])
    return _make_result(
        (design.columns, labels, at, good, n_missing, len(signal)),
        best,
        {"beta_pointwise": rough, "se_pointwise": se, "beta": smooth},
        (covariance, penalties),
        (method, settings),
    )


def _check_times(signal: FloatArray, times: ArrayLike | None) -> FloatArray:
    width = signal.shape[1] if signal.ndim == 2 else 0
    at = (
        np.arange(width, dtype=np.float64)
        if times is None
        else np.asarray(times, dtype=np.float64)
    )
    if not width or at.shape != (width,) or not (np.diff(at) > 0).all():
        raise make_array_error(
            "signal and times do not fit.",
            found=f"signal of shape {signal.shape}, times of shape {at.shape}",
            wanted="(n_trials, n_times), and n_times rising times",
            mend="give one row a trial, and the times of its columns",
        )
    return at


def _select(
    signal: FloatArray, design: Design | FloatArray, groups: Any
) -> tuple[Design, IntArray, tuple[Any, ...], int, FloatArray]:
    design, _ = check_response(design, np.zeros(len(signal)))
    complete = np.asarray(np.isfinite(signal).all(axis=1))
    labelled = pd.Series(np.asarray(groups, dtype=object))
    if len(labelled) == len(complete):
        labelled = labelled[complete]
    codes, labels = factorise(labelled, int(complete.sum()))
    if len(labels) < 2:
        raise GroupFault(
            "a mixed model needs at least two subjects.",
            found=", ".join(map(str, labels)),
            wanted="trials of two subjects or more",
        )
    n_missing = int((~complete).sum())
    return design.take(complete), codes, labels, n_missing, signal[complete]


def _make_result(
    frame: tuple[tuple[str, ...], tuple[Any, ...], FloatArray, BoolArray, int, int],
    best: Profile,
    curves: dict[str, FloatArray],
    smoothed: tuple[FloatArray, FloatArray],
    how: tuple[str, FunctionalSettings],
) -> FunctionalLmmResult:
    from scipy.special import ndtri

    columns, labels, at, good, n_missing, n_trials = frame
    covariance, penalties = smoothed
    method, settings = how
    rng = np.random.default_rng(settings.seed)
    quantiles = np.array(
        [
            find_joint_quantile(each, settings.level, settings.n_draws, rng)
            for each in covariance
        ]
    )
    beta = curves["beta"]
    se = np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0.0))
    reach = float(ndtri(0.5 + settings.level / 2)) * se
    wide = quantiles[:, None] * se
    bands = {
        "se": se,
        "ci_low": beta - reach,
        "ci_high": beta + reach,
        "joint_low": beta - wide,
        "joint_high": beta + wide,
        "random_variance": best.theta * best.residual_variance,
        "residual_variance": best.residual_variance,
        "random_effects": best.blups.T,
    }
    n_failed = int((~good).sum())
    whole = np.full((len(columns), len(at), len(at)), np.nan)
    whole[:, np.flatnonzero(good)[:, None], np.flatnonzero(good)] = covariance
    return FunctionalLmmResult(
        columns=columns,
        times=at,
        **{name: _fill(curve, good) for name, curve in (curves | bands).items()},
        joint_quantile=quantiles,
        covariance=whole,
        penalty=penalties,
        groups=labels,
        n=n_trials,
        n_missing=n_missing,
        n_failed=n_failed,
        provenance=make_provenance(
            "fit_functional_lmm",
            {"columns": list(columns), "method": method} | vars(settings),
            n_trials=n_trials,
            n_subjects=len(labels),
            n_times=len(at),
            n_missing=n_missing,
            n_failed=n_failed,
        ),
    )


def _fill(curve: FloatArray, good: BoolArray) -> FloatArray:
    filled = np.full((*curve.shape[:-1], len(good)), np.nan)
    filled[..., good] = curve
    return filled
