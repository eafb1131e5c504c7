"""Ctrl-C and SIGTERM while an experiment runs in the main thread.

Python lets only the main thread have signal handlers. In another thread nothing is
changed: whoever started that thread has the signals, and calls `stop`.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

# Ctrl-Break of Windows is Ctrl-C.
_NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")


@contextlib.contextmanager
def hear_signals(
    handler: Callable[[int, FrameType | None], None],
) -> Generator[None]:
    """Have signals heard by a handler; afterwards by whoever heard them before.

    Parameters
    ----------
    handler
        Of all of them.

    Yields
    ------
    None
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    # One that C code set can't be put back, and is left alone.
    before = {
        number: found
        for number in numbers
        if (found := signal.getsignal(number)) is not None
    }
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, found in before.items():
            signal.signal(number, found)
