"""What screens see of a run, and what they may do to it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ranvier.audit import AuditKind
from ranvier.core import RunError, free_bytes
from ranvier.runtime._lifecycle import RunEvent, explain_refusal
from ranvier.runtime._status import (
    LinkStatus,
    NodeStatus,
    NodeView,
    RunStatus,
    StatusTracker,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ranvier.runtime._changes import Changes
    from ranvier.runtime._control import Change, Note, Steer
    from ranvier.runtime._stage import Stage

_STEERED = {
    "pause": (RunEvent.PAUSE, AuditKind.PAUSED),
    "resume": (RunEvent.RESUME, AuditKind.RESUMED),
}


class Steering:
    """Serves the screens of a run.

    Parameters
    ----------
    stage
        The run.
    changes
        Live parameters under way.
    """

    def __init__(self, stage: Stage, changes: Changes) -> None:
        self._stage, self._changes = stage, changes

    def open_view(self) -> Callable[[], RunStatus]:
        """Give what looks at the run for one screen.

        Returns
        -------
        callable
            Gives the status; its rates are since this screen's last look, at the first
            since the begin of the run.
        """
        tracker: StatusTracker | None = None

        def look() -> RunStatus:
            nonlocal tracker
            stage = self._stage
            if tracker is None and stage.board is not None:
                streams = stage.blueprint.streams
                tracker = StatusTracker(stage.board, streams, stage.begin_ns or None)
            return self.look_with(tracker)

        return look

    def look_with(self, tracker: StatusTracker | None) -> RunStatus:
        """Give the status, with rates since the last look of a tracker.

        Returns
        -------
        RunStatus
            Without nodes and links before they are known.
        """
        stage, keeper = self._stage, self._stage.keeper
        nodes: tuple[NodeStatus, ...] = ()
        links: tuple[LinkStatus, ...] = ()
        lost, now = 0, time.monotonic_ns()
        if tracker:
            nodes, links = tracker.look(self._view_nodes())
            lost = sum(tracker.count_lost().values())
        return RunStatus(
            run_id=keeper.run_id,
            graph=stage.blueprint.graph.name,
            state=str(stage.machine.state),
            running_s=stage.stopwatch.elapsed_s(now),
            paused_s=stage.stopwatch.held_s(now),
            session_folder=str(keeper.folder.path),
            recorded_bytes=keeper.count_recorded_bytes(),
            free_bytes=_count_free(keeper.folder.path),
            lost=lost,
            nodes=nodes,
            links=links,
            shown=dict(stage.shown),
            notices=tuple(keeper.notices),
            duration_s=stage.blueprint.graph.run.duration,
        )

    def steer(self, word: Steer) -> None:
        """Pause, resume, stop or end the run.

        Raises
        ------
        RunError
            If that has no effect in the run's state.
        """
        keeper = self._stage.keeper
        if word.action in _STEERED:
            event, kind = _STEERED[word.action]
            self._handle(event)
            keeper.write(kind, by=word.by)
        elif word.action == "stop":
            self.stop(word.by, word.reason)
        else:
            self._handle(RunEvent.ABORT)
            keeper.write(AuditKind.STOP_REQUESTED, by=word.by, reason="at once")

    def stop(self, by: str, reason: str) -> None:
        """End the run in good order.

        Raises
        ------
        RunError
            If it is ending already.
        """
        self._handle(RunEvent.STOP)
        self._stage.keeper.write(AuditKind.STOP_REQUESTED, by=by, reason=reason)

    async def change(self, word: Change) -> Any:
        """Change a live parameter and wait until it holds.

        Returns
        -------
        dict
            old, new, and the sequence number from which it holds.

        Raises
        ------
        RunError
            If there is no such node, it refuses, or it does not answer.
        """
        return await self._changes.change(word)

    def note(self, word: Note) -> None:
        """Write an operator's line into the audit trail."""
        self._stage.keeper.write(AuditKind.NOTE, text=word.text, by=word.by)
        self._stage.keeper.notice(f"{word.by}: {word.text}")

    def _handle(self, event: RunEvent) -> None:
        before = self._stage.machine.state
        if not self._stage.handle(event):
            raise RunError(
                explain_refusal(before, event),
                code="RV-R17",
                mend="see the state that `ranvier status` shows",
            )

    def _view_nodes(self) -> list[NodeView]:
        ended = self._stage.ended
        return [
            NodeView(
                node.name,
                node.index,
                "ended"
                if node.name in ended and not member.is_gone
                else str(member.state),
                member.pid,
                member.book.total,
                self._stage.last_faults.get(node.name, ""),
            )
            for member in self._stage.crew
            for node in member.plan.nodes
        ]


def _count_free(folder: Path) -> int:
    # A disk that is gone must not keep the rest of the status from being seen.
    try:
        return free_bytes(folder)
    except OSError:
        return 0
