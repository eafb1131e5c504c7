"""Puts what was written onto the disk in the background; it writes nothing itself."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any, Callable, Optional


def sync_data(handle: int) -> None:
    """Wait until the disk has the content of an open file.

    Raises
    ------
    OSError
        If the disk is gone.
    """
    # Without the file's times, where the system knows the difference: half the writes.
    getattr(os, "fdatasync", os.fsync)(handle)


def find_damage(path: Path, handle: int, length: int) -> str:
    """Say what someone else did to a file that is being written.

    Parameters
    ----------
    path
        Where it was opened.
    handle
        Its descriptor.
    length
        What it has at least, as it was written, bytes.

    Returns
    -------
    str
        "" if nothing.
    """
    written = os.fstat(handle)
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "it was moved or removed"
    if not os.path.samestat(found, written):
        return "another file was put in its place"
    if written.st_size < length:
        return f"{length - written.st_size} bytes were cut off"
    return ""


class Syncer:
    """A thread that makes an open file durable, so that its writer need not wait.

    Parameters
    ----------
    file
        The open file; it must stay open until `stop`.
    period_s
        Longest time between a mark and the begin of the sync that answers it.
    before
        Called by the thread before each sync, for example to flush a buffer.
    always
        If true, `before` is called each period, also when nothing was marked.
    """

    def __init__(
        self,
        file: Any,
        period_s: float,
        before: Optional[Callable[[], None]] = None,
        *,
        always: bool = False,
    ) -> None:
        self._file = file
        self._period_s = period_s
        self._before = before
        self._always = always
        self._is_marked = threading.Event()
        self._end = threading.Event()
        self._error: Optional[OSError] = None
        self._thread = threading.Thread(target=self._run, name="syncer", daemon=True)
        self._thread.start()

    def mark(self) -> None:
        """Say that something was written.

        Raises
        ------
        OSError
            If the disk refused an earlier sync; told once.
        """
        if not self._is_marked.is_set():
            self._is_marked.set()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def sync_now(self) -> None:
        """Sync in the caller's thread.

        Raises
        ------
        OSError
            If the disk is gone.
        """
        self._is_marked.clear()
        sync_data(self._file.fileno())

    def stop(self) -> None:
        """End the thread; what was marked last may not be on the disk yet."""
        self._end.set()
        self._is_marked.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            if not self._always:
                self._is_marked.wait()
            self._end.wait(self._period_s)
            if self._end.is_set():
                return
            if self._before is not None:
                self._before()
            if self._is_marked.is_set():
                self._is_marked.clear()
                try:
                    sync_data(self._file.fileno())
                except OSError as error:
                    self._error = error
