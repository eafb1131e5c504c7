"""The kinds of lines in the audit trail, and the fields that each carries."""

from __future__ import annotations

import enum
from typing import Dict, FrozenSet, Tuple


class AuditKind(str, enum.Enum):  # StrEnum came with Python 3.11
    """What a line of the audit trail tells."""

    RUN_CREATED = "run_created"
    RUN_STARTED = "run_started"
    NODE_READY = "node_ready"
    NODE_FAILED = "node_failed"
    FAULT = "fault"
    NODE_EXITED = "node_exited"
    NODE_RESTARTED = "node_restarted"
    GUARD_EXITED = "guard_exited"
    PARAMETER_CHANGED = "parameter_changed"
    PARAMETER_REFUSED = "parameter_refused"
    LOSS = "loss"
    STREAM_ENDED = "stream_ended"
    PAUSED = "paused"
    RESUMED = "resumed"
    NOTE = "note"
    SAFE_STATE_CALLED = "safe_state_called"
    CLOCK_OFFSET = "clock_offset"
    RECORDING_OPENED = "recording_opened"
    RECORDING_CLOSED = "recording_closed"
    DISK_FULL = "disk_full"
    MEMORY_LIMIT = "memory_limit"
    STOP_REQUESTED = "stop_requested"
    RUN_FINISHED = "run_finished"
    RECOVERED = "recovered"
    SESSION_CREATED = "session_created"
    PREFLIGHT = "preflight"
    ANSWERED = "answered"
    REPOSITORY_READY = "repository_ready"
    PEERS_AGREED = "peers_agreed"
    ACQUISITION_STARTED = "acquisition_started"
    PROGRAM_STARTED = "program_started"
    PROGRAM_SAID = "program_said"
    PROGRAM_EXITED = "program_exited"
    LIMIT_FIRED = "limit_fired"
    RESOURCES = "resources"
    ACQUISITION_FINISHED = "acquisition_finished"
    STEP_STARTED = "step_started"
    STEP_FINISHED = "step_finished"
    EPOCH = "epoch"
    METADATA_WRITTEN = "metadata_written"
    ARCHIVED = "archived"
    SESSION_FINISHED = "session_finished"
    SESSION_FINALISED = "session_finalised"


_K = AuditKind
FIELDS: Dict[AuditKind, Tuple[str, ...]] = {
    _K.RUN_CREATED: ("run", "graph", "by", "overrides"),
    _K.RUN_STARTED: (),
    _K.NODE_READY: ("pid", "took_s"),
    _K.NODE_FAILED: ("error", "traceback"),
    _K.FAULT: ("error", "traceback", "stream", "sequence", "answer"),
    _K.NODE_EXITED: ("pid", "exit_code", "signal"),
    _K.NODE_RESTARTED: ("restarts", "epoch"),
    _K.GUARD_EXITED: ("pid", "exit_code", "signal"),
    _K.PARAMETER_CHANGED: ("parameter", "old", "new", "by", "from_sequence"),
    _K.PARAMETER_REFUSED: ("parameter", "value", "by", "error"),
    _K.LOSS: ("stream", "target", "count", "epoch", "first", "last"),
    _K.STREAM_ENDED: ("stream", "epoch", "count"),
    _K.PAUSED: ("by",),
    _K.RESUMED: ("by",),
    _K.NOTE: ("text", "by"),
    _K.SAFE_STATE_CALLED: ("why", "error"),
    _K.CLOCK_OFFSET: ("host", "offset_ns", "error_ns"),
    _K.RECORDING_OPENED: ("file", "streams"),
    _K.RECORDING_CLOSED: ("file", "counts"),
    _K.DISK_FULL: ("folder", "free_bytes"),
    _K.MEMORY_LIMIT: ("used_bytes", "limit_bytes"),
    _K.STOP_REQUESTED: ("by", "reason"),
    _K.RUN_FINISHED: ("reason", "error"),
    _K.RECOVERED: ("files", "verdict", "findings"),
    _K.SESSION_CREATED: (
        "session",
        "subject",
        "user",
        "rig",
        "input_name",
        "input_text",
        "parameters",
        "origins",
        "argv",
        "host",
        "software",
        "by",
    ),
    _K.PREFLIGHT: ("verdict", "findings"),
    _K.ANSWERED: ("question", "prompt", "answer", "by"),
    _K.REPOSITORY_READY: (
        "url",
        "commit",
        "ref",
        "path",
        "is_dirty",
        "diff",
        "submodules",
    ),
    _K.PEERS_AGREED: ("session", "role", "peers", "offsets_ns"),
    _K.ACQUISITION_STARTED: ("software",),
    _K.PROGRAM_STARTED: ("program", "command", "cwd", "pid", "attempt"),
    _K.PROGRAM_SAID: ("program", "stream", "text"),
    _K.PROGRAM_EXITED: (
        "program",
        "attempt",
        "exit_code",
        "signal",
        "verdict",
        "findings",
    ),
    _K.LIMIT_FIRED: ("program", "limit", "value", "allowed"),
    _K.RESOURCES: ("program", "processes", "system"),
    _K.ACQUISITION_FINISHED: ("verdict",),
    _K.STEP_STARTED: ("step", "phase", "number", "parameters"),
    _K.STEP_FINISHED: (
        "step",
        "phase",
        "number",
        "status",
        "findings",
        "files",
        "data",
        "took_s",
    ),
    _K.EPOCH: (
        "name",
        "start",
        "end",
        "modalities",
        "script",
        "parameters",
        "trials",
        "reward",
    ),
    _K.METADATA_WRITTEN: ("file", "schema", "version", "missing"),
    _K.ARCHIVED: ("destination", "files", "bytes", "findings"),
    _K.SESSION_FINISHED: ("verdict", "exit_status", "error", "findings"),
    _K.SESSION_FINALISED: ("why", "by"),
}
"""The fields of each kind; a field that is not given is written as null.

`first` and `last` are sequence numbers, both of them lost; `count` of `stream_ended`
is how many messages were sent in that epoch; `target` is "node.input"; `overrides` is
what differs from the graph file, or null; `verdict` and `findings` of `recovered` are
what `verify` had said and found before. Kinds from `session_created` on are written by
the launcher of a session, before, beside and after the lines of a run in it.
"""

DURABLE: FrozenSet[AuditKind] = frozenset(_K) - {
    _K.LOSS,
    _K.NOTE,
    _K.CLOCK_OFFSET,
    _K.NODE_READY,
    _K.STREAM_ENDED,
    _K.PROGRAM_SAID,
    _K.RESOURCES,
    _K.STEP_STARTED,
}
"""Kinds that are on the disk before `AuditTrail.write` returns."""
