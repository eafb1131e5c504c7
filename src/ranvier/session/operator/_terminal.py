"""A person at a terminal."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

from ranvier.session.faults import OperatorError
from ranvier.session.operator._answers import build_unanswered, check_answer
from ranvier.session.operator._drawing import draw_question, draw_table
from ranvier.session.operator._questions import QuestionKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from ranvier.session.operator._questions import Answer, Form, Question, Table

_TRIES = 5
_LOOK_S = 0.1


class TerminalOperator:
    """Asks on a terminal, one question after another.

    Parameters
    ----------
    stdin
        Read from; must be a terminal. A pipe that stays silent would hold a session
        for ever, so that answers of a program come by a file.
    stdout
        Written to.
    is_stopped
        Looked at while a person thinks; if it becomes true the question is given up.
        Not on Windows, where a console can't be waited for: there Ctrl-C ends it.
    """

    def __init__(
        self,
        stdin: TextIO | None,
        stdout: TextIO,
        is_stopped: Callable[[], bool] | None = None,
    ) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._is_stopped = is_stopped

    @property
    def name(self) -> str:
        """Who answers, for the audit trail."""
        return "terminal"

    def say(self, text: str) -> None:
        """Show one line of plain information."""
        self._write(f"{text}\n")

    def warn(self, text: str) -> None:
        """Show one line that the operator should not miss."""
        self._write(f"! {text}\n")

    def advance(self, task: str, done: float, total: float) -> None:
        """Show how far a long task is, in one line that is written over."""
        share = done / total if total else 1.0
        end = "\n" if share >= 1.0 else ""
        self._write(f"\r{task}  {share:4.0%}{end}")

    def has_answer(self, name: str) -> bool:
        """Say yes: a person can be asked anything."""
        del name
        return True

    def ask(self, question: Question) -> Answer:
        """Ask one thing; what is no answer is asked again, up to five times in all.

        Parameters
        ----------
        question
            What is asked. Enter takes its default.

        Returns
        -------
        Answer
            As `check_answer` gives it.

        Raises
        ------
        OperatorError
            If there is no terminal, the input ends, the session is stopped, or five
            tries gave no answer.
        """
        self._refuse_without_terminal((question,))
        last: OperatorError | None = None
        for _ in range(_TRIES):
            text = self._read_line(question)
            given = question.default if _takes_default(question, text) else text
            try:
                return check_answer(question, given)
            except OperatorError as error:
                last = error
                hint = f" {error.mend}" if error.mend.startswith("did you") else ""
                self.warn(f"That was {error.found}; wanted: {error.wanted}.{hint}")
        raise OperatorError(
            f'{_TRIES} tries gave no answer to "{question.name}".',
            code="RV-S84",
            where=self.name,
            found=last.found if last else "",
            wanted=last.wanted if last else "",
            mend="start again when the answer is known",
        )

    def fill(self, form: Form) -> dict[str, Answer]:
        """Ask several things under one title.

        Parameters
        ----------
        form
            They are asked in their order.

        Returns
        -------
        dict
            Answers by the names of the questions.

        Raises
        ------
        OperatorError
            As `ask`.
        """
        self._refuse_without_terminal(form.questions)
        self.say(form.title)
        return {question.name: self.ask(question) for question in form.questions}

    def show(self, table: Table) -> None:
        """Show something to be read."""
        for line in draw_table(table):
            self.say(line)

    def _refuse_without_terminal(self, questions: tuple[Question, ...]) -> None:
        stdin = self._stdin
        if stdin is None or stdin.closed or not stdin.isatty():
            where = "the session has no terminal"
            raise build_unanswered(
                questions, where, "start it at a terminal, or give --answers FILE"
            )

    def _read_line(self, question: Question) -> str:
        stdin = self._stdin
        assert stdin is not None  # noqa: S101 - refused before
        self._write(draw_question(question))
        self._wait_for_line(stdin, question)
        line = stdin.readline()
        if line == "":
            self._write("\n")
            raise _build_ended(question, "the input has ended")
        return line.strip()

    def _wait_for_line(self, stdin: TextIO, question: Question) -> None:
        # A signal handler that only notes the stop does not wake `readline`.
        if self._is_stopped is None or os.name == "nt":
            return
        while not select.select([stdin], [], [], _LOOK_S)[0]:
            if self._is_stopped():
                self._write("\n")
                raise _build_ended(question, "the session was stopped")

    def _write(self, text: str) -> None:
        self._stdout.write(text)
        self._stdout.flush()


def _takes_default(question: Question, text: str) -> bool:
    has_default = question.default is not None
    return text == "" and has_default and question.kind is not QuestionKind.ACKNOWLEDGE


def _build_ended(question: Question, found: str) -> OperatorError:
    return OperatorError(
        f'the question "{question.name}" was left without an answer.',
        code="RV-S83",
        where="terminal",
        found=found,
        mend="start again and answer it, or give --answers FILE",
    )
