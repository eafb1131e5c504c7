"""The life of a run, decided: (state, event) → (state, acts). No I/O.

`_supervisor` carries the acts out. Every pair that is not in the table has no effect;
what a person asked for is then refused with the sentence of `explain_refusal`.
"""

from __future__ import annotations

import enum
from typing import NamedTuple


class RunState(enum.StrEnum):
    """States of a run, in the order they are passed through."""

    CREATED = "created"
    STARTING = "starting"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class FinishReason(enum.StrEnum):
    """Why a run ended."""

    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"


class RunEvent(enum.Enum):
    """What can happen to a run."""

    START = enum.auto()
    ALL_DESCRIBED = enum.auto()
    ALL_READY = enum.auto()
    BEGUN = enum.auto()
    START_FAILED = enum.auto()
    PAUSE = enum.auto()
    RESUME = enum.auto()
    STOP = enum.auto()
    FAIL = enum.auto()
    ABORT = enum.auto()
    ALL_ENDED = enum.auto()
    DRAIN_OVER = enum.auto()
    EXIT_OVER = enum.auto()
    ALL_GONE = enum.auto()


class Act(enum.Enum):
    """What the supervisor must do."""

    SPAWN_ALL = enum.auto()
    SET_UP_ALL = enum.auto()
    BEGIN_ALL = enum.auto()
    PAUSE_SOURCES = enum.auto()
    RESUME_SOURCES = enum.auto()
    FINISH_SOURCES = enum.auto()
    EXIT_ALL = enum.auto()
    KILL_ALL = enum.auto()
    CLOSE = enum.auto()


class Step(NamedTuple):
    """What follows from an event in a state."""

    state: RunState
    acts: tuple[Act, ...] = ()
    reason: FinishReason | None = None


_S, _E, _A, _R = RunState, RunEvent, Act, FinishReason
_LEAVE = (_A.FINISH_SOURCES,)
_QUIT = (_A.EXIT_ALL,)

