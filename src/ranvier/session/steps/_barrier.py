"""A start line between machines: nobody goes before all are there.

The host listens on one TCP port, the guests come to it; each line is a JSON object:
`{"state": "ready", "node": …, "key": …}`, answered by `go`, `refused` or `stop`, and
`go` by `ack`. A silent connection delays nobody.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ranvier.session.steps._failures import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ranvier.session.faults import StepError

_LOOK_S = 0.1
_ACK_S = 5.0
_MOST_BYTES = 4096


@dataclass(frozen=True)
class Barrier:
    """What the machines agree on.

    Parameters
    ----------
    address
        Of the host: the interface that it listens on, or where guests find it.
    port
        Of the host.
    node
        Name of this machine; each has its own.
    key
        Must be the same on all: that of another session is refused.
    n_guests
        How many the host waits for.
    timeout_s
        How long all may take to come, s.
    """

    address: str
    port: int
    node: str
    key: str
    n_guests: int
    timeout_s: float


@dataclass
class _Guest:
    """One connection to the host, and what was heard on it."""

    socket: socket.socket
    peer: str
    heard: bytearray = field(default_factory=bytearray)
    node: str = ""
    is_gone: bool = False


def host_barrier(
    barrier: Barrier, is_stopped: Callable[[], bool]
) -> tuple[tuple[str, ...], str]:
    """Wait for all guests, then let them all go.

    Parameters
    ----------
    barrier
        What is agreed on.
    is_stopped
        Looked at again and again; true gives the barrier up.

    Returns
    -------
    tuple
        Names of the guests; and of those that did not say that they heard "go".

    Raises
    ------
    StepError
        If the port is taken, not all came in time, or the session is stopped.
    """
    try:
        listener = socket.create_server((barrier.address, barrier.port))
    except OSError as error:
        mend = "take another `ready_barrier_port`, on all machines"
        place = f"{barrier.address}:{barrier.port}: {error}"
        problem = "the ready barrier can't listen."
        raise refuse(problem, mend, found=place) from error
    with (
        listener,
        selectors.DefaultSelector() as selector,
        contextlib.ExitStack() as all_,
    ):
        listener.setblocking(False)
        selector.register(listener, selectors.EVENT_READ, None)
        host = _Host(barrier, selector, all_)
        host.gather(listener, is_stopped)
        return host.release()


class _Host:
    """The host's side: who is there."""

    def __init__(
        self,
        barrier: Barrier,
        selector: selectors.BaseSelector,
        open_: contextlib.ExitStack,
    ) -> None:
        self._barrier = barrier
        self._selector = selector
        self._open = open_
        self._ready: dict[str, _Guest] = {}
        self._refused: list[str] = []

    def gather(self, listener: socket.socket, is_stopped: Callable[[], bool]) -> None:
        """Wait until as many are there as are wanted."""
        deadline = time.monotonic() + self._barrier.timeout_s
        while len(self._ready) < self._barrier.n_guests:
            is_over = is_stopped()
            if is_over or time.monotonic() > deadline:
                for guest in self._ready.values():
                    _say(guest.socket, state="stop")
                raise self._build_incomplete(is_stopped=is_over)
            for key, _ in self._selector.select(_LOOK_S):
                if key.data is None:
                    self._accept(listener)
                else:
                    self._hear(key.data)

    def release(self) -> tuple[tuple[str, ...], str]:
        """Let all go; give who they are, and who did not answer."""
        for guest in self._ready.values():
            _say(guest.socket, state="go")
        silent = dict(self._ready)
        deadline = time.monotonic() + _ACK_S
        while silent and time.monotonic() < deadline:
            for key, _ in self._selector.select(_LOOK_S):
                if key.data is None:
                    continue
                for words in _receive(key.data):
                    if words.get("state") == "ack":
                        silent.pop(key.data.node, None)
                if key.data.is_gone:
                    self._selector.unregister(key.data.socket)
        return tuple(self._ready), ", ".join(silent)

    def _accept(self, listener: socket.socket) -> None:
        connection, peer = listener.accept()
        self._open.enter_context(connection)
        connection.setblocking(False)
        guest = _Guest(connection, str(peer[0]))
        self._selector.register(connection, selectors.EVENT_READ, guest)

    def _hear(self, guest: _Guest) -> None:
        for words in _receive(guest):
            if words.get("key") != self._barrier.key:
                self._refused.append(f"{guest.peer} ({words.get('key')!r})")
                _say(guest.socket, state="refused", key=self._barrier.key)
                guest.is_gone = True
                break
            guest.node = str(words.get("node") or guest.peer)
            self._ready[guest.node] = guest
        if guest.is_gone:
            self._selector.unregister(guest.socket)
            guest.socket.close()
            # Unless it has come back over another connection by now.
            if self._ready.get(guest.node) is guest:
                del self._ready[guest.node]

    def _build_incomplete(self, *, is_stopped: bool) -> StepError:
        if is_stopped:
            return _build_stopped()
        here = ", ".join(self._ready) or "nobody"
        refused = f"; refused: {', '.join(self._refused)}" if self._refused else ""
        return refuse(
            "not all machines came to the ready barrier.",
            "start the others; raise `ready_barrier_timeout_sec`",
            found=f"{here} within {self._barrier.timeout_s:g} s{refused}",
            wanted=f"{self._barrier.n_guests} guests",
        )


