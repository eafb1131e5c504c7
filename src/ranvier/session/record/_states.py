"""A record put into the words of the files that say how a session ended."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ranvier.session.faults import Finding, Severity, Verdict
from ranvier.session.record._against import find_breaks, find_death

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ranvier.session.record._model import ProgramAttempt, SessionRecord

# The name of a graph among the attempts; all others are programs.
_GRAPH = "graph"


def describe_end(record: SessionRecord) -> dict[str, Any]:
    """Say how a session ended, or how far it is.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    dict
        The first nine keys are those of the OpenScope launcher's end_state.json.
    """
    told = _choose_attempt(record)
    return {
        "session_uuid": record.session,
        "subject_id": record.subject,
        "user_id": record.user,
        "start_time": record.start,
        "stop_time": record.end,
        "process_returncode": told.exit_code if told else None,
        "version": record.software.get("ranvier"),
        "rig_config": _find_rig_values(record),
        "experiment_data": _find_data(record),
        "process_signal": told.signal if told else None,
        "state": record.state,
        "is_stop_time_seen": record.is_end_seen,
        "last_seen": record.last_seen,
        "finished_time": record.finished,
        "finalised": record.finalised,
        "acquisition_start_time": record.acquisition_start,
        "acquisition_end_time": record.acquisition_end,
        "verdict": record.verdict,
        "exit_status": record.exit_status,
        "error": record.error,
        "findings": [
            {"of": source, **finding.to_dict()}
            for source, finding in _iter_findings(record)
            if finding.severity is not Severity.OK
        ],
        "preflight": _describe_all(record.preflight.findings),
        "steps": [_describe(each) for each in record.steps],
        "attempts": [_describe(each) for each in record.attempts],
        "runs": [_describe(each) for each in record.runs],
        "stop_requests": record.stops,
        "limits": record.limits,
        "losses": record.losses,
        "epochs": [asdict(each) for each in record.epochs],
        "answers": record.answers,
        "notes": record.notes,
        "peers": record.peers,
        "peer_role": record.role or None,
        "files": _list_files(record),
        "archives": record.archives,
        "parameter_origins": record.origins,
        "unread_lines": record.unread,
    }


def describe_errors(record: SessionRecord) -> dict[str, Any]:
    """Say what went wrong in a session, with tracebacks where there are any.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    dict
        The keys exception, traceback, timestamp, session_uuid and crash_info are those
        of the OpenScope launcher's debug_state.json, of the error that ended the
        session, else of the last one.
    """
    errors = _list_errors(record)
    last = errors[-1] if errors else {}
    kind, problem = last.get("type", ""), last.get("problem", "")
    name = f"{kind}: {problem}" if kind else problem
    crash = {"exception_type": kind or None, "message": problem}
    crash["crash_time"] = last.get("time")
    count = "no error" if not errors else f"errors: {len(errors)}"
    end = "; its launcher died" if find_death(record) else ""
    return {
        "summary": f"{count}{end}; the session is {record.state}",
        "exception": name or None,
        "traceback": last.get("traceback"),
        "timestamp": record.last_seen,
        "session_uuid": record.session,
        "crash_info": crash if last else None,
        "launcher_state": {"state": record.state, "verdict": record.verdict},
        "errors": errors,
        "said": record.said,
    }


def _list_errors(record: SessionRecord) -> list[dict[str, Any]]:
    deaths = find_death(record)
    told: list[dict[str, Any]] = [
        {"of": source, **finding.to_dict()}
        for source, finding in _iter_findings(record)
        if finding.severity is Severity.ERROR and finding not in deaths
    ]
    told += [{"of": "fault", **each} for each in record.faults]
    told += [{"of": "run", **run.error} for run in record.runs if run.error]
    if record.error:
        ended = record.finished.isoformat() if record.finished else None
        told.append({"of": "session", "time": ended, **record.error})
    # Last: it is what ended the session.
    seen = record.last_seen.isoformat() if record.last_seen else None
    return told + [{"of": "session", "time": seen, **d.to_dict()} for d in deaths]


def _choose_attempt(record: SessionRecord) -> ProgramAttempt | None:
    """Choose the start whose end is that of the acquisition."""
    # Of each program its last start: what it did before was tried again.
    latest = list({each.program: each for each in record.attempts}.values())
    failed = [each for each in latest if each.verdict is Verdict.FAILED and each.end]
    if failed:  # the first: the others were stopped for its sake
        return min(failed, key=lambda each: each.end or record.start)
    programs = [each for each in record.attempts if each.program != _GRAPH]
    return next(reversed(programs or record.attempts), None)


def _list_files(record: SessionRecord) -> list[dict[str, Any]]:
    # Each is told of whenever it is written: its last row counts.
    rows = {str(row.get("schema") or row.get("file")): row for row in record.files}
    return list(rows.values())


def _iter_findings(record: SessionRecord) -> Iterator[tuple[str, Finding]]:
    for finding in find_breaks(record):
        yield "audit trail", finding
    for finding in record.preflight.findings:
        yield "preflight", finding
    for attempt in record.attempts:
        for finding in attempt.findings:
            yield f"program {attempt.program}", finding
    for step in record.steps:
        for finding in step.findings:
            yield f"step {step.step}", finding
    for finding in find_death(record):
        yield "session", finding
    told = {*record.preflight.findings}
    told.update(each for attempt in record.attempts for each in attempt.findings)
    told.update(each for step in record.steps for each in step.findings)
    for finding in record.findings:
        if finding not in told:
            yield "session", finding


def _find_rig_values(record: SessionRecord) -> dict[str, Any]:
    known = record.parameters
    of_rig = [name for name, origin in record.origins.items() if origin == "rig"]
    values = {name: known[name] for name in of_rig if name in known}
    return {"rig_id": record.rig, **values}


def _find_data(record: SessionRecord) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for step in record.steps:
        data.update(step.data)
    return data


def _describe(thing: Any) -> dict[str, Any]:
    fields = asdict(thing)
    if "findings" in fields:
        fields["findings"] = _describe_all(thing.findings)
    return fields


def _describe_all(findings: Iterable[Finding]) -> list[dict[str, str]]:
    return [finding.to_dict() for finding in findings]
