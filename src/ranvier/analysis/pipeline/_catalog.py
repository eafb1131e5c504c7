"""The catalogue of a study: which sessions there are, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import (
    FileFault,
    MetadataFault,
    TrueDuplicateSession,
    make_log_entry,
)
from ranvier.analysis.files import (
    SESSION_SCHEMA,
    add_dataset_flags,
    bare_region,
    complete_catalog,
    enforce_schema,
    get_session_length,
    get_session_type,
    get_targetNM,
    number_sessions,
    validate_parallel_lists,
)
from ranvier.analysis.pipeline._find import iter_found
from ranvier.analysis.readers import read_subjects
from ranvier.analysis.session import (
    validate_brain_region,
    validate_hemisphere,
    validate_line,
    validate_neuromodulator,
    validate_strain,
    validate_subject,
)
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.analysis.parameters import Study, Vocabulary

# Known of a session beside what a table has columns for.
_OF_PLACE = ("block_info", "task_collections")
_USUAL_TYPES = ("training", "biased", "ephys")
_FIBER_COLUMNS = ("subject", "targeted_region", "X-ml_um")


@dataclass(frozen=True)
class Catalog:
    """The sessions of a study.

    Parameters
    ----------
    sessions
        One row a session, of `SESSION_SCHEMA`.
    places
        eid → what `open_place` takes, and `block_info`, the plan of the task.
    faults
        Rows of `make_log_entry`.
    n_unreadable
        Sessions that have a fault and no row.
    """

    sessions: pd.DataFrame
    places: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    n_unreadable: int = 0


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
    fibers = _read_fibers(folder / study.fibers) if study.fibers else None
    rows: dict[str, dict[str, Any]] = {}
    places: dict[str, dict[str, Any]] = {}
    faults: list[dict[str, Any]] = []
    for entry in study.sessions:
        for found in iter_found(entry, folder, subjects):
            try:
                row = found.read()
                _refuse_second(row, found.place, places)
            except AnalysisError as fault:
                faults.append(make_log_entry(found.name, fault))
                continue
            more = {name: row.pop(name, None) for name in _OF_PLACE}
            rows[row["eid"]] = row
            places[row["eid"]] = {**found.place, "block_info": more["block_info"]}
    n_unreadable = len(faults)
    if not rows:
        raise AnalysisError(
            "the study has no session.",
            code="RV-A06",
            where=str(folder),
            found=f"{n_unreadable} that can't be read" if faults else "none",
            mend="correct `sessions` in the study's file",
        )
    frame = enforce_schema(pd.DataFrame([*rows.values()]), SESSION_SCHEMA)
    if subjects is not None:
        frame = _fill_from_subjects(frame, subjects)
    frame, more_faults = _complete(frame, fibers, study.parameters.vocabulary)
    return Catalog(frame, places, [*faults, *more_faults], n_unreadable)


def _refuse_second(
    row: dict[str, Any], place: dict[str, Any], places: dict[str, dict[str, Any]]
) -> None:
    first = places.get(row["eid"])
    if first is not None:
        raise TrueDuplicateSession(
            "two sessions have one eid; the first is taken.",
            session=str(row["eid"]),
            found=f"{first.get('path', 'ONE')} and {place.get('path', 'ONE')}",
            mend="leave one out, or give the second another number",
        )


def _read_fibers(path: Path) -> pd.DataFrame:
    try:
        fibers = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise FileFault(
            "the table of fibres can't be read.", session=path.name, found=str(error)
        ) from error
    missing = [name for name in _FIBER_COLUMNS if name not in fibers]
    if missing:
        raise MetadataFault(
            f"the table of fibres lacks {', '.join(missing)}.",
            session=path.name,
            found=", ".join(map(str, fibers.columns)),
            wanted=", ".join(_FIBER_COLUMNS),
        )
    return fibers


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
    for eid in frame["eid"][~frame["eid"].isin(even["eid"])]:
        fault = MetadataFault("the lists of fibres differ in length.", session=str(eid))
        log.append(make_log_entry(str(eid), fault))
    frame = add_dataset_flags(number_sessions(even))
    rows = [
        _check(row, names, _sides_of(fibers, row["subject"]), log)
        for row in frame.to_dict("records")
    ]
    return enforce_schema(pd.DataFrame(rows), SESSION_SCHEMA), log


def _sides_of(
    fibers: pd.DataFrame | None, subject: Any
) -> dict[str, str | None] | None:
    # Region → the side of its fibre; None where fibres are on both, or on neither.
    if fibers is None:
        return None
    sides: dict[str, set[str]] = {}
    own = fibers[fibers["subject"] == subject]
    for region, x in zip(own["targeted_region"], own["X-ml_um"], strict=True):
        side = "l" if x > 0 else "r" if x < 0 else ""
        sides.setdefault(bare_region(str(region)), set()).add(side)
    return {
        region: next(iter(found)) or None if len(found) == 1 else None
        for region, found in sides.items()
    }


def _check(
    row: dict[Any, Any],
    names: Vocabulary,
    sides: dict[str, str | None] | None,
    log: list[dict[str, Any]],
) -> dict[Any, Any]:
    validate_subject(row, names, exlog=log)
    validate_strain(row, names, exlog=log)
    validate_line(row, names, exlog=log)
    validate_neuromodulator(row, names, exlog=log)
    validate_brain_region(row, names, exlog=log)
    if names.needs_hemisphere or sides is not None:
        validate_hemisphere(row, sides, exlog=log)
    if names.targets:
        row = get_targetNM(row, names.target_nms, exlog=log)
    has_type, has_protocol, has_end = (
        _is_known(row.get(name))
        for name in ("session_type", "task_protocol", "end_time")
    )
    if has_protocol and not has_type:
        # A protocol of another task is no fault, unless types are asked for.
        asked = log if names.session_types else []
        types = names.session_types or _USUAL_TYPES
        row = get_session_type(row, types, names.protocol_red_flags, exlog=asked)
    return get_session_length(row, exlog=log) if has_end else row


def _is_known(value: Any) -> bool:
    # A cell of text without a text is None or NaN, as pandas pleases.
    return isinstance(value, str) and bool(value)
