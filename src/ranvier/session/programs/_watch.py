"""What to do with a program at a moment: decides, and does nothing itself.

Times are seconds of any one clock that never goes back.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ranvier.session.programs._events import (
    Exited,
    Looked,
    Passed,
    Said,
    Sampled,
    StopAsked,
)
from ranvier.session.programs._verdict import Course, KillReason, judge

if TYPE_CHECKING:
    from ranvier.session.programs._events import Event
    from ranvier.session.programs._spec import ProgramEnd, ProgramSpec

KILL_S = 10.0
"""So long a killed tree may take to be gone: more than the keeper gives itself."""


class Phase(enum.StrEnum):
    """How far one attempt is; never goes back."""

    RUNNING = "running"
    STOPPING = "stopping"
    KILLING = "killing"
    OVER = "over"


@dataclass(frozen=True)
class Fired:
    """A limit is broken: to be told, the program is ended by other instructions."""

    limit: str
    value: float
    allowed: float


class Instruction(enum.Enum):
    """What is to be done now."""

    SAMPLE = "sample"
    LOOK = "look"
    STOP = "stop"
    KILL = "kill"
    DONE = "done"


Orders: TypeAlias = "list[Instruction | Fired]"


class ProgramWatch:
    """Watches one attempt at a program.

    Parameters
    ----------
    spec
        The program.
    attempt
        From 1.
    now_s
        When it was started.
    """

    def __init__(self, spec: ProgramSpec, attempt: int, now_s: float) -> None:
        self._limits = spec.limits
        self._interval_s = spec.sample_interval_s
        self._stop_after_s = spec.stderr.stop_after_s
        self._retry = tuple(map(re.compile, spec.retry.patterns))
        self._course = Course(spec, attempt)
        self._phase = Phase.RUNNING
        self._started_s = self._heard_s = now_s
        self._asked: str | None = None
        self._rss_bytes = 0
        self._end: ProgramEnd | None = None
        self.is_retryable = not self._retry
        self._deadlines: dict[str, float] = {"sample": now_s}
        if self._limits.start_s is None:
            self._set("silence_s", now_s, self._limits.silence_s)
        self._set("start_s", now_s, self._limits.start_s)
        self._set("run_s", now_s, self._limits.run_s)

    @property
    def phase(self) -> Phase:
        """How far it is."""
        return self._phase

    @property
    def next_s(self) -> float | None:
        """When it wants to be asked again at the latest; None if it is over."""
        return min(self._deadlines.values(), default=None)

    @property
    def end(self) -> ProgramEnd:
        """What became of it, once `Instruction.DONE` was given."""
        return self._end or judge(self._course)

    def step(self, now_s: float, event: Event) -> Orders:
        """Take what happened, and say what is to be done.

        Parameters
        ----------
        now_s
            The time.
        event
            What happened.

        Returns
        -------
        list
            In the order in which it is to be done.
        """
        if self._phase is Phase.OVER:
            return []
        orders = self._take(now_s, event)
        while due := sorted(n for n, at_s in self._deadlines.items() if at_s <= now_s):
            orders += self._pass(due[0], now_s)
        return orders

    def _take(self, now_s: float, event: Event) -> Orders:
        match event:
            case Said(stream, lines):
                return self._hear(now_s, lines if stream == "stderr" else ())
            case Sampled(rss_bytes):
                return self._weigh(now_s, rss_bytes)
            case Looked(is_alive):
                return self._see(now_s, is_alive=is_alive)
            case StopAsked(is_urgent):
                return self._obey(now_s, is_urgent=is_urgent)
            case Exited():
                return self._finish(event)
            case Passed():
                return []

    def _hear(self, now_s: float, stderr: tuple[str, ...]) -> Orders:
        self._live(now_s)
        if not self.is_retryable:
            self.is_retryable = any(
                p.search(line) for p in self._retry for line in stderr
            )
        # What it says while it is being ended is in its log, and no verdict on it.
        if self._phase is Phase.RUNNING and self._course.hear(stderr):
            self._set("error", now_s, self._stop_after_s)
        return []

    def _live(self, now_s: float) -> None:
        self._heard_s = now_s
        self._deadlines.pop("start_s", None)
        if self._phase is Phase.RUNNING:
            self._set("silence_s", now_s, self._limits.silence_s)

    def _weigh(self, now_s: float, rss_bytes: int) -> Orders:
        before, self._rss_bytes = self._rss_bytes, rss_bytes
        allowed = self._limits.memory_bytes
        if allowed is None or rss_bytes <= allowed:
            return []
        if self._phase is Phase.RUNNING:
            return self._fire(now_s, "memory_bytes", rss_bytes)
        # It was asked to end and grows on: the machine is not risked for its grace.
        if self._phase is Phase.STOPPING and rss_bytes > before:
            return self._kill(now_s, KillReason.GREW_ON)
        return []

    def _see(self, now_s: float, *, is_alive: bool) -> Orders:
        asked, self._asked = self._asked, None
        if is_alive:
            self._live(now_s)
        elif asked and self._phase is Phase.RUNNING:
            return self._fire(now_s, asked, now_s - self._heard_s)
        return []

    def _obey(self, now_s: float, *, is_urgent: bool) -> Orders:
        if self._phase is Phase.RUNNING:
            self._course.is_stopped = True
        if is_urgent and self._phase is not Phase.KILLING:
            return self._kill(now_s, KillReason.URGED)
        return self._stop(now_s) if self._phase is Phase.RUNNING else []

    def _pass(self, name: str, now_s: float) -> Orders:
        del self._deadlines[name]
        match name:
            case "sample":
                self._set("sample", now_s, self._interval_s)
                orders: Orders = [Instruction.SAMPLE]
            case "error":
                orders = self._stop(now_s)
            case "stop":
                orders = self._kill(now_s, KillReason.GRACE_OVER)
            case "kill":
                lost = "it was killed and did not go"
                orders = self._finish(Exited(None, None, lost=lost))
            case "run_s":
                orders = self._fire(now_s, name, now_s - self._started_s)
            case _ if self._limits.heartbeat is not None:
                self._asked = name
                orders = [Instruction.LOOK]
            case _:
                orders = self._fire(now_s, name, now_s - self._heard_s)
        return orders

    def _fire(self, now_s: float, limit: str, value: float) -> Orders:
        fired = Fired(limit, value, getattr(self._limits, limit))
        self._course.fired = (fired.limit, fired.value, fired.allowed)
        return [fired, *self._stop(now_s)]

    def _stop(self, now_s: float) -> Orders:
        self._phase = Phase.STOPPING
        self._course.is_asked = True
        self._keep("sample")
        self._set("stop", now_s, self._limits.stop_s)
        return [Instruction.STOP]

    def _kill(self, now_s: float, reason: KillReason) -> Orders:
        self._phase = Phase.KILLING
        self._course.is_asked = True
        self._course.killed_for = reason
        self._keep()
        self._set("kill", now_s, KILL_S)
        return [Instruction.KILL]

    def _finish(self, exited: Exited) -> Orders:
        self._phase = Phase.OVER
        self._keep()
        self._course.exited = exited
        self._end = judge(self._course)
        return [Instruction.DONE]

    def _keep(self, *names: str) -> None:
        kept = {
            name: self._deadlines[name] for name in names if name in self._deadlines
        }
        self._deadlines = kept

    def _set(self, name: str, now_s: float, wait_s: float | None) -> None:
        if wait_s is not None:
            self._deadlines[name] = now_s + wait_s
