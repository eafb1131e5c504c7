"""A program under a keeper: the launcher's side of `_keeper`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ranvier.session.programs._events import Exited
from ranvier.session.programs._output import finish_reading, start_reading
from ranvier.session.programs._spec import StopBy

if TYPE_CHECKING:
    import psutil

    from ranvier.session.programs._mailbox import Mailbox
    from ranvier.session.programs._tree import TreePlan

_SIGNALS = {StopBy.INTERRUPT: "SIGINT", StopBy.TERMINATE: "SIGTERM"}
_KEEPER_S = 15.0
"""More than the keeper takes: grace (2 s), and what it gives to a kill (5 s)."""


class KeptTree:
    """Starts a keeper, and through it a program.

    Parameters
    ----------
    plan
        What is to be started.
    mailbox
        Where its output and its end are put.

    Raises
    ------
    OSError
        If the keeper or the program can't be started.
    """

    def __init__(self, plan: TreePlan, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._stop_signal = signal.Signals[_SIGNALS[plan.stop_by]]
        self._grace_s = plan.grace_s
        self._exit: tuple[int | None, str | None] = (None, None)
        pipes: list[int] = []
        try:
            self._keeper, words, outputs = _start_keeper(plan, pipes)
        except BaseException:
            for pipe in pipes:
                os.close(pipe)
            raise
        self._readers = start_reading(outputs, plan.logs, mailbox.put_output)
        self._pid = self._await_start(words)
        self._hearing = threading.Thread(
            target=self._hear, args=(words,), name="keeper", daemon=True
        )
        self._hearing.start()

    @property
    def pid(self) -> int:
        """Of the program itself."""
        return self._pid

    def list_processes(self) -> list[psutil.Process]:
        """List what runs below the keeper.

        Returns
        -------
        list of psutil.Process
            Elsewhere than on Linux without those whose parent is gone.
        """
        import psutil

        try:
            return psutil.Process(self._keeper.pid).children(recursive=True)
        except psutil.Error:
            return []

    def stop(self) -> None:
        """Ask the program to end."""
        self._say(b"stop\n")

    def kill(self) -> None:
        """End all of it."""
        self._say(b"kill\n")

    def close(self) -> None:
        """End what is left of it, and wait until all of it is gone."""
        with contextlib.suppress(OSError):  # a dead keeper, with words unread
            _stdin(self._keeper).close()
        try:
            self._keeper.wait(_KEEPER_S)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        self._hearing.join(_KEEPER_S)

    def _say(self, word: bytes) -> None:
        with contextlib.suppress(OSError):  # it is gone, and so is the program
            _stdin(self._keeper).write(word)
            _stdin(self._keeper).flush()

    def _await_start(self, words: BinaryIO) -> int:
        told = _read(words)
        if told.get("event") == "started":
            return int(told["pid"])
        words.close()
        _stdin(self._keeper).close()
        self._keeper.wait(_KEEPER_S)
        finish_reading(self._readers)
        raise OSError(told.get("problem", "its keeper died"))

    def _hear(self, words: BinaryIO) -> None:
        left: tuple[str, ...] = ()
        lost = "its keeper was killed; what could be found of it was ended"
        with words:
            while told := _read(words):
                if told["event"] == "exited":
                    self._exit = _read_code(told["code"])
                elif told["event"] == "ended":
                    left, lost = tuple(told["left"]), ""
        if lost:
            self._end_orphans()
        unkept = finish_reading(self._readers)
        self._mailbox.put(Exited(*self._exit, left, lost, unkept))

    def _end_orphans(self) -> None:
        import psutil

        # On Linux the program was asked to end when its keeper died; elsewhere now.
        with contextlib.suppress(OSError, psutil.Error):
            if sys.platform != "linux":
                os.killpg(self._pid, self._stop_signal)
            psutil.Process(self._pid).wait(self._grace_s)
        with contextlib.suppress(OSError):
            os.killpg(self._pid, signal.SIGKILL)


def _start_keeper(
    plan: TreePlan, pipes: list[int]
) -> tuple[subprocess.Popen[bytes], BinaryIO, tuple[int, int]]:
    ends = [os.pipe() for _ in range(3)]
    pipes += [end for pair in ends for end in pair]
    (words, tell), (stdout, stdout_end), (stderr, stderr_end) = ends
    # Without site-packages it starts in half the time; elsewhere it needs psutil.
    options = ["-I", "-S"] if sys.platform == "linux" else ["-I"]
    script = str(Path(__file__).with_name("_keeper.py"))
    keeper = subprocess.Popen(
        [sys.executable, *options, script],
        stdin=subprocess.PIPE,
        stdout=stdout_end,
        stderr=stderr_end,
        cwd="/",
        env={**os.environ, **plan.environment},
        start_new_session=True,
        pass_fds=(tell, stdout, stderr, *plan.logs),
    )
    for end in (tell, stdout_end, stderr_end):
        os.close(end)
        pipes.remove(end)
    asked = {
        "command": plan.command,
        "folder": str(plan.folder),
        "stop": _SIGNALS[plan.stop_by],
        "grace_s": plan.grace_s,
        "tell": tell,
        "drain": [[stdout, plan.logs[0]], [stderr, plan.logs[1]]],
    }
    with contextlib.suppress(OSError):  # it died at once: its words say so, or lack
        _stdin(keeper).write(json.dumps(asked).encode() + b"\n")
        _stdin(keeper).flush()
    return keeper, os.fdopen(words, "rb"), (stdout, stderr)


def _stdin(keeper: subprocess.Popen[bytes]) -> Any:
    return keeper.stdin


def _read(words: BinaryIO) -> dict[str, Any]:
    line = words.readline()
    return json.loads(line) if line.endswith(b"\n") else {}


def _read_code(code: int) -> tuple[int | None, str | None]:
    if code >= 0:
        return code, None
    try:
        return None, signal.Signals(-code).name
    except ValueError:
        return None, f"signal {-code}"  # a real-time signal has no name
