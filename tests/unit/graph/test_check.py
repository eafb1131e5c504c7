"""Every fault of a graph, at once, on the right line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ranvier.core import GraphError, NodeError
from ranvier.graph import Fault, Graph, Report, check, parse_graph
from ranvier.spec import Catalogue, NodeSpec, ParameterSpec, PortSpec


def an_input(name, dtype="float64", shape=(), **more):
    return PortSpec(name, "input", "array", dtype, shape, **more)


def an_output(name, dtype="float64", shape=(), **more):
    return PortSpec(name, "output", "array", dtype, shape, **more)


@pytest.fixture
def catalogue():
    known = Catalogue(
        [
            NodeSpec(
                "signal_generator",
                "source",
                outputs=(an_output("signal"),),
                parameters=(
                    ParameterSpec("rate_hz", "float", 100.0, unit="Hz", minimum=0.1),
                    ParameterSpec("channel", "int", required=True),
                ),
            ),
            NodeSpec(
                "threshold",
                "transform",
                inputs=(an_input("signal"),),
                outputs=(an_output("above", "bool"),),
                parameters=(ParameterSpec("level", "float", 1.0, unit="V"),),
                has_safe_state=True,
                keeps_state=True,
            ),
            NodeSpec(
                "camera", "source", outputs=(an_output("frame", "uint16", (64, 48)),)
            ),
            NodeSpec(
                "small", "source", outputs=(an_output("frame", "uint16", (32, 48)),)
            ),
            NodeSpec(
                "align",
                "transform",
                inputs=(
                    an_input("frame", "uint16", ("h", "w")),
                    an_input("mask", "uint16", ("h", "w"), optional=True),
                ),
                outputs=(an_output("aligned", "uint16", ("h", "w")),),
            ),
            NodeSpec("wide", "sink", inputs=(an_input("x", "uint16", (64, 64)),)),
        ]
    )
    error = NodeError("there is no module mine.", code="RV-N10", mend="install it")
    known.add_fault("mine:Node", error)
    return known


HEAD = "ranvier: 1\nname: x\n"
TWO = """\
nodes:
  sensor: {type: signal_generator, parameters: {channel: 1}}
  detector: {type: threshold}
links:
  - {from: sensor.signal, to: detector.signal}
"""


def found_in(text, catalogue):
    report = check(parse_graph(HEAD + text, "graph.yaml"), catalogue)
    return [(f.line, f.error.code) for f in (*report.faults, *report.warnings)]


def test_a_right_graph_has_no_faults_and_no_warnings(catalogue):
    assert found_in(TWO, catalogue) == []


def test_ten_unlike_faults_are_all_listed_with_their_lines(catalogue):
    text = """\
ranvier: 1
name: ten faults
nodes:
  sensor:
    type: signal_generator
    paramters: {channel: 1}
    watchdog: 1 s
  detector:
    type: threshold
    parameters:
      level: high
    on_error: ignore
  eye: {type: camra}
  recorder: {type: camera}
links:
  - {from: sensor.signal, to: detector.signal, depth: -1}
  - {from: sensor.sginal, to: detector.signal}
  - {from: ghost.signal, to: detector.signal}
  - from: sensor.signal
    to: detector.signal
