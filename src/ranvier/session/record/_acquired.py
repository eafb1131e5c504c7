"""Lines of the trail that tell of the acquisition: programs, graph runs, their use.

Each function takes the draft, the date of the line, and the line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ranvier.session.record._model import (
    Epoch,
    GraphRun,
    ProgramAttempt,
    ResourceSample,
)
from ranvier.session.record._values import (
    as_command,
    as_date,
    as_dict,
    as_findings,
    as_float,
    as_int,
    as_known,
    as_list,
    as_samples,
    as_text,
    as_texts,
    as_verdict,
    as_words,
)

if TYPE_CHECKING:
    import datetime as dt

    from ranvier.audit import AuditLine
    from ranvier.session.record._draft import Draft


def begin_acquisition(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    """Take up that the acquisition began, and with what."""
    draft.has_begun = True
    known = {**draft.head.software, **as_words(line.fields.get("software"))}
    draft.head = replace(draft.head, software=known)
    draft.acquisition_started = draft.acquisition_started or at


def end_acquisition(draft: Draft, at: dt.datetime, _: AuditLine) -> None:
    """Take up that the acquisition is over."""
    draft.acquisition_finished = at


def start_program(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    """Take up a start of a program."""
    fields = line.fields
    program = as_text(fields.get("program"))
    before = [a.attempt for a in draft.attempts if a.program == program]
    attempt = as_int(fields.get("attempt"))
    draft.has_begun = True
    draft.attempts.append(
        ProgramAttempt(
            program=program,
            command=as_command(fields.get("command")),
            attempt=max(before, default=0) + 1 if attempt is None else attempt,
            start=at,
            pid=as_int(fields.get("pid")),
            cwd=as_text(fields.get("cwd")),
        )
    )


def end_program(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    """Take up the end of a program; it belongs to the last start that fits."""
    fields = line.fields
    program, attempt = as_text(fields.get("program")), as_int(fields.get("attempt"))
    for place in reversed(range(len(draft.attempts))):
        known = draft.attempts[place]
        is_it = known.program == program and attempt in (None, known.attempt)
        if is_it and known.end is None:
            draft.attempts[place] = replace(
                known,
                end=at,
                exit_code=as_int(fields.get("exit_code")),
                signal=as_known(fields.get("signal")),
                verdict=as_verdict(fields.get("verdict")),
                findings=as_findings(fields.get("findings")),
            )
            return
    draft.unread.append(line.n)


def hear_program(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    """Take up what a program said."""
    draft.tell("said", at, dict(as_words(line.fields)))


def fire_limit(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    """Take up that a limit fired."""
    draft.tell("limits", at, as_dict(line.fields))


def lose_data(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    """Take up that messages were lost."""
    draft.tell("losses", at, {**as_dict(line.fields), "node": line.node})


def take_sample(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    """Take up what programs used."""
    system = as_samples([line.fields.get("system")])
    draft.samples.append(
        ResourceSample(
            time=at,
            program=as_text(line.fields.get("program")),
            processes=as_samples(line.fields.get("processes")),
            system=system[0] if system else {},
        )
    )


def create_run(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    """Take up a graph run."""
    draft.has_begun = True
    draft.runs.append(GraphRun(as_text(line.fields.get("run")), at))


def start_run(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    """Take up that the nodes of a run are under way."""
    if draft.runs and draft.runs[-1].end is None:
        draft.runs[-1] = replace(draft.runs[-1], start=at)
    else:
        draft.unread.append(line.n)


def end_run(draft: Draft, at: dt.datetime, line: AuditLine) -> None:
    """Take up the end of a run."""
    if draft.runs and draft.runs[-1].end is None:
        error = as_words(line.fields.get("error")) or None
        reason = as_text(line.fields.get("reason"))
        draft.runs[-1] = replace(draft.runs[-1], end=at, reason=reason, error=error)
    else:
        draft.unread.append(line.n)


def take_epoch(draft: Draft, _: dt.datetime, line: AuditLine) -> None:
    """Take up a stimulus epoch; one without a start can't be placed."""
    fields = line.fields
    start = as_date(fields.get("start"), draft.zone)
    if start is None:
        draft.unread.append(line.n)
        return
    trials = {k: as_int(v) for k, v in as_dict(fields.get("trials")).items()}
    draft.epochs.append(
        Epoch(
            name=as_text(fields.get("name")),
            start=start,
            end=as_date(fields.get("end"), draft.zone),
            modalities=as_texts(fields.get("modalities")),
            script=as_dict(fields.get("script")),
            parameters=as_dict(fields.get("parameters")),
            trials={k: v for k, v in trials.items() if v is not None},
            reward_ul=as_float(fields.get("reward")),
        )
    )


def meet_peers(draft: Draft, _: dt.datetime, line: AuditLine) -> None:
    """Take up who else takes part."""
    draft.role = as_text(line.fields.get("role"))
    offsets = line.fields.get("offsets_ns")
    by_name, by_place = as_dict(offsets), as_list(offsets)
    for place, peer in enumerate(as_list(line.fields.get("peers"))):
        known = as_dict(peer) or {"name": as_text(peer)}
        offset = by_name.get(as_text(known.get("name")))
        if offset is None and place < len(by_place):
            offset = by_place[place]
        told = {} if as_int(offset) is None else {"offset_ns": offset}
        draft.peers.append({**known, **told})
