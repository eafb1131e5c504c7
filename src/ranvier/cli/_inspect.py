"""What is in a recording, counted: streams, rates, sizes, gaps, what happened."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ranvier.audit import read_audit
from ranvier.core import RecordingError
from ranvier.recording import (
    SessionFolder,
    count_missing,
    find_run_files,
    open_recording,
    read_manifest,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.audit import AuditLine
    from ranvier.recording import Recording, Stream

_TOLD = 12
# What a person looks for first; the rest is counted only.
_TELLING = {
    "fault",
    "node_failed",
    "node_restarted",
    "guard_exited",
    "parameter_changed",
    "parameter_refused",
    "loss",
    "paused",
    "resumed",
    "note",
    "disk_full",
    "memory_limit",
    "stop_requested",
    "recovered",
    "preflight",
    "answered",
    "program_started",
    "program_exited",
    "limit_fired",
    "step_finished",
    "session_finished",
    "session_finalised",
}
# What a session says of itself at its start and at its end.
_OF_SESSION = ("session", "subject", "rig", "user")
_NOTHING = ("recorded", "nothing by ranvier: a session without a run")


class StreamSummary(NamedTuple):
    """One stream in numbers.

    Parameters
    ----------
    name, what
        "node.output", and what a message carries.
    n_messages
        How many there are.
    duration_s
        From the first to the last, s; nan for fewer than two.
    rate_hz
        Messages a second; nan for fewer than two.
    n_bytes
        Size of all messages, estimated from up to 32 of them.
    n_missing
        How many are known to be missing.
    longest_gap_s
        Longest time between two messages, s; nan for fewer than two.
    problem
        Why it can't be read, or "".
    """

    name: str
    what: str
    n_messages: int
    duration_s: float
    rate_hz: float
    n_bytes: int
    n_missing: int
    longest_gap_s: float
    problem: str = ""


class Inspection(NamedTuple):
    """A recording in numbers and words.

    Parameters
    ----------
    title
        Name of the folder or file.
    facts
        Pairs of a word and what it is.
    streams
        In order of the recording.
    events
        Kinds of lines of the audit trail and how many there are of each.
    told
        The lines that a person looks for, as words.
    problems
        What can't be read.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    streams: tuple[StreamSummary, ...]
    events: tuple[tuple[str, int], ...]
    told: tuple[str, ...]
    problems: tuple[str, ...]


def inspect_recording(path: Path) -> Inspection:
    """Look through a recording.

    Parameters
    ----------
    path
        A session folder or one of its files.

    Returns
    -------
    Inspection
        Also of a recording that is damaged or unfinished, and of a session in which
        no run was made.

    Raises
    ------
    RecordingError
        If there is neither a recording nor a manifest, nor the trail of a session.
    """
    problems: list[str] = []
    facts: list[tuple[str, str]] = []
    audit: list[AuditLine] = []
    if path.is_dir():
        facts, audit = _read_session(SessionFolder(path), problems)
    streams: tuple[StreamSummary, ...] = ()
    try:
        opened = open_recording(path)
        problems += opened.problems
    except RecordingError as error:
        # A run may have been told to record nothing: what happened is there.
        if not facts:
            raise
        if _NOTHING not in facts:
            problems.append(error.problem)
    else:
        streams = tuple(summarise(opened, name) for name in opened)
    return Inspection(
        path.resolve().name,
        tuple(facts),
        streams,
        tuple(collections.Counter(line.kind for line in audit).items()),
        tuple(tell(line, audit[0].time_ns) for line in audit if line.kind in _TELLING)[
            -_TOLD:
        ],
        tuple(problems),
    )


def summarise(recording: Recording, name: str) -> StreamSummary:
    """Count one stream.

    Parameters
    ----------
    recording
        Of a session folder or a file by itself.
    name
        "node.output".

    Returns
    -------
    StreamSummary
        Its headers are read, and up to 32 of its messages.
    """
    stream = recording[name]
    info, n = stream.info, len(stream)
    times_s = stream.times_ns * 1e-9
    duration_s = float(times_s[-1] - times_s[0]) if n > 1 else float("nan")
    longest_s = float(np.diff(times_s).max()) if n > 1 else float("nan")
    rate_hz = (n - 1) / duration_s if n > 1 and duration_s > 0 else float("nan")
    what = " ".join(filter(None, (info.dtype, info.kind)))
    n_bytes, n_missing, problem = 0, 0, ""
    try:
        n_bytes = _estimate_bytes(stream)
        n_missing = count_missing(recording, name)
    except RecordingError as error:
        problem = error.problem
    return StreamSummary(
        info.name, what, n, duration_s, rate_hz, n_bytes, n_missing, longest_s, problem
    )


def tell(line: AuditLine, start_ns: int) -> str:
    """Write a line of the audit trail for a person.

    Parameters
    ----------
    line
        Any.
    start_ns
        Time of the first line, ns.

    Returns
    -------
    str
        Time since then, what happened, to which node, and its fields.
    """
    words = [f"{(line.time_ns - start_ns) * 1e-9:8.2f} s", line.kind.replace("_", " ")]
    words += [line.node] if line.node else []
    for key, value in line.fields.items():
        if key == "error" and isinstance(value, dict):
            words.append(str(value.get("problem", "")))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        elif key != "traceback" and value not in (None, "", []):
            words.append(f"{key}={value}")
    return "  ".join(words)


def _read_session(
    folder: SessionFolder, problems: list[str]
) -> tuple[list[tuple[str, str]], list[AuditLine]]:
    facts: list[tuple[str, str]] = []
    audit: list[AuditLine] = []
    try:
        audit = read_audit(folder.audit)
    except RecordingError as error:
        problems.append(error.problem)
    try:
        manifest = read_manifest(folder)
        host = manifest.host
        facts = [
            ("run", manifest.run),
            ("graph", manifest.graph_name),
            ("started", manifest.wall_start),
            ("ended", manifest.finish_reason or "not yet, or it was killed"),
            ("nodes", ", ".join(node.name for node in manifest.nodes)),
            ("speed, seed", f"{manifest.speed}, {manifest.seed}"),
            ("host", f"{host.name} ({host.system})" if host else "unknown"),
            ("ranvier", manifest.ranvier),
        ]
    except RecordingError as error:
        if _describe_session(audit) and not find_run_files(folder):
            facts = [_NOTHING]
        else:
            problems.insert(0, error.problem)
    return _describe_session(audit) + facts, audit


def _describe_session(audit: list[AuditLine]) -> list[tuple[str, str]]:
    lines = {line.kind: line for line in audit}
    begin, end = lines.get("session_created"), lines.get("session_finished")
    if begin is None:
        return []
    facts = [(word, begin.fields.get(word)) for word in _OF_SESSION]
    verdict = end.fields.get("verdict") if end else "not finished"
    facts += [("began", begin.wall), ("verdict", verdict)]
    return [(word, str(what)) for word, what in facts if what is not None]


def _estimate_bytes(stream: Stream) -> int:
    n = len(stream)
    if not n:
        return 0
    looked_at = np.unique(np.linspace(0, n - 1, min(n, 32)).astype(int))
    sizes = [len(stream.raw(int(index))) for index in looked_at]
    return int(np.mean(sizes) * n)
