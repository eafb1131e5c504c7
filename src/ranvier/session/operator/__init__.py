"""Who is asked what only a person can know."""

from __future__ import annotations

from ranvier.session.operator._absent import AbsentOperator, PromisedOperator
from ranvier.session.operator._answers import check_answer
from ranvier.session.operator._audited import AuditedOperator
from ranvier.session.operator._drawing import draw_table
from ranvier.session.operator._protocol import Operator
from ranvier.session.operator._questions import (
    Answer,
    Form,
    Question,
    QuestionKind,
    Table,
)
from ranvier.session.operator._scripted import ScriptedOperator
from ranvier.session.operator._terminal import TerminalOperator

__all__ = [
    "AbsentOperator",
    "Answer",
    "AuditedOperator",
    "Form",
    "Operator",
    "PromisedOperator",
    "Question",
    "QuestionKind",
    "ScriptedOperator",
    "Table",
    "TerminalOperator",
    "check_answer",
    "draw_table",
]
