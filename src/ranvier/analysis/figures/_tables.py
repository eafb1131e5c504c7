"""What figures do to tables before they draw: check, split lists, average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ranvier.analysis.faults import DataFault

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from ranvier.analysis.arrays import BoolArray, FloatArray

Aggregation = Literal["pool", "subject"]
"""Mean ± SEM over trials, or over the means of subjects."""


def require(table: pd.DataFrame, *columns: str) -> None:
    """Raise if a table lacks columns that a figure is drawn from; an empty one may."""
    absent = [name for name in columns if name not in table.columns]
    if absent and not (table.empty and not len(table.columns)):
        raise DataFault(
            f"a figure can't be drawn: the table lacks {', '.join(absent)}.",
            found=", ".join(map(str, table.columns)) or "no column",
            wanted=", ".join(columns),
            mend="join the columns to the table before",
        )


def check_choice(name: str, found: Any, wanted: Sequence[str]) -> None:
    """Raise if an argument of a figure is none of those that there are."""
    if found not in wanted:
        raise DataFault(
            f"a figure can't be drawn: `{name}` is another than wanted.",
            found=str(found),
            wanted=" or ".join(wanted),
            mend="name one of those wanted",
        )


def name_targets(table: pd.DataFrame, targets: Any = None) -> NDArray[Any]:
    """Give the target of each row as text: as given, or of the index's "target_NM"."""
    if targets is None:
        targets = table.index.get_level_values("target_NM")
    return np.asarray(targets, dtype=object).astype(str)


def drop_unknown(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Keep the rows in which all these numbers or names are known."""
    require(table, *columns)
    if table.empty:
        return table.reindex(columns=[*table.columns.union(list(columns), sort=False)])
    known = np.ones(len(table), dtype=bool)
    for name in columns:
        values = table[name]
        known &= values.notna().to_numpy()
        if pd.api.types.is_float_dtype(values):
            known &= np.isfinite(values.to_numpy(np.float64, na_value=np.nan))
    return table[known]


def explode_targets(table: pd.DataFrame) -> pd.DataFrame:
    """Give one row a recording: lists of targets, regions, hemispheres are split."""
    lists = [
        name
        for name in ("brain_region", "hemisphere", "target_NM")
        if name in table and table[name].map(_is_list).any()
    ]
    return table.explode(lists, ignore_index=True) if lists else table


def find_first_target(table: pd.DataFrame) -> pd.Series:
    """Give the first target of each row; "" if none is known."""
    if "target_NM" not in table:
        return pd.Series("", index=table.index, dtype=object)
    first = [
        (str(value[0]) if len(value) else "") if _is_list(value) else _to_name(value)
        for value in table["target_NM"]
    ]
    return pd.Series(first, index=table.index, dtype=object)


def find_passing(table: pd.DataFrame, passing: Collection[str] | None) -> BoolArray:
    """Tell which rows belong to sessions that pass; all if nobody says."""
    if passing is None:
        return np.ones(len(table), dtype=bool)
    require(table, "eid")
    return table["eid"].isin(list(passing)).to_numpy(dtype=bool)


def add_side(table: pd.DataFrame) -> pd.DataFrame:
    """Add `side`, "contra" or "ipsi" to the fibre; of a midline one right is contra."""
    if "side" in table and not table.empty:
        return table.assign(side=decode(table["side"], ("contra", "ipsi")))
    if table.empty:
        return table.assign(side=pd.Series(dtype=object))
    require(table, "stim_side", "hemisphere")
    is_right = (table["stim_side"] == "right").to_numpy(dtype=bool)
    is_left_contra = (table["hemisphere"] == "r").to_numpy(dtype=bool)
    side = np.where(is_right != is_left_contra, "contra", "ipsi").astype(object)
    side[table["stim_side"].isna().to_numpy()] = None
    return table.assign(side=side)


def is_on_midline(table: pd.DataFrame) -> bool:
    """Tell whether all fibres of a table are on the midline, as far as it says."""
    if table.empty or "hemisphere" not in table:
        return False
    return not table["hemisphere"].isin(["l", "r"]).any()


def add_outcome(table: pd.DataFrame) -> pd.DataFrame:
    """Add `outcome`, "correct" or "incorrect", from `reward` or `feedbackType`."""
    if "outcome" in table:
        return table
    if table.empty:
        return table.assign(outcome=pd.Series(dtype=object))
    source = "reward" if "reward" in table else "feedbackType"
    require(table, source)
    return table.assign(outcome=decode(table[source], ("correct", "incorrect")))


def decode(values: pd.Series, words: tuple[str, str]) -> pd.Series:
    """Turn a factor coded by sign (+0.5, -0.5) into words; words stay."""
    if not pd.api.types.is_numeric_dtype(values):
        return values
    numbers = values.to_numpy(np.float64)
    named = np.where(numbers > 0, *words).astype(object)
    named[np.isnan(numbers)] = None
    return pd.Series(named, index=values.index, dtype=object)


def average(
    table: pd.DataFrame,
    value: str,
    by: Sequence[str],
    aggregation: Aggregation = "pool",
) -> pd.DataFrame:
    """Average a column: `by`, mean, sem (NaN for n < 2), n."""
    check_choice("aggregation", aggregation, ("pool", "subject"))
    keys = list(by)
    rows = drop_unknown(table, value, *keys)
    if aggregation == "subject":
        require(rows, "subject")
        grouped = rows.groupby([*keys, "subject"], observed=True)[value].mean()
        rows = grouped.reset_index()
    if rows.empty:
        return pd.DataFrame(columns=[*keys, "mean", "sem", "n"])
    means = rows.groupby(keys, observed=True)[value].agg(["mean", "sem", "count"])
    return means.rename(columns={"count": "n"}).reset_index()


def mean_and_sem(rows: Any) -> tuple[FloatArray, FloatArray]:
    """Give mean and SEM over the first axis; NaN where nothing, or one, is known."""
    values = np.asarray(rows, dtype=np.float64)
    known = np.isfinite(values)
    n = known.sum(axis=0)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(n, 1)
    squares = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0)
    sem = np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1))
    return np.where(n > 0, mean, np.nan), np.where(n > 1, sem, np.nan)


def to_numbers(values: Any) -> FloatArray:
    """Give finite numbers of a column."""
    numbers = np.asarray(values, dtype=np.float64)
    return numbers[np.isfinite(numbers)]


def format_percent(contrast: float) -> str:
    """Write a contrast as it stands in papers: 6.25, 100."""
    return f"{contrast:g}"


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray)


def _to_name(value: Any) -> str:
    return "" if value is None or value != value else str(value)
