"""The one queue of a running program: all that happens to it, in order."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from ranvier.session.programs._events import Passed, Said

if TYPE_CHECKING:
    from ranvier.session.programs._events import Event

_ROOM = 64
"""Chunks of output that may wait, of 64 KiB at most: 4 MiB."""


class Mailbox:
    """Takes events from any thread and gives them to one.

    Output waits for room, so that a program that writes without end fills a pipe and
    not the memory; all else is put at once, also by a signal handler.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._room = threading.Semaphore(_ROOM)
        self._is_closed = threading.Event()

    def put(self, event: Event) -> None:
        """Add an event, at once."""
        self._queue.put(event)

    def put_output(self, said: Said) -> None:
        """Add output when there is room for it; after `close` it is dropped."""
        self._room.acquire()
        if self._is_closed.is_set():
            self._room.release()  # for the next that waits
        else:
            self._queue.put(said)

    def take(self, timeout_s: float | None) -> Event:
        """Give the next event.

        Parameters
        ----------
        timeout_s
            Wait at most so long, s; None is for ever.

        Returns
        -------
        Event
            `Passed` if nothing came.
        """
        try:
            event = self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return Passed()
        if isinstance(event, Said):
            self._room.release()
        return event

    def close(self) -> None:
        """Let those who wait for room go on: nobody takes anything any more."""
        self._is_closed.set()
        self._room.release()