def join_barrier(barrier: Barrier, is_stopped: Callable[[], bool]) -> None:
    """Tell the host that this machine is ready, and wait until it says go.

    Parameters
    ----------
    barrier
        What is agreed on.
    is_stopped
        Looked at again and again; true gives the barrier up.

    Raises
    ------
    StepError
        If it never says so, refuses, or the session is stopped.
    """
    deadline = time.monotonic() + barrier.timeout_s
    last = "nobody listens there"
    while not is_stopped() and time.monotonic() < deadline:
        try:
            if _join_once(barrier, is_stopped, deadline):
                return
            last = "the host went away"
        except OSError as error:
            last = str(error)
        time.sleep(_LOOK_S)
    if is_stopped():
        raise _build_stopped()
    raise refuse(
        "the ready barrier did not open.",
        "start the host; raise `ready_barrier_timeout_sec`",
        found=f"{last}, for {barrier.timeout_s:g} s",
        wanted=f"go from {barrier.address}:{barrier.port}",
    )


def _join_once(
    barrier: Barrier, is_stopped: Callable[[], bool], deadline: float
) -> bool:
    place = (barrier.address, barrier.port)
    with socket.create_connection(place, timeout=1.0) as connection:
        _say(connection, state="ready", node=barrier.node, key=barrier.key)
        host = _Guest(connection, barrier.address)
        connection.settimeout(_LOOK_S)
        while not (host.is_gone or is_stopped() or time.monotonic() > deadline):
            for words in _receive(host):
                if words.get("state") == "go":
                    _say(connection, state="ack", node=barrier.node)
                    return True
                raise _build_refused(barrier, words)
    return False


def _build_refused(barrier: Barrier, words: dict[str, Any]) -> StepError:
    if words.get("state") != "refused":
        return refuse("the host gave the ready barrier up.", "look at its screen")
    return refuse(
        "the host refused this machine.",
        "set the same `ready_barrier_key` on all",
        found=f'key "{barrier.key}"',
        wanted=f'"{words.get("key")}"',
    )


def _build_stopped() -> StepError:
    return refuse("the session was stopped at the ready barrier.", "start it again")


def _say(connection: socket.socket, **words: object) -> None:
    # One that is gone is noticed where it is read.
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(words).encode() + b"\n")


def _receive(guest: _Guest) -> Iterator[dict[str, Any]]:
    """Read what is there; give the whole lines of it."""
    try:
        chunk = guest.socket.recv(_MOST_BYTES)
    except (TimeoutError, BlockingIOError, InterruptedError):
        return
    except OSError:
        chunk = b""
    guest.is_gone = not chunk
    guest.heard += chunk
    while b"\n" in guest.heard:
        line, _, rest = bytes(guest.heard).partition(b"\n")
        guest.heard[:] = rest
        with contextlib.suppress(ValueError):
            words = json.loads(line)
            if isinstance(words, dict):
                yield cast("dict[str, Any]", words)
    if len(guest.heard) > _MOST_BYTES:
        guest.is_gone = True  # no machine of ours: none of our lines is so long
