"""Tables of errors: written, put together, and collected from the files of sessions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import LOG_COLUMNS, FileFault, make_log_entry
from ranvier.analysis.files._schemas import enforce_schema, is_list
from ranvier.analysis.files._session_h5 import read_session_h5
from ranvier.analysis.files._study_tables import LOG_SCHEMA, SESSION_SCHEMA
from ranvier.analysis.files._tables import read_table, write_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ranvier.analysis.provenance import Provenance

_SAME = ("eid", "error_type", "error_message")


def write_log(
    entries: pd.DataFrame | Sequence[Mapping[str, Any]],
    path: Path,
    provenance: Provenance | Mapping[str, Any] | None = None,
) -> None:
    """Write a table of errors; it replaces the old one.

    Parameters
    ----------
    entries
        Rows of `make_log_entry`; none make an empty table. Other columns are left out.
    path
        Parquet file.
    provenance
        Where they come from.

    Raises
    ------
    AnalysisError
        If the file can't be written.
    """
    write_table(concat_logs([pd.DataFrame(entries)]), path, LOG_SCHEMA, provenance)


def read_log(path: Path) -> pd.DataFrame:
    """Read a table of errors.

    Parameters
    ----------
    path
        Parquet file.

    Returns
    -------
    pandas.DataFrame
        Columns of `LOG_COLUMNS`.

    Raises
    ------
    FileFault
        If the file is missing, is not whole, or is no table of errors.
    """
    return read_table(path, LOG_SCHEMA)[list(LOG_COLUMNS)]


def concat_logs(logs: Iterable[pd.DataFrame | None]) -> pd.DataFrame:
    """Put tables of errors one below the other.

    Parameters
    ----------
    logs
        Tables; None and empty ones are passed over.

    Returns
    -------
    pandas.DataFrame
        Columns of `LOG_COLUMNS`, every row of every table.
    """
    frames = [
        log.reindex(columns=list(LOG_COLUMNS)).astype(object)
        for log in logs
        if log is not None and len(log)
    ]
    if not frames:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in LOG_COLUMNS})
    return pd.concat(frames, ignore_index=True)


def deduplicate_log(log: pd.DataFrame) -> pd.DataFrame:
    """Keep the first of rows that say the same of the same session.

    Parameters
    ----------
    log
        Table of errors.

    Returns
    -------
    pandas.DataFrame
        Rows that differ in eid, error_type or error_message.
    """
    return log.drop_duplicates(list(_SAME), ignore_index=True)


def replace_stage_errors(
    log: pd.DataFrame,
    stage: str,
    entries: Sequence[Mapping[str, Any]],
    *,
    keep_unknown: bool = True,
) -> pd.DataFrame:
    """Put the errors of a stage in place of those that it had before.

    An error whose fault was mended goes with it: a stage that ran well has no entries.

    Parameters
    ----------
    log
        Errors of a session as `read_session_h5` gives them, with the column `stage`.
    stage
        Which stage ran.
    entries
        What it found now: rows of `make_log_entry`.
    keep_unknown
        Whether errors stay that say no stage, as those of the IBL's pipeline.

    Returns
    -------
    pandas.DataFrame
        To be written as the group "errors".

    Examples
    --------
    >>> first = replace_stage_errors(pd.DataFrame(), "task", [{"eid": "s1"}])
    >>> len(first), len(replace_stage_errors(first, "task", []))
    (1, 0)
    """
    columns = [*LOG_COLUMNS, "stage"]
    old = log.reindex(columns=columns).astype(object)
    said = old["stage"].fillna("")
    gone = (said == stage) | ((said == "") & (not keep_unknown))
    new = pd.DataFrame(entries, columns=list(LOG_COLUMNS)).astype(object)
    kept = [frame for frame in (old[~gone], new.assign(stage=stage)) if len(frame)]
    if not kept:
        return old.iloc[:0]
    return pd.concat(kept, ignore_index=True)


def collect_session_errors(
    sessions: pd.DataFrame | Sequence[str],
    sources: Path | str | Sequence[Path | str | pd.DataFrame],
) -> pd.DataFrame:
    """Say of each session which errors it has.

    Parameters
    ----------
    sessions
        Table with a column `eid`, or the eids.
    sources
        Tables of errors or their files (those that are not there are passed over), or
        the folder of the sessions' HDF5 files.

    Returns
    -------
    pandas.DataFrame
        A copy of the table, or one of the eids, with the list column `logged_errors`:
        types of error, each once for each message; empty for a session without.

    Raises
    ------
    FileFault
        If a file is there and not whole.
    """
    if isinstance(sessions, pd.DataFrame):
        frame = sessions.copy()
    else:
        frame = pd.DataFrame({"eid": list(sessions)}, dtype=object)
    log = deduplicate_log(concat_logs(_iter_logs(sources)))
    found: dict[Any, list[str]] = {}
    for eid, kind in zip(log["eid"], log["error_type"], strict=True):
        found.setdefault(eid, []).append(kind)
    column = [[*found.get(eid, ())] for eid in frame["eid"]]
    return frame.assign(logged_errors=pd.Series(column, frame.index, dtype=object))


def collect_catalog(
    h5_dir: Path | str, exlog: list[dict[str, Any]] | None = None
) -> pd.DataFrame:
    """Make the catalogue of sessions anew from their HDF5 files.

    Parameters
    ----------
    h5_dir
        Folder of `{eid}.h5`; files without metadata are passed over.
    exlog
        A list that takes the errors of files that can't be read; None raises them.

    Returns
    -------
    pandas.DataFrame
        One row a session, columns of `SESSION_SCHEMA` first.

    Raises
    ------
    FileFault
        If a file is not whole and there is no `exlog`.
    """
    rows = [
        {name: _flatten(name, value) for name, value in part.items()}
        for _, part in _iter_parts(h5_dir, "metadata", exlog)
    ]
    return enforce_schema(pd.DataFrame(rows), SESSION_SCHEMA)


def collect_errors(
    h5_dir: Path | str, exlog: list[dict[str, Any]] | None = None
) -> pd.DataFrame:
    """Collect the errors in the HDF5 files of sessions.

    Parameters
    ----------
    h5_dir
        Folder of `{eid}.h5`.
    exlog
        A list that takes the errors of files that can't be read; None raises them.

    Returns
    -------
    pandas.DataFrame
        Columns of `LOG_COLUMNS`.

    Raises
    ------
    FileFault
        If a file is not whole and there is no `exlog`.
    """
    return concat_logs(part for _, part in _iter_parts(h5_dir, "errors", exlog))


def collect_qc(
    h5_dir: Path | str, exlog: list[dict[str, Any]] | None = None
) -> pd.DataFrame:
    """Collect the quality of the signals from the HDF5 files of sessions.

    Parameters
    ----------
    h5_dir
        Folder of `{eid}.h5`.
    exlog
        A list that takes the errors of files that can't be read; None raises them.

    Returns
    -------
    pandas.DataFrame
        One row for each (eid, brain_region, band); `eid` is the name of the file where
        the table does not say it.

    Raises
    ------
    FileFault
        If a file is not whole and there is no `exlog`.
    """
    tables: list[pd.DataFrame] = []
    for eid, part in _iter_parts(h5_dir, "photometry/qc", exlog):
        if not part.qc.empty:
            rest = part.qc.drop(columns="eid", errors="ignore")
            said = part.qc.get("eid", eid)
            tables.append(rest.assign(eid=said)[["eid", *rest.columns]])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _iter_logs(
    sources: Path | str | Sequence[Path | str | pd.DataFrame],
) -> Iterator[pd.DataFrame]:
    if isinstance(sources, Path | str):
        yield collect_errors(sources)
        return
    for source in sources:
        if isinstance(source, pd.DataFrame):
            yield source
        elif Path(source).exists():
            yield read_log(Path(source))


def _iter_parts(
    h5_dir: Path | str, group: str, exlog: list[dict[str, Any]] | None
) -> Iterator[tuple[str, Any]]:
    name = group.partition("/")[0]
    for path in sorted(Path(h5_dir).glob("*.h5")):
        try:
            found = read_session_h5(path, [group])
        except FileFault as fault:
            if exlog is None:
                raise
            exlog.append(make_log_entry(path.stem, fault))
            continue
        if name in found:
            yield path.stem, found[name]


def _flatten(name: str, value: Any) -> Any:
    # The genotype is a list in the file and text in the table.
    column = SESSION_SCHEMA.find(name)
    if column is not None and column.type == "str" and is_list(value):
        return ", ".join(map(str, value)) or None
    return value
