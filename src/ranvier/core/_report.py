"""What lower floors may tell a person; screens implement it."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Someone who shows progress and words to the operator."""

    def say(self, text: str) -> None:
        """Show one line of plain information."""
        ...

    def warn(self, text: str) -> None:
        """Show one line that the operator should not miss."""
        ...

    def advance(self, task: str, done: float, total: float) -> None:
        """Show how far a long task is: `done` of `total`, in any unit."""
        ...


class SilentReporter:
    """A reporter for when no one looks."""

    def say(self, text: str) -> None:
        """Show nothing."""

    def warn(self, text: str) -> None:
        """Show nothing."""

    def advance(self, task: str, done: float, total: float) -> None:
        """Show nothing."""
