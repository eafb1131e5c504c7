"""Keeps a guard over a run: the process that cleans up if this one is killed.

What the guard does is in `_guard`. One that is killed is told of and replaced, for the
run must never depend on a process that nobody looks after.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.graph import RestartPolicy
from ranvier.runtime._process import wait_for_exit
from ranvier.runtime._restarts import RestartBook

if TYPE_CHECKING:
    from collections.abc import Callable

_POLICY = RestartPolicy(limit=5, within=60.0, backoff=0.05)


class Guarding:
    """The guard of one run, and those that follow it.

    Parameters
    ----------
    folder
        The run's folder.
    shared_prefix
        Begins the names of its shared memory.
    on_death
        Called with process identifier, exit code (negative for a signal), and whether
        another guard follows.

    Raises
    ------
    OSError
        If the guard can't be started.
    """

    def __init__(
        self,
        folder: Path,
        shared_prefix: str,
        on_death: Callable[[int, int, bool], None],
    ) -> None:
        script = Path(__file__).with_name("_guard.py")
        command = [sys.executable, "-I", "-S", str(script)]
        self._command = [*command, str(folder), shared_prefix]
        self._on_death = on_death
        self._pids: set[int] = set()
        self._book = RestartBook(_POLICY)
        self._process = self._start()
        self._watching = asyncio.create_task(self._watch())

    def add(self, pid: int) -> None:
        """Let the guard know of a process of the run."""
        self._pids.add(pid)
        self._say(f"+{pid}")

    def remove(self, pid: int) -> None:
        """Let the guard know that a process is gone."""
        self._pids.discard(pid)
        self._say(f"-{pid}")

    def dismiss(self) -> None:
        """Tell the guard that all is well, and wait for its end."""
        self._watching.cancel()
        self._say("done")
        self._close()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    async def _watch(self) -> None:
        while True:
            code = await wait_for_exit(self._process)
            self._close()
            wait_s = self._book.next_wait_s(time.monotonic())
            self._on_death(self._process.pid, code, wait_s is not None)
            if wait_s is None:
                return
            await asyncio.sleep(wait_s)
            # A system that can't start a process now may be able to a moment later.
            with contextlib.suppress(OSError):
                self._process = self._start()
                for pid in self._pids:
                    self._say(f"+{pid}")

    def _close(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # it is dead, with words unread
                self._process.stdin.close()

    def _say(self, word: str) -> None:
        stdin = self._process.stdin
        if stdin is None or stdin.closed:
            return  # between two guards; the next one is told of all
        try:
            stdin.write(f"{word}\n".encode())
            stdin.flush()
        except OSError:
            return  # it was killed just now
