"""A log file of what one experiment's code says by `logging`, in its own thread."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FORM = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_BANNER = "=" * 60


class ExperimentLog:
    """Writes what is logged in the thread that made it, and nothing of other threads.

    The level of the loggers stays as it is: what they let through is written.

    Parameters
    ----------
    paths
        Files to append to; their folders must exist.
    session
        Name of the session, for the first line and the last.

    Raises
    ------
    OSError
        If one can't be opened.
    """

    def __init__(self, paths: Sequence[Path], session: str) -> None:
        self._session = session
        self._handlers: list[logging.FileHandler] = []
        thread = threading.get_ident()
        try:
            for path in paths:
                handler = logging.FileHandler(path, encoding="utf-8")
                handler.setFormatter(logging.Formatter(_FORM))
                handler.addFilter(lambda record: record.thread == thread)
                self._handlers.append(handler)
        except OSError:
            self._close_files()
            raise
        for handler in self._handlers:
            logging.getLogger().addHandler(handler)
        self._write_banner("begins")

    def close(self) -> None:
        """Write the last line, and write nothing more."""
        self._write_banner("ends")
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
        self._close_files()

    def _write_banner(self, text: str) -> None:
        lines = (_BANNER, f"session {self._session} {text}", _BANNER)
        for handler in self._handlers:
            for line in lines:
                record = logging.LogRecord(
                    __name__, logging.INFO, "", 0, line, None, None
                )
                handler.emit(record)

    def _close_files(self) -> None:
        for handler in self._handlers:
            handler.close()
        self._handlers.clear()
