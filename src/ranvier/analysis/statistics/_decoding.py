"""Decoding the target of a recording from its responses, subjects left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._complete import (
    check_n_rows,
    find_complete,
    scale_columns,
    to_names,
    to_table,
)
from ranvier.analysis.statistics._decoding_folds import (
    NOT_PREDICTED,
    DecoderSettings,
    DecodingProblem,
    HeldOut,
    compute_balanced_accuracy,
    compute_recall,
    fit_path,
    run_folds,
    set_up_solver,
)

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray, IntArray

__all__ = ["TargetDecoder", "decode_target"]

_LEAST_SUBJECTS = 3


@dataclass(frozen=True)
class TargetDecoder:
    """How well targets are told from features in subjects left out.

    Parameters
    ----------
    accuracy, balanced_accuracy
        Over rows that were predicted; the latter is the mean recall of classes.
    confusion
        Counts: rows are true, columns predicted classes.
    per_class_recall
        Of each class; NaN for one that was never predicted on.
    predictions
        Predicted class of each row given; NaN where a feature is missing or the fold
        was skipped.
    coefficients
        (n_classes, n_features), of a fit to all z-scored rows with `best_C`.
    intercepts
        Of the same.
    contributions
        Drop of the balanced accuracy, held out, without each feature; NaN if not
        asked for.
    best_C
        Median over folds.
    fold_C
        By subject left out; NaN if skipped.
    n_skipped
        Folds whose training rows lack a class.
    n_dropped
        Rows with a missing feature, label or subject.
    p_value
        Of the permutation test; NaN without one.
    provenance
        Method, parameters, n, code.
    """

    accuracy: float
    balanced_accuracy: float
    confusion: pd.DataFrame
    per_class_recall: pd.Series
    predictions: pd.Series
    coefficients: pd.DataFrame
    intercepts: pd.Series
    contributions: pd.Series
    best_C: float  # noqa: N815 - the seed's name
    fold_C: pd.Series  # noqa: N815
    n_skipped: int
    n_dropped: int
    p_value: float
    provenance: Provenance


def decode_target(
    features: pd.DataFrame | FloatArray,
    labels: Any,
    subjects: Any,
    settings: DecoderSettings | None = None,
) -> TargetDecoder:
    """Decode labels of recordings from features, leaving one subject out at a time.

    For each subject: features are z-scored on the others, the penalty is chosen on
    them by an inner cross-validation that keeps subjects whole, the model is fitted
    to them, and the subject's recordings are predicted. Nothing of the subject enters.

    Parameters
    ----------
    features
        (n_recordings, n_features), such as response vectors.
    labels
        Class of each row, such as its target; rows without one are left out.
    subjects
        Subject of each row.
    settings
        `DecoderSettings()` by default.

    Returns
    -------
    TargetDecoder

    Raises
    ------
    GroupFault
        If complete rows have fewer than two classes or three subjects, or each fold
        lacks a class in training (a class with one subject can't be decoded).
    AnalysisError
        If labels or subjects are not as long as the features.

    Notes
    -----
    Multinomial logistic regression with an L1 penalty and balanced class weights
    (Krishnapuram et al., IEEE Trans. Pattern Anal. 27:957, 2005). The penalty is that
    of the best balanced accuracy pooled over inner folds, the stronger one in a tie.
    The contribution of a feature is the drop of the held-out balanced accuracy when
    each fold is fitted anew without it, at the fold's penalty; it can be negative.

    Examples
    --------
    >>> x = np.array([[k % 2 * 4.0 + k / 10, k % 3] for k in range(12)])
    >>> labels = ["DA" if k % 2 else "NE" for k in range(12)]
    >>> decode_target(x, labels, [k // 2 for k in range(12)]).accuracy
    1.0
    """
    settings = DecoderSettings() if settings is None else settings
    table = to_table(features)
    check_n_rows("labels", table, labels)
    check_n_rows("subjects", table, subjects)
    complete = find_complete([table], 2, "decoding", labels, subjects)
    classes, codes = np.unique(to_names(labels)[complete], return_inverse=True)
    people, whose = np.unique(to_names(subjects)[complete], return_inverse=True)
    _check_group(classes, people)
    z = table.to_numpy()[complete]
    problem = DecodingProblem(z, codes, whose, len(classes), settings)
    held = run_folds(problem, settings.contributions)
    done = held.predicted != NOT_PREDICTED
    if not done.any():
        raise GroupFault(
            "no fold can be decoded: each lacks a class in training.",
            found=f"classes {', '.join(classes)}; subjects {', '.join(people)}",
            wanted="two subjects or more of each class",
        )
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(confusion, (codes[done], held.predicted[done]), 1)
    best_c = float(np.nanmedian(held.fold_c))
    everything = set_up_solver(replace(problem, x=scale_columns(z)[0]))
    precise = replace(settings, tolerance=settings.tolerance / 100)
    coefficients = fit_path(everything, best_c, precise)
    p_value, n_failed = _permute(
        problem, compute_balanced_accuracy(codes, held.predicted)
    )
    predictions = np.full(len(table), np.nan, dtype=object)
    predictions[np.flatnonzero(complete)[done]] = classes[held.predicted[done]]
    names = pd.Index(classes, dtype=object)
    return TargetDecoder(
        accuracy=float(np.mean(codes[done] == held.predicted[done])),
        balanced_accuracy=compute_balanced_accuracy(codes, held.predicted),
        confusion=pd.DataFrame(confusion, index=names, columns=names),
        per_class_recall=pd.Series(compute_recall(codes, held.predicted), index=names),
        predictions=pd.Series(predictions, index=table.index, dtype=object),
        coefficients=pd.DataFrame(coefficients[:-1].T, names, table.columns),
        intercepts=pd.Series(coefficients[-1], index=names),
        contributions=_find_contributions(problem, held, table.columns),
        best_C=best_c,
        fold_C=pd.Series(held.fold_c, index=pd.Index(people, dtype=object)),
        n_skipped=int(np.isnan(held.fold_c).sum()),
        n_dropped=int((~complete).sum()),
        p_value=p_value,
        provenance=make_provenance(
            "decode_target",
            {
                "c_values": list(settings.c_values),
                "n_inner": settings.n_inner,
                "n_permutations": settings.n_permutations,
                "seed": settings.seed,
                "tolerance": settings.tolerance,
            },
            n_recordings=int(complete.sum()),
            n_dropped=int((~complete).sum()),
            n_subjects=len(people),
            n_skipped=int(np.isnan(held.fold_c).sum()),
            n_failed=n_failed,
        ),
    )


def _check_group(classes: Any, people: Any) -> None:
    if len(classes) < 2:
        raise GroupFault(
            "decoding needs two classes.",
            found=", ".join(classes),
            wanted="recordings of two targets or more",
        )
    if len(people) < _LEAST_SUBJECTS:
        raise GroupFault(
            "decoding leaves out one subject, and chooses its penalty on the others.",
            found=", ".join(people),
            wanted=f"{_LEAST_SUBJECTS} subjects or more",
        )


def _find_contributions(
    problem: DecodingProblem, held: HeldOut, names: Any
) -> pd.Series:
    drops = np.full(problem.x.shape[1], np.nan)
    if problem.settings.contributions:
        full = compute_balanced_accuracy(problem.codes, held.predicted)
        drops = np.array(
            [
                full - compute_balanced_accuracy(problem.codes, row)
                for row in held.without
            ]
        )
    return pd.Series(drops, index=names)


def _permute(problem: DecodingProblem, score: float) -> tuple[float, int]:
    """Add-one p over successful draws, and how many failed."""
    rng = np.random.default_rng(problem.settings.seed)
    reached, n_done = 0, 0
    for _ in range(problem.settings.n_permutations):
        draw = replace(problem, codes=_shuffle(problem, rng))
        predicted = run_folds(draw, contributions=False).predicted
        if (predicted != NOT_PREDICTED).any():
            n_done += 1
            reached += compute_balanced_accuracy(draw.codes, predicted) >= score - 1e-12
    n_failed = problem.settings.n_permutations - n_done
    if n_done == 0:
        return float("nan"), n_failed
    return (1.0 + reached) / (1.0 + n_done), n_failed


def _shuffle(problem: DecodingProblem, rng: np.random.Generator) -> IntArray:
    n_subjects = int(problem.subjects.max()) + 1
    own = np.zeros(n_subjects, dtype=np.int64)
    own[problem.subjects] = problem.codes
    if np.array_equal(own[problem.subjects], problem.codes):
        return rng.permutation(own)[problem.subjects]
    return rng.permutation(problem.codes)
