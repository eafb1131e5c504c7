"""What is done of one session: its stages, its file, its stamps. Runs in a worker."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import (
    BlockStructureBug,
    FileFault,
    MissingBlockInfo,
    make_log_entry,
)
from ranvier.analysis.files import (
    read_h5_provenance,
    read_session_h5,
    write_session_h5,
)
from ranvier.analysis.pipeline._catalog import open_place
from ranvier.analysis.pipeline._stages import STAGES
from ranvier.analysis.pipeline._stamps import StageStamp, Stamps
from ranvier.analysis.provenance import code_version
from ranvier.analysis.qc import compute_video_qc
from ranvier.analysis.session import (
    PhotometrySession,
    validate_video_dropped_frames_qc,
    validate_video_length,
    validate_video_timestamps_qc,
)
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ranvier.analysis.parameters import AnalysisParameters

KEYS = "stages"
"""Entry of the file's provenance that holds the key of each stage."""


@dataclass(frozen=True)
class SessionTask:
    """One session, and the stages to be done of it.

    Parameters
    ----------
    row
        Of the catalogue.
    place
        Where its data lie, as of `readers.open_session`.
    keys
        Stage → key, of those to be done, in their order.
    parameters
        What is set.
    h5, stamps
        The session's file; the folder of stamps.
    """

    row: dict[str, Any]
    place: dict[str, Any]
    keys: dict[str, str]
    parameters: AnalysisParameters
    h5: Path
    stamps: Path


@dataclass(frozen=True)
class SessionDone:
    """What came of one session.

    Parameters
    ----------
    eid
        The session.
    stamps
        Stage → stamp, of those done.
    cpu_s
        Time of the processor, s.
    """

    eid: str
    stamps: dict[str, StageStamp]
    cpu_s: float


def process_session(task: SessionTask) -> SessionDone:
    """Do some stages of one session, write its file, then its stamps.

    Parameters
    ----------
    task
        The session and its stages.

    Returns
    -------
    SessionDone
        Faults of its data are in the stamps.

    Raises
    ------
    AnalysisError
        If its file can't be written.
    """
    began = time.process_time()
    work = _Work(task)
    done = {name: work.do(name) for name in task.keys}
    work.write(done)
    stamps = Stamps(task.stamps)
    stamps.write(str(task.row["eid"]), {**stamps.read(str(task.row["eid"])), **done})
    return SessionDone(str(task.row["eid"]), done, time.process_time() - began)


class _Work:
    """The session, loaded once for all of its stages."""

    def __init__(self, task: SessionTask) -> None:
        self._task = task
        self._session: PhotometrySession | None = None
        self._trials_fault: AnalysisError | None = None
        self._parts: dict[str, Any] = {}

    def do(self, name: str) -> StageStamp:
        """Do one stage; its faults are part of the stamp."""
        rows: dict[str, list[dict[str, Any]]] = {}
        key, log = self._task.keys[name], list[dict[str, Any]]()
        nothing = _find_nothing(name, self._task.place)
        if nothing:
            return StageStamp(key, is_skipped=True, notes=[nothing])
        try:
            session = self._open()
            session.errors, session.notes = log, []
            if name not in ("photometry", "video") and "choice" not in session.trials:
                return StageStamp(key, is_skipped=True, notes=["it is another task."])
            _DO[name](session, rows)
        except AnalysisError as fault:
            log.append(make_log_entry(str(self._task.row["eid"]), fault))
            return StageStamp(key, log, is_fatal=True, rows=rows)
        self._parts |= session.gather(_groups_of(name))
        return StageStamp(key, log, rows=rows, notes=session.notes)

    def write(self, done: dict[str, StageStamp]) -> None:
        """Write the session's file: what was made now, and what was before."""
        path, row = self._task.h5, self._task.row
        keep, errors, keys = _read_old(path, done)
        for name, stamp in done.items():
            errors += [{**fault, "stage": name} for fault in stamp.faults]
            keys[name] = stamp.key
        metadata = dict(self._session.metadata if self._session else row)
        metadata.pop("block_info", None)  # of the task's settings, where they lie
        settings = self._task.parameters
        said = {"code": code_version(), KEYS: keys}
        provenance = {KEYS: said}
        for name in done:
            sections = next(stage.sections for stage in STAGES if stage.name == name)
            provenance[name] = settings.model_dump(mode="json", include=set(sections))
        parts = {**keep, **self._parts, "metadata": metadata, "errors": errors}
        write_session_h5(path, parts, mode="w", provenance=provenance)

    def _open(self) -> PhotometrySession:
        if self._session is None:
            source = open_place(self._task.place)
            self._session = PhotometrySession(
                self._task.row, source, parameters=self._task.parameters
            )
            block_info = self._task.place.get("block_info")
            if block_info:
                self._session.metadata["block_info"] = block_info
            try:
                if _has(self._task.place, "trials"):
                    _load_trials(self._session)
            except AnalysisError as fault:
                self._trials_fault = fault
        if self._trials_fault is not None:
            raise self._trials_fault
        return self._session


