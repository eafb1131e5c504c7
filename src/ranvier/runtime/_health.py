"""Looks after running workers: hangs, memory, losses."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from ranvier.audit import AuditKind
from ranvier.core import RecordingError, RunError, format_count, format_quantity
from ranvier.graph import RECORDER
from ranvier.links import LinkField, NodeField, StreamField
from ranvier.recording import describe_damage, read_all_counts
from ranvier.runtime._crew import Member, WorkerState
from ranvier.runtime._status import private_bytes

if TYPE_CHECKING:
    from ranvier.links import Board
    from ranvier.recording import SessionFolder
    from ranvier.runtime._keeper import Keeper
    from ranvier.runtime._status import NodeStatus, StatusTracker
    from ranvier.spec import StreamPlan

_SILENCE_S = 1.0
# Steps that went well, and the faults until then: newest first.
_NONE_GOOD = ((0, 0), (0, 0))


class Finding(NamedTuple):
    """A worker that must be ended, and why."""

    member: Member
    why: str
    kind: AuditKind
    fields: dict[str, Any]


class Health:
    """Looks at the board and the processes of a run.

    Parameters
    ----------
    board, streams
        Of the run.
    keeper
        Where losses are written.
    tracker
        Counts losses.
    """

    def __init__(
        self,
        board: Board,
        streams: tuple[StreamPlan, ...],
        keeper: Keeper,
        tracker: StatusTracker,
    ) -> None:
        self._board, self._keeper, self._tracker = board, keeper, tracker
        self._links = {
            link.index: (plan, link) for plan in streams for link in plan.links
        }
        self._told: dict[int, int] = {}
        self._told_at: dict[int, float] = {}
        self._good: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {}

    def look(self, crew: list[Member]) -> list[Finding]:
        """Find workers over their limits, and note which nodes do well.

        Returns
        -------
        list of Finding
            Each to be ended; its restart policy then answers.
        """
        found: list[Finding] = []
        for member in crew:
            self._note_good_steps(member)
            if member.state is WorkerState.RUNNING:
                finding = self._find_hang(member) or self._find_hunger(member)
                if finding:
                    found.append(finding)
        return found

    def count_failing(self, node: NodeStatus, *, has_finished: bool) -> int:
        """Count the faults of a node since a step of it was last seen to go well.

        Parameters
        ----------
        node
            Its counts at the end.
        has_finished
            True if it came to the end of its inputs: its last step was `finish`, which
            most nodes leave empty, and proves nothing.

        Returns
        -------
        int
            0 if one went well since the last look.
        """
        now = _count_good(node.steps - has_finished, node.faults, node.restarts)
        # What was noted last may have counted `finish`, what was noted before can't.
        for good, faults in self._good.get(node.name, _NONE_GOOD):
            if good <= now:
                return node.faults - faults if good == now else 0
        return 0

    def _note_good_steps(self, member: Member) -> None:
        for node in member.plan.nodes:
            steps = self._board.node_field(node.index, NodeField.STEPS)
            faults = self._board.node_field(node.index, NodeField.FAULTS)
            good = _count_good(steps, faults, member.book.total)
            last, _ = self._good.get(node.name, _NONE_GOOD)
            if good > last[0]:
                self._good[node.name] = (good, faults), last

    def count_losses(self, *, final: bool = False) -> None:
        """Write what links have lost since the last look into the audit trail.

        A link that loses all the time is written about once a second.

        Parameters
        ----------
        final
            True at the end: write whatever was not yet written.
        """
        now = time.monotonic()
        if final:
            self._write_left()
        for index, lost in self._tracker.count_lost().items():
            news = lost - self._told.get(index, 0)
            quiet = now - self._told_at.get(index, 0.0) < _SILENCE_S and not final
            if news > 0 and not quiet:
                self._told[index], self._told_at[index] = lost, now
                self._write_loss(index, news, lost)

    def _write_left(self) -> None:
        for index, left in self._tracker.count_left().items():
            plan, link = self._links[index]
            if left and not link.feedback:
                self._keeper.write(
                    AuditKind.LOSS,
                    link.target_node,
                    stream=plan.stream,
                    target=link.target,
                    count=left,
                    why="still in the queue when the run ended",
                )

    def find_unrecorded(self, folder: SessionFolder) -> list[RecordingError]:
        """Say what should be in the recording and is not.

        Parameters
        ----------
        folder
            The session, its recorder ended.

        Returns
        -------
        list
            Errors that someone must see at the end, one for each stream.
        """
        missed: Counter[str] = Counter()
        refused: Counter[str] = Counter()
        left = self._tracker.count_left()
        for plan, link in self._links.values():
            if link.target_node == RECORDER:
                lost = self._board.link_field(link.index, LinkField.MISSED)
                # What the source itself skipped was never there to be recorded.
                skipped = self._board.stream_field(plan.index, StreamField.SKIPPED)
                gone = lost - skipped + left.get(link.index, 0)
                missed[plan.stream] += max(0, gone)
        parts = read_all_counts(folder)
        for counts in parts:
            # The disk has refused nothing of a file that someone took away.
            for each in () if counts.damage else counts.streams:
                refused[each.stream] += sum(gap.count for gap in each.unrecorded)
        # A recorder that came to its end has counted each of its files.
        there = {part.path.name for part in folder.parts()}
        has_died = not there.issubset(each.file for each in parts)
        return [
            describe_unrecorded(
                stream, missed[stream], refused[stream], has_died=has_died
            )
            for stream in missed + refused  # without those of which none is lost
        ] + [
            describe_damage(folder.path / each.file, each.damage)
            for each in parts
            if each.damage
        ]

    def _write_loss(self, index: int, news: int, total: int) -> None:
        plan, link = self._links[index]
        self._keeper.write(
            AuditKind.LOSS,
            link.target_node,
            stream=plan.stream,
            target=link.target,
            count=news,
            total=total,
            epoch=self._board.stream_field(plan.index, StreamField.EPOCH),
            policy=link.policy.describe(),
        )
        lost = format_count(total, "message")
        self._keeper.notice(f"{plan.stream} → {link.target}: {lost} lost")

    def _find_hang(self, member: Member) -> Finding | None:
        limit = member.plan.step_limit_s
        if limit is None:
            return None
        for node in member.plan.nodes:
            since = self._board.node_field(node.index, NodeField.STEP_SINCE)
            busy_s = (time.monotonic_ns() - since) * 1e-9 if since else 0.0
            if busy_s > limit:
                error = RunError(
                    f"{node.name} hangs: a step of {busy_s:.1f} s (limit {limit:g} s)",
                    code="RV-R20",
                    mend="find what the step waits for, or raise `step_limit`",
                )
                fields = {"error": error.to_dict(), "answer": "kill"}
                return Finding(member, error.problem, AuditKind.FAULT, fields)
        return None

    def _find_hunger(self, member: Member) -> Finding | None:
        limit = member.plan.memory_limit
        if limit is None:
            return None
        try:
            used = private_bytes(psutil.Process(member.pid))
        except psutil.Error:
            return None
        if used <= limit:
            return None
        has, may = format_quantity(used, "B"), format_quantity(limit, "B")
        why = f"{has} of private memory (limit {may})"
        fields = {"used_bytes": used, "limit_bytes": limit}
        return Finding(member, why, AuditKind.MEMORY_LIMIT, fields)


def _count_good(steps: int, faults: int, restarts: int) -> int:
    # A fault that ends its process does so before the step is counted.
    return steps - faults + restarts


def describe_unrecorded(
    stream: str, missed: int, refused: int, *, has_died: bool = False
) -> RecordingError:
    """Say what of a stream is not in the recording, why, and what helps against that.

    Parameters
    ----------
    stream
        "node.output".
    missed
        Messages that did not reach the recorder: it fell behind, for whatever kept it,
        or it died with them.
    refused
        Messages that reached it and that the disk did not take.
    has_died
        True if its process ended before it could close its file.

    Returns
    -------
    RecordingError
        To be shown.
    """
    found = {
        f"{missed} did not reach the recorder": missed,
        f"{refused} were refused by the disk": refused,
    }
    return RecordingError(
        f"the recording lacks {format_count(missed + refused, 'message')} of "
        f'"{stream}".',
        code="RV-D41",
        found="; ".join(words for words, count in found.items() if count),
        mend=_mend_unrecorded(refused > missed, has_died),
    )


def _mend_unrecorded(is_full: bool, has_died: bool) -> str:
    if is_full:
        return "make space on the disk"
    if has_died:
        return "see in the audit trail and in logs/recorder.log what ended the recorder"
    return (
        "let the recorder keep up: fewer or smaller streams, a quicker disk, a "
        "computer with less to do, or a larger `depth` under `record`"
    )
