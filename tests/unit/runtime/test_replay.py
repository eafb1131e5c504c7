"""A check of a replay finds what is missing, too much or fails, not only other bits."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ranvier.audit import WITHHELD, AuditKind, AuditTrail
from ranvier.core import SilentReporter, WallStart
from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.node import describe, load
from ranvier.recording import (
    CodeVersion,
    Manifest,
    NodeEntry,
    Recorder,
    StreamEntry,
    create_session_folder,
    write_manifest,
)
from ranvier.runtime._replay import repeat
from ranvier.runtime._replay_report import ReplayReport
from ranvier.spec import LinkPlan, LinkPolicy, StreamPlan
from ranvier.worker import ENTRY, FINISH, MESSAGE

WALL = WallStart(1_000_000, "2026-11-20T14:00:00+01:00")
N = 10
HEAD = """\
from pathlib import Path
from ranvier.node import Input, Output, Parameter, Transform

class Double(Transform):
    '''Double each value.'''
    x = Input("float64", shape=())
    y = Output("float64", shape=())
    table = Parameter("", type="path", help="A file.")
    api_key = Parameter("", help="A key.")
"""
DOUBLE = "    def process(self, x):\n        return 2 * x\n"
NOTHING = "    def process(self, x):\n        return None\n"
RAISES = "    def process(self, x):\n        raise ValueError('no')\n"
TWICE = "    def process(self, x):\n        yield 2 * x\n        yield 2 * x\n"
SKIPS = "    def process(self, x):\n        return 2 * x if x % 2 else None\n"
STRANGE = "    def process(self, x):\n        return object()\n"
READS = """\
    def setup(self):
        self.factor = float(Path(self.table).read_text())
    def process(self, x):
        return self.factor * x
