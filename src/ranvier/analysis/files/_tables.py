"""Tables of a study as parquet files: read with their schema, written whole."""

from __future__ import annotations

import importlib
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import FileFault
from ranvier.analysis.files._schemas import enforce_schema, is_list
from ranvier.analysis.provenance import Provenance
from ranvier.core import AnalysisError, write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ranvier.analysis.files._schemas import Column, TableSchema

_METADATA_KEY = b"ranvier"
_LEFTOVER = re.compile(r"\..+\.(h5|pqt|npy|csv|json|jsonable|yaml|nwb)\.[0-9a-f]{8}")


def read_table(path: Path, schema: TableSchema | None = None) -> pd.DataFrame:
    """Read a table.

    Parameters
    ----------
    path
        Parquet file, ours or of the IBL's pipeline.
    schema
        What it should look like: columns that are missing get their defaults, list
        columns are lists. None reads it as it is.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    FileFault
        If the file is missing, is not whole, or lacks a key column.
    """
    table = _open(path).to_pandas()
    if schema is None:
        return table
    lacking = [
        name
        for name in schema.keys
        if name not in table.columns and name not in table.index.names
    ]
    if lacking:
        raise FileFault(
            f'the table "{path.name}" lacks columns that it means nothing without.',
            found=", ".join(map(str, table.columns)),
            wanted=", ".join(lacking),
            mend=f"make {schema.path} anew",
        )
    return enforce_schema(table, schema)


def write_table(
    frame: pd.DataFrame,
    path: Path,
    schema: TableSchema | None = None,
    provenance: Provenance | Mapping[str, Any] | None = None,
) -> None:
    """Write a table, so that a reader sees the old one or the new, never a part.

    A column of several types that the schema does not name is written as text.

    Parameters
    ----------
    frame
        The table. Its index is written only if the schema says so.
    path
        Parquet file; its folder is made.
    schema
        Columns are written with the types that it says, and missing ones added.
    provenance
        Where the table comes from; kept in the file's key-value metadata.

    Raises
    ------
    AnalysisError
        If values do not fit the type of their column, or the file can't be written.
    """
    arrow: Any = importlib.import_module("pyarrow")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    has_index = bool(schema and schema.index)
    plain = frame if has_index else frame.reset_index(drop=True)
    if schema is not None:
        plain = enforce_schema(plain, schema)
    plain = plain.assign(
        **{
            str(name): plain[name].map(_to_words)
            for name in plain.columns
            if _is_mixed(plain[name], schema.find(str(name)) if schema else None)
        }
    )
    table = arrow.Table.from_pandas(plain, preserve_index=has_index)
    for column in schema.columns if schema else ():
        table = _cast(table, column, path)
    said = provenance.to_dict() if isinstance(provenance, Provenance) else provenance
    metadata = {**(table.schema.metadata or {})}
    if said is not None:
        metadata[_METADATA_KEY] = json.dumps(said, default=str).encode()
    sink = arrow.BufferOutputStream()
    parquet.write_table(table.replace_schema_metadata(metadata), sink)
    write_whole(path, sink.getvalue().to_pybytes())


def read_provenance(path: Path) -> dict[str, Any] | None:
    """Read where a table comes from.

    Parameters
    ----------
    path
        Parquet file.

    Returns
    -------
    dict or None
        As given to `write_table`; None if the file does not say.

    Raises
    ------
    FileFault
        If the file is missing or not whole.
    """
    metadata = _open(path, only_schema=True).metadata or {}
    text = metadata.get(_METADATA_KEY)
    return None if text is None else json.loads(text)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file and its folder, so that it is whole or not there.

    Parameters
    ----------
    path
        The file.
    content
        All of it.

    Raises
    ------
    AnalysisError
        If the disk is full, or the folder can't be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        raise AnalysisError(
            f'"{path.name}" can\'t be written.',
            code="RV-A90",
            where=str(path),
            found=str(error),
            mend="free space on the disk, or see who may write to the folder",
        ) from error


def remove_leftovers(folder: Path) -> list[Path]:
    """Remove what a killed writer left beside the files of a folder.

    Nothing may be writing there meanwhile.

    Parameters
    ----------
    folder
        Looked through with its subfolders.

    Returns
    -------
    list of pathlib.Path
        What was removed.
    """
    found = [path for path in folder.rglob(".*") if _LEFTOVER.fullmatch(path.name)]
    for path in found:
        path.unlink()
    return found


def _open(path: Path, *, only_schema: bool = False) -> Any:
    arrow: Any = importlib.import_module("pyarrow")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    try:
        if only_schema:
            return parquet.read_schema(path)
        # As a file: a folder's name ("lab=a") would else be read as a partition.
        return parquet.ParquetFile(path).read()
    except FileNotFoundError as error:
        raise FileFault(
            f'the table "{path.name}" is not there.',
            found=str(path),
            mend="run the stage that writes it",
        ) from error
    except (arrow.ArrowException, OSError) as error:
        raise FileFault(
            f'the table "{path.name}" can\'t be read.',
            found=str(error),
            wanted="a whole parquet file",
        ) from error


def _is_mixed(values: pd.Series, column: Column | None) -> bool:
    if values.dtype != object or (column and column.type != "str"):
        return False
    kinds = {type(value) for value in values if not _is_missing(value)}
    if column:
        return kinds - {str} != set()
    numbers = (int, float, np.integer, np.floating)
    if all(issubclass(kind, numbers) and kind is not bool for kind in kinds):
        return False
    return len(kinds) > 1


def _to_words(value: Any) -> str | None:
    if is_list(value):
        return ", ".join(map(str, value)) or None
    return None if _is_missing(value) else str(value)


def _is_missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _cast(table: Any, column: Column, path: Path) -> Any:
    arrow: Any = importlib.import_module("pyarrow")
    kinds = {
        "str": arrow.string(),
        "int": arrow.int64(),
        "float": arrow.float64(),
        "bool": arrow.bool_(),
        "list[str]": arrow.list_(arrow.string()),
        "list[float]": arrow.list_(arrow.float64()),
    }
    place = table.schema.get_field_index(column.name)
    try:
        cast = table.column(place).cast(kinds[column.type])
    except (arrow.ArrowException, KeyError, IndexError) as error:
        raise AnalysisError(
            f'the column "{column.name}" can\'t be written to "{path.name}".',
            code="RV-A91",
            where=str(path),
            found=str(error),
            wanted=f"{column.type}: {column.description}",
            mend="see what made the table",
        ) from error
    return table.set_column(place, column.name, cast)
