"""The life of a worker: start, begin together, loop, make safe, end."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import time
from typing import Any, List, Optional

from ranvier.links import Sleeper
from ranvier.worker._host import NodeHost, RestartWanted
from ranvier.worker._orders import Orders, ToldToExit
from ranvier.worker._start import GivenUp, Start
from ranvier.worker._words import (
    Assign,
    Begin,
    Finish,
    MakeSafe,
    Pause,
    Resume,
    SetParameter,
    Setup,
    ToWorker,
    WordSocket,
)

RESTART_CODE = 75
"""Exit code of a worker that asks to be started again (EX_TEMPFAIL)."""
FAILED_CODE = 70
"""Exit code of a worker that could not load or set up a node (EX_SOFTWARE)."""
_ORPHAN_GRACE_S = 1.5


class Worker:
    """The process of one node, or of a group of them.

    Parameters
    ----------
    connection
        Socket to the supervisor.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._words: WordSocket[Any] = WordSocket(connection, ToWorker)
        self._orders = Orders(self._words, self._end_orphan)
        self._hosts: List[NodeHost] = []

    def run(self) -> int:
        """Live from the first word to the end of the process.

        Returns
        -------
        int
            Exit code.
        """
        self._orders.listen()
        try:
            assign: Assign = self._orders.next(Assign)
            start = Start(assign, self._words, self._orders)
            start.prepare_process()
            start.load()
            word = self._orders.next((Setup, MakeSafe))
            if isinstance(word, MakeSafe):
                start.make_safe(word)
                return 0
            sleeper = start.open_sleeper()
            start.set_up(word, self._hosts)
            begin: Begin = self._orders.next(Begin)
        except ToldToExit:
            self._end_hosts("the start was given up")
            return 0
        except GivenUp:
            self._end_hosts("the start was given up")
            return FAILED_CODE
        if assign.freezes_garbage:
            gc.collect()
            gc.freeze()
        return self._live(sleeper, begin.start_ns, assign.is_real_time)

    def _live(self, sleeper: Sleeper, start_ns: int, is_real_time: bool) -> int:
        code = 0
        for host in self._hosts:
            host.begin(start_ns, is_real_time=is_real_time)
        try:
            self._sleep_until(sleeper, start_ns)
            self._loop(sleeper)
        except RestartWanted:
            code = RESTART_CODE
        self._end_hosts("the node ended")
        return code

    def _end_hosts(self, reason: str) -> None:
        # All are safe before the first is torn down, which may take its time.
        for host in self._hosts:
            host.make_safe(reason, ends=True)
        for host in self._hosts:
            host.teardown()
        if not self._orders.orphaned:
            for host in self._hosts:
                host.close()

    def _sleep_until(self, sleeper: Sleeper, time_ns: int) -> None:
        while not self._orders.exits:
            left_s = (time_ns - time.monotonic_ns()) * 1e-9
            if left_s <= 0:
                return
            sleeper.wait(left_s)

    def _loop(self, sleeper: Sleeper) -> None:
        hosts, orders, waiting = self._hosts, self._orders, self._orders.waiting
        while not orders.exits:
            if waiting:
                self._obey(waiting.popleft())
            did = False
            for host in hosts:
                if host.turn():
                    did = True
            now = time.monotonic_ns()
            for host in hosts:
                host.tick(now)
            if not did and not waiting:
                sleeper.wait(self._sleep_s(now))
        self._drain_recorders()

    def _drain_recorders(self) -> None:
        # What waits for a recorder is the experiment: it is taken whatever the end.
        for host in self._hosts:
            if host.node.takes_raw:
                while host.turn():
                    pass

    def _sleep_s(self, now_ns: int) -> Optional[float]:
        waits = [host.wait_s(now_ns) for host in self._hosts]
        known = [wait for wait in waits if wait is not None]
        return min(known) if known else None

    def _obey(self, word: Any) -> None:
        now = time.monotonic_ns()
        for host in self._hosts:
            if isinstance(word, Pause):
                host.pause(now)
            elif isinstance(word, Resume):
                host.resume(now)
            elif isinstance(word, Finish):
                host.finish_producing()
            elif isinstance(word, SetParameter) and word.node == host.name:
                host.set_parameter(word)

    def _end_orphan(self) -> None:
        # The loop finishes the message in hand, makes safe and ends. If that message
        # never finishes, this thread ends the process.
        time.sleep(_ORPHAN_GRACE_S)
        for host in self._hosts:
            host.make_safe("the supervisor died and the node hung", ends=True)
        os._exit(1)


def main(arguments: List[str]) -> int:
    """Run a worker over the socket whose number is the only argument.

    Parameters
    ----------
    arguments
        File descriptor of the inherited socket to the supervisor.

    Returns
    -------
    int
        Exit code of the process.
    """
    # The terminal's Ctrl-C is for the screen; the supervisor says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    connection = socket.socket(fileno=int(arguments[0]))
    code = Worker(connection).run()
    sys.stdout.flush()
    sys.stderr.flush()
    # Leave without running finalisers of whatever the nodes imported: they have been
    # torn down, and a library that hangs at exit must not keep the run from ending.
    os._exit(code)
