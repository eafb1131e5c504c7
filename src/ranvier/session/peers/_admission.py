"""Who may take part: from an open connection to a slave that belongs here.

Each connection has its own time to say who it is, so that a silent one delays nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.session.peers._acts import Act, HangUp, Send, Tell
from ranvier.session.peers._secret import Handshake, is_proof, prove
from ranvier.session.peers._words import (
    INVALID_STATE,
    KEY_MISMATCH,
    PROTOCOL,
    SECRET_REQUIRED,
    SECRET_WRONG,
    build_error,
    put_reason,
    speaks_protocol_2,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.session.peers._settings import PeerSettings

# So many may be at the door at once; more are strangers, and would cost memory.
_MOST_GUESTS = 64


@dataclass(frozen=True)
class Arrival:
    """A slave that has said, and shown where that is asked for, that it belongs here.

    Parameters
    ----------
    link, address
        Of its connection.
    name
        That it gave itself.
    protocol
        1 or 2.
    instance
        Tells one start of its launcher from another; empty for protocol 1.
    session
        That it was in before, if it comes back.
    proof
        That the master has the secret too; empty if there is none.
    """

    link: int
    address: str
    name: str
    protocol: int
    instance: str = ""
    session: str = ""
    proof: str = ""


@dataclass
class _Guest:
    address: str
    until_ns: int
    nonce: str = ""
    ready: dict[str, Any] = field(default_factory=dict[str, Any])


class Admission:
    """Looks at each new connection of a master.

    Parameters
    ----------
    settings
        Of the master.
    secret
        Shared by all machines; empty if there is none.
    make_nonce
        Draws what nobody can guess.
    """

    def __init__(
        self, settings: PeerSettings, secret: bytes, make_nonce: Callable[[], str]
    ) -> None:
        self._settings, self._secret = settings, secret
        self._make_nonce = make_nonce
        self._guests: dict[int, _Guest] = {}

    @property
    def deadline_ns(self) -> int | None:
        """When `expire` has something to do."""
        return min((guest.until_ns for guest in self._guests.values()), default=None)

    def holds(self, link: int) -> bool:
        """Say whether a connection is still at the door.

        Returns
        -------
        bool
            False once it was let in, or sent away.
        """
        return link in self._guests

    def open(self, link: int, address: str, now_ns: int) -> list[Act]:
        """Take a new connection.

        Returns
        -------
        list of Act
            None as a rule; it is sent away if there are too many.
        """
        if len(self._guests) >= _MOST_GUESTS:
            return [HangUp(link)]
        until_ns = now_ns + round(self._settings.ack_timeout_s * 1e9)
        self._guests[link] = _Guest(address, until_ns)
        return []

    def hear(self, link: int, word: dict[str, Any]) -> tuple[list[Act], Arrival | None]:
        """Take what a connection says.

        Returns
        -------
        list of Act, Arrival or None
            What to answer; who it is, once that is clear.
        """
        guest = self._guests[link]
        if guest.ready:
            return self._hear_response(link, guest, word)
        if word.get("session_key") != self._settings.key:
            return self._refuse(link, KEY_MISMATCH, word), None
        if word.get("state") != "ready":
            return self._refuse(link, INVALID_STATE, word), None
        guest.ready = word
        if not self._secret:
            return [], self._let_in(link, "")
        if not speaks_protocol_2(word):
            return self._refuse(link, SECRET_REQUIRED, word), None
        guest.nonce = self._make_nonce()
        challenge = {"status": "challenge", "nonce": guest.nonce, "protocol": PROTOCOL}
        return [Send(link, challenge)], None

    def drop(self, link: int, problem: str) -> list[Act]:
        """Forget a connection that is closed, or says what is no word.

        Returns
        -------
        list of Act
            A word for the operator: it may be a launcher that is set wrong.
        """
        guest = self._guests.pop(link)
        return [Tell(f"{guest.address} was at the port and is no launcher: {problem}.")]

    def expire(self, now_ns: int) -> list[Act]:
        """Send those away that were silent for too long.

        Returns
        -------
        list of Act
            Of each.
        """
        late = [
            link for link, guest in self._guests.items() if guest.until_ns <= now_ns
        ]
        acts: list[Act] = []
        for link in late:
            text = f"{self._guests.pop(link).address} did not say who it is."
            acts += [Tell(text, is_warning=True), HangUp(link)]
        return acts

    def _hear_response(
        self, link: int, guest: _Guest, word: dict[str, Any]
    ) -> tuple[list[Act], Arrival | None]:
        if word.get("status") != "response":  # the other has refused, or left
            return self._refuse(link, SECRET_WRONG, guest.ready), None
        shake = self._handshake(guest)
        if not is_proof(text_of(word, "proof"), self._secret, "slave", shake):
            return self._refuse(link, SECRET_WRONG, guest.ready), None
        return [], self._let_in(link, prove(self._secret, "master", shake))

    def _handshake(self, guest: _Guest) -> Handshake:
        nonce, name = text_of(guest.ready, "nonce"), text_of(guest.ready, "node_name")
        return Handshake(guest.nonce, nonce, self._settings.key, name)

    def _let_in(self, link: int, proof: str) -> Arrival:
        guest = self._guests.pop(link)
        word = guest.ready
        name = text_of(word, "node_name") or guest.address
        if not speaks_protocol_2(word):
            return Arrival(link, guest.address, name, protocol=1)
        return Arrival(
            link,
            guest.address,
            name,
            PROTOCOL,
            text_of(word, "instance"),
            text_of(word, "session_name"),
            proof,
        )

    def _refuse(self, link: int, reason: str, word: dict[str, Any]) -> list[Act]:
        guest = self._guests.pop(link)
        name = text_of(word, "node_name") or guest.address
        error = build_error(reason)
        text = f'"{name}" ({guest.address}) was refused: {put_reason(error)}.'
        return [Send(link, error), Tell(text, is_warning=True), HangUp(link)]
