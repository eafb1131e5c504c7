"""One fault of a file of nodes is told once, with all the nodes that it keeps out."""

from __future__ import annotations

import pytest

from ranvier.cli._check import check
from ranvier.cli._nodes import nodes

GRAPH = """\
ranvier: 1
name: loop
nodes:
  a: {type: "nodes.py:A"}
  b: {type: "nodes.py:B"}
  c: {type: "nodes.py:B", parameters: {x: 1}}
links:
  - {from: a.o, to: d.i}
"""
CODE = """\
import nothing_here
from ranvier.node import Sink, Source
class A(Source): ...
class B(Sink): ...
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "graph.yaml").write_text(GRAPH)
    (tmp_path / "nodes.py").write_text(CODE)
    return tmp_path


def test_a_graph_says_it_once(folder, capsys):
    with pytest.raises(SystemExit):
        check(folder / "graph.yaml")
    told = capsys.readouterr().out

    assert told.count("nothing_here") == 1
    assert '  also    node "b", line 5; node "c", line 6\n' in told
    assert told.endswith("4 faults\n")


def test_the_list_of_a_file_says_it_once(folder, capsys):
    with pytest.raises(SystemExit):
        nodes(str(folder / "nodes.py"))

    assert capsys.readouterr().err.count("RV-N13") == 1