record: [sensor.noise]
run: {duration: soon}
"""

    report = check(parse_graph(text, "graph.yaml"), catalogue)

    assert [(fault.line, fault.error.code) for fault in report.faults] == [
        (2, "RV-G08"),  # name with a space
        (4, "RV-G18"),  # channel is missing, since paramters is not read
        (6, "RV-G07"),
        (7, "RV-G24"),
        (11, "RV-G19"),
        (12, "RV-G08"),
        (13, "RV-G12"),
        (14, "RV-G11"),
        (16, "RV-G08"),
        (17, "RV-G15"),
        (18, "RV-G14"),
        (20, "RV-G21"),
        (21, "RV-G22"),
        (22, "RV-G08"),
    ]
    assert report.faults[2].error.where == "graph.yaml, line 6"
    assert report.faults[2].error.mend == 'did you mean "parameters"?'
    assert report.faults[9].error.mend == 'did you mean "signal"?'
    assert all(fault.error.mend for fault in report.faults)


def test_faults_name_the_node_and_the_port_for_an_editor(catalogue):
    text = TWO + "  - {from: sensor.signal, to: detector.sig}\n"

    report = check(parse_graph(HEAD + text), catalogue)

    (fault,) = report.faults
    assert (fault.node, fault.port) == ("detector", "sig")
    assert fault.path == ("links", 1, "to", 0)
    assert report.to_dict()["faults"][0]["line"] == 8


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("nodes: {e: {type: 'mine:Node'}}\n", [(3, "RV-G13")]),
        ("nodes: {e: {type: camera}}\n", [(3, "RV-G27")]),
        ("nodes: {e: {type: camera}}\nrecord: all\n", []),
        ("nodes: {e: {type: camera}}\nrecord: [e.frame]\n", []),
        ("nodes: {d: {type: threshold}}\n", [(3, "RV-G20")]),
        ("nodes: {e: {type: camera, cores: 1}}\nrecord: all\n", [(3, "RV-G08")]),
        ("nodes: []\n", [(3, "RV-G08")]),
        ("links: {}\n", [(3, "RV-G08")]),
        ("links: [a.b]\n", [(3, "RV-G08")]),
        ("links: [{from: a.b}]\n", [(3, "RV-G09")]),
        ("nodes: {e: }\n", [(3, "RV-G08")]),
        ("nodes: {e: {}}\n", [(3, "RV-G09")]),
        ("record: some\n", [(3, "RV-G08")]),
        ("run:\n", []),
        ("rnu: {seed: 1}\n", [(3, "RV-G07")]),
        ("run: {seed: -1}\n", [(3, "RV-G08")]),
        ("run: {duration: .nan}\n", [(3, "RV-G08")]),
        (
            "nodes: {e: {type: camera, restart: {limt: 1}}}\nrecord: all\n",
            [(3, "RV-G07")],
        ),
    ],
)
def test_single_faults_are_found_on_their_line(text, wanted, catalogue):
    assert wanted == found_in(text, catalogue)


@pytest.mark.parametrize(
    ("options", "is_fault"),
    [
        ("policy: latest", False),
        ("policy: latest, depth: 3", True),
        ("policy: latest, when_full: drop_oldest", True),
        ("policy: queue, when_full: drop_newest, depth: 3", False),
        ("policy: queue, patience: 1 s", True),
        ("policy: lossless, patience: 1 s, depth: 3", False),
        ("policy: lossless, when_full: drop_oldest", True),
        ("depth: 0", True),
        ("depth: 2.0", True),
        ("when_full: drop_newest", False),
    ],
)
def test_a_policy_may_only_say_what_it_heeds(options, is_fault, catalogue):
    text = TWO.replace("detector.signal}", "detector.signal, " + options + "}")

    found = found_in(text, catalogue)

    assert ([(7, "RV-G08")] if is_fault else []) == found


def test_unlike_ports_are_explained_with_both_sides(catalogue):
    text = """\
nodes:
  eye: {type: camera}
  detector: {type: threshold}
links:
  - from: eye.frame
    to: detector.signal
"""

    (fault,) = check(parse_graph(HEAD + text), catalogue).faults

    assert (fault.line, fault.error.code) == (8, "RV-G04")
    assert fault.error.found == "uint16 array, shape (64, 48)"
    assert fault.error.wanted == "float64 array"


def test_a_name_in_a_shape_is_one_size_at_all_ports_of_a_node(catalogue):
    text = """\
nodes:
  eye: {type: camera}
  other: {type: small}
  align: {type: align}
  wide: {type: wide}
links:
  - {from: eye.frame, to: align.frame}
  - {from: other.frame, to: align.mask}
  - {from: align.aligned, to: wide.x}
"""

    faults = check(parse_graph(HEAD + text), catalogue).faults

    assert [(f.line, f.error.code) for f in faults] == [(10, "RV-G25"), (11, "RV-G25")]
    assert '"h" is 64 by "eye.frame"' in faults[0].error.problem
    assert "(64, 48)" in faults[1].error.found


def test_an_input_in_the_place_of_an_output_is_told_apart(catalogue):
    text = TWO.replace("{from: sensor.signal", "{from: detector.signal")

    report = check(parse_graph(HEAD + text), catalogue)

    assert report.faults[0].error.code == "RV-G16"
    assert "turn the link round" in report.faults[0].error.mend


def test_nodes_of_a_group_must_agree_on_their_process(catalogue):
    text = TWO.replace("parameters: {channel: 1}", "parameters: {channel: 1}, group: g")
    text = text.replace("threshold}", "threshold, group: g, priority: high}")

    assert found_in(text, catalogue) == [(5, "RV-G23")]


def test_a_host_that_is_not_this_one_is_refused(catalogue):
    text = TWO.replace("threshold}", "threshold, host: rig-2}")

    assert found_in(text, catalogue) == [(5, "RV-G44")]


def test_only_a_loop_of_patient_lossless_links_is_warned_of(catalogue):
    text = """\
nodes:
  a: {type: align}
  b: {type: align}
links:
  - {from: a.aligned, to: b.frame, policy: lossless}
  - {from: b.aligned, to: a.frame, policy: lossless}
