"""How alike the response vectors of recordings are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.responses._checks import missing_fault, shape_fault
from ranvier.analysis.responses._vectors import parse_feature

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, BoolArray, IntArray


def split_features_by_event(features: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Split a table of response vectors into one table for each event.

    Parameters
    ----------
    features
        A row for each recording; columns are labels of `compute_response_vector`.

    Returns
    -------
    dict
        Event → its columns, in the order in which they stand.

    Raises
    ------
    AnalysisError
        If a column is not a label of a response vector.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"stimOn_c0_ipsi_correct": [1.0], "feedback_c0_ipsi_correct": [2.0]}
    ... )
    >>> list(split_features_by_event(table))
    ['stimOn', 'feedback']
    """
    columns: dict[str, list[str]] = {}
    for label in features.columns:
        columns.setdefault(parse_feature(str(label)).event, []).append(label)
    return {event: features[labels] for event, labels in columns.items()}


def cosine_similarity_matrix(features: pd.DataFrame) -> pd.DataFrame:
    """Cosine of the angle between the response vectors of each two recordings.

    Parameters
    ----------
    features
        Shape (n_recordings, n_features). Rows with NaN are left out.

    Returns
    -------
    pandas.DataFrame
        Shape (n_complete, n_complete), index and columns as the index of `features`;
        -1 … 1. NaN for a vector of zeros, which has no direction.

    Examples
    --------
    >>> table = pd.DataFrame([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    >>> cosine_similarity_matrix(table).to_numpy()
    array([[1., 0., 1.],
           [0., 1., 0.],
           [1., 0., 1.]])
    """
    whole = features.dropna()
    rows = whole.to_numpy(np.float64)
    length = np.sqrt((rows**2).sum(1, keepdims=True))
    unit = rows / np.where(length > 0, length, np.nan)
    cosine = np.clip(unit @ unit.T, -1.0, 1.0)
    return pd.DataFrame(cosine, index=whole.index, columns=whole.index)


def within_between_similarity(
    similarity: pd.DataFrame,
    targets: ArrayLike | None = None,
    subjects: ArrayLike | None = None,
) -> pd.DataFrame:
    """List the pairs of recordings, within a target and between targets.

    Parameters
    ----------
    similarity
        Of `cosine_similarity_matrix`.
    targets
        Target of each row of `similarity`, shape (n,); the level "target_NM" of its
        index unless given.
    subjects
        Subject of each row, shape (n,). If given, only pairs of different subjects
        are listed: two sessions of one subject are alike for other reasons.

    Returns
    -------
    pandas.DataFrame
        A row for each unordered pair: `one`, `other` (places of the two rows),
        `target_one`, `target_other`, `kind` ("within" or "between"), `similarity`.

    Raises
    ------
    AnalysisError
        If there are no targets, or not one for each row.

    Examples
    --------
    >>> table = pd.DataFrame([[1.0, 0.2], [0.2, 1.0]])
    >>> within_between_similarity(table, ["VTA-DA", "LC-NE"])["kind"].tolist()
    ['between']
    """
    labels = _find_targets(similarity, targets)
    one, other = _list_pairs(len(labels), subjects)
    numbers = similarity.to_numpy(np.float64)
    return pd.DataFrame(
        {
            "one": one,
            "other": other,
            "target_one": labels[one],
            "target_other": labels[other],
            "kind": np.where(labels[one] == labels[other], "within", "between"),
            "similarity": numbers[one, other],
        }
    )


def mean_similarity_by_target(
    similarity: pd.DataFrame,
    targets: ArrayLike | None = None,
    subjects: ArrayLike | None = None,
) -> pd.DataFrame:
    """Average the similarity of pairs for each two targets.

    Parameters
    ----------
    similarity
        Of `cosine_similarity_matrix`.
    targets, subjects
        As of `within_between_similarity`.

    Returns
    -------
    pandas.DataFrame
        Targets × targets, symmetric. On the diagonal: pairs of different recordings of
        the target. NaN where there is no pair.

    Raises
    ------
    AnalysisError
        If there are no targets, or not one for each row.

    Examples
    --------
    >>> table = pd.DataFrame([[1.0, 0.8, 0.1], [0.8, 1.0, 0.3], [0.1, 0.3, 1.0]])
    >>> mean_similarity_by_target(table, ["a", "a", "b"])
         a    b
    a  0.8  0.2
    b  0.2  NaN
    """
    labels = _find_targets(similarity, targets)
    one, other = _list_pairs(len(labels), subjects)
    names, code = np.unique(labels, return_inverse=True)
    numbers = similarity.to_numpy(np.float64)[one, other]
    known = ~np.isnan(numbers)
    rows = np.concatenate([code[one][known], code[other][known]])
    columns = np.concatenate([code[other][known], code[one][known]])
    total = np.zeros((len(names), len(names)))
    count = np.zeros_like(total)
    np.add.at(total, (rows, columns), np.tile(numbers[known], 2))
    np.add.at(count, (rows, columns), 1.0)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return pd.DataFrame(mean, index=names, columns=names)


def _find_targets(similarity: pd.DataFrame, targets: ArrayLike | None) -> np.ndarray:
    if targets is None:
        levels = [str(name) for name in similarity.index.names]
        if "target_NM" not in levels:
            raise missing_fault(["target_NM"], levels)
        targets = similarity.index.get_level_values("target_NM").to_numpy()
    labels = np.asarray(targets, dtype=object)
    return _check_length(labels, len(similarity))


def _list_pairs(n: int, subjects: ArrayLike | None) -> tuple[IntArray, IntArray]:
    one, other = np.triu_indices(n, 1)
    if subjects is not None:
        names = _check_length(np.asarray(subjects, dtype=object), n)
        differ: BoolArray = np.asarray(names[one] != names[other], dtype=np.bool_)
        one, other = one[differ], other[differ]
    return one, other


def _check_length(labels: np.ndarray, n: int) -> np.ndarray:
    if labels.shape != (n,):
        raise shape_fault(f"{labels.shape} labels, {n} recordings", "one each")
    return labels
