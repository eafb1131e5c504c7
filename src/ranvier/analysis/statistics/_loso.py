"""Leave-one-subject-out cross-validation of mixed models, without trials.

The statistics of the subjects left in are those of all less those of the one left out,
so that all folds of a model are fitted at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._choices import check_choice
from ranvier.analysis.statistics._design import build_designs
from ranvier.analysis.statistics._formula import find_response, select_complete
from ranvier.analysis.statistics._lmm import compute_moments
from ranvier.analysis.statistics._profile import find_deficient, maximise_profile
from ranvier.analysis.statistics._subject_statistics import (
    SubjectStatistics,
    compute_subject_statistics,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "CrossvalResult",
    "compute_model_statistics",
    "crossval_lmm",
    "crossval_lmm_statistics",
    "fit_folds",
]


@dataclass(frozen=True)
class CrossvalResult:
    """Held-out R² of models, subject by subject.

    Parameters
    ----------
    table
        model, subject (the one left out; "aggregate" is the mean over them), n_test,
        r2, delta_r2 (that of the full model less that of this one; NaN for the full).
    failures
        model, subject, reason of each fold that could not be fitted or scored.
    full
        Name of the full model.
    n_failed
        Number of those; they are in no mean.
    provenance
        Where it comes from.
    """

    table: pd.DataFrame
    failures: pd.DataFrame
    full: str
    n_failed: int
    provenance: Provenance = field(repr=False)


def crossval_lmm(
    frame: pd.DataFrame,
    models: Mapping[str, str],
    *,
    group: str = "subject",
    full: str = "",
    centred: bool = True,
    min_test: int = 2,
) -> CrossvalResult:
    """Cross-validate mixed models, leaving out one subject at a time.

    Parameters
    ----------
    frame
        One row a trial. Rows that miss a value of any model are left out of all.
    models
        Formula of each model, all with the same response: {"full": "response ~ contrast
        * side", "side": "response ~ contrast"}.
    group
        Column of the subjects.
    full
        Model that the others are compared with; the first unless named.
    centred
        Whether prediction and response are centred on their held-out means before they
        are compared. A new subject's own level can't be predicted by fixed effects;
        centred scores do not punish for it.
    min_test
        Fewest trials of a subject to be scored.

    Returns
    -------
    CrossvalResult

    Raises
    ------
    GroupFault
        If there are fewer than two subjects, or the models have different responses.
    AnalysisError
        RV-A82 if a formula does not fit the frame; RV-A84 if `full` is no model.

    Notes
    -----
    Fits are plain maximum likelihood, random intercept by subject. R² = 1 - Σ(y - ŷ)² /
    Σ(y - ȳ)², ȳ of the held-out trials; centred, y - ŷ less its mean.
    """
    statistics, places = compute_model_statistics(frame, models, group)
    return crossval_lmm_statistics(
        statistics, places, full=full, centred=centred, min_test=min_test
    )


def compute_model_statistics(
    frame: pd.DataFrame, models: Mapping[str, str], group: str
) -> tuple[SubjectStatistics, dict[str, IntArray]]:
    """Form the sums of products of several models at once.

    Parameters
    ----------
    frame
        One row a trial.
    models
        Formula of each model, all with the same response.
    group
        Column of the subjects.

    Returns
    -------
    SubjectStatistics
        Of all columns of all models, over the rows that all can use.
    dict
        Places of the columns of each model.

    Raises
    ------
    GroupFault
        If the models have different responses.
    AnalysisError
        RV-A82 if a formula does not fit the frame.
    """
    responses = {find_response(formula) for formula in models.values()}
    if len(responses) != 1 or "" in responses:
        raise GroupFault(
            "the models do not have one response.",
            found=", ".join(sorted(responses)) or "no model",
            wanted='the same in all: "response ~ …"',
            mend="correct the formulas",
        )
    complete = select_complete(frame, models.values(), [group])
    kept = frame if complete.all() else frame[complete]
    design, places = build_designs(models, kept)
    y = kept[responses.pop()].to_numpy(dtype=np.float64)
    return compute_subject_statistics(design, y, kept[group]), places


def crossval_lmm_statistics(
    statistics: SubjectStatistics,
    places: Mapping[str, IntArray],
    *,
    full: str = "",
    centred: bool = True,
    min_test: int = 2,
) -> CrossvalResult:
    """Cross-validate models of which the sums of products are there.

    Parameters
    ----------
    statistics, places
        Of `compute_model_statistics`.
    full, centred, min_test
        As of `crossval_lmm`.

    Returns
    -------
    CrossvalResult

    Raises
    ------
    GroupFault
        If there are fewer than two subjects.
    AnalysisError
        RV-A84 if `full` is no model.
    """
    full = full or next(iter(places))
    check_choice("full", full, places)
    n_subjects = len(statistics.groups)
    if n_subjects < 2:
        raise GroupFault(
            "leaving a subject out needs at least two.",
            found=f"{n_subjects}",
            wanted="trials of two subjects or more",
        )
    kept = ~np.eye(n_subjects, dtype=bool)
    scores: dict[str, FloatArray] = {}
    failures: list[dict[str, Any]] = []
    for model, at in places.items():
        part = statistics.select(at)
        beta, _, reasons = fit_folds(part, kept, reml=False)
        r2, untold = _score(part, beta, centred=centred, min_test=min_test)
        reasons = np.where(reasons == "", untold, reasons)
        scores[model] = np.where(reasons == "", r2, np.nan)
        failures += [
            {"model": model, "subject": statistics.groups[i], "reason": reasons[i]}
            for i in np.flatnonzero(reasons != "")
        ]
    return CrossvalResult(
        table=_tabulate(scores, full, statistics),
        failures=pd.DataFrame(failures, columns=["model", "subject", "reason"]),
        full=full,
        n_failed=len(failures),
        provenance=make_provenance(
            "crossval_lmm",
            {
                "models": {
                    m: [statistics.columns[i] for i in a] for m, a in places.items()
                },
                "full": full,
                "centred": centred,
                "min_test": min_test,
            },
            n_trials=int(statistics.n_trials.sum()),
            n_subjects=n_subjects,
            n_failed=len(failures),
        ),
    )


def fit_folds(
    statistics: SubjectStatistics, kept: BoolArray, *, reml: bool
) -> tuple[FloatArray, FloatArray, Any]:
    """Fit one model to several choices of subjects, all at once.

    Parameters
    ----------
    statistics
        Of J subjects.
    kept
        Subjects of each of B folds, (B, J).
    reml
        Restricted likelihood, or the plain one.

    Returns
    -------
    beta
        (B, p), of the response less its shift; NaN where a fold failed.
    theta
        Random over residual variance, (B,).
    reasons
        Why a fold failed, (B,); "" if it did not.
    """
    moments = compute_moments(statistics, kept)
    deficient = find_deficient(moments)
    beta = np.full((len(kept), len(statistics.columns)), np.nan)
    theta = np.full(len(kept), np.nan)
    reasons = np.where(deficient, "no unique solution", "").astype(object)
    good = np.flatnonzero(~deficient)
    if good.size:
        best = maximise_profile(moments.take(~deficient), reml=reml)
        beta[good[best.converged]] = best.beta[best.converged]
        theta[good] = best.theta
        reasons[good[~best.converged]] = "not converged"
    return beta, theta, reasons


def _score(
    statistics: SubjectStatistics, beta: FloatArray, *, centred: bool, min_test: int
) -> tuple[FloatArray, Any]:
    """Give R² of each subject under the coefficients of the fold that left it out."""
    gram = statistics.gram
    p = beta.shape[1]
    # The residual is A·(-β, 0, 1): its sum of squares is a form of the Gram matrix.
    weights = np.column_stack((-beta, np.zeros(len(beta)), np.ones(len(beta))))
    seen = (gram @ weights[..., None])[..., 0]
    rss = (seen * weights).sum(axis=1)
    n_trials = gram[:, p, p]
    if centred:
        rss = rss - seen[:, p] ** 2 / n_trials
    total = gram[:, -1, -1] - gram[:, p, -1] ** 2 / n_trials
    is_flat = total <= 1e-13 * gram[:, -1, -1]
    reasons = np.where(is_flat, "held-out response is constant", "").astype(object)
    reasons[n_trials < min_test] = "too few trials held out"
    return 1.0 - rss / np.where(is_flat, np.nan, total), reasons


def _tabulate(
    scores: Mapping[str, FloatArray], full: str, statistics: SubjectStatistics
) -> pd.DataFrame:
    n_trials = statistics.n_trials
    parts: list[pd.DataFrame] = []
    for model, r2 in scores.items():
        delta = np.full(r2.shape, np.nan) if model == full else scores[full] - r2
        parts.append(
            pd.DataFrame(
                {
                    "model": model,
                    "subject": [*statistics.groups, "aggregate"],
                    "n_test": [*n_trials, n_trials.sum()],
                    "r2": [*r2, _average(r2)],
                    "delta_r2": [*delta, _average(delta)],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _average(values: FloatArray) -> float:
    good = values[np.isfinite(values)]
    return float(good.mean()) if good.size else float("nan")
