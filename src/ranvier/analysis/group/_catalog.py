"""What a group is made from: a catalogue, or the folder of a study."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import FileFault, MetadataFault, make_log_entry
from ranvier.analysis.files import (
    PERFORMANCE_SCHEMA,
    QC_SCHEMA,
    SESSION_SCHEMA,
    VERDICTS_PATH,
    collect_session_errors,
    concat_logs,
    enforce_schema,
    number_sessions,
    read_log,
    read_session_h5,
    read_table,
    read_verdicts,
    validate_parallel_lists,
)
from ranvier.analysis.parameters import AnalysisParameters, find_study, read_study

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_NEEDED = ("eid", "subject", "brain_region")
LOGGED = "logged_errors"
# Responses need nothing of the wheel and the video: their errors block no session.
_BLOCKING_STAGES = ("query_database", "photometry", "task")


@dataclass(frozen=True)
class GroupTables:
    """What else is known of the sessions of a group; None is not known.

    Parameters
    ----------
    errors
        Table of errors: eid, error_type, error_message, traceback.
    qc
        Rows of `data/qc_photometry.pqt`.
    performance
        Rows of `data/performance.pqt`.
    verdicts
        Rows of `metadata/verdicts.csv`.
    """

    errors: pd.DataFrame | None = None
    qc: pd.DataFrame | None = None
    performance: pd.DataFrame | None = None
    verdicts: pd.DataFrame | None = None


@dataclass(frozen=True)
class StudyParts:
    """What a group takes of a study.

    Parameters
    ----------
    catalog
        Sessions.
    tables
        Errors of the catalogue, the photometry and the task; QC, performance, verdicts.
    h5_dir
        Folder of the sessions' files.
    parameters
        Of the study's file.
    """

    catalog: pd.DataFrame
    tables: GroupTables
    h5_dir: Path
    parameters: AnalysisParameters


def prepare_catalog(sessions: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Bring a catalogue into shape.

    Parameters
    ----------
    sessions
        One row a session.

    Returns
    -------
    catalog : pandas.DataFrame
        With every column of `SESSION_SCHEMA` that can be made; index 0, 1, 2, …. A
        column that was not there and can't be made is left out, so that rules can tell.
    n_uneven : int
        Sessions left out, as their lists of fibres differ in length.

    Raises
    ------
    MetadataFault
        If eid, subject or brain_region are missing, or a session is named twice.
    """
    lacking = [name for name in _NEEDED if name not in sessions]
    if lacking:
        raise MetadataFault(
            "the catalogue lacks columns that a group needs.",
            found=", ".join(map(str, sessions.columns)) or "no column",
            wanted=", ".join(lacking),
            mend="give a table as metadata/sessions.pqt",
        )
    twice = sessions["eid"][sessions["eid"].duplicated()]
    if len(twice):
        raise MetadataFault(
            "a session is named twice.",
            session=", ".join(map(str, twice.unique()[:5])),
            wanted="one row for each session",
        )
    unknown = [
        column.name
        for column in SESSION_SCHEMA.columns
        if column.name not in sessions and not column.is_list
    ]
    full = enforce_schema(sessions.reset_index(drop=True), SESSION_SCHEMA)
    full = full.drop(columns=unknown)
    even = validate_parallel_lists(_fill_lists(full)).reset_index(drop=True)
    if "start_time" in even and "day_n" not in even and len(even):
        even = number_sessions(even)
    return even, len(full) - len(even)


def read_study_parts(folder: Path) -> StudyParts:
    """Read what a group takes of a study.

    Parameters
    ----------
    folder
        The study, or its file.

    Returns
    -------
    StudyParts

    Raises
    ------
    AnalysisError
        If there is no such study, or its file is not right.
    FileFault
        If its catalogue is missing, or a table is not whole.
    """
    file = find_study(folder)
    home, parameters = file.parent, read_study(file).parameters
    paths = [home / "metadata" / f"{stage}_log.pqt" for stage in _BLOCKING_STAGES]
    logs = [read_log(path) for path in paths if path.exists()]
    h5_dir = home / "data" / "sessions"
    errors = concat_logs([*logs, collect_damage(h5_dir)])
    verdicts = read_verdicts(home / VERDICTS_PATH)
    tables = replace(read_known_tables(home), errors=errors, verdicts=verdicts)
    catalog = read_table(home / SESSION_SCHEMA.path, SESSION_SCHEMA)
    return StudyParts(catalog, tables, h5_dir, parameters)


