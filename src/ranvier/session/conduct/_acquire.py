"""Runs the acquisition: programs and a graph side by side, with one Stop."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Protocol

from ranvier.session.conduct._trail import TrailListener
from ranvier.session.faults import Verdict
from ranvier.session.programs import ProgramEnd, StopSignal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ranvier.session.conduct._trail import SessionTrail
    from ranvier.session.programs import ProgramListener, StopRequest


class Acquisition(Protocol):
    """Something that acquires: a program, MATLAB, a graph."""

    @property
    def name(self) -> str:
        """As in the trail."""
        ...

    @property
    def folder(self) -> Path:
        """Its working folder."""
        ...

    @property
    def shown(self) -> tuple[str, ...] | None:
        """Its command for the trail, where it holds values of the environment."""
        ...

    @property
    def leads(self) -> bool:
        """True if the others end with it."""
        ...

    def run(
        self,
        listener: ProgramListener,
        stop: StopSignal,
        on_running: Callable[[], None],
    ) -> ProgramEnd:
        """Run it to its end; may raise what forbids its start.

        `on_running` is called, in any thread, when it acquires.
        """
        ...


def acquire(
    acquisitions: Sequence[Acquisition], trail: SessionTrail, stop: StopSignal
) -> tuple[ProgramEnd, ...]:
    """Run all acquisitions side by side and wait for their end.

    What leads begins when all others run, and takes them with it when it ends. One that
    fails takes them all, for what one lacks the rest can't replace.

    Parameters
    ----------
    acquisitions
        At least one; each runs in a thread of its own.
    trail
        Is told of each.
    stop
        The session's; heard by all of them.

    Returns
    -------
    tuple of ProgramEnd
        In the order of `acquisitions`.

    Raises
    ------
    SessionError
        If one could not be started; the others have ended.
    """
    crew = [_Member(each, trail) for each in acquisitions]

    def forward(request: StopRequest) -> None:
        for member in crew:
            member.stop.request(request.by, request.reason)

    remove = stop.add_listener(forward)
    try:
        _run_all(crew)
    except BaseException:
        # Who waits is broken off, by a signal handler that raises: nothing is left.
        for member in crew:
            member.end_at_once()
        raise
    finally:
        remove()
    for member in crew:
        if member.error is not None:
            raise member.error
    return tuple(member.end or ProgramEnd(Verdict.FAILED) for member in crew)


class _Member:
    """One acquisition in its thread."""

    def __init__(self, acquisition: Acquisition, trail: SessionTrail) -> None:
        self.acquisition = acquisition
        self.stop = StopSignal()
        self.running = threading.Event()  # or over
        self.end: ProgramEnd | None = None
        self.error: BaseException | None = None
        self.is_over = False
        self._listener = TrailListener(
            trail, acquisition.name, acquisition.folder, acquisition.shown
        )
        self._thread = threading.Thread(target=self._run, name=acquisition.name)
        self._over: queue.SimpleQueue[_Member] = queue.SimpleQueue()

    @property
    def has_failed(self) -> bool:
        """True if it ended, and not well."""
        return self.is_over and (self.end is None or self.end.verdict is Verdict.FAILED)

    def start(self, over: queue.SimpleQueue[_Member]) -> None:
        """Begin; it is put into the queue when it is over."""
        self._over = over
        self._thread.start()

    def join(self) -> None:
        """Wait for its thread."""
        if self._thread.ident is not None:
            self._thread.join()

    def end_at_once(self) -> None:
        """End it by force, and wait for that."""
        while not self.stop.is_urgent:
            self.stop.request("launcher", "it was broken off")
        self.join()

    def _run(self) -> None:
        try:
            self.end = self.acquisition.run(self._listener, self.stop, self.running.set)
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            self.error = error
        self.is_over = True
        self.running.set()
        self._over.put(self)


def _run_all(crew: list[_Member]) -> None:
    over: queue.SimpleQueue[_Member] = queue.SimpleQueue()
    others = [member for member in crew if not member.acquisition.leads]
    leading = [member for member in crew if member.acquisition.leads]
    for member in others:
        member.start(over)
    for member in others:
        member.running.wait()
    for member in others:
        _tell_others(member, crew)
    for member in leading:
        member.start(over)
    for _ in crew:
        _tell_others(over.get(), crew)
    for member in crew:
        member.join()


def _tell_others(one: _Member, crew: list[_Member]) -> None:
    if not one.is_over or not (one.has_failed or one.acquisition.leads):
        return
    name = one.acquisition.name
    why = f"{name} {'failed' if one.has_failed else 'has ended'}"
    for member in crew:
        # Once: a second request would end it at once.
        if not member.is_over and not member.stop.is_requested:
            member.stop.request(name, why)
