"""Plain functions as nodes."""

from __future__ import annotations

import pytest

from ranvier.core import NodeError
from ranvier.node import (
    Input,
    Output,
    Parameter,
    Transform,
    describe,
    node_class,
    sink,
    source,
    transform,
)
from ranvier.testing import run_node

SIGNAL = Input("float64", shape=(), unit="V")
LEVEL = Parameter(1.0, live=True)
NEEDED = Parameter(type="float")


@transform(inputs=SIGNAL, outputs=Output("bool", shape=()))
def is_high(signal, *, level=LEVEL):
    """Say whether a signal is high."""
    return signal > level


@transform(inputs=SIGNAL)
def halved(volts):
    return volts / 2


@transform(
    inputs={"b": Input("text")},
    outputs={"sum": Output(), "difference": Output()},
    deterministic=False,
)
def both(a, b, *, scale=2):
    return None if a is None or b is None else {"sum": scale * (a + b)}


@source(outputs=Output("int64", shape=()), pace_hz=50)
def numbers(*, stop=3):
    yield from range(stop)


@source()
def constant(*, value=7):
    return value


@sink()
def swallow(x):
    return x


def test_the_function_stays_a_function():
    assert is_high(2.0)
    assert not is_high(2.0, level=3.0)
    assert both(1, 2) == {"sum": 6}
    assert list(numbers(stop=2)) == [0, 1]


def test_arguments_are_inputs_and_keywords_are_parameters():
    spec = describe(node_class(is_high))

    assert (spec.name, spec.kind, spec.doc) == (
        "is_high",
        "transform",
        "Say whether a signal is high.",
    )
    assert [port.name for port in spec.inputs] == ["signal"]
    assert (spec.outputs[0].name, spec.outputs[0].dtype) == ("output", "bool")
    assert (spec.parameters[0].name, spec.parameters[0].live) == ("level", True)


def test_a_declaration_may_serve_several_functions():
    assert describe(node_class(is_high)).inputs[0].name == "signal"
    assert describe(node_class(halved)).inputs[0].name == "volts"
    assert run_node(is_high, [0.5, 1.5]) == {"output": [False, True]}


def test_several_inputs_with_a_parameter_run():
    spec = describe(node_class(both))
    sent = run_node(both, [("a", 1), ("b", 2), ("a", 3)])

    assert [port.kind for port in spec.inputs] == ["any", "text"]
    assert sent == {"sum": [6, 10], "difference": []}
    assert not spec.deterministic


def test_sources_of_both_makes_run():
    assert run_node(numbers) == {"output": [0, 1, 2]}
    assert run_node(node_class(numbers)(stop=1)) == {"output": [0]}
    assert run_node(constant, n_items=2) == {"output": [7, 7]}
    assert node_class(numbers)().pace_hz() == 50
    assert node_class(constant)().pace_hz() is None


def test_a_sink_has_no_output():
    assert run_node(swallow, [1, 2]) == {}


def test_an_input_that_no_argument_takes_is_refused():
    with pytest.raises(NodeError, match="sginal") as caught:

        @transform(inputs={"sginal": SIGNAL})
        def wrong(signal):
            return signal

    assert caught.value.code == "RV-N06"


def test_a_keyword_without_default_must_say_its_type():
    with pytest.raises(NodeError, match="must say its type"):

        @transform()
        def wrong(x, *, level):
            return x


def test_a_keyword_that_must_be_given_is_asked_for_in_both_uses():
    @transform()
    def needy(x, *, level=NEEDED):
        return level

    with pytest.raises(TypeError, match="level"):
        needy(1)
    with pytest.raises(NodeError, match="RV-N05"):
        node_class(needy)()

    assert needy(1, level=2.0) == 2.0


@pytest.mark.parametrize("thing", [int, len, 5, Transform, "words"])
def test_what_is_no_node_is_refused(thing):
    with pytest.raises(NodeError, match="RV-N10"):
        node_class(thing)


def test_a_decorator_without_brackets_works_like_the_called_one() -> None:
    @source
    def count():
        return 1

    @transform
    def double(x):
        return 2 * x

    @sink
    def show(x):
        assert x

    @transform()
    def called(x):
        return 2 * x

    assert (count(), double(4), show(1)) == (1, 8, None)
    specs = [describe(node_class(each)) for each in (count, double, show)]
    assert [spec.kind for spec in specs] == ["source", "transform", "sink"]
    assert describe(node_class(called)).inputs == specs[1].inputs