"""

    both = found_in(text, catalogue)
    one = found_in(text.replace("a.frame, policy: lossless", "a.frame"), catalogue)

    assert both == [(7, "RV-G26"), (8, "RV-G26")]
    assert one == []


def test_an_interpreter_is_looked_for_beside_the_file(catalogue, tmp_path):
    (tmp_path / "python").write_text("")
    text = HEAD + "nodes: {e: {type: camera, python: ./python}}\nrecord: all\n"
    path = tmp_path / "graph.yaml"
    path.write_text(text)

    assert check(path, catalogue).is_right

    path.write_text(text.replace("./python", "./env/python"))

    assert [f.error.code for f in check(path, catalogue).faults] == ["RV-G31"]


@pytest.mark.parametrize(("cores", "is_warned"), [("[0, 3]", False), ("[1, 4]", True)])
def test_cores_that_this_machine_has_not_are_a_warning(
    catalogue, monkeypatch, cores, is_warned
):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    text = HEAD + f"nodes: {{e: {{type: camera, cores: {cores}}}}}\nrecord: all\n"

    report = check(parse_graph(text), catalogue)

    assert report.is_right
    assert [w.error.code for w in report.warnings] == ["RV-G45"] * is_warned


def test_a_type_that_is_not_right_shows_where_in_its_own_file():
    known = Catalogue()
    known.add_fault(
        "n.py:A",
        NodeError(
            "A has no method process.",
            code="RV-N07",
            where="n.py, line 3",
            found="none",
            wanted="a method",
            mend="write it",
        ),
    )
    text = HEAD + "nodes: {e: {type: 'n.py:A'}}\n"

    (fault,) = check(parse_graph(text), known).faults

    assert fault.line == 3
    assert fault.error.found == "none; in n.py, line 3"
    assert (fault.error.wanted, fault.error.mend) == ("a method", "write it")


def test_a_watchdog_and_a_checkpoint_need_a_type_that_has_them(catalogue):
    text = "nodes: {e: {type: camera, watchdog: 1, checkpoint: 1}}\nrecord: all\n"

    assert found_in(text, catalogue) == [(3, "RV-G24"), (3, "RV-G28")]


def test_a_watchdog_needs_links_whose_silence_it_hears(catalogue):
    known = Catalogue([NodeSpec("lamp", "source", has_safe_state=True)])
    lamp = "nodes: {e: {type: lamp, watchdog: 1}}\n"
    codes = [code for _, code in found_in(lamp, known)]
    fed = TWO.replace("threshold}", "threshold, watchdog: 1}")
    unfed = fed.partition("links:")[0]

    assert "RV-G32" in codes
    assert found_in(fed, catalogue) == []
    # Its input must have a link: that is the fault.
    assert "RV-G32" not in {code for _, code in found_in(unfed, catalogue)}


def test_duplicate_nodes_are_all_named_with_the_other_line(catalogue):
    text = "nodes:\n  e: {type: camera}\n  e: {type: small}\nrecord: all\nname: y\n"

    report = check(parse_graph(HEAD + text), catalogue)

    assert [(f.line, f.error.code) for f in report.faults] == [
        (5, "RV-G05"),
        (7, "RV-G05"),
    ]
    assert "line 4" in report.faults[0].error.problem
    assert report.faults[0].node == "e"


def test_a_missing_version_is_a_warning_and_a_newer_one_an_error(catalogue):
    missing = check(parse_graph("name: x\n"), catalogue)
    newer = check(parse_graph("ranvier: 2\nnoise: 3\n", "g.yaml"), catalogue)

    assert missing.is_right
    assert [w.error.code for w in missing.warnings] == ["RV-G10"]
    assert [(f.error.code, f.error.mend) for f in newer.faults] == [
        ("RV-G10", "update ranvier")
    ]


def test_a_file_that_is_no_yaml_gives_a_report_of_one_fault(catalogue, tmp_path):
    path = tmp_path / "graph.yaml"
    path.write_text("nodes: [")

    assert [f.error.code for f in check(path, catalogue).faults] == ["RV-G02"]
    assert [f.error.code for f in check(Path("no such file"), catalogue).faults] == [
        "RV-G01"
    ]


def test_a_graph_made_in_code_is_checked_alike(catalogue):
    graph = Graph.from_data({"name": "x", "nodes": {"eye": {"type": "camra"}}})

    assert [f.error.code for f in check(graph, catalogue).faults] == ["RV-G12"]


def test_a_report_raises_its_only_fault_or_one_that_lists_all():
    errors = [GraphError(f"fault {n}.", code="RV-G08", mend="m") for n in (1, 2)]

    with pytest.raises(GraphError, match=r"fault 1\.") as one:
        Report.of([Fault(errors[0])]).raise_faults()
    with pytest.raises(GraphError) as both:
        Report.of(Fault(error) for error in errors).raise_faults()

    assert one.value.code == "RV-G08"
    assert both.value.code == "RV-G00"
    assert "fault 2." in str(both.value)
    assert Report().raise_faults() is None
