"""Lets several threads speak to one operator, one at a time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.session.operator import Answer, Form, Operator, Question, Table


class SharedOperator:
    """An operator whom one thread at a time asks or tells.

    While a question is open, what others have to say waits. A screen that is gone (a
    terminal that was closed, a pipe that nobody reads) is told nothing more.

    Parameters
    ----------
    operator
        Who is asked and told.
    """

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._lock = threading.RLock()
        self.is_gone = False

    @property
    def name(self) -> str:
        """Who answers."""
        return self._operator.name

    def say(self, text: str) -> None:
        """Show one line of plain information."""
        self._tell(lambda: self._operator.say(text))

    def warn(self, text: str) -> None:
        """Show one line that should not be missed."""
        self._tell(lambda: self._operator.warn(text))

    def advance(self, task: str, done: float, total: float) -> None:
        """Show how far a long task is."""
        self._tell(lambda: self._operator.advance(task, done, total))

    def has_answer(self, name: str) -> bool:
        """Say whether a question of this name can be answered."""
        return self._operator.has_answer(name)

    def ask(self, question: Question) -> Answer:
        """Ask one thing."""
        with self._lock:
            return self._operator.ask(question)

    def fill(self, form: Form) -> dict[str, Answer]:
        """Ask several things together."""
        with self._lock:
            return self._operator.fill(form)

    def show(self, table: Table) -> None:
        """Show something to be read."""
        self._tell(lambda: self._operator.show(table))

    def _tell(self, act: Callable[[], None]) -> None:
        # A screen that is gone must not cost the session its steps and its metadata:
        # what is said stands in the log too.
        with self._lock:
            if self.is_gone:
                return
            try:
                act()
            except (OSError, ValueError):  # ValueError: of a file that is closed
                self.is_gone = True
