"""All slaves that a master let in, and what is said to several of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.session.peers._acts import Act, HangUp, Send, StopCall
from ranvier.session.peers._member import Member, choose_name
from ranvier.session.peers._words import PROTOCOL, build_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ranvier.session.peers._admission import Arrival


class Circle:
    """The slaves, in the order in which they came."""

    def __init__(self) -> None:
        self._members: list[Member] = []

    def __iter__(self) -> Iterator[Member]:
        return iter(tuple(self._members))

    def __len__(self) -> int:
        return len(self._members)

    @property
    def here(self) -> list[Member]:
        """Those that take part in more than the name, and are not gone."""
        return [member for member in self._members if member.is_here]

    def add(self, arrival: Arrival, now_ns: int) -> Member:
        """Let one in.

        Returns
        -------
        Member
            With a name that no other has.
        """
        name = choose_name(arrival.name, [member.name for member in self._members])
        member = Member(
            name,
            arrival.address,
            arrival.protocol,
            arrival.instance,
            arrival.link,
            now_ns,
        )
        self._members.append(member)
        return member

    def remove(self, member: Member) -> None:
        """Forget one, as if it had not come."""
        self._members.remove(member)

    def at(self, link: int) -> Member | None:
        """Give the one at a connection.

        Returns
        -------
        Member or None
            None if the connection was given up.
        """
        return next((m for m in self._members if m.link == link), None)

    def find(self, arrival: Arrival) -> Member | None:
        """Give the one that came back.

        Returns
        -------
        Member or None
            None if it was not here before, or left, or can't be told from others.
        """
        same = (m for m in self._members if m.instance == arrival.instance != "")
        return next((m for m in same if not m.has_left), None)

    def say(
        self, word: dict[str, Any], *, to_old: bool = False, but: Member | None = None
    ) -> list[Act]:
        """Say one word to all.

        Returns
        -------
        list of Act
            For those that are connected, without older launchers if not `to_old`.
        """
        return [
            Send(member.link, word)
            for member in self._members
            if member.link is not None
            and (to_old or not member.is_old)
            and member is not but
        ]

    def refuse(self, reason: str) -> list[Act]:
        """Tell all that nothing will come of it.

        Returns
        -------
        list of Act
            For older launchers too.
        """
        return self.say(build_error(reason), to_old=True)

    def hang_up(self, members: Iterable[Member]) -> list[Act]:
        """Close connections.

        Returns
        -------
        list of Act
            For those that are connected; they are not, afterwards.
        """
        acts: list[Act] = []
        for member in members:
            if member.link is not None:
                acts.append(HangUp(member.link))
            member.link = None
        return acts

    def complete(self, members: Iterable[Member], session: str) -> list[Act]:
        """Say to some that all have the name, and who all are.

        Returns
        -------
        list of Act
            For those of them that are connected.
        """
        table = [
            {
                "name": peer.name,
                "address": peer.address,
                "protocol": peer.protocol,
                "offset_ns": peer.offset_ns,
                "error_ns": peer.error_ns,
            }
            for peer in (member.peer for member in self._members)
        ]
        word = {"status": "complete", "session_name": session, "protocol": PROTOCOL}
        return [
            Send(member.link, {**word, "you": member.name, "peers": table})
            for member in members
            if member.link is not None
        ]


def build_stop(call: StopCall) -> dict[str, Any]:
    """Make the word that stops, or ends at once.

    Returns
    -------
    dict
        With who wanted it, also where it is passed on.
    """
    status = "abort" if call.is_abort else "stop"
    return {"status": status, "reason": call.reason, "by": call.by}
