"""Subjects and sessions from tables or YAML, where there is no Alyx."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from ranvier.analysis.faults import FileFault, HemisphereMismatch, MetadataFault
from ranvier.analysis.readers._alf_files import SessionPlace
from ranvier.analysis.readers._hemispheres import find_hemispheres
from ranvier.analysis.readers._tables import read_table

__all__ = ["SESSION_COLUMNS", "SUBJECT_COLUMNS", "read_sessions", "read_subjects"]

SUBJECT_COLUMNS = ("subject", "strain", "line", "genotype", "NM", "sex", "lab")
"""What is known of a subject; all but the first may be missing."""

SESSION_COLUMNS = (
    "eid", "subject", "start_time", "task_protocol", "number", "projects", "strain",
    "line", "genotype", "NM", "brain_region", "hemisphere", "users", "lab", "end_time",
    "datasets", "session_type", "target_NM",
)  # fmt: skip
"""What is known of a session; subject and start_time must be there."""

_LISTS = (
    "projects", "genotype", "brain_region", "hemisphere", "users", "datasets",
    "target_NM",
)  # fmt: skip
_PARALLEL = ("brain_region", "hemisphere", "target_NM")


def read_subjects(path: str | Path) -> pd.DataFrame:
    """Read the table of subjects.

    Parameters
    ----------
    path
        Text, parquet, or YAML (a list, or subject → values).

    Returns
    -------
    pandas.DataFrame
        `SUBJECT_COLUMNS`, genotype as lists, then whatever else the file has.

    Raises
    ------
    FileFault
        If it can't be read.
    MetadataFault
        With all faults at once: rows without a subject, subjects named twice.
    """
    path = Path(path)
    table = _read(path, "subject")
    faults = _find_missing(table, ["subject"])
    if not faults:
        faults += _find_doubled(table, ["subject"])
    _refuse(faults, path)
    return _complete(table, SUBJECT_COLUMNS)


def read_sessions(
    path: str | Path, subjects: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Read the table of sessions.

    Parameters
    ----------
    path
        Text, parquet, or YAML (a list). Several values of a cell are parted by ";".
    subjects
        Of `read_subjects`; fills strain, line, genotype, NM and lab where they are
        empty.

    Returns
    -------
    pandas.DataFrame
        `SESSION_COLUMNS`, then whatever else the file has (path, format, …). A
        missing number is 1, a missing eid is made of subject, date and number, a
        missing hemisphere is what the name of its region ends in.

    Raises
    ------
    FileFault
        If it can't be read.
    MetadataFault
        With all faults at once, each with its row: no subject or start, a start that
        is not ISO 8601 (of 01/02/2024 nobody can tell the month), a number that is
        none, regions and hemispheres of unlike number or that contradict each other, a
        session named twice, a subject that is not in `subjects`.
    """
    path = Path(path)
    table = _read(path, "eid")
    faults = _find_missing(table, ["subject", "start_time"])
    if "subject" in table.columns and "start_time" in table.columns:
        faults += _find_bad(table)
    found = _complete(table, SESSION_COLUMNS)
    faults += _find_unlike(found) + _fill_hemispheres(found)
    if subjects is not None:
        faults += _find_strangers(found, subjects)
    _refuse(faults, path)
    found["number"] = pd.to_numeric(found["number"]).fillna(1).astype(int)
    found["start_time"] = [_to_iso(each) for each in found["start_time"]]
    made = [
        _make_eid(subject, start, number)
        for subject, start, number in zip(
            found["subject"], found["start_time"], found["number"], strict=True
        )
    ]
    found["eid"] = found["eid"].where(found["eid"] != "", pd.Series(made, dtype=object))
    _refuse(_find_doubled(found, ["eid"]), path)
    return found if subjects is None else _fill(found, subjects)


def _read(path: Path, key: str) -> pd.DataFrame:
    if path.suffix.lower() in {".yaml", ".yml"}:
        return _read_yaml(path, key)
    # Names of subjects as "007" must stay text.
    table = read_table(path) if path.suffix != ".csv" else _read_text(path)
    return table.rename(columns=lambda name: str(name).strip())


def _read_text(path: Path) -> pd.DataFrame:
    read_table(path)  # its faults
    # "NA" may be a name; only an empty cell is empty.
    return pd.read_csv(path, dtype=str, skipinitialspace=True, keep_default_na=False)


def _read_yaml(path: Path, key: str) -> pd.DataFrame:
    from ruamel.yaml import YAML, YAMLError

    try:
        given: Any = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    except (OSError, ValueError, YAMLError) as error:
        raise FileFault(
            f"{path.name} can't be read.", session=str(path),
            found=" ".join(str(error).split()),
        ) from error  # fmt: skip
    if isinstance(given, dict):
        named = cast("dict[str, Any]", given).items()
        given = [{key: name, **(values or {})} for name, values in named]
    rows = cast("list[Any]", given or [])
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise FileFault(
            f"{path.name} is no list of rows.", session=str(path),
            wanted="a list of names with values, at least one",
        )  # fmt: skip
    return pd.DataFrame(rows).rename(columns=str)


