"""Follows a run to its end: shows it, and turns Ctrl-C into words to the supervisor."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any, Self

from ranvier.core import RunError

if TYPE_CHECKING:
    from types import FrameType

    from ranvier.cli._views import View
    from ranvier.runtime import Finished, Run

_INTERVAL_S = 0.25
_LEAVE_AT = 3
_SAY_AFTER = 4  # times the interval: before that nobody wonders


class Interrupts:
    """Counts Ctrl-C in place of raising it; a context manager.

    The third one raises KeyboardInterrupt, so that a person gets out of the command
    line also where a supervisor does not answer. Once it was pressed and the run is
    over, further ones are ignored: they meant the run, and must not cost the words and
    the exit status that tell how it ended. SIGTERM ends the command line as
    ever, but leaves the terminal as it was found.
    """

    def __init__(self) -> None:
        self.count = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number, act in (
            (signal.SIGINT, self._interrupt),
            (signal.SIGTERM, self._end),
        ):
            self._before[number] = signal.signal(number, act)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for number, act in self._before.items():
            signal.signal(number, act)
        if self.count and error is None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.count += 1
        if self.count >= _LEAVE_AT:
            raise KeyboardInterrupt

    def _end(self, number: int, frame: FrameType | None) -> None:
        del frame
        sys.exit(128 + number)


def follow(run: Run, view: View, interrupts: Interrupts) -> Finished:
    """Show a run until it is over.

    Parameters
    ----------
    run
        Started here.
    view
        Shows it.
    interrupts
        First Ctrl-C: stop in good order. Second: end at once.

    Returns
    -------
    Finished
        Why it ended, and its errors.

    Raises
    ------
    RunError
        If its supervisor was killed.
    KeyboardInterrupt
        At the third Ctrl-C: the run is left to itself.
    """
    answered = n_refused = 0
    while True:
        try:
            with run.open_screen() as screen:
                for status in screen.watch(_INTERVAL_S):
                    view.show(status)
                    answered = _answer(run, view, interrupts.count, answered)
        except RunError:
            n_refused += 1
            if n_refused == _SAY_AFTER:
                view.say("the run is over; its files are being sealed")
        answered = _answer(run, view, interrupts.count, answered)
        try:
            finished = run.wait(_INTERVAL_S)
        except TimeoutError:
            continue
        view.end(finished.reason)
        return finished


def _answer(run: Run, view: View, asked: int, answered: int) -> int:
    if asked == answered:
        return answered
    try:
        with run.open_screen() as screen:
            if asked == 1:
                screen.stop("Ctrl-C")
                view.say("stopping in good order; Ctrl-C again ends it at once")
            else:
                screen.abort()
                view.say("ending at once")
    except RunError as error:
        view.say(error.problem)  # it is over already
    return asked
