"""Linear mixed models with a random intercept, or intercept and slope, by subject.

The likelihood is that of statsmodels' MixedLM and of lme4; the computation works on
sums of products of each subject (`SubjectStatistics`) and sees each trial once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics._choices import check_choice
from ranvier.analysis.statistics._design import Design, build_design
from ranvier.analysis.statistics._formula import find_response, select_complete
from ranvier.analysis.statistics._lmm_result import (
    LmmResult,
    Method,
    Random,
    make_lmm_result,
)
from ranvier.analysis.statistics._lmm_slopes import fit_slopes
from ranvier.analysis.statistics._profile import (
    FittedModel,
    Moments,
    find_deficient,
    maximise_profile,
)
from ranvier.analysis.statistics._subject_statistics import (
    SubjectStatistics,
    compute_subject_statistics,
)

if TYPE_CHECKING:
    import pandas as pd

    from ranvier.analysis.arrays import BoolArray, FloatArray

__all__ = [
    "check_subjects",
    "compute_moments",
    "fit_lmm",
    "fit_lmm_formula",
    "fit_lmm_statistics",
]


def fit_lmm(
    design: Design | FloatArray,
    y: Any,
    groups: Any,
    *,
    random: Random = "intercept",
    slope: str = "",
    method: Method = "reml",
) -> LmmResult:
    """Fit a linear mixed model.

    Parameters
    ----------
    design
        Fixed effects: a `Design`, or a matrix of shape (n_trials, n_columns) with its
        column of ones.
    y
        Response, shape (n_trials,).
    groups
        Subject of each trial, shape (n_trials,), in any order.
    random
        What differs by subject.
    slope
        Column of the design whose slope differs, with "intercept+slope".
    method
        Restricted or plain maximum likelihood. Compare models with other fixed effects
        by "ml" only.

    Returns
    -------
    LmmResult

    Raises
    ------
    GroupFault
        If there are fewer than two subjects, columns of the design are sums of others
        (one condition only, say), or the response is constant.
    AnalysisError
        RV-A83 if lengths differ or values are missing; RV-A84 if `random`, `slope` or
        `method` is none of those that there are.

    Notes
    -----
    Covariates should be centred, or nearly so: one whose mean is 100,000 times its
    spread counts as a multiple of the intercept.

    Laird & Ware, Biometrics 38:963 (1982); profile likelihood as Lindstrom & Bates,
    J Am Stat Assoc 83:1014 (1988). R²: Nakagawa & Schielzeth, Methods Ecol Evol 4:133
    (2013), with random slopes as Johnson, ibid. 5:944 (2014).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> subject = np.repeat(np.arange(6), 50)
    >>> x = rng.normal(size=300)
    >>> y = 2 * x + rng.normal(size=6)[subject] + rng.normal(size=300)
    >>> result = fit_lmm(np.column_stack((np.ones(300), x)), y, subject)
    >>> bool(abs(result.beta[1] - 2) < 3 * result.se[1])
    True
    """
    statistics = compute_subject_statistics(design, y, groups)
    return fit_lmm_statistics(statistics, random=random, slope=slope, method=method)


def fit_lmm_formula(
    formula: str,
    frame: pd.DataFrame,
    *,
    group: str = "subject",
    random: Random = "intercept",
    slope: str = "",
    method: Method = "reml",
) -> LmmResult:
    """Fit a linear mixed model to a frame.

    Parameters
    ----------
    formula
        "response ~ contrast * side".
    frame
        One row a trial; rows that miss a value are left out, and counted in the
        provenance.
    group
        Column of the subjects.
    random, slope, method
        As of `fit_lmm`.

    Returns
    -------
    LmmResult

    Raises
    ------
    GroupFault
        As `fit_lmm`.
    AnalysisError
        RV-A82 if the formula does not fit the frame; else as `fit_lmm`.
    """
    complete = select_complete(frame, [formula], [group])
    n_missing = int((~complete).sum())
    kept = frame[complete] if n_missing else frame
    statistics = compute_subject_statistics(
        build_design(formula, kept),
        kept[find_response(formula)].to_numpy(dtype=np.float64),
        kept[group],
    )
    return fit_lmm_statistics(
        statistics,
        random=random,
        slope=slope,
        method=method,
        origin={"formula": formula, "group": group, "n_missing": n_missing},
    )


def fit_lmm_statistics(
    statistics: SubjectStatistics,
    *,
    random: Random = "intercept",
    slope: str = "",
    method: Method = "reml",
    origin: dict[str, Any] | None = None,
) -> LmmResult:
    """Fit a linear mixed model to sums of products.

    Parameters
    ----------
    statistics
        Of `compute_subject_statistics`.
    random, slope, method
        As of `fit_lmm`.
    origin
        What else to keep in the provenance.

    Returns
    -------
    LmmResult

    Raises
    ------
    GroupFault
        As `fit_lmm`.
    AnalysisError
        RV-A84 if an option is not one that there is.
    """
    check_choice("method", method, ("reml", "ml"))
    check_choice("random", random, ("intercept", "intercept+slope"))
    check_subjects(statistics)
    reml = method == "reml"
    if random == "intercept":
        fitted = _fit_intercept(statistics, reml=reml)
    else:
        check_choice("slope", slope, statistics.columns)
        place = statistics.columns.index(slope)
        fitted = fit_slopes(statistics, place, reml=reml)
    words = {"random": random, "slope": slope, "method": method} | (origin or {})
    n_missing = int(words.pop("n_missing", 0))
    return make_lmm_result(statistics, fitted, words, n_missing)


def check_subjects(statistics: SubjectStatistics) -> None:
    """Raise if a model by subject can't be fitted.

    Parameters
    ----------
    statistics
        Of the trials that go in.

    Raises
    ------
    GroupFault
        If there are fewer than two subjects, or no unique solution.
    """
    if len(statistics.groups) < 2:
        raise GroupFault(
            "a mixed model needs at least two subjects.",
            found=f"{len(statistics.groups)}: {', '.join(map(str, statistics.groups))}",
            wanted="trials of two subjects or more",
        )
    if find_deficient(compute_moments(statistics))[0]:
        raise GroupFault(
            "the model has no unique solution.",
            found=_tell_deficient(statistics),
            wanted="columns that are not sums of others, and a response that varies",
            mend="leave out the term that has one level only, or widen the selection",
        )


def compute_moments(
    statistics: SubjectStatistics, kept: BoolArray | None = None
) -> Moments:
    """Give what the profile likelihood needs.

    Parameters
    ----------
    statistics
        Of J subjects.
    kept
        Subjects in each of B problems, (B, J); all in one unless given.

    Returns
    -------
    Moments
    """
    gram = statistics.gram
    p = len(statistics.columns)
    mask = np.ones((1, len(gram))) if kept is None else kept.astype(np.float64)
    total = np.tensordot(mask, gram, axes=1)
    sums = gram[:, :, p] * mask[:, :, None]
    return Moments(
        xx=total[:, :p, :p],
        xy=total[:, :p, -1],
        yy=total[:, -1, -1],
        sx=sums[:, :, :p],
        sy=sums[:, :, -1],
        n=sums[:, :, p],
    )


def _tell_deficient(statistics: SubjectStatistics) -> str:
    total = statistics.gram.sum(axis=0)
    p = len(statistics.columns)
    n_trials = int(total[p, p])
    if n_trials <= p:
        return f"{n_trials} trials for {p} coefficients"
    # A response without spread leaves only the rounding of its mean.
    if total[-1, -1] <= 1e-13 * n_trials * max(statistics.shift**2, 1e-300):
        return "a constant response"
    means = total[p, :p] / n_trials
    spread = np.diag(total)[:p] / n_trials - means**2
    size = np.maximum(np.diag(total)[:p] / n_trials, np.finfo(float).tiny)
    constant = [
        name
        for i, name in enumerate(statistics.columns)
        if spread[i] <= 1e-12 * size[i] and i != statistics.intercept
    ]
    if constant:
        return f"constant columns: {', '.join(constant)}"
    return f"columns {', '.join(statistics.columns)} of {n_trials} trials"


def _fit_intercept(statistics: SubjectStatistics, *, reml: bool) -> FittedModel:
    best = maximise_profile(compute_moments(statistics), reml=reml)
    p = len(statistics.columns)
    return FittedModel(
        beta=best.beta[0],
        inverse=best.inverse[0],
        relative_covariance=best.theta[:, None],
        residual_variance=float(best.residual_variance[0]),
        log_likelihood=float(best.log_likelihood[0]),
        random_effects=best.blups[0][:, None],
        z_gram=statistics.gram[:, p : p + 1, p : p + 1],
        converged=bool(best.converged[0]),
        at_boundary=bool(best.at_zero[0]),
    )
