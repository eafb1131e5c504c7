"""What comes in at a node: when it was, and the values in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import NodeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from ranvier.node import Transform


def read_time(node: Transform) -> int:
    """Give the time of the message that a node just takes in.

    Parameters
    ----------
    node
        Within one of its methods.

    Returns
    -------
    int
        ns on the clock of the run; now, if it takes in none.
    """
    message = node.context.message
    return node.context.now_ns() if message is None else message.time_ns


def as_row(sample: ArrayLike) -> NDArray[np.float64]:
    """Take one sample of one channel or several as a row.

    Parameters
    ----------
    sample
        () or (n_channels,), any unit.

    Returns
    -------
    numpy.ndarray
        Shape (1, n_channels).

    Examples
    --------
    >>> as_row([1, 2])
    array([[1., 2.]])
    """
    return np.asarray(sample, np.float64).reshape(1, -1)


def read_cells(activity: Mapping[str, Any], key: str) -> NDArray[np.float64]:
    """Take one signal of the cells out of what their finder sends.

    Parameters
    ----------
    activity
        Signals by their names.
    key
        Which one.

    Returns
    -------
    numpy.ndarray
        Shape (n_cells,); no copy where it is float64 already.

    Raises
    ------
    NodeError
        If there is no such signal with one value a cell.

    Examples
    --------
    >>> read_cells({"dff": [0.1, 0.2]}, "dff")
    array([0.1, 0.2])
    """
    values = activity.get(key)
    if values is None or np.ndim(values) != 1:
        raise NodeError(
            f'the activity holds no signal "{key}" with one value a cell.',
            code="RV-N82",
            found=", ".join(f"{k} {np.shape(v)}" for k, v in activity.items()),
            wanted=f"{key} (n_cells,)",
            mend='set the parameter "key" to one of the names',
        )
    return np.asarray(values, np.float64)
