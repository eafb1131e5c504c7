"""Complete rows of tables: what multivariate methods can work on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.analysis.arrays import BoolArray, FloatArray

__all__ = [
    "check_n_components",
    "check_n_rows",
    "find_complete",
    "find_known",
    "scale_columns",
    "to_names",
    "to_table",
]


def to_table(values: Any, letter: str = "x") -> pd.DataFrame:
    """Make a table of floats; columns of an array are named `letter` and a number."""
    if isinstance(values, pd.DataFrame):
        return values.astype(np.float64)
    array = np.asarray(values, dtype=np.float64)
    array = array.reshape(-1, 1) if array.ndim == 1 else array
    names = [f"{letter}{number}" for number in range(array.shape[1])]
    return pd.DataFrame(array, columns=pd.Index(names, dtype=object))


def check_n_rows(what: str, table: Any, other: Any) -> None:
    """Raise unless both are equally long."""
    if len(table) != len(other):
        raise AnalysisError(
            f"{what} is not as long as the table.",
            code="RV-A89",
            found=f"{len(other)} rows",
            wanted=f"{len(table)} rows",
            mend="give one row for each row of the table, in its order",
        )


def check_n_components(wanted: int, available: int) -> None:
    """Raise unless there are as many components as asked."""
    if not 1 <= wanted <= available:
        raise AnalysisError(
            "more components are asked for than the data have.",
            code="RV-A86",
            found=f"n_components = {wanted}",
            wanted=f"1 to {available}",
            mend="ask for fewer components, or give more recordings",
        )


def find_complete(
    tables: Sequence[pd.DataFrame], least: int, what: str, *keys: Any
) -> BoolArray:
    """Find rows that are finite in all tables and have a name in all keys not None."""
    complete = np.ones(len(tables[0]), dtype=np.bool_)
    for table in tables:
        complete &= np.isfinite(table.to_numpy()).all(axis=1)
    for key in keys:
        complete &= find_known(key, len(complete))
    if complete.sum() < least or any(table.shape[1] == 0 for table in tables):
        raise GroupFault(
            f"{what} needs more complete recordings.",
            found=f"{complete.sum()} of {complete.size} rows are complete, "
            f"in {' and '.join(str(table.shape[1]) for table in tables)} columns",
            wanted=f"{least} rows or more, and a column",
            mend="leave out features that are mostly missing; widen the selection",
        )
    return complete


def find_known(key: Any, n_rows: int) -> BoolArray:
    """Find rows whose name is known; all, without names."""
    if key is None:
        return np.ones(n_rows, dtype=np.bool_)
    return ~np.asarray(pd.isna(np.asarray(key, dtype=object)), dtype=np.bool_)


def to_names(key: Any) -> Any:
    """Names of rows as an array of text."""
    return np.asarray(key, dtype=object).astype(str)


def scale_columns(
    values: FloatArray, weights: FloatArray | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Z-score columns (ddof 0): z, mean, scale. A constant column becomes 0."""
    mean = np.average(values, axis=0, weights=weights)
    centred = values - mean
    # Rounding leaves a constant column with a deviation of some 1e-17 of its level.
    constant = np.ptp(values, axis=0) <= 1e-12 * np.abs(mean)
    centred[:, constant] = 0.0
    scale = np.sqrt(np.average(centred**2, axis=0, weights=weights))
    scale[constant] = 1.0
    return centred / scale, mean, scale
