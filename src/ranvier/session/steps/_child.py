"""A child process that is asked one thing; it never outlives the one who asks."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_LOOK_S = 0.1
_GRACE_S = 3.0
_MOST_LINES = 200
_MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Child:
    """How a child ended.

    Parameters
    ----------
    answer
        What it wrote to stdout, up to 16 MiB.
    lines
        The last of what it wrote to stderr.
    exit_code
        Negative for a signal on POSIX.
    ended_for
        "stop" or "time" if it was ended; else empty.
    """

    answer: bytes
    lines: tuple[str, ...]
    exit_code: int
    ended_for: str


def run_child(
    command: Sequence[str],
    folder: Path,
    question: bytes,
    timeout_s: float,
    is_stopped: Callable[[], bool],
    log: Callable[[str], None],
) -> Child:
    """Start a child, ask it, and wait for its end.

    Parameters
    ----------
    command
        Program and words.
    folder
        Its working folder.
    question
        Written to its stdin, which then stays open: its end tells that we died.
    timeout_s
        How long it may take, s.
    is_stopped
        Looked at again and again; true ends the child.
    log
        Takes each line of its stderr; called from this thread.

    Returns
    -------
    Child
        How it ended; all that it started in its process group is gone then.

    Raises
    ------
    OSError
        If it can't be started.
    """
    is_windows = os.name == "nt"
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:backslashreplace"},
        start_new_session=not is_windows,
    )
    assert process.stdin and process.stdout and process.stderr  # noqa: PT018, S101
    answer = bytearray()
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    lines = _Lines(said, log)
    readers = (
        threading.Thread(
            target=_read_answer, args=(process.stdout, answer), daemon=True
        ),
        threading.Thread(target=_read_lines, args=(process.stderr, said), daemon=True),
    )
    for reader in readers:
        reader.start()
    try:
        with contextlib.suppress(OSError):  # it died at once: its exit tells
            process.stdin.write(question)
            process.stdin.flush()
        deadline = time.monotonic() + timeout_s
        ended_for = _watch(process, deadline, is_stopped, lines)
    finally:
        _end(process)
        with contextlib.suppress(OSError):
            process.stdin.close()
        # One that left its group may hold the pipes open: it is not waited for.
        for reader in readers:
            reader.join(_GRACE_S)
        lines.take()
    return Child(bytes(answer), lines.last, process.returncode, ended_for)


class _Lines:
    """What a child said: handed on from the thread that reads it."""

    def __init__(
        self, said: queue.SimpleQueue[str], log: Callable[[str], None]
    ) -> None:
        self._said = said
        self._log = log
        self._last: deque[str] = deque(maxlen=_MOST_LINES)

    @property
    def last(self) -> tuple[str, ...]:
        """The last lines."""
        return tuple(self._last)

    def take(self) -> None:
        """Log what came since."""
        with contextlib.suppress(queue.Empty):
            while True:
                line = self._said.get_nowait()
                self._last.append(line)
                self._log(line)


def _watch(
    process: subprocess.Popen[bytes],
    deadline: float,
    is_stopped: Callable[[], bool],
    lines: _Lines,
) -> str:
    while True:
        lines.take()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_S)
            return ""
        if is_stopped():
            return "stop"
        if time.monotonic() > deadline:
            return "time"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and its group: first asked to, then by force."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
    _kill(process)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if os.name == "nt":
        return  # Windows can't ask a process without a window to end
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if os.name != "nt":
        _signal(process, signal.SIGKILL)
        return
    import psutil  # knows the children of a process on Windows

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    with contextlib.suppress(OSError):
        process.kill()


def _read_answer(pipe: IO[bytes], answer: bytearray) -> None:
    with pipe:
        while block := pipe.read(65536):
            if len(answer) < _MOST_BYTES:
                answer += block


def _read_lines(pipe: IO[bytes], said: queue.SimpleQueue[str]) -> None:
    with pipe:
        for raw in pipe:
            said.put(raw.decode("utf-8", "replace").rstrip())
