"""A program with all its processes: how it is started, asked to end, and ended.

The one seam between systems: a keeper process on POSIX, a job object on Windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import psutil

    from ranvier.session.programs._spec import StopBy


@dataclass(frozen=True)
class TreePlan:
    """What is to be started.

    Parameters
    ----------
    command, folder
        As they are given to the system; both are there.
    environment
        Put on top of the launcher's own.
    stop_by, grace_s
        How it is asked to end; how long it has for it, s, if the launcher dies.
    logs
        Descriptors of the files for stdout and stderr, open to append.
    """

    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    stop_by: StopBy
    grace_s: float
    logs: tuple[int, int]


class ProcessTree(Protocol):
    """A started program. Its mailbox gets its output and, last of all, `Exited`."""

    @property
    def pid(self) -> int:
        """Of the program itself."""
        ...

    def list_processes(self) -> Sequence[psutil.Process]:
        """List the program and what it started, as far as it still runs."""
        ...

    def stop(self) -> None:
        """Ask the program to end."""
        ...

    def kill(self) -> None:
        """End all of it."""
        ...

    def close(self) -> None:
        """End what is left of it, and wait until all of it is gone."""
        ...
