"""What was sent over one link and not yet taken, as far as its writer can know."""

from __future__ import annotations

from collections import deque
from typing import Deque

from ranvier.links._board import Board, LinkField
from ranvier.spec import LinkPlan


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
        self._sent: Deque[int] = deque()
        self._known_opening = self._values[self._opened]

    def add(self, sequence: int) -> None:
        """Note that a message was sent."""
        self._sent.append(sequence)

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
        if len(sent) < self._depth:
            return True
        if values[self._epoch_taken] == self._epoch:
            taken = values[self._next]
            while sent and sent[0] < taken:
                sent.popleft()
        return len(sent) < self._depth
