"""Machines agree on one session: the call that waits for it, and what comes of it."""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, Self

from ranvier.session.faults import PeerError, Report
from ranvier.session.peers import _troubles as troubles
from ranvier.session.peers._acts import (
    Act,
    Agreed,
    Failed,
    Find,
    Going,
    Over,
    Peer,
    StopCall,
    StopHeard,
    Tell,
)
from ranvier.session.peers._admission import Admission
from ranvier.session.peers._master import Master
from ranvier.session.peers._settings import check_peer_settings
from ranvier.session.peers._slave import Slave
from ranvier.session.peers._wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.core import Reporter
    from ranvier.session.faults import Finding
    from ranvier.session.peers._settings import PeerSettings

# Longer than a connection that lingers; a name server may take longer still.
_CLOSE_S = 3.0
# On Windows a signal is only heard between two waits of the main thread.
_PATIENCE_S = 0.5 if sys.platform == "win32" else None


class StopSource(Protocol):
    """The session's Stop, as far as it is needed here."""

    def add_listener(self, callback: Callable[[Any], None]) -> Callable[[], None]:
        """Have each wish to stop told, earlier ones too; gives what takes it back."""
        ...


def agree(settings: PeerSettings, stop: StopSource, reporter: Reporter) -> Agreement:
    """Wait until all machines have the session's name.

    Parameters
    ----------
    settings
        This machine's part.
    stop
        Ends the wait, here and in `Agreement.wait_for_start`. It is not passed on to
        the others by itself: see `Agreement.stop`.
    reporter
        Told who comes, goes and is lost, until `Agreement.close`; in a thread of its
        own.

    Returns
    -------
    Agreement
        To be closed at the end of the session.

    Raises
    ------
    PeerError
        If the settings are not right, the port is taken, the machines do not come
        together in time or do not go together, or `stop` was asked for.
    """
    report = check_peer_settings(settings, os.environ)
    report.raise_errors(PeerError)
    listener = _listen(settings) if settings.is_master else None
    agreement = Agreement(settings, stop, reporter, listener)
    agreement.open(report)
    return agreement


