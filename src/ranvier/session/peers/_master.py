"""What a master does next: a state machine that knows neither sockets nor clocks."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from ranvier.session.peers import _troubles as troubles
from ranvier.session.peers._acts import (
    Act,
    Agreed,
    Failed,
    Find,
    HangUp,
    Over,
    Peer,
    Send,
    StopCall,
    StopHeard,
    Tell,
)
from ranvier.session.peers._circle import Circle, build_stop
from ranvier.session.peers._clock_offset import ClockBurst
from ranvier.session.peers._settings import BEATS_UNTIL_LOST, OnPeerLost, to_ns
from ranvier.session.peers._start_line import StartLine
from ranvier.session.peers._words import (
    PROTOCOL,
    SESSION_FULL,
    SESSION_UNKNOWN,
    build_announce,
    build_error,
    put_reason,
    text_of,
)

if TYPE_CHECKING:
    from ranvier.session.faults import PeerError
    from ranvier.session.peers._admission import Admission, Arrival
    from ranvier.session.peers._member import Member
    from ranvier.session.peers._settings import PeerSettings


class _Phase(enum.Enum):
    GATHERING = 0
    NAMING = 1
    AGREED = 2
    OVER = 3


class Master:
    """The side that names the session. Each method takes the time, and says what to do.

    Parameters
    ----------
    settings
        Of this machine.
    admission
        Who may take part.
    now_ns
        The time at which it begins.
    """

    def __init__(
        self, settings: PeerSettings, admission: Admission, now_ns: int
    ) -> None:
        self._settings, self._admission = settings, admission
        self._phase = _Phase.GATHERING
        self._circle = Circle()
        self._start_line = StartLine(self._circle)
        self._until_ns: int | None = now_ns + to_ns(settings.timeout_s)
        self._lost_ns = to_ns(settings.lost_after_s)
        self._next_beat_ns = now_ns + self._lost_ns // BEATS_UNTIL_LOST
        self._call: StopCall | None = None

    @property
    def peers(self) -> tuple[Peer, ...]:
        """All slaves that were let in, in the order in which they came."""
        return tuple(member.peer for member in self._circle)

    @property
    def deadline_ns(self) -> int | None:
        """When `tick` is to be called next; None if there is nothing to wait for."""
        if self._phase is _Phase.OVER:
            return None
        times = (self._until_ns, self._admission.deadline_ns, self._next_beat_ns)
        return min(time for time in times if time is not None)

    def begin(self, now_ns: int) -> list[Act]:
        """Begin to wait; nothing but a word for the operator."""
        del now_ns
        count = self._settings.n_expected
        others = "another machine" if count == 1 else f"{count} other machines"
        return [Tell(f"waiting at {self._settings.place} for {others}…")]

    def open(self, link: int, address: str, now_ns: int) -> list[Act]:
        """Take a new connection."""
        return self._admission.open(link, address, now_ns)

    def hear(self, link: int, word: dict[str, Any], now_ns: int) -> list[Act]:
        """Take a word."""
        if self._admission.holds(link):
            acts, arrival = self._admission.hear(link, word)
            return acts + (self._take_in(arrival, now_ns) if arrival else [])
        member = self._circle.at(link)
        if member is None:
            return []
        acts = _note_life(member, now_ns)
        return acts + self._hear_member(member, word, now_ns)

    def close(self, link: int, problem: str, now_ns: int) -> list[Act]:
        """Take that a connection is closed, or that what it says is no word."""
        if self._admission.holds(link):
            return self._admission.drop(link, problem)
        member = self._circle.at(link)
        if member is None:
            return []
        member.link = None
        return self._miss(member, problem, now_ns)

    def tick(self, now_ns: int) -> list[Act]:
        """Do what the time has come for."""
        acts = self._admission.expire(now_ns)
        if self._phase is _Phase.OVER:
            return acts
        if now_ns >= self._next_beat_ns:
            self._next_beat_ns = now_ns + self._lost_ns // BEATS_UNTIL_LOST
            acts += self._circle.say({"status": "beat"})
        acts += self._find_lost(now_ns)
        if self._until_ns is not None and now_ns >= self._until_ns:
            self._until_ns = None
            acts += self._give_up_waiting()
        return acts

    def reach_start(self, now_ns: int) -> list[Act]:
        """Take that this machine is at the start."""
        if self._call is not None:
            return [Failed(troubles.given_up(self._settings))]
        self._start_line.reach()
        self._until_ns = now_ns + to_ns(self._settings.start_timeout_s)
        return self._maybe_go(now_ns)

    def call_stop(self, call: StopCall, now_ns: int) -> list[Act]:
        """Tell all that this machine stops; nothing if it was told before."""
        del now_ns
        acts = self._spread(call, sender=None)
        if self._start_line.is_waiting:
            acts.append(Failed(troubles.given_up(self._settings)))
        return acts

    def leave(self, now_ns: int) -> list[Act]:
        """Take leave of all."""
        del now_ns
        if self._phase is _Phase.AGREED:
            acts = self._circle.say({"status": "bye"})
        else:
            acts = self._circle.refuse("the master has given up")
        acts += self._circle.hang_up(self._circle)
        self._phase, self._until_ns = _Phase.OVER, None
        return [*acts, Over()]

    def _take_in(self, arrival: Arrival, now_ns: int) -> list[Act]:
        member = self._circle.find(arrival)
        acts: list[Act]
        if member is not None:
            acts = self._take_back(member, arrival, now_ns)
        elif arrival.session:
            return _send_away(arrival, SESSION_UNKNOWN)
        elif self._phase is not _Phase.GATHERING:
            return _send_away(arrival, SESSION_FULL)
        else:
            member = self._circle.add(arrival, now_ns)
            acts = [Tell(f'"{member.name}" ({member.address}) is there.')]
        if not member.is_old:
            acts.append(Send(arrival.link, self._build_welcome(arrival)))
        return acts + self._announce_if_all(arrival.link, now_ns)

    def _take_back(self, member: Member, arrival: Arrival, now_ns: int) -> list[Act]:
        acts = self._circle.hang_up([member])
        member.link, member.address = arrival.link, arrival.address
        member.is_acked, member.burst = False, ClockBurst()
        # It says again where it is, once it has the name again.
        member.is_at_start = False
        self._start_line.break_off()
        acts.append(Tell(f'"{member.name}" came back.'))
        return acts + _note_life(member, now_ns)

    def _announce_if_all(self, newest: int, now_ns: int) -> list[Act]:
        word = build_announce(self._settings)
        if self._phase is not _Phase.GATHERING:
            return [Send(newest, word)]
        if len(self._circle) < self._settings.n_expected:
            return []
        self._phase = _Phase.NAMING
        self._until_ns = now_ns + to_ns(self._settings.ack_timeout_s)
        return self._circle.say(word, to_old=True)

    def _build_welcome(self, arrival: Arrival) -> dict[str, Any]:
        word = {"status": "welcome", "protocol": PROTOCOL}
        return {**word, "master": self._settings.node, "proof": arrival.proof}

    def _hear_member(
        self, member: Member, word: dict[str, Any], now_ns: int
    ) -> list[Act]:
        match word.get("status"):
            case "ack":
                return self._hear_ack(member, word, now_ns)
            case "clock":
                return self._hear_clock(member, word, now_ns)
            case "at_start":
                member.is_at_start = True
                return self._maybe_go(now_ns)
            case _:
                return self._hear_parting(member, word, now_ns)

    def _hear_parting(
        self, member: Member, word: dict[str, Any], now_ns: int
    ) -> list[Act]:
        match word.get("status"):
            case "stop" | "abort" as kind:
                return self._hear_stop(member, word, kind == "abort", now_ns)
            case "bye":
                return self._let_go(member, "it left", now_ns)
            case "error":
                return self._let_go(member, put_reason(word), now_ns)
            case _:  # a beat, or a word of a later protocol
                return []

    def _hear_stop(
        self, member: Member, word: dict[str, Any], is_abort: bool, now_ns: int
    ) -> list[Act]:
        call = StopCall(member.name, text_of(word, "reason"), is_abort)
        if self._phase is not _Phase.AGREED:
            return self._let_go(member, f"it stopped: {call.reason}", now_ns)
        return self._spread(call, sender=member)

    def _hear_ack(self, member: Member, word: dict[str, Any], now_ns: int) -> list[Act]:
        if self._phase is _Phase.GATHERING or member.link is None:
            return []  # nothing was announced yet
        if word.get("session_name") != self._settings.session:
            return self._let_go(member, "it confirmed another name", now_ns)
        member.is_acked = True
        if member.is_old:
            return self._complete_if_all()
        return [Send(member.link, member.burst.ask(now_ns))]

    def _hear_clock(
        self, member: Member, word: dict[str, Any], now_ns: int
    ) -> list[Act]:
        if not member.burst.hear(word, now_ns) or member.link is None:
            return []
        if not member.burst.is_over:
            return [Send(member.link, member.burst.ask(now_ns))]
        member.offset = member.burst.offset or member.offset
        if self._phase is _Phase.NAMING:
            return self._complete_if_all()
        if self._start_line.is_measuring:
            return self._maybe_go(now_ns)
        acts = self._circle.complete([member], self._settings.session)
        return acts + self._catch_up(member)

    def _complete_if_all(self) -> list[Act]:
        """Go on, if all have taken the name."""
        if not all(member.is_ready for member in self._circle):
            return []
        self._phase, self._until_ns = _Phase.AGREED, None
        acts = self._circle.complete(self._circle, self._settings.session)
        old = [member for member in self._circle if member.is_old]
        # Nothing more can be said to them, and they close their own ends too.
        acts += self._circle.hang_up(old)
        for member in old:
            text = f'"{member.name}" is an older launcher: it will hear of no stop.'
            acts.append(Tell(text, is_warning=True))
        return [*acts, Agreed(self._settings.session)]

    def _catch_up(self, member: Member) -> list[Act]:
        """Say what was said while its connection was broken."""
        if member.link is None:
            return []
        words: list[dict[str, Any]] = []
        if self._call is not None:
            words.append(build_stop(self._call))
        if self._start_line.is_over:
            words.append(self._start_line.build_go(member))
        return [Send(member.link, word) for word in words]

    def _maybe_go(self, now_ns: int) -> list[Act]:
        if self._call is not None or self._phase is not _Phase.AGREED:
            return []
        acts = self._start_line.advance(now_ns)
        if self._start_line.is_over:
            self._until_ns = None
        return acts

    def _spread(self, call: StopCall, sender: Member | None) -> list[Act]:
        """Tell all but who said it; a word as strong as one before is no news."""
        if self._call is not None and (self._call.is_abort or not call.is_abort):
            return []
        self._call, self._until_ns = call, None
        acts = self._circle.say(build_stop(call), but=sender)
        return acts if sender is None else [*acts, StopHeard(call)]

    def _let_go(self, member: Member, reason: str, now_ns: int) -> list[Act]:
        """Do without a member that goes on its own accord, or must."""
        if self._phase is _Phase.NAMING:
            return self._break_off([member.name], reason)
        acts = self._circle.hang_up([member])
        if self._phase is _Phase.GATHERING:
            return acts + self._miss(member, reason, now_ns)
        member.has_left = True
        text = f'"{member.name}" is not in the session any more: {reason}.'
        return [*acts, Tell(text), *self._maybe_go(now_ns)]

    def _miss(self, member: Member, problem: str, now_ns: int) -> list[Act]:
        """Do without a member whose connection has just gone."""
        if self._phase is _Phase.GATHERING:
            self._circle.remove(member)
            text = f'"{member.name}" has gone again: {problem}.'
            return [Tell(text, is_warning=True)]
        if self._phase is _Phase.NAMING and member.is_old:
            return self._break_off([member.name], problem)
        if not member.is_here:
            return []
        self._start_line.break_off()
        text = f'the connection to "{member.name}" broke: {problem}.'
        return [Tell(text, is_warning=True), *self._maybe_go(now_ns)]

    def _find_lost(self, now_ns: int) -> list[Act]:
        acts: list[Act] = []
        for member in self._circle.here:
            if now_ns - member.heard_ns < self._lost_ns:
                continue
            if self._phase is _Phase.GATHERING:
                acts += self._circle.hang_up([member])
                acts += self._miss(member, "it is silent", now_ns)
            elif self._phase is _Phase.AGREED:
                acts += self._lose(member, now_ns)
        return acts

    def _lose(self, member: Member, now_ns: int) -> list[Act]:
        member.is_lost = True
        self._start_line.break_off()
        finding = troubles.is_lost(member.name, self._settings.lost_after_s)
        acts: list[Act] = [Find(finding)]
        if self._settings.on_peer_lost is OnPeerLost.STOP:
            acts += self._spread(StopCall(member.name, finding.problem), sender=member)
        return acts + self._maybe_go(now_ns)

    def _give_up_waiting(self) -> list[Act]:
        settings = self._settings
        if self._phase is _Phase.GATHERING:
            names = ", ".join(f'"{m.name}"' for m in self._circle) or "nobody"
            found = f"{len(self._circle)} of {settings.n_expected}: {names}"
            return self._fail(troubles.not_together(settings, found))
        if self._phase is _Phase.NAMING:
            late = [member.name for member in self._circle if not member.is_ready]
            return self._break_off(late, f"silent for {settings.ack_timeout_s:g} s")
        return [Failed(troubles.not_at_start(settings, self._start_line.missing))]

    def _break_off(self, names: list[str], found: str) -> list[Act]:
        return self._fail(troubles.not_confirmed(self._settings, names, found))

    def _fail(self, error: PeerError) -> list[Act]:
        acts = self._circle.refuse(f"{error.problem} {error.found}")
        acts += self._circle.hang_up(self._circle)
        self._phase, self._until_ns = _Phase.OVER, None
        return [*acts, Failed(error), Over()]


def _note_life(member: Member, now_ns: int) -> list[Act]:
    member.heard_ns = now_ns
    if not member.is_lost:
        return []
    member.is_lost = False
    return [Tell(f'"{member.name}" is heard again.', is_warning=True)]


def _send_away(arrival: Arrival, reason: str) -> list[Act]:
    error, link = build_error(reason), arrival.link
    text = f'"{arrival.name}" ({arrival.address}) was refused: {put_reason(error)}.'
    return [Send(link, error), Tell(text, is_warning=True), HangUp(link)]
