"""Processes that end: told to or by themselves; started again, left down, made safe."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from ranvier.audit import AuditKind
from ranvier.core import RunError, format_count
from ranvier.links import NodeField
from ranvier.runtime._crew import AT_ONCE, Member, WorkerState
from ranvier.runtime._lifecycle import RunState
from ranvier.runtime._process import describe_exit, split_exit
from ranvier.worker import FAILED_CODE, RESTART_CODE, Described, MadeSafe, MakeSafe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from ranvier.runtime._changes import Changes
    from ranvier.runtime._stage import Stage

_SAFE_LIMIT_S = 15.0
_TEARDOWN_S = 1.0  # for a process that has made its nodes safe
_DOING = {
    WorkerState.STARTING: "while its code was loaded",
    WorkerState.DESCRIBED: "in its setup",
    WorkerState.READY: "when it was ready",
}


class Deaths:
    """Answers the end of each process of a run.

    Parameters
    ----------
    stage
        The run.
    changes
        Live parameters under way.
    spawn
        Starts the process of a member.
    hear_safe
        Called with a worker's word that a node was made safe.
    look
        Called when the run may have come to its end.
    """

    def __init__(
        self,
        stage: Stage,
        changes: Changes,
        spawn: Callable[[Member], Awaitable[None]],
        hear_safe: Callable[[MadeSafe], None],
        look: Callable[[], None],
    ) -> None:
        self._stage, self._changes, self._spawn = stage, changes, spawn
        self._hear_safe, self._look = hear_safe, look

    def see_exit(self, member: Member, code: int) -> None:
        """Take the end of a process, with its exit code, negative for a signal."""
        stage, before = self._stage, member.state
        if stage.guard:
            stage.guard.remove(member.process.pid)
        member.state = WorkerState.EXITED
        self._changes.answer_for_dead(member)
        is_in_order = member.was_told_to_exit and code == 0
        self._write_exit(member, code, "told to" if is_in_order else "by itself")
        if not is_in_order:
            self._note_fault(member, code)
            self._clean_up_after(member)
        if stage.begin_ns and not member.was_told_to_exit:
            self._restart_or_leave(member, code)
        else:
            if code != FAILED_CODE:  # then it has done so itself
                self._make_safe(member)
            if not member.was_told_to_exit:
                self._fail_start(member, code, before)
        self._look()

    def see_fault(self, member: Member, error: Exception) -> None:
        """Take that the supervisor itself failed in answering a worker."""
        self._stage.fail_for(error, f' at "{member.name}"')
        if not member.was_told_to_exit and not self._stage.begin_ns:
            member.kill("the supervisor can't hear it")

    def see_failed_spawn(self, member: Member, error: OSError) -> None:
        """Take that a process could not be started at all."""
        member.state = WorkerState.EXITED
        self._stage.fail_start(
            RunError(
                f'the process of "{member.name}" can\'t be started.',
                code="RV-R12",
                found=str(error),
                mend="correct `python` in the graph: an interpreter that has ranvier",
            )
        )
        self._look()

    def note_dead(self, member: Member) -> None:
        """Take that the run ends while a worker is being started again."""
        if member.is_away and self._stage.begin_ns:
            self._stage.note_failure(
                RunError(
                    f"{member.node_names} was dead when the run ended.",
                    code="RV-R22",
                    mend=f"see {self._stage.keeper.folder.log(member.name)}",
                )
            )

    def _note_fault(self, member: Member, code: int) -> None:
        if member.was_killed_for == AT_ONCE or code in (FAILED_CODE, RESTART_CODE):
            return  # nobody's fault, or the node's, which it has told itself
        why = member.was_killed_for or f"the process died ({describe_exit(code)})"
        for node in member.plan.nodes:
            self._stage.last_faults[node.name] = why

    def _write_exit(self, member: Member, code: int, why: str) -> None:
        for node in member.plan.nodes:
            self._stage.keeper.write(
                AuditKind.NODE_EXITED,
                node.name,
                pid=member.process.pid,
                **split_exit(code),
                why=member.was_killed_for or why,
            )

    def _fail_start(self, member: Member, code: int, before: WorkerState) -> None:
        if code == FAILED_CODE and self._stage.errors:
            return  # it has said itself what failed
        log = self._stage.keeper.folder.log(member.name)
        found = f"{describe_exit(code)} {_DOING.get(before, '')}".rstrip()
        mend = f"see {log}"
        if before is WorkerState.STARTING and _lacks_ranvier(log):
            found = f"its interpreter has no ranvier: {member.plan.python}"
            mend = "install ranvier there too, or correct python"
        self._stage.fail_start(
            RunError(
                f'the process of "{member.name}" ended before the run began.',
                code="RV-R11",
                found=found,
                mend=mend,
            )
        )

    def _restart_or_leave(self, member: Member, code: int) -> None:
        stage, names = self._stage, member.node_names
        if code != RESTART_CODE:
            why = member.was_killed_for or describe_exit(code)
            stage.keeper.notice(f"{names}: the process died ({why})")
        if member.plan.stops_run:
            member.state = WorkerState.DOWN
            self._make_safe(member)
            stage.fail(f"the process of {names} died: {describe_exit(code)}")
            return
        wait_s = member.book.next_wait_s(time.monotonic())
        if wait_s is None or stage.machine.state is RunState.STOPPING:
            self._leave_down(member)
        else:
            member.state = WorkerState.WAITING
            stage.keep(self._restart_after(member, wait_s))

    async def _restart_after(self, member: Member, wait_s: float) -> None:
        if self._find_unsafe(member):
            # Not after the wait: until then the laser would stay on.
            await self._run_safe_state(member)
        name = f"restart {member.name}"
        self._stage.later(name, wait_s, lambda: self._restart(member))

    def _restart(self, member: Member) -> None:
        if member.is_gone:
            return
        if self._stage.machine.state not in (RunState.RUNNING, RunState.PAUSED):
            self._leave_down(member)
            self._look()
            return
        member.renew()
        for node in member.plan.nodes:
            self._stage.keeper.write(
                AuditKind.NODE_RESTARTED,
                node.name,
                restarts=member.book.total,
                epoch=member.epoch,
            )
        self._stage.keep(self._spawn(member))  # pyright: ignore[reportArgumentType]

    def _leave_down(self, member: Member) -> None:
        stage = self._stage
        member.state = WorkerState.DOWN
        names = {node.name for node in member.plan.nodes}
        for plan in stage.blueprint.streams:
            if plan.node in names and stage.board:
                stage.board.end_stream(plan.index)
        stage.ended.update(names)
        self._make_safe(member)
        when = f"after {format_count(member.book.total, 'restart')}"
        if stage.machine.state is RunState.STOPPING:
            when = "since the run was ending when it died"
        stage.note_failure(
            RunError(
                f"{member.node_names} stays down {when}.",
                code="RV-R13",
                mend=f"see {stage.keeper.folder.log(member.name)}",
            )
        )

    def _clean_up_after(self, member: Member) -> None:
        stage = self._stage
        names = {node.name for node in member.plan.nodes}
        for plan in stage.blueprint.streams:
            for link in plan.links:
                if link.target_node in names and stage.board:
                    stage.board.mark_absent(link.index)
        if stage.blueprint.streams:
            stage.do_aside(stage.folder.remove_dead, "cleaning up after the dead")

    def _make_safe(self, member: Member) -> None:
        if self._find_unsafe(member):
            self._stage.keep(self._run_safe_state(member))

    def _find_unsafe(self, member: Member) -> list[str]:
        # Nodes whose setup the process began, and that it did not leave safe.
        board, has_safe_state = self._stage.board, self._stage.blueprint.has_safe_state
        return [
            node.name
            for node in member.plan.nodes
            if has_safe_state(node.name)
            and board is not None
            and board.node_field(node.index, NodeField.PID) == member.process.pid
            and not member.ends.get(node.name)
        ]

    async def _run_safe_state(self, member: Member) -> None:
        # A process of its own, that sets the dead one's nodes up to make them safe.
        gone, guard = asyncio.Event(), self._stage.guard

        def see_exit(helper: Member, code: int) -> None:
            if guard:
                guard.remove(helper.process.pid)
            self._tell_unsafe(helper, helper.was_killed_for or describe_exit(code))
            gone.set()

        helper = Member(member.plan, self._hear_helper, see_exit, self.see_fault)
        helper.epoch = member.epoch + 1
        helper.renew()
        await self._spawn(helper)
        if helper.is_gone:
            self._tell_unsafe(helper, "its process can't be started")
            return
        try:
            await asyncio.wait_for(gone.wait(), _SAFE_LIMIT_S)
        except TimeoutError:
            helper.kill("it hung")
            self._tell_unsafe(helper, "it hung")
        member.ends.update(helper.ends)

    def _tell_unsafe(self, helper: Member, why: str) -> None:
        for name in self._list_unanswered(helper):
            self._stage.fail(f'the node "{name}" could not be made safe: {why}')

    def _list_unanswered(self, helper: Member) -> list[str]:
        # Of the others the process has said itself whether they are safe.
        has_safe_state = self._stage.blueprint.has_safe_state
        names = [node.name for node in helper.plan.nodes]
        return [n for n in names if has_safe_state(n) and n not in helper.ends]

    def _hear_helper(self, helper: Member, word: Any) -> None:
        stage = self._stage
        if isinstance(word, Described):
            parameters = stage.blueprint.parameters_of(helper.plan, stage.keeper)
            helper.process.tell(MakeSafe(parameters))
        elif isinstance(word, MadeSafe):
            helper.note_safe(word)
            self._hear_safe(word)
            if not self._list_unanswered(helper):
                name = f"end of {helper.process.pid}"
                stage.later(name, _TEARDOWN_S, lambda: helper.kill(AT_ONCE))


def _lacks_ranvier(log: Path) -> bool:
    try:
        return "No module named 'ranvier'" in log.read_text(errors="replace")[-500:]
    except OSError:
        return False
