"""Puts payloads together into one array, where they are alike."""

from __future__ import annotations

from typing import Any, List, Union

import numpy as np

Picked = Union[slice, np.ndarray, List[int]]
"""How several messages are asked for: a slice, places, or a mask."""


def is_numpy(value: Any) -> bool:
    """Say whether a payload is an array or scalar of NumPy.

    Returns
    -------
    bool
        False for Python's own numbers, which messages carry in another way.
    """
    return isinstance(value, (np.ndarray, np.generic))


def stack(values: List[Any]) -> Any:
    """Put payloads together.

    Parameters
    ----------
    values
        Payloads.

    Returns
    -------
    object
        An array of shape (n, …) if all are numbers, or arrays of one type and shape;
        else the list itself.

    Examples
    --------
    >>> stack([1.5, 2.5])
    array([1.5, 2.5])
    >>> stack(["a", "b"])
    ['a', 'b']
    """
    if not values:
        return values
    first: Any = values[0]
    kind: Any = first.__class__
    if kind is np.ndarray:
        like = (first.dtype, first.shape)
        same = (type(v) is kind and (v.dtype, v.shape) == like for v in values)
        return np.stack(values) if all(same) else values
    is_number = isinstance(first, (int, float, complex, np.generic))
    if is_number and all(type(value) is kind for value in values):
        return np.array(values)
    return values
