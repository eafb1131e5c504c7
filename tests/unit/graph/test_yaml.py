"""Graph files: what is read, where it stands, what is refused."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ranvier.core import GraphError
from ranvier.graph import (
    Graph,
    check,
    format_graph,
    parse_graph,
    read_graph,
    write_graph,
)
from ranvier.spec import Catalogue

few = settings(max_examples=40, deadline=None)

TEXT = """\
ranvier: 1                      # version of the file format
name: threshold
description: Say when the signal is high.
nodes:
  sensor:
    type: signal_generator
    parameters: {rate_hz: 100, amplitude: 2.0}
  detector:
    type: ./nodes.py:Threshold
    parameters: {level: 1.5}
    on_error: skip
    restart: {limit: 5, within: 60 s, backoff: 0.2 s}
    checkpoint: 1 s
    watchdog: 0.5 s
    group: fast
    python: ../envs/caiman/bin/python
    host: local
    cores: [1]
    memory_limit: 2 GB
    step_limit: 5 s
links:
  - {from: sensor.signal, to: detector.signal, depth: 64, when_full: drop_oldest}
  - {from: sensor.signal, to: [view.signal, log.signal], policy: latest}
record:
  - sensor.signal
  - {stream: detector.above, depth: 10}
run:
  duration: 60 s
  speed: real
  seed: 0
