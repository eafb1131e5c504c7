"""Machines of one session as real processes on loopback."""

from __future__ import annotations

import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from ranvier.core import SilentReporter
from ranvier.session.faults import PeerError
from ranvier.session.peers import PeerRole, PeerSettings, agree
from ranvier.session.programs import StopSignal

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

HERE = Path(__file__).parent
NAME = "mouse_2026-11-20_10-00-00"


class Machine:
    """A process with a part in an agreement."""

    def __init__(self, environment, **fields):
        self.process = subprocess.Popen(
            [sys.executable, HERE / "peer_process.py", json.dumps(fields)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.heard, self.told = queue.SimpleQueue(), []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.heard.put(json.loads(line))
        self.heard.put(["over", None])

    def wait_for(self, what, part="", limit_s=20.0):
        """Give what it told so, now or before; each is given once."""
        deadline = time.monotonic() + limit_s
        while True:
            for told in self.told:
                if told[0] == what and part in str(told[1]):
                    self.told.remove(told)
                    return told[1]
            try:
                left_s = max(0.0, deadline - time.monotonic())
                self.told.append(self.heard.get(timeout=left_s))
            except queue.Empty:
                pytest.fail(f"never {what}: {self.told}")
            if self.told[-1][0] == "over" and what != "over":
                pytest.fail(f"over before {what}: {self.told}")

    def order(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()


class Rigs:
    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        self.environment = dict(os.environ)
        self.machines = []

    def _start(self, fields):
        common = {
            "port": self.port,
            "key": "mouse",
            "timeout_s": 20,
            "ack_timeout_s": 10,
            "retry_delay_s": 0.1,
            "lost_after_s": 1.0,
        }
        machine = Machine(self.environment, **common | fields)
        self.machines.append(machine)
        return machine

    def master(self, n_expected=1, **fields):
        own = {"role": "master", "node": "rig-1", "bind": "127.0.0.1", "session": NAME}
        return self._start(own | {"n_expected": n_expected} | fields)

    def slave(self, node="rig-2", **fields):
        own = {"role": "slave", "node": node, "host": "127.0.0.1"}
        return self._start(own | fields)

    def old(self, role, name):
        """Start an older launcher: its name as a slave, the session's as a master."""
        return subprocess.Popen(
            [
                sys.executable,
                HERE / "old_launcher.py",
                role,
                str(self.port),
                "mouse",
                name,
            ],
            stdout=subprocess.PIPE,
        )


class Cable:
    """A port that leads to another one, until it is pulled for a moment."""

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.ends, self.threads = [], []
        self._run(self._accept)

    def _run(self, work, *arguments):
        self.threads.append(threading.Thread(target=work, args=arguments))
        self.threads[-1].start()

    def _accept(self):
        while True:
            try:
                here, _ = self.server.accept()
                there = socket.create_connection(self.target)
            except OSError:
                return
            self.ends += [here, there]
            self._run(self._pump, here, there)
            self._run(self._pump, there, here)

    def _pump(self, source, target):
        try:
            while data := source.recv(4096):
                target.sendall(data)
        except OSError:
            pass
        _shut(target)

    def pull(self):
        for end in self.ends:
            _shut(end)

    def close(self):
        _shut(self.server)
        self.pull()
        for thread in self.threads:
            thread.join()
        for end in (self.server, *self.ends):
            end.close()


def _shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is shut already


@pytest.fixture
def rigs():
    rigs = Rigs()
    yield rigs
    for machine in rigs.machines:
        machine.close()


def test_three_agree_start_together_and_stop_together(rigs):
    slaves = [rigs.slave("rig-2"), rigs.slave("rig-3")]
    slaves[0].wait_for("said", "no connection")  # the master is started later
    master = rigs.master(n_expected=2)
    everyone = [master, *slaves]

    assert [machine.wait_for("agreed") for machine in everyone] == [NAME] * 3
    for machine in everyone:
        machine.order("start")
    starts = [machine.wait_for("started") for machine in everyone]
    master.order("peers")
    peers = master.wait_for("peers")
    # All clocks are one here: what was measured must be nothing, within its error.
    assert [name for name, _, _ in sorted(peers)] == ["rig-2", "rig-3"]
    assert all(abs(offset_ns) <= error_ns < 5e7 for _, offset_ns, error_ns in peers)
    assert max(starts) - min(starts) <= 2 * max(error_ns for _, _, error_ns in peers)

    slaves[1].order("stop the animal is restless")
    for machine in (master, slaves[0]):
        assert machine.wait_for("stop") == ["rig-3", "the animal is restless", False]
    master.order("abort now")
    assert slaves[1].wait_for("stop") == ["rig-1", "now", True]


def test_an_older_slave_agrees_with_our_master_beside_one_of_ours(rigs):
    master, slave = rigs.master(n_expected=2), rigs.slave()
    master.wait_for("said", "rig-2")
    with rigs.old("slave", "old-rig") as old:
        name = old.stdout.read().decode()

    assert (name, old.returncode) == (NAME, 0)
    assert master.wait_for("agreed") == slave.wait_for("agreed") == NAME


def test_our_slave_agrees_with_an_older_master(rigs):
    with rigs.old("master", NAME) as old:
        slave = rigs.slave()
        assert slave.wait_for("agreed") == NAME
        assert old.stdout.read().decode() == NAME

    slave.order("start")
    slave.wait_for("warned", "older launcher")
    assert isinstance(slave.wait_for("started"), int)


def test_a_killed_machine_is_told_and_stops_only_where_that_is_wanted(rigs):
    master = rigs.master(n_expected=2, on_peer_lost="stop")
    victim, other = rigs.slave("rig-2"), rigs.slave("rig-3")
    for machine in (master, victim, other):
        machine.wait_for("agreed")
    victim.kill()

    assert "rig-2" in master.wait_for("warned", "was lost")
    assert other.wait_for("stop")[0] == "rig-2"
    other.order("leave")
    master.wait_for("said", '"rig-3" is not in the session any more: it left')


def test_a_killed_master_is_told_to_its_slaves_which_go_on(rigs):
    master, slave = rigs.master(), rigs.slave()
    slave.wait_for("agreed")
    master.wait_for("agreed")
    master.kill()

    slave.wait_for("warned", "was lost")
    slave.order("start")
    assert isinstance(slave.wait_for("started"), int)


def test_garbage_and_silence_at_the_port_delay_nobody(rigs):
    master = rigs.master()
    master.wait_for("said", "waiting")
    place = ("127.0.0.1", rigs.port)
    with (
        socket.create_connection(place),
        socket.create_connection(place) as web,
        socket.create_connection(place) as endless,
    ):
        web.sendall(b"GET / HTTP/1.1\r\n\r\n")
        endless.sendall(b"x" * 70_000)
        slave = rigs.slave()

        assert slave.wait_for("agreed") == NAME
        assert "127.0.0.1" in master.wait_for("said", "no JSON")
        assert "127.0.0.1" in master.wait_for("said", "a line of more than")


def test_keys_that_differ_are_told_on_both_sides(rigs):
    master, slave = rigs.master(), rigs.slave(key="rat")

    assert "the session keys differ" in slave.wait_for("failed")["found"]
    assert "the session keys differ" in master.wait_for("warned")


def test_secrets_let_in_who_has_them_and_nobody_else(rigs):
    rigs.environment["RIG_SECRET"] = "right"
    master = rigs.master(secret_env="RIG_SECRET")
    master.wait_for("said", "waiting")
    with rigs.old("slave", "old-rig") as old:
        assert old.stdout.read() == b""
    rigs.environment["RIG_SECRET"] = "wrong"
    stranger = rigs.slave("stranger", secret_env="RIG_SECRET")

    assert "secrets differ" in stranger.wait_for("failed")["found"]
    rigs.environment["RIG_SECRET"] = "right"
    assert rigs.slave(secret_env="RIG_SECRET").wait_for("agreed") == NAME


def settings_of(rigs, **fields):
    own = {"bind": "127.0.0.1", "session": NAME, "n_expected": 1}
    return PeerSettings(PeerRole.MASTER, rigs.port, "mouse", "rig-1", **own | fields)


def test_a_pulled_cable_loses_nobody_and_no_word(rigs):
    master = rigs.master(lost_after_s=10)
    master.wait_for("said", "waiting")
    cable = Cable(rigs.port)
    try:
        slave = rigs.slave(port=cable.port, lost_after_s=10, retry_delay_s=0.2)
        slave.wait_for("agreed")
        cable.pull()
        master.wait_for("warned", "broke")
        master.order("stop enough")
        master.wait_for("said", "came back")

        assert slave.wait_for("stop") == ["rig-1", "enough", False]
        assert not [told for told in master.told if "was lost" in str(told)]
    finally:
        slave.close()
        cable.close()


def test_a_start_that_another_machine_stops_is_none(rigs):
    slave = rigs.slave()
    with agree(settings_of(rigs), StopSignal(), SilentReporter()) as agreement:
        calls = []
        agreement.on_stop(calls.append)
        slave.wait_for("agreed")
        slave.order("stop the animal is ill")

        assert agreement.wait_for_start() is None
        assert [(call.by, call.reason) for call in calls] == [
            ("rig-2", "the animal is ill")
        ]
        assert [peer.name for peer in agreement.peers] == ["rig-2"]


def test_a_stop_here_ends_the_wait_for_the_start(rigs):
    slave, stop = rigs.slave(), StopSignal()
    with agree(settings_of(rigs), stop, SilentReporter()) as agreement:
        slave.wait_for("agreed")
        threading.Timer(0.1, stop.request, ("operator",)).start()
        with pytest.raises(PeerError, match="ended by a stop"):
            agreement.wait_for_start()


def test_a_port_that_is_taken_is_said_at_once(rigs):
    with (
        socket.create_server(("127.0.0.1", rigs.port)),
        pytest.raises(PeerError, match="can't listen") as caught,
    ):
        agree(settings_of(rigs), StopSignal(), SilentReporter())

    assert caught.value.code == "RV-S51"


def test_a_stop_ends_the_wait_and_leaves_no_thread(rigs):
    stop = StopSignal()
    threading.Timer(0.1, stop.request, ("operator",)).start()
    before = time.monotonic()
    with pytest.raises(PeerError, match="ended by a stop"):
        agree(settings_of(rigs), stop, SilentReporter())

    assert time.monotonic() - before < 10
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("peers")]


def test_nothing_burns_time_while_machines_wait(rigs):
    master, slave = rigs.master(lost_after_s=10), rigs.slave(lost_after_s=10)
    for machine in (master, slave):
        machine.wait_for("agreed")
        machine.order("start")
    for machine in (master, slave):
        machine.wait_for("started")
    before = [cpu_s(machine) for machine in (master, slave)]
    with socket.create_server(("127.0.0.1", 0)) as quiet:
        quiet.settimeout(2.0)
        with pytest.raises(TimeoutError):
            quiet.accept()
    used = [cpu_s(m) - s for m, s in zip((master, slave), before, strict=True)]

    assert max(used) <= 0.05  # s of CPU in 2 s


def cpu_s(machine):
    times = psutil.Process(machine.process.pid).cpu_times()
    return times.user + times.system
