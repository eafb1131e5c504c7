"""Writes every answer down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.session.operator._relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.session.operator._protocol import Operator
    from ranvier.session.operator._questions import Answer, Form, Question, Table


class AuditedOperator(Relay):
    """Another operator whose every answer is written down before it is used.

    Parameters
    ----------
    operator
        Who is asked.
    write
        Called with the question's name, its prompt, the answer and who gave it.
    """

    def __init__(
        self,
        operator: Operator,
        write: Callable[[str, str, Answer, str], None],
    ) -> None:
        super().__init__(operator)
        self._operator = operator
        self._write = write

    @property
    def name(self) -> str:
        """Who answers."""
        return self._operator.name

    def has_answer(self, name: str) -> bool:
        """Say what the operator within says."""
        return self._operator.has_answer(name)

    def ask(self, question: Question) -> Answer:
        """Ask one thing and write the answer down.

        Parameters
        ----------
        question
            What is asked.

        Returns
        -------
        Answer
            Of the operator within.

        Raises
        ------
        OperatorError
            Of the operator within; then nothing is written.
        """
        answer = self._operator.ask(question)
        self._write(question.name, question.prompt, answer, self.name)
        return answer

    def fill(self, form: Form) -> dict[str, Answer]:
        """Ask several things together and write the answers down.

        Parameters
        ----------
        form
            What is asked.

        Returns
        -------
        dict
            Answers by the names of the questions.

        Raises
        ------
        OperatorError
            Of the operator within; then nothing is written.
        """
        answers = self._operator.fill(form)
        for question in form.questions:
            answer = answers[question.name]
            self._write(question.name, question.prompt, answer, self.name)
        return answers

    def show(self, table: Table) -> None:
        """Show something to be read."""
        self._operator.show(table)
