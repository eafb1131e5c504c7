"""Does a step of a session once more, after it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ranvier.core import SessionError, WallStart, suggest
from ranvier.session.conduct._close import close_files
from ranvier.session.conduct._log import SessionLog
from ranvier.session.conduct._metadata import write_all_metadata
from ranvier.session.conduct._trail import SessionTrail
from ranvier.session.operator import AuditedOperator
from ranvier.session.parameters import merge, read_entries
from ranvier.session.programs import StopSignal
from ranvier.session.record import METADATA_FOLDER, hold_session, read_record
from ranvier.session.steps import StepContext, run_step

if TYPE_CHECKING:
    from pathlib import Path

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
    record = read_record(folder)
    entry = _choose(record, name)
    with hold_session(folder, record.session):
        log_file = folder / METADATA_FOLDER / "launcher.log"
        with (
            SessionLog(operator, log_file) as log,
            SessionTrail(folder, WallStart.now()) as trail,
        ):

            def write(question: str, prompt: str, answer: Answer, by: str) -> None:
                trail.has_answer(question, prompt, answer, by)

            context = StepContext(
                session_folder=folder.absolute(),
                record=record,
                operator=AuditedOperator(operator, write),
                stop=stop or StopSignal(),
                session_parameters=record.parameters,
                repository=_find_code(folder, record),
                write_metadata=None,
                log=log.debug,
            )
            trail.step_started(entry)
            began = time.monotonic()
            result = run_step(entry, context)
            trail.step_finished(entry, result, time.monotonic() - began)
            for finding in result.findings:
                log.say(str(finding))
            write_all_metadata(folder, trail, log)
        close_files(folder, operator)
    return result


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


def _find_code(folder: Path, record: SessionRecord) -> Path | None:
    if record.repository is None:
        return None
    return type(folder)(record.repository.path)
