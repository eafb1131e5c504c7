"""Streams and links of a run, numbered."""

from __future__ import annotations

import pytest

from ranvier.core import GraphError
from ranvier.graph import (
    Graph,
    build_streams,
    list_recorded,
    name_recorder_input,
)
from ranvier.spec import Catalogue, LinkPolicy, NodeSpec, PortSpec

CATALOGUE = Catalogue(
    [
        NodeSpec(
            "camera",
            "source",
            inputs=(PortSpec("go", "input"),),
            outputs=(PortSpec("frame", "output"), PortSpec("late", "output")),
        ),
        NodeSpec(
            "judge",
            "transform",
            inputs=(PortSpec("frame", "input"),),
            outputs=(PortSpec("go", "output"),),
        ),
    ]
)
DATA = {
    "name": "x",
    "nodes": {
        "eye": {"type": "camera"},
        "a": {"type": "judge"},
        "b": {"type": "judge"},
    },
    "links": [
        {"from": "a.go", "to": "eye.go", "policy": "lossless", "patience": "2 s"},
        {"from": "eye.frame", "to": ["a.frame", "b.frame"], "policy": "latest"},
    ],
    "record": ["eye.frame", {"stream": "b.go", "depth": 9}],
}
PROCESSES = {"eye": 0, "a": 1, "b": 1, "recorder": 7}


def test_streams_and_links_are_numbered_in_the_order_of_the_file():
    streams = build_streams(Graph.from_data(DATA), CATALOGUE, PROCESSES)

    assert [s.stream for s in streams] == ["eye.frame", "eye.late", "a.go", "b.go"]
    assert [stream.index for stream in streams] == [0, 1, 2, 3]
    assert [stream.writer for stream in streams] == [0, 0, 1, 1]
    links = [link for stream in streams for link in stream.links]
    assert list(range(5)) == [link.index for link in links]
    assert [
        (link.stream, link.target, link.reader, link.feedback) for link in links
    ] == [
        ("eye.frame", "a.frame", 1, False),
        ("eye.frame", "b.frame", 1, False),
        ("eye.frame", "recorder.eye__frame", 7, False),
        ("a.go", "eye.go", 0, True),
        ("b.go", "recorder.b__go", 7, False),
    ]


def test_policies_have_their_defaults_filled_in():
    streams = build_streams(Graph.from_data(DATA), CATALOGUE, PROCESSES)
    policies = {link.target: link.policy for s in streams for link in s.links}

    assert LinkPolicy("latest", depth=1) == policies["a.frame"]
    assert LinkPolicy("lossless", 64, patience_s=2.0) == policies["eye.go"]
    assert (
        LinkPolicy("lossless", 1024, patience_s=1.0) == policies["recorder.eye__frame"]
    )
    assert policies["recorder.b__go"].depth == 9


def test_at_speed_max_the_recorder_is_waited_for_as_long_as_it_takes():
    graph = Graph.from_data({**DATA, "run": {"speed": "max"}})
    streams = build_streams(graph, CATALOGUE, PROCESSES)

    assert {None} == {
        link.policy.patience_s
        for stream in streams
        for link in stream.links
        if link.target_node == "recorder"
    }


def test_record_all_takes_every_output():
    graph = Graph.from_data({**DATA, "record": "all"})

    recorded = [entry.stream for entry in list_recorded(graph, CATALOGUE)]

    assert recorded == ["eye.frame", "eye.late", "a.go", "b.go"]


def test_without_a_record_no_recorder_is_needed():
    data = {key: value for key, value in DATA.items() if key != "record"}
    processes = {"eye": 0, "a": 1, "b": 2}

    streams = build_streams(Graph.from_data(data), CATALOGUE, processes)

    assert sum(len(stream.links) for stream in streams) == 3


def test_an_unknown_type_or_a_node_without_process_is_refused():
    graph = Graph.from_data(DATA)
    cases = (
        (Catalogue(), PROCESSES, "RV-G40"),
        (CATALOGUE, {"eye": 0}, "RV-G43"),
    )
    for catalogue, processes, code in cases:
        with pytest.raises(GraphError) as caught:
            build_streams(graph, catalogue, processes)

        assert caught.value.code == code


def test_unlike_streams_have_unlike_inputs_of_the_recorder():
    assert name_recorder_input("a.b__c") == "a__b__c"
    with pytest.raises(ValueError, match="__"):
        Graph.from_data({"name": "x", "nodes": {"a__b": {"type": "camera"}}})
    with pytest.raises(ValueError, match="at the end"):
        Graph.from_data({"name": "x", "nodes": {"a_": {"type": "camera"}}})
