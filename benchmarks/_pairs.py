"""Two bare processes with something between them: the floor, and pyzmq.

One sends stamped arrays at a pace, the other keeps their ages: the same pace, the same
stamps and the same start method for all.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np

from benchmarks.nodes import STAMP

_SLOTS = 8
_LIMIT_S = 120.0


class PipeEnd:
    """One end of a `multiprocessing.Pipe`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def prepare(self, frame: np.ndarray) -> np.ndarray:
        """Give the array to stamp."""
        return frame

    def send(self, item: np.ndarray) -> None:
        """Send it."""
        self._connection.send_bytes(memoryview(item).cast("B"))

    def receive(self) -> Any:
        """Wait for the next."""
        return self._connection.recv_bytes()


class RingEnd:
    """One end of a ring in bare shared memory; a byte in a pipe says which slot."""

    def __init__(self, connection: Any, path: str, n_bytes: int) -> None:
        self._connection = connection
        self._slots = np.memmap(path, np.uint8, "r+", shape=(_SLOTS, n_bytes))
        self._n = 0

    def prepare(self, frame: np.ndarray) -> np.ndarray:
        """Write the frame into the next slot and give it, to be stamped."""
        slot = self._slots[self._n % _SLOTS]
        slot[...] = frame.reshape(-1).view(np.uint8)
        return slot

    def send(self, item: np.ndarray) -> None:
        """Say that the slot is full."""
        del item
        self._connection.send_bytes(bytes([self._n % _SLOTS]))
        self._n += 1

    def receive(self) -> Any:
        """Wait for the next."""
        return self._slots[self._connection.recv_bytes()[0]]


class ZmqEnd:
    """One end of a pyzmq PUSH-PULL pair over ipc."""

    def __init__(self, address: str, *, pushes: bool) -> None:
        import zmq

        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PUSH if pushes else zmq.PULL)
        self._socket.setsockopt(zmq.SNDHWM, 1000)
        self._socket.setsockopt(zmq.RCVHWM, 1000)
        if pushes:
            self._socket.bind(address)
        else:
            self._socket.connect(address)

    def prepare(self, frame: np.ndarray) -> np.ndarray:
        """Give an array to stamp; large ones must not be written while they wait."""
        return frame.copy() if frame.nbytes > 65536 else frame

    def send(self, item: np.ndarray) -> None:
        """Send it, without a copy where that is quicker."""
        self._socket.send(item, copy=item.nbytes <= 65536)

    def receive(self) -> Any:
        """Wait for the next."""
        return self._socket.recv(copy=False).buffer


End = Callable[[], Any]


def send_all(
    make: End, frame: np.ndarray, rate_hz: float, count: int, linger: Any
) -> None:
    """Send stamped arrays at a pace; the main of a process."""
    end = make()
    start = time.monotonic_ns() + 300_000_000
    for number in range(count):
        if rate_hz:
            sleep_until(start + int(number * 1e9 / rate_hz))
        item = end.prepare(frame)
        STAMP.pack_into(item, 0, time.monotonic_ns())
        end.send(item)
    linger.wait(_LIMIT_S)


def receive_all(make: End, count: int, path: str, done: Any) -> None:
    """Keep the arrival and age of arrays; the main of a process."""
    end = make()
    times = np.zeros((count, 2), np.int64)
    for number in range(count):
        data = end.receive()
        now = time.monotonic_ns()
        times[number] = now, now - STAMP.unpack_from(data, 0)[0]
    np.save(path, times)
    done.set()


def ping_all(
    make: tuple[End, End],
    frame: np.ndarray,
    rate_hz: float,
    count: int,
    kept: tuple[str, Any],
) -> None:
    """Send arrays, wait for each to come back; the main of a process."""
    out, back = make[0](), make[1]()
    path, done = kept
    times = np.zeros((count, 2), np.int64)
    start = time.monotonic_ns() + 300_000_000
    for number in range(count):
        sleep_until(start + int(number * 1e9 / rate_hz))
        item = out.prepare(frame)
        STAMP.pack_into(item, 0, time.monotonic_ns())
        out.send(item)
        data = back.receive()
        now = time.monotonic_ns()
        times[number] = now, now - STAMP.unpack_from(data, 0)[0]
    np.save(path, times)
    done.set()


