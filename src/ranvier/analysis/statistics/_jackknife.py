"""How much the variance explained by mixed models hangs on single subjects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._choices import check_choice
from ranvier.analysis.statistics._loso import compute_model_statistics, fit_folds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.statistics._subject_statistics import SubjectStatistics

__all__ = ["JackknifeResult", "jackknife_lmm"]


@dataclass(frozen=True)
class JackknifeResult:
    """Marginal R² of models with each subject left out.

    Parameters
    ----------
    table
        model, subject (the one left out), r2, delta_r2 (full less this one; NaN for the
        full): of the trials that the fold was fitted to.
    summary
        model, r2, r2_se, delta_r2, delta_r2_se, n_folds: of all trials, with the
        jackknife's standard error.
    full
        Name of the full model.
    n_failed
        Folds that could not be fitted; they are in no mean.
    provenance
        Where it comes from.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    full: str
    n_failed: int
    provenance: Provenance = field(repr=False)


def jackknife_lmm(
    frame: pd.DataFrame,
    models: Mapping[str, str],
    *,
    group: str = "subject",
    full: str = "",
) -> JackknifeResult:
    """Fit mixed models with one subject left out at a time.

    Parameters
    ----------
    frame, models, group, full
        As of `crossval_lmm`.

    Returns
    -------
    JackknifeResult

    Raises
    ------
    GroupFault
        If there are fewer than three subjects, or the models have different responses.
    AnalysisError
        RV-A82 if a formula does not fit the frame; RV-A84 if `full` is no model.

    Notes
    -----
    R² is var(Xβ) / var(y) of the trials left in, fitted by maximum likelihood. SE² =
    (m - 1)/m Σ(R²_i - mean)² over the m folds that were fitted (Efron & Stein, Ann Stat
    9:586 (1981)).
    """
    statistics, places = compute_model_statistics(frame, models, group)
    full = full or next(iter(places))
    check_choice("full", full, places)
    n_subjects = len(statistics.groups)
    if n_subjects < 3:
        raise GroupFault(
            "a jackknife over subjects needs at least three.",
            found=f"{n_subjects}",
            wanted="trials of three subjects or more",
        )
    # The last fold leaves nobody out.
    kept = np.vstack((~np.eye(n_subjects, dtype=bool), np.ones((1, n_subjects), bool)))
    scores: dict[str, FloatArray] = {}
    n_failed = 0
    for model, at in places.items():
        part = statistics.select(at)
        beta, _, reasons = fit_folds(part, kept, reml=False)
        scores[model] = _compute_r2(part, kept.astype(np.float64), beta)
        n_failed += int((reasons != "").sum())
    return JackknifeResult(
        table=_tabulate(scores, full, statistics),
        summary=_summarise(scores, full),
        full=full,
        n_failed=n_failed,
        provenance=make_provenance(
            "jackknife_lmm",
            {"models": dict(models), "group": group, "full": full},
            n_trials=int(statistics.n_trials.sum()),
            n_subjects=n_subjects,
            n_failed=n_failed,
        ),
    )


def _compute_r2(
    statistics: SubjectStatistics, mask: FloatArray, beta: FloatArray
) -> FloatArray:
    """Give var(Xβ) / var(y) of the trials of each fold."""
    total = np.tensordot(mask, statistics.gram, axes=1)
    p = beta.shape[1]
    n_trials = total[:, p, p]
    weights = np.column_stack((beta, np.zeros((len(beta), 2))))
    seen = (total @ weights[..., None])[..., 0]
    fixed = (seen * weights).sum(axis=1) / n_trials - (seen[:, p] / n_trials) ** 2
    observed = total[:, -1, -1] / n_trials - (total[:, p, -1] / n_trials) ** 2
    return fixed / np.where(observed > 0, observed, np.nan)


def _tabulate(
    scores: Mapping[str, FloatArray], full: str, statistics: SubjectStatistics
) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "model": model,
                    "subject": list(statistics.groups),
                    "r2": r2[:-1],
                    "delta_r2": np.nan
                    if model == full
                    else scores[full][:-1] - r2[:-1],
                }
            )
            for model, r2 in scores.items()
        ],
        ignore_index=True,
    )


def _summarise(scores: Mapping[str, FloatArray], full: str) -> pd.DataFrame:
    rows = [
        {
            "model": model,
            "r2": r2[-1],
            "r2_se": _compute_se(r2[:-1]),
            "delta_r2": np.nan if model == full else scores[full][-1] - r2[-1],
            "delta_r2_se": np.nan
            if model == full
            else _compute_se(scores[full][:-1] - r2[:-1]),
            "n_folds": int(np.isfinite(r2[:-1]).sum()),
        }
        for model, r2 in scores.items()
    ]
    return pd.DataFrame(rows)


def _compute_se(values: FloatArray) -> float:
    good = values[np.isfinite(values)]
    if len(good) < 2:
        return float("nan")
    spread = float(((good - good.mean()) ** 2).sum())
    return float(np.sqrt((len(good) - 1) / len(good) * spread))
