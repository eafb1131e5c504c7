"""Columns of a trials table, and the fault of those that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.faults import TrialFault
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from ranvier.analysis.arrays import FloatArray


def require_columns(trials: pd.DataFrame, *names: str) -> None:
    """Raise a `TrialFault` that names every column that is missing."""
    absent = [name for name in names if name not in trials.columns]
    if absent:
        raise TrialFault(
            f"the trials table lacks {', '.join(absent)}.",
            found=", ".join(map(str, trials.columns)) or "no column",
            wanted=", ".join(names),
            mend="extract the trials again, with these columns",
        )


def get_column(trials: pd.DataFrame, name: str) -> FloatArray:
    """Give a column as floats, missing as NaN."""
    require_columns(trials, name)
    return np.asarray(trials[name].to_numpy(dtype=np.float64, na_value=np.nan))


def get_right_choices(trials: pd.DataFrame) -> FloatArray:
    """Tell which choices were to the right.

    Parameters
    ----------
    trials
        With `choice`.

    Returns
    -------
    numpy.ndarray
        Shape (n_trials,): 1 to the right, 0 to the left or no-go, NaN if not known.

    Raises
    ------
    TrialFault
        If the column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> get_right_choices(pd.DataFrame({"choice": [-1.0, 1.0, 0.0, np.nan]}))
    array([ 1.,  0.,  0., nan])
    """
    choice = get_column(trials, "choice")
    # The IBL's sign: -1 is right.
    return np.where(np.isnan(choice), np.nan, choice == -1)


def check_option(name: str, value: object, allowed: Collection[object]) -> None:
    """Raise unless the value is one of those allowed."""
    if value not in allowed:
        raise AnalysisError(
            f'"{name}" is not one of the values that it may have.',
            code="RV-A50",
            found=repr(value),
            wanted=", ".join(map(repr, allowed)),
            mend="choose one of them",
        )


def length_fault(found: str, wanted: str) -> AnalysisError:
    """Make the fault of arrays of unlike length."""
    return AnalysisError(
        "the arrays are not of the same trials or samples.",
        code="RV-A51",
        found=found,
        wanted=wanted,
        mend="give arrays with one entry for each",
    )
