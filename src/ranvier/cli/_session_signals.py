"""Turns signals into the one Stop of a session, and lets Ctrl-C out of a question."""

from __future__ import annotations

import queue
import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from ranvier.core import Reporter
    from ranvier.session.operator import Answer, Form, Operator, Question, Table
    from ranvier.session.programs import StopSignal

_LEAVE_AT = 3
_GRACE_S = 2.0
# Ctrl-Break of Windows is Ctrl-C; a terminal that is closed is an end from outside.
_INTERRUPTS = ("SIGINT", "SIGBREAK")
_ENDINGS = ("SIGTERM", "SIGHUP")


class SessionSignals:
    """Hears signals while a session goes on; a context manager.

    Ctrl-C stops it in good order, a second one at once; at a question it breaks off the
    question. A third one leaves. SIGTERM stops in good order and, two seconds later,
    at once: whoever sends it will not wait long.

    Parameters
    ----------
    reporter
        Is told what was heard.
    stop
        Is asked for what was heard.
    """

    def __init__(self, reporter: Reporter, stop: StopSignal) -> None:
        self.stop = stop
        self.is_asking = False
        self._reporter = reporter
        self._before: dict[int, Any] = {}
        self._n_interrupts = 0
        self._endings: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._hurrier = threading.Thread(target=self._hurry, daemon=True)

    def __enter__(self) -> Self:
        for names, act in ((_INTERRUPTS, self._interrupt), (_ENDINGS, self._end)):
            for name in names:
                number = getattr(signal, name, None)
                if number is not None:
                    self._before[number] = signal.signal(number, act)
        self._hurrier.start()
        return self

    def __exit__(self, *error: object) -> None:
        for number, act in self._before.items():
            signal.signal(number, act)
        self._endings.put("")
        self._hurrier.join()

    def wrap(self, operator: Operator) -> Operator:
        """Make an operator whose questions Ctrl-C breaks off.

        Returns
        -------
        Operator
            Asks the one given.
        """
        return _Interruptible(operator, self)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._n_interrupts += 1
        if self.is_asking or self._n_interrupts >= _LEAVE_AT:
            raise KeyboardInterrupt
        self.stop.request("operator", "Ctrl-C")

    def _end(self, number: int, frame: FrameType | None) -> None:
        del frame
        name = signal.Signals(number).name
        self.stop.request(name, "the session was ended from outside")
        self._endings.put(name)
        if self.is_asking:
            raise KeyboardInterrupt

    def _hurry(self) -> None:
        name = self._endings.get()
        if not name:
            return
        try:
            self._endings.get(timeout=_GRACE_S)
        except queue.Empty:
            self.stop.request(name, "it has had its time")


class _Interruptible:
    """An operator who may be interrupted while he is asked."""

    def __init__(self, operator: Operator, signals: SessionSignals) -> None:
        self._operator, self._signals = operator, signals
        self.say, self.warn = operator.say, operator.warn
        self.advance = operator.advance

    @property
    def name(self) -> str:
        return self._operator.name

    def has_answer(self, name: str) -> bool:
        return self._operator.has_answer(name)

    def ask(self, question: Question) -> Answer:
        return self._asking(lambda: self._operator.ask(question))

    def fill(self, form: Form) -> dict[str, Answer]:
        return self._asking(lambda: self._operator.fill(form))

    def show(self, table: Table) -> None:
        self._operator.show(table)

    def _asking(self, act: Callable[[], Any]) -> Any:
        self._signals.is_asking = True
        try:
            return act()
        finally:
            self._signals.is_asking = False
