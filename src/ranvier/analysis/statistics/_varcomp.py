"""Where coefficients of known standard error vary: between subjects or sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._subject_statistics import factorise

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray

__all__ = [
    "VarianceComponents",
    "compute_feature_dispersion",
    "fit_measurement_error_varcomp",
]

_STARTS = ((0.3, 0.3), (1.0, 0.1), (0.1, 1.0))


@dataclass(frozen=True)
class VarianceComponents:
    """Mean and spread of coefficients, their own uncertainty taken out.

    Parameters
    ----------
    mean, mean_se
        Over subjects.
    sd_subject, sd_session
        Standard deviation between subjects, and between sessions of a subject.
    share_subject
        Variance between subjects over the sum of both; NaN if both are 0.
    subject_effects
        subject, n_sessions, effect (best linear unbiased prediction of mean + subject),
        se.
    log_likelihood
        Restricted.
    converged
        Whether the optimum was found.
    n, n_missing
        Sessions used, and left out as they miss a value or standard error.
    provenance
        Where it comes from.
    """

    mean: float
    mean_se: float
    sd_subject: float
    sd_session: float
    share_subject: float
    subject_effects: pd.DataFrame = field(repr=False)
    log_likelihood: float
    converged: bool
    n: int
    n_missing: int
    provenance: Provenance = field(repr=False)


@dataclass(frozen=True)
class _Sums:
    """Weighted sums of each subject, at one choice of the spread of sessions."""

    weight: FloatArray
    value: FloatArray
    square: float
    log_det: float


def fit_measurement_error_varcomp(
    values: ArrayLike, se: ArrayLike, subjects: Any
) -> VarianceComponents:
    """Split the variance of sessions' coefficients of known standard error.

    Parameters
    ----------
    values
        Coefficient of each session, (n_sessions,).
    se
        Its standard error.
    subjects
        Its subject.

    Returns
    -------
    VarianceComponents

    Raises
    ------
    GroupFault
        If there are fewer than two subjects, or no subject has two sessions.

    Notes
    -----
    value = mean + subject + session + error, all normal, the variance of the error
    known. Restricted maximum likelihood over both standard deviations, in place of the
    pipeline's sampler: a normal-normal model has its likelihood in closed form
    (Hedges & Olkin, Statistical Methods for Meta-Analysis, 1985; Konstantopoulos, Res
    Synth Methods 2:61 (2011) for three levels). There is no interval of the standard
    deviations.

    Examples
    --------
    >>> told = fit_measurement_error_varcomp(
    ...     [1.0, 1.2, 3.0, 3.1], [0.1, 0.1, 0.1, 0.1], ["a", "a", "b", "b"])
    >>> told.sd_subject > told.sd_session
    True
    """
    from scipy.optimize import minimize

    value = np.asarray(values, dtype=np.float64)
    error = np.asarray(se, dtype=np.float64)
    good = np.isfinite(value) & np.isfinite(error) & (error > 0)
    n_missing = int((~good).sum())
    value, error = value[good], error[good]
    codes, labels = factorise(np.asarray(subjects, dtype=object)[good], len(value))
    if len(labels) < 2 or len(labels) == len(value):
        raise GroupFault(
            "variance can't be split between subjects and sessions.",
            found=f"{len(value)} sessions of {len(labels)} subjects",
            wanted="two subjects or more, one of them with two sessions",
        )
    scale = float(value.std()) or 1.0
    centre = float(value.mean())
    unit, unit_error = (value - centre) / scale, error / scale

    def deviance(spread: FloatArray) -> float:
        return _compute_deviance(unit, unit_error, codes, spread)

    runs = [
        minimize(
            deviance,
            np.array(start),
            method="Nelder-Mead",
            bounds=[(0.0, 20.0)] * 2,
            options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 2000},
        )
        for start in _STARTS
    ]
    best = min(runs, key=lambda run: float(run.fun))
    spread = np.asarray(best.x, dtype=np.float64)
    mean, mean_variance = _solve_mean(unit, unit_error, codes, spread)
    effects, effects_se = _predict(unit, unit_error, codes, spread)
    total = float((spread**2).sum())
    constant = (len(value) - 1) * np.log(2 * np.pi * scale**2)
    return VarianceComponents(
        mean=centre + scale * mean,
        mean_se=scale * float(np.sqrt(mean_variance)),
        sd_subject=scale * float(spread[0]),
        sd_session=scale * float(spread[1]),
        share_subject=float(spread[0] ** 2) / total if total > 0 else float("nan"),
        subject_effects=pd.DataFrame(
            {
                "subject": list(labels),
                "n_sessions": np.bincount(codes),
                "effect": centre + scale * effects,
                "se": scale * effects_se,
            }
        ),
        log_likelihood=-0.5 * (float(best.fun) + float(constant)),
        converged=bool(best.success),
        n=len(value),
        n_missing=n_missing,
        provenance=make_provenance(
            "fit_measurement_error_varcomp",
            {},
            n_sessions=len(value),
            n_subjects=len(labels),
            n_missing=n_missing,
        ),
    )


def compute_feature_dispersion(
    features: pd.DataFrame, units: Any, *, min_sessions: int = 3
) -> pd.Series[Any]:
    """Compute how far the sessions of a unit scatter in the space of features.

    Parameters
    ----------
    features
        One row a session, one column a coefficient.
    units
        Unit (subject, say) of each row.
    min_sessions
        Units with fewer complete sessions are left out.

    Returns
    -------
    Series
        By unit: root mean over features of the variance (ddof 1) of z-scored (ddof 0,
        over all complete sessions) coefficients. 1 is the scatter of all sessions.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [0.0, 0.0, 0.0, 2.0, 4.0, 6.0]})
    >>> compute_feature_dispersion(table, list("xxxyyy")).round(3).tolist()
    [0.0, 0.866]
    """
    values = features.to_numpy(dtype=np.float64)
    complete = np.asarray(np.isfinite(values).all(axis=1))
    values = values[complete]
    spread = values.std(axis=0) if len(values) else np.zeros(values.shape[1])
    moving = spread > 0  # a feature that never varies tells nothing of scatter
    z = values[:, moving] / spread[moving]
    codes, names = pd.factorize(np.asarray(units, dtype=object)[complete], sort=True)
    large = [i for i in range(len(names)) if (codes == i).sum() >= min_sessions]
    scatter = [z[codes == i].var(axis=0, ddof=1).mean() ** 0.5 for i in large]
    return pd.Series(
        np.array(scatter, dtype=np.float64),
        index=pd.Index([names[i] for i in large], name="unit"),
        name="dispersion",
    )


def _sum_weights(
    value: FloatArray, error: FloatArray, codes: IntArray, sd_session: float
) -> _Sums:
    variance = error**2 + sd_session**2
    weight = 1.0 / variance
    return _Sums(
        weight=np.bincount(codes, weight).astype(np.float64),
        value=np.bincount(codes, weight * value).astype(np.float64),
        square=float((weight * value**2).sum()),
        log_det=float(np.log(variance).sum()),
    )


def _compute_deviance(
    value: FloatArray, error: FloatArray, codes: IntArray, spread: FloatArray
) -> float:
    """Give -2 restricted log likelihood, without constants."""
    sums = _sum_weights(value, error, codes, float(spread[1]))
    inflation = 1.0 + spread[0] ** 2 * sums.weight
    shrink = spread[0] ** 2 / inflation
    precision = float((sums.weight / inflation).sum())
    right = float((sums.value / inflation).sum())
    square = sums.square - float((shrink * sums.value**2).sum())
    log_det = sums.log_det + float(np.log(inflation).sum()) + np.log(precision)
    return float(log_det + square - right**2 / precision)


def _solve_mean(
    value: FloatArray, error: FloatArray, codes: IntArray, spread: FloatArray
) -> tuple[float, float]:
    sums = _sum_weights(value, error, codes, float(spread[1]))
    inflation = 1.0 + spread[0] ** 2 * sums.weight
    precision = float((sums.weight / inflation).sum())
    return float((sums.value / inflation).sum()) / precision, 1.0 / precision


def _predict(
    value: FloatArray, error: FloatArray, codes: IntArray, spread: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give mean + subject of each subject, and its standard error."""
    mean, mean_variance = _solve_mean(value, error, codes, spread)
    sums = _sum_weights(value, error, codes, float(spread[1]))
    between = spread[0] ** 2
    inflation = 1.0 + between * sums.weight
    effect = mean + between / inflation * (sums.value - sums.weight * mean)
    variance = between / inflation + mean_variance / inflation**2
    return effect, np.sqrt(variance)
