from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.cli._values import (
    parse_assignments,
    parse_duration,
    parse_value,
    split_place,
)
from ranvier.core import GraphError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-1.5e3", -1500.0),
        ("true", True),
        ("on", "on"),
        ("null", None),
        ("50 ms", "50 ms"),
        ("[1, two]", [1, "two"]),
        ("{a: 1}", {"a": 1}),
        ("2026-11-20", "2026-11-20"),
        ("[1, ", "[1, "),
        ("*nothing", "*nothing"),
        ("", None),
    ],
)
def test_a_value_is_read_as_a_graph_file_would(text: str, value: object) -> None:
    found = parse_value(text)

    assert value == found
    assert type(value) is type(found)


@given(st.text())
def test_any_text_gives_a_value(text: str) -> None:
    parse_value(text)


def test_assignments_are_gathered_by_node() -> None:
    found = parse_assignments(["eye.gain=2", "eye.name=a=b", "ear.on=true"])

    assert found == {"eye": {"gain": 2, "name": "a=b"}, "ear": {"on": True}}


@pytest.mark.parametrize("text", ["", "eye", "eye=2", "eye.=2", ".gain=2", "a.b.c=2"])
def test_what_is_no_assignment_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(GraphError) as caught:
        parse_assignments([text])

    assert caught.value.mend


def test_a_place_is_node_and_parameter() -> None:
    assert split_place("eye.gain") == ("eye", "gain")


def test_a_duration_has_a_unit_or_is_in_seconds() -> None:
    found = [parse_duration(text) for text in (None, "60s", "2 min", "1.5")]

    assert found == [None, 60.0, 120.0, 1.5]


@pytest.mark.parametrize("text", ["0", "-1 s", "soon", "3 V"])
def test_what_is_no_time_of_a_run_is_refused(text: str) -> None:
    with pytest.raises(GraphError):
        parse_duration(text)
