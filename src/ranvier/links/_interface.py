"""What a transport must offer: lanes that carry bytes, and inlets that take them.

Policies, sequence numbers and counts are the same for all transports and live in
`OutputWriter` and `LinkReader`; a transport only moves messages.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Protocol

from ranvier.links._wake import Sleeper, Waker
from ranvier.spec import LinkPlan, StreamPlan


class Loan(NamedTuple):
    """Memory of a lane that a message is being written into.

    Parameters
    ----------
    target
        Writable buffer, aligned to 64 bytes. It stays what was written, sent or not,
        as long as anything refers to it.
    ticket
        What the lane needs to send it; a loan that is let go of unsent is taken back.
    """

    target: Any
    ticket: Any


class Lane(Protocol):
    """Carries the messages of one stream to one or several readers."""

    def loan(self, length: int) -> Loan:
        """Give memory for a message of `length` bytes."""
        ...

    def send(self, loan: Loan) -> None:
        """Publish what was written into the loan."""
        ...

    def send_bytes(self, data: bytes) -> None:
        """Publish a message that is whole already."""
        ...

    def close(self) -> None:
        """Let go of the lane; what readers hold stays readable."""
        ...


class Inlet(Protocol):
    """Takes the messages of one link."""

    def take(self) -> Optional[Any]:
        """Give the bytes of the next message, or None; never waits."""
        ...

    def close(self) -> None:
        """Let go of the inlet."""
        ...


class Transport(Protocol):
    """Moves messages between the processes of a run."""

    def open_lane(self, plan: StreamPlan, private: Optional[LinkPlan]) -> Lane:
        """Open a lane to all readers of a stream, or to that of one link alone."""
        ...

    def open_inlet(self, plan: StreamPlan, link: LinkPlan) -> Inlet:
        """Open the reading end of a link."""
        ...

    def open_sleeper(self, process: int) -> Sleeper:
        """Open the sleeper of a process; once."""
        ...

    def waker(self, process: int) -> Waker:
        """Give the waker of a process."""
        ...

    def close(self) -> None:
        """Let go of all that the transport holds itself."""
        ...


def drops_newest(link: LinkPlan) -> bool:
    """Say whether a link keeps what waits and drops what comes.

    Returns
    -------
    bool
        True for a queue that drops the newest.
    """
    return link.policy.mode == "queue" and link.policy.when_full == "drop_newest"


def is_within_process(plan: StreamPlan, link: LinkPlan) -> bool:
    """Say whether writer and reader are in one process.

    Returns
    -------
    bool
        True for links within a group.
    """
    return link.reader == plan.writer


def needs_private_lane(plan: StreamPlan, link: LinkPlan) -> bool:
    """Say whether a link can't share the lane of its stream.

    A shared lane drops the oldest of a reader that is full; a link that must keep its
    oldest needs messages withheld from it alone. A link within one process goes
    through that process's memory, where a full lossless link just grows: its reader
    can't take anything while its writer waits.

    Returns
    -------
    bool
        True for a queue that drops the newest and for a link within a process.
    """
    return drops_newest(link) or is_within_process(plan, link)
