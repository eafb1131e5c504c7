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
from ranvier.analysis.pipeline._digests import digest_file
from ranvier.analysis.pipeline._find import open_place
from ranvier.analysis.pipeline._stages import STAGES, Stage
from ranvier.analysis.pipeline._stamps import (
    UNKNOWN,
    SessionStamp,
    StageStamp,
    Stamps,
)
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
    from collections.abc import Callable, Mapping
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
        Where its data lie, as of `open_place`.
    stages
        Names of those to be done, in their order; none: only its row has changed.
    keys
        Stage → key of today, of all stages: what was made under another key goes.
    row_digest
        Of `row`.
    parameters
        What is set.
    h5, stamps
        The session's file; the folder of stamps.
    """

    row: dict[str, Any]
    place: dict[str, Any]
    stages: tuple[str, ...]
    keys: dict[str, str]
    row_digest: str
    parameters: AnalysisParameters
    h5: Path
    stamps: Path

    @property
    def eid(self) -> str:
        """The session."""
        return str(self.row["eid"])


def process_session(task: SessionTask) -> float:
    """Do some stages of one session, write its file, then its stamp.

    Parameters
    ----------
    task
        The session and its stages.

    Returns
    -------
    float
        Time of the processor, s. Faults of the data are in the stamp.

    Raises
    ------
    AnalysisError
        If its file can't be written.
    """
    began = time.process_time()
    work = _Work(task)
    _write(task, {name: work.do(name) for name in task.stages}, work.parts, work.about)
    return time.process_time() - began


def record_lost(task: SessionTask, error: BaseException) -> None:
    """Write that the work on a session did not come to its end.

    What stood in its file of these stages goes, for it is not today's; what the fault
    was stands there in its place. The next run does them again.

    Parameters
    ----------
    task
        The session and its stages.
    error
        What became of it.

    Raises
    ------
    AnalysisError
        If its file can't be written.
    """
    lost = StageStamp(UNKNOWN, [make_log_entry(task.eid, error)], is_fatal=True)
    _write(task, dict.fromkeys(task.stages, lost), {}, task.row)


class _Work:
    """The session, loaded once for all of its stages."""

    def __init__(self, task: SessionTask) -> None:
        self._task = task
        self._session: PhotometrySession | None = None
        self._trials_fault: Exception | None = None
        self.parts: dict[str, Any] = {}

    @property
    def about(self) -> dict[str, Any]:
        """What is known of the session now."""
        return self._session.metadata if self._session else self._task.row

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
            log.append(make_log_entry(self._task.eid, fault))
            return StageStamp(key, log, is_fatal=True, rows=rows)
        except Exception as error:  # noqa: BLE001 - of this stage; the others go on
            log.append(make_log_entry(self._task.eid, error))
            return StageStamp(UNKNOWN, log, is_fatal=True)
        self.parts |= session.gather(_find_stage(name).groups)
        return StageStamp(key, log, rows=rows, notes=session.notes)

    def _open(self) -> PhotometrySession:
        if self._session is None:
            source = open_place(self._task.place)
            self._session = PhotometrySession(
                self._task.row, source, parameters=self._task.parameters
            )
            self._session.metadata["block_info"] = self._task.place.get("block_info")
            try:
                if _has(self._task.place, "trials"):
                    _load_trials(self._session)
            except Exception as error:  # noqa: BLE001 - raised by each stage that needs them
                self._trials_fault = error
        if self._trials_fault is not None:
            raise self._trials_fault
        return self._session


def _write(
    task: SessionTask,
    done: dict[str, StageStamp],
    parts: dict[str, Any],
    about: Mapping[str, Any],
) -> None:
    stamps = Stamps(task.stamps)
    old = stamps.read(task.eid)
    keep = {
        name: stamp
        for name, stamp in old.stages.items()
        if name not in done and stamp.key == task.keys.get(name)
    }
    kept, errors = _read_kept(task.h5, keep)
    for name, stamp in done.items():
        errors += [{**fault, "stage": name} for fault in stamp.faults]
    everything = {**keep, **done}
    keys = {name: stamp.key for name, stamp in everything.items()}
    provenance: dict[str, Any] = {KEYS: {"code": code_version(), KEYS: keys}}
    for name in everything:
        provenance[name] = task.parameters.select(*_find_stage(name).settings)
    # The plan of the task stands in the task's settings.
    metadata = {name: value for name, value in about.items() if name != "block_info"}
    write_session_h5(
        task.h5,
        {**kept, **parts, "metadata": metadata, "errors": errors},
        mode="w",
        provenance=provenance,
    )
    said = SessionStamp(digest_file(task.h5), task.row_digest, everything)
    stamps.write(task.eid, said)


def _read_kept(
    path: Path, keep: dict[str, StageStamp]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    # Groups of stages that are not done now and are still up to date, and their errors.
    if not keep:
        return {}, []
    groups = {group for name in keep for group in _find_stage(name).groups}
    try:
        parts = read_session_h5(path, [*groups, "errors"])
    except FileFault:  # the plan saw that it is whole; it went in between
        return {}, []
    errors = parts.pop("errors", None)
    old = [] if errors is None else errors.to_dict("records")
    return parts, [entry for entry in old if entry.get("stage") in keep]


def read_keys(h5: Path) -> dict[str, str]:
    """Read from what keys the stages of a session's file were made.

    Parameters
    ----------
    h5
        The file.

    Returns
    -------
    dict
        Stage → key; none of a file that is damaged, or not ours.
    """
    try:
        return dict(read_h5_provenance(h5).get(KEYS, {}).get(KEYS, {}))
    except FileFault:
        return {}


def _find_stage(name: str) -> Stage:
    return next(stage for stage in STAGES if stage.name == name)


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
    row = {"eid": session.eid, "camera": settings.camera, **found.to_row()}
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
