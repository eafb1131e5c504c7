"""The writing end of a stream: numbers messages, writes them once, waits or counts."""

from __future__ import annotations

import time
import weakref
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from ranvier.core import LinkError
from ranvier.links._backlog import Backlog
from ranvier.links._board import Board, LinkField, StreamField
from ranvier.links._encode import (
    Encoded,
    encode,
    encode_array,
    join_array,
    join_message,
    pack_head,
    write_message,
)
from ranvier.links._interface import (
    Lane,
    Loan,
    Transport,
    drops_newest,
    is_within_process,
    needs_private_lane,
)
from ranvier.links._message import Header, Origin, make_tuple
from ranvier.links._wake import hand_over
from ranvier.spec import StreamPlan

_RECHECK_S = 0.05  # a lost wake-up then costs at most this


class _Placed(NamedTuple):
    array: Any  # weak: a loan whose array is let go of unsent is taken back
    encoded: Encoded
    loan: Loan
    memory: memoryview


class _Withheld(NamedTuple):
    """A link that drops the newest: nothing is sent to it while it has no room."""

    backlog: Backlog
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
        self._index, self._epoch = plan.index, epoch
        self._sequence = 0
        self._values, self._row = board.values, board.stream_row(plan.index)
        self._bytes = self._row + StreamField.BYTES
        self._sleep, self._gives_up = sleep, gives_up
        self._placed: Dict[int, _Placed] = {}
        shared = [link for link in plan.links if not needs_private_lane(plan, link)]
        self._shared = transport.open_lane(plan, None) if shared else None
        self._awaited = [
            Backlog(link, board, epoch)
            for link in shared
            if link.policy.mode == "lossless"
        ]
        within = [
            link
            for link in plan.links
            if is_within_process(plan, link) and not drops_newest(link)
        ]
        self._lanes: List[Lane] = [self._shared] if self._shared else []
        self._lanes += [transport.open_lane(plan, link) for link in within]
        self._sends = [lane.send_bytes for lane in self._lanes]
        self._withheld = [
            _Withheld(Backlog(link, board, epoch), transport.open_lane(plan, link))
            for link in plan.links
            if drops_newest(link)
        ]
        readers = {link.reader for link in plan.links} - {plan.writer}
        self._wakes = [transport.waker(reader).wake for reader in sorted(readers)]
        self._read_to = [
            board.link_row(link.index) + LinkField.NEXT
            for link in plan.links
            if not is_within_process(plan, link)
        ]
        values = board.values
        values[self._row + StreamField.BEFORE] += values[self._row]
        values[self._row] = 0
        values[self._row + StreamField.ENDED] = 0
        values[self._row + StreamField.WAITING] = 0
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
            Writable; its values are undefined. Give it to `write` to send it; from then
            on it may be read and kept, but not written, through a view neither.

        Raises
        ------
        LinkError
            If the elements are Python objects, or too many such arrays are held.
        """
        element, sizes = np.dtype(dtype), tuple(int(size) for size in shape)
        if self._shared is None:
            return np.empty(sizes, element)
        encoded = encode_array(element, sizes, None)
        loan = self._shared.loan(encoded.length)
        start = encoded.length - encoded.data_length
        if encoded.data_length:
            count = encoded.data_length // element.itemsize
            array = np.frombuffer(loan.target, element, count, start).reshape(sizes)
        else:
            array = np.empty(sizes, element)
        memory = memoryview(loan.target).cast("B")
        key, placed = id(array), self._placed
        watch = weakref.ref(array, lambda _: placed.pop(key, None))
        placed[key] = _Placed(watch, encoded, loan, memory)
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
        # A payload that can't cross must be refused before its number is used up.
        encoded = None if type(payload) is np.ndarray else encode(payload)
        header, whole = self._begin(time_ns, origin), None
        if placed is None:
            whole = (
                join_array(payload, header)
                if encoded is None
                else join_message(encoded, header)
            )
        try:
            if placed is not None:
                length = self._send_placed(placed, payload, header)
            elif whole is None or self._withheld:
                length = self._send_parts(encoded or encode(payload), whole, header)
            else:
                length = len(whole)
                for send in self._sends:
                    send(whole)
        except LinkError:
            # Some readers may have it: its number is used up, the others count a gap.
            self._finish(0)
            raise
        self._finish(length)
        return header[1]

    def _send_parts(
        self, encoded: Encoded, whole: Optional[bytes], header: Header
    ) -> int:
        if whole is None:
            for lane in self._lanes:
                _send_over(lane, encoded, header)
        else:
            for send in self._sends:
                send(whole)
        self._write_withheld(encoded, header)
        return encoded.length

    def _begin(self, time_ns: int, origin: Optional[Origin]) -> Header:
        sequence, index = self._sequence, self._index
        if self._awaited:
            self._wait_for_room()
        now = time_ns or time.monotonic_ns()
        if origin is None:
            origin = make_tuple(Origin, (index, sequence, now))
        return make_tuple(Header, (index, sequence, self._epoch, now, origin))

    def _finish(self, length: int) -> None:
        # Wake first, count afterwards: the count is not what the readers wait for.
        for wake in self._wakes:
            wake()
        values = self._values
        for at in self._read_to:
            if values[at] == self._sequence:
                # A reader that has all before this one was asleep: it goes first. One
                # that is behind runs anyway, and this process may fill its queue.
                hand_over()
                break
        for backlog in self._awaited:
            backlog.add(self._sequence, length)
        self._sequence += 1
        values[self._row] = self._sequence
        values[self._bytes] += length

    def _send_placed(self, placed: _Placed, array: np.ndarray, header: Header) -> int:
        head = pack_head(placed.encoded, header)
        placed.memory[: len(head)] = head
        self._shared.send(placed.loan)  # pyright: ignore[reportOptionalMemberAccess]
        if len(self._lanes) > 1 or self._withheld:
            # The values are in the shared lane only: give them as a buffer here.
            copied = encode(array)
            for lane in self._lanes[1:]:
                _send_over(lane, copied, header)
            self._write_withheld(copied, header)
        # What was sent belongs to the readers now.
        array.flags.writeable = False
        return placed.encoded.length

    def skip(self, count: int) -> None:
        """Pass over sequence numbers of items that the source itself lost.

        Readers then count them as missed, like any other loss.
        """
        self._sequence += count
        values, row = self._values, self._row
        values[row] = self._sequence
        values[row + StreamField.SKIPPED] += count

    def end(self) -> None:
        """Mark the end of the stream; readers see it after the last message."""
        values, row = self._values, self._row
        values[row + StreamField.ENDED] = self._sequence + 1
        for wake in self._wakes:
            wake()

    def close(self) -> None:
        """Let go of the lanes; what readers hold stays readable."""
        self._placed.clear()
        for lane in [*self._lanes, *(each.lane for each in self._withheld)]:
            lane.close()
        self._shared = None
        self._lanes, self._sends, self._withheld = [], [], []

    def _wait_for_room(self) -> None:
        for backlog in self._awaited:
            if not backlog.has_room():
                self._wait_for(backlog)

    def _wait_for(self, backlog: Backlog) -> None:
        values, stream = self._values, self._row
        began = time.monotonic_ns()
        patience = backlog.link.policy.patience_s
        deadline = None if patience is None else began + int(patience * 1e9)
        values[stream + StreamField.WAITING] += 1
        try:
            while not backlog.has_room():
                if self._gives_up():
                    break
                if deadline is not None and time.monotonic_ns() >= deadline:
                    values[stream + StreamField.REFUSED] += 1
                    break
                self._sleep(_RECHECK_S)
        finally:
            values[stream + StreamField.WAITING] -= 1
            values[stream + StreamField.WAITED] += time.monotonic_ns() - began

    def _write_withheld(self, encoded: Encoded, header: Header) -> None:
        for backlog, lane in self._withheld:
            if backlog.has_room():
                backlog.add(header[1], encoded.length)
                _send_over(lane, encoded, header)


def _send_over(lane: Lane, encoded: Encoded, header: Header) -> None:
    loan = lane.loan(encoded.length)
    write_message(loan.target, encoded, header)
    lane.send(loan)
