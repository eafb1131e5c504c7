"""What the parts of a supervisor share while a run goes on."""

from __future__ import annotations

import asyncio
import functools
import traceback
from typing import TYPE_CHECKING, Any

from ranvier.core import GraphError, RanvierError, RunError
from ranvier.runtime._lifecycle import FinishReason, RunEvent, RunMachine
from ranvier.runtime._stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from ranvier.links import Board, RunFolder
    from ranvier.runtime._blueprint import Blueprint
    from ranvier.runtime._crew import Member
    from ranvier.runtime._guarding import Guarding
    from ranvier.runtime._keeper import Keeper
    from ranvier.runtime._lifecycle import Act


class Stage:
    """The run as all parts of its supervisor see it.

    Parameters
    ----------
    blueprint
        What it consists of.
    keeper
        Its audit trail and manifest.
    folder
        Where its processes meet.
    graph_folder
        Of the graph file.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        keeper: Keeper,
        folder: RunFolder,
        graph_folder: Path,
    ) -> None:
        self.blueprint, self.keeper = blueprint, keeper
        self.folder, self.graph_folder = folder, graph_folder
        self.machine = RunMachine()
        self.errors: list[dict[str, str]] = []
        self.crew: list[Member] = []
        self.ended: set[str] = set()
        self.shown: dict[str, str] = {}
        self.last_faults: dict[str, str] = {}
        self.begin_ns = 0
        self.stopwatch = Stopwatch()
        self.board: Board | None = None
        self.guard: Guarding | None = None
        self.perform: Callable[[Act], None] | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def handle(self, event: RunEvent) -> bool:
        """Let the run take an event, and perform what follows.

        Returns
        -------
        bool
            False if the event has no effect in this state.
        """
        acts = self.machine.handle(event)
        for act in acts or ():
            if self.perform is not None:
                self._guarded(functools.partial(self.perform, act))
        return acts is not None

    def _guarded(self, act: Callable[[], object]) -> None:
        # One act that fails must not keep the others from ending the run.
        try:
            act()
        except Exception as error:  # noqa: BLE001 - the supervisor's reaper: told
            self.fail_for(error)

    def member_of(self, node: str) -> Member | None:
        """Give the worker that a node is in, or None."""
        for member in self.crew:
            if any(each.name == node for each in member.plan.nodes):
                return member
        return None

    def tell_all(self, word: Any) -> None:
        """Send a word to all workers."""
        for member in self.crew:
            member.process.tell(word)

    def fail(self, problem: str, code: str = "RV-R16") -> None:
        """Let the run fail: the sources end, the rest drains."""
        mend = f"see {self.keeper.folder.audit}"
        self._tell(RunError(problem, code=code, mend=mend))
        self.handle(RunEvent.FAIL)

    def fail_for(self, error: Exception, at: str = "") -> None:
        """Let the run fail because the supervisor itself did, at something or other."""
        traceback.print_exception(error)
        self.fail(f"the supervisor failed{at}: {error!r}", "RV-R21")

    def fail_start(self, error: RanvierError) -> None:
        """Let the start fail; several faults may be told."""
        if isinstance(error, GraphError):
            self.add_error(error)
        else:
            self._tell(error)
        self.handle(RunEvent.START_FAILED)

    def note_failure(self, error: RanvierError) -> None:
        """Let the run end as failed, though it goes on for now."""
        self._tell(error)
        self.machine.reason = FinishReason.FAILED

    def add_error(self, error: RanvierError) -> bool:
        """Keep an error that someone must see at the end; once, if it comes again.

        Returns
        -------
        bool
            True if it is new.
        """
        fields = error.to_dict()
        is_new = fields not in self.errors
        if is_new:
            self.errors.append(fields)
        return is_new

    def _tell(self, error: RanvierError) -> None:
        if self.add_error(error):
            self.keeper.notice(error.problem)

    def later(self, name: str, seconds: float, act: Callable[[], object]) -> None:
        """Do something after a time; in place of what has the same name."""
        self.cancel(name)
        loop = asyncio.get_running_loop()
        self._timers[name] = loop.call_later(seconds, self._guarded, act)

    def cancel(self, *names: str) -> None:
        """Don't do what was to be done later."""
        for name in names or tuple(self._timers):
            timer = self._timers.pop(name, None)
            if timer is not None:
                timer.cancel()

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something go on beside the rest; the run's end waits for it."""

        async def do() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 - as in `_guarded`: nobody awaits it
                self.fail_for(error)

        task = asyncio.create_task(do())
        # The loop itself holds tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait_for_kept(self) -> None:
        """Wait until nothing goes on beside the rest."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def do_aside(self, act: Callable[[], None], what: str) -> None:
        """Do something slow in a thread; a failure is told to the operator."""

        async def do() -> None:
            try:
                await asyncio.get_running_loop().run_in_executor(None, act)
            except (RanvierError, OSError) as error:
                self.keeper.notice(f"{what} failed: {error}")

        self.keep(do())
