"""What a class declares is collected, and what can't be run is refused."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.node import (
    Input,
    Node,
    NodeDriver,
    Output,
    Parameter,
    Sink,
    Source,
    Transform,
    describe,
)

FRAME = Input("uint16", shape=("height", "width"), unit="count")
GAIN = Parameter(1.0, live=True)


class Base(Transform):
    """A base with one of each.

    And more words.
    """

    frame = FRAME
    out = Output("float32", shape=(None,))
    gain = GAIN

    def process(self, frame):
        return frame


class Derived(Base):
    picture = FRAME
    frame = None
    out = Output("text")
    factor = GAIN

    def process(self, picture):
        return picture


def names(ports):
    return [port.name for port in ports]


def test_what_is_declared_is_described():
    spec = describe(Base)

    assert (spec.name, spec.kind, spec.summary) == (
        "Base",
        "transform",
        "A base with one of each.",
    )
    assert names(spec.inputs) == ["frame"]
    assert spec.inputs[0].describe() == "uint16 array, shape (height, width), count"
    assert spec.outputs[0].shape == (None,)
    assert [p.name for p in spec.parameters] == ["gain"]
    assert spec.reference.endswith(":Base")


def test_a_derived_class_adds_replaces_and_takes_away():
    spec = describe(Derived)

    assert names(spec.inputs) == ["picture"]
    assert spec.outputs[0].kind == "text"
    assert [p.name for p in spec.parameters] == ["gain", "factor"]
    assert spec.summary == ""


def test_one_declaration_at_two_places_is_two():
    node = Derived(factor=3.0)

    assert names(describe(Base).inputs) == ["frame"]
    assert (node.gain, node.factor) == (1.0, 3.0)
    frame = np.array([7], np.float32)
    (sent,) = NodeDriver(Base()).deliver("frame", frame)

    assert sent.value is frame


def test_two_names_of_one_class_may_share_a_declaration():
    class Pair(Sink):
        left = FRAME
        right = FRAME

        def process(self, left, right):
            pass

    assert names(describe(Pair).inputs) == ["left", "right"]


@pytest.mark.parametrize(
    "name", ["context", "parameters", "setup", "kind", "tags", "deterministic"]
)
@pytest.mark.parametrize("kind", [Input, lambda: Parameter(1.0), Output])
def test_names_that_every_node_uses_are_refused(name, kind):
    with pytest.raises(NodeError, match=f'"{name}"'):
        type("Mine", (Sink,), {"x": Input(), "process": print, name: kind()})


async def wait(self):
    """A method that only an event loop can call."""


@pytest.mark.parametrize(
    "process",
    [
        lambda self, x: x,
        lambda self, *values: values,
        lambda self, x, gain=1: x,
        staticmethod(lambda x: x),
        print,
    ],
)
def test_a_process_that_takes_the_input_is_a_process(process):
    made = type("Mine", (Sink,), {"x": Input(), "process": process})

    assert made.kind == "sink"


@pytest.mark.parametrize("shape", [3, "h"])
def test_a_size_alone_is_no_shape(shape):
    with pytest.raises(NodeError, match="RV-N36") as caught:
        Input("uint8", shape=shape)

    assert f"({shape!r},)" in caught.value.mend


def test_an_input_called_parameter_would_be_taken_for_a_change():
    with pytest.raises(NodeError, match='"parameter"'):
        type("Mine", (Sink,), {"parameter": Input(), "process": print})


@pytest.mark.parametrize(
    ("base", "members", "code"),
    [
        (Sink, {"x": Input()}, "RV-N07"),
        (Transform, {"x": Input(), "y": Output()}, "RV-N07"),
        (Source, {"y": Output()}, "RV-N07"),
        (Source, {"x": Input(), "produce": print}, "RV-N07"),
        (Sink, {"a": Input(), "b": Input(), "process": lambda s, a: 1}, "RV-N06"),
        (Sink, {"a": Input(), "b": Input(), "process": lambda s, a, c: 1}, "RV-N06"),
        (Node, {}, "RV-N10"),
        (Sink, {"x": Input(), "process": lambda: 1}, "RV-N06"),
        (Sink, {"x": Input(), "process": lambda x: 1}, "RV-N06"),
        (Sink, {"x": Input(), "process": lambda s, x, y: 1}, "RV-N06"),
        (Sink, {"x": Input, "process": lambda s, x: 1}, "RV-N37"),
        (Transform, {"y": Output, "process": lambda s: 1}, "RV-N37"),
        (Source, {"y": Output(), "produce": wait}, "RV-N34"),
    ],
)
def test_what_cannot_be_run_is_refused_where_it_is_written(base, members, code):
    with pytest.raises(NodeError) as caught:
        type("Mine", (base,), members)

    assert caught.value.code == code
    assert caught.value.mend


@pytest.mark.parametrize(
    ("dtype", "shape", "expected"),
    [
        (None, None, ("any", None, None)),
        (None, (), ("scalar", None, None)),
        (None, (3,), ("array", None, (3,))),
        ("float32", (None, "n"), ("array", "float32", (None, "n"))),
        ("float32", None, ("array", "float32", None)),
        (float, (), ("scalar", "float64", None)),
        (bool, (), ("scalar", "bool", None)),
        (str, None, ("text", None, None)),
        ("mapping", None, ("mapping", None, None)),
        (dict, None, ("mapping", None, None)),
        ("table", None, ("table", None, None)),
        (bytes, None, ("bytes", None, None)),
        ("array", (2,), ("array", None, (2,))),
    ],
)
def test_types_of_ports(dtype, shape, expected):
    spec = Input(dtype, shape=shape).describe()

    assert (spec.kind, spec.dtype, spec.shape) == expected


@pytest.mark.parametrize("dtype", ["floaty", object()])
def test_a_type_that_no_port_can_carry_is_refused(dtype):
    with pytest.raises(NodeError, match="RV-N03"):
        Input(dtype)


def test_marks_of_a_class_are_described():
    class Marked(Sink):
        x = Input()
        deterministic = False
        tags = ("a",)

        def process(self, x):
            pass

        def checkpoint(self):
            return {}

        def safe_state(self):
            pass

    spec = describe(Marked, name="marked", reference="m:M")

    assert (spec.deterministic, spec.keeps_state, spec.has_safe_state) == (
        False,
        True,
        True,
    )
    assert (spec.name, spec.reference, spec.tags) == ("marked", "m:M", ("a",))
