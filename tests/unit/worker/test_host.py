"""One node between its links: steps, faults, ends, safe state; over memory."""

from __future__ import annotations

import pytest

from ranvier.core import NodeError
from ranvier.links import (
    Board,
    LinkReader,
    MemoryTransport,
    NodeField,
    OutputWriter,
)
from ranvier.node import (
    Input,
    Output,
    Parameter,
    Sink,
    Source,
    StopProducing,
    Transform,
)
from ranvier.spec import LinkPlan, LinkPolicy, StreamPlan
from ranvier.worker import (
    Ended,
    Fault,
    MadeSafe,
    NodeAssignment,
    ParameterRefused,
    ParameterSet,
    SetParameter,
    StopAsked,
)
from ranvier.worker._host import NodeHost, RestartWanted
from ranvier.worker._step_clock import StepClock

QUEUE = LinkPolicy("queue", 64)


class Rig:
    """A node with one input `x` and one output `y`, as far as it has them."""

    def __init__(self, node, tmp_path, feedback=False, **assignment):
        self.transport, self.board = MemoryTransport(), Board.in_memory(1, 2, 2)
        self.told = []
        into = self.plan(0, "feed.x", "node.x", feedback)
        out = self.plan(1, "node.y", "view.y", False)
        self.feed = OutputWriter(into, self.transport, self.board)
        self.view = LinkReader(out, out.links[0], self.transport, self.board)
        readers = {}
        if node.input_specs():
            link = into.links[0]
            reader = LinkReader(into, link, self.transport, self.board)
            readers = {"x": [reader]}
        self.host = NodeHost(
            node,
            NodeAssignment("node", 0, "m:N", ".", **assignment),
            readers=readers,
            writers={"y": OutputWriter(out, self.transport, self.board)},
            clock=StepClock(self.board, 0),
            tell=self.told.append,
            intake=None,
            state_path=tmp_path / "state",
        )
        self.host.begin(0, is_real_time=True)

    def plan(self, index, stream, target, feedback):
        link = LinkPlan(index, stream, target, QUEUE, feedback, reader=index + 1)
        return StreamPlan(index, stream, (link,), writer=0)

    def turn(self, times=1):
        return [self.host.turn() for _ in range(times)]

    def seen(self):
        messages = list(iter(self.view.read, None))
        return ["end" if m.is_end else m.payload for m in messages]

    def words(self, kind):
        return [word for word in self.told if isinstance(word, kind)]


class Inverse(Transform):
    """Fails on zero."""

    x = Input()
    y = Output()
    scale = Parameter(1.0, minimum=0, live=True)
    fixed = Parameter(1.0)

    def process(self, x):
        return self.scale / x

    def finish(self):
        return "rest"


def test_messages_are_worked_off_one_a_turn(tmp_path):
    rig = Rig(Inverse(), tmp_path)
    for value in (1, 2):
        rig.feed.write(value)

    assert rig.turn(3) == [True, True, False]
    assert rig.seen() == [1.0, 0.5]
    assert rig.board.node_field(0, NodeField.STEPS) == 2
    assert rig.board.node_field(0, NodeField.STEP_SINCE) == 0


def test_a_fault_is_told_with_its_message_and_the_next_is_taken(tmp_path):
    rig = Rig(Inverse(), tmp_path)
    for value in (0, 2):
        rig.feed.write(value)
    rig.turn(2)
    (fault,) = rig.words(Fault)

    assert rig.seen() == [0.5]
    assert (fault.phase, fault.count, fault.message["sequence"]) == ("process", 1, 0)
    assert "ZeroDivisionError" in fault.traceback
    assert fault.error["mend"]


def test_a_hail_of_faults_is_counted_but_not_all_told(tmp_path):
    rig = Rig(Inverse(), tmp_path)
    for _ in range(50):
        rig.feed.write(0)
    rig.turn(50)

    assert rig.board.node_field(0, NodeField.FAULTS) == 50
    assert 1 <= len(rig.words(Fault)) <= 15


def test_a_fault_may_ask_for_a_restart(tmp_path):
    rig = Rig(Inverse(), tmp_path, on_error="restart")
    rig.feed.write(0)

    with pytest.raises(RestartWanted):
        rig.turn()
    assert rig.words(Fault)[0].answer == "restart"


def test_a_fault_may_ask_for_the_end_of_the_run(tmp_path):
    rig = Rig(Inverse(), tmp_path, on_error="stop_run")
    rig.feed.write(0)
    rig.turn()

    assert rig.words(StopAsked)[0].failed


def test_a_payload_that_cannot_cross_is_a_fault(tmp_path):
    class Wrong(Transform):
        x = Input()
        y = Output()

        def process(self, x):
            return object()

    rig = Rig(Wrong(), tmp_path)
    rig.feed.write(1)
    rig.turn()

    assert rig.words(Fault)[0].error["code"] == "RV-L01"


