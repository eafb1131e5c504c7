"""The end of a run: its last status, what must be said of it, its sealed session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from ranvier.core import RanvierError, RunError, write_atomically
from ranvier.runtime._control import Finished
from ranvier.runtime._crew import NOT_ENDED
from ranvier.runtime._lifecycle import FinishReason
from ranvier.runtime._status import StatusTracker, complete_status

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from ranvier.runtime._crew import Member
    from ranvier.runtime._health import Health
    from ranvier.runtime._stage import Stage
    from ranvier.runtime._status import NodeStatus, RunStatus
    from ranvier.runtime._steering import Steering
    from ranvier.spec import StreamPlan

# So many faults in a row are no bad message: the node has stopped working.
_MANY = 10


class Ending:
    """Brings the record of a run to its end.

    Parameters
    ----------
    stage
        The run.
    steering
        Gives the status.
    """

    def __init__(self, stage: Stage, steering: Steering) -> None:
        self._stage, self._steering = stage, steering
        self._kept: RunStatus | None = None

    def keep_status(self) -> None:
        """Keep rates and use while the workers live: afterwards nobody knows them."""
        if self._kept is None:
            self._kept = self._look()

    async def close(self, health: Health | None) -> Finished:
        """Write down how the run ended, now that all its processes have.

        Parameters
        ----------
        health
            Of the run; None if it never began.

        Returns
        -------
        Finished
            Why it ended, and every error that someone must see.
        """
        stage, keeper = self._stage, self._stage.keeper
        self._close_status(health)
        if health:
            health.count_losses(final=True)
            for error in health.find_unrecorded(keeper.folder):
                stage.add_error(error)
        reason = stage.machine.reason or FinishReason.FAILED
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(None, keeper.close, reason, stage.errors)
        except (RanvierError, OSError) as error:
            # The run itself is over and recorded; that it is not sealed must be seen.
            stage.note_failure(_as_error(error))
        if keeper.trouble is not None:
            stage.note_failure(keeper.trouble)
        reason = stage.machine.reason or FinishReason.FAILED
        return Finished(str(reason), stage.errors, str(keeper.folder.path))

    def _look(self) -> RunStatus | None:
        stage = self._stage
        if stage.board is None or not stage.begin_ns:
            return None
        streams = stage.blueprint.streams
        overall = StatusTracker(stage.board, streams, stage.begin_ns)
        return self._steering.look_with(overall)

    def _close_status(self, health: Health | None) -> None:
        stage, last = self._stage, self._look()
        if last is None or health is None:
            return
        specs = stage.blueprint.specs
        finished = {
            name
            for name in stage.ended
            if name in specs and specs[name].kind != "source"
        }
        status = count_undelivered(
            complete_status(self._kept or last, last), stage.blueprint.streams
        )
        audit = str(stage.keeper.folder.audit)
        for node in status.nodes:
            n_failing = health.count_failing(node, has_finished=node.name in finished)
            if has_only_failed(node, finished):
                stage.note_failure(_has_failed(node, "steps", audit))
            elif n_failing >= _MANY:
                which = f"last {n_failing} steps"
                stage.note_failure(_has_failed(node, which, audit))
        for member in stage.crew:
            if member.was_killed_for == NOT_ENDED:
                log = str(stage.keeper.folder.log(member.name))
                stage.note_failure(_has_hung(member, log))
        if stage.machine.reason is FinishReason.FAILED:
            status = msgspec.structs.replace(status, state=FinishReason.FAILED.value)
        self._write_status(status)

    def _write_status(self, status: RunStatus) -> None:
        path = self._stage.keeper.folder.status
        text = msgspec.json.format(msgspec.json.encode(status), indent=1)
        try:
            write_atomically(path, text + b"\n")
        except OSError as error:
            self._stage.add_error(
                RunError(
                    "the final status can't be written.",
                    code="RV-R23",
                    where=str(path),
                    found=str(error),
                    mend="make space on the disk, or see who may write there",
                )
            )


def has_only_failed(node: NodeStatus, finished: AbstractSet[str]) -> bool:
    """Say whether a node gave nothing in the whole run but faults.

    Parameters
    ----------
    node
        Its counts at the end.
    finished
        Names of those that came to the end of their inputs: their last step was
        `finish`, which most nodes leave empty, and proves nothing.

    Returns
    -------
    bool
        True if it failed at every step, at least once.
    """
    n_steps = node.steps - (node.name in finished)
    return node.faults > 0 and node.faults >= n_steps


def count_undelivered(status: RunStatus, streams: tuple[StreamPlan, ...]) -> RunStatus:
    """Count as missed what nobody will take any more.

    Parameters
    ----------
    status
        Of a run that is over.
    streams
        All of its streams.

    Returns
    -------
    RunStatus
        What waited on a "latest" link, or on the way back of a loop, is left out: no
        run can end without it.
    """
    counted = {
        (plan.stream, link.target)
        for plan in streams
        for link in plan.links
        if link.policy.mode != "latest" and not link.feedback
    }
    links = tuple(
        msgspec.structs.replace(link, missed=link.missed + link.waiting, waiting=0)
        if (link.stream, link.target) in counted
        else link
        for link in status.links
    )
    left = sum(link.waiting for link in status.links)
    lost = status.lost + left - sum(link.waiting for link in links)
    return msgspec.structs.replace(status, links=links, lost=lost)


def _has_hung(member: Member, log: str) -> RunError:
    return RunError(
        f"{member.node_names} did not end when told to, and was killed.",
        code="RV-R29",
        where=log,
        mend="find what its step, or its teardown, waits for; `step_limit` ends a hang "
        "during the run",
    )


def _has_failed(node: NodeStatus, which: str, audit: str) -> RunError:
    return RunError(
        f'"{node.name}" failed at each of its {which}.',
        code="RV-R26",
        where=audit,
        found=f"faults: {node.faults}; the last told: {node.last_fault}",
        mend="correct the node; the audit trail has the tracebacks",
    )


def _as_error(error: Exception) -> RanvierError:
    if isinstance(error, RanvierError):
        return error
    return RunError(
        f"the session can't be sealed: {error}",
        code="RV-R24",
        mend="see whether its folder is still there, and has space",
    )
