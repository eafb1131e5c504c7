"""Checks a recording by repeating it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from ranvier.core import RanvierError, Reporter, RunError, SilentReporter
from ranvier.runtime._process import one_thread_each
from ranvier.runtime._replay import repeat
from ranvier.runtime._replay_report import ReplayReport  # noqa: TC001 - msgspec
from ranvier.runtime._run import raise_as_told


class _Line(msgspec.Struct, frozen=True):
    """One line that the process says: how far it is, or the result."""

    task: str = ""
    done: float = 0.0
    total: float = 0.0
    report: ReplayReport | None = None
    error: dict[str, str] | None = None


def check_replay(
    session: Path, nodes: tuple[str, ...] = (), reporter: Reporter | None = None
) -> ReplayReport:
    """Feed each node what it took in, in the recorded order, and compare.

    A node is checked if it is deterministic, and if all streams it read and some it
    wrote are recorded. It is set up afresh with its parameters and seed; what it gives
    out must be the recorded bytes.

    Parameters
    ----------
    session
        Session folder.
    nodes
        Names of the nodes to check; all of them if empty.
    reporter
        Shown how far it is.

    Returns
    -------
    ReplayReport
        Also which nodes could not be checked, and why.

    Raises
    ------
    RecordingError
        If there is no recording, or it has no manifest.
    RunError
        If a node named is not in it, or the check itself dies.
    """
    reporter = reporter or SilentReporter()
    command = [sys.executable, "-m", __name__, str(session), *nodes]
    environment = {**one_thread_each(), **os.environ}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    with process:
        for text in process.stdout or ():
            line = msgspec.json.decode(text, type=_Line)
            if line.report is not None:
                return line.report
            if line.error is not None:
                raise_as_told(line.error)
            reporter.advance(line.task, line.done, line.total)
    raise RunError(
        "the process that repeats the recording died.",
        code="RV-R42",
        found=f"exit code {process.returncode}",
        mend="look at its messages above; check single nodes to find the one",
    )


class _Telling:
    """A reporter that tells the process that waits."""

    def say(self, text: str) -> None:
        """Tell nothing: there is nothing to say but how far it is."""

    def warn(self, text: str) -> None:
        """Tell nothing."""

    def advance(self, task: str, done: float, total: float) -> None:
        """Tell how far it is."""
        _tell(_Line(task, done, total))


def _tell(line: _Line) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def _main(arguments: list[str]) -> int:
    # What nodes print must not mix with what is told.
    try:
        _tell(
            _Line(report=repeat(Path(arguments[0]), tuple(arguments[1:]), _Telling()))
        )
    except RanvierError as error:
        _tell(_Line(error={**error.to_dict(), "type": type(error).__name__}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
