"""Who is told what a program does while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ranvier.session.programs._spec import ProgramEnd


class ProgramListener(Protocol):
    """Is told of one program; called in the thread that runs it, and only there.

    While it works, the program's output waits (4 MiB of it, then the program): it
    must be quick in `said`. Whole output is in the log files, whoever listens.
    """

    def started(self, pid: int | None, command: Sequence[str], attempt: int) -> None:
        """Take note that it runs.

        `attempt` counts from 1; `pid` is None where it has no process of its own.
        """
        ...

    def said(self, stream: str, text: str) -> None:
        """Take a line of its "stdout" or "stderr", without the end of line."""
        ...

    def sampled(
        self, processes: Sequence[Mapping[str, Any]], system: Mapping[str, Any]
    ) -> None:
        """Take what it uses, as in `ResourceSample`; what is unknown is missing."""
        ...

    def limit_fired(self, limit: str, value: float, allowed: float) -> None:
        """Take note that it broke a limit (a field of `Limits`) and is ended."""
        ...

    def exited(self, end: ProgramEnd) -> None:
        """Take the end of one attempt: all its processes are gone.

        `end.attempts` is its number.
        """
        ...


class SilentListener:
    """A listener for when no one looks."""

    def started(self, pid: int | None, command: Sequence[str], attempt: int) -> None:
        """Do nothing."""

    def said(self, stream: str, text: str) -> None:
        """Do nothing."""

    def sampled(
        self, processes: Sequence[Mapping[str, Any]], system: Mapping[str, Any]
    ) -> None:
        """Do nothing."""

    def limit_fired(self, limit: str, value: float, allowed: float) -> None:
        """Do nothing."""

    def exited(self, end: ProgramEnd) -> None:
        """Do nothing."""
