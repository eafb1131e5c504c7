"""What an answer must be to be taken: the same for a person and for a file."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from ranvier.core import format_value, suggest
from ranvier.session.faults import OperatorError
from ranvier.session.operator._questions import QuestionKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.session.operator._questions import Answer, Question

_YES = ("y", "yes", "true")
_NO = ("n", "no", "false")


def check_answer(question: Question, given: object) -> Answer:
    """Make of what was given the answer to a question, or refuse it.

    A default is no answer here: who asks a person puts it in for Enter.

    Parameters
    ----------
    question
        What was asked.
    given
        Text of a person, or a value of a file.

    Returns
    -------
    Answer
        Text without blanks around it, a number in the unit asked for, yes or no; of a
        choice, the choice as it stands in the question; None if nothing was given and
        nothing has to be.

    Raises
    ------
    OperatorError
        If it is no answer; says what was given and what is wanted.

    Examples
    --------
    >>> weight = Question("weight", "Weight?", QuestionKind.NUMBER, unit="g")
    >>> check_answer(weight, "23.4 g")
    23.4
    """
    value = given.strip() if isinstance(given, str) else given
    is_nothing = value is None or value == ""
    if is_nothing and not question.is_required:
        return None
    match question.kind:
        case QuestionKind.NUMBER:
            return _check_number(question, value)
        case QuestionKind.CHOICE:
            return _check_choice(question, value)
        case QuestionKind.CONFIRM:
            return _check_confirm(question, value)
        case QuestionKind.ACKNOWLEDGE:
            return _check_acknowledged(question, value)
        case QuestionKind.TEXT:
            return _check_text(question, value)


def describe_wanted(question: Question) -> str:
    """Say in a few words what would be an answer.

    Returns
    -------
    str
        "a number from 5 to 100 g", "one of …", "y or n", …
    """
    match question.kind:
        case QuestionKind.NUMBER:
            return _describe_number(question)
        case QuestionKind.CHOICE:
            return "one of " + ", ".join(question.choices)
        case QuestionKind.CONFIRM:
            return "y or n"
        case QuestionKind.ACKNOWLEDGE:
            return "yes"
        case QuestionKind.TEXT:
            return "some text"


def build_unanswered(
    questions: Iterable[Question], where: str, mend: str
) -> OperatorError:
    """Build the error of questions that nobody answers.

    Parameters
    ----------
    questions
        At least one.
    where
        Who should have answered.
    mend
        How an answer can be given.

    Returns
    -------
    OperatorError
        With the names of the questions.
    """
    asked = tuple(questions)
    names = ", ".join(f'"{question.name}"' for question in asked)
    lines = [f"{question.name}: {question.prompt}" for question in asked]
    return OperatorError(
        f"there is no answer to {names}.",
        code="RV-S80",
        where=where,
        wanted="; ".join(lines),
        mend=mend,
    )


def _check_number(question: Question, value: object) -> float:
    number = _read_number(question, value)
    if number is None or not math.isfinite(number):
        raise _refuse(question, value)
    if question.minimum is not None and number < question.minimum:
        raise _refuse(question, value)
    if question.maximum is not None and number > question.maximum:
        raise _refuse(question, value)
    return number


def _read_number(question: Question, value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if question.unit and text.endswith(question.unit):
        text = text.removesuffix(question.unit).rstrip()
    # "1_0" is a number to Python, and a slip of the finger at a rig.
    if "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _check_choice(question: Question, value: object) -> str:
    text = str(value)
    if text in question.choices:
        return text
    alike = [each for each in question.choices if each.lower() == text.lower()]
    if len(alike) == 1:
        return alike[0]
    if text.isdecimal() and 1 <= int(text) <= len(question.choices):
        return question.choices[int(text) - 1]
    mend = suggest(text, question.choices, "give its number or its name")
    raise _refuse(question, value, mend)


def _check_confirm(question: Question, value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise _refuse(question, value)


def _check_acknowledged(question: Question, value: object) -> bool:
    # Enter alone says that it was read; nothing at all, and "no", do not.
    if value is None or value is False or str(value).lower() in _NO:
        raise _refuse(question, value)
    return True


def _check_text(question: Question, value: object) -> str:
    if isinstance(value, str) and value:
        return value
    # A number of a file may be meant as text; "true" and lists are a slip.
    if isinstance(value, int | float | dt.date) and not isinstance(value, bool):
        return str(value)
    raise _refuse(question, value)


def _describe_number(question: Question) -> str:
    unit = f" {question.unit}" if question.unit else ""
    low, high = question.minimum, question.maximum
    if low is not None and high is not None:
        return f"a number from {low:g} to {high:g}{unit}"
    if low is not None:
        return f"a number of at least {low:g}{unit}"
    if high is not None:
        return f"a number of at most {high:g}{unit}"
    return f"a number, in {question.unit}" if question.unit else "a number"


def _refuse(question: Question, value: object, mend: str = "") -> OperatorError:
    return OperatorError(
        f'the answer to "{question.name}" can\'t be taken.',
        code="RV-S81",
        where=question.prompt,
        found="nothing" if value is None or value == "" else format_value(value),
        wanted=describe_wanted(question),
        mend=mend or "answer as asked",
    )
