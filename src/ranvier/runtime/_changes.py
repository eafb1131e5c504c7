"""Live parameters: asked for by screens and nodes, answered by the owner, audited."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from ranvier.core import RunError
from ranvier.recording import WITHHELD, AuditKind, is_secret
from ranvier.worker import ParameterRefused, ParameterSet, SetParameter

if TYPE_CHECKING:
    from ranvier.runtime._control import Change
    from ranvier.runtime._stage import Stage

_ANSWER_S = 5.0
_FIELDS = ("problem", "code", "where", "found", "wanted", "mend")


class _Asked(NamedTuple):
    answer: asyncio.Future[Any]
    by: str


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
            If there is no such node, it refuses, or it does not answer.
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
        if member is None or member.is_gone:
            answer.set_exception(self._refuse_unknown(word))
            return answer
        self._n_requests += 1
        self._asked[self._n_requests] = _Asked(answer, word.by)
        member.process.tell(
            SetParameter(self._n_requests, word.node, word.name, word.value)
        )
        return answer

    def hear_set(self, word: ParameterSet) -> None:
        """Take a node's word that a change holds."""
        asked = self._asked.pop(word.request, None)
        by = asked.by if asked else ""
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
        values = f"{word.old} → {word.new}"
        if is_secret(word.name):
            values = WITHHELD
        what = f"{word.node}.{word.name}: {values}"
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
        self._stage.keeper.write(
            AuditKind.PARAMETER_REFUSED,
            word.node,
            parameter=word.name,
            by=asked.by if asked else "",
            error=word.error,
        )
        if asked and not asked.answer.done():
            fields = {key: word.error.get(key, "") for key in _FIELDS}
            asked.answer.set_exception(RunError(fields.pop("problem"), **fields))

    def _refuse_unknown(self, word: Change) -> RunError:
        error = RunError(
            f'there is no node "{word.node}" in this run.',
            code="RV-R18",
            wanted=", ".join(self._stage.blueprint.graph.nodes),
            mend="correct the name",
        )
        self._stage.keeper.write(
            AuditKind.PARAMETER_REFUSED,
            word.node,
            parameter=word.name,
            value=word.value,
            by=word.by,
            error=error.to_dict(),
        )
        return error
