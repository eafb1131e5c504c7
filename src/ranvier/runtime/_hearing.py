"""What workers say: written into the audit trail, answered, passed on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.audit import AuditKind
from ranvier.core import RunError
from ranvier.graph import RECORDER
from ranvier.links import StreamField
from ranvier.runtime._control import Change
from ranvier.runtime._crew import Member, WorkerState
from ranvier.runtime._lifecycle import RunEvent, RunState
from ranvier.worker import (
    Begin,
    Described,
    Ended,
    Failed,
    Fault,
    MadeSafe,
    Noted,
    ParameterAsked,
    ParameterRefused,
    ParameterSet,
    Pause,
    Ready,
    Showed,
    StopAsked,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.runtime._changes import Changes
    from ranvier.runtime._stage import Stage

_KINDS_OF_THE_RECORDER = ("disk_full", "recording_opened", "recording_closed")
# Written, but not shown to the operator as news.
_SILENT = ("note", "recording_opened", "recording_closed")
_OURS = str(Path(__file__).parents[1])


class Hearing:
    """Hears the words of all workers of a run.

    Parameters
    ----------
    stage
        The run.
    changes
        Live parameters under way.
    look
        Called when the run may have come to its end.
    """

    def __init__(
        self, stage: Stage, changes: Changes, look: Callable[[], None]
    ) -> None:
        self._stage, self._changes, self._look = stage, changes, look

    def hear(self, member: Member, word: Any) -> None:
        """Take one word of a worker."""
        match word:
            case Described():
                self._hear_described(member, word)
            case Ready():
                self._hear_ready(member, word)
            case Failed():
                self._hear_failed(member, word)
            case Fault():
                self._hear_fault(word)
            case ParameterSet():
                self._changes.hear_set(word)
            case ParameterRefused():
                self._changes.hear_refused(word)
            case MadeSafe():
                member.note_safe(word)
                self.hear_made_safe(word)
            case _:
                self._hear_more(word)

    def _hear_more(self, word: Any) -> None:
        match word:
            case Ended():
                self._hear_ended(word)
            case Noted():
                self._hear_noted(word)
            case ParameterAsked():
                change = Change(word.node, word.name, word.value, word.by)
                self._changes.ask(change)
            case Showed():
                self._stage.shown[f"{word.node}: {word.name}"] = word.text
            case StopAsked():
                self._hear_stop_asked(word)
            case _:
                raise TypeError(f"unexpected word {word!r}")

    def hear_made_safe(self, word: MadeSafe) -> None:
        """Take that a node was made safe, or could not be."""
        self._stage.keeper.write(
            AuditKind.SAFE_STATE_CALLED, word.node, why=word.reason, error=word.error
        )
        if word.error:
            last = word.error.strip().splitlines()[-1]
            self._stage.fail(f'the node "{word.node}" could not be made safe: {last}')

    def _hear_described(self, member: Member, word: Described) -> None:
        stage = self._stage
        stage.blueprint.add(word)
        member.state = WorkerState.DESCRIBED
        if stage.board is not None:  # it was started again
            setup = stage.blueprint.build_setup(member.plan, stage.keeper)
            member.process.tell(setup)
        elif all(m.state is WorkerState.DESCRIBED for m in stage.crew):
            stage.handle(RunEvent.ALL_DESCRIBED)

    def _hear_ready(self, member: Member, word: Ready) -> None:
        stage = self._stage
        for node in member.plan.nodes:
            stage.keeper.write(
                AuditKind.NODE_READY, node.name, pid=member.pid, took_s=word.took_s
            )
        if stage.begin_ns:
            member.state = WorkerState.RUNNING
            # Its schedule begins now: the past is not made up for.
            member.process.tell(Begin(time.monotonic_ns()))
            if stage.machine.state is RunState.PAUSED:
                member.process.tell(Pause())
            return
        member.state = WorkerState.READY
        if all(m.state is WorkerState.READY for m in stage.crew):
            stage.handle(RunEvent.ALL_READY)

    def _hear_failed(self, member: Member, word: Failed) -> None:
        stage, error = self._stage, word.error
        stage.keeper.write(
            AuditKind.NODE_FAILED,
            word.node,
            phase=word.phase,
            error=error,
            traceback=word.traceback,
        )
        what = f"{word.phase} failed: {error.get('problem', '')}"
        stage.last_faults[word.node] = what
        stage.keeper.notice(f"{word.node}: {what}")
        if stage.begin_ns:
            return  # a restart that failed; the exit that follows is answered
        stage.fail_start(
            RunError(
                f'the node "{word.node}" can\'t start: {what}',
                code=error.get("code") or "RV-R10",
                where=error.get("where") or _last_place(word.traceback),
                found=error.get("found", ""),
                wanted=error.get("wanted", ""),
                mend=error.get("mend") or f"see {stage.keeper.folder.log(member.name)}",
            )
        )

    def _hear_fault(self, word: Fault) -> None:
        stage, cause = self._stage, word.message or {}
        stage.keeper.write(
            AuditKind.FAULT,
            word.node,
            phase=word.phase,
            error=word.error,
            traceback=word.traceback,
            stream=stage.blueprint.name_stream(cause.get("stream")),
            sequence=cause.get("sequence"),
            answer=word.answer,
            count=word.count,
        )
        problem = word.error.get("problem", "")
        stage.last_faults[word.node] = f"{problem} ({word.phase})"
        follows = "" if word.answer == "none" else f"; {word.answer}"
        stage.keeper.notice(f"{word.node}: {problem} ({word.phase}{follows})")

    def _hear_ended(self, word: Ended) -> None:
        stage = self._stage
        stage.ended.add(word.node)
        if word.failed:
            self._note_cut_short(word.node)
        for plan in stage.blueprint.streams:
            if plan.node == word.node and stage.board:
                stage.keeper.write(
                    AuditKind.STREAM_ENDED,
                    word.node,
                    stream=plan.stream,
                    epoch=stage.board.stream_field(plan.index, StreamField.EPOCH),
                    count=stage.board.stream_field(plan.index, StreamField.WRITTEN),
                )
        self._look()

    def _note_cut_short(self, node: str) -> None:
        # The rest goes on with what there is, but that is not all there should be.
        stage = self._stage
        stage.note_failure(
            RunError(
                f'the source "{node}" ended at its fault.',
                code="RV-R27",
                where=str(stage.keeper.folder.audit),
                found=stage.last_faults.get(node, ""),
                mend="correct it; a `produce` that returns one item a call would go on",
            )
        )

    def _hear_noted(self, word: Noted) -> None:
        fields: dict[str, Any] = {"text": word.text, "by": word.node}
        kind = AuditKind.NOTE
        if word.node == RECORDER and word.kind in _KINDS_OF_THE_RECORDER:
            kind = AuditKind(word.kind)
            fields.update(word.fields)
        elif word.kind != kind.value:
            # A node's own words must not be taken for the supervisor's.
            fields.update(what=word.kind, fields=word.fields)
        self._stage.keeper.write(kind, word.node, **fields)
        if word.kind not in _SILENT:
            self._stage.keeper.notice(f"{word.node}: {word.text}")

    def _hear_stop_asked(self, word: StopAsked) -> None:
        self._stage.keeper.write(
            AuditKind.STOP_REQUESTED, word.node, by=word.node, reason=word.reason
        )
        if word.failed:
            self._stage.fail(f'the node "{word.node}" failed: {word.reason}')
        else:
            self._stage.handle(RunEvent.STOP)


def _last_place(trace: str) -> str:
    places = [line.strip() for line in trace.splitlines() if line.startswith("  File ")]
    # The user's own file says more than a line of ours that refused something.
    theirs = [place for place in places if _OURS not in place]
    return theirs[-1] if theirs else ""
