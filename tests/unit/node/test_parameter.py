"""Parameters: types, limits, units; what holds, and what is told to the node."""

from __future__ import annotations

from pathlib import Path

import pytest

from ranvier.core import NodeError
from ranvier.node import Input, Parameter, Sink


class Node(Sink):
    """One of each."""

    x = Input()
    level = Parameter(1.0, unit="V", minimum=0, maximum=10, live=True)
    count = Parameter(3, minimum=1)
    mode = Parameter("a", choices=("a", "b"))
    on = Parameter(True)
    file = Parameter(None, type="path")
    wait = Parameter(0.05, unit="s")
    items = Parameter([1, [2]])
    table = Parameter({"a": {"b": 1}})
    anything = Parameter(None, type="any")
    delays = Parameter([0, 0.5], unit="s", minimum=0)
    counts = Parameter(list[int](), items="int")
    labels = Parameter(("a",))

    def process(self, x):
        pass


class Needy(Sink):
    """Needs a value."""

    x = Input()
    level = Parameter(type="float", unit="V", minimum=0)

    def process(self, x):
        pass


def test_defaults_hold_and_values_replace_them():
    assert Node().level == 1.0
    assert Node(level=2).level == 2.0
    assert isinstance(Node(level=2).level, float)
    assert isinstance(Node.level, Parameter)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("level", "500 mV", 0.5),
        ("level", 10, 10.0),
        ("level", 0, 0.0),
        ("count", 4.0, 4),
        ("count", "4", 4),
        ("wait", "2 ms", 0.002),
        ("wait", 3, 3.0),
        ("file", Path("a/b"), "a/b"),
        ("file", None, None),
        ("items", (1, 2), [1, 2]),
        ("anything", {"a"}, {"a"}),
        ("delays", [1, "5 ms"], [1.0, 0.005]),
        ("delays", (), []),
        ("counts", [2.0, "3"], [2, 3]),
        ("labels", ["b"], ["b"]),
    ],
)
def test_values_are_converted(name, given, expected):
    assert getattr(Node(**{name: given}), name) == expected


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("level", -0.1),
        ("level", 10.1),
        ("level", float("nan")),
        ("level", "loud"),
        ("level", "3 s"),
        ("level", None),
        ("level", True),
        ("level", [1]),
        ("level", 10**400),
        ("wait", float("nan")),
        ("wait", float("inf")),
        ("wait", float("-inf")),
        ("wait", "1e400 s"),
        ("delays", [1, "north"]),
        ("delays", [1, -1]),
        ("delays", [float("nan")]),
        ("delays", 3),
        ("counts", [1.5]),
        ("counts", [True]),
        ("labels", [1]),
        ("labels", "ab"),
        ("count", 0),
        ("count", 1.5),
        ("count", float("inf")),
        ("count", 10**400),
        ("mode", "c"),
        ("mode", 1),
        ("on", 1),
        ("on", "yes"),
        ("file", 3),
        ("items", "abc"),
        ("table", [1]),
        ("wait", "3 Hz"),
    ],
)
def test_values_outside_the_declaration_are_refused_by_name(name, given):
    with pytest.raises(NodeError, match=rf"Node\.{name}") as caught:
        Node(**{name: given})

    assert caught.value.code == "RV-N02"


def test_a_refused_change_leaves_the_old_value():
    node = Node(level=2)
    with pytest.raises(NodeError):
        node.level = 11

    assert node.level == 2.0


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(NodeError, match='did you mean "level"'):
        Node(levle=1)
    with pytest.raises(NodeError, match="RV-N08"):
        Node().set_parameter("nothing_like_it", 1)


def test_a_value_that_must_be_given_is_asked_for():
    with pytest.raises(NodeError, match="RV-N05"):
        Needy()

    assert Needy(level="2 V").level == 2.0


def test_lists_and_mappings_are_a_nodes_own_to_the_bottom():
    one, other = Node(), Node()
    one.items[1].append(3)
    one.table["a"]["b"] = 9

    assert other.items == [1, [2]]
    assert other.table == {"a": {"b": 1}}


def test_the_node_is_told_of_a_change_and_may_refuse_it():
    class Careful(Node):
        def on_parameter(self, name, old, new):
            self.told = (name, old, new)
            if new > 5:
                raise ValueError("too much for this apparatus")

    node = Careful()
    node.level = "2000 mV"
    with pytest.raises(ValueError, match="too much"):
        node.level = 6

    assert node.told == ("level", 2.0, 6.0)
    assert node.level == 2.0


@pytest.mark.parametrize(
    "declare",
    [
        Parameter,
        lambda: Parameter(None),
        lambda: Parameter(object()),
        lambda: Parameter(5.0, maximum=3),
        lambda: Parameter("c", choices=("a", "b")),
        lambda: Parameter("x", type="float"),
        lambda: Parameter(float("inf")),
        lambda: Parameter([1.0, "a"], items="float"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(declare):
    with pytest.raises(NodeError):
        declare()


def test_the_item_that_does_not_fit_is_named():
    with pytest.raises(NodeError) as caught:
        Node(delays=[1, "north"])

    assert caught.value.found == "item 2 of 2 is 'north' (str)"
    assert caught.value.wanted == "a list, each item a float in s, 0 or more"


def test_a_number_that_is_not_finite_is_refused_as_such():
    with pytest.raises(NodeError) as caught:
        Node(wait=float("inf"))

    assert caught.value.mend == "give a finite number"


def test_a_bool_is_asked_for_in_words():
    with pytest.raises(NodeError) as caught:
        Node(on="yes")

    assert caught.value.wanted == "true or false"


def test_a_refused_default_has_no_name_yet_and_a_long_value_is_cut():
    with pytest.raises(NodeError) as caught:
        Parameter("x" * 1000, choices=("a",))

    assert caught.value.problem.endswith("is not a value of the parameter.")
    assert len(caught.value.problem) < 200