"""
NO_OUTPUT = HEAD.replace('    y = Output("float64", shape=())\n', "") + NOTHING


class Session:
    """A session folder of one node that doubled what it took in."""

    def __init__(self, folder):
        self.parent = folder
        self.made = create_session_folder(folder, "loop", WALL)
        self.lost = ()
        self.faults = 0
        self.exits = []
        self.has_ended = True
        self.has_intake = True
        self.has_output = True
        self.n_taken = N
        self.parameters = {"table": "", "api_key": ""}

    def check(self, body, head=HEAD):
        """Write the session, then repeat it with a node of this code."""
        self.write(body, head)
        (found,) = repeat(self.made.path, (), SilentReporter()).nodes
        return found

    def write(self, body, head=HEAD):
        """Write the session of a node of this code."""
        self.made.code.mkdir()
        file = self.made.code / "nodes.py"
        file.write_text(head + body)
        entry = NodeEntry(
            "brain",
            describe(load(f"{file}:Double"), name="double"),
            code=CodeVersion("nodes.py", source=str(file), copy="nodes.py"),
            parameters=self.parameters,
        )
        self.write_manifest(entry)
        self.write_recording()
        self.write_audit()

    def write_manifest(self, entry):
        link = LinkPlan(0, "sensor.x", "brain.x", LinkPolicy("lossless"))
        streams = (
            StreamEntry(StreamPlan(0, "sensor.x", links=(link,))),
            StreamEntry(StreamPlan(1, "brain.y")),
            StreamEntry(StreamPlan(2, "brain.intake")),
        )
        path = str(self.parent / "graph.yaml")
        write_manifest(
            self.made,
            Manifest(
                "r", "loop", "", "", WALL.wall, WALL.monotonic_ns, graph_path=path,
                nodes=(entry,), streams=streams,
            ),
        )  # fmt: skip

    def write_recording(self):
        names = ["sensor.x"]
        names += ["brain.y"] if self.has_output else []
        names += ["brain.intake"] if self.has_intake else []
        streams = [{"stream": name} for name in names]
        recorder = Recorder(streams=streams, folder=str(self.made.path), run={})
        recorder.setup()
        for n in range(N):
            deliver(recorder, "sensor.x", 0, float(n), n)
            if self.has_output and n not in self.lost:
                deliver(recorder, "brain.y", 1, 2.0 * n, n)
        if self.has_intake:
            acts = [(MESSAGE, 0, 0, n) for n in range(self.n_taken)]
            acts += [(FINISH, 0, 0, 0)] if self.has_ended else []
            payload = {"entries": np.array(acts, ENTRY), "parameters": []}
            deliver(recorder, "brain.intake", 2, payload, 0)
        recorder.teardown()

    def write_audit(self):
        with AuditTrail(self.made.audit, WALL) as audit:
            for fields in self.exits:
                audit.write(AuditKind.NODE_EXITED, "brain", **fields)
            for n in range(self.faults):
                audit.write(
                    AuditKind.FAULT, "brain", phase="process", count=n + 1,
                    stream="sensor.x", sequence=n,
                )  # fmt: skip
            if self.has_ended:
                for port, count in (("y", N), ("intake", 1)):
                    stream = f"brain.{port}"
                    audit.write(
                        AuditKind.STREAM_ENDED, "brain", stream=stream, epoch=0,
                        count=count,
                    )  # fmt: skip


def deliver(recorder, stream, index, payload, sequence, epoch=0):
    time_ns = WALL.monotonic_ns + 1000 * sequence
    origin = Origin(index, sequence, time_ns)
    data = to_bytes(Message(payload, index, sequence, epoch, time_ns, origin))
    port = stream.replace(".", "__")
    recorder.process_raw(port, memoryview(data), decode(data))


@pytest.fixture
def session(tmp_path):
    return Session(tmp_path)


def test_the_same_node_agrees(session):
    found = session.check(DOUBLE)

    assert found.agrees
    assert (found.n_steps, found.n_compared, found.n_equal) == (N + 1, N, N)
    assert found.not_checked == ""


def test_a_node_that_does_nothing_differs(session):
    found = session.check(NOTHING)

    assert not found.agrees
    assert (found.n_compared, found.n_equal) == (N, 0)
    assert found.first_difference == "y, message 0: it is not given now"


def test_a_node_that_raises_at_each_step_differs(session):
    found = session.check(RAISES)

    assert not found.agrees
    assert "step 0: it raises ValueError: no" in found.first_difference


def test_an_exception_that_comes_now_and_did_not_then_is_named(session):
    session.faults = 1
    session.lost = (N - 1,)
    body = "    def process(self, x):\n        assert x not in (0, 3)\n        return x"
    found = session.check(body)

    assert "step 3: it raises AssertionError" in found.first_difference


def test_what_can_not_cross_a_link_is_a_fault_of_the_node(session):
    found = session.check(STRANGE)

    assert not found.agrees
    assert "step 0: it raises" in found.first_difference


def test_faults_that_came_in_the_run_must_come_again(session):
    session.faults = 2
    found = session.check(DOUBLE)

    assert found.first_difference == "a fault: 2 came in the run, 0 now"


def test_faults_that_come_again_agree(session):
    session.faults, session.lost = N, tuple(range(N))
    nodes = [{"name": "brain", "state": "ended", "faults": N}]
    status = {"run_id": "r", "graph": "g", "state": "stopped", "nodes": nodes}
    (session.made.path / "status.json").write_text(json.dumps(status))
    found = session.check(RAISES)

    assert found.first_difference == ""


def test_more_messages_than_in_the_run_are_a_difference(session):
    session.lost = (N - 1,)
    found = session.check(TWICE)

    assert not found.agrees


def test_a_message_behind_the_last_sent_is_a_difference(session):
    body = DOUBLE + "    def finish(self):\n        return 0.0\n"
    found = session.check(body)

    assert found.first_difference == f"y, message {N}: it was not given in the run"


def test_a_message_that_nothing_says_was_lost_is_a_difference(session):
    session.lost = (4,)
    found = session.check(DOUBLE)

    assert found.first_difference == "y, message 4: it was not given in the run"


def test_a_message_that_was_declared_lost_is_none(session):
    session.lost = (4,)
    with AuditTrail(session.made.audit, WALL) as audit:
        audit.write(
            AuditKind.LOSS, stream="brain.y", target="recorder.brain__y", epoch=0,
            first=4, last=4, count=1,
        )  # fmt: skip
    found = session.check(DOUBLE)

    assert found.agrees
    assert found.n_compared == N - 1


def test_what_was_sent_after_the_last_known_act_is_no_difference(session):
    session.n_taken, session.has_ended = 6, False
    found = session.check(DOUBLE)

    assert found.agrees
    assert found.n_compared == 6


def test_what_a_node_took_before_it_ended_its_process_is_not_asked_for(session):
    session.has_ended, session.n_taken = False, 5
    session.exits = [{"exit_code": 0, "why": "by itself"}]
    found = session.check(DOUBLE)

    assert found.agrees
    assert (found.n_compared, found.n_equal) == (5, 5)
    assert found.not_checked.startswith("5 more can't be checked")


def test_what_is_missing_after_an_end_in_good_order_is_a_difference(session):
    session.has_ended, session.n_taken = False, 5
    session.exits = [{"exit_code": 0, "why": "told to"}]

    assert "is not given now" in session.check(DOUBLE).first_difference


def test_a_node_that_sent_nothing_has_nothing_to_compare(session):
    session.lost = tuple(range(N))
    session.has_ended = False
    found = session.check(NOTHING)

    assert "nothing to compare" in ReplayReport((found,)).describe()


def test_a_node_that_gives_less_differs_also_after_a_kill(session):
    session.has_ended = False
    found = session.check(SKIPS)

    assert not found.agrees


def test_a_teardown_that_fails_is_logged_and_no_difference(session, caplog):
    ends_badly = "    def teardown(self):\n        raise OSError('no lamp')\n"
    found = session.check(DOUBLE + ends_badly)

    assert (found.agrees, found.n_compared) == (True, N)
    assert "no lamp" in caplog.text


def test_a_path_is_relative_to_the_graph_file(session):
    (session.parent / "factor.txt").write_text("2")
    session.parameters["table"] = "factor.txt"
    found = session.check(READS)

    assert found.agrees
    assert found.n_compared == N


def test_a_node_that_can_not_be_set_up_is_not_checked(session):
    session.parameters["table"] = "none.txt"
    found = session.check(READS)

    assert found.not_checked.startswith("it can't be set up now: ")
    assert "`setup`" in found.mend
    assert "none.txt" in found.not_checked
    assert found.first_difference == ""


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("has_intake", "what it took in was not recorded"),
        ("has_output", "none of its outputs was recorded"),
    ],
)
def test_why_a_node_is_not_checked_is_told(session, missing, reason):
    setattr(session, missing, False)
    found = session.check(DOUBLE)

    assert found.not_checked == reason
    assert "`record:`" in found.mend


def test_a_node_without_outputs_is_not_checked(session):
    session.has_output = False

    assert session.check("", head=NO_OUTPUT).not_checked == "it has no outputs"


def test_a_node_with_a_withheld_parameter_is_not_checked(session):
    session.parameters["api_key"] = WITHHELD

    assert "api_key" in session.check(DOUBLE).not_checked


SCALES = """\
    factor = Parameter(1.0, live=True, help="Times what.")
    def process(self, x):
        return self.factor * x
