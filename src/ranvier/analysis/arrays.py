"""Arrays that analysis functions take and give: their types, and means of them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ArrayLike", "BoolArray", "FloatArray", "IntArray", "mean_known"]

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]


def mean_known(values: FloatArray, axis: int) -> FloatArray:
    """Mean without NaN, NaN where nothing is known; silent, unlike `nanmean`.

    Parameters
    ----------
    values
        Any shape and unit.
    axis
        Which one goes.

    Returns
    -------
    numpy.ndarray
        Unit of `values`.

    Examples
    --------
    >>> mean_known(np.array([[1.0, np.nan], [3.0, np.nan]]), 0)
    array([ 2., nan])
    """
    known = ~np.isnan(values)
    count = known.sum(axis)
    total = np.where(known, values, 0.0).sum(axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
