"""The catalogue of a study: which sessions there are, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import DataFault, make_log_entry
from ranvier.analysis.files import (
    SESSION_SCHEMA,
    add_dataset_flags,
    complete_catalog,
    enforce_schema,
    get_session_length,
    get_session_type,
    get_targetNM,
    number_sessions,
    validate_parallel_lists,
)
from ranvier.analysis.readers import (
    find_sessions,
    open_session,
    query_sessions,
    read_sessions,
    read_subjects,
)
from ranvier.analysis.session import (
    take_metadata,
    validate_brain_region,
    validate_hemisphere,
    validate_line,
    validate_neuromodulator,
    validate_strain,
    validate_subject,
)
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ranvier.analysis.parameters import SessionsFrom, Study, Vocabulary
    from ranvier.analysis.readers import SessionSource

_OF_TASK = ("block_info", "task_collections")


@dataclass(frozen=True)
class Catalog:
    """The sessions of a study.

    Parameters
    ----------
    sessions
        One row a session, of `SESSION_SCHEMA`.
    places
        eid → what `open_place` takes.
    faults
        Rows of `make_log_entry`.
    """

    sessions: pd.DataFrame
    places: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)


def build_catalog(study: Study, folder: Path) -> Catalog:
    """Find the sessions of a study and complete what is known of them.

    Parameters
    ----------
    study
        Where they come from, and which names are known.
    folder
        Paths of the study are relative to it.

    Returns
    -------
    Catalog
        A session that can't be read at all is a fault and has no row.

    Raises
    ------
    AnalysisError
        If there is no session at all.
    MetadataFault, FileFault
        If a table of sessions, subjects or fibres is not right.
    """
    subjects = read_subjects(folder / study.subjects) if study.subjects else None
    rows: dict[str, dict[str, Any]] = {}
    places: dict[str, dict[str, Any]] = {}
    faults: list[dict[str, Any]] = []
    for entry in study.sessions:
        for name, place, read in _iter_found(entry, folder, subjects):
            try:
                row = take_metadata(read())
            except DataFault as fault:
                faults.append(make_log_entry(name, fault))
                continue
            # Of the task's settings; no columns of a table.
            plan = {name: row.pop(name, None) for name in _OF_TASK}
            place["block_info"] = plan["block_info"]
            rows[row["eid"]], places[row["eid"]] = row, place
    if not rows:
        raise AnalysisError(
            "the study has no session.",
            code="RV-A06",
            where=str(folder),
            found=f"{len(faults)} that can't be read" if faults else "none",
            mend="correct `sessions` in the study's file",
        )
    frame = enforce_schema(pd.DataFrame([*rows.values()]), SESSION_SCHEMA)
    if subjects is not None:
        frame = _fill_from_subjects(frame, subjects)
    fibers = pd.read_csv(folder / study.fibers) if study.fibers else None
    frame, more = _complete(frame, fibers, study.parameters.vocabulary)
    return Catalog(frame, places, [*faults, *more])


def open_place(place: dict[str, Any]) -> SessionSource:
    """Open the place that a session lies in.

    Parameters
    ----------
    place
        Of a catalogue.

    Returns
    -------
    SessionSource

    Raises
    ------
    DataFault
        If it is not there.
    """
    if place.get("format") == "one":
        from ranvier.analysis.readers import OneSource

        return OneSource(_open_one(place["one"]), place["eid"])
    return open_session(place)


def _iter_found(
    entry: SessionsFrom, folder: Path, subjects: pd.DataFrame | None
) -> Iterator[tuple[str, dict[str, Any], Callable[[], dict[str, Any]]]]:
    # Name for a fault, place, and what reads the metadata.
    if entry.alf is not None:
        for found in find_sessions(folder / entry.alf):
            place = {"path": str(found.path), "format": "alf"}
            yield found.path.name, place, open_session(place).read_metadata
    elif entry.table is not None:
        table = folder / entry.table
        for row in read_sessions(table, subjects).to_dict("records"):
            place = _place_of_row(row, table.parent)
            yield (
                str(row["eid"]),
                place,
                lambda row=row: {str(k): v for k, v in row.items()},
            )
    elif entry.one is not None:
        terms = dict(entry.one)
        where = {key: terms.pop(key) for key in ("mode", "cache_dir") if key in terms}
        for row in query_sessions(_open_one(where), **terms).to_dict("records"):
            place = {"format": "one", "one": where, "eid": row["eid"]}
            yield (
                row["eid"],
                place,
                lambda place=place: open_place(place).read_metadata(),
            )
    else:
        yield from _iter_files(entry, folder)


def _iter_files(
    entry: SessionsFrom, folder: Path
) -> Iterator[tuple[str, dict[str, Any], Callable[[], dict[str, Any]]]]:
    is_nwb = entry.nwb is not None
    root = folder / str(entry.nwb if is_nwb else entry.recordings)
    pattern = "**/*.nwb" if is_nwb else "*/manifest.json"
    for found in sorted(root.glob(pattern)):
        path = found if is_nwb else found.parent
        place = {"path": str(path), "format": "nwb" if is_nwb else "recording"}
        if entry.mapping:
            place["mapping"] = str(folder / entry.mapping)
        yield path.name, place, lambda place=place: open_session(place).read_metadata()


def _place_of_row(row: dict[Any, Any], folder: Path) -> dict[str, Any]:
    place = {str(name): value for name, value in row.items()}
    for name in ("path", "mapping", "trials", "wheel"):
        value = place.get(name)
        if isinstance(value, str) and value:
            place[name] = str(folder / value)
    return place


def _open_one(where: dict[str, Any]) -> Any:
    from ranvier.analysis.readers import open_one

    return open_one(**where)


def _fill_from_subjects(frame: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    known = subjects.drop_duplicates("subject").set_index("subject")
    filled = frame.copy()
    for name in known.columns:
        values = frame["subject"].map(known[name])
        if name in frame:
            is_empty = frame[name].map(lambda value: value is None or value in ("", []))
            filled[name] = frame[name].where(~is_empty, values)
        else:
            filled[name] = values
    return filled


def _complete(
    frame: pd.DataFrame, fibers: pd.DataFrame | None, names: Vocabulary
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    log: list[dict[str, Any]] = []
    by_line = frame["line"].map(names.line_nm)
    by_strain = frame["strain"].map(names.strain_nm)
    frame = frame.assign(NM=frame["NM"].where(frame["NM"].notna(), by_strain))
    frame["NM"] = frame["NM"].where(frame["NM"].notna(), by_line)
    frame = complete_catalog(
        frame, fibers=fibers, region_fixes=names.region_fixes, targets=names.targets
    )
    even = validate_parallel_lists(frame)
    frame = add_dataset_flags(number_sessions(even))
    rows = [_check(row, names, log) for row in frame.to_dict("records")]
    return enforce_schema(pd.DataFrame(rows), SESSION_SCHEMA), log


def _check(
    row: dict[Any, Any], names: Vocabulary, log: list[dict[str, Any]]
) -> dict[Any, Any]:
    validate_subject(row, names, exlog=log)
    validate_strain(row, names, exlog=log)
    validate_line(row, names, exlog=log)
    validate_neuromodulator(row, names, exlog=log)
    validate_brain_region(row, names, exlog=log)
    if names.needs_hemisphere:
        validate_hemisphere(row, exlog=log)
    if names.targets:
        row = get_targetNM(row, names.target_nms, exlog=log)
    has_type, has_protocol, has_end = (
        _is_known(row.get(name))
        for name in ("session_type", "task_protocol", "end_time")
    )
    if names.session_types and has_protocol and not has_type:
        row = get_session_type(
            row, names.session_types, names.protocol_red_flags, exlog=log
        )
    return get_session_length(row, exlog=log) if has_end else row


def _is_known(value: Any) -> bool:
    # A cell of text without a text is None or NaN, as pandas pleases.
    return isinstance(value, str) and bool(value)
