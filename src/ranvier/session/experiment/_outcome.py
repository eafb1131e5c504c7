"""What can be read of an experiment's session: its processes, its output, its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ranvier.session.record import METADATA_FOLDER, read_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class BonsaiProcess:
    """The process of an experiment's program, as the trail of its session has it.

    It is owned by the session, which waits for it and ends it with all it started.

    Parameters
    ----------
    pid
        Its number.
    args
        As it was started.
    returncode
        Its exit code, on POSIX below 0 for a signal; None while it runs.
    """

    pid: int | None
    args: tuple[str, ...]
    returncode: int | None
    _find: Callable[[], BonsaiProcess | None] = field(repr=False)
    _end: Callable[[], None] = field(repr=False)

    def poll(self) -> int | None:
        """Look again whether it has ended.

        Returns
        -------
        int or None
            As `returncode`.
        """
        now = self._find()
        return now.returncode if now else self.returncode

    def terminate(self) -> None:
        """End it, with all it started."""
        self._end()

    kill = terminate


def find_process(
    folder: Path,
    find: Callable[[], BonsaiProcess | None],
    end: Callable[[], None],
) -> BonsaiProcess | None:
    """Find the program that was started last.

    Parameters
    ----------
    folder
        Of the session.
    find, end
        What the process does to look again, and to end.

    Returns
    -------
    BonsaiProcess or None
        None if none was started yet.
    """
    attempts = read_record(folder).attempts
    if not attempts:
        return None
    last = attempts[-1]
    code = last.exit_code
    if last.signal:
        code = -_number(last.signal)
    return BonsaiProcess(last.pid, last.command, code, find, end)


def read_output(folder: Path | None, stream: str) -> list[str]:
    """Read what the programs of a session have written so far.

    Parameters
    ----------
    folder
        Of the session; None if there is none.
    stream
        "stdout" or "stderr".

    Returns
    -------
    list of str
        Lines, without their ends.
    """
    if folder is None:
        return []
    logs = sorted((folder / METADATA_FOLDER).glob(f"*.{stream}.log"))
    texts = [log.read_text(encoding="utf-8", errors="replace") for log in logs]
    return [line for text in texts for line in text.splitlines()]


def _number(name: str) -> int:
    import signal

    known = {each.name: int(each) for each in signal.Signals}
    # A real-time signal has no name: "signal 40".
    return known.get(name) or int(name.rpartition(" ")[2])
