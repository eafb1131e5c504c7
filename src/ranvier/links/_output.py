"""The writing end of a stream: numbers messages, writes them once, waits or counts."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from ranvier.links._board import Board, LinkField, StreamField
from ranvier.links._codec import (
    Encoded,
    encode,
    encode_array,
    join_message,
    write_message,
)
from ranvier.links._interface import (
    Lane,
    Loan,
    Transport,
    drops_newest,
    needs_private_lane,
)
from ranvier.links._message import Header, Origin
from ranvier.spec import LinkPlan, StreamPlan

_JOIN_BELOW = 8192  # bytes; small messages are quicker written as one piece
_RECHECK_S = 0.05  # a lost wake-up then costs at most this


class _Placed(NamedTuple):
    array: np.ndarray
    encoded: Encoded
    loan: Loan


class _Awaited(NamedTuple):
    """A lossless link, whose room the writer waits for."""

    link: LinkPlan
    row: int


class _Private(NamedTuple):
    """A link with a lane of its own; `row` is given where room decides."""

    link: LinkPlan
    row: Optional[int]
    lane: Lane


class OutputWriter:
    """Writes the messages of one output port.

    Parameters
    ----------
    plan
        The stream and its links.
    transport
        What carries them.
    board
        Where counts go, and where room of lossless links is read.
    epoch
        How often this process had been started before.
    gives_up
        Asked while waiting for a reader; True ends the wait.
    sleep
        Called with the longest time to sleep, s, while a reader has no room: the
        wait of the process's own sleeper, which the reader wakes.
    """

    def __init__(
        self,
        plan: StreamPlan,
        transport: Transport,
        board: Board,
        *,
        epoch: int = 0,
        sleep: Callable[[float], None] = time.sleep,
        gives_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self.plan = plan
        self._epoch = epoch
        self._sequence = 0
        self._board, self._row = board, board.stream_row(plan.index)
        self._bytes = self._row + StreamField.BYTES
        self._sleep, self._gives_up = sleep, gives_up
        self._placed: Dict[int, _Placed] = {}
        shared = [link for link in plan.links if not needs_private_lane(plan, link)]
        self._shared = transport.open_lane(plan, None) if shared else None
        self._awaited = [
            _Awaited(link, board.link_row(link.index))
            for link in shared
            if link.policy.mode == "lossless"
        ]
        self._private = [
            _Private(
                link,
                board.link_row(link.index) if drops_newest(link) else None,
                transport.open_lane(plan, link),
            )
            for link in plan.links
            if needs_private_lane(plan, link)
        ]
        readers = {link.reader for link in plan.links} - {plan.writer}
        self._wakers = [transport.waker(reader) for reader in sorted(readers)]
        values = board.values
        values[self._row + StreamField.WRITTEN] = 0
        values[self._row + StreamField.ENDED] = 0
        values[self._row + StreamField.EPOCH] = epoch

    @property
    def sequence(self) -> int:
        """Number that the next message will have."""
        return self._sequence

    def loan(self, shape: Sequence[int], dtype: Any) -> np.ndarray:
        """Give an array in the memory of the link, to be written and then sent.

        Parameters
        ----------
        shape, dtype
            Sizes and element type.

        Returns
        -------
        numpy.ndarray
            Writable; its values are undefined. Give it to `write` to send it.

        Raises
        ------
        LinkError
            If the elements are Python objects.
        """
        element, sizes = np.dtype(dtype), tuple(int(size) for size in shape)
        if self._shared is None:
            return np.empty(sizes, element)
        if len(self._placed) >= 2:
            self._drop_oldest_loan()
        encoded = encode_array(element, sizes, None)
        loan = self._shared.loan(encoded.length)
        start = encoded.length - encoded.data_length
        if encoded.data_length:
            count = encoded.data_length // element.itemsize
            array = np.frombuffer(loan.target, element, count, start).reshape(sizes)
        else:
            array = np.empty(sizes, element)
        self._placed[id(array)] = _Placed(array, encoded, loan)
        return array

    def write(
        self, payload: Any, time_ns: int = 0, origin: Optional[Origin] = None
    ) -> int:
        """Send a message over all links of the stream.

        Parameters
        ----------
        payload
            What it carries; an array from `loan` is sent without a copy.
        time_ns
            Time of origin, ns on the host's monotonic clock; now if 0.
        origin
            The source item it descends from; the message itself if None.

        Returns
        -------
        int
            Its sequence number.

        Raises
        ------
        LinkError
            If the payload can't cross a link; then nothing was sent.
        """
        placed = self._placed.pop(id(payload), None) if self._placed else None
        encoded = placed.encoded if placed else encode(payload)
        sequence, row, values = self._sequence, self._row, self._board.values
        if self._awaited:
            self._wait_for_room(sequence)
        now = time_ns or time.monotonic_ns()
        index = self.plan.index
        header = Header(
            index, sequence, self._epoch, now, origin or Origin(index, sequence, now)
        )
        shared = self._shared
        if shared is not None:
            if placed:
                write_message(placed.loan.target, encoded, header)
                shared.send(placed.loan)
            elif encoded.length <= _JOIN_BELOW:
                shared.send_bytes(join_message(encoded, header))
            else:
                loan = shared.loan(encoded.length)
                write_message(loan.target, encoded, header)
                shared.send(loan)
        if self._private:
            self._write_private(placed, encoded, header)
        for waker in self._wakers:
            waker.wake()
        if placed:
            # What was sent belongs to the readers now.
            placed.array.flags.writeable = False
        self._sequence = sequence + 1
        values[row] = sequence + 1
        values[self._bytes] += encoded.length
        return sequence

    def skip(self, count: int) -> None:
        """Pass over sequence numbers of items that the source itself lost.

        Readers then count them as missed, like any other loss.
        """
        self._sequence += count
        values, row = self._board.values, self._row
        values[row] = self._sequence
        values[row + StreamField.SKIPPED] += count

    def end(self) -> None:
        """Mark the end of the stream; readers see it after the last message."""
        values, row = self._board.values, self._row
        values[row + StreamField.ENDED] = self._sequence + 1
        for waker in self._wakers:
            waker.wake()

    def close(self) -> None:
        """Let go of the lanes; what readers hold stays readable."""
        while self._placed:
            self._drop_oldest_loan()
        for lane in self._lanes():
            lane.close()

    def _lanes(self) -> List[Lane]:
        private = [each.lane for each in self._private]
        return private + ([self._shared] if self._shared else [])

    def _drop_oldest_loan(self) -> None:
        placed = self._placed.pop(next(iter(self._placed)))
        placed.array.flags.writeable = False
        if self._shared:
            self._shared.drop(placed.loan)

    def _has_room(self, link: LinkPlan, row: int, sequence: int) -> bool:
        values = self._board.values
        if not values[row + LinkField.PRESENT]:
            return True
        taken = values[row + LinkField.NEXT]
        if values[row + LinkField.EPOCH] != self._epoch:
            taken = 0
        return sequence - taken < link.policy.depth

    def _wait_for_room(self, sequence: int) -> None:
        for link, row in self._awaited:
            if not self._has_room(link, row, sequence):
                self._wait_for(link, row, sequence)

    def _wait_for(self, link: LinkPlan, row: int, sequence: int) -> None:
        values, stream = self._board.values, self._row
        began = time.monotonic_ns()
        patience = link.policy.patience_s
        deadline = None if patience is None else began + int(patience * 1e9)
        values[stream + StreamField.WAITING] += 1
        try:
            while not self._has_room(link, row, sequence):
                if self._gives_up():
                    break
                if deadline is not None and time.monotonic_ns() >= deadline:
                    values[stream + StreamField.REFUSED] += 1
                    break
                self._sleep(_RECHECK_S)
        finally:
            values[stream + StreamField.WAITING] -= 1
            values[stream + StreamField.WAITED] += time.monotonic_ns() - began

    def _write_private(
        self, placed: Optional[_Placed], encoded: Encoded, header: Header
    ) -> None:
        # A loan has its values in the shared lane only: give them as a buffer here.
        source = encode(placed.array) if placed else encoded
        for link, row, lane in self._private:
            if row is None or self._has_room(link, row, header.sequence):
                loan = lane.loan(source.length)
                write_message(loan.target, source, header)
                lane.send(loan)
