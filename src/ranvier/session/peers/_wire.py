"""The sockets under an agreement: one thread that waits for all of them at once.

It does what a state machine wants done, and tells it what happens. It never waits for
one machine: all sockets are non-blocking, and the machine says until when to wait.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import selectors
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ranvier.session.peers._acts import Act, Connect, HangUp, Over, Send
from ranvier.session.peers._line import Line
from ranvier.session.peers._words import NoWordError

if TYPE_CHECKING:
    from collections.abc import Callable

# A machine that does not take what it is told: closed with words unsaid after this.
_LINGER_NS = 1_000_000_000
# To one address of a name; the next is tried then.
_CONNECT_NS = 5_000_000_000

Order: TypeAlias = "Callable[[int], list[Act]]"


class Machine(Protocol):
    """One of the two state machines."""

    @property
    def deadline_ns(self) -> int | None:
        """When it wants to be told the time."""
        ...

    def begin(self, now_ns: int) -> list[Act]:
        """Begin."""
        ...

    def open(self, link: int, address: str, now_ns: int) -> list[Act]:
        """Take a new connection."""
        ...

    def hear(self, link: int, word: dict[str, Any], now_ns: int) -> list[Act]:
        """Take a word."""
        ...

    def close(self, link: Any, problem: str, now_ns: int) -> list[Act]:
        """Take that a connection is closed."""
        ...

    def tick(self, now_ns: int) -> list[Act]:
        """Do what the time has come for."""
        ...


class Wire:
    """The thread with the sockets.

    Parameters
    ----------
    machine
        Says what to do.
    listener
        Of a master: where connections come in. Closed at the end.
    target
        Of a slave: host and port of the master.
    on_act
        Told of all that is no matter of sockets, in this thread; it must be quick.
    """

    def __init__(
        self,
        machine: Machine,
        listener: socket.socket | None,
        target: tuple[str, int],
        on_act: Callable[[Act], None],
    ) -> None:
        self._machine, self._on_act = machine, on_act
        self._listener, self._target = listener, target
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._woken, self._waker = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._lines: dict[int, Line] = {}
        self._numbers = itertools.count()
        self._untried: list[tuple[Any, ...]] = []
        self._trying: socket.socket | None = None
        self._trying_until_ns: int | None = None
        self._is_over = False
        # A daemon: a name server that does not answer must not keep a program alive.
        self._thread = threading.Thread(target=self._run, name="peers", daemon=True)

    def start(self) -> None:
        """Begin."""
        for end in (self._woken, self._waker, self._listener):
            if end is not None:
                end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, self._take_orders)
        if self._listener is not None:
            event = selectors.EVENT_READ
            self._selector.register(self._listener, event, self._accept)
        self._thread.start()

    def order(self, order: Order) -> None:
        """Have something done in the thread; from any thread."""
        self._orders.put(order)
        # It is full, and so awake, or closed, and so over.
        with contextlib.suppress(OSError):
            self._waker.send(b"!")

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread.

        Returns
        -------
        bool
            True if it is over.
        """
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._do(self._machine.begin(time.monotonic_ns()))
            while not self._is_over or self._lines:
                for key, _ in self._selector.select(self._wait_s()):
                    key.data()
                now_ns = time.monotonic_ns()
                self._drop_late(now_ns)
                deadline_ns = self._machine.deadline_ns
                if deadline_ns is not None and deadline_ns <= now_ns:
                    self._do(self._machine.tick(now_ns))
        finally:
            # Whatever ended it: who waits must hear that nothing comes any more.
            self._on_act(Over())
            self._close_all()

    def _wait_s(self) -> float | None:
        times = [line.until_ns for line in self._lines.values()]
        times += [self._trying_until_ns, self._machine.deadline_ns]
        first = min((time_ns for time_ns in times if time_ns is not None), default=None)
        if first is None:
            return None
        return max(0.0, (first - time.monotonic_ns()) / 1e9)

    def _do(self, acts: list[Act]) -> None:
        for act in acts:
            match act:
                case Send(link, word):
                    self._send(link, word)
                case HangUp(link):
                    self._hang_up(link)
                case Connect():
                    self._connect()
                case Over():
                    self._end()
                case _:
                    self._on_act(act)

    def _take_orders(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)
        while not self._orders.empty():
            self._do(self._orders.get()(time.monotonic_ns()))

    def _accept(self) -> None:
        if self._listener is None:
            return
        try:
            end, address = self._listener.accept()
        except OSError:
            return  # it has gone again, or there are no more file descriptors now
        self._add(end, str(address[0]))

    def _add(self, end: socket.socket, address: str) -> None:
        end.setblocking(False)
        # Words are short and their times matter.
        with contextlib.suppress(OSError):  # it was reset: reading will tell
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = next(self._numbers)
        self._lines[link] = Line(end)
        self._watch(link)
        self._do(self._machine.open(link, address, time.monotonic_ns()))

    def _watch(self, link: int) -> None:
        line = self._lines[link]
        event = selectors.EVENT_READ
        event |= selectors.EVENT_WRITE if line.has_unsaid else 0

        def serve() -> None:
            self._serve(link)

        try:
            self._selector.modify(line.end, event, serve)
        except KeyError:
            self._selector.register(line.end, event, serve)

    def _serve(self, link: int) -> None:
        line = self._lines.get(link)
        if line is None:
            return  # given up by what another connection said a moment ago
        try:
            line.write()
            words = line.read()
            now_ns = time.monotonic_ns()
            for word in words:
                if not line.is_leaving:
                    self._do(self._machine.hear(link, word, now_ns))
        except (OSError, NoWordError, EOFError) as error:
            self._lose(link, str(error) or type(error).__name__)
            return
        if link in self._lines:
            self._watch(link)

    def _lose(self, link: int, problem: str) -> None:
        line = self._lines.pop(link, None)
        if line is None:
            return
        self._selector.unregister(line.end)
        line.end.close()
        if not line.is_leaving:
            self._do(self._machine.close(link, problem, time.monotonic_ns()))

    def _send(self, link: int, word: dict[str, Any]) -> None:
        line = self._lines.get(link)
        if line is None or line.is_leaving:
            return
        line.say(word)
        # What fails here fails again when it is read: one place to tell of it.
        with contextlib.suppress(OSError):
            line.write()
        self._watch(link)

    def _hang_up(self, link: int) -> None:
        line = self._lines.get(link)
        if line is not None and not line.is_leaving:
            line.leave(time.monotonic_ns() + _LINGER_NS)
            self._watch(link)

    def _drop_late(self, now_ns: int) -> None:
        for link, line in tuple(self._lines.items()):
            if line.until_ns is not None and line.until_ns <= now_ns:
                self._lose(link, "closed")
        if self._trying_until_ns is not None and self._trying_until_ns <= now_ns:
            self._give_up_trying("no answer")

    def _connect(self) -> None:
        host, port = self._target
        try:
            self._untried = [*socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except OSError as error:
            self._fail_to_connect(str(error))
            return
        self._try_next("no address")

    def _try_next(self, problem: str) -> None:
        if not self._untried or self._is_over:
            self._fail_to_connect(problem)
            return
        family, kind, protocol, _, address = self._untried.pop(0)
        end = socket.socket(family, kind, protocol)
        end.setblocking(False)
        self._trying = end
        self._trying_until_ns = time.monotonic_ns() + _CONNECT_NS
        try:
            end.connect(address)
        except BlockingIOError:
            pass
        except OSError as error:
            self._give_up_trying(str(error))
            return
        self._selector.register(end, selectors.EVENT_WRITE, self._finish_trying)

    def _finish_trying(self) -> None:
        end = self._trying
        if end is None:
            return
        code = end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._give_up_trying(str(OSError(code, os.strerror(code))))
            return
        try:
            address = str(end.getpeername()[0])
        except OSError as error:
            self._give_up_trying(str(error))
            return
        self._selector.unregister(end)
        self._trying = self._trying_until_ns = None
        self._untried = []
        self._add(end, address)

    def _give_up_trying(self, problem: str) -> None:
        end, self._trying, self._trying_until_ns = self._trying, None, None
        if end is not None:
            with contextlib.suppress(KeyError):
                self._selector.unregister(end)
            end.close()
        self._try_next(problem)

    def _fail_to_connect(self, problem: str) -> None:
        self._do(self._machine.close(None, problem, time.monotonic_ns()))

    def _end(self) -> None:
        """Nothing new from here on; what is to be said is still said."""
        self._is_over = True
        for link in tuple(self._lines):
            self._hang_up(link)
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None

    def _close_all(self) -> None:
        ends = [line.end for line in self._lines.values()]
        for end in (*ends, self._listener, self._trying, self._woken, self._waker):
            if end is not None:
                end.close()
        self._selector.close()
