"""What an operator may be asked or shown, as data.

A terminal, a file and a browser draw it each in its own way.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

Answer: TypeAlias = str | float | bool | None
"""Text, a number, yes or no; None where nothing was answered and nothing had to be."""


class QuestionKind(enum.StrEnum):
    """What sort of answer is wanted."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    CONFIRM = "confirm"
    ACKNOWLEDGE = "acknowledge"


@dataclass(frozen=True)
class Question:
    """One thing to be asked.

    Parameters
    ----------
    name
        By which the answer is known: in an answers file, in the audit trail.
    prompt
        What the operator reads.
    kind
        What sort of answer is wanted.
    choices
        Of a choice; the answer is one of them.
    unit
        Of a number.
    minimum, maximum
        Limits of a number, in `unit`.
    default
        Proposed to a person, who takes it by Enter. Where nobody is asked it is no
        answer.
    is_required
        False if it may stay without an answer.
    """

    name: str
    prompt: str
    kind: QuestionKind = QuestionKind.TEXT
    choices: tuple[str, ...] = ()
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    default: Answer = None
    is_required: bool = True


@dataclass(frozen=True)
class Form:
    """Questions that are asked together.

    Parameters
    ----------
    title
        Above them.
    questions
        In their order; each name once.
    """

    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Table:
    """Something to be read, not answered.

    Parameters
    ----------
    title
        Above it.
    columns
        Their heads.
    rows
        As long as `columns` each.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
