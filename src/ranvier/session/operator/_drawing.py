"""Questions and tables as lines of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.session.operator._answers import describe_wanted
from ranvier.session.operator._questions import QuestionKind

if TYPE_CHECKING:
    from ranvier.session.operator._questions import Question, Table

_LETTERS = {"True": "Y/n", "False": "y/N", "None": "y/n"}


def draw_question(question: Question) -> str:
    """Write a question for a terminal; the cursor stays behind it.

    Returns
    -------
    str
        One line, or one more for each choice.

    Examples
    --------
    >>> draw_question(Question("go", "Go on?", QuestionKind.CONFIRM))
    'Go on? (y/n) '
    """
    if question.kind is QuestionKind.ACKNOWLEDGE:
        return f"{question.prompt} (Enter) "
    if question.kind is QuestionKind.CONFIRM:
        return f"{question.prompt} ({_LETTERS[str(question.default)]}) "
    if question.kind is QuestionKind.CHOICE:
        return _draw_choices(question)
    hints: list[str] = []
    if question.kind is QuestionKind.NUMBER:
        hints.append(describe_wanted(question).removeprefix("a number").lstrip(" ,"))
    if _has_default(question):
        hints.append(f"Enter: {_show(question.default)}")
    elif not question.is_required:
        hints.append("Enter: none")
    shown = "; ".join(hint for hint in hints if hint)
    return f"{question.prompt} [{shown}] " if shown else f"{question.prompt} "


def draw_table(table: Table) -> list[str]:
    """Write a table in columns.

    Returns
    -------
    list of str
        Its title, its head if there is one, and its rows.

    Examples
    --------
    >>> draw_table(Table("Disks", ("disk", "free"), (("C:", "80 GB"),)))
    ['Disks', '  disk  free', '  C:    80 GB']
    """
    rows = (table.columns, *table.rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [table.title]
    for row in rows if any(table.columns) else table.rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines


def _has_default(question: Question) -> bool:
    return question.default is not None


def _show(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _draw_choices(question: Question) -> str:
    width = len(str(len(question.choices)))
    lines = [question.prompt]
    lines += [
        f"  {number:>{width}}  {choice}"
        for number, choice in enumerate(question.choices, 1)
    ]
    hint = f" [Enter: {question.default}]" if _has_default(question) else ""
    return "\n".join([*lines, f"Number or name{hint}: "])