def echo_all(make: tuple[End, End], like: np.ndarray, count: int, linger: Any) -> None:
    """Send back what comes; the main of a process."""
    there, back = make[0](), make[1]()
    for _ in range(count):
        data = np.frombuffer(there.receive(), like.dtype).reshape(like.shape)
        back.send(data)
    linger.wait(_LIMIT_S)


def sleep_until(due_ns: int) -> None:
    """Sleep until a time of the monotonic clock, ns."""
    left_s = (due_ns - time.monotonic_ns()) * 1e-9
    if left_s > 0:
        time.sleep(left_s)


class _MakePipe:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __call__(self) -> PipeEnd:
        return PipeEnd(self._connection)


class _MakeRing:
    def __init__(self, connection: Any, path: str, n_bytes: int) -> None:
        self._arguments = (connection, path, n_bytes)

    def __call__(self) -> RingEnd:
        return RingEnd(*self._arguments)


class _MakeZmq:
    def __init__(self, address: str, *, pushes: bool) -> None:
        self._address, self._pushes = address, pushes

    def __call__(self) -> ZmqEnd:
        return ZmqEnd(self._address, pushes=self._pushes)


def measure_hop(kind: str, frame: np.ndarray, rate_hz: float, count: int) -> np.ndarray:
    """Send arrays one way between two bare processes.

    Parameters
    ----------
    kind
        "pipe", "ring" (bare shared memory) or "zmq".
    frame
        What is sent.
    rate_hz, count
        How often (0: flat out), how many.

    Returns
    -------
    ndarray
        Arrival and age, shape (count, 2), ns.
    """
    context = multiprocessing.get_context("spawn")
    with _Stage(kind, frame.nbytes) as stage:
        sender, receiver = stage.ends()
        path, done = stage.path("times.npy"), context.Event()
        mains = [
            (receive_all, (receiver, count, path, done)),
            (send_all, (sender, frame, rate_hz, count, done)),
        ]
        run_processes(context, mains)
        return np.load(path)


def measure_round_trip(
    kind: str, frame: np.ndarray, rate_hz: float, count: int
) -> np.ndarray:
    """Send arrays there and back between two bare processes.

    Returns
    -------
    ndarray
        Arrival and round trip, shape (count, 2), ns.
    """
    context = multiprocessing.get_context("spawn")
    with _Stage(kind, frame.nbytes) as there, _Stage(kind, frame.nbytes) as back:
        (out, far), (returned, near) = there.ends(), back.ends()
        path, done = there.path("times.npy"), context.Event()
        mains = [
            (echo_all, ((far, returned), frame, count, done)),
            (ping_all, ((out, near), frame, rate_hz, count, (path, done))),
        ]
        run_processes(context, mains)
        return np.load(path)


class _Stage:
    """What two processes have between them; gone afterwards."""

    def __init__(self, kind: str, n_bytes: int) -> None:
        self._kind, self._n_bytes = kind, n_bytes
        # A file in memory where the system has such a place, as Linux does.
        memory = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(
            prefix="ranvier-bench-", dir=memory if memory.is_dir() else None
        )

    def __enter__(self) -> Self:
        if self._kind == "ring":
            with Path(self.path("ring")).open("wb") as file:
                file.truncate(self._n_bytes * _SLOTS)
        return self

    def __exit__(self, *error: object) -> None:
        self._folder.cleanup()

    def path(self, name: str) -> str:
        return str(Path(self._folder.name) / name)

    def ends(self) -> tuple[End, End]:
        """Give what makes the sending and the receiving end, in their processes."""
        if self._kind == "zmq":
            address = f"ipc://{self.path('zmq')}"
            return _MakeZmq(address, pushes=True), _MakeZmq(address, pushes=False)
        reader, writer = multiprocessing.Pipe(duplex=False)
        if self._kind == "pipe":
            return _MakePipe(writer), _MakePipe(reader)
        path = self.path("ring")
        return (
            _MakeRing(writer, path, self._n_bytes),
            _MakeRing(reader, path, self._n_bytes),
        )


def run_processes(
    context: Any, mains: list[tuple[Callable[..., None], tuple[Any, ...]]]
) -> None:
    processes = [context.Process(target=main, args=args) for main, args in mains]
    for process in processes:
        process.start()
    try:
        for process in processes:
            process.join(_LIMIT_S)
            if process.exitcode != 0:
                raise RuntimeError(f"a bare process ended with {process.exitcode}")
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()
                process.join()
