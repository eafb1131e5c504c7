from __future__ import annotations

from pathlib import Path

import pytest

from ranvier.audit import WITHHELD
from ranvier.core import RecordingError
from ranvier.graph import format_graph, parse_graph
from ranvier.recording import CodeVersion, Manifest, NodeEntry, SessionFolder
from ranvier.runtime._replay_graph import build_replay_graph, make_paths_absolute
from ranvier.spec import NodeSpec, ParameterSpec, PortSpec

LOOP = """\
ranvier: 1
name: loop
nodes:
  eye: {type: camera, watchdog: 1 s, on_error: restart}
  brain: {type: "./nodes.py:Brain", parameters: {gain: 2}}
links:
  - {from: eye.frame, to: [brain.frame], policy: lossless}
  - {from: brain.choice, to: eye.stimulus}
record: [eye.frame, brain.choice]
run: {duration: 60 s}
"""


class FakeRecording(dict):
    """The names of what was recorded, and a manifest."""

    def __init__(self, folder, text, nodes, streams):
        super().__init__(dict.fromkeys(streams))
        self.folder = SessionFolder(folder)
        graph = parse_graph(text).graph
        self.manifest = Manifest(
            "r", graph.name, text, "", "", 0, nodes=nodes, seed=7, speed="real"
        )


def build_entry(name, kind, outputs=(), *, code=None, **parameters):
    ports = tuple(PortSpec(port, "output") for port in outputs)
    declared = tuple(ParameterSpec(key, default=0) for key in parameters)
    reference = "ranvier_file_nodes_1234:Brain"
    spec = NodeSpec(name, kind, outputs=ports, parameters=declared, reference=reference)
    return NodeEntry(name, spec, parameters=parameters, code=code)


def build_loop(folder, streams=("eye.frame", "brain.choice"), code=None):
    nodes = (
        build_entry("eye", "source", ("frame", "aux")),
        build_entry("brain", "transform", ("choice",), code=code, gain=5, rest=0),
    )
    return FakeRecording(folder, LOOP, nodes, streams)


def test_a_source_is_replaced_and_what_led_to_it_left_out(tmp_path):
    graph = build_replay_graph(build_loop(tmp_path), "max")

    eye = graph.nodes["eye"]
    assert eye.type == "ranvier.recording:ReplaySource"
    assert eye.parameters["streams"] == ["eye.frame"]
    assert Path(eye.parameters["recording"]) == tmp_path
    assert eye.watchdog is None
    assert [(p.source, p.target) for p in graph.pairs()] == [
        ("eye.frame", "brain.frame")
    ]


def test_parameters_are_those_of_the_run_without_defaults(tmp_path):
    graph = build_replay_graph(build_loop(tmp_path), "real")

    assert graph.nodes["brain"].parameters == {"gain": 5}


def test_it_ends_with_the_recording_and_has_its_seed(tmp_path):
    graph = build_replay_graph(build_loop(tmp_path), "max")

    assert (graph.run.duration, graph.run.speed, graph.run.seed) == (None, "max", 7)
    assert graph.name == "loop-replay"


def test_what_is_built_can_be_written_and_read(tmp_path):
    graph = build_replay_graph(build_loop(tmp_path), "real")

    assert parse_graph(format_graph(graph)).graph == graph


@pytest.mark.parametrize("has_changed", [False, True])
def test_the_code_that_ran_is_run_again(tmp_path, has_changed):
    source, copy = tmp_path / "nodes.py", tmp_path / "code" / "nodes.py"
    copy.parent.mkdir()
    copy.write_text("as it ran")
    source.write_text("changed since" if has_changed else "as it ran")
    code = CodeVersion("nodes.py", source=str(source), copy="nodes.py")

    graph = build_replay_graph(build_loop(tmp_path, code=code), "real")

    place = copy if has_changed else source
    assert graph.nodes["brain"].type == f"{place}:Brain"


def test_a_stream_that_was_not_recorded_can_not_be_replayed(tmp_path):
    with pytest.raises(RecordingError) as caught:
        build_replay_graph(build_loop(tmp_path, streams=("brain.choice",)), "real")

    assert "eye.frame" in caught.value.problem


def test_several_sources_become_one_so_that_they_keep_in_step(tmp_path):
    text = """\
ranvier: 1
name: two
nodes: {left: {type: a}, right: {type: a}, view: {type: v}}
links:
  - {from: left.frame, to: view.left}
  - {from: right.frame, to: view.right}
  - {from: right.wheel, to: view.wheel}
record: all
"""
    nodes = (
        build_entry("left", "source", ("frame",)),
        build_entry("right", "source", ("frame", "wheel")),
        build_entry("view", "sink"),
    )
    streams = ("left.frame", "right.frame", "right.wheel")

    graph = build_replay_graph(FakeRecording(tmp_path, text, nodes, streams), "real")

    assert list(graph.nodes) == ["replay", "view"]
    assert graph.nodes["replay"].parameters["streams"] == list(streams)
    assert [pair.source for pair in graph.pairs()] == [
        "replay.left__frame",
        "replay.right__frame",
        "replay.wheel",
    ]


@pytest.mark.parametrize(("given", "expected"), [({"gain": 2}, {"gain": 2}), ({}, {})])
def test_what_was_withheld_is_taken_from_the_graph(tmp_path, given, expected):
    recording = build_loop(tmp_path)
    brain = build_entry("brain", "transform", ("choice",), gain=WITHHELD)
    text = LOOP.replace("{gain: 2}", str(given))
    nodes = (recording.manifest.nodes[0], brain)

    graph = build_replay_graph(FakeRecording(tmp_path, text, nodes, recording), "real")

    assert expected == graph.nodes["brain"].parameters


def test_paths_are_made_absolute_and_empty_ones_stay_empty():
    spec = NodeSpec(
        "n",
        "source",
        parameters=(ParameterSpec("a", "path"), ParameterSpec("b", "path")),
    )
    given = {"a": "x.tif", "b": "", "c": "y"}

    found = make_paths_absolute(given, spec, Path("/rig"))

    assert found == {"a": "/rig/x.tif", "b": "", "c": "y"}
