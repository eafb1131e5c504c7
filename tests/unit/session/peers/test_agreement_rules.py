"""Masters and slaves that agree in a world without sockets, at a clock of ours."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.session.conduct._plan import plan_peers
from ranvier.session.parameters import merge
from ranvier.session.peers._acts import (
    Agreed,
    Connect,
    Failed,
    Find,
    Going,
    HangUp,
    Over,
    Send,
    StopCall,
    StopHeard,
    Tell,
)
from ranvier.session.peers._admission import Admission
from ranvier.session.peers._master import Master
from ranvier.session.peers._settings import (
    OnPeerLost,
    PeerRole,
    PeerSettings,
    check_peer_settings,
)
from ranvier.session.peers._slave import Slave

S = 1_000_000_000
NAME = "mouse_2026-11-20_10-00-00"
MASTER = PeerSettings(
    PeerRole.MASTER,
    47001,
    "mouse",
    "rig-1",
    bind="127.0.0.1",
    session=NAME,
    n_expected=1,
    timeout_s=60,
    ack_timeout_s=20,
    lost_after_s=8,
)
SLAVE = replace(MASTER, role=PeerRole.SLAVE, node="rig-2", host="rig-1", bind="")
OLD_READY = {
    "session_key": "mouse",
    "state": "ready",
    "role": "slave",
    "node_name": "old",
}


class World:
    """Machines and the links between them; a word takes `delay_ns`."""

    def __init__(self, master=MASTER, secret=b"", delay_ns=1000):
        self.now_ns, self.delay_ns = 0, delay_ns
        self.nonces = (f"nonce{number}" for number in itertools.count())
        self.links, self.numbers = {}, itertools.count(1)
        self.acts, self.on_way, self.offsets = {}, [], {}
        admission = Admission(master, secret, lambda: next(self.nonces))
        self.master = Master(master, admission, 0)
        self.is_listening = True
        self._join(self.master, 0)

    def _join(self, machine, offset_ns):
        self.acts[machine], self.offsets[machine] = [], offset_ns
        self.do(machine, machine.begin(self.time_of(machine)))

    def time_of(self, machine):
        return self.now_ns + self.offsets.get(machine, 0)

    def add_slave(self, slave=SLAVE, secret=b"", offset_ns=0):
        self.offsets[slave] = offset_ns
        now_ns = self.now_ns + offset_ns
        machine = Slave(slave, secret, lambda: next(self.nonces), now_ns)
        self._join(machine, offset_ns)
        self.settle()
        return machine

    def add_stranger(self):
        """Open a connection at which nobody is but the test; give its number."""
        link = next(self.numbers)
        self.links[link] = (self.master, None)
        self.do(self.master, self.master.open(link, "10.0.0.9", self.now_ns))
        return link

    def say(self, link, word):
        self.do(self.master, self.master.hear(link, word, self.now_ns))
        self.settle()

    def said_to(self, link):
        sends = [act for act in self.acts[self.master] if isinstance(act, Send)]
        return [act.word for act in sends if act.link == link]

    def do(self, machine, acts):
        for act in acts:
            self.acts[machine].append(act)
            match act:
                case Send(link, word):
                    assert link in self.links, "a word into a closed link"
                    self.on_way.append((link, machine, word))
                case HangUp(link):
                    assert link in self.links, "a closed link closed again"
                    self.on_way.append((link, machine, None))
                case Connect():
                    self.connect(machine)

    def connect(self, slave):
        if not self.is_listening:
            self.do(slave, slave.close(None, "refused", self.time_of(slave)))
            return
        link = next(self.numbers)
        self.links[link] = (self.master, slave)
        self.do(self.master, self.master.open(link, "10.0.0.2", self.now_ns))
        self.do(slave, slave.open(link, "10.0.0.1", self.time_of(slave)))

    def settle(self):
        while self.on_way:
            link, sender, word = self.on_way.pop(0)
            if link not in self.links:
                continue
            other = next(end for end in self.links[link] if end is not sender)
            if word is None:
                del self.links[link]
            if other is None:
                continue
            self.now_ns += self.delay_ns
            now_ns = self.time_of(other)
            if word is None:
                self.do(other, other.close(link, "it was closed", now_ns))
            else:
                self.do(other, other.hear(link, word, now_ns))

    def cut(self, slave, tells=True):
        """Break the connection of a slave, as if a cable were pulled for a moment."""
        link = next(k for k, ends in self.links.items() if ends[1] is slave)
        self.links[link] = (self.master, None)
        if tells:
            del self.links[link]
            self.do(self.master, self.master.close(link, "reset", self.now_ns))
        self.do(slave, slave.close(link, "reset", self.time_of(slave)))

    def pass_time(self, seconds, without=()):
        until_ns = self.now_ns + round(seconds * S)
        for _ in range(10_000):
            due = [
                (machine.deadline_ns - self.offsets[machine], number, machine)
                for number, machine in enumerate(self.acts)
                if machine.deadline_ns is not None and machine not in without
            ]
            first_ns, _, machine = min(due, default=(until_ns + 1, 0, None))
            if first_ns > until_ns:
                self.now_ns = max(self.now_ns, until_ns)
                return
            self.now_ns = max(self.now_ns, first_ns)
            self.do(machine, machine.tick(self.time_of(machine)))
            self.settle()
        pytest.fail("the machines never come to rest")

    def order(self, machine, what, *arguments):
        self.do(machine, getattr(machine, what)(*arguments, self.time_of(machine)))
        self.settle()

    def all_of(self, machine, kind):
        return [act for act in self.acts[machine] if isinstance(act, kind)]

    def error_of(self, machine):
        (failed,) = self.all_of(machine, Failed)
        return failed.error


def test_two_agree_on_the_masters_name_and_know_each_others_clock():
    world = World()
    slave = world.add_slave(offset_ns=5 * S)

    assert world.all_of(slave, Agreed) == [Agreed(NAME)]
    assert world.all_of(world.master, Agreed) == [Agreed(NAME)]
    (peer,), (other,) = world.master.peers, slave.peers
    assert (peer.name, peer.protocol, other.name) == ("rig-2", 2, "rig-1")
    assert abs(peer.offset_ns - 5 * S) <= peer.error_ns == 1000
    assert other.offset_ns == -peer.offset_ns


def test_an_older_slave_gets_the_words_it_knows():
    world = World()
    link = world.add_stranger()
    world.say(link, OLD_READY)
    world.say(link, {"status": "ack", "session_name": NAME, "node_name": "old"})

    announce, complete = world.said_to(link)
    assert announce["status"] == "announce"
    assert announce["session_key"] == "mouse"
    assert announce["session_name"] == NAME
    assert announce["expected_slaves"] == 1
    assert announce["master"] == "rig-1"
    assert complete["status"] == "complete"
    assert complete["session_name"] == NAME
    assert world.all_of(world.master, Agreed)
    assert world.master.peers[0].protocol == 1


def test_an_older_slave_is_never_waited_for_again():
    world = World()
    link = world.add_stranger()
    world.say(link, OLD_READY)
    world.say(link, {"status": "ack", "session_name": NAME, "node_name": "old"})
    world.pass_time(100)
    world.order(world.master, "reach_start")

    assert world.all_of(world.master, Going)
    assert not world.all_of(world.master, Find)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ({**OLD_READY, "session_key": "rat"}, "session_key_mismatch"),
        ({**OLD_READY, "state": "gone"}, "invalid_state"),
        ({}, "session_key_mismatch"),
    ],
)
def test_who_does_not_belong_here_is_told_so_and_delays_nobody(word, reason):
    world = World()
    link = world.add_stranger()
    world.say(link, word)
    world.add_slave()

    (error,) = world.said_to(link)
    assert (error["status"], error["reason"]) == ("error", reason)
    assert any(tell.is_warning for tell in world.all_of(world.master, Tell))
    assert world.all_of(world.master, Agreed)


def test_a_silent_connection_delays_nobody_and_is_closed_in_the_end():
    world = World(replace(MASTER, n_expected=2))
    silent = world.add_stranger()
    world.add_slave()
    world.add_slave(replace(SLAVE, node="rig-3"))

    assert world.all_of(world.master, Agreed)
    world.pass_time(21)
    assert HangUp(silent) in world.acts[world.master]


def test_keys_that_differ_fail_the_slave_with_words():
    world = World()
    slave = world.add_slave(replace(SLAVE, key="rat"))

    assert world.error_of(slave).code == "RV-S53"
    assert "the session keys differ" in world.error_of(slave).found
    assert not world.all_of(world.master, Failed)


def test_a_master_that_starts_later_is_found():
    world = World()
    world.is_listening = False
    slave = world.add_slave()
    world.pass_time(5)
    world.is_listening = True
    world.pass_time(2)

    assert world.all_of(slave, Agreed)
    assert len([t for t in world.all_of(slave, Tell) if "refused" in t.text]) == 1


def test_a_slave_gives_up_when_its_time_is_over():
    world = World()
    world.is_listening = False
    slave = world.add_slave()
    world.pass_time(61)

    assert world.error_of(slave).code == "RV-S52"
    assert world.error_of(slave).found == "refused"
    assert slave.deadline_ns is None


def test_a_master_gives_up_and_tells_those_who_came():
    world = World(replace(MASTER, n_expected=2))
    slave = world.add_slave(replace(SLAVE, timeout_s=1000))
    world.pass_time(61)

    assert world.error_of(world.master).code == "RV-S52"
    assert '1 of 2: "rig-2"' in world.error_of(world.master).found
    assert world.error_of(slave).code == "RV-S53"


def test_one_too_many_is_sent_away():
    world = World()
    world.add_slave()
    late = world.add_slave(replace(SLAVE, node="rig-3"))

    assert "all machines that the master expects" in world.error_of(late).found
    assert len(world.master.peers) == 1


def test_two_launchers_of_one_computer_are_told_apart():
    world = World(replace(MASTER, n_expected=2))
    world.add_slave()
    world.add_slave()

    assert [peer.name for peer in world.master.peers] == ["rig-2", "rig-2 (2)"]


def test_one_that_went_before_the_name_is_not_counted():
    world = World(replace(MASTER, n_expected=2))
    gone = world.add_slave()
    world.order(gone, "leave")
    world.add_slave(replace(SLAVE, node="rig-3"))

    assert [peer.name for peer in world.master.peers] == ["rig-3"]
    assert not world.all_of(world.master, Agreed)


def test_one_that_does_not_confirm_ends_it_for_all():
    world = World(replace(MASTER, n_expected=2))
    slave = world.add_slave()
    link = world.add_stranger()
    world.say(link, OLD_READY)
    world.pass_time(21)

    error = world.error_of(world.master)
    assert (error.code, '"old"' in error.problem) == ("RV-S54", True)
    assert world.error_of(slave).code == "RV-S53"


def test_a_wrong_confirmation_is_none():
    world = World()
    link = world.add_stranger()
    world.say(link, OLD_READY)
    world.say(link, {"status": "ack", "session_name": "other", "node_name": "old"})

    assert world.error_of(world.master).code == "RV-S54"
    assert world.said_to(link)[-1]["status"] == "error"


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", None, 7])
def test_a_slave_takes_no_name_that_leads_out_of_its_folder(name):
    slave = Slave(SLAVE, b"", lambda: "n", 0)
    slave.begin(0)
    slave.open(1, "10.0.0.1", 0)
    acts = slave.hear(
        1, {"status": "announce", "session_key": "mouse", "session_name": name}, 0
    )

    (failed,) = [act for act in acts if isinstance(act, Failed)]
    assert failed.error.code == "RV-S55"


def test_an_older_master_names_the_session_and_is_not_missed_afterwards():
    slave = Slave(SLAVE, b"", lambda: "n", 0)
    slave.begin(0)
    (ready,) = slave.open(1, "10.0.0.1", 0)
    announce = {"status": "announce", "session_key": "mouse", "session_name": NAME}
    (ack,) = slave.hear(1, {**announce, "expected_slaves": 1, "master": "old"}, 1)
    acts = slave.hear(1, {"status": "complete", "session_name": NAME}, 2)

    assert ready.word.items() >= {**OLD_READY, "node_name": "rig-2"}.items()
    assert ack.word == {"status": "ack", "session_name": NAME, "node_name": "rig-2"}
    assert Agreed(NAME) in acts
    assert slave.deadline_ns is None
    assert slave.peers[0].protocol == 1
    assert Going(9) in slave.reach_start(9)


def test_a_shared_secret_lets_in_who_has_it():
    world = World(secret=b"s")
    slave = world.add_slave(secret=b"s")

    assert world.all_of(slave, Agreed)


@pytest.mark.parametrize(
    ("of_master", "of_slave"), [(b"s", b""), (b"", b"s"), (b"s", b"t")]
)
def test_secrets_that_differ_refuse(of_master, of_slave):
    world = World(secret=of_master)
    slave = world.add_slave(secret=of_slave)

    assert world.error_of(slave).code == "RV-S53"
    assert "secret" in world.error_of(slave).found
    assert not world.all_of(world.master, Agreed)


def test_with_a_secret_older_slaves_are_refused():
    world = World(secret=b"s")
    link = world.add_stranger()
    world.say(link, OLD_READY)

    assert world.said_to(link)[-1]["reason"] == "secret_required"


def test_all_start_at_one_instant_once_the_last_is_there():
    world = World(replace(MASTER, n_expected=2))
    first = world.add_slave(offset_ns=3 * S)
    second = world.add_slave(replace(SLAVE, node="rig-3"), offset_ns=-7 * S)
    world.order(first, "reach_start")
    world.order(world.master, "reach_start")

    assert not world.all_of(world.master, Going)
    world.order(second, "reach_start")
    instants = [
        going.at_ns - world.offsets.get(machine, 0)
        for machine in (world.master, first, second)
        for going in world.all_of(machine, Going)
    ]
    assert len(instants) == 3
    assert max(instants) - min(instants) <= 2 * 1000
    assert min(instants) > world.now_ns


def test_a_start_that_one_does_not_come_to_fails_but_the_session_is_kept():
    world = World()
    slave = world.add_slave()
    world.order(world.master, "reach_start")
    world.pass_time(301)

    assert world.error_of(world.master).code == "RV-S57"
    assert world.error_of(world.master).found == "missing: rig-2"
    world.order(world.master, "call_stop", StopCall("rig-1", "no start"))
    assert world.all_of(slave, StopHeard)


@pytest.mark.parametrize("is_abort", [False, True])
def test_a_stop_reaches_all_and_each_only_once(is_abort):
    world = World(replace(MASTER, n_expected=2))
    first = world.add_slave()
    second = world.add_slave(replace(SLAVE, node="rig-3"))
    call = StopCall("rig-2", "the animal is restless", is_abort)
    world.order(first, "call_stop", call)
    world.order(first, "call_stop", call)

    assert world.all_of(world.master, StopHeard) == [StopHeard(call)]
    assert world.all_of(second, StopHeard) == [StopHeard(call)]
    assert not world.all_of(first, StopHeard)


def test_an_abort_is_heard_after_a_stop_but_no_stop_after_an_abort():
    world = World()
    slave = world.add_slave()
    for kind in (False, True, False):
        world.order(world.master, "call_stop", StopCall("rig-1", "", kind))

    assert [a.call.is_abort for a in world.all_of(slave, StopHeard)] == [False, True]


def test_a_stop_before_the_start_means_there_is_no_start():
    world = World()
    slave = world.add_slave()
    world.order(slave, "reach_start")
    world.order(slave, "call_stop", StopCall("rig-2", ""))
    world.order(world.master, "reach_start")
    world.pass_time(400)

    assert not world.all_of(world.master, Going)
    assert world.error_of(world.master).code == "RV-S56"
    assert world.error_of(slave).code == "RV-S56"


@pytest.mark.parametrize("side", ["master", "slave"])
@pytest.mark.parametrize("policy", list(OnPeerLost))
def test_a_silent_machine_is_lost_and_stops_only_where_that_is_wanted(side, policy):
    world = World(replace(MASTER, on_peer_lost=policy))
    slave = world.add_slave(replace(SLAVE, on_peer_lost=policy))
    silent, other = world.master, slave
    if side == "slave":
        silent, other = other, silent
    world.is_listening = side == "slave"
    world.pass_time(20, without=(silent,))

    (found,) = world.all_of(other, Find)
    assert found.finding.code == "RV-S58"
    assert bool(world.all_of(other, StopHeard)) is (policy is OnPeerLost.STOP)


def test_machines_that_live_are_never_lost():
    world = World()
    slave = world.add_slave()
    world.pass_time(1000)

    assert not world.all_of(slave, Find)
    assert not world.all_of(world.master, Find)


@pytest.mark.parametrize("tells", [True, False])
def test_a_machine_that_comes_back_hears_what_was_said_meanwhile(tells):
    world = World()
    slave = world.add_slave()
    world.cut(slave, tells=tells)
    if tells:
        world.order(world.master, "call_stop", StopCall("rig-1", "enough"))
    world.pass_time(3)
    world.order(world.master, "call_stop", StopCall("rig-1", "enough"))

    assert [heard.call.reason for heard in world.all_of(slave, StopHeard)] == ["enough"]
    assert world.all_of(slave, Agreed) == [Agreed(NAME)]
    assert not world.all_of(world.master, Find)


def test_a_break_at_the_start_only_delays_it():
    world = World()
    slave = world.add_slave()
    world.order(slave, "reach_start")
    world.cut(slave)
    world.order(world.master, "reach_start")

    assert not world.all_of(world.master, Going)
    world.pass_time(3)
    assert world.all_of(world.master, Going)
    assert world.all_of(slave, Going)


def test_one_that_left_is_neither_lost_nor_waited_for():
    world = World()
    slave = world.add_slave()
    world.order(slave, "leave")
    world.order(world.master, "reach_start")
    world.pass_time(50)

    assert world.all_of(slave, Over)
    assert world.all_of(world.master, Going)
    assert not world.all_of(world.master, Find)


def test_another_session_does_not_take_back_a_machine_of_this_one():
    world = World()
    slave = world.add_slave()
    world.cut(slave)
    other = replace(MASTER, session="mouse_2026-11-20_11-00-00")
    admission = Admission(other, b"", lambda: next(world.nonces))
    world.master = Master(other, admission, world.now_ns)
    world._join(world.master, 0)
    world.pass_time(5)

    assert world.master.peers == ()
    assert any("does not take" in tell.text for tell in world.all_of(slave, Tell))
    assert slave.deadline_ns is None


def test_all_faults_of_the_settings_are_told_at_once():
    bad = PeerSettings(
        PeerRole.MASTER, 0, "", "", session="a/b", secret_env="NOT_SET", timeout_s=-1
    )
    report = check_peer_settings(bad, {})
    of_slave = check_peer_settings(replace(SLAVE, host=""), {})

    assert [finding.where for finding in report.errors] == [
        "subject_id",
        "session_sync_node_name",
        "session_sync_bind_host",
        "session_sync_session_name",
        "session_sync_port",
        "session_sync_expected_slaves",
        "session_sync_timeout_sec",
        "session_sync_secret_env",
    ]
    assert [f.where for f in of_slave.errors] == ["session_sync_master_host"]


def test_each_time_of_the_settings_has_a_parameter_that_a_fault_names():
    keys = {
        "timeout_s": "session_sync_timeout_sec",
        "ack_timeout_s": "session_sync_ack_timeout_sec",
        "retry_delay_s": "session_sync_retry_delay_sec",
        "lost_after_s": "session_sync_lost_after_sec",
        "start_timeout_s": "session_sync_start_timeout_sec",
    }
    values = {"session_sync_role": "slave", "subject_id": "m"}
    numbers = {key: n for n, key in enumerate(keys.values(), 20)}
    planned = plan_peers(merge(file={**values, **numbers}), "m_1")
    report = check_peer_settings(replace(SLAVE, **dict.fromkeys(keys, 0.0)), {})

    assert [getattr(planned, field) for field in keys] == list(numbers.values())
    assert {finding.where for finding in report.errors} == set(keys.values())


def test_an_open_port_without_a_secret_is_a_warning():
    wide = replace(MASTER, bind="0.0.0.0")
    secret = replace(wide, secret_env="RIG_SECRET")

    assert [f.code for f in check_peer_settings(wide, {}).findings] == ["RV-S59"]
    assert not check_peer_settings(secret, {"RIG_SECRET": "s"}).findings
    assert not check_peer_settings(MASTER, {}).findings


STATUSES = st.sampled_from(
    [
        "ready",
        "challenge",
        "welcome",
        "announce",
        "ack",
        "clock",
        "complete",
        "beat",
        "at_start",
        "go",
        "stop",
        "abort",
        "bye",
        "error",
        "response",
        "unknown",
    ]
)
VALUES = st.one_of(st.none(), st.integers(), st.sampled_from(["mouse", NAME, "n", ""]))
ANY_WORD = st.builds(
    lambda status, rest: {"status": status, **rest},
    STATUSES,
    st.dictionaries(
        st.sampled_from(
            [
                "session_key",
                "session_name",
                "state",
                "protocol",
                "asked_ns",
                "at_ns",
                "heard_ns",
                "answered_ns",
                "nonce",
                "proof",
                "peers",
                "instance",
                "status",
            ]
        ),
        VALUES,
        max_size=4,
    ),
)
READY = st.sampled_from([OLD_READY, {**OLD_READY, "protocol": 2, "instance": "i"}])
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.integers(0, 3)),
        st.tuples(st.just("close"), st.integers(0, 3)),
        st.tuples(st.just("hear"), st.integers(0, 3), ANY_WORD | READY),
        st.tuples(st.just("tick"), st.integers(0, 40)),
        st.tuples(st.just("reach_start")),
    ),
    max_size=25,
)


class Player:
    """Gives a machine anything at all, and checks what must hold after each event."""

    def __init__(self, machine):
        self.machine, self.now_ns, self.numbers = machine, 0, itertools.count()
        self.links, self.acts = {}, []

    def play(self, events):
        for kind, *details in events:
            new = getattr(self, kind)(*details)
            for act in new:
                if isinstance(act, Send | HangUp):
                    assert act.link in self.links.values()
                if isinstance(act, HangUp):
                    self.links = {k: v for k, v in self.links.items() if v != act.link}
            self.acts += new
        return self.acts

    def tick(self, seconds):
        self.now_ns += seconds * S
        acts = self.machine.tick(self.now_ns)
        due_ns = self.machine.deadline_ns
        # Else the thread of the connections would go round without waiting.
        assert due_ns is None or due_ns > self.now_ns
        return acts

    def reach_start(self):
        if not any(isinstance(act, Agreed) for act in self.acts):
            return []
        return self.machine.reach_start(self.now_ns)

    def open(self, place):
        if place in self.links:
            return []
        self.links[place] = next(self.numbers)
        return self.machine.open(self.links[place], "10.0.0.9", self.now_ns)

    def close(self, place):
        if place not in self.links:
            return []
        return self.machine.close(self.links.pop(place), "gone", self.now_ns)

    def hear(self, place, word):
        if place not in self.links:
            return []
        return self.machine.hear(self.links[place], word, self.now_ns)


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_a_master_stays_sound_whatever_it_hears(events):
    admission = Admission(MASTER, b"", lambda: "n")
    acts = Player(Master(MASTER, admission, 0)).play(events)

    assert sum(isinstance(act, Agreed) for act in acts) <= 1
    assert sum(isinstance(act, Going) for act in acts) <= 1
    assert sum(isinstance(act, Over) for act in acts) <= 1


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_a_slave_stays_sound_whatever_it_hears(events):
    one = [each for each in events if each[0] in ("tick", "reach_start") or not each[1]]
    machine = Slave(SLAVE, b"", lambda: "n", 0)
    machine.begin(0)
    acts = Player(machine).play(one)

    assert sum(isinstance(act, Agreed) for act in acts) <= 1
    assert sum(isinstance(act, Going) for act in acts) <= 1
    assert sum(isinstance(act, Over) for act in acts) <= 1
