"""What a mixed model needs to know of each subject: sums of products, and no trials.

They are formed once; after that a fit costs the same for a hundred trials and for a
million, a model with fewer columns is a part of them, and leaving a subject out is a
subtraction.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics._design import Design, check_response

if TYPE_CHECKING:
    from ranvier.analysis.arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "SubjectStatistics",
    "compute_subject_statistics",
    "factorise",
    "sum_by_subject",
]


@dataclass(frozen=True)
class SubjectStatistics:
    """Sums of products of design, ones and response within each subject.

    Parameters
    ----------
    gram
        Shape (n_subjects, n_columns + 2, n_columns + 2): AᵀA of A = [X, 1, y - shift].
    columns
        Names of the columns of X.
    terms
        Their terms.
    groups
        Subjects, in order of `gram`.
    shift
        Subtracted from the response, so that its mean costs no digits.
    intercept
        Place of the column of ones; -1 if there is none.
    """

    gram: FloatArray
    columns: tuple[str, ...]
    terms: tuple[str, ...]
    groups: tuple[Any, ...]
    shift: float
    intercept: int

    @property
    def n_trials(self) -> IntArray:
        """Number of trials of each subject."""
        ones = len(self.columns)
        return np.rint(self.gram[:, ones, ones]).astype(np.int64)

    def select(self, places: IntArray) -> SubjectStatistics:
        """Take the statistics of a model with some of the columns.

        Parameters
        ----------
        places
            Places of the columns.

        Returns
        -------
        SubjectStatistics
        """
        n_columns = len(self.columns)
        at = np.r_[places, n_columns, n_columns + 1].astype(np.int64)
        gram = self.gram[:, at[:, None], at]
        where = np.flatnonzero(at[:-2] == self.intercept)
        intercept = int(where[0]) if where.size else -1
        shift = self.shift
        if intercept < 0 and shift:
            # Nothing can take the mean up: put it back.
            gram[:, -1] += shift * gram[:, -2]
            gram[:, :, -1] += shift * gram[:, :, -2]
            shift = 0.0
        return SubjectStatistics(
            gram,
            tuple(self.columns[i] for i in places),
            tuple(self.terms[i] for i in places),
            self.groups,
            shift,
            intercept,
        )

    def take(self, subjects: BoolArray) -> SubjectStatistics:
        """Take some of the subjects.

        Parameters
        ----------
        subjects
            Mask, shape (n_subjects,).

        Returns
        -------
        SubjectStatistics
        """
        kept = np.flatnonzero(subjects)
        return SubjectStatistics(
            self.gram[kept],
            self.columns,
            self.terms,
            tuple(self.groups[i] for i in kept),
            self.shift,
            self.intercept,
        )


def compute_subject_statistics(
    design: Design | FloatArray, y: Any, groups: Any
) -> SubjectStatistics:
    """Form the sums of products of each subject.

    Parameters
    ----------
    design
        Design, or matrix of shape (n_trials, n_columns).
    y
        Response, shape (n_trials,).
    groups
        Subject of each trial, shape (n_trials,), in any order.

    Returns
    -------
    SubjectStatistics

    Raises
    ------
    AnalysisError
        RV-A83 if lengths differ or values are missing.
    GroupFault
        If there are no trials.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    >>> compute_subject_statistics(x, [1.0, 2.0, 4.0], ["a", "b", "a"]).n_trials
    array([2, 1])
    """
    design, response = check_response(design, y)
    codes, labels = factorise(groups, len(response))
    shift = float(response.mean())
    centred = response - shift
    if np.abs(centred).max() <= 1e-12 * abs(shift):
        centred = np.zeros(len(response))  # constant but for the rounding of its mean
    p = len(design.columns)
    augmented = np.empty((len(response), p + 2))
    order = _sort_subjects(codes, len(labels))
    augmented[:, :p] = design.matrix[order]
    augmented[:, p] = 1.0
    augmented[:, p + 1] = centred[order]
    gram = sum_by_subject(augmented, codes[order], len(labels))
    total = gram.sum(axis=0)
    is_ones = [
        i
        for i in range(p)
        if total[i, i] == total[p, p] == total[i, p]  # Σx² = Σx = n
    ]
    intercept = is_ones[0] if is_ones else -1
    whole = SubjectStatistics(
        gram, design.columns, design.terms, labels, shift, intercept
    )
    return whole if is_ones else whole.select(np.arange(p))


def factorise(groups: Any, n_trials: int) -> tuple[IntArray, tuple[Any, ...]]:
    """Give each subject a number, in the order of their first trials.

    Parameters
    ----------
    groups
        Subject of each trial.
    n_trials
        How many trials there are.

    Returns
    -------
    codes
        (n_trials,), from 0.
    labels
        Subject of each number.

    Raises
    ------
    GroupFault
        If there are no trials, or the subject of one is missing.
    """
    codes, labels = pd.factorize(_as_labels(groups))
    if n_trials == 0 or len(codes) != n_trials or (codes < 0).any():
        n_missing = int((codes < 0).sum())
        raise GroupFault(
            "the subjects of the trials are not all known."
            if n_trials
            else "there are no trials.",
            found=f"{n_trials} trials, {len(codes)} subjects' names, "
            f"{n_missing} of them missing",
            wanted="the subject of each trial",
        )
    return np.asarray(codes, dtype=np.int64), tuple(labels)


def _as_labels(groups: Any) -> Any:
    if isinstance(groups, (pd.Series, pd.Index, pd.Categorical)):
        return groups
    array = np.asarray(groups)
    return array.astype(object) if array.dtype.kind in "US" else array


def _sort_subjects(codes: IntArray, n_subjects: int) -> IntArray | slice:
    if (np.diff(codes) >= 0).all():
        return slice(None)
    # Of 16 bits, NumPy sorts by radix: eight times faster than of 64.
    small = codes.astype(np.uint16) if n_subjects < 2**16 else codes
    return np.argsort(small, kind="stable")


def sum_by_subject(
    augmented: FloatArray, codes: IntArray, n_subjects: int
) -> FloatArray:
    """Form AᵀA of each subject's rows.

    Parameters
    ----------
    augmented
        A, shape (n_trials, n_columns), rows of a subject together.
    codes
        Number of the subject of each trial, rising.
    n_subjects
        How many there are.

    Returns
    -------
    FloatArray
        Shape (n_subjects, n_columns, n_columns).
    """
    edges = np.searchsorted(codes, np.arange(n_subjects + 1))
    rows = (augmented[a:b] for a, b in itertools.pairwise(edges))
    return np.stack([part.T @ part for part in rows])
