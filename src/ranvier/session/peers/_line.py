"""One connection: words in, words out, and a leave that lets the last be read."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from ranvier.session.peers._words import LineReader, format_word

# What a machine may leave unread before it is given up.
_MOST_UNSAID = 1 << 20


class Line:
    """One connection.

    Parameters
    ----------
    end
        Its socket, connected and not blocking.
    """

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self.until_ns: int | None = None
        self._reader = LineReader()
        self._unsaid = bytearray()
        self._is_shut = False

    @property
    def has_unsaid(self) -> bool:
        """True if there is something to write."""
        return bool(self._unsaid)

    @property
    def is_leaving(self) -> bool:
        """True from `leave` on."""
        return self.until_ns is not None

    def say(self, word: dict[str, Any]) -> None:
        """Have a word written."""
        self._unsaid += format_word(word)

    def write(self) -> None:
        """Write what can be written now.

        Raises
        ------
        OSError
            If the connection is broken, or the other does not read.
        """
        with contextlib.suppress(BlockingIOError):
            while self._unsaid:
                del self._unsaid[: self.end.send(self._unsaid)]
        if len(self._unsaid) > _MOST_UNSAID:
            raise OSError("it does not read what it is told")
        if self.is_leaving and not self._unsaid and not self._is_shut:
            self._is_shut = True
            with contextlib.suppress(OSError):
                self.end.shutdown(socket.SHUT_WR)

    def read(self) -> list[dict[str, Any]]:
        """Read what has come.

        Returns
        -------
        list of dict
            The words that are complete; none once it is leaving.

        Raises
        ------
        EOFError
            If the other has closed it.
        """
        try:
            data = self.end.recv(1 << 16)
        except BlockingIOError:
            return []
        if not data:
            raise EOFError("it was closed")
        return [] if self.is_leaving else list(self._reader.feed(data))

    def leave(self, until_ns: int) -> None:
        """Say what is still to be said, then wait for the other to close.

        Closing with words unread would have the system throw away ours on the other
        side, the reason for a refusal among them.

        Parameters
        ----------
        until_ns
            Then it is closed in any case.
        """
        self.until_ns = until_ns
        with contextlib.suppress(OSError):
            self.write()