def test_the_end_of_the_inputs_is_passed_on_after_the_rest(tmp_path):
    rig = Rig(Inverse(), tmp_path)
    rig.feed.write(1)
    rig.feed.end()
    rig.turn(4)

    assert rig.seen() == [1.0, "rest", "end"]
    assert rig.words(Ended) == [Ended("node")]
    assert rig.host.has_ended


def test_the_end_of_a_loop_alone_does_not_end_the_node(tmp_path):
    rig = Rig(Inverse(), tmp_path, feedback=True)
    rig.feed.write(1)
    rig.turn(2)

    assert not rig.host.has_ended


class Three(Source):
    """Three items."""

    y = Output()

    def produce(self):
        yield from (1, 2, 3)


def test_a_source_produces_until_it_ends(tmp_path):
    rig = Rig(Three(), tmp_path)
    rig.turn(5)

    assert rig.seen() == [1, 2, 3, "end"]
    assert rig.host.turn() is False


def test_a_source_holds_while_paused_and_ends_when_asked(tmp_path):
    rig = Rig(Three(), tmp_path)
    rig.turn()
    rig.host.pause(10)
    held = rig.turn(3)
    rig.host.resume(20)
    rig.turn()
    rig.host.finish_producing()
    rig.turn()

    assert held == [False] * 3
    assert rig.seen() == [1, 2, "end"]
    assert len(rig.words(Ended)) == 1


def test_a_generator_that_fails_has_ended(tmp_path):
    class Fails(Source):
        y = Output()

        def produce(self):
            yield 1
            raise OSError("unplugged")

    rig = Rig(Fails(), tmp_path)
    rig.turn(3)

    assert rig.seen() == [1, "end"]
    assert [fault.answer for fault in rig.words(Fault)] == ["end"]


def test_a_source_of_single_items_goes_on_after_a_fault(tmp_path):
    class Flaky(Source):
        y = Output()
        n = 0

        def produce(self):
            self.n += 1
            if self.n == 2:
                raise OSError("a bad frame")
            if self.n > 3:
                raise StopProducing
            return self.n

    rig = Rig(Flaky(), tmp_path)
    for _ in range(50):
        rig.turn()

    assert rig.seen() == [1, 3, "end"]


def test_a_paced_source_is_due_on_schedule(tmp_path):
    class Paced(Source):
        y = Output()

        def produce(self):
            return 1

        def pace_hz(self):
            return 10.0

    rig = Rig(Paced(), tmp_path)
    rig.host.begin(5_000_000_000, is_real_time=True)

    assert rig.host.wait_s(4_000_000_000) == pytest.approx(1.0)
    assert rig.host.wait_s(6_000_000_000) == 0.0


def test_a_live_parameter_is_set_and_answered(tmp_path):
    rig = Rig(Inverse(), tmp_path)
    rig.host.set_parameter(SetParameter(5, "node", "scale", "2"))
    rig.feed.write(1)
    rig.turn()
    (word,) = rig.words(ParameterSet)

    assert (word.request, word.old, word.new, word.from_sequence) == (5, 1.0, 2.0, 0)
    assert rig.seen() == [2.0]


@pytest.mark.parametrize(
    ("name", "value"), [("scale", -1), ("fixed", 2.0), ("nope", 1), ("scale", None)]
)
def test_a_change_that_cannot_be_is_refused_and_the_old_value_stands(
    tmp_path, name, value
):
    rig = Rig(Inverse(), tmp_path)
    rig.host.set_parameter(SetParameter(5, "node", name, value))
    (word,) = rig.words(ParameterRefused)

    assert (word.request, word.name) == (5, name)
    assert word.error["mend"]
    assert rig.host.node.scale == 1.0


def test_a_change_that_the_node_refuses_in_its_own_words_is_refused(tmp_path):
    class Careful(Inverse):
        def on_parameter(self, name, old, new):
            raise ValueError("not while the shutter is open")

    rig = Rig(Careful(), tmp_path)
    rig.host.set_parameter(SetParameter(5, "node", "scale", 2.0))

    assert "shutter" in rig.words(ParameterRefused)[0].error["problem"]


class Laser(Sink):
    """Can be made safe."""

    x = Input()

    def __init__(self):
        super().__init__()
        self.safe = 0

    def process(self, x):
        pass

    def safe_state(self):
        self.safe += 1


def test_silence_makes_a_node_safe_once(tmp_path):
    rig = Rig(Laser(), tmp_path, watchdog_s=0.5)
    for now in (0.4, 0.6, 0.7, 5.0):
        rig.host.tick(int(now * 1e9))

    assert rig.host.node.safe == 1
    assert "silent" in rig.words(MadeSafe)[0].reason


