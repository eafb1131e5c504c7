"""What the supervisor says to a worker, heard by a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Callable, Deque, Optional

from ranvier.core import RanvierError
from ranvier.worker._words import Exit, WordSocket


class ToldToExit(Exception):  # noqa: N818 - leaves the start in good order
    """The supervisor gave the start up."""


class Orders:
    """Words of the supervisor, in order.

    Parameters
    ----------
    words
        Socket to the supervisor.
    on_orphan
        Called by the listening thread when the supervisor is gone.
    """

    def __init__(self, words: WordSocket[Any], on_orphan: Callable[[], None]) -> None:
        self._words, self._on_orphan = words, on_orphan
        self._arrived = threading.Condition()
        self.waiting: Deque[Any] = deque()
        """Words not yet obeyed."""
        self.exits = False
        """True once the process is to end: by a word, or since it is an orphan."""
        self.orphaned = False
        """True once the supervisor is gone."""
        self.wake: Optional[Callable[[], None]] = None
        """Wakes the loop when a word has come; None before there is a loop."""

    def listen(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._listen, name="control", daemon=True).start()

    def next(self, kinds: Any) -> Any:
        """Wait for the next word of some kinds; what comes before it is passed over.

        Returns
        -------
        object
            The word.

        Raises
        ------
        ToldToExit
            If the process is to end instead.
        """
        with self._arrived:
            while True:
                if self.exits:
                    raise ToldToExit
                while self.waiting:
                    word = self.waiting.popleft()
                    if isinstance(word, kinds):
                        return word  # a Pause or Finish before the start was not
                self._arrived.wait()

    def _listen(self) -> None:
        while True:
            try:
                words = self._words.receive()
            except RanvierError:
                words = None
            if words is None:
                self._lose_supervisor()
                return
            with self._arrived:
                self.waiting.extend(words)
                self.exits = self.exits or any(isinstance(w, Exit) for w in words)
                self._arrived.notify_all()
            if self.wake is not None:
                self.wake()

    def _lose_supervisor(self) -> None:
        with self._arrived:
            self.exits = self.orphaned = True
            self._arrived.notify_all()
        if self.wake is not None:
            self.wake()
        self._on_orphan()
