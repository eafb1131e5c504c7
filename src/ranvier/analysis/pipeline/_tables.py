"""The tables of a study, put together from the stamps of its sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.files import (
    PERFORMANCE_SCHEMA,
    QC_SCHEMA,
    VIDEO_SCHEMA,
    write_table,
)
from ranvier.analysis.pipeline._digests import digest_file, digest_text
from ranvier.analysis.pipeline._memory import Memory
from ranvier.analysis.pipeline._stamps import UNKNOWN, StageStamp
from ranvier.analysis.provenance import code_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ranvier.analysis.files import TableSchema
    from ranvier.analysis.pipeline._digests import FileDigests

SCHEMAS = {
    "qc_photometry": QC_SCHEMA,
    "performance": PERFORMANCE_SCHEMA,
    "video": VIDEO_SCHEMA,
}
"""Tables that stages give rows to, by the names in their stamps."""


class TableKeeper:
    """Writes tables unless the same ones are there, whole.

    Parameters
    ----------
    folder
        The study.
    digests
        Of files.
    """

    def __init__(self, folder: Path, digests: FileDigests) -> None:
        self._folder = folder
        self._digests = digests
        self._memory = Memory(folder / ".ranvier" / "tables.json")

    def write(self, frame: pd.DataFrame, schema: TableSchema) -> bool:
        """Write a table unless the same one is there.

        Parameters
        ----------
        frame
            The table.
        schema
            Of the table; says where it lies.

        Returns
        -------
        bool
            True if it was written.

        Raises
        ------
        AnalysisError
            If the file can't be written, or a value does not fit its column.
        """
        path = self._folder / schema.path
        columns = sorted(map(str, frame.columns))
        text = str(frame[columns].to_json(orient="split", double_precision=15))
        key = digest_text(schema.path, code_version(), text)
        if self._memory.get(schema.path) == [key, self._digests.digest(path)]:
            return False
        write_table(frame, path, schema, {"code": code_version()})
        self._memory.put(schema.path, [key, digest_file(path)])
        return True

    def save(self) -> None:
        """Keep what was written.

        Raises
        ------
        AnalysisError
            If the file can't be written.
        """
        self._memory.save()


def select_current(
    stamps: Mapping[str, StageStamp], keys: Mapping[str, str]
) -> dict[str, StageStamp]:
    """Select the stamps of a session that are of today, done or failed.

    Parameters
    ----------
    stamps
        Stage → stamp.
    keys
        Stage → key of today.

    Returns
    -------
    dict
        Stage → stamp; what was made from something else is no result.
    """
    return {
        name: stamp
        for name, stamp in stamps.items()
        if stamp.key in (UNKNOWN, keys.get(name))
    }


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
