"""Tables as others leave them on disk, read so that each fault names the file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import FileFault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["compute_sha256", "read_numbers", "read_table", "require_columns"]

_PARQUET = {".pqt", ".parquet"}
_BLOCK = 1 << 20


def compute_sha256(path: Path) -> str:
    """Give the SHA-256 of a file, read in blocks; "" for a folder."""
    if path.is_dir():
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def read_table(
    path: Path, session: str = "", *, separator: str | None = ",", skip_rows: int = 0
) -> pd.DataFrame:
    """Read a parquet or text table with at least one row.

    Parameters
    ----------
    path
        .pqt and .parquet are parquet, all else is text.
    session
        Named in faults.
    separator
        Between the columns of text; None to find out.
    skip_rows
        Lines of text above the header.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    FileFault
        If it is missing, empty, truncated or otherwise unreadable.
    """
    if not path.is_file():
        raise FileFault(
            "the file is not there.", session=session, found=str(path),
            mend="correct the path, or copy the file there",
        )  # fmt: skip
    try:
        table = _read(path, separator, skip_rows)
    except (ValueError, OSError) as error:  # also what pyarrow and the parser raise
        raise FileFault(
            f"{path.name} can't be read: it is damaged, cut short, or no such table.",
            session=session, found=f"{path}: {_first_line(error)}",
        ) from error  # fmt: skip
    if table.empty:
        raise FileFault(
            f"{path.name} holds no row.", session=session, found=str(path),
            wanted="at least one row",
        )  # fmt: skip
    return table


def _read(path: Path, separator: str | None, skip_rows: int) -> pd.DataFrame:
    if path.suffix.lower() in _PARQUET:
        return pd.read_parquet(path)
    options: dict[str, Any] = {"engine": "python"}
    if separator is not None:
        options = {"low_memory": False}
        if pd.__version__.startswith("2."):
            # pandas 2 by itself reads some numbers one bit off; 3 does not.
            options["float_precision"] = "round_trip"
    return pd.read_csv(
        path, sep=separator, skiprows=skip_rows, skipinitialspace=True, **options
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def require_columns(
    table: pd.DataFrame, columns: Iterable[str], path: Path, session: str = ""
) -> None:
    """Tell of all columns at once that a table lacks.

    Raises
    ------
    FileFault
        If it lacks one.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise FileFault(
            f"{path.name} lacks columns: {', '.join(missing)}.", session=session,
            found=f"{path}: " + ", ".join(map(str, table.columns)),
            wanted=", ".join(columns),
        )  # fmt: skip


def read_numbers(
    table: pd.DataFrame, column: str, path: Path, session: str = ""
) -> pd.Series:
    """Give a column as float64; what is no number at all is a fault, not a NaN.

    Returns
    -------
    pandas.Series
        Empty cells are NaN.

    Raises
    ------
    FileFault
        If it holds text.
    """
    values = table[column]
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    bad = numbers.isna() & values.notna()
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise FileFault(
            f'column "{column}" of {path.name} holds what is no number.',
            session=session, channel=column,
            found=f"{values.iloc[row]!r} in row {row} of {path}", wanted="numbers",
            mend="correct the rows, or map another column",
        )  # fmt: skip
    return numbers