"""


def test_the_file_of_the_decision_record_is_read_in_full():
    graph = parse_graph(TEXT).graph
    node = graph.nodes["detector"]

    assert list(graph.nodes) == ["sensor", "detector"]
    assert (
        node.restart.limit,
        node.restart.within,
        node.restart.backoff,
    ) == (5, 60.0, 0.2)
    assert (node.checkpoint, node.watchdog, node.step_limit) == (1.0, 0.5, 5.0)
    assert node.memory_limit == 2_000_000_000
    assert node.cores == (1,)
    assert graph.links[1].to == ("view.signal", "log.signal")
    assert [entry.depth for entry in graph.record] == [1024, 10]
    assert graph.run.duration == 60.0
    assert graph.nodes["sensor"].parameters == {"rate_hz": 100, "amplitude": 2.0}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("nodes", "detector"), 8),
        (("nodes", "detector", "restart", "within"), 12),
        (("nodes", "detector", "colour"), 8),
        (("links", 1, "to", 0), 23),
        (("links", 9), 21),
        (("record", 1), 26),
        ((), 1),
    ],
)
def test_every_entry_knows_its_line(path, line):
    assert line == parse_graph(TEXT).line_of(path)


def test_a_file_is_written_as_it_was_read(tmp_path):
    path = tmp_path / "graph.yaml"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())

    write_graph(read_graph(path), tmp_path / "copy.yaml")

    assert path.read_bytes() == (tmp_path / "copy.yaml").read_bytes()


def test_types_are_listed_even_if_the_file_has_faults():
    text = "ranvier: 1\nnodes:\n  a: {type: x, colour: red}\n  b: {type: y}\n  c: 3\n"

    assert parse_graph(text).references() == ("x", "y")


def test_the_graph_of_a_faulty_file_raises_with_file_and_line():
    file = parse_graph("ranvier: 1\nname: x\nrun:\n  speed: fast\n", "g.yaml")

    with pytest.raises(GraphError) as caught:
        _ = file.graph

    assert caught.value.where == "g.yaml, line 4"
    assert caught.value.wanted == "one of real, max"


@pytest.mark.parametrize(
    ("text", "code", "where", "mend"),
    [
        ("a:\n\tb: 1", "RV-G02", "line 2, column 1", "tabs"),
        ("a: b: c", "RV-G02", "line 1, column 5", "quotes"),
        ("a: [1, 2\nb: 3", "RV-G02", "line 2", "bracket"),
        ("a: 'x", "RV-G02", "line 1", "quote"),
        ("b: 1\na: 'x\n\n", "RV-G02", "line 4", "opened on line 2"),
        ("a: {b: 1\nc: 2\n", "RV-G02", "line 2", "opened on line 1"),
        ("a:\n  - b\n c: 1", "RV-G02", "line 3", "indent"),
        ("a: \x01", "RV-G02", "line 1", "character"),
        ("a: 1\nb: &x 1", "RV-G03", "line 2", "write the values out"),
        ("a: &x [*x]", "RV-G03", "line 1", "write the values out"),
        ("a: !!python/object/apply:os.system [x]", "RV-G03", "line 1", "delete"),
        ("a: 1\n---\nb: 1", "RV-G03", "line 2", "dashes"),
        ("%YAML 1.1\n---\na: 1", "RV-G03", "line 2", "delete"),
        ("? [a]\n: b", "RV-G03", "line 1", "quotes"),
        ("a: " + "[" * 100_000, "RV-G03", "line 1", "nest less"),
        ("a:\n" + "".join(" " * n + "b:\n" for n in range(1, 200)), "RV-G03", "", ""),
        ("", "RV-G06", "line 1", "begin with"),
        ("# nothing\n", "RV-G06", "line", "begin with"),
        ("- a", "RV-G06", "line 1", "begin with"),
        ("just words", "RV-G06", "line 1", "begin with"),
        ("x" * 1_000_001, "RV-G01", "", "files of their own"),
        ('a: "\\U99999999"', "RV-G02", "", "escapes"),
    ],
)
def test_what_is_no_graph_file_is_refused_with_its_place(text, code, where, mend):
    with pytest.raises(GraphError) as caught:
        parse_graph(text, "g.yaml")

    assert code == caught.value.code
    assert "g.yaml" in caught.value.where
    assert where in caught.value.where
    assert mend in caught.value.mend


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"a: 1\nb: \xff\n", "0xff"),
        ("a: ü".encode("utf-16"), "0xff"),
        (b"x" * 1_000_001, "more than 1,000,000 bytes"),
    ],
)
def test_files_that_are_no_text_are_refused(data, found, tmp_path):
    path = tmp_path / "graph.yaml"
    path.write_bytes(data)

    with pytest.raises(GraphError) as caught:
        read_graph(path)

    assert caught.value.code == "RV-G01"
    assert found in caught.value.found


def test_a_folder_or_a_missing_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.yaml", "a\0b"):
        with pytest.raises(GraphError) as caught:
            read_graph(path)

        assert caught.value.code == "RV-G01"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_or_a_device_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "graph.yaml")

    for path in (tmp_path / "graph.yaml", "/dev/zero"):
        with pytest.raises(GraphError, match="a pipe or a device"):
            read_graph(path)


def test_a_file_that_is_too_large_is_told_what_to_do(tmp_path):
    (tmp_path / "graph.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(GraphError, match="too large") as caught:
        read_graph(tmp_path / "graph.yaml")

    assert "not a recording" in caught.value.mend


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("record: none", '"all"; or no record at all'),
        ("nodes: [a]", '"name: {type: …}"'),
        ("nodes: {a: camera}", "{type: …}"),
        ("links: [a.b -> c.d]", "{from: node.output, to: node.input}"),
        ("nodes: {a: {type: x, cores: 1}}", "as [1]"),
        ("nodes: {a: {type: x, watchdog: 5 sec}}", "ms, s, min"),
    ],
)
def test_what_is_wanted_is_shown_as_it_is_written(text, wanted):
    (fault,) = parse_graph(f"ranvier: 1\nname: x\n{text}\n").faults

    assert wanted in fault.error.mend


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "graph.yaml"
    path.write_bytes(b"\xef\xbb\xbfranvier: 1\nname: x\n")

    assert read_graph(path).graph.name == "x"


def check_whatever(data, path):
    """Read and check anything: only a GraphError may come out."""
    path.write_bytes(data)
    faults = check(path, Catalogue()).faults

    assert all(fault.error.where.startswith(str(path)) for fault in faults)
    assert all(fault.error.mend for fault in faults)


@few
@given(st.binary(max_size=200))
def test_noise_is_refused_with_a_graph_error(tmp_path_factory, data):
    check_whatever(data, tmp_path_factory.getbasetemp() / "noise.yaml")


@few
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(TEXT)),
            st.integers(0, 6),
            st.text(
                alphabet="\n\t -:{}[],#&*!|>'\"%@`?~0.a_\x00\x85\u2028\ud7ff",
                max_size=6,
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
@example([(0, 0, "? ")])
@example([(0, 0, "- ")])
def test_a_mutated_file_is_read_or_refused_with_a_graph_error(
    tmp_path_factory, mutations
):
    text = TEXT
    for place, n_cut, words in mutations:
        text = text[:place] + words + text[place + n_cut :]
    path = tmp_path_factory.getbasetemp() / "mutated.yaml"

    check_whatever(text.encode("utf-8", "surrogatepass"), path)


names = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True).filter(
    lambda name: name not in ("con", "prn", "aux", "nul")
)
seconds = st.floats(1e-9, 1e9)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
)
json_values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def graphs(draw):
    nodes = draw(
        st.dictionaries(
            names,
            st.fixed_dictionaries(
                {"type": st.text(min_size=1)},
                optional={
                    "parameters": st.dictionaries(st.text(), json_values, max_size=3),
                    "on_error": st.sampled_from(["skip", "restart", "stop_run"]),
                    "restart": st.fixed_dictionaries({}, optional={"within": seconds}),
                    "watchdog": seconds,
                    "cores": st.lists(st.integers(0, 7), max_size=3),
                    "memory_limit": st.integers(1, 10**12),
                    "host": st.text(min_size=1),
                },
            ),
            min_size=1,
            max_size=4,
        )
    )
    ends = st.sampled_from([f"{name}.x" for name in nodes])
    link = st.fixed_dictionaries(
        {"from": ends, "to": ends | st.lists(ends, min_size=1, max_size=3)},
        optional={"policy": st.sampled_from(["latest", "queue", "lossless"])},
    )
    record = st.just("all") | st.lists(
        ends | st.fixed_dictionaries({"stream": ends, "patience": seconds}), max_size=3
    )
    run = st.fixed_dictionaries(
        {}, optional={"duration": seconds, "seed": st.integers(0, 99)}
    )
    return Graph.from_data(
        {
            "name": draw(names),
            "description": draw(st.text()),
            "nodes": nodes,
            "links": draw(st.lists(link, max_size=4)),
            "record": draw(record),
            "run": draw(run),
        }
    )


@few
@given(graphs())
def test_any_graph_reads_back_as_it_was_written(graph):
    assert graph == parse_graph(format_graph(graph)).graph
