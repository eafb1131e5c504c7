"""Nobody: every question that must be answered is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.session.operator._answers import build_unanswered
from ranvier.session.operator._relay import Relay

if TYPE_CHECKING:
    from ranvier.session.operator._questions import (
        Answer,
        Form,
        Question,
    )


class AbsentOperator(Relay):
    """Refuses what must be answered, and says how it can be answered beforehand.

    Parameters
    ----------
    reporter
        Is told what happens; nobody if not given.
    """

    @property
    def name(self) -> str:
        """Who answers, for the audit trail."""
        return "nobody"

    def has_answer(self, name: str) -> bool:
        """Say no."""
        del name
        return False

    def ask(self, question: Question) -> None:
        """Leave without an answer what may be; refuse the rest.

        Parameters
        ----------
        question
            What is asked.

        Raises
        ------
        OperatorError
            If it must be answered; names the key of the parameter file and the
            answers file.
        """
        if question.is_required:
            raise _refuse((question,))

    def fill(self, form: Form) -> dict[str, Answer]:
        """Leave without answers what may be; refuse the rest.

        Parameters
        ----------
        form
            What is asked.

        Returns
        -------
        dict
            None for each question.

        Raises
        ------
        OperatorError
            With all questions that must be answered.
        """
        required = tuple(each for each in form.questions if each.is_required)
        if required:
            raise _refuse(required)
        return {question.name: None for question in form.questions}


class PromisedOperator(AbsentOperator):
    """Nobody yet, but someone will be there: for checks long before a session.

    Parameters
    ----------
    reporter
        Is told what happens; nobody if not given.
    """

    def has_answer(self, name: str) -> bool:
        """Say yes: whoever comes can be asked."""
        del name
        return True


def _refuse(questions: tuple[Question, ...]) -> Exception:
    names = ", ".join(f'"{question.name}"' for question in questions)
    return build_unanswered(
        questions,
        "the session runs without a person",
        f"put {names} into a file and give it as --answers FILE, or set it in the "
        "parameter file where that has such a key",
    )