def _has(place: dict[str, Any], name: str) -> bool:
    # A single file of photometry may come alone; what else there is, its row names. A
    # session that lacks something is a fault.
    is_file = place.get("format") not in ("alf", "one", "nwb", "recording")
    return not is_file or bool(place.get(name))


def _find_nothing(name: str, place: dict[str, Any]) -> str:
    needs = {"task": ("trials",), "wheel": ("trials", "wheel"), "video": ("video",)}
    lacking = [each for each in needs.get(name, ()) if not _has(place, each)]
    return f"it names no {' and no '.join(lacking)}." if lacking else ""


def _load_trials(session: PhotometrySession) -> None:
    # Every stage sees the same trials, repaired where the plan of the task is known.
    session.load_trials()
    if "probabilityLeft" not in session.trials:
        return
    try:
        session.validate_block_structure()
    except MissingBlockInfo:
        return
    except BlockStructureBug:
        if session.metadata.get("block_info"):
            session.fix_block_structure()


def _do_photometry(session: PhotometrySession, rows: dict[str, Any]) -> None:
    log = session.errors
    session.load_photometry()
    if {"stimOn_times", "feedback_times"} <= {*session.trials}:
        session.validate_trials_in_photometry_time()
    session.run_raw_qc()
    try:
        session.validate_qc()
        session.run_sliding_qc()
        session.validate_few_unique_samples(exlog=log)
        session.preprocess()
        if session.trials.empty:
            session.notes.append("no trials are named: there are no responses.")
        else:
            session.extract_responses()
    finally:
        rows["qc_photometry"] = session.qc.assign(eid=session.eid).to_dict("records")


def _do_task(session: PhotometrySession, rows: dict[str, Any]) -> None:
    log = session.errors
    session.validate_n_trials(exlog=log)
    session.validate_event_completeness(exlog=log)
    session.validate_block_structure(exlog=log)
    found = {**session.basic_performance(), **session.block_performance()}
    rows["performance"] = [{"eid": session.eid, **found}]


def _do_wheel(session: PhotometrySession, rows: dict[str, Any]) -> None:
    del rows
    session.load_wheel()
    session.extract_wheel_velocity()


def _do_video(session: PhotometrySession, rows: dict[str, Any]) -> None:
    settings = session.parameters.video
    labels = {
        name.removeprefix(_LABEL): str(value)
        for name, value in session.metadata.items()
        if name.startswith(_LABEL) and value
    }
    length = session.metadata.get("session_length")
    found = compute_video_qc(
        session.load_camera_times(settings.camera),
        float("nan") if length is None else float(length),
        labels,
        max_length_mismatch_s=settings.max_length_mismatch_s,
    )
    row = {"eid": session.eid, "camera": settings.camera, **vars(found)}
    del row["labels"], row["provenance"]
    row |= {f"{_LABEL}{name}": verdict for name, verdict in found.labels.items()}
    rows["video"] = [row]
    for check in _VIDEO_CHECKS:
        check(row, exlog=session.errors)
    if length is not None:
        validate_video_length(row, settings.max_length_mismatch_s, exlog=session.errors)


_LABEL = "qc_video_"
_VIDEO_CHECKS = (validate_video_timestamps_qc, validate_video_dropped_frames_qc)
_DO: dict[str, Callable[[PhotometrySession, dict[str, Any]], None]] = {
    "photometry": _do_photometry,
    "task": _do_task,
    "wheel": _do_wheel,
    "video": _do_video,
}


def _groups_of(name: str) -> tuple[str, ...]:
    return next(stage.groups for stage in STAGES if stage.name == name)


def _read_old(
    path: Path, done: dict[str, StageStamp]
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, str]]:
    # Groups of stages that are not done now, their errors, and their keys.
    if not path.exists():
        return {}, [], {}
    try:
        keys = dict(read_h5_provenance(path).get(KEYS, {}).get(KEYS, {}))
        others = [name for name in keys if name not in done]
        groups = {group for name in others for group in _groups_of(name)}
        parts = read_session_h5(path, [*groups, "errors"]) if others else {}
    except FileFault:  # it is made anew; other stages see that their groups are gone
        return {}, [], {}
    errors = parts.pop("errors", None)
    old = [] if errors is None else errors.to_dict("records")
    kept = [entry for entry in old if entry.get("stage") in others]
    return parts, kept, {name: keys[name] for name in others}
