"""What an operator is told, handed on to someone who shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import SilentReporter
from ranvier.session.operator._drawing import draw_table

if TYPE_CHECKING:
    from ranvier.core import Reporter
    from ranvier.session.operator._questions import Table


class Relay:
    """The telling half of an operator that has no screen of its own.

    Parameters
    ----------
    reporter
        Is told what happens; nobody if not given.
    """

    def __init__(self, reporter: Reporter | None = None) -> None:
        self._reporter = reporter or SilentReporter()

    def say(self, text: str) -> None:
        """Show one line of plain information."""
        self._reporter.say(text)

    def warn(self, text: str) -> None:
        """Show one line that the operator should not miss."""
        self._reporter.warn(text)

    def advance(self, task: str, done: float, total: float) -> None:
        """Show how far a long task is."""
        self._reporter.advance(task, done, total)

    def show(self, table: Table) -> None:
        """Show something to be read."""
        for line in draw_table(table):
            self._reporter.say(line)
