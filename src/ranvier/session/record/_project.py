"""What the lines of an audit trail say of their session: pure, and true of any prefix.

A line of a kind that is not known here is left out: those of a graph's nodes, and those
of a newer launcher. A field that is missing stays not known.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from ranvier.audit import AuditKind, AuditLine, withhold
from ranvier.core import SessionError
from ranvier.session.record import _acquired as acquired
from ranvier.session.record._draft import Draft
from ranvier.session.record._model import (
    RepositoryState,
    SessionRecord,
    SessionState,
    StepRecord,
)
from ranvier.session.record._values import (
    as_address,
    as_command,
    as_date,
    as_dict,
    as_findings,
    as_float,
    as_int,
    as_known,
    as_text,
    as_texts,
    as_verdict,
    as_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Taker: TypeAlias = Callable[[Draft, dt.datetime, AuditLine], None]


def project(lines: Sequence[AuditLine]) -> SessionRecord:
    """Give what an audit trail says of its session.

    Parameters
    ----------
    lines
        Of the trail, in its order: all of them, or those up to any place.

    Returns
    -------
    SessionRecord
        True of the session as far as the lines go. Whether one that has no end still
        goes on is not in the trail: `read_record` knows.

    Raises
    ------
    SessionError
        If no line says that a session was created, and when.
    """
    draft: Draft | None = None
    for line in lines:
        if draft is None:
            draft = _begin(line)
            continue
        at = as_date(line.wall, draft.zone) or draft.last_seen or draft.head.start
        if not draft.is_over and line.kind not in _AFTERWARDS:
            draft.last_seen = at
        take = _TAKERS.get(line.kind)
        if take is not None:
            take(draft, at, line)
    if draft is None:
        raise SessionError(
            "the audit trail tells of no session.",
            code="RV-S85",
            found="the trail of a run alone, or one cut off at its very start",
            wanted=f'a line of the kind "{AuditKind.SESSION_CREATED.value}"',
            mend="give the folder of a session; `ranvier recover` is for a run alone",
        )
    return draft.build()


def _begin(line: AuditLine) -> Draft | None:
    start = as_date(line.wall)
    if line.kind != AuditKind.SESSION_CREATED.value or start is None:
        return None
    fields = line.fields
    # A fixed offset: a zone's own would jump with its summer time.
    zone = dt.timezone(start.utcoffset() or dt.timedelta())
    head = SessionRecord(
        session=as_text(fields.get("session")),
        subject=as_known(fields.get("subject")),
        user=as_known(fields.get("user")),
        rig=as_known(fields.get("rig")),
        state=SessionState.CREATED,
        start=start.astimezone(zone),
        parameters=as_dict(fields.get("parameters")),
        origins=as_words(fields.get("origins")),
        input_name=as_text(fields.get("input_name")),
        input_text=as_text(fields.get("input_text")),
        argv=as_command(fields.get("argv")),
        host=as_dict(fields.get("host")),
        software=as_words(fields.get("software")),
        by=as_text(fields.get("by")),
    )
    return Draft(head, zone, last_seen=head.start)


def _create_again(draft: Draft, _: dt.datetime, line: AuditLine) -> None:
    # A folder is that of one session: the first.
    draft.unread.append(line.n)


def _take_preflight(draft: Draft, _: dt.datetime, line: AuditLine) -> None:
    draft.preflight.extend(as_findings(line.fields.get("findings")))


def _take_answer(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    fields = as_dict(line.fields)
    question = as_text(fields.get("question"))
    fields["answer"] = withhold(question, fields.get("answer"))
    draft.tell("answers", at, fields)


def _take_repository(draft: Draft, _: dt.datetime, line: AuditLine) -> None:
    fields = line.fields
    draft.repository = RepositoryState(
        url=as_address(fields.get("url")),
        commit=as_text(fields.get("commit")),
        ref=as_text(fields.get("ref")),
        path=as_text(fields.get("path")),
        is_dirty=fields.get("is_dirty") is True,
        diff=as_text(fields.get("diff")),
        submodules=as_words(fields.get("submodules")),
        left_out=as_texts(fields.get("left_out")),
    )


def _start_step(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    draft.has_begun = True
    draft.steps.append(_read_step(line, at))


def _end_step(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    ended = _read_step(line, at)
    for place in reversed(range(len(draft.steps))):
        known = draft.steps[place]
        is_it = (known.step, known.phase) == (ended.step, ended.phase)
        if is_it and known.number == ended.number and known.end is None:
            parameters, start = known.parameters, known.start
            ended = replace(ended, start=start, parameters=parameters)
            draft.steps[place] = ended
            return
    # Its start was not written: it took as long as it says.
    took_s = as_float(line.fields.get("took_s")) or 0.0
    try:
        draft.steps.append(replace(ended, start=at - dt.timedelta(seconds=took_s)))
    except (OverflowError, ValueError):
        draft.unread.append(line.n)


def _read_step(line: AuditLine, at: dt.datetime) -> StepRecord:
    fields = line.fields
    is_end = line.kind == AuditKind.STEP_FINISHED.value
    return StepRecord(
        step=as_text(fields.get("step")),
        phase=as_text(fields.get("phase")),
        number=as_int(fields.get("number")) or 0,
        start=at,
        end=at if is_end else None,
        verdict=as_verdict(fields.get("status")),
        findings=as_findings(fields.get("findings")),
        files=as_texts(fields.get("files")),
        data=as_dict(fields.get("data")),
        parameters=as_dict(fields.get("parameters")),
    )


def _take_fault(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    fields = as_words({k: v for k, v in line.fields.items() if k != "error"})
    error = line.fields.get("error")
    words = as_words(error) or {"problem": as_text(error)}
    place = {"time": at.isoformat(), "node": line.node}
    told = {**words, **fields, **place}
    draft.faults.append({name: text for name, text in told.items() if text})


def _tell(name: str) -> Taker:
    def take(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
        draft.tell(name, at, as_dict(line.fields))

    return take


def _finish(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    fields = line.fields
    draft.finished = at
    draft.verdict = as_verdict(fields.get("verdict"))
    draft.exit_status = as_int(fields.get("exit_status"))
    draft.error = as_words(fields.get("error")) or None
    draft.findings = as_findings(fields.get("findings"))
    if draft.verdict is None:
        draft.unread.append(line.n)


def _finalise(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    why, by = as_text(line.fields.get("why")), as_text(line.fields.get("by"))
    # Who finalises once more finds nothing to close.
    draft.finalised = draft.finalised or {"time": at, "why": why, "by": by}


# Written by those who close a session that died: no signs of its life.
_AFTERWARDS = frozenset([AuditKind.RECOVERED.value, AuditKind.SESSION_FINALISED.value])
_TAKERS: dict[str, Taker] = {
    AuditKind.SESSION_CREATED.value: _create_again,
    AuditKind.PREFLIGHT.value: _take_preflight,
    AuditKind.ANSWERED.value: _take_answer,
    AuditKind.REPOSITORY_READY.value: _take_repository,
    AuditKind.PEERS_AGREED.value: acquired.meet_peers,
    AuditKind.ACQUISITION_STARTED.value: acquired.begin_acquisition,
    AuditKind.PROGRAM_STARTED.value: acquired.start_program,
    AuditKind.PROGRAM_SAID.value: acquired.hear_program,
    AuditKind.PROGRAM_EXITED.value: acquired.end_program,
    AuditKind.LIMIT_FIRED.value: acquired.fire_limit,
    AuditKind.RESOURCES.value: acquired.take_sample,
    AuditKind.ACQUISITION_FINISHED.value: acquired.end_acquisition,
    AuditKind.RUN_CREATED.value: acquired.create_run,
    AuditKind.RUN_STARTED.value: acquired.start_run,
    AuditKind.RUN_FINISHED.value: acquired.end_run,
    AuditKind.LOSS.value: acquired.lose_data,
    AuditKind.EPOCH.value: acquired.take_epoch,
    AuditKind.STEP_STARTED.value: _start_step,
    AuditKind.STEP_FINISHED.value: _end_step,
    AuditKind.FAULT.value: _take_fault,
    AuditKind.NODE_FAILED.value: _take_fault,
    AuditKind.NOTE.value: _tell("notes"),
    AuditKind.STOP_REQUESTED.value: _tell("stops"),
    AuditKind.METADATA_WRITTEN.value: _tell("files"),
    AuditKind.ARCHIVED.value: _tell("archives"),
    AuditKind.SESSION_FINISHED.value: _finish,
    AuditKind.SESSION_FINALISED.value: _finalise,
}
