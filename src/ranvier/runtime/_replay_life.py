"""Repeats one life of a node's process, and compares what comes out with what came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.core import format_error
from ranvier.links import Message, Origin, payload_bytes, to_bytes
from ranvier.node import NodeDriver, StopProducing
from ranvier.runtime._replay_record import NotThere
from ranvier.worker import FINISH, MESSAGE, PARAMETER

if TYPE_CHECKING:
    import numpy as np

    from ranvier.runtime._replay_record import Life, NodeRecord

Place = tuple[str, int]
"""Stream and sequence number of a message."""


class Repetition:
    """One life of a node's process, repeated.

    Parameters
    ----------
    record
        What the recording says of the node.
    epoch
        Which life.
    driver
        Of the node, set up as its process was.
    """

    def __init__(self, record: NodeRecord, epoch: int, driver: NodeDriver) -> None:
        self._record, self._epoch, self._driver = record, epoch, driver
        self._next: dict[str, int] = {}
        self._produced: dict[str, set[int]] = {port: set() for port in record.outputs}
        self.n_steps, self.n_compared, self.n_equal = 0, 0, 0
        self.n_unchecked = 0
        self.difference = ""
        self.faults: list[tuple[Place | None, str]] = []

    def run(self, life: Life) -> None:
        """Do all that the node did, and compare.

        Raises
        ------
        NotThere
            If something that it took in is not there; what came before is compared.
        """
        try:
            for entry, change in life.entries:
                self._repeat(entry, change)
                self.n_steps += 1
        finally:
            self._end()
        for port in self._record.outputs:
            self._compare_counts(port, is_whole=life.is_whole)

    def _repeat(self, entry: np.void, change: Any) -> None:
        driver, kind, place = self._driver, entry["kind"], None
        driver.node.context.message = None
        if kind == PARAMETER:
            self._change(change[0], change[1])
            return
        port, message = "", None
        if kind == MESSAGE:
            link, sequence = int(entry["link"]), int(entry["sequence"])
            port, message = self._record.find(link, int(entry["epoch"]), sequence)
            place = (self._record.name_of(link), sequence)
        driver.node.context.message = message
        try:
            if message is not None:
                emissions = driver.deliver(port, message.payload)
            else:
                emissions = driver.finish() if kind == FINISH else driver.produce()
            for emission in emissions:
                self._compare(emission.output, emission.value)
        except StopProducing:
            return
        except NotThere:
            raise
        except Exception as error:  # noqa: BLE001 - the node's own fault, as in the run
            words = f"step {self.n_steps}: it raises {format_error(error)}"
            self.faults.append((place, words))

    def _change(self, name: str, value: Any) -> None:
        try:
            self._driver.node.set_parameter(name, value)
        except Exception as error:  # noqa: BLE001 - the node took the value in the run
            why = format_error(error)
            words = f"step {self.n_steps}: it refuses the value of {name}: {why}"
            self.difference = self.difference or words

    def _compare(self, port: str, value: Any) -> None:
        # A value that can't cross a link is refused before it has a number.
        now = to_bytes(Message(value, 0, 0, 0, 0, Origin(0, 0, 0)))
        skipped = self._driver.node.context.skipped.pop(port, 0)
        sequence = self._next.get(port, 0) + skipped
        self._next[port] = sequence + 1
        recorded = self._record.find_output(port, self._epoch, sequence)
        if port in self._produced:
            self._produced[port].add(sequence)
        if recorded is None:
            return
        self.n_compared += 1
        if payload_bytes(now) == payload_bytes(recorded):
            self.n_equal += 1
        elif not self.difference:
            self.difference = f"{port}, message {sequence}"

    def _compare_counts(self, port: str, *, is_whole: bool) -> None:
        now = self._produced[port]
        then = self._record.list_recorded(port, self._epoch)
        gone = then - now
        if not is_whole:
            # What made the last messages may not have been recorded.
            last = max(now, default=-1)
            self.n_unchecked += sum(number > last for number in gone)
            gone = {number for number in gone if number < last}
        new = {number for number in now - then if self._is_new(port, number, then)}
        self.n_compared += len(gone) + len(new)
        if (gone or new) and not self.difference:
            number = min(gone | new)
            how = "is not given now" if number in gone else "was not given in the run"
            self.difference = f"{port}, message {number}: it {how}"

    def _is_new(self, port: str, number: int, then: set[int]) -> bool:
        sent = self._record.count_sent(port, self._epoch)
        if sent is not None and number >= sent:
            return True
        end = max(max(then, default=-1) + 1, sent or 0)
        # Behind the last that was recorded nobody knows what was sent.
        return number < end and not self._record.is_declared_lost(
            port, self._epoch, number
        )

    def _end(self) -> None:
        for act in (self._driver.close, self._driver.node.teardown):
            try:
                act()
            except Exception:  # it gives nothing out any more
                self._driver.node.context.log.exception("its %s failed", act.__name__)
