"""Tells machines, trail and operator that someone wants the session to stop."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING, Self

from ranvier.core import RecordingError

if TYPE_CHECKING:
    from ranvier.session.conduct._log import SessionLog
    from ranvier.session.conduct._trail import SessionTrail
    from ranvier.session.peers import Agreement
    from ranvier.session.programs import StopRequest, StopSignal

PEER = "machine "
"""Begins the name of whoever asks for a stop on another machine."""


class StopTeller:
    """A thread that tells of each request; a context manager.

    A request may be made in a signal handler, which must take no lock; writing to the
    trail, to the screen and to the network does.

    Parameters
    ----------
    stop
        The session's.
    trail
        Gets a line of each request.
    log
        Shows who asked, since programs may take a while to end.
    agreement
        With other machines, which are told of requests made here.
    """

    def __init__(
        self,
        stop: StopSignal,
        trail: SessionTrail,
        log: SessionLog,
        agreement: Agreement | None,
    ) -> None:
        self._stop, self._trail, self._log = stop, trail, log
        self._agreement = agreement
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
            self._tell_machines(request)
            # Of a disk that is full the next who writes tells, where it is heard.
            with contextlib.suppress(RecordingError, OSError):
                self._trail.stopped(request)
                how = "at once" if request.is_urgent else "in good order"
                self._log.say(f"stopping {how}: {request.by}, {request.reason}")

    def _tell_machines(self, request: StopRequest) -> None:
        if self._agreement is None or request.by.startswith(PEER):
            return
        if request.is_urgent:
            self._agreement.abort(request.reason)
        else:
            self._agreement.stop(request.reason)
