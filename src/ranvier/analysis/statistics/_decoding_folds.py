"""Folds of a decoder: what is chosen and fitted without a subject, said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.statistics._complete import scale_columns
from ranvier.analysis.statistics._multinomial import (
    MultinomialProblem,
    balance_classes,
    predict_multinomial,
)

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray, IntArray

__all__ = [
    "NOT_PREDICTED",
    "DecoderSettings",
    "DecodingProblem",
    "HeldOut",
    "compute_balanced_accuracy",
    "compute_recall",
    "fit_path",
    "run_folds",
    "set_up_solver",
]

NOT_PREDICTED = -1
"""Class of a row whose fold was skipped."""


@dataclass(frozen=True)
class DecoderSettings:
    """How a target is decoded.

    Parameters
    ----------
    c_values
        Inverse penalties to choose from. With z-scored features and n rows, none
        below about 3/n leaves a weight.
    n_inner
        Folds that choose the penalty, by subject.
    contributions
        Whether to decode once without each feature.
    n_permutations, seed
        Draws of the test of balanced accuracy (0 for none): labels are swapped
        between subjects, or between rows if subjects have several.
    tolerance
        Of the fits, largest element of the gradient of the mean loss.
    """

    c_values: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
    n_inner: int = 3
    contributions: bool = True
    n_permutations: int = 0
    seed: int = 0
    tolerance: float = 3e-4


@dataclass(frozen=True)
class DecodingProblem:
    x: FloatArray
    codes: IntArray
    subjects: IntArray
    n_classes: int
    settings: DecoderSettings


@dataclass(frozen=True)
class HeldOut:
    """What folds said of rows held out; `without` is (n_features, n_rows)."""

    predicted: IntArray
    without: IntArray
    fold_c: FloatArray


def run_folds(problem: DecodingProblem, contributions: bool) -> HeldOut:
    n_rows, n_features = problem.x.shape
    predicted = np.full(n_rows, NOT_PREDICTED)
    without = np.full((n_features, n_rows), NOT_PREDICTED)
    fold_c = np.full(problem.subjects.max() + 1, np.nan)
    for subject in range(len(fold_c)):
        held = problem.subjects == subject
        inside, x_out = _split(problem, held)
        if len(np.unique(inside.codes)) < problem.n_classes:
            continue
        c = _choose_c(problem, ~held)
        fold_c[subject] = c
        solver = set_up_solver(inside)
        model = fit_path(solver, c, problem.settings)
        predicted[held] = predict_multinomial(x_out, model)
        if contributions:
            without[:, held] = _leave_features_out(
                solver, x_out, c, model, problem.settings.tolerance
            )
    return HeldOut(predicted, without, fold_c)


def _split(problem: DecodingProblem, held: Any) -> tuple[DecodingProblem, FloatArray]:
    """Training rows, z-scored; and the others by the same mean and deviation."""
    z, mean, scale = scale_columns(problem.x[~held])
    inside = replace(
        problem, x=z, codes=problem.codes[~held], subjects=problem.subjects[~held]
    )
    outside = (problem.x[held] - mean) / scale
    outside[:, ~z.any(axis=0)] = 0.0  # constant in training: says nothing
    return inside, outside


def _choose_c(problem: DecodingProblem, training: Any) -> float:
    inside = replace(
        problem,
        x=problem.x[training],
        codes=problem.codes[training],
        subjects=problem.subjects[training],
    )
    values = sorted(problem.settings.c_values)
    if len(values) == 1:
        return values[0]
    predicted = np.full((len(values), len(inside.x)), NOT_PREDICTED)
    folds = _assign_inner_folds(inside)
    for fold in range(folds.max() + 1):
        held = folds == fold
        part, x_out = _split(inside, held)
        solver = set_up_solver(part)
        model = solver.make_start()
        for k, c in enumerate(values):
            model = solver.fit(c, model, part.settings.tolerance)
            predicted[k, held] = predict_multinomial(x_out, model)
    return values[
        int(
            np.argmax(
                [compute_balanced_accuracy(inside.codes, row) for row in predicted]
            )
        )
    ]


def _assign_inner_folds(problem: DecodingProblem) -> IntArray:
    """Deal subjects out class by class, so that folds have the same mixture."""
    people = np.unique(problem.subjects)
    first = [int(problem.codes[problem.subjects == s].min()) for s in people]
    order = np.lexsort(np.array([people, first]))
    count = max(2, min(problem.settings.n_inner, len(people)))
    fold_of = np.zeros(problem.subjects.max() + 1, dtype=np.int64)
    fold_of[people[order]] = np.arange(len(people)) % count
    return fold_of[problem.subjects]


def set_up_solver(problem: DecodingProblem) -> MultinomialProblem:
    weights = balance_classes(problem.codes, problem.n_classes)
    return MultinomialProblem(problem.x, problem.codes, problem.n_classes, weights)


def fit_path(
    solver: MultinomialProblem, c: float, settings: DecoderSettings
) -> FloatArray:
    """Fit at `c`, coming from the stronger penalties."""
    model = solver.make_start()
    for value in sorted({c, *(v for v in settings.c_values if v < c)}):
        model = solver.fit(value, model, settings.tolerance)
    return model


def _leave_features_out(
    solver: MultinomialProblem,
    x_out: FloatArray,
    c: float,
    model: FloatArray,
    tolerance: float,
) -> IntArray:
    answers = np.tile(predict_multinomial(x_out, model), (x_out.shape[1], 1))
    # Without a feature whose weights are zero the model is the same.
    for j in np.flatnonzero(model[:-1].any(axis=1)):
        rest = solver.fit(c, model, tolerance, without=int(j))
        answers[j] = predict_multinomial(x_out, rest)
    return answers


def compute_recall(codes: IntArray, predicted: IntArray) -> FloatArray:
    done = predicted != NOT_PREDICTED
    n_classes = int(codes.max()) + 1
    total = np.bincount(codes[done], minlength=n_classes).astype(np.float64)
    right = np.bincount(codes[done & (codes == predicted)], minlength=n_classes)
    return np.divide(right, total, out=np.full(n_classes, np.nan), where=total > 0)


def compute_balanced_accuracy(codes: IntArray, predicted: IntArray) -> float:
    return float(np.nanmean(compute_recall(codes, predicted)))
