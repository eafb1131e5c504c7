"""What a slave does next: a state machine that knows neither sockets nor clocks."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from ranvier.session.peers import _troubles as troubles
from ranvier.session.peers._acts import (
    Act,
    Agreed,
    Connect,
    Failed,
    Find,
    Going,
    HangUp,
    Over,
    Peer,
    Send,
    StopCall,
    StopHeard,
    Tell,
)
from ranvier.session.peers._circle import build_stop
from ranvier.session.peers._clock_offset import answer_clock
from ranvier.session.peers._peer_table import read_peers
from ranvier.session.peers._secret import Handshake, is_proof, prove
from ranvier.session.peers._settings import (
    BEATS_UNTIL_LOST,
    OnPeerLost,
    is_session_name,
    to_ns,
)
from ranvier.session.peers._words import (
    KEY_MISMATCH,
    SECRET_MISSING,
    SECRET_REQUIRED,
    SECRET_WRONG,
    build_ack,
    build_error,
    build_ready,
    put_reason,
    speaks_protocol_2,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.session.faults import PeerError
    from ranvier.session.peers._settings import PeerSettings


class _Phase(enum.Enum):
    JOINING = 0
    NAMED = 1
    AGREED = 2
    OVER = 3


class Slave:
    """The side that takes the name. Each method takes the time, and says what to do.

    Parameters
    ----------
    settings
        Of this machine.
    secret
        Shared by all machines; empty if there is none.
    make_nonce
        Draws what nobody can guess.
    now_ns
        The time at which it begins.
    """

    def __init__(
        self,
        settings: PeerSettings,
        secret: bytes,
        make_nonce: Callable[[], str],
        now_ns: int,
    ) -> None:
        self._settings, self._secret = settings, secret
        self._make_nonce, self._instance = make_nonce, make_nonce()
        self._phase = _Phase.JOINING
        self._link: int | None = None
        self._until_ns: int | None = now_ns + to_ns(settings.timeout_s)
        self._retry_ns: int | None = None
        self._beat_ns: int | None = None
        self._heard_ns = now_ns
        self._problem = ""
        self._nonce = self._nonce_master = self._session = ""
        self._master, self._address = "the master", settings.host
        self._is_proven = self._is_master_new = False
        self._is_lost = self._has_left = False
        self._is_waiting = self._is_gone = False
        self._call: StopCall | None = None
        self._peers: tuple[Peer, ...] = ()

    @property
    def peers(self) -> tuple[Peer, ...]:
        """The master, then the other slaves as it knows them."""
        return self._peers

    @property
    def deadline_ns(self) -> int | None:
        """When `tick` is to be called next; None if there is nothing to wait for."""
        if self._phase is _Phase.OVER:
            return None
        times = [self._until_ns, self._retry_ns, self._beat_ns]
        if self._must_hear and not self._is_lost:
            times.append(self._heard_ns + to_ns(self._settings.lost_after_s))
        return min((time for time in times if time is not None), default=None)

    def begin(self, now_ns: int) -> list[Act]:
        """Begin to look for the master."""
        del now_ns
        return [Tell(f"looking for the master at {self._settings.place}…"), Connect()]

    def open(self, link: int, address: str, now_ns: int) -> list[Act]:
        """Take that the master is reached, and say who this is."""
        self._link, self._address, self._heard_ns = link, address, now_ns
        self._nonce, self._is_proven = self._make_nonce(), not self._secret
        ready = build_ready(self._settings, self._nonce, self._instance, self._session)
        return [Send(link, ready)]

    def hear(self, link: int, word: dict[str, Any], now_ns: int) -> list[Act]:
        """Take a word of the master."""
        if link != self._link or self._phase is _Phase.OVER:
            return []
        self._heard_ns = now_ns
        acts: list[Act] = []
        if self._is_lost:
            self._is_lost = False
            acts.append(Tell(f'"{self._master}" is heard again.', is_warning=True))
        return acts + self._hear(link, word, now_ns)

    def close(self, link: int | None, problem: str, now_ns: int) -> list[Act]:
        """Take that the master can't be reached, or the connection is closed."""
        if link != self._link or self._phase is _Phase.OVER:
            return []
        was_linked, self._link, self._beat_ns = link is not None, None, None
        if self._phase is _Phase.AGREED and not (self._is_master_new or self._is_lost):
            return []  # an older launcher closes it when all is said
        if self._has_left:
            return []
        if self._phase is _Phase.NAMED and not self._is_master_new:
            return self._fail(self._build_unconfirmed(problem))
        self._retry_ns = now_ns + to_ns(self._settings.retry_delay_s)
        is_news = was_linked or problem != self._problem
        self._problem = problem
        place = self._settings.place
        return [Tell(f"no connection to {place}: {problem}.")] if is_news else []

    def tick(self, now_ns: int) -> list[Act]:
        """Do what the time has come for."""
        if self._phase is _Phase.OVER:
            return []
        acts: list[Act] = []
        if self._beat_ns is not None and now_ns >= self._beat_ns:
            acts += self._say({"status": "beat"})
            self._beat_ns = now_ns + self._beat_interval_ns
        acts += self._find_lost(now_ns)
        if self._retry_ns is not None and now_ns >= self._retry_ns:
            self._retry_ns = None
            acts.append(Connect())
        if self._until_ns is not None and now_ns >= self._until_ns:
            self._until_ns = None
            acts += self._give_up_waiting()
        return acts

    def reach_start(self, now_ns: int) -> list[Act]:
        """Take that this machine is at the start."""
        if self._call is not None:
            return [Failed(troubles.given_up(self._settings))]
        self._is_waiting = True
        if not self._is_master_new:
            text = "the master is an older launcher: it gives no common start."
            return [Tell(text, is_warning=True), *self._go(now_ns)]
        if self._is_lost or self._has_left:
            return self._go(now_ns)
        self._until_ns = now_ns + to_ns(self._settings.start_timeout_s)
        return self._say({"status": "at_start"})

    def call_stop(self, call: StopCall, now_ns: int) -> list[Act]:
        """Tell the master that this machine stops; nothing if it was told before."""
        del now_ns
        if not self._note_call(call):
            return []
        acts = self._say(build_stop(call))
        if self._is_waiting and not self._is_gone:
            acts.append(Failed(troubles.given_up(self._settings)))
        return acts

    def leave(self, now_ns: int) -> list[Act]:
        """Take leave of the master."""
        del now_ns
        acts = self._say({"status": "bye"}) if self._is_master_new else []
        return acts + self._end()

    @property
    def _must_hear(self) -> bool:
        """True if a silence of the master means something."""
        return self._is_master_new and not self._has_left

    @property
    def _beat_interval_ns(self) -> int:
        return to_ns(self._settings.lost_after_s) // BEATS_UNTIL_LOST

    def _hear(self, link: int, word: dict[str, Any], now_ns: int) -> list[Act]:
        match word.get("status"):
            case "error":
                return self._hear_refusal(put_reason(word))
            case "challenge":
                return self._hear_challenge(link, word)
            case "welcome":
                return self._hear_welcome(word, now_ns)
            case _ if not self._is_proven:
                return self._refuse(link, SECRET_REQUIRED, "it showed no secret")
            case _:
                return self._hear_proven(link, word, now_ns)

    def _hear_proven(self, link: int, word: dict[str, Any], now_ns: int) -> list[Act]:
        match word.get("status"):
            case "announce":
                return self._hear_announce(link, word, now_ns)
            case "complete":
                return self._hear_complete(link, word)
            case "clock":
                return [Send(link, answer_clock(word, now_ns))]
            case "bye":
                return self._hear_bye()
            case _ if self._phase is _Phase.AGREED:
                return self._hear_agreed(word, now_ns)
            case _:  # a beat, or a word of a later protocol
                return []

    def _hear_agreed(self, word: dict[str, Any], now_ns: int) -> list[Act]:
        match word.get("status"):
            case "go":
                at_ns = word.get("at_ns")
                return self._go(at_ns if type(at_ns) is int else now_ns)
            case "stop" | "abort" as kind:
                by = text_of(word, "by") or self._master
                call = StopCall(by, text_of(word, "reason"), kind == "abort")
                return [StopHeard(call)] if self._note_call(call) else []
            case _:
                return []

    def _hear_refusal(self, reason: str) -> list[Act]:
        if self._phase is not _Phase.AGREED:
            return self._fail(troubles.refused(self._settings, reason))
        # It knows nothing of this session: another one listens there now.
        text = f'"{self._master}" does not take this machine back: {reason}.'
        return [Tell(text, is_warning=True), *self._part()]

    def _hear_challenge(self, link: int, word: dict[str, Any]) -> list[Act]:
        if not self._secret:
            return self._refuse(link, SECRET_MISSING, "it wants a shared secret")
        shake = self._handshake(text_of(word, "nonce"))
        self._nonce_master = shake.nonce_master
        proof = prove(self._secret, "slave", shake)
        return [Send(link, {"status": "response", "proof": proof})]

    def _hear_welcome(self, word: dict[str, Any], now_ns: int) -> list[Act]:
        link = self._link
        if self._secret and link is not None:
            shake = self._handshake(self._nonce_master)
            if not is_proof(text_of(word, "proof"), self._secret, "master", shake):
                return self._refuse(link, SECRET_WRONG, "the shared secrets differ")
        self._is_proven = self._is_master_new = True
        self._master = text_of(word, "master") or self._master
        self._beat_ns = now_ns + self._beat_interval_ns
        return []

    def _handshake(self, nonce_master: str) -> Handshake:
        settings = self._settings
        # As the master reads it off our first word.
        name = text_of({"node_name": settings.node}, "node_name")
        return Handshake(nonce_master, self._nonce, settings.key, name)

    def _hear_announce(self, link: int, word: dict[str, Any], now_ns: int) -> list[Act]:
        name, settings = word.get("session_name"), self._settings
        if word.get("session_key") != settings.key:
            found, wanted = f"key {word.get('session_key')!r}", repr(settings.key)
            return self._refuse_name(link, KEY_MISMATCH, found, wanted)
        if not isinstance(name, str) or not is_session_name(name):
            wanted = "a name that a folder can have"
            return self._refuse_name(link, "bad session name", repr(name)[:200], wanted)
        if self._session and name != self._session:
            return self._refuse_name(link, "another name", name, self._session)
        self._session = name
        self._is_master_new = speaks_protocol_2(word)
        self._master = text_of(word, "master") or self._master
        if self._phase is _Phase.JOINING:
            self._phase = _Phase.NAMED
            self._until_ns = now_ns + to_ns(settings.ack_timeout_s)
            self._peers = (Peer(self._master, self._address, 1),)
        return [Send(link, build_ack(settings, name))]

    def _hear_complete(self, link: int, word: dict[str, Any]) -> list[Act]:
        if self._phase is _Phase.JOINING:
            return []  # nothing was announced
        if self._is_master_new:
            self._peers = read_peers(word, self._master, self._address)
        if self._phase is _Phase.NAMED:
            self._phase, self._until_ns = _Phase.AGREED, None
            acts: list[Act] = [Agreed(self._session)]
            return acts if self._is_master_new else acts + self._hang_up()
        words: list[dict[str, Any]] = []
        if self._call is not None:
            words.append(build_stop(self._call))
        if self._is_waiting and not self._is_gone:
            words.append({"status": "at_start"})
        return [Send(link, each) for each in words]

    def _hear_bye(self) -> list[Act]:
        if self._phase is not _Phase.AGREED:
            return self._fail(troubles.refused(self._settings, "the master has left"))
        return [Tell(f'"{self._master}" has left.'), *self._part()]

    def _part(self) -> list[Act]:
        """Go on without the master: it is gone for good."""
        self._has_left, self._retry_ns = True, None
        acts = self._hang_up()
        return acts + (self._go(self._heard_ns) if self._is_waiting else [])

    def _find_lost(self, now_ns: int) -> list[Act]:
        limit_ns = to_ns(self._settings.lost_after_s)
        is_silent = now_ns - self._heard_ns >= limit_ns
        if not (self._must_hear and is_silent) or self._is_lost:
            return []
        if self._phase is not _Phase.AGREED:
            # It may be half open: only a new connection can tell.
            self._heard_ns = now_ns
            if self._link is not None:
                self._retry_ns = now_ns
            return self._hang_up()
        self._is_lost = True
        finding = troubles.is_lost(self._master, self._settings.lost_after_s)
        acts = [*self._hang_up(), Find(finding)]
        self._retry_ns = now_ns + to_ns(self._settings.retry_delay_s)
        if self._settings.on_peer_lost is OnPeerLost.STOP:
            call = StopCall(self._master, finding.problem)
            if self._note_call(call):
                acts.append(StopHeard(call))
        return acts + (self._go(now_ns) if self._is_waiting else [])

    def _go(self, at_ns: int) -> list[Act]:
        if self._is_gone or self._call is not None:
            return []
        self._is_gone, self._until_ns = True, None
        return [Going(at_ns)]

    def _note_call(self, call: StopCall) -> bool:
        if self._call is not None and (self._call.is_abort or not call.is_abort):
            return False
        self._call, self._until_ns = call, None
        return True

    def _give_up_waiting(self) -> list[Act]:
        settings = self._settings
        if self._phase is _Phase.AGREED:
            return [Failed(troubles.not_at_start(settings, [self._master]))]
        if self._phase is _Phase.NAMED:
            found = f"silent for {settings.ack_timeout_s:g} s"
            return self._fail(self._build_unconfirmed(found))
        found = self._problem
        if self._link is not None:
            found = "the master was reached, and still waits for others"
        return self._fail(troubles.not_together(settings, found))

    def _build_unconfirmed(self, found: str) -> PeerError:
        return troubles.not_confirmed(self._settings, [self._master], found)

    def _refuse(self, link: int, reason: str, found: str) -> list[Act]:
        error = troubles.refused(self._settings, found)
        return self._break_off(link, reason, error)

    def _refuse_name(
        self, link: int, reason: str, found: str, wanted: str
    ) -> list[Act]:
        error = troubles.not_usable(self._settings, found, wanted)
        return self._break_off(link, reason, error)

    def _break_off(self, link: int, reason: str, error: PeerError) -> list[Act]:
        acts: list[Act] = [Send(link, build_error(reason))]
        if self._phase is not _Phase.AGREED:
            return acts + self._fail(error)
        text = f'"{self._master}" is not in the session any more: {error.found}.'
        return [*acts, Tell(text, is_warning=True), *self._part()]

    def _fail(self, error: PeerError) -> list[Act]:
        return [*self._end()[:-1], Failed(error), Over()]

    def _end(self) -> list[Act]:
        acts = self._hang_up()
        self._phase, self._until_ns, self._retry_ns = _Phase.OVER, None, None
        return [*acts, Over()]

    def _hang_up(self) -> list[Act]:
        link, self._link, self._beat_ns = self._link, None, None
        return [] if link is None else [HangUp(link)]

    def _say(self, word: dict[str, Any]) -> list[Act]:
        if self._link is None or not self._is_master_new:
            return []
        return [Send(self._link, word)]
