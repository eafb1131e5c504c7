"""What is to be run and within which limits, and how it ended; data alone."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ranvier.session.faults import Finding, Verdict

NET_EXCEPTIONS = (
    r"(?i)^unhandled exception\b",
    r"^\s*(?:---> )?(?:[A-Za-z_]\w*\.)+\w*Exception(?:`\d+)?(?:[:(\[\s]|$)",
)
"""How a .NET program tells of an exception: on stderr, and Bonsai then exits 0."""


class StderrMode(enum.StrEnum):
    """What a line on stderr means, if no pattern says more."""

    IGNORE = "ignore"
    WARN = "warn"
    FAIL = "fail"


class StopBy(enum.StrEnum):
    """How a program is asked to end; on Windows both are Ctrl-Break."""

    INTERRUPT = "interrupt"
    TERMINATE = "terminate"


@dataclass(frozen=True)
class Limits:
    """What a program may take; None is no limit.

    Parameters
    ----------
    memory_bytes
        Resident memory of the whole tree. Pages that its processes share count for
        each of them.
    start_s
        It has said something, or given a sign of life, by then.
    silence_s
        It is never silent for longer, from its first sign of life on; from its start
        if there is no `start_s`. If `heartbeat` is given, at most twice as long: that
        is looked at when the time is over.
    run_s
        It has ended by then.
    stop_s
        So long it may take to end when it is asked to; then it is killed.
    heartbeat
        A file that changes as long as the program lives, or a folder in which some
        file does (what the launcher itself writes there does not count).
    keys
        By the name of a limit here, the parameter that sets it, for messages; of one
        that is not in it, none is named.
    """

    memory_bytes: int | None = None
    start_s: float | None = None
    silence_s: float | None = None
    run_s: float | None = None
    stop_s: float = 5.0
    heartbeat: Path | None = None
    keys: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class StderrPolicy:
    """What is made of lines on stderr.

    Parameters
    ----------
    mode
        What any line means.
    patterns
        Regular expressions, searched in each line; a line that has one fails the
        program in every mode.
    stop_after_s
        So long after a line that fails it the program is asked to end, s; None lets
        it go on.
    """

    mode: StderrMode = StderrMode.WARN
    patterns: tuple[str, ...] = NET_EXCEPTIONS
    stop_after_s: float | None = None


@dataclass(frozen=True)
class RetryPolicy:
    """Whether a program that failed is started again.

    Parameters
    ----------
    max_retries
        At most so many. None leaves it to the person who is asked, and is refused
        where `ask` is false: nothing goes round for ever unattended.
    delay_s
        Before each.
    patterns
        Regular expressions; if there are any, one must be in what it said on stderr.
    ask
        True if the operator decides each time. Without anybody to ask, there is no
        retry.
    """

    max_retries: int | None = 0
    delay_s: float = 0.0
    patterns: tuple[str, ...] = ()
    ask: bool = False


@dataclass(frozen=True)
class ProgramSpec:
    """One external program, as it is to be run.

    Parameters
    ----------
    name
        Of its files and in messages: "bonsai", "python", …
    command
        The program and its arguments; never goes through a shell.
    folder
        Its working folder.
    environment
        Put on top of the launcher's own.
    limits, stderr, retry
        See there.
    sample_interval_s
        Between two looks at what it uses.
    stop_by
        How it is asked to end.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: Limits = field(default_factory=Limits)
    stderr: StderrPolicy = field(default_factory=StderrPolicy)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    sample_interval_s: float = 5.0
    stop_by: StopBy = StopBy.INTERRUPT


@dataclass(frozen=True)
class ProgramEnd:
    """How a program ended, or one attempt at it.

    Parameters
    ----------
    verdict, findings
        What became of it, and why.
    exit_code, signal
        Of which one is None; both are if it never ran, or was not seen to end.
    attempts
        How often it was started; of one attempt, its number from 1.
    is_stopped
        True if it ended because that was asked for.
    """

    verdict: Verdict
    exit_code: int | None = None
    signal: str | None = None
    findings: tuple[Finding, ...] = ()
    attempts: int = 1
    is_stopped: bool = False
