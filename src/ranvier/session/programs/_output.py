"""What a program writes: kept byte by byte in a log, and cut into lines for others."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from ranvier.core import format_error
from ranvier.session.programs._events import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_LINE = 8192
"""Bytes of a line that are told; all of them are in the log."""

_CHUNK = 65536
_READ_S = 2.0


class LineCutter:
    r"""Cuts bytes into lines of text.

    Examples
    --------
    >>> cutter = LineCutter()
    >>> cutter.cut(b"one\ntw"), cutter.cut(b"o\r\n")
    (['one'], ['two'])
    """

    def __init__(self) -> None:
        self._rest = b""
        self._n_dropped = 0

    def cut(self, chunk: bytes) -> list[str]:
        r"""Take bytes and give the lines that end in them.

        Parameters
        ----------
        chunk
            What follows the chunk before.

        Returns
        -------
        list of str
            Without their ends. What is no UTF-8 is written as "\xff"; a line that is
            too long is cut, and says how much is missing.
        """
        *ended, rest = chunk.split(b"\n")
        lines: list[str] = []
        for part in ended:
            self._add(part)
            lines.append(self._take())
        self._add(rest)
        return lines

    def flush(self) -> list[str]:
        """Give the last line, if it had no end.

        Returns
        -------
        list of str
            One line or none.
        """
        return [self._take()] if self._rest else []

    def _add(self, part: bytes) -> None:
        room = MAX_LINE - len(self._rest)
        self._n_dropped += max(0, len(part) - room)
        self._rest += part[:room]

    def _take(self) -> str:
        text = self._rest.removesuffix(b"\r").decode("utf-8", "backslashreplace")
        if self._n_dropped:
            text += f" … ({self._n_dropped:,} bytes more)"
        self._rest, self._n_dropped = b"", 0
        return text


class OutputReader(threading.Thread):
    """Reads one stream of a program to its end.

    It reads on whatever happens to log and listeners: a program that nobody reads
    would stand still.

    Parameters
    ----------
    stream
        "stdout" or "stderr".
    pipe, log
        Descriptors: what is read, and what it is appended to. The pipe is closed at
        its end.
    tell
        Is given the lines, and may make it wait.
    """

    def __init__(
        self, stream: str, pipe: int, log: int, tell: Callable[[Said], None]
    ) -> None:
        super().__init__(name=f"program {stream}", daemon=True)
        self._stream, self._pipe, self._log, self._tell = stream, pipe, log, tell
        self.unkept = ""

    def run(self) -> None:
        """Read until all who could write are gone."""
        cutter = LineCutter()
        while chunk := os.read(self._pipe, _CHUNK):
            self._keep(chunk)
            self._tell(Said(self._stream, tuple(cutter.cut(chunk))))
        os.close(self._pipe)
        if rest := cutter.flush():
            self._tell(Said(self._stream, tuple(rest)))

    def _keep(self, chunk: bytes) -> None:
        try:
            while chunk:
                chunk = chunk[os.write(self._log, chunk) :]
        except OSError as error:
            self.unkept = self.unkept or f"{self._stream}: {format_error(error)}"


def start_reading(
    pipes: tuple[int, int], logs: tuple[int, int], tell: Callable[[Said], None]
) -> tuple[OutputReader, ...]:
    """Start to read the two streams of a program.

    Parameters
    ----------
    pipes, logs
        Descriptors of stdout and stderr, and of what each is appended to.
    tell
        As of `OutputReader`.

    Returns
    -------
    tuple of OutputReader
        One for each stream.
    """
    readers = tuple(
        OutputReader(stream, pipe, log, tell)
        for stream, pipe, log in zip(("stdout", "stderr"), pipes, logs, strict=True)
    )
    for reader in readers:
        reader.start()
    return readers


def finish_reading(readers: Sequence[OutputReader]) -> str:
    """Wait until the streams of a program that has ended are read, for 2 s each.

    Elsewhere than on Linux, one that got away may hold a pipe open.

    Returns
    -------
    str
        What was not kept in the logs, and why; empty if all was.
    """
    for reader in readers:
        reader.join(_READ_S)
    return "; ".join(reader.unkept for reader in readers if reader.unkept)