"""


class TwoLives(Session):
    """The node was killed half way, just after a change of its factor."""

    change = ("factor", 3.0)
    has_audit = True

    def write_recording(self):
        names = ("sensor.x", "brain.y", "brain.intake")
        streams = [{"stream": name} for name in names]
        recorder = Recorder(streams=streams, folder=str(self.made.path), run={})
        recorder.setup()
        for n in range(N):
            epoch, first = (1, N // 2) if n >= N // 2 else (0, 0)
            deliver(recorder, "sensor.x", 0, float(n), n)
            factor = 3.0 if epoch else 1.0
            deliver(recorder, "brain.y", 1, factor * n, n - first, epoch)
        for epoch in (0, 1):
            numbers = range(epoch * N // 2, (epoch + 1) * N // 2)
            acts = np.array([(MESSAGE, 0, 0, n) for n in numbers], ENTRY)
            payload = {"entries": acts, "parameters": []}
            deliver(recorder, "brain.intake", 2, payload, 0, epoch)
        recorder.teardown()

    def write_audit(self):
        if not self.has_audit:
            return
        name, new = self.change
        with AuditTrail(self.made.audit, WALL) as audit:
            audit.write(AuditKind.PARAMETER_CHANGED, "eye", parameter=name, new=9.0)
            audit.write(AuditKind.PARAMETER_CHANGED, "brain", parameter=name, new=new)
            audit.write(AuditKind.NODE_EXITED, "brain", signal="SIGKILL")
            audit.write(AuditKind.NODE_RESTARTED, "brain", restarts=1, epoch=1)
            audit.write(AuditKind.PARAMETER_CHANGED, "brain", parameter=name, new=7.0)


def test_a_change_that_only_the_audit_trail_has_holds_in_the_next_life(tmp_path):
    found = TwoLives(tmp_path).check(SCALES)

    assert found.agrees, found
    assert (found.n_compared, found.n_equal) == (N, N)
    assert found.not_checked == ""


def test_a_change_that_did_not_hold_makes_the_next_life_differ(tmp_path):
    session = TwoLives(tmp_path)
    session.change = ("factor", 2.0)
    found = session.check(SCALES)

    assert found.first_difference == "y, message 0"
    assert found.n_equal == N // 2


def test_without_an_audit_trail_only_the_first_life_is_checked(tmp_path):
    session = TwoLives(tmp_path)
    session.has_audit = False
    found = session.check(SCALES)

    assert found.agrees
    assert found.n_compared == N // 2
    assert "start 1" in found.not_checked


def test_a_life_with_a_value_that_was_withheld_is_not_checked(tmp_path):
    session = TwoLives(tmp_path)
    session.change = ("api_key", "k1")
    found = session.check(SCALES)

    assert found.n_compared == N // 2
    assert "withheld" in found.not_checked
