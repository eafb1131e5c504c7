"""The reading end of a link: takes messages, and counts what it missed and how late."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

from ranvier.core import LinkError
from ranvier.links._board import (
    N_BUCKETS,
    ROW,
    Board,
    LinkField,
    StreamField,
    find_bucket,
)
from ranvier.links._decode import decode, decode_header
from ranvier.links._interface import Inlet, Transport
from ranvier.links._message import Message, Origin
from ranvier.spec import LinkPlan, StreamPlan


class LinkReader:
    """Reads the messages of one link.

    Parameters
    ----------
    plan
        The stream.
    link
        The link of it that is read.
    transport
        What carries it.
    board
        Where counts go.
    raw
        If true, the payload of a message is a view of its bytes, header included.

    Notes
    -----
    Sequence numbers are the judge of every loss: what lies between the last message
    taken and the next one was missed, whatever the reason.
    """

    def __init__(
        self,
        plan: StreamPlan,
        link: LinkPlan,
        transport: Transport,
        board: Board,
        *,
        raw: bool = False,
        wake_writer: Optional[Callable[[], None]] = None,
    ) -> None:
        self.plan, self.link = plan, link
        self._raw, self._decode = raw, _decode_raw if raw else decode
        self._values = values = board.values
        self._row = row = board.link_row(link.index)
        self._next = row + LinkField.NEXT
        self._epoch = row + LinkField.EPOCH
        self._missed = row + LinkField.MISSED
        self._last_delay = row + LinkField.LAST_DELAY
        self._present = row + LinkField.PRESENT
        self._delays = row + ROW
        self._ages = self._delays + N_BUCKETS
        stream_row = board.stream_row(plan.index)
        self._writer_epoch = stream_row + StreamField.EPOCH
        self._waiting = stream_row + StreamField.WAITING
        self._end_mark = stream_row + StreamField.ENDED
        self._wake_writer = wake_writer or transport.waker(plan.writer).wake
        self._before = stream_row + StreamField.BEFORE
        self._ended = False
        self._inlet: Inlet = transport.open_inlet(plan, link)
        # A writer that was started again counts from 0; a reader that was started
        # again goes on counting where its predecessor stopped.
        if values[self._epoch] != values[self._writer_epoch]:
            self._begin_epoch(values[self._writer_epoch])
        values[row + LinkField.OPENED] += 1
        values[self._present] = 1

    @property
    def is_raw(self) -> bool:
        """True if payloads are the bytes of whole messages."""
        return self._raw

    def read(self) -> Optional[Message]:
        """Take the next message and account for it; never waits.

        Returns
        -------
        Message or None
            Arrays are read-only views. At the end of the stream one message with
            `is_end`; None if there is nothing now.

        Raises
        ------
        LinkError
            If what came is no message of ranvier.
        """
        message = self.take()
        if message is not None:
            self.account(message, time.monotonic_ns())
        return message

    def take(self) -> Optional[Message]:
        """Take the next message; `account` for it when it has been worked on.

        A message that was taken and not accounted for when its process dies counts
        as missed: it was in the hands of the dead.

        Returns
        -------
        Message or None
            As `read`.

        Raises
        ------
        LinkError
            If what came is no message of ranvier.
        """
        data = self._inlet.take()
        if data is None:
            return self._take_end()
        return self._decode_taken(data)

    def _decode_taken(self, data: Any) -> Message:
        try:
            return self._decode(data)
        except LinkError:
            # It came, but it can't be used here: it counts as missed.
            self.account(decode_header(data), time.monotonic_ns())
            self._values[self._row] -= 1
            self._values[self._missed] += 1
            raise

    def account(self, message: Message, taken_ns: int) -> None:
        """Count a message that was taken, what was missed before it, and how late.

        Parameters
        ----------
        message
            As `take` gave it.
        taken_ns
            When it was taken, ns on the host's monotonic clock.
        """
        values, sequence = self._values, message.sequence
        if values[self._epoch] != message.epoch:
            self._begin_epoch(message.epoch)
        missed = sequence - values[self._next]
        if missed > 0:
            values[self._missed] += missed
        if message.is_end:
            values[self._next] = max(sequence, values[self._next])
            return
        values[self._next] = sequence + 1
        values[self._row] += 1
        delay = taken_ns - message.time_ns
        values[self._last_delay] = delay
        values[self._delays + find_bucket(delay)] += 1
        values[self._ages + find_bucket(taken_ns - message.origin[2])] += 1
        if values[self._waiting]:
            self._wake_writer()

    def close(self) -> None:
        """Let go of the link; nobody waits for it any more."""
        self._values[self._present] = 0
        if self._values[self._waiting]:
            self._wake_writer()
        self._inlet.close()

    def _take_end(self) -> Optional[Message]:
        values = self._values
        ended = values[self._end_mark]
        if not ended or self._ended:
            return None
        # The mark is set after the last message was sent: look once more.
        data = self._inlet.take()
        if data is not None:
            return self._decode_taken(data)
        self._ended = True
        epoch, index = values[self._writer_epoch], self.plan.index
        return Message(None, index, ended - 1, epoch, 0, Origin(index, 0, 0), True)

    def _begin_epoch(self, epoch: int) -> None:
        values, row = self._values, self._row
        if epoch == values[self._writer_epoch]:
            # All that earlier epochs have written was taken, or is missed now.
            lost = values[self._before] - values[row] - values[self._missed]
            values[self._missed] += max(0, lost)
        values[self._next] = 0
        values[self._epoch] = epoch


def _decode_raw(data: Any) -> Message:
    return decode_header(data)._replace(payload=data)
