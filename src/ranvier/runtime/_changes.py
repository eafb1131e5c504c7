"""Live parameters: asked for by screens and nodes, answered by the owner, audited."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from ranvier.audit import AuditKind, withhold
from ranvier.core import RanvierError, RunError, rebuild_error
from ranvier.runtime._crew import WorkerState
from ranvier.worker import ParameterRefused, ParameterSet, SetParameter

if TYPE_CHECKING:
    from ranvier.runtime._control import Change
    from ranvier.runtime._crew import Member
    from ranvier.runtime._stage import Stage

_ANSWER_S = 5.0


class _Asked(NamedTuple):
    change: Change
    answer: asyncio.Future[Any]


class Changes:
    """Changes of parameters that are under way.

    Parameters
    ----------
    stage
        The run.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._asked: dict[int, _Asked] = {}
        self._n_requests = 0

    async def change(self, word: Change) -> dict[str, Any]:
        """Change a parameter and wait until it holds.

        Parameters
        ----------
        word
            Which parameter, to what, for whom.

        Returns
        -------
        dict
            old, new, and the sequence number from which it holds.

        Raises
        ------
        RunError
            If there is no such node, it does not run, refuses, dies, or hangs.
        """
        answer = self.ask(word)
        try:
            return await asyncio.wait_for(answer, _ANSWER_S)
        except TimeoutError:
            raise RunError(
                f'"{word.node}" has not answered the change of "{word.name}" '
                f"within {_ANSWER_S:g} s.",
                code="RV-R15",
                mend="see whether a step of the node hangs; the change holds after it",
            ) from None

    def ask(self, word: Change) -> asyncio.Future[Any]:
        """Send a change to the node that owns the parameter.

        Returns
        -------
        asyncio.Future
            Its answer; a refusal is its exception.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        # A node that asked does not look at the answer: it stands in the audit trail.
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        member = self._stage.member_of(word.node)
        if member is None or member.state is not WorkerState.RUNNING:
            error = self._find_why_not(word.node, member)
            self._write_refused(word, error.to_dict())
            answer.set_exception(error)
            return answer
        self._n_requests += 1
        self._asked[self._n_requests] = _Asked(word, answer)
        member.process.tell(
            SetParameter(self._n_requests, word.node, word.name, word.value)
        )
        return answer

    def hear_set(self, word: ParameterSet) -> None:
        """Take a node's word that a change holds."""
        asked = self._asked.pop(word.request, None)
        by = asked.change.by if asked else ""
        self._stage.keeper.write(
            AuditKind.PARAMETER_CHANGED,
            word.node,
            parameter=word.name,
            old=word.old,
            new=word.new,
            by=by,
            from_sequence=word.from_sequence,
            at_ns=word.time_ns,
        )
        self._stage.blueprint.keep_change(word.node, word.name, word.new)
        old, new = (withhold(word.name, value) for value in (word.old, word.new))
        what = f"{word.node}.{word.name}: {old} → {new}"
        self._stage.keeper.notice(f"{what} ({by})")
        if asked and not asked.answer.done():
            result = {
                "old": word.old,
                "new": word.new,
                "from_sequence": word.from_sequence,
            }
            asked.answer.set_result(result)

    def hear_refused(self, word: ParameterRefused) -> None:
        """Take a node's word that it refuses a change."""
        asked = self._asked.pop(word.request, None)
        if asked is None:
            return  # it was answered when the process died
        self._write_refused(asked.change, word.error)
        _give(asked.answer, rebuild_error(word.error))

    def answer_for_dead(self, member: Member) -> None:
        """Refuse what a process was asked for and had not answered when it ended."""
        names = {node.name for node in member.plan.nodes}
        for request, (change, answer) in tuple(self._asked.items()):
            if change.node not in names:
                continue
            del self._asked[request]
            error = RunError(
                f'"{change.node}" died before it answered the change of '
                f'"{change.name}"; the old value stands.',
                code="RV-R19",
                where=str(self._stage.keeper.folder.log(member.name)),
                mend="change it again when the node runs",
            )
            self._write_refused(change, error.to_dict())
            _give(answer, error)

    def _write_refused(self, change: Change, error: dict[str, str]) -> None:
        self._stage.keeper.write(
            AuditKind.PARAMETER_REFUSED,
            change.node,
            parameter=change.name,
            value=change.value,
            by=change.by,
            error=error,
        )

    def _find_why_not(self, node: str, member: Member | None) -> RunError:
        if member is None:
            return RunError(
                f'there is no node "{node}" in this run.',
                code="RV-R18",
                wanted=", ".join(self._stage.blueprint.graph.nodes),
                mend="correct the name",
            )
        # A word to a process that does not run yet, or not any more, is not heard.
        is_over = member.is_gone
        return RunError(
            f'"{node}" is {member.state}: its parameters can\'t change now.',
            code="RV-R25",
            where=str(self._stage.keeper.folder.log(member.name)),
            mend="see why it is down" if is_over else "try again when it runs",
        )


def _give(answer: asyncio.Future[Any], error: RanvierError) -> None:
    if not answer.done():  # whoever asked may have given up
        answer.set_exception(error)
