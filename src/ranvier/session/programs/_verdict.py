"""What became of a program, and why: made of what was seen of it, and pure."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ranvier.core import format_count
from ranvier.session.faults import Finding, Report, Severity
from ranvier.session.programs._spec import ProgramEnd, StderrMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ranvier.session.programs._events import Exited
    from ranvier.session.programs._spec import ProgramSpec

_KEPT_LINES = 20
_ASKED_TO_END = ("SIGINT", "SIGTERM", "SIGKILL")
# 128 + SIGINT, 128 + SIGTERM: how shells tell of it; the last is Windows' Ctrl-Break.
_CODES_OF_A_STOP = (0, 130, 143, 0xC000013A)


class KillReason(enum.Enum):
    """Why a program was killed."""

    GRACE_OVER = enum.auto()
    URGED = enum.auto()
    GREW_ON = enum.auto()


@dataclass
class Course:
    """What was seen of one attempt, from its start to its end.

    Parameters
    ----------
    spec, attempt
        The program, and how often it was started.
    """

    spec: ProgramSpec
    attempt: int
    exited: Exited | None = None
    fired: tuple[str, float, float] | None = None
    is_stopped: bool = False
    is_asked: bool = False
    killed_for: KillReason | None = None
    n_lines: int = 0
    lines: list[str] = field(default_factory=list[str])
    n_failing: int = 0
    failing: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self._patterns = tuple(map(re.compile, self.spec.stderr.patterns))
        self._fails_all = self.spec.stderr.mode is StderrMode.FAIL

    def hear(self, lines: tuple[str, ...]) -> bool:
        """Take lines of stderr; true if one of them is the first to fail it.

        Returns
        -------
        bool
            True once at most.
        """
        told = [line for line in lines if line.strip()]
        failing = [line for line in told if self._is_failing(line)]
        is_first = bool(failing) and not self.n_failing
        self.n_lines += len(told)
        self.n_failing += len(failing)
        # The first that fail tell why; of the rest the last are the nearest to the end.
        self.failing = (self.failing + failing)[:_KEPT_LINES]
        self.lines = (self.lines + told)[-_KEPT_LINES:]
        return is_first

    def _is_failing(self, line: str) -> bool:
        return self._fails_all or any(p.search(line) for p in self._patterns)


def judge(course: Course) -> ProgramEnd:
    """Say what became of an attempt.

    Parameters
    ----------
    course
        What was seen of it.

    Returns
    -------
    ProgramEnd
        FAILED if a limit was broken, it ended with another exit code than 0 (unless it
        was stopped), its end was not seen, output was lost, or what it wrote to stderr
        fails it; WARNING if it had to be killed, left processes behind, or wrote
        anything else to stderr; else OK.
    """
    report = Report.of(_iter_findings(course))
    exited = course.exited
    return ProgramEnd(
        verdict=report.verdict,
        exit_code=exited.exit_code if exited else None,
        signal=exited.signal if exited else None,
        findings=report.findings,
        attempts=course.attempt,
        is_stopped=course.is_stopped,
    )


def _iter_findings(course: Course) -> Iterator[Finding]:
    if course.fired:
        yield _tell_limit(course, *course.fired)
    yield from _iter_exit_findings(course)
    # Of one that failed, stderr stands with its exit code already.
    is_well = course.exited is not None and course.exited.exit_code == 0
    if course.n_failing:
        yield _tell_stderr(course, Severity.ERROR, course.n_failing, course.failing)
    elif course.n_lines and course.spec.stderr.mode is StderrMode.WARN and is_well:
        yield _tell_stderr(course, Severity.WARNING, course.n_lines, course.lines)
    yield from _iter_force_findings(course)


def _iter_exit_findings(course: Course) -> Iterator[Finding]:
    exited = course.exited
    if exited is None or exited.lost:
        lost = exited.lost if exited else "nobody saw it end"
        mend = "see whether it still runs; restart the computer if it can't be ended"
        yield _tell(course, Severity.ERROR, "RV-S31", lost, mend=mend)
        return
    how = (
        f"signal {exited.signal}" if exited.signal else f"exit code {exited.exit_code}"
    )
    mend = f"see {course.spec.name}.stderr.log; correct what it says there"
    found = "\n".join(course.lines)
    if course.is_stopped:
        is_as_asked = exited.signal in _ASKED_TO_END
        if not is_as_asked and exited.exit_code not in _CODES_OF_A_STOP:
            told = f"it ended with {how} when it was stopped"
            yield _tell(
                course, Severity.WARNING, "RV-S31", told, found=found, mend=mend
            )
    elif not course.is_asked and exited.exit_code != 0:
        told = f"it ended with {how}"
        yield _tell(course, Severity.ERROR, "RV-S31", told, found=found, mend=mend)
    if exited.unkept:
        mend = "make space on the disk, or see who may write to the session folder"
        told = "its output could not be kept"
        yield _tell(
            course, Severity.ERROR, "RV-S36", told, found=exited.unkept, mend=mend
        )


def _iter_force_findings(course: Course) -> Iterator[Finding]:
    if course.killed_for:
        yield _tell_kill(course, course.killed_for)
    left = course.exited.left if course.exited else ()
    if left and not course.killed_for:
        count = format_count(len(left), "process").replace("processs", "processes")
        told = f"it left {count} running, which had to be ended"
        mend = "let it wait for what it starts"
        yield _tell(
            course, Severity.WARNING, "RV-S34", told, found=", ".join(left), mend=mend
        )


def _tell_kill(course: Course, reason: KillReason) -> Finding:
    found = ""
    match reason:
        case KillReason.URGED:
            told = "it was killed at once, at a second request to stop"
            mend = "look at its files: what it had not written by then is lost"
        case KillReason.GREW_ON:
            told = "it took ever more memory while it was to end, and was killed"
            mend = f"find out why; or {_name_way(course, 'memory_bytes')}"
        case KillReason.GRACE_OVER:
            told = "it did not end when it was asked to, and was killed"
            found = f"it had {course.spec.limits.stop_s:g} s"
            mend = f"let it end at an interrupt, or {_name_way(course, 'stop_s')}"
    return _tell(course, Severity.WARNING, "RV-S34", told, found=found, mend=mend)


def _tell_limit(course: Course, limit: str, value: float, allowed: float) -> Finding:
    heartbeat = course.spec.limits.heartbeat
    also = " and changed no file" if heartbeat else ""
    taken, most = _format_amount(limit, value), f"limit {_format_limit(limit, allowed)}"
    told = {
        "memory_bytes": f"it took {taken} of memory ({most})",
        "start_s": f"it said nothing for {taken} after its start{also} ({most})",
        "silence_s": f"it said nothing for {taken}{also} ({most})",
        "run_s": f"it ran for {taken} ({most})",
    }[limit]
    wanted = ""
    if limit in ("start_s", "silence_s"):
        wanted = "a line of output"
        wanted += f", or a file that changes: {heartbeat}" if heartbeat else ""
    mend = f"find out why; or {_name_way(course, limit)}"
    return _tell(course, Severity.ERROR, "RV-S33", told, wanted=wanted, mend=mend)


def _format_amount(limit: str, value: float) -> str:
    if limit == "memory_bytes":
        return _format_limit(limit, value)
    return f"{value:.1f} s" if value >= 1 else f"{value:.2f} s"


def _format_limit(limit: str, allowed: float) -> str:
    is_memory = limit == "memory_bytes"
    return f"{allowed / 2**20:,.0f} MiB" if is_memory else f"{allowed:g} s"


def _name_way(course: Course, limit: str) -> str:
    """Say how a limit is raised: by its parameter, if that has a name here."""
    key = course.spec.limits.keys.get(limit)
    if key:
        return f"raise `{key}`"
    return "allow it more" if limit == "memory_bytes" else "give it more time"


def _tell_stderr(
    course: Course, severity: Severity, n_lines: int, lines: list[str]
) -> Finding:
    told = f"it wrote {format_count(n_lines, 'line')} to stderr"
    if severity is Severity.ERROR:
        told += " that tell of a failure"
    mend = f"see {course.spec.name}.stderr.log; correct what it says there"
    return _tell(course, severity, "RV-S32", told, found="\n".join(lines), mend=mend)


def _tell(
    course: Course, severity: Severity, code: str, told: str, **fields: str
) -> Finding:
    name = course.spec.name
    where = f"attempt {course.attempt}"
    problem = f"{name}: {told}."
    check = f'program "{name}"'
    return Finding(severity, check, problem, code=code, where=where, **fields)
