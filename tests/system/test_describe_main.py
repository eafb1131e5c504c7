"""Node types described in a process of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from ranvier.cli._describe import describe_types, group_by_python
from ranvier.graph import parse_graph
from ranvier.node import describe, load
from ranvier.worker._describe_main import describe_reference

pytestmark = pytest.mark.system

NODES = """\
import os
from ranvier.node import Input, Parameter, Sink

print("said on import")

class Eye(Sink):
    '''Look.'''
    x = Input("uint8", shape=("height", None), unit="count")
    gain = Parameter(1.0, minimum=0, live=True)
    where = Parameter(os.path, type="any")
    def process(self, x): pass
"""


def test_a_description_survives_the_way_here(tmp_path):
    (tmp_path / "nodes.py").write_text(NODES.replace("os.path", "None"))
    reference = "nodes.py:Eye"

    found = describe_types({sys.executable: [reference]}, tmp_path).find(reference)

    assert found is not None
    # The module of a file has a name made of its path.
    assert found == describe(load(reference, tmp_path), name="Eye")


def test_a_type_of_a_package_survives_the_way_here(tmp_path):
    reference = "ranvier.library.signals:SignalGenerator"

    found = describe_types({sys.executable: [reference]}, tmp_path)

    assert found.find(reference) == describe(load(reference), name="SignalGenerator")


def test_a_default_that_json_can_not_hold_is_told_as_text(tmp_path):
    (tmp_path / "nodes.py").write_text(NODES)

    found = describe_types({sys.executable: ["nodes.py:Eye"]}, tmp_path)

    spec = found.find("nodes.py:Eye")
    assert spec is not None
    assert "posixpath" in spec.parameters[1].default


@pytest.mark.parametrize(
    "code",
    [
        "import os; os._exit(3)",
        "import sys; sys.exit(3)",
        "import ctypes; ctypes.string_at(0)",
        "raise ValueError('no')",
        "def (",
        "import no_such_module",
        "x = 1",
        "import os; os.write(1, b'not json')\nclass Eye: pass",
        "import os; os.kill(os.getpid(), 40)",  # a real-time signal has no name
    ],
)
def test_code_that_breaks_costs_itself_only(tmp_path, code):
    (tmp_path / "bad.py").write_text(code)
    (tmp_path / "nodes.py").write_text(NODES.replace("os.path", "None"))
    references = ["bad.py:Eye", "nodes.py:Eye"]

    found = describe_types({sys.executable: references}, tmp_path)

    assert found.fault("bad.py:Eye") is not None
    assert found.find("nodes.py:Eye") is not None


def test_an_interpreter_without_ranvier_is_told_once_for_each(tmp_path):
    references = ["a", "b", "c"]

    found = describe_types({"/no/such/python": references}, tmp_path)

    assert set(found.faults()) == set(references)


def test_a_reference_is_described_without_a_process(tmp_path):
    found = describe_reference("nothing", tmp_path)

    assert found["error"]["code"] == "RV-N11"


def test_types_are_grouped_by_the_interpreter_of_their_node(tmp_path):
    graph = parse_graph("""\
ranvier: 1
name: x
nodes:
  a: {type: one}
  b: {type: two, python: env/bin/python}
  c: {type: three, python: python3.9}
  d: {type: four, python: /far/python, host: rig}
""").graph

    found = group_by_python(graph.nodes, tmp_path)

    assert found == {
        sys.executable: ["one", "four"],
        str(tmp_path / "env/bin/python"): ["two"],
        "python3.9": ["three"],
    }


def test_an_import_that_does_not_end_costs_its_module_only_and_is_waited_for_once(
    tmp_path,
):
    (tmp_path / "bad.py").write_text("import time\ntime.sleep(1e6)\n")
    (tmp_path / "nodes.py").write_text(NODES.replace("os.path", "None"))
    references = ["bad.py:One", "nodes.py:Eye", "bad.py:Other"]
    began = time.monotonic()

    found = describe_types({sys.executable: references}, tmp_path, limit_s=1.5)

    assert time.monotonic() - began < 6
    assert found.find("nodes.py:Eye") is not None
    for reference in ("bad.py:One", "bad.py:Other"):
        error = found.fault(reference)
        assert error.code == "RV-N35"
        assert reference in error.problem
        assert error.found == "no answer within 1.5 s"


def test_ctrl_c_ends_a_check_whose_import_hangs(tmp_path):
    (tmp_path / "bad.py").write_text(
        "import pathlib, time\npathlib.Path('begun').touch()\n"
        "while True:\n    try:\n        time.sleep(60)\n"
        "    except BaseException:\n        pass\n"
    )
    (tmp_path / "graph.yaml").write_text(
        "ranvier: 1\nname: x\nnodes: {e: {type: './bad.py:A'}}\n"
    )
    command = [sys.executable, "-m", "ranvier", "check", str(tmp_path)]
    process = subprocess.Popen(command, start_new_session=True)
    deadline = time.monotonic() + 10
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.02)

    assert (tmp_path / "begun").exists()
    assert process.poll() is None

    os.killpg(process.pid, signal.SIGINT)

    assert process.wait(5) != 0
    assert not [
        each
        for each in psutil.process_iter(["cmdline"])
        if str(tmp_path) in (each.info["cmdline"] or ())
    ]
