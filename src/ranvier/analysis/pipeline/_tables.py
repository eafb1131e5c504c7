"""The tables of a study, put together from the stamps of its sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import LOG_COLUMNS, FileFault
from ranvier.analysis.files import (
    LOG_SCHEMA,
    PERFORMANCE_SCHEMA,
    QC_SCHEMA,
    VIDEO_SCHEMA,
    TableSchema,
    read_provenance,
    write_table,
)
from ranvier.analysis.pipeline._digests import digest_text
from ranvier.analysis.provenance import code_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ranvier.analysis.pipeline._stamps import StageStamp

SCHEMAS = {
    "qc_photometry": QC_SCHEMA,
    "performance": PERFORMANCE_SCHEMA,
    "video": VIDEO_SCHEMA,
}
"""Tables that stages give rows to, by the names in their stamps."""


def write_if_new(
    frame: pd.DataFrame, path: Path, schema: TableSchema, key: str = ""
) -> bool:
    """Write a table unless the same one is there already.

    Parameters
    ----------
    frame
        The table.
    path
        Parquet file.
    schema
        Of the table.
    key
        What else it depends on.

    Returns
    -------
    bool
        True if it was written.
    """
    columns = sorted(map(str, frame.columns))
    text = frame[columns].to_json(orient="split", double_precision=15)
    digest = digest_text(schema.path, code_version(), key, str(text))
    try:
        said = read_provenance(path) if path.exists() else None
    except FileFault:
        said = None
    if said and said.get("digest") == digest:
        return False
    write_table(frame, path, schema, {"digest": digest, "code": code_version()})
    return True


def gather_rows(
    stamps: Mapping[str, Mapping[str, StageStamp]], name: str
) -> pd.DataFrame:
    """Gather the rows of one table from the stamps of all sessions.

    Parameters
    ----------
    stamps
        eid → stage → stamp.
    name
        Of the table.

    Returns
    -------
    pandas.DataFrame
        In the order of the sessions.
    """
    rows = [
        row
        for stages in stamps.values()
        for stamp in stages.values()
        for row in stamp.rows.get(name, ())
    ]
    if rows:
        return pd.DataFrame(rows)
    return pd.DataFrame(columns=[*SCHEMAS[name].names])


def gather_faults(
    stamps: Mapping[str, Mapping[str, StageStamp]], stage: str
) -> list[dict[str, Any]]:
    """Gather the faults of one stage from the stamps of all sessions.

    Parameters
    ----------
    stamps
        eid → stage → stamp.
    stage
        Its name.

    Returns
    -------
    list of dict
        Rows of `make_log_entry`, with `stage`.
    """
    return [
        {**fault, "stage": stage}
        for stages in stamps.values()
        if stage in stages
        for fault in stages[stage].faults
    ]


def write_faults(faults: list[dict[str, Any]], path: Path) -> bool:
    """Write a table of errors unless the same one is there already.

    Parameters
    ----------
    faults
        Rows of `make_log_entry`.
    path
        Parquet file.

    Returns
    -------
    bool
        True if it was written.
    """
    frame = pd.DataFrame(faults, columns=[*LOG_COLUMNS])
    return write_if_new(frame, path, LOG_SCHEMA)
