"""One slave, as its master knows it, from its arrival to its leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ranvier.session.peers._acts import Peer
from ranvier.session.peers._clock_offset import ClockBurst, ClockOffset

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Member:
    """A slave that was let in.

    Parameters
    ----------
    name, address, protocol, instance
        As it arrived; `name` is that of no other.
    link
        Its connection; None if that is broken.
    heard_ns
        When it was last heard.
    is_acked
        True if it took the session's name, on this connection.
    burst
        The questions for its clock that go on, if any.
    offset
        The last that was measured.
    is_at_start, has_left, is_lost
        How far it is.
    """

    name: str
    address: str
    protocol: int
    instance: str
    link: int | None
    heard_ns: int
    is_acked: bool = False
    burst: ClockBurst = field(default_factory=ClockBurst)
    offset: ClockOffset | None = None
    is_at_start: bool = False
    has_left: bool = False
    is_lost: bool = False

    @property
    def is_old(self) -> bool:
        """True if it knows the session's name and nothing more."""
        return self.protocol == 1

    @property
    def is_ready(self) -> bool:
        """True if it took the name, and its clock is known where that can be."""
        return self.is_acked and (self.is_old or self.burst.is_over)

    @property
    def is_here(self) -> bool:
        """True if it still takes part, be its connection broken just now."""
        return not (self.is_old or self.has_left or self.is_lost)

    @property
    def peer(self) -> Peer:
        """It, as others may see it."""
        if self.offset is None:
            return Peer(self.name, self.address, self.protocol)
        clock = (self.offset.offset_ns, self.offset.error_ns)
        return Peer(self.name, self.address, self.protocol, *clock)


def choose_name(wanted: str, taken: Sequence[str]) -> str:
    """Give a name that no other machine has: two launchers may share a computer.

    Returns
    -------
    str
        The name wanted, with a number if need be.

    Examples
    --------
    >>> choose_name("rig-2", ["rig-2", "rig-3"])
    'rig-2 (2)'
    """
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted} ({number})"
    return name
