"""The words between a run and its screens: CLI, browser, Python."""

from __future__ import annotations

from typing import Any

import msgspec

from ranvier.runtime._status import RunStatus  # noqa: TC001 - msgspec reads it
from ranvier.worker import Word


class Watch(Word, tag="watch", frozen=True):
    """Send the status every `interval_s`, from now on."""

    interval_s: float


class Ask(Word, tag="ask", frozen=True):
    """Send the status once."""


class Steer(Word, tag="steer", frozen=True):
    """Pause, resume, stop or end the run at once ("abort")."""

    action: str
    by: str
    reason: str = ""


class Change(Word, tag="change", frozen=True):
    """Change a live parameter."""

    node: str
    name: str
    value: Any
    by: str


class Note(Word, tag="note", frozen=True):
    """Write a line into the audit trail."""

    text: str
    by: str


class Shown(Word, tag="shown", frozen=True):
    """The status."""

    status: RunStatus


class Done(Word, tag="done", frozen=True):
    """What was asked for was done; what it gave."""

    result: Any = None


class Refused(Word, tag="refused", frozen=True):
    """What was asked for was refused, and why."""

    error: dict[str, str]


class Started(Word, tag="started", frozen=True):
    """First line of a supervisor to whoever started it."""

    run_id: str
    session_folder: str


class Finished(Word, tag="finished", frozen=True):
    """Last line of a supervisor to whoever started it."""

    reason: str
    errors: list[dict[str, str]] = msgspec.field(default_factory=list[dict[str, str]])
    session_folder: str = ""


FromScreen = Watch | Ask | Steer | Change | Note
ToScreen = Shown | Done | Refused | Finished
ToStarter = Started | Finished


class RunRequest(msgspec.Struct, frozen=True):
    """What a supervisor is started with, as JSON on its standard input.

    Parameters
    ----------
    graph
        Path of the graph file.
    parent
        Folder in which the session folder is made; not looked at if there is `into`.
    duration_s, speed, seed
        In place of what the graph says, where not None.
    record
        False for a run that leaves no recording.
    by
        Who started it.
    parameters
        Values in place of the graph's, by node and parameter.
    into
        Folder of a session in which the run records and whose audit trail it continues,
        in place of a new one in `parent`; None for a new one.
    starter_pid
        Process with whose end the run ends too; None for a run that outlives it.
    """

    graph: str
    parent: str
    duration_s: float | None = None
    speed: str | None = None
    seed: int | None = None
    record: bool = True
    by: str = ""
    parameters: dict[str, dict[str, Any]] = {}
    into: str | None = None
    starter_pid: int | None = None
