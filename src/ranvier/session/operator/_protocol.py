"""Whom a session asks: a person at a terminal or a browser, or a file of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ranvier.core import Reporter

if TYPE_CHECKING:
    from ranvier.session.operator._questions import Answer, Form, Question, Table


class Operator(Reporter, Protocol):
    """Answers questions, and is told what happens. Called from one thread at a time."""

    @property
    def name(self) -> str:
        """Who answers, for the audit trail: "terminal", or a file's name."""
        ...

    def has_answer(self, name: str) -> bool:
        """Say whether a question of this name can be answered at all.

        Looked at before a session starts, so that it does not fail in its midst.
        """
        ...

    def ask(self, question: Question) -> Answer:
        """Ask one thing and wait for its answer.

        Raises
        ------
        OperatorError
            If there is nobody to answer it, or the answer can't be what was asked.
        """
        ...

    def fill(self, form: Form) -> dict[str, Answer]:
        """Ask several things together; answers by the names of the questions.

        Raises
        ------
        OperatorError
            As `ask`, naming all questions that have no answer.
        """
        ...

    def show(self, table: Table) -> None:
        """Show something to be read."""
        ...