class Agreement:
    """What machines agreed on, and the words between them during the session.

    Made by `agree`. All methods may be called from any thread.

    Parameters
    ----------
    settings, stop, reporter
        As `agree`.
    listener
        Of a master.
    """

    def __init__(
        self,
        settings: PeerSettings,
        stop: StopSource,
        reporter: Reporter,
        listener: socket.socket | None,
    ) -> None:
        self._settings, self._stop, self._reporter = settings, stop, reporter
        self._machine = _build_machine(settings)
        target = (settings.host, settings.port)
        self._wire = Wire(self._machine, listener, target, self._take)
        self._news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._tells: queue.SimpleQueue[Tell | Find | None] = queue.SimpleQueue()
        self._teller = threading.Thread(
            target=self._tell, name="peers-teller", daemon=True
        )
        self._lock = threading.Lock()
        self._findings: list[Finding] = []
        self._calls: list[StopCall] = []
        self._callbacks: list[Callable[[StopCall], None]] = []
        self._is_closed = False
        self.session_name = settings.session

    @property
    def peers(self) -> tuple[Peer, ...]:
        """The other machines: of a master its slaves; of a slave its master first."""
        return self._machine.peers

    @property
    def report(self) -> Report:
        """What someone should see: no secret, machines that were lost."""
        with self._lock:
            return Report.of(self._findings)

    def open(self, report: Report) -> None:
        """Wait for the others; `agree` does it.

        Parameters
        ----------
        report
            What was found about the settings.

        Raises
        ------
        PeerError
            As `agree`.
        """
        self._teller.start()
        for finding in report.warnings:
            self._take(Find(finding))
        self._wire.start()
        try:
            news = self._wait()
        except BaseException:
            self.close()
            raise
        self.session_name = news.session_name

    def wait_for_start(self) -> int | None:
        """Wait until all machines are at this point, and until the common start.

        Older launchers are not waited for, nor are machines that are lost or have
        left. To be called once.

        Returns
        -------
        int or None
            The start on this machine's monotonic clock, ns: the same instant on all,
            within the errors of `peers`. It may lie in the past if the word was late.
            None if another machine has called for a stop.

        Raises
        ------
        PeerError
            If not all came in time, or `stop` was asked for.
        """
        self._wire.order(self._machine.reach_start)
        news = self._wait()
        if isinstance(news, StopHeard):
            return None
        if self._sleep_until(news.at_ns):
            return int(news.at_ns)
        with self._lock:
            if self._calls:
                return None
        raise troubles.given_up(self._settings)

    def stop(self, reason: str) -> None:
        """Tell all other machines that the session stops here."""
        self._call(reason, is_abort=False)

    def abort(self, reason: str) -> None:
        """Tell all other machines that the session ends here, at once."""
        self._call(reason, is_abort=True)

    def on_stop(self, callback: Callable[[StopCall], None]) -> None:
        """Have it told when another machine calls for a stop, or is lost if that stops.

        Parameters
        ----------
        callback
            Called in the thread of the connections, for a call of before at once: it
            must be quick and raise nothing, as `StopSignal.request`.
        """
        with self._lock:
            self._callbacks.append(callback)
            calls = tuple(self._calls)
        for call in calls:
            callback(call)

    def close(self) -> None:
        """Take leave of the other machines; they go on."""
        with self._lock:
            is_closed, self._is_closed = self._is_closed, True
        if is_closed:
            return
        self._wire.order(self._machine.leave)
        self._wire.join(_CLOSE_S)
        self._tells.put(None)
        self._teller.join(_CLOSE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _call(self, reason: str, *, is_abort: bool) -> None:
        call = StopCall(self._settings.node, reason, is_abort)

        def say(now_ns: int) -> list[Act]:
            return self._machine.call_stop(call, now_ns)

        self._wire.order(say)

    def _wait(self) -> Any:
        """Wait for the next thing that matters to who waits."""
        remove = self._stop.add_listener(self._news.put)
        try:
            news = self._get_news()
        finally:
            remove()
        if isinstance(news, Failed):
            raise news.error
        if isinstance(news, Agreed | Going | StopHeard):
            return news
        # A wish to stop, or the thread of the connections is over.
        raise troubles.given_up(self._settings)

    def _get_news(self) -> Any:
        while True:
            with contextlib.suppress(queue.Empty):
                return self._news.get(timeout=_PATIENCE_S)

    def _sleep_until(self, at_ns: int) -> bool:
        """Wait for the start; False if a wish to stop came first."""
        wishes: queue.SimpleQueue[Any] = queue.SimpleQueue()
        remove = self._stop.add_listener(wishes.put)
        try:
            wishes.get(timeout=max(0.0, (at_ns - time.monotonic_ns()) / 1e9))
        except queue.Empty:
            return True
        finally:
            remove()
        return False

    def _take(self, act: Act) -> None:
        """Take what the connections tell; in their thread."""
        match act:
            case Tell():
                self._tells.put(act)
            case Find(finding):
                with self._lock:
                    self._findings.append(finding)
                self._tells.put(act)
            case StopHeard(call):
                with self._lock:
                    self._calls.append(call)
                    callbacks = tuple(self._callbacks)
                # First, for who waits: a callback may ask for a stop here too.
                self._news.put(act)
                for callback in callbacks:
                    callback(call)
            case Agreed() | Failed() | Going() | Over():
                self._news.put(act)
            case _:  # what the wire does itself
                pass

    def _tell(self) -> None:
        while (tell := self._tells.get()) is not None:
            if isinstance(tell, Find):
                self._reporter.warn(str(tell.finding))
            elif tell.is_warning:
                self._reporter.warn(tell.text)
            else:
                self._reporter.say(tell.text)


def _build_machine(settings: PeerSettings) -> Master | Slave:
    secret = os.environ.get(settings.secret_env, "") if settings.secret_env else ""
    now_ns = time.monotonic_ns()
    if settings.is_master:
        admission = Admission(settings, secret.encode(), _make_nonce)
        return Master(settings, admission, now_ns)
    return Slave(settings, secret.encode(), _make_nonce, now_ns)


def _make_nonce() -> str:
    return secrets.token_hex(16)


def _listen(settings: PeerSettings) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            settings.bind,
            settings.port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        family, address = found[0][0], found[0][4]
        return socket.create_server((address[0], settings.port), family=family)
    except OSError as error:
        raise troubles.cannot_listen(settings, error) from error
