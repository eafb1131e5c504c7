"""The common start: all are there, their clocks are known, the master says when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.session.peers._acts import Act, Going, Send
from ranvier.session.peers._clock_offset import ClockBurst

if TYPE_CHECKING:
    from ranvier.session.peers._circle import Circle
    from ranvier.session.peers._member import Member

# From the word to the start: more than a word needs through a lab's network.
START_LEAD_NS = 250_000_000


class StartLine:
    """Decides when the master says go.

    Parameters
    ----------
    circle
        The slaves; those lost, gone or too old are not waited for.
    """

    def __init__(self, circle: Circle) -> None:
        self._circle = circle
        self._is_reached = False
        self._is_measuring = False
        self._go_ns: int | None = None

    @property
    def is_measuring(self) -> bool:
        """True if clocks are asked for the start, which are waited for."""
        return self._is_measuring and self._go_ns is None

    @property
    def is_waiting(self) -> bool:
        """True if this machine waits for the word."""
        return self._is_reached and not self.is_over

    @property
    def is_over(self) -> bool:
        """True if the word was said."""
        return self._go_ns is not None

    @property
    def missing(self) -> list[str]:
        """Names of those that are waited for."""
        here = self._circle.here
        return [m.name for m in here if not m.is_at_start] or [m.name for m in here]

    def reach(self) -> None:
        """Take that the master itself is at the start."""
        self._is_reached = True

    def break_off(self) -> None:
        """Measure again later: a connection broke."""
        self._is_measuring = False

    def advance(self, now_ns: int) -> list[Act]:
        """Do what can be done for the start now.

        Returns
        -------
        list of Act
            Questions for the clocks; or the word, to slaves and to this machine.
        """
        here = self._circle.here
        if not self._is_reached or self.is_over:
            return []
        if any(not m.is_at_start or m.link is None for m in here):
            return []
        if not self._is_measuring:
            self._is_measuring = True
            for member in here:
                member.burst = ClockBurst()
            if here:
                return _say_each(here, [m.burst.ask(now_ns) for m in here])
        if any(not member.burst.is_over for member in here):
            return []
        self._go_ns = now_ns + (START_LEAD_NS if here else 0)
        words = [self.build_go(member) for member in here]
        return [*_say_each(here, words), Going(self._go_ns)]

    def build_go(self, member: Member) -> dict[str, Any]:
        """Make the word for one slave, with the time on its own clock.

        Returns
        -------
        dict
            Without a time (which means now) if its clock is not known.
        """
        offset = member.offset
        if offset is None or self._go_ns is None:
            return {"status": "go", "at_ns": None}
        return {"status": "go", "at_ns": self._go_ns + offset.offset_ns}


def _say_each(members: list[Member], words: list[dict[str, Any]]) -> list[Act]:
    pairs = zip(members, words, strict=True)
    return [Send(m.link, word) for m, word in pairs if m.link is not None]
