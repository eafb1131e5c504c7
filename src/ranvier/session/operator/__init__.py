"""Who is asked what only a person can know."""

from __future__ import annotations

from ranvier.session.operator._protocol import Operator
from ranvier.session.operator._questions import (
    Answer,
    Form,
    Question,
    QuestionKind,
    Table,
)

__all__ = ["Answer", "Form", "Operator", "Question", "QuestionKind", "Table"]