def read_known_tables(home: Path) -> GroupTables:
    """Read QC and performance of a study, if they are there.

    Parameters
    ----------
    home
        Folder of the study.

    Returns
    -------
    GroupTables
        Without errors and verdicts.

    Raises
    ------
    FileFault
        If a table is not whole.
    """
    return GroupTables(
        qc=_read_known(home, QC_SCHEMA),
        performance=_read_known(home, PERFORMANCE_SCHEMA),
    )


def add_errors(
    catalog: pd.DataFrame, tables: GroupTables, h5_dir: Path | None
) -> tuple[pd.DataFrame, GroupTables]:
    """Say of each session which errors it has, if that is known.

    Parameters
    ----------
    catalog
        Sessions; a column `logged_errors` stays as it is.
    tables
        Their errors are taken first.
    h5_dir
        Folder of the sessions' files, looked through if there are no errors.

    Returns
    -------
    catalog : pandas.DataFrame
        With `logged_errors`, if anything says them.
    tables : GroupTables
        With the errors that were found.
    """
    if LOGGED in catalog:
        return catalog, tables
    errors = tables.errors
    if errors is None and h5_dir is not None and h5_dir.is_dir():
        errors = collect_damage(h5_dir, also_logged=True)
    if errors is None:
        return catalog, tables
    return collect_session_errors(catalog, [errors]), replace(tables, errors=errors)


def collect_damage(h5_dir: Path, *, also_logged: bool = False) -> pd.DataFrame:
    """Find the files of sessions that can't be read.

    Parameters
    ----------
    h5_dir
        Folder of `{eid}.h5`; one that is not there has none.
    also_logged
        Give the errors that stand in the files, too: those of the catalogue, the
        photometry and the task, and those that say no stage.

    Returns
    -------
    pandas.DataFrame
        Table of errors.
    """
    damage: list[dict[str, Any]] = []
    logs: list[pd.DataFrame] = []
    for path in sorted(h5_dir.glob("*.h5")):
        try:
            parts = read_session_h5(path, ["errors"])
        except FileFault as fault:
            damage.append(make_log_entry(path.stem, fault))
            continue
        if also_logged and "errors" in parts:
            logs.append(_take_blocking(parts["errors"]))
    return concat_logs([*logs, pd.DataFrame(damage)])


def take_rows(frame: pd.DataFrame | None, eids: Sequence[str]) -> pd.DataFrame:
    """Take the rows of some sessions.

    Parameters
    ----------
    frame
        With `eid` as a column or a level of the index; None gives an empty table.
    eids
        Sessions.

    Returns
    -------
    pandas.DataFrame
    """
    if frame is None:
        return pd.DataFrame()
    if "eid" in frame:
        return frame[frame["eid"].isin(eids)].reset_index(drop=True)
    return frame[frame.index.get_level_values("eid").isin(eids)]


def _take_blocking(log: pd.DataFrame) -> pd.DataFrame:
    if "stage" not in log:
        return log
    stage = log["stage"].fillna("")
    return log[stage.isin(["", *_BLOCKING_STAGES])]


def _fill_lists(frame: pd.DataFrame) -> pd.DataFrame:
    # A catalogue that says regions only: its fibres have no side and no target.
    n_fibres = [len(regions) for regions in frame["brain_region"]]
    for name in ("hemisphere", "target_NM"):
        if not any(len(value) for value in frame[name]):
            blanks = pd.Series([[""] * n for n in n_fibres], frame.index, dtype=object)
            frame = frame.assign(**{name: blanks})
    return frame


def _read_known(home: Path, schema: Any) -> pd.DataFrame | None:
    path = home / schema.path
    return read_table(path, schema) if path.exists() else None
