"""What was sent over one link and not yet taken, as far as its writer can know."""

from __future__ import annotations

from collections import deque
from typing import Deque, Tuple

from ranvier.links._board import Board, LinkField
from ranvier.spec import LinkPlan

# A reader that stands still must not fill the host's memory with large messages.
_MOST_BYTES = 1 << 30


class Backlog:
    """Counts the room of a link whose reader must not be overrun.

    Parameters
    ----------
    link
        The link; its depth is the room.
    board
        Where its reader says what it has taken.
    epoch
        Of the writer.

    Notes
    -----
    A link holds up to its depth in messages, and about 1 GB whatever their number.

    What a dead reader had not taken is lost with its queue, so a link that was opened
    anew starts with all its room.
    """

    def __init__(self, link: LinkPlan, board: Board, epoch: int) -> None:
        self.link = link
        row = board.link_row(link.index)
        self._values, self._epoch = board.values, epoch
        self._present = row + LinkField.PRESENT
        self._opened = row + LinkField.OPENED
        self._epoch_taken = row + LinkField.EPOCH
        self._next = row + LinkField.NEXT
        self._depth = link.policy.depth
        self._sent: Deque[Tuple[int, int]] = deque()
        self._bytes = 0
        self._known_opening = self._values[self._opened]

    def add(self, sequence: int, length: int) -> None:
        """Note that a message was sent, and how many bytes it has."""
        self._sent.append((sequence, length))
        self._bytes += length

    def has_room(self) -> bool:
        """Say whether one more message may be sent.

        Returns
        -------
        bool
            True also while there is no reader at all.
        """
        sent, values = self._sent, self._values
        if not values[self._present] or values[self._opened] != self._known_opening:
            self._known_opening = values[self._opened]
            sent.clear()
            self._bytes = 0
        if self._is_short():
            return True
        if values[self._epoch_taken] == self._epoch:
            taken = values[self._next]
            while sent and sent[0][0] < taken:
                self._bytes -= sent.popleft()[1]
        return self._is_short()

    def _is_short(self) -> bool:
        return len(self._sent) < self._depth and self._bytes < _MOST_BYTES
