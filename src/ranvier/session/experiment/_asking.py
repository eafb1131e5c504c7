"""Who is asked and told by an experiment that code starts, not a command line."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from ranvier.session.operator import AbsentOperator, Form, TerminalOperator

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.session.operator import Answer, Operator, Question, Table

# What callers set up themselves, as `logging` wants it: "ranvier" is its parent.
LOGGER = "ranvier.session"


class ExperimentOperator:
    """Asks a person once, tells the log, and gives the same answer to who asks again.

    An experiment asks when its parameters are loaded, the session when it starts: what
    was answered then goes into its trail.

    Parameters
    ----------
    operator
        Who is asked; None for whoever sits at the terminal, or nobody.
    is_stopped
        Whether a question is given up.
    """

    def __init__(
        self, operator: Operator | None, is_stopped: Callable[[], bool]
    ) -> None:
        self._operator = operator or _open_operator(is_stopped)
        self._tells = operator is not None
        self._log = logging.getLogger(LOGGER)
        self.answers: dict[str, Answer] = {}

    @property
    def name(self) -> str:
        """Who answers, for the audit trail."""
        return self._operator.name

    def say(self, text: str) -> None:
        """Tell one line."""
        self._log.info("%s", text)
        if self._tells:
            self._operator.say(text)

    def warn(self, text: str) -> None:
        """Tell one line that should not be missed."""
        self._log.warning("%s", text)
        if self._tells:
            self._operator.warn(text)

    def advance(self, task: str, done: float, total: float) -> None:
        """Tell how far a long task is, to whom was given; a log has no use for it."""
        if self._tells:
            self._operator.advance(task, done, total)

    def has_answer(self, name: str) -> bool:
        """Say whether a question of this name can be answered."""
        return name in self.answers or self._operator.has_answer(name)

    def ask(self, question: Question) -> Answer:
        """Ask one thing.

        Returns
        -------
        Answer
            As the operator gave it, maybe before.
        """
        if question.name not in self.answers:
            return self._operator.ask(question)
        return self.answers[question.name]

    def fill(self, form: Form) -> dict[str, Answer]:
        """Ask several things, those that were not answered yet.

        Returns
        -------
        dict
            Answers by the names of the questions.
        """
        new = tuple(each for each in form.questions if each.name not in self.answers)
        given = self._operator.fill(Form(form.title, new)) if new else {}
        known = {**self.answers, **given}
        return {each.name: known[each.name] for each in form.questions}

    def show(self, table: Table) -> None:
        """Show something to be read."""
        self._operator.show(table)


def has_terminal() -> bool:
    """Say whether someone may sit at a terminal.

    Returns
    -------
    bool
        Of the input that this process was started with.
    """
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def _open_operator(is_stopped: Callable[[], bool]) -> Operator:
    if has_terminal():
        return TerminalOperator(sys.stdin, sys.stdout, is_stopped)
    return AbsentOperator()