def _is_empty(value: Any) -> bool:
    if isinstance(value, (list, tuple, np.ndarray)):
        return False
    return value is None or bool(pd.isna(value)) or str(value).strip() == ""


def _find_missing(table: pd.DataFrame, columns: list[str]) -> list[str]:
    faults = [f'no column "{name}"' for name in columns if name not in table.columns]
    for name in columns:
        if name in table.columns:
            faults += [
                f"row {row}: no {name}"
                for row, value in enumerate(table[name], 1)
                if _is_empty(value)
            ]
    return faults


def _find_doubled(table: pd.DataFrame, columns: list[str]) -> list[str]:
    doubled = table.duplicated(columns)
    return [
        f"row {row}: {columns[0]} {value} is named before"
        for row, (value, again) in enumerate(
            zip(table[columns[0]], doubled, strict=True), 1
        )
        if again
    ]


def _find_bad(table: pd.DataFrame) -> list[str]:
    faults: list[str] = []
    for row, value in enumerate(table["start_time"], 1):
        if not _is_empty(value) and not _is_iso(value):
            faults.append(f"row {row}: start_time {str(value)!r} is not ISO 8601")
    for row, value in enumerate(table.get("number", []), 1):
        number = pd.to_numeric(value, errors="coerce")
        if not _is_empty(value) and not float(number).is_integer():
            faults.append(f"row {row}: number {value!r} is no whole number")
    return faults


def _find_unlike(table: pd.DataFrame) -> list[str]:
    faults: list[str] = []
    for row, record in enumerate(table.to_dict("records"), 1):
        lengths = {name: len(record[name]) for name in _PARALLEL if record[name]}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{n} of {name}" for name, n in lengths.items())
            faults.append(f"row {row}: {told}")
    return faults


def _fill_hemispheres(table: pd.DataFrame) -> list[str]:
    faults: list[str] = []
    filled: list[list[str]] = []
    pairs = zip(table["brain_region"], table["hemisphere"], strict=True)
    for row, (regions, given) in enumerate(pairs, 1):
        filled.append(given)
        if given and len(given) != len(regions):
            continue  # told before
        try:
            filled[-1] = find_hemispheres(regions, given)
        except HemisphereMismatch as fault:
            faults.append(f"row {row}: {fault.where} with hemisphere {fault.found}")
    table["hemisphere"] = pd.Series(filled, dtype=object)
    return faults


def _find_strangers(table: pd.DataFrame, subjects: pd.DataFrame) -> list[str]:
    known = set(subjects["subject"])
    return [
        f"row {row}: subject {name} is not in the table of subjects"
        for row, name in enumerate(table["subject"], 1)
        if name and name not in known
    ]


def _refuse(faults: list[str], path: Path) -> None:
    if faults:
        raise MetadataFault(
            f"the table {path.name} can't be used as it is.", session=str(path),
            found="; ".join(faults), mend="correct all rows that are listed",
        )  # fmt: skip


def _complete(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    found: dict[str, list[Any]] = {}
    for name in dict.fromkeys([*columns, *table.columns]):
        given: list[Any] = list(table[name]) if name in table.columns else []
        values = given or [None] * len(table)
        if name in _LISTS:
            found[name] = [_split(value) for value in values]
        elif name in columns:
            found[name] = ["" if _is_empty(v) else _to_plain(v) for v in values]
        else:
            found[name] = [None if _is_empty(v) else v for v in values]
    frame = pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in found.items()})
    if "number" in columns:
        frame["number"] = frame["number"].replace("", None)
    return frame


def _to_plain(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else str(value)


def _split(value: Any) -> list[str]:
    if isinstance(value, (list, tuple, np.ndarray)):
        return [str(each) for each in list(value)]
    if _is_empty(value):
        return []
    return [part.strip() for part in str(value).split(";")]


def _to_iso(value: Any) -> str:
    return datetime.fromisoformat(str(value).strip()).isoformat()


def _is_iso(value: Any) -> bool:
    try:
        _to_iso(value)
    except ValueError:
        return False
    return True


def _make_eid(subject: str, start: str, number: int) -> str:
    # As of a session's folder, so that both name one session alike.
    return SessionPlace(Path(), "", subject, start[:10], int(number)).eid


def _fill(table: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    known = {row["subject"]: row for row in subjects.to_dict("records")}
    for name in ("strain", "line", "genotype", "NM", "lab"):
        table[name] = pd.Series(
            [
                value or known[subject][name]
                for value, subject in zip(table[name], table["subject"], strict=True)
            ],
            dtype=object,
        )
    return table
