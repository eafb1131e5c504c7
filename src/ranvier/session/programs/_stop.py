"""The one Stop of a session: whoever asks for it, all that runs hears it."""

from __future__ import annotations

import itertools
import queue
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class StopRequest:
    """That someone wants the session to stop.

    Parameters
    ----------
    by
        Who: "operator", "SIGTERM", "graph", the name of another machine, …
    reason
        Why, in words; may be empty.
    is_urgent
        True from the second request on: at once, without waiting for what was asked
        to end by itself.
    """

    by: str
    reason: str
    is_urgent: bool


StopListener: TypeAlias = "Callable[[StopRequest], None]"


class StopSignal:
    """Carries the wish to stop to programs, graph, steps and peers.

    Any thread may use it, and a signal handler may: nothing here takes a lock that
    the interrupted thread could hold.

    Examples
    --------
    >>> stop = StopSignal()
    >>> stop.request(by="operator", reason="the animal is restless")
    >>> stop.is_requested, stop.is_urgent
    (True, False)
    """

    def __init__(self) -> None:
        # Appending to a list, and drawing from a counter, can't be torn apart by a
        # thread or a signal handler; SimpleQueue is the one queue made for handlers.
        self._numbers = itertools.count()
        self._requests: list[StopRequest] = []
        self._listeners: list[StopListener] = []

    @property
    def requests(self) -> tuple[StopRequest, ...]:
        """All requests so far."""
        return tuple(self._requests)

    @property
    def is_requested(self) -> bool:
        """True from the first request on."""
        return bool(self._requests)

    @property
    def is_urgent(self) -> bool:
        """True from the second request on."""
        return any(request.is_urgent for request in self.requests)

    def request(self, by: str, reason: str = "") -> None:
        """Ask all that listens to stop; a second time: at once.

        Parameters
        ----------
        by
            Who asks.
        reason
            Why.
        """
        request = StopRequest(by, reason, is_urgent=next(self._numbers) > 0)
        self._requests.append(request)
        for listener in tuple(self._listeners):
            listener(request)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the first request.

        Parameters
        ----------
        timeout_s
            At most so long, s; None is for ever.

        Returns
        -------
        bool
            True if it was asked for, False if the time is over.
        """
        woken: queue.SimpleQueue[StopRequest] = queue.SimpleQueue()
        remove = self.add_listener(woken.put)
        try:
            woken.get(timeout=timeout_s)
        except queue.Empty:
            return self.is_requested
        finally:
            remove()
        return True

    def add_listener(self, callback: StopListener) -> Callable[[], None]:
        """Have each request told, those made before included.

        Parameters
        ----------
        callback
            Called in the thread (or signal handler) of the request: it must be quick,
            take no lock and raise nothing, such as the `put` of a `SimpleQueue`. It may
            hear of one request twice, if that comes while it is being added.

        Returns
        -------
        callable
            Takes the callback away again; may be called more than once.
        """
        self._listeners.append(callback)
        for request in self.requests:
            callback(request)

        def remove() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return remove