def test_a_message_after_silence_arms_the_watchdog_again(tmp_path):
    rig = Rig(Laser(), tmp_path, watchdog_s=0.5)
    rig.host.tick(10**9)
    rig.feed.write(1)
    rig.turn()
    rig.host.tick(2**62)

    assert rig.host.node.safe == 2


def test_a_watchdog_sleeps_until_it_is_due(tmp_path):
    rig = Rig(Laser(), tmp_path, watchdog_s=0.5)

    assert rig.host.wait_s(int(0.2e9)) == pytest.approx(0.3)


def test_a_node_that_was_made_safe_waits_for_messages(tmp_path):
    rig = Rig(Laser(), tmp_path, watchdog_s=0.5)
    rig.host.tick(10**9)

    assert rig.host.wait_s(2 * 10**9) is None


def test_a_watchdog_without_links_watches_nothing(tmp_path):
    class Lamp(Source):
        y = Output()

        def produce(self):
            return 1

        def safe_state(self):
            pass

    rig = Rig(Lamp(), tmp_path, watchdog_s=0.5)
    rig.host.tick(10**12)

    assert rig.words(MadeSafe) == []


def test_a_watchdog_of_a_node_without_safe_state_does_not_spin(tmp_path):
    rig = Rig(Inverse(), tmp_path, watchdog_s=0.5)
    rig.host.tick(10**9)

    assert rig.host.wait_s(2 * 10**9) is None


def test_a_watchdog_of_a_node_that_has_ended_does_not_spin(tmp_path):
    rig = Rig(Laser(), tmp_path, watchdog_s=0.5)
    rig.feed.end()
    rig.turn(2)
    rig.host.tick(2**62)

    assert rig.host.wait_s(2**62) is None


def test_a_safe_state_that_fails_is_told(tmp_path):
    class Stuck(Laser):
        def safe_state(self):
            raise OSError("valve stuck")

    rig = Rig(Stuck(), tmp_path)
    rig.host.make_safe("a test")

    assert "valve stuck" in rig.words(MadeSafe)[0].error


class Counter(Transform):
    """Hands over its count."""

    x = Input()
    y = Output()
    n = 0

    def process(self, x):
        self.n += 1
        return self.n

    def checkpoint(self):
        return {"n": self.n}

    def restore(self, state):
        self.n = state["n"]


def test_state_is_kept_and_taken_up_by_the_next_process(tmp_path):
    first = Rig(Counter(), tmp_path, checkpoint_s=1e-9)
    for _ in range(3):
        first.feed.write(0)
    first.turn(3)
    second = Rig(Counter(), tmp_path)

    assert second.host.restore()
    second.feed.write(0)
    second.turn()
    assert second.seen() == [4]


@pytest.mark.parametrize("content", [b"", b"rubbish" * 20])
def test_a_torn_state_is_told_and_the_node_starts_afresh(tmp_path, content):
    rig = Rig(Counter(), tmp_path)
    (tmp_path / "state").write_bytes(content)

    assert rig.host.restore() is False
    (fault,) = rig.words(Fault)
    assert (fault.phase, fault.answer) == ("restore", "none")


def test_without_a_state_there_is_nothing_to_take_up(tmp_path):
    assert Rig(Counter(), tmp_path).host.restore() is False


def test_teardown_that_fails_is_told(tmp_path):
    class Clumsy(Laser):
        def teardown(self):
            raise OSError("still in use")

    rig = Rig(Clumsy(), tmp_path)
    rig.host.teardown()
    rig.host.close()

    assert rig.words(Fault)[0].phase == "teardown"


class MuteError(Exception):
    """Its text can't be had."""

    def __str__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize("error", [MuteError(), ValueError("\udcff.h5")])
@pytest.mark.parametrize("on_error", ["skip", "stop_run"])
def test_an_exception_that_has_no_words_is_a_fault_like_any(tmp_path, error, on_error):
    class Speechless(Inverse):
        def process(self, x):
            if x:
                return x
            raise error

        def on_parameter(self, name, old, new):
            raise error

    rig = Rig(Speechless(), tmp_path, on_error=on_error)
    for value in (0, 2):
        rig.feed.write(value)
    rig.turn(2)
    rig.host.set_parameter(SetParameter(1, "node", "scale", 2.0))
    (fault,) = rig.words(Fault)
    (refused,) = rig.words(ParameterRefused)

    assert rig.seen() == [2]
    assert fault.error["type"] == type(error).__name__
    assert refused.error["code"] == "RV-N20"
    assert fault.error["problem"].encode()
    assert fault.traceback.encode()


@pytest.mark.parametrize("pace", [0, -1.0, float("nan"), float("inf")])
def test_a_source_whose_pace_is_no_rate_is_refused_before_the_start(tmp_path, pace):
    class Eye(Source):
        y = Output()

        def pace_hz(self):
            return pace

        def produce(self):
            return 1

    with pytest.raises(NodeError, match="Eye"):
        Rig(Eye(), tmp_path)
