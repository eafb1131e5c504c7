"""Mean responses over trials and over subjects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.arrays import mean_known
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.responses._checks import shape_fault

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray


@dataclass(frozen=True)
class MeanTraces:
    """A mean response and its error.

    Parameters
    ----------
    mean
        Shape (n_window,), unit of the responses; NaN where nothing is known.
    sem
        Standard error of the mean (ddof 1), shape (n_window,); NaN for n < 2.
    n
        How many went into each sample, shape (n_window,): trials, or subjects.
    provenance
        n: n_trials, n_subjects.
    """

    mean: FloatArray
    sem: FloatArray
    n: IntArray
    provenance: Provenance


def compute_mean_traces(
    values: ArrayLike, subjects: ArrayLike | None = None
) -> MeanTraces:
    """Average responses over trials, or over subjects.

    Without `subjects` all trials are one pool. With them each subject's own mean is
    taken first, so that a subject with many trials counts as much as one with few, and
    the error is that over subjects.

    Parameters
    ----------
    values
        Responses, shape (n_trials, n_window).
    subjects
        Subject of each trial, shape (n_trials,).

    Returns
    -------
    MeanTraces

    Raises
    ------
    AnalysisError
        If the shapes do not fit.

    Examples
    --------
    >>> values = [[1.0], [1.0], [4.0]]
    >>> compute_mean_traces(values).mean
    array([2.])
    >>> compute_mean_traces(values, ["a", "a", "b"]).mean
    array([2.5])
    """
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2:
        raise shape_fault(f"responses of shape {rows.shape}", "(n_trials, n_window)")
    counts = {"n_trials": len(rows)}
    if subjects is not None:
        names, place = np.unique(np.asarray(subjects), return_inverse=True)
        if place.shape != (len(rows),):
            raise shape_fault(f"{place.size} subjects, {len(rows)} trials", "one each")
        counts["n_subjects"] = len(names)
        means = [mean_known(rows[place == i], 0) for i in range(len(names))]
        rows = np.array(means).reshape(len(names), rows.shape[1])
    by = "trial" if subjects is None else "subject"
    n = (~np.isnan(rows)).sum(0).astype(np.int64)
    mean = mean_known(rows, 0)
    squares = np.where(np.isnan(rows), 0.0, (rows - mean) ** 2).sum(0)
    sem = np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1))
    return MeanTraces(
        mean,
        np.where(n > 1, sem, np.nan),
        n,
        make_provenance("compute_mean_traces", {"by": by}, **counts),
    )
