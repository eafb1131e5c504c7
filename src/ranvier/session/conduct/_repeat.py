"""Does a step of a session once more, after it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.core import SessionError, WallStart, suggest
from ranvier.session.conduct._archives import refresh_archives
from ranvier.session.conduct._close import close_files
from ranvier.session.conduct._finalise import finalise
from ranvier.session.conduct._log import SessionLog
from ranvier.session.conduct._metadata import write_all_metadata
from ranvier.session.conduct._trail import SessionTrail
from ranvier.session.faults import Report, Verdict
from ranvier.session.operator import AuditedOperator
from ranvier.session.parameters import StepKind, merge, read_entries
from ranvier.session.programs import StopSignal
from ranvier.session.record import (
    METADATA_FOLDER,
    SessionState,
    find_breaks,
    hold_session,
    read_record,
)
from ranvier.session.repository import read_state
from ranvier.session.steps import StepContext, run_step

if TYPE_CHECKING:
    from ranvier.session.operator import Answer, Operator
    from ranvier.session.parameters import StepEntry
    from ranvier.session.record import SessionRecord
    from ranvier.session.steps import StepResult


def repeat_step(
    folder: Path, name: str, operator: Operator, stop: StopSignal | None = None
) -> StepResult:
    """Do a step of a finished session once more, with the parameters of that session.

    Parameters
    ----------
    folder
        The session folder.
    name
        Of the step; of several, the first that failed, else the last.
    operator
        Who is asked and told.
    stop
        Ends it.

    Returns
    -------
    StepResult
        What became of it.

    Raises
    ------
    SessionError
        If the session has no such step, or still goes on.
    """
    folder = folder.absolute()
    record = read_record(folder)
    if record.state is SessionState.LOST:
        # Else the step would be the last sign of its life, and its acquisition as long.
        record = finalise(folder, operator.name, operator)
    for finding in find_breaks(record):
        operator.warn(str(finding))
    record = _place(record, folder)
    entry = _choose(record, name)
    code = _find_code(record) if entry.kind is StepKind.SCRIPT else None
    with hold_session(folder, record.session):
        log_file = folder / METADATA_FOLDER / "launcher.log"
        with (
            SessionLog(operator, log_file) as log,
            SessionTrail(folder, WallStart.now()) as trail,
        ):

            def write(question: str, prompt: str, answer: Answer, by: str) -> None:
                trail.has_answer(question, prompt, answer, by)

            context = StepContext(
                session_folder=folder,
                record=record,
                operator=AuditedOperator(operator, write),
                stop=stop or StopSignal(),
                session_parameters=record.parameters,
                repository=code,
                write_metadata=lambda: _write_metadata(folder, trail, log),
                log=log.debug,
            )
            trail.step_started(entry)
            began = time.monotonic()
            result = run_step(entry, context)
            trail.step_finished(entry, result, time.monotonic() - began)
            for finding in result.findings:
                log.say(str(finding))
            write_all_metadata(folder, trail, log)
        record = close_files(folder, operator)
        # The copies of a session that was copied or moved are those of the other.
        is_here = str(record.host.get("session_folder") or folder) == str(folder)
        stale = refresh_archives(folder, record, operator) if is_here else Report()
        for finding in stale.findings:
            operator.warn(str(finding))
    if stale.errors:
        findings = (*result.findings, *stale.errors)
        return replace(result, verdict=Verdict.FAILED, findings=findings)
    return result


def _write_metadata(
    folder: Path, trail: SessionTrail, log: SessionLog
) -> tuple[tuple[str, ...], Report]:
    report = write_all_metadata(folder, trail, log)
    files = [each.get("file") for each in trail.read().files]
    return tuple(sorted({str(file) for file in files if file})), report


def _place(record: SessionRecord, folder: Path) -> SessionRecord:
    # A session that was moved, or copied, is worked on where it is now.
    there = str(record.host.get("session_folder") or "")
    if not there or there == str(folder):
        return record
    return replace(record, parameters=_replace_within(record.parameters, there, folder))


def _replace_within(value: Any, there: str, folder: Path) -> Any:
    if isinstance(value, str):
        # Whole names: the folder of a later session may begin with this one's.
        whole = re.escape(there) + r"(?=$|[\\/\s])"
        return re.sub(whole, lambda _: str(folder), value)
    if isinstance(value, dict):
        entries: Any = value.items()  # pyright: ignore[reportUnknownVariableType]
        return {key: _replace_within(each, there, folder) for key, each in entries}
    if isinstance(value, list):
        items: Any = value  # pyright: ignore[reportUnknownVariableType]
        return [_replace_within(each, there, folder) for each in items]
    return value


def _choose(record: SessionRecord, name: str) -> StepEntry:
    entries = read_entries(merge(file=record.parameters))
    named = [entry for entry in entries if entry.path == name]
    if not named:
        raise SessionError(
            f'the session has no step "{name}".',
            code="RV-S00",
            where=record.session,
            wanted=", ".join(entry.path for entry in entries) or "a step",
            mend=suggest(name, [e.path for e in entries], "name one of its steps"),
        )
    failed = {
        (str(each.phase), each.number)
        for each in record.steps
        if each.verdict is not None and not each.verdict.is_done
    }
    bad = [entry for entry in named if (str(entry.phase), entry.number) in failed]
    return bad[0] if bad else named[-1]


def _find_code(record: SessionRecord) -> Path | None:
    """Find the code of the session, as it was then."""
    used = record.repository
    if used is None:
        return None
    now = read_state(Path(used.path))
    if now.commit == used.commit and now.is_dirty == used.is_dirty:
        return Path(used.path)
    changed = "with changes" if now.is_dirty else "without changes"
    raise SessionError(
        "the code of the task is not what the session used.",
        code="RV-S03",
        where=used.path,
        found=f"commit {now.commit}, {changed}",
        wanted=f"commit {used.commit}, "
        f"{'with its changes' if used.is_dirty else 'without changes'}",
        mend="put the changes aside, or remove the worktree and make it again with "
        "`git worktree add`",
    )
