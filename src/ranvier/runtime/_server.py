"""The control socket: screens look at a run and steer it. Loopback of this user only.

On POSIX it is a socket file in a folder that only this user may enter, so who can
open it may steer; nothing listens on the network.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from ranvier.core import RanvierError
from ranvier.runtime._control import (
    Ask,
    Change,
    Done,
    Finished,
    FromScreen,
    Note,
    Refused,
    Shown,
    Steer,
    Watch,
)
from ranvier.worker import WordReader, pack_word

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ranvier.runtime._status import RunStatus

_LONGEST_QUEUE = 4_000_000  # bytes; a screen that takes nothing is left out
_QUICKEST_S = 0.05


class Steered(Protocol):
    """What screens steer: the supervisor."""

    def open_view(self) -> Callable[[], RunStatus]:
        """Give what looks at the run for one screen."""
        ...

    def steer(self, word: Steer) -> None:
        """Pause, resume, stop or end the run."""
        ...

    async def change(self, word: Change) -> Any:
        """Change a live parameter; give what it is now."""
        ...

    def note(self, word: Note) -> None:
        """Write a line into the audit trail."""
        ...


class ControlServer:
    """Serves the screens of one run.

    Parameters
    ----------
    path
        Of the socket file.
    steered
        What they look at and steer.
    """

    def __init__(self, path: Path, steered: Steered) -> None:
        self._path, self._steered = path, steered
        self._server: asyncio.Server | None = None
        self._screens: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen.

        Raises
        ------
        OSError
            If the socket file can't be made.
        """
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        self._path.chmod(0o600)

    async def close(self, last: Finished) -> None:
        """Send the last word to all screens and stop listening."""
        for task in self._tasks:
            task.cancel()
        for writer in list(self._screens):
            self._send(writer, last)
            writer.close()
        if self._server is not None:
            self._server.close()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._screens.add(writer)
        words: WordReader[Any] = WordReader(FromScreen)
        look = self._steered.open_view()
        try:
            while data := await reader.read(65536):
                for word in words.feed(data):
                    await self._answer(word, writer, look)
        except (RanvierError, ConnectionError, asyncio.CancelledError):
            pass  # a screen of another version, or gone; or the run is over
        finally:
            self._screens.discard(writer)
            writer.close()

    async def _answer(
        self, word: Any, writer: asyncio.StreamWriter, look: Callable[[], RunStatus]
    ) -> None:
        try:
            answer = await self._act(word, writer, look)
        except RanvierError as error:
            answer = Refused(error.to_dict())
        self._send(writer, answer)

    async def _act(
        self, word: Any, writer: asyncio.StreamWriter, look: Callable[[], RunStatus]
    ) -> Any:
        if isinstance(word, Watch):
            task = asyncio.create_task(self._show(writer, word.interval_s, look))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif isinstance(word, Ask):
            return Shown(look())
        elif isinstance(word, Steer):
            self._steered.steer(word)
        elif isinstance(word, Change):
            return Done(await self._steered.change(word))
        elif isinstance(word, Note):
            self._steered.note(word)
        return Done()

    async def _show(
        self,
        writer: asyncio.StreamWriter,
        interval_s: float,
        look: Callable[[], RunStatus],
    ) -> None:
        while writer in self._screens:
            self._send(writer, Shown(look()))
            await asyncio.sleep(max(interval_s, _QUICKEST_S))

    def _send(self, writer: asyncio.StreamWriter, word: Any) -> None:
        if writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() > _LONGEST_QUEUE:
            writer.close()  # it does not read; the run must not grow for it
            return
        writer.write(pack_word(word))
