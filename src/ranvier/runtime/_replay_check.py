"""Checks a recording by repeating it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from ranvier.core import Reporter, RunError, SilentReporter, rebuild_error
from ranvier.runtime._process import describe_exit, one_thread_each
from ranvier.runtime._replay_report import ReplayLine, ReplayReport

if TYPE_CHECKING:
    from pathlib import Path

_MAIN = "ranvier.runtime._replay_main"


def check_replay(
    session: Path, nodes: tuple[str, ...] = (), reporter: Reporter | None = None
) -> ReplayReport:
    """Feed each node what it took in, in the recorded order, and compare.

    A node is checked if it is deterministic, and if all streams it read and some it
    wrote are recorded. It is set up afresh with its parameters and seed; what it gives
    out must be the recorded bytes, all of them and nothing else, and it must not fail
    where it did not fail in the run.

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
    command = [sys.executable, "-m", _MAIN, str(session), *nodes]
    environment = {**one_thread_each(), **os.environ}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    with process:
        for text in process.stdout or ():
            line = msgspec.json.decode(text, type=ReplayLine)
            if line.report is not None:
                return line.report
            if line.error is not None:
                raise rebuild_error(line.error)
            reporter.advance(line.task, line.done, line.total)
    raise RunError(
        "the process that repeats the recording died.",
        code="RV-R42",
        found=describe_exit(process.returncode),
        mend="look at its messages above; check single nodes to find the one",
    )
