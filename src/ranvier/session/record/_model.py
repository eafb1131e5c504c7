"""What is known of a session, read off its audit trail and from nowhere else."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.session.faults import Finding, Report, Verdict

if TYPE_CHECKING:
    import datetime as dt

    from ranvier.audit import AuditBreak


class SessionState(enum.StrEnum):
    """How far a session is. `LOST`: its launcher died and nobody finalised it yet."""

    CREATED = "created"
    RUNNING = "running"
    FINISHED = "finished"
    LOST = "lost"


@dataclass(frozen=True)
class RepositoryState:
    """The code of the task, as it was used.

    Parameters
    ----------
    url, commit, ref
        Where it comes from, the full hash, and the branch or tag asked for.
    path
        Where it lay.
    is_dirty
        True if files differed from the commit.
    diff
        File in the session folder that holds the difference; empty if there is none.
    submodules
        Commit of each, by path.
    left_out
        Files that differ and that the difference does not hold, each with size and
        hash: they are too large, or can't be read.
    """

    url: str
    commit: str
    ref: str
    path: str
    is_dirty: bool = False
    diff: str = ""
    submodules: dict[str, str] = field(default_factory=dict[str, str])
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProgramAttempt:
    """One start of an external program, or of a graph.

    Parameters
    ----------
    program
        Its name: "bonsai", "python", "matlab", "graph", or the file's.
    command
        As it was started.
    attempt
        From 1.
    start, end
        Aware; `end` is None if it was not seen to end.
    exit_code, signal
        Of which one is None; both are if it was not seen to end.
    verdict, findings
        What became of it, and why; None if it was not seen to end.
    cwd
        Folder in which it was started; empty if it is not known.
    """

    program: str
    command: tuple[str, ...]
    attempt: int
    start: dt.datetime
    pid: int | None = None
    end: dt.datetime | None = None
    exit_code: int | None = None
    signal: str | None = None
    verdict: Verdict | None = None
    findings: tuple[Finding, ...] = ()
    cwd: str = ""


@dataclass(frozen=True)
class StepRecord:
    """One step, before or after the acquisition.

    Parameters
    ----------
    step
        Its name.
    phase
        "before" or "after".
    number
        Its place in the phase, from 0; a step done again later has the same.
    start, end
        Aware; `end` is None if it was not seen to end.
    verdict, findings
        What became of it, and why.
    files
        That it made, relative to the session folder.
    data
        What it found out, by name: a weight, notes, epochs.
    parameters
        With which it was run.
    """

    step: str
    phase: str
    number: int
    start: dt.datetime
    end: dt.datetime | None = None
    verdict: Verdict | None = None
    findings: tuple[Finding, ...] = ()
    files: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class GraphRun:
    """One run of a graph in the session.

    Parameters
    ----------
    run
        Its identifier.
    start, end
        Aware; `end` is None if it was not seen to end.
    reason
        "completed", "stopped" or "failed"; empty if it was not seen to end.
    error
        Why it failed.
    """

    run: str
    start: dt.datetime
    end: dt.datetime | None = None
    reason: str = ""
    error: dict[str, str] | None = None


@dataclass(frozen=True)
class Epoch:
    """A stimulus epoch: an interval with the same stimuli.

    Parameters
    ----------
    name
        Of the stimulus.
    start, end
        Aware; `end` is None if it did not end.
    modalities
        "Visual", "Auditory", …: words of the AIND schema.
    script
        name, version, url, commit, parameters of what showed it; what is not known is
        missing.
    parameters
        Of the stimulus.
    trials
        total, finished, rewarded; what is not known is missing.
    reward_ul
        Consumed in the epoch, µl.
    """

    name: str
    start: dt.datetime
    end: dt.datetime | None = None
    modalities: tuple[str, ...] = ()
    script: dict[str, Any] = field(default_factory=dict[str, Any])
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    trials: dict[str, int] = field(default_factory=dict[str, int])
    reward_ul: float | None = None


@dataclass(frozen=True)
class ResourceSample:
    """What programs used at one moment.

    Parameters
    ----------
    time
        Aware.
    processes
        Of each process of the tree: pid, name, cpu_percent, rss_bytes.
    system
        cpu_percent, memory_percent, disk_free_bytes.
    """

    time: dt.datetime
    program: str
    processes: tuple[dict[str, Any], ...]
    system: dict[str, Any]


@dataclass(frozen=True)
class SessionRecord:
    """All that is known of a session.

    What a session did not get to know is None or empty; nothing is filled in.

    Parameters
    ----------
    session
        Its name, that of its folder: `<subject>_<YYYY-MM-DD>_<HH-MM-SS>`.
    subject, user, rig
        Identifiers.
    state
        How far it is.
    start, end
        Aware, in the offset in which the session began. `end` is that of its last
        acquisition, or of the session if it had none; None if it is not known. Of a
        session that was finalised after its launcher died it is the last sign of life,
        and `is_end_seen` is False.
    acquisition_start, acquisition_end
        Aware; from the first program or run to the end of the last.
    verdict, exit_status, error
        What became of it; None while it is not finished.
    parameters, origins
        As used (merged, expanded); where each comes from: "rig", "file", "operator", …
    input_name, input_text
        The parameter file as given.
    argv, host, software
        Command line; name and system of the computer; versions of ranvier, Python, …
    preflight
        What was checked before.
    repository, peers, attempts, steps, epochs, answers, samples, stops, faults
        In the order in which they came.
    by, role
        Who started it; what this machine was to its peers, if it had any.
    runs
        Of graphs, in their order.
    said, limits, losses, notes
        What programs said that mattered, limits that fired, data that were lost, what
        someone noted; each with its `time` (aware).
    files, archives
        Metadata files that were written, with what they lack; copies that were made.
    findings
        Of the session as a whole, as its last line tells them.
    finished, finalised
        When it was finished; when, why and by whom it was finalised, if it was.
    last_seen
        Last sign of life before it was finished or finalised.
    is_end_seen
        False if `end` is only the last sign of life.
    unread
        Numbers of the lines of the trail that should tell something of the session but
        are not understood.
    breaks
        Where the chain of the trail does not hold, if it was looked at; a line that a
        kill cut short is none.
    """

    session: str
    subject: str | None
    user: str | None
    rig: str | None
    state: SessionState
    start: dt.datetime
    end: dt.datetime | None = None
    acquisition_start: dt.datetime | None = None
    acquisition_end: dt.datetime | None = None
    verdict: Verdict | None = None
    exit_status: int | None = None
    error: dict[str, str] | None = None
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    origins: dict[str, str] = field(default_factory=dict[str, str])
    input_name: str = ""
    input_text: str = ""
    argv: tuple[str, ...] = ()
    host: dict[str, Any] = field(default_factory=dict[str, Any])
    software: dict[str, str] = field(default_factory=dict[str, str])
    preflight: Report = field(default_factory=Report)
    repository: RepositoryState | None = None
    peers: tuple[dict[str, Any], ...] = ()
    attempts: tuple[ProgramAttempt, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    answers: tuple[dict[str, Any], ...] = ()
    samples: tuple[ResourceSample, ...] = ()
    stops: tuple[dict[str, Any], ...] = ()
    faults: tuple[dict[str, str], ...] = ()
    by: str = ""
    role: str = ""
    runs: tuple[GraphRun, ...] = ()
    said: tuple[dict[str, Any], ...] = ()
    limits: tuple[dict[str, Any], ...] = ()
    losses: tuple[dict[str, Any], ...] = ()
    notes: tuple[dict[str, Any], ...] = ()
    files: tuple[dict[str, Any], ...] = ()
    archives: tuple[dict[str, Any], ...] = ()
    findings: tuple[Finding, ...] = ()
    finished: dt.datetime | None = None
    finalised: dict[str, Any] | None = None
    last_seen: dt.datetime | None = None
    is_end_seen: bool = True
    unread: tuple[int, ...] = ()
    breaks: tuple[AuditBreak, ...] = ()

    def data_of(self, name: str) -> Any:
        """Give what steps found out under a name; the last word counts.

        Returns
        -------
        object
            None if no step found it out.
        """
        told = [step.data[name] for step in self.steps if name in step.data]
        return told[-1] if told else None
