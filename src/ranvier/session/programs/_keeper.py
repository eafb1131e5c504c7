"""The keeper: the parent of an external program, who outlives the launcher.

Run as a script, with the standard library alone (on systems other than Linux with
psutil). It starts the program in a session of its own and tells, one JSON object a
line, when it started and ended. Its standard input says what is wanted: a plan, then
"stop" and "kill" a line. If that input ends, the launcher is dead: the program is asked
to end and, after its grace, all of it is killed. What the program leaves running is
ended too. On Linux nothing escapes: orphans of the tree become children of the keeper.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

SETTLE_S = 0.2
LEFT_GRACE_S = 1.0
GIVE_UP_S = 5.0
_LOOK_S = 0.05
_CHUNK = 65536
_IS_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Plan(NamedTuple):
    """What the launcher wants kept.

    Parameters
    ----------
    command, folder
        Of the program.
    stop
        Name of the signal by which it is asked to end.
    grace_s
        So long it may take for it if the launcher dies, s.
    tell
        Descriptor for the keeper's words.
    drain
        Pairs of descriptors: a pipe of the program's output, its log file.
    """

    command: list[str]
    folder: str
    stop: str
    grace_s: float
    tell: int
    drain: list[tuple[int, int]]


class Keeper:
    """Keeps one program.

    Parameters
    ----------
    plan
        What is wanted.
    wake
        Descriptor that can be read when a signal came.
    """

    def __init__(self, plan: Plan, wake: int) -> None:
        self._plan = plan
        self._wake = wake
        self._stop = signal.Signals[plan.stop]
        self._drain: dict[int, int] = {}
        self._input: list[int] = [0]
        self._settle_s: float | None = None
        self._kill_s: float | None = None
        self._give_up_s: float | None = None
        self._left: dict[int, str] = {}
        self._program: int | None = None

    def keep(self) -> None:
        """Start the program and stay until nothing of it is left."""
        try:
            program = self._start()
        except OSError as error:
            self._tell({"event": "refused", "problem": str(error)})
            return
        self._program = program.pid
        self._tell({"event": "started", "pid": program.pid})
        while self._reap(program):
            now_s = time.monotonic()
            if self._give_up_s is not None and now_s >= self._give_up_s:
                break
            if self._settle_s is not None and now_s >= self._settle_s:
                self._end_left(now_s)
            if self._kill_s is not None and now_s >= self._kill_s:
                self._kill(now_s)
            self._wait(now_s)
        for pipe in list(self._drain):
            os.set_blocking(pipe, False)
            while pipe in self._drain and self._keep_output(pipe):
                pass
        self._tell({"event": "ended", "left": list(self._left.values())})

    def _start(self) -> subprocess.Popen[bytes]:
        libc = ctypes.CDLL(None) if _IS_LINUX else None
        if libc is not None:
            libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

        def prepare() -> None:
            # If the keeper itself is killed, the program is at least asked to end.
            if libc is not None:
                libc.prctl(_PR_SET_PDEATHSIG, int(self._stop), 0, 0, 0)

        return subprocess.Popen(
            self._plan.command,
            stdin=subprocess.DEVNULL,
            cwd=self._plan.folder,
            start_new_session=True,
            preexec_fn=prepare,  # safe: this process has one thread
        )

    def _reap(self, program: subprocess.Popen[bytes]) -> bool:
        """Bury the dead; false when nothing is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return bool(not _IS_LINUX and self._find())
            if pid == 0:
                return True
            if pid == program.pid:
                program.returncode = os.waitstatus_to_exitcode(status)
                self._bury(program.returncode)

    def _bury(self, code: int) -> None:
        self._tell({"event": "exited", "code": code})
        # What it ended itself, or heard the same Ctrl-C, is just about to go.
        self._settle_s = time.monotonic() + SETTLE_S

    def _end_left(self, now_s: float) -> None:
        self._settle_s = None
        if self._give_up_s is None:
            self._left = self._find()
            for pid in self._left:
                _signal(pid, signal.SIGTERM)
            latest_s = now_s + LEFT_GRACE_S
            self._kill_s = min(self._kill_s or latest_s, latest_s)

    def _kill(self, now_s: float) -> None:
        # Again and again: what was just being born was not in the list.
        for pid in self._find():
            _signal(pid, signal.SIGKILL)
        if self._give_up_s is None:
            self._give_up_s = now_s + GIVE_UP_S
        self._kill_s = now_s + _LOOK_S

    def _find(self) -> dict[int, str]:
        if _IS_LINUX:
            return _find_children(os.getpid())
        return _find_session(self._program or 0)

    def _wait(self, now_s: float) -> None:
        deadlines = (self._settle_s, self._kill_s, self._give_up_s)
        times = [t for t in deadlines if t is not None]
        wait_s = max(0.0, min(times) - now_s) if times else None
        if times and not _IS_LINUX:
            wait_s = _LOOK_S  # nobody tells of the end of what is no child
        ready, _, _ = select.select(
            [self._wake, *self._input, *self._drain], [], [], wait_s
        )
        for descriptor in ready:
            if descriptor == self._wake:
                os.read(descriptor, _CHUNK)
            elif descriptor in self._drain:
                self._keep_output(descriptor)
            else:
                self._hear(os.read(descriptor, _CHUNK))

    def _hear(self, words: bytes) -> None:
        if not words:
            self._mourn()
        for word in words.split():
            if word == b"stop" and self._program is not None:
                # As Ctrl-C does: to the program and those it has in its group.
                _signal_group(self._program, self._stop)
            elif word == b"kill":
                self._kill_s = time.monotonic()

    def _mourn(self) -> None:
        self._input = []
        # Else the program would die of its next line, instead of ending in order.
        self._drain = dict(self._plan.drain)
        if self._kill_s is None and self._program is not None:
            _signal_group(self._program, self._stop)
            self._kill_s = time.monotonic() + self._plan.grace_s

    def _keep_output(self, pipe: int) -> bool:
        try:
            chunk = os.read(pipe, _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            del self._drain[pipe]
            return False
        try:
            os.write(self._drain[pipe], chunk)
        except OSError:
            return True  # a full disk must not stop the ending
        return True

    def _tell(self, words: dict[str, object]) -> None:
        try:
            os.write(self._plan.tell, json.dumps(words).encode() + b"\n")
        except OSError:
            return  # nobody listens any more


def _find_children(root: int) -> dict[int, str]:
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = entry.joinpath("stat").read_text(errors="replace")
            except OSError:
                continue  # gone while we looked
            head, _, tail = text.rpartition(")")
            state, parent = tail.split()[:2]
            parents[int(entry.name)] = int(parent)
            if state != "Z":
                names[int(entry.name)] = head.partition("(")[2]
    tree = {root}
    grows = True
    while grows:
        more = {pid for pid, parent in parents.items() if parent in tree} - tree
        tree |= more
        grows = bool(more)
    return {pid: names[pid] for pid in tree - {root} if pid in names}


def _find_session(program: int) -> dict[int, str]:
    import psutil  # elsewhere than on Linux; there the keeper has it

    found: dict[int, str] = {}
    for process in psutil.process_iter(["name", "status"]):
        try:
            is_ours = os.getsid(process.pid) == program
        except OSError:
            continue  # gone while we looked
        if is_ours and process.info["status"] != psutil.STATUS_ZOMBIE:
            found[process.pid] = str(process.info["name"])
    return found


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return  # gone, or another user's by now


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except OSError:
        return


def _read_plan() -> Plan:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)  # no more than the line: what follows are words
        if not byte:
            sys.exit(1)
        line += byte
    return Plan(**json.loads(line))


def _wake_up(number: int, frame: object) -> None:
    """Do nothing: that it came is told by the descriptor."""


def main() -> int:
    """Keep one program from its start to the end of all its processes.

    Returns
    -------
    int
        Exit code.
    """
    wake, woken = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    # Handlers, not SIG_IGN: the program would inherit that, and never hear a stop.
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGCHLD", "SIGPIPE"):
        signal.signal(signal.Signals[name], _wake_up)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    Keeper(_read_plan(), wake).keep()
    return 0


if __name__ == "__main__":
    sys.exit(main())
