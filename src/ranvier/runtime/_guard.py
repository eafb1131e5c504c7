"""The guard: ends and sweeps everything of a run whose supervisor was killed.

Run by the supervisor as a script, with the standard library alone. Its standard input
says which processes there are ("+123", "-123" a line) and, with "done", that all is
well. If the input ends without that word, the supervisor is dead: the guard gives the
workers the time they need to make safe and end, kills what is left, process group by
process group, and removes the run's folder and shared memory.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

GRACE_S = 1.8
_LOOK_S = 0.02


def main() -> int:
    """Watch until the supervisor says "done" or dies.

    Returns
    -------
    int
        Exit code.
    """
    folder, shared_prefix = Path(sys.argv[1]), sys.argv[2]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    processes: set[int] = set()
    for line in sys.stdin:
        word = line.strip()
        if word == "done":
            return 0
        pid = int(word[1:])
        if word[0] == "+":
            processes.add(pid)
        else:
            processes.discard(pid)
    _wait_for_end(processes)
    for pid in processes:
        _kill_group(pid)
    _sweep(folder, shared_prefix)
    return 1


def _wait_for_end(processes: set[int]) -> None:
    deadline = time.monotonic() + GRACE_S
    while any(map(_is_alive, processes)) and time.monotonic() < deadline:
        time.sleep(_LOOK_S)


def _is_alive(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _sweep(folder: Path, shared_prefix: str) -> None:
    shared = Path("/dev/shm")  # noqa: S108 - where Linux keeps named shared memory
    if shared.is_dir():
        for leftover in shared.glob(f"{shared_prefix}*"):
            leftover.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
