"""The workers of a run as the supervisor keeps them: state, restarts, words."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from ranvier.links import NodeField
from ranvier.runtime._process import WorkerProcess
from ranvier.runtime._restarts import RestartBook

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.links import Board
    from ranvier.runtime._plan import WorkerPlan
    from ranvier.worker import MadeSafe


class WorkerState(enum.StrEnum):
    """States of a worker, in the order they are passed through."""

    WAITING = "waiting"
    STARTING = "starting"
    DESCRIBED = "described"
    READY = "ready"
    RUNNING = "running"
    EXITED = "exited"
    DOWN = "down"


AT_ONCE = "the run was ended at once"
"""Why a process was killed that had done nothing wrong."""
NOT_ENDED = "it did not end when told to"
"""Why a process was killed that hung when the run ended."""
TOO_LATE = "the run ended before it had started again"
"""Why a process was killed that had not yet begun."""
_AWAY = (WorkerState.WAITING, WorkerState.STARTING, WorkerState.DESCRIBED)
_PHASES = {WorkerState.STARTING: "load", WorkerState.DESCRIBED: "setup"}


class Member:
    """One worker of the crew.

    Parameters
    ----------
    plan
        Its nodes and its limits.
    on_word, on_exit, on_fault
        Called with the member and what happened.
    """

    def __init__(
        self,
        plan: WorkerPlan,
        on_word: Callable[[Member, Any], None],
        on_exit: Callable[[Member, int], None],
        on_fault: Callable[[Member, Exception], None],
    ) -> None:
        self.plan = plan
        self.name = plan.name
        self.state = WorkerState.WAITING
        self.epoch = 0
        self.book = RestartBook(plan.restart)
        self.was_told_to_exit = False
        self.was_killed_for = ""
        self.ends: dict[str, bool] = {}
        """Nodes that its process has said its last of, and whether they are safe."""
        self._on_word, self._on_exit, self._on_fault = on_word, on_exit, on_fault
        self.process = self._new_process()

    @property
    def pid(self) -> int:
        """Process identifier; 0 when it has none now."""
        gone = (WorkerState.EXITED, WorkerState.DOWN, WorkerState.WAITING)
        return 0 if self.state in gone else self.process.pid

    @property
    def is_gone(self) -> bool:
        """True when it has no process and will get none."""
        return self.state in (WorkerState.EXITED, WorkerState.DOWN)

    @property
    def is_away(self) -> bool:
        """True while it is being started, for the first time or again."""
        return self.state in _AWAY

    @property
    def node_names(self) -> str:
        """Names of its nodes, for a sentence."""
        return ", ".join(node.name for node in self.plan.nodes)

    def tell_exit(self, word: Any) -> None:
        """Tell it to end; one that waits for its restart does not start again."""
        if self.state is WorkerState.WAITING:
            self.state = WorkerState.EXITED
        if not self.was_told_to_exit:
            self.was_told_to_exit = True
            self.process.tell(word)

    def renew(self) -> None:
        """Make ready for the start of a new process in place of the old one."""
        self.epoch += 1
        self.was_killed_for = ""
        self.ends = {}
        self.process = self._new_process()

    def note_safe(self, word: MadeSafe) -> None:
        """Take that its process made a node safe, or could not."""
        if word.ends:
            self.ends[word.node] = not word.error

    def kill(self, why: str) -> None:
        """End its process at once."""
        self.was_killed_for = self.was_killed_for or why
        self.process.kill()

    def _new_process(self) -> WorkerProcess:
        epoch = self.epoch

        def hear(word: Any) -> None:
            if epoch == self.epoch:
                self._on_word(self, word)

        def see_exit(code: int) -> None:
            if epoch == self.epoch:
                self._on_exit(self, code)

        def see_fault(error: Exception) -> None:
            self._on_fault(self, error)

        return WorkerProcess(self.name, hear, see_exit, see_fault)


def find_late(crew: list[Member]) -> tuple[str, list[Member]]:
    """Say whom a start that takes too long waits for.

    Set-up begins when all are loaded, so as long as one loads the others only wait.

    Parameters
    ----------
    crew
        All workers of the run.

    Returns
    -------
    tuple of str and list of Member
        The phase that has not ended, and those that are in it.
    """
    for state, phase in _PHASES.items():
        late = [member for member in crew if member.state is state]
        if late:
            return phase, late
    return "", []


def name_busy(member: Member, board: Board | None) -> str:
    """Name the node of a worker that is being set up.

    Parameters
    ----------
    member
        A worker that has not ended its start.
    board
        Of the run; None while workers load.

    Returns
    -------
    str
        Of a group the node that it came to last; while it loads, the group.
    """
    begun = [
        node.name
        for node in member.plan.nodes
        if board is not None and board.node_field(node.index, NodeField.PID)
    ]
    return begun[-1] if begun else member.name
