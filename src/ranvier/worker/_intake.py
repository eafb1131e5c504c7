"""What a node took in, in which order: the recording that replay is checked by."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

import numpy as np

from ranvier.links import Message, OutputWriter

MESSAGE, PRODUCE, FINISH, PARAMETER = 0, 1, 2, 3
ENTRY = np.dtype(
    [("kind", "u1"), ("link", "<u2"), ("epoch", "<u4"), ("sequence", "<u8")]
)
"""One act: a message taken, an item produced, the end, a parameter changed."""

_BATCH = 512


class Intake:
    """Keeps the order of a node's acts and sends it on in batches.

    Parameters
    ----------
    writer
        Of the node's intake stream; a message is a mapping of `entries` (array of
        `ENTRY`) and `parameters` (pairs of name and value, one for each PARAMETER
        entry, in order).
    """

    PERIOD_S = 0.2

    def __init__(self, writer: OutputWriter) -> None:
        self._writer = writer
        self._entries: List[Tuple[int, int, int, int]] = []
        self._parameters: List[Tuple[str, Any]] = []
        self._flushed_ns = 0

    @property
    def is_pending(self) -> bool:
        """True if there is something to send on."""
        return bool(self._entries)

    def message(self, link: int, message: Message) -> None:
        """Keep that a message was taken from a link."""
        self._add((MESSAGE, link, message.epoch, message.sequence))

    def produce(self) -> None:
        """Keep that a source was asked for an item."""
        self._add((PRODUCE, 0, 0, 0))

    def finish(self) -> None:
        """Keep that the inputs had ended."""
        self._add((FINISH, 0, 0, 0))

    def parameter(self, name: str, value: Any) -> None:
        """Keep that a parameter changed."""
        self._parameters.append((name, value))
        self._add((PARAMETER, 0, 0, 0))

    def flush(self, now_ns: Optional[int]) -> None:
        """Send on what is kept, if it is time; at once if `now_ns` is None."""
        if not self._entries:
            return
        if now_ns is not None and now_ns - self._flushed_ns < self.PERIOD_S * 1e9:
            return
        self._flushed_ns = now_ns or 0
        entries = np.array(self._entries, ENTRY)
        self._writer.write({"entries": entries, "parameters": self._parameters})
        self._entries, self._parameters = [], []

    def end(self) -> None:
        """End the intake stream."""
        self._writer.end()

    def _add(self, entry: Tuple[int, int, int, int]) -> None:
        self._entries.append(entry)
        if len(self._entries) >= _BATCH:
            self.flush(None)
