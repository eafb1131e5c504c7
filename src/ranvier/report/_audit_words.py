"""The audit trail in sentences for a person."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from ranvier.audit import AuditKind
from ranvier.core import format_count
from ranvier.report._page import format_number, render_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.audit import AuditLine
    from ranvier.report._facts import Facts

# Every run has these, for each node or stream: they are told together.
_GATHERED = {
    AuditKind.NODE_READY.value: "nodes ready",
    AuditKind.STREAM_ENDED.value: "streams ended",
    AuditKind.NODE_EXITED.value: "processes ended",
}


def render_audit(facts: Facts) -> str:
    """Give the audit trail as a table, everyday lines gathered.

    Returns
    -------
    str
        HTML.
    """
    rows = [
        (
            f"{(line.time_ns - facts.start_ns) * 1e-9:.2f} s",
            escape(line.kind.replace("_", " ")),
            escape(line.node),
            words,
        )
        for line, words in _tell(facts.audit)
    ]
    return render_table(("time", "what", "node", ""), rows, numbers=(0,))


def _tell(lines: list[AuditLine]) -> list[tuple[AuditLine, str]]:
    told: list[tuple[AuditLine, str]] = []
    gathered: list[AuditLine] = []
    for line in lines:
        if gathered and line.kind != gathered[0].kind:
            told.append(_gather(gathered))
            gathered = []
        if _is_everyday(line):
            gathered.append(line)
        else:
            told.append((line, _describe(line)))
    return [*told, _gather(gathered)] if gathered else told


def _is_everyday(line: AuditLine) -> bool:
    was_told_to = line.fields.get("why") == "told to"
    is_exit = line.kind == AuditKind.NODE_EXITED.value
    return line.kind in _GATHERED and (was_told_to or not is_exit)


def _gather(lines: list[AuditLine]) -> tuple[AuditLine, str]:
    first = lines[0]
    if len(lines) == 1:
        return first, _describe(first)
    names = ", ".join(dict.fromkeys(line.node for line in lines))
    words = f"{len(lines)} {_GATHERED[first.kind]}: {escape(names)}"
    if first.kind == AuditKind.NODE_READY.value:
        slowest = max(float(line.fields.get("took_s") or 0.0) for line in lines)
        words += f"; the slowest set-up took {slowest:.2f} s"
    return first._replace(node=""), words


def _describe(line: AuditLine) -> str:
    describe = _WORDS.get(line.kind)
    fields = {key: value for key, value in line.fields.items() if value is not None}
    words = describe(fields) if describe else _describe_fields(fields)
    trace = line.fields.get("traceback")
    if trace:
        text = f"<pre>{escape(str(trace))}</pre>"
        words += f"<details><summary>traceback</summary>{text}</details>"
    return words


def _describe_fields(fields: dict[str, Any]) -> str:
    return escape(", ".join(f"{k} {v}" for k, v in fields.items() if k != "traceback"))


def _describe_error(fields: dict[str, Any]) -> str:
    error = fields.get("error")
    words = error.get("problem", "") if isinstance(error, dict) else str(error or "")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    at = ""
    if "stream" in fields:
        at = f" (at message {fields.get('sequence', '?')} of {fields['stream']})"
    answer = f"; answer: {fields['answer']}" if "answer" in fields else ""
    return escape(f"{words}{at}{answer}")


def _describe_change(fields: dict[str, Any]) -> str:
    text = f"{fields.get('parameter')}: {fields.get('old')} → {fields.get('new')}"
    return escape(f"{text}, by {fields.get('by') or 'unknown'}")


def _describe_loss(fields: dict[str, Any]) -> str:
    return escape(
        f"{_count_messages(fields)} of {fields.get('stream')} did not reach "
        f"{fields.get('target')}"
    )


def _describe_exit(fields: dict[str, Any]) -> str:
    cause = fields.get("signal") or f"exit code {fields.get('exit_code')}"
    return escape(f"process {fields.get('pid')} ended: {fields.get('why') or cause}")


def _describe_closed(fields: dict[str, Any]) -> str:
    counts: dict[str, int] = fields.get("counts") or {}
    n_messages = format_count(sum(counts.values()), "message")
    return escape(f"{fields.get('file')}: {n_messages}")


def _count_messages(fields: dict[str, Any]) -> str:
    return format_count(int(fields.get("count") or 0), "message")


_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    AuditKind.RUN_CREATED.value: lambda f: escape(
        f"{f.get('graph')}, started by {f.get('by') or 'unknown'}"
    ),
    AuditKind.RUN_STARTED.value: lambda _: "all nodes began together",
    AuditKind.NODE_READY.value: lambda f: (
        f"set up in {format_number(float(f.get('took_s') or 0.0), 2)} s"
    ),
    AuditKind.STREAM_ENDED.value: lambda f: escape(
        f"{f.get('stream')} after {_count_messages(f)}"
    ),
    AuditKind.NODE_FAILED.value: _describe_error,
    AuditKind.FAULT.value: _describe_error,
    AuditKind.NODE_EXITED.value: _describe_exit,
    AuditKind.PARAMETER_CHANGED.value: _describe_change,
    AuditKind.LOSS.value: _describe_loss,
    AuditKind.NOTE.value: lambda f: escape(str(f.get("text", ""))),
    AuditKind.RECORDING_OPENED.value: lambda f: escape(
        f"{f.get('file')}: {format_count(len(f.get('streams') or ()), 'stream')}"
    ),
    AuditKind.RECORDING_CLOSED.value: _describe_closed,
    AuditKind.RUN_FINISHED.value: lambda f: escape(str(f.get("reason", ""))),
}
