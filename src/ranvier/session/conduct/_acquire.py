"""Runs the acquisition: programs and a graph side by side, with one Stop."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ranvier.session.conduct._trail import TrailListener
from ranvier.session.faults import Verdict
from ranvier.session.programs import ProgramEnd, StopSignal

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    def leads(self) -> bool:
        """True if the others end with it."""
        ...

    def run(self, listener: ProgramListener, stop: StopSignal) -> ProgramEnd:
        """Run it to its end; may raise what forbids its start."""
        ...


@dataclass(frozen=True)
class _Ended:
    """How one of them ended, or why it did not begin."""

    acquisition: Acquisition
    end: ProgramEnd | None
    error: BaseException | None


def acquire(
    acquisitions: Sequence[Acquisition], trail: SessionTrail, stop: StopSignal
) -> tuple[ProgramEnd, ...]:
    """Run all acquisitions at once and wait for their end.

    One that leads takes the others with it when it ends; one that fails takes them all,
    for what one lacks the rest can't replace.

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
    ended: queue.SimpleQueue[_Ended] = queue.SimpleQueue()
    signals = {id(each): StopSignal() for each in acquisitions}

    def forward(request: StopRequest) -> None:
        for signal in tuple(signals.values()):
            signal.request(request.by, request.reason)

    remove = stop.add_listener(forward)
    threads = [
        threading.Thread(
            target=_run, args=(each, trail, signals[id(each)], ended), name=each.name
        )
        for each in acquisitions
    ]
    try:
        for thread in threads:
            thread.start()
        gone = [_await_end(ended, signals) for _ in threads]
    finally:
        remove()
    for thread in threads:
        thread.join()
    _raise_first(gone)
    by_one = {id(each.acquisition): each.end for each in gone}
    return tuple(
        by_one[id(each)] or ProgramEnd(Verdict.FAILED) for each in acquisitions
    )


def _run(
    acquisition: Acquisition,
    trail: SessionTrail,
    stop: StopSignal,
    ended: queue.SimpleQueue[_Ended],
) -> None:
    listener = TrailListener(trail, acquisition.name, acquisition.folder)
    try:
        end = acquisition.run(listener, stop)
    except BaseException as error:  # noqa: BLE001 - raised again by who waits for it
        ended.put(_Ended(acquisition, None, error))
    else:
        ended.put(_Ended(acquisition, end, None))


def _await_end(
    ended: queue.SimpleQueue[_Ended], signals: dict[int, StopSignal]
) -> _Ended:
    one = ended.get()
    del signals[id(one.acquisition)]
    is_failed = one.end is None or one.end.verdict is Verdict.FAILED
    if is_failed or one.acquisition.leads:
        why = "failed" if is_failed else "has ended"
        for signal in tuple(signals.values()):
            signal.request(one.acquisition.name, f"{one.acquisition.name} {why}")
    return one


def _raise_first(gone: list[_Ended]) -> None:
    for one in gone:
        if one.error is not None:
            raise one.error