TABLE: dict[tuple[RunState, RunEvent], Step] = {
    (_S.CREATED, _E.START): Step(_S.STARTING, (_A.SPAWN_ALL,)),
    (_S.CREATED, _E.STOP): Step(_S.STOPPING, _QUIT, _R.STOPPED),
    (_S.CREATED, _E.ABORT): Step(_S.STOPPING, (_A.KILL_ALL,), _R.STOPPED),
    (_S.STARTING, _E.ALL_DESCRIBED): Step(_S.STARTING, (_A.SET_UP_ALL,)),
    (_S.STARTING, _E.ALL_READY): Step(_S.READY, (_A.BEGIN_ALL,)),
    (_S.STARTING, _E.START_FAILED): Step(_S.STOPPING, _QUIT, _R.FAILED),
    (_S.STARTING, _E.FAIL): Step(_S.STOPPING, _QUIT, _R.FAILED),
    (_S.STARTING, _E.STOP): Step(_S.STOPPING, _QUIT, _R.STOPPED),
    (_S.STARTING, _E.ABORT): Step(_S.STOPPING, (_A.KILL_ALL,), _R.STOPPED),
    (_S.STARTING, _E.ALL_GONE): Step(_S.FAILED, (_A.CLOSE,), _R.FAILED),
    (_S.READY, _E.BEGUN): Step(_S.RUNNING),
    (_S.READY, _E.STOP): Step(_S.STOPPING, _LEAVE, _R.STOPPED),
    (_S.READY, _E.FAIL): Step(_S.STOPPING, _LEAVE, _R.FAILED),
    (_S.READY, _E.ABORT): Step(_S.STOPPING, (_A.KILL_ALL,), _R.STOPPED),
    (_S.READY, _E.ALL_GONE): Step(_S.FAILED, (_A.CLOSE,), _R.FAILED),
    (_S.RUNNING, _E.PAUSE): Step(_S.PAUSED, (_A.PAUSE_SOURCES,)),
    (_S.RUNNING, _E.STOP): Step(_S.STOPPING, _LEAVE, _R.STOPPED),
    (_S.RUNNING, _E.FAIL): Step(_S.STOPPING, _LEAVE, _R.FAILED),
    (_S.RUNNING, _E.ABORT): Step(_S.STOPPING, (_A.KILL_ALL,), _R.STOPPED),
    (_S.RUNNING, _E.ALL_ENDED): Step(_S.STOPPING, _QUIT, _R.COMPLETED),
    (_S.RUNNING, _E.ALL_GONE): Step(_S.FAILED, (_A.CLOSE,), _R.FAILED),
    (_S.PAUSED, _E.RESUME): Step(_S.RUNNING, (_A.RESUME_SOURCES,)),
    (_S.PAUSED, _E.STOP): Step(_S.STOPPING, _LEAVE, _R.STOPPED),
    (_S.PAUSED, _E.FAIL): Step(_S.STOPPING, _LEAVE, _R.FAILED),
    (_S.PAUSED, _E.ABORT): Step(_S.STOPPING, (_A.KILL_ALL,), _R.STOPPED),
    (_S.PAUSED, _E.ALL_ENDED): Step(_S.STOPPING, _QUIT, _R.COMPLETED),
    (_S.PAUSED, _E.ALL_GONE): Step(_S.FAILED, (_A.CLOSE,), _R.FAILED),
    (_S.STOPPING, _E.FAIL): Step(_S.STOPPING, (), _R.FAILED),
    (_S.STOPPING, _E.ALL_ENDED): Step(_S.STOPPING, _QUIT),
    (_S.STOPPING, _E.DRAIN_OVER): Step(_S.STOPPING, _QUIT),
    (_S.STOPPING, _E.EXIT_OVER): Step(_S.STOPPING, (_A.KILL_ALL,)),
    (_S.STOPPING, _E.ABORT): Step(_S.STOPPING, (_A.KILL_ALL,)),
    (_S.STOPPING, _E.ALL_GONE): Step(_S.STOPPED, (_A.CLOSE,)),
    # All are gone, but what was left unsafe is still being made safe.
    (_S.STOPPED, _E.FAIL): Step(_S.FAILED, (), _R.FAILED),
}

FINAL = (RunState.STOPPED, RunState.FAILED)
_ASKED = {
    RunEvent.PAUSE: "paused",
    RunEvent.RESUME: "resumed",
    RunEvent.STOP: "stopped",
    RunEvent.ABORT: "ended",
}


class RunMachine:
    """Where a run is in its life.

    Examples
    --------
    >>> machine = RunMachine()
    >>> machine.handle(RunEvent.START)
    (<Act.SPAWN_ALL: 1>,)
    >>> machine.state
    <RunState.STARTING: 'starting'>
    """

    def __init__(self) -> None:
        self.state = RunState.CREATED
        self.reason: FinishReason | None = None

    def handle(self, event: RunEvent) -> tuple[Act, ...] | None:
        """Take an event.

        Parameters
        ----------
        event
            What happened.

        Returns
        -------
        tuple of Act or None
            What to do, in order; None if the event has no effect in this state.
        """
        step = TABLE.get((self.state, event))
        if step is None:
            return None
        self._note_reason(step.reason)
        self.state = step.state
        if self.state is RunState.STOPPED and self.reason is FinishReason.FAILED:
            self.state = RunState.FAILED
        return step.acts

    def _note_reason(self, reason: FinishReason | None) -> None:
        # A failure during the stopping of a run is what the run ended with.
        if reason is not None and self.reason is not FinishReason.FAILED:
            self.reason = reason


def explain_refusal(state: RunState, event: RunEvent) -> str:
    """Say why what a person asked for has no effect.

    Returns
    -------
    str
        A sentence.
    """
    return f"a run that is {state} can't be {_ASKED.get(event, 'changed so')}."
