"""The models of a graph."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

import ranvier.graph
from ranvier.graph import Graph, GraphLink, GraphNode, RunOptions
from ranvier.spec import LinkPolicy


@pytest.mark.parametrize(
    ("value", "seconds"), [("50 ms", 0.05), ("2 min", 120.0), (3, 3.0), (0.5, 0.5)]
)
def test_times_are_read_with_their_units(value, seconds):
    assert seconds == RunOptions(duration=value).duration


@pytest.mark.parametrize(
    "value", [0, -1, "0 s", "5 GB", "soon", True, float("nan"), float("inf"), [], ""]
)
def test_what_is_no_time_is_refused(value):
    with pytest.raises(ValidationError):
        RunOptions(duration=value)


def test_sizes_are_whole_bytes():
    assert GraphNode(type="x", memory_limit="2 GB").memory_limit == 2_000_000_000
    assert GraphNode(type="x", memory_limit="1.5 KiB").memory_limit == 1536


def test_models_are_frozen_and_forbid_unknown_keys():
    graph = Graph(name="x")

    with pytest.raises(ValidationError):
        graph.name = "y"
    with pytest.raises(ValidationError):
        Graph(name="x", colour="red")


@pytest.mark.parametrize(
    "name", ["recorder", "supervisor", "a.b", "a b", "1a", "con", "", "a__b", "a_"]
)
def test_unfit_node_names_are_refused(name):
    with pytest.raises(ValidationError):
        Graph(name="x", nodes={name: {"type": "x"}})


def test_a_link_may_be_made_in_code_by_field_name():
    link = GraphLink(source="a.b", to="c.d")

    assert link.to == ("c.d",)
    assert LinkPolicy("queue", 64, "drop_oldest") == link.build_policy()


def test_parameters_named_like_keys_of_the_file_stay_as_they_are():
    parameters = {"stream": "a", "to": ["b"], "nested": {"stream": "c"}}
    graph = Graph(name="x", nodes={"a": {"type": "t", "parameters": parameters}})

    assert parameters == graph.to_data()["nodes"]["a"]["parameters"]
    assert graph == Graph.from_data(graph.to_data())


def test_the_face_shows_exactly_what_it_says():
    # pytest, which rewrites asserts, adds names that begin with "@".
    shown = {name for name in vars(ranvier.graph) if name[0] not in "_@"}

    assert set(ranvier.graph.__all__) == shown - {"annotations"}
    assert sorted(set(ranvier.graph.__all__)) == sorted(ranvier.graph.__all__)
