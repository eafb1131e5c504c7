"""What a table of ours looks like: its columns, their types, defaults and meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

ColumnType: TypeAlias = Literal[
    "str", "int", "float", "bool", "list[str]", "list[float]"
]

PARALLEL_LISTS = ("brain_region", "hemisphere", "target_NM")
"""List columns of a session that say the same fibres in the same order."""

_DEFAULTS: dict[str, Any] = {"str": None, "int": np.nan, "float": np.nan, "bool": False}


@dataclass(frozen=True)
class Column:
    """One column.

    Parameters
    ----------
    name
        As in the file.
    type
        Of each value; a list may be empty.
    description
        What it is, with its unit.
    is_key
        Whether the table means nothing without it.
    """

    name: str
    type: ColumnType
    description: str
    is_key: bool = False

    @property
    def is_list(self) -> bool:
        """Whether each value is a list."""
        return self.type.startswith("list")

    @property
    def default(self) -> Any:
        """What stands where nothing is known."""
        return [] if self.is_list else _DEFAULTS[self.type]


@dataclass(frozen=True)
class TableSchema:
    """One table.

    Parameters
    ----------
    path
        Where it lies in a study.
    row
        What one row is.
    columns
        Its columns, in order.
    index
        Columns that are its index.
    others
        What further columns are; none if empty.
    """

    path: str
    row: str
    columns: tuple[Column, ...]
    index: tuple[str, ...] = ()
    others: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order, index and all."""
        return tuple(column.name for column in self.columns)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the columns that the table means nothing without."""
        return tuple(column.name for column in self.columns if column.is_key)

    def find(self, name: str) -> Column | None:
        """Give a column by its name.

        Parameters
        ----------
        name
            As in the file.

        Returns
        -------
        Column or None
            None if the schema does not name it.
        """
        return next((column for column in self.columns if column.name == name), None)


def enforce_schema(frame: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
    """Give a table every column of its schema, and lists where lists belong.

    Parameters
    ----------
    frame
        Any part of the table; it is not changed.
    schema
        What it should look like.

    Returns
    -------
    pandas.DataFrame
        A copy: columns of the schema first, then the others. A column that was not
        there has its default; an array in a list column has become a list, anything
        else that is no list an empty one. Columns of its index have become it.

    Examples
    --------
    >>> schema = TableSchema("a.pqt", "one a", (Column("x", "list[str]", "words"),))
    >>> enforce_schema(pd.DataFrame({"y": [1]}), schema).to_dict("records")
    [{'x': [], 'y': 1}]
    """
    if schema.index and set(schema.index) <= set(frame.columns):
        frame = frame.set_index(list(schema.index))
    wanted = [column for column in schema.columns if column.name not in schema.index]
    columns: dict[str, Any] = {}
    for column in wanted:
        if column.is_list:
            columns[column.name] = _make_lists(frame, column.name)
        elif column.name in frame:
            columns[column.name] = frame[column.name]
        else:
            columns[column.name] = pd.Series(
                [column.default] * len(frame),
                index=frame.index,
                dtype={"float": "float64", "int": "float64", "bool": "bool"}.get(
                    column.type, "object"
                ),
            )
    rest = {name: frame[name] for name in frame.columns if name not in columns}
    return pd.DataFrame({**columns, **rest}, index=frame.index)


def validate_parallel_lists(
    frame: pd.DataFrame, columns: Sequence[str] = PARALLEL_LISTS
) -> pd.DataFrame:
    """Keep the rows whose parallel lists are of one length.

    Parameters
    ----------
    frame
        One row a session. A column that is not there is not looked at.
    columns
        List columns that belong together.

    Returns
    -------
    pandas.DataFrame
        The rows that can be exploded; compare the lengths to know how many can't.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [["x"], ["x", "y"]], "b": [["l"], ["l"]]})
    >>> len(validate_parallel_lists(frame, ["a", "b"]))
    1
    """
    present = [name for name in columns if name in frame]
    if not present:
        return frame.copy()
    lengths = np.column_stack(
        [
            [len(value) if is_list(value) else -1 for value in frame[name]]
            for name in present
        ]
    ).reshape(len(frame), len(present))
    is_even = (lengths == lengths[:, :1]).all(axis=1) & (lengths[:, 0] >= 0)
    return frame.loc[is_even].copy()


def is_list(value: Any) -> bool:
    """Tell whether a value of a table is a list, in whichever way it was read.

    Parameters
    ----------
    value
        Any.

    Returns
    -------
    bool
        Whether it is a list, a tuple, or an array of one dimension.
    """
    return isinstance(value, list | tuple) or (
        isinstance(value, np.ndarray) and value.ndim == 1
    )


def _make_lists(frame: pd.DataFrame, name: str) -> pd.Series:
    values: list[Any] = list(frame[name]) if name in frame else [None] * len(frame)
    lists = [_to_list(value) for value in values]
    column = np.empty(len(frame), dtype=object)
    for row, value in enumerate(lists):
        column[row] = value
    return pd.Series(column, index=frame.index)


def _to_list(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return value.tolist() if value.ndim == 1 else []
    return list(value) if is_list(value) else []
