"""One node without a run, as node authors test it."""

from __future__ import annotations

import pytest

from ranvier.core import NodeError
from ranvier.node import (
    Context,
    Input,
    Output,
    Parameter,
    Sink,
    Source,
    StopProducing,
    Transform,
)
from ranvier.testing import FakeClock, run_node


class Scaled(Transform):
    """Keeps a diary."""

    x = Input()
    y = Output()
    scale = Parameter(1)

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.diary = []

    def setup(self):
        self.diary.append("setup")

    def process(self, x):
        return x * self.scale

    def finish(self):
        self.diary.append("finish")

    def teardown(self):
        self.diary.append("teardown")


def test_values_go_in_and_come_out():
    node = Scaled(scale=3)

    assert run_node(node, [1, 2]) == {"y": [3, 6]}
    assert run_node(Scaled, {"x": [1, 2]}) == {"y": [1, 2]}
    assert run_node(Scaled) == {"y": []}
    assert node.diary == ["setup", "finish", "teardown"]


def test_a_node_that_fails_is_torn_down():
    node = Scaled()
    with pytest.raises(TypeError):
        run_node(node, [None])

    assert node.diary == ["setup", "teardown"]


class Pair(Transform):
    """Two inputs."""

    a = Input()
    b = Input()
    y = Output()

    def process(self, a, b):
        return (a, b)


def test_inputs_by_name_are_delivered_in_turn():
    assert run_node(Pair, {"a": [1, 2, 3], "b": [9]})["y"] == [
        (1, None),
        (1, 9),
        (2, 9),
        (3, 9),
    ]


def test_pairs_are_delivered_in_their_own_order():
    assert run_node(Pair, [("b", 1), ("a", 2)])["y"] == [(None, 1), (2, 1)]


@pytest.mark.parametrize("inputs", [{"nope": [1]}, [("nope", 1)]])
def test_an_input_that_is_not_there_is_refused_by_name(inputs):
    with pytest.raises(NodeError, match="nope") as caught:
        run_node(Pair, inputs)

    assert "a, b" in caught.value.wanted


class Ticks(Source):
    """Three ticks."""

    y = Output()
    n = 0

    def produce(self):
        if self.n == 3:
            raise StopProducing
        self.n += 1
        return self.n


def test_a_source_is_asked_as_often_as_said_or_to_its_end():
    assert run_node(Ticks, n_items=2) == {"y": [1, 2]}
    assert run_node(Ticks, n_items=0) == {"y": []}
    assert run_node(Ticks) == {"y": [1, 2, 3]}


class Dice(Source):
    """Random numbers, notes and questions."""

    y = Output()

    def produce(self):
        self.context.note("thrown")
        self.context.ask("other", "level", 2)
        self.context.skip("y", 2)
        self.context.report("dice", "six", n=6)
        self.context.stop_run("enough")
        return self.context.rng.integers(1000)


def test_the_same_seed_gives_the_same_numbers():
    first, again = (run_node(Dice, n_items=5, seed=1)["y"] for _ in range(2))

    assert first == again
    assert run_node(Dice, n_items=5, seed=2)["y"] != first


def test_a_context_of_ones_own_keeps_what_the_node_said(tmp_path):
    clock = FakeClock(5)
    context = Context("dice", clock=clock, folder=tmp_path / "own")
    run_node(Dice, n_items=2, context=context)
    clock.advance(0.25)

    assert context.notes[0] == "thrown"
    assert context.asked[0] == ("other", "level", 2)
    assert context.skipped == {"y": 4}
    assert context.stop_reason == "enough"
    assert context.now_ns() == 250_000_005
    assert context.folder.is_dir()


def test_a_loan_outside_a_run_is_an_array():
    loan = Context().loan("y", [2, 3], "u2")

    assert (loan.shape, loan.dtype.name) == ((2, 3), "uint16")


def test_a_sink_gives_nothing_out():
    class Swallow(Sink):
        x = Input()

        def process(self, x):
            pass

    assert run_node(Swallow, [1]) == {}
