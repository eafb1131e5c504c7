"""Tells trail and other machines that someone wants the session to stop."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ranvier.session.conduct._trail import SessionTrail
    from ranvier.session.peers import Agreement
    from ranvier.session.programs import StopRequest, StopSignal

PEER = "machine "
"""Begins the name of whoever asks for a stop on another machine."""


class StopTeller:
    """A thread that tells of each request; a context manager.

    A request may be made in a signal handler, which must take no lock; writing to the
    trail and to the network does.

    Parameters
    ----------
    stop
        The session's.
    trail
        Gets a line of each request.
    agreement
        With other machines, which are told of requests made here.
    """

    def __init__(
        self, stop: StopSignal, trail: SessionTrail, agreement: Agreement | None
    ) -> None:
        self._stop, self._trail, self._agreement = stop, trail, agreement
        self._requests: queue.SimpleQueue[StopRequest | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._tell, name="stops")

    def __enter__(self) -> Self:
        self._remove = self._stop.add_listener(self._requests.put)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._remove()
        self._requests.put(None)
        self._thread.join()

    def _tell(self) -> None:
        while request := self._requests.get():
            self._trail.stopped(request)
            if self._agreement is None or request.by.startswith(PEER):
                continue
            if request.is_urgent:
                self._agreement.abort(request.reason)
            else:
                self._agreement.stop(request.reason)
