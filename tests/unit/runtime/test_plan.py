"""From a graph to processes and streams."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ranvier.graph import RECORDER, Graph
from ranvier.runtime._plan import (
    list_awaited,
    plan_streams,
    plan_workers,
    select_streams,
)
from ranvier.spec import Catalogue, NodeSpec, PortSpec

IN, OUT = PortSpec("i", "input"), PortSpec("o", "output")
CATALOGUE = Catalogue(
    [
        NodeSpec("source", "source", outputs=(OUT,)),
        NodeSpec("node", "transform", inputs=(IN,), outputs=(OUT,)),
        NodeSpec("sink", "sink", inputs=(IN,)),
    ]
)
HERE = Path("/experiment")


def a_graph(nodes, *links, record=(), **run):
    return Graph.from_data(
        {
            "name": "x",
            "nodes": {
                name: {"type": fields} if isinstance(fields, str) else fields
                for name, fields in nodes.items()
            },
            "links": [
                {"from": f"{a}.o", "to": f"{b}.i"}
                for a, b in (link.split(">") for link in links)
            ],
            "record": record if isinstance(record, str) else list(record),
            "run": run,
        }
    )


CHAIN = {"a": "source", "b": "node", "c": "sink"}


def test_each_node_has_a_process_and_the_recorder_comes_last():
    graph = a_graph(CHAIN, "a>b", "b>c", record=["a.o"])
    workers = plan_workers(graph, HERE, record=True)

    assert [worker.name for worker in workers] == ["a", "b", "c", RECORDER]
    assert [worker.number for worker in workers] == [0, 1, 2, 3]
    assert [w.is_recorder for w in workers] == [False, False, False, True]
    assert all(worker.python == sys.executable for worker in workers)


@pytest.mark.parametrize(("asked", "record"), [((), True), (["a.o"], False)])
def test_without_anything_to_record_there_is_no_recorder(asked, record):
    graph = a_graph(CHAIN, "a>b", record=asked)

    assert len(plan_workers(graph, HERE, record=record)) == 3


def test_nodes_of_a_group_share_a_process_and_keep_their_rows():
    nodes = {
        "a": {"type": "source", "group": "fast", "step_limit": "2 s"},
        "b": {"type": "node"},
        "c": {"type": "sink", "group": "fast", "on_error": "stop_run"},
    }
    workers = plan_workers(a_graph(nodes, "a>b", "b>c"), HERE, record=False)

    assert [[n.name for n in w.nodes] for w in workers] == [["a", "c"], ["b"]]
    assert [[n.index for n in w.nodes] for w in workers] == [[0, 2], [1]]
    assert workers[0].stops_run
    assert workers[0].step_limit_s == 2.0


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        (None, sys.executable),
        ("python3.9", "python3.9"),
        ("../env/bin/python", "/experiment/../env/bin/python"),
        ("/opt/env/bin/python", "/opt/env/bin/python"),
    ],
)
def test_interpreters_are_found_beside_the_graph(python, expected):
    fields = {"type": "source", **({"python": python} if python else {})}
    (worker,) = plan_workers(a_graph({"a": fields}), HERE, record=False)

    assert worker.python == expected


def planned(graph, record=True):
    workers = plan_workers(graph, HERE, record=record)
    return workers, plan_streams(graph, CATALOGUE, workers)


def test_streams_and_links_are_numbered_through():
    graph = a_graph(CHAIN, "a>b", "b>c", "a>c", record=["a.o", "b.o"])
    _, streams = planned(graph)
    links = [link.index for plan in streams for link in plan.links]

    assert [plan.index for plan in streams] == list(range(len(streams)))
    assert sorted(links) == list(range(len(links)))


def test_the_intake_of_each_recorded_node_is_recorded_without_loss():
    graph = a_graph(CHAIN, "a>b", "b>c", record=["b.o"])
    workers, streams = planned(graph)
    intakes = [plan for plan in streams if plan.port == "intake"]

    assert [plan.stream for plan in intakes] == ["b.intake"]
    assert intakes[0].links[0].policy.mode == "lossless"
    assert intakes[0].links[0].reader == workers[-1].number
    assert intakes[0].writer == 1


@pytest.mark.parametrize(("speed", "patience"), [("max", None), ("real", 1.0)])
def test_flat_out_the_recording_is_waited_for(speed, patience):
    graph = a_graph(CHAIN, "a>b", record=["a.o"], speed=speed)
    _, streams = planned(graph)

    assert streams[-1].links[0].policy.patience_s == patience


def test_nothing_is_planned_for_a_recorder_that_is_left_out():
    graph = a_graph(CHAIN, "a>b", record="all")
    _, streams = planned(graph, record=False)

    assert all(link.target_node != RECORDER for p in streams for link in p.links)
    assert all(plan.port != "intake" for plan in streams)


def test_a_worker_is_given_whole_plans_of_what_it_writes_or_reads():
    graph = a_graph(CHAIN | {"d": "sink"}, "a>b", "b>c", "a>d")
    workers, streams = planned(graph, record=False)
    chosen = [
        [plan.stream for plan in select_streams(streams, worker.nodes)]
        for worker in workers
    ]

    assert chosen == [["a.o"], ["a.o", "b.o"], ["b.o"], ["a.o"]]
    assert len(select_streams(streams, workers[3].nodes)[0].links) == 2


def test_sources_and_what_they_feed_are_waited_for():
    nodes = CHAIN | {"alone": "sink"}
    graph = a_graph(nodes, "a>b", "b>c", record=["a.o"])
    _, streams = planned(graph)

    assert list_awaited(graph, streams) == {"a", "b", "c", RECORDER}


def test_a_graph_without_links_waits_for_its_source():
    graph = a_graph({"a": "source"})
    _, streams = planned(graph, record=False)

    assert list_awaited(graph, streams) == {"a"}
