"""What a node's process imports is light, and valid Python 3.9."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ranvier

SRC = Path(ranvier.__file__).parent
PACKAGES = ("core", "spec", "audit", "links", "node", "worker", "recording")
HEAVY = (
    "pydantic", "ruamel", "typer", "rich", "psutil", "pandas", "scipy", "matplotlib",
    "h5py", "fastapi", "pyarrow", "ranvier.graph", "ranvier.runtime",
)  # fmt: skip
ENTRIES = {
    "node": "import ranvier.node",
    "worker": "import ranvier.worker",
    "recorder": "from ranvier.recording import Recorder; Recorder.parameter_specs()",
    "recorder loaded": "import ranvier.node as n; n.load('ranvier.recording:Recorder')",
}


def run(python, code, **more):
    environment = {**os.environ, "PYTHONPATH": str(SRC.parent)}
    return subprocess.run(
        [python, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        **more,
    )


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_worker_brings_in_nothing_heavy(entry):
    code = f"import sys; {ENTRIES[entry]}; print('\\n'.join(sys.modules))"
    done = run(sys.executable, code)
    loaded = set(done.stdout.split())

    assert done.returncode == 0, done.stderr
    assert [name for name in HEAVY if name in loaded] == []


def test_a_worker_costs_little_beyond_numpy():
    """The least of several pairs, in processor time: a busy machine only adds."""

    def took(code):
        timed = f"{code}; import time; print(time.process_time())"
        return float(run(sys.executable, timed).stdout)

    pairs = [
        (took("import numpy"), took("import numpy, ranvier.worker")) for _ in range(5)
    ]
    base, whole = (min(column) for column in zip(*pairs, strict=True))

    assert whole - base < 0.2


SOURCES = sorted(path for name in PACKAGES for path in (SRC / name).glob("*.py"))


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_the_workers_side_is_the_syntax_of_python_3_9(path):
    tree = ast.parse(path.read_bytes(), feature_version=(3, 9))
    futures = [
        item
        for item in tree.body
        if isinstance(item, ast.ImportFrom) and item.module == "__future__"
    ]

    # Without it `X | None` in a signature would be computed at import.
    assert futures or not any(isinstance(item, ast.FunctionDef) for item in tree.body)
    assert not any(isinstance(item, ast.Match) for item in ast.walk(tree))


@pytest.fixture(scope="module")
def python39():
    python = os.environ.get("RANVIER_PYTHON39") or shutil.which("python3.9")
    if python is None:
        pytest.skip("no Python 3.9 found on PATH or in RANVIER_PYTHON39")
    needs = run(python, "import numpy, msgspec, mcap, iceoryx2")
    if needs.returncode:
        pytest.skip(f"{python} lacks what a worker needs: {needs.stderr.strip()[-80:]}")
    return python


def test_the_workers_side_imports_under_python_3_9(python39):
    names = [
        f"ranvier.{path.parent.name}.{path.stem}".removesuffix(".__init__")
        for path in SOURCES
        if path.stem != "__main__"
    ]
    code = f"import importlib\nfor name in {worker_imports(names)}: "
    done = run(python39, code + "importlib.import_module(name)")

    assert done.returncode == 0, done.stderr


def worker_imports(names):
    """Leave out what only the supervisor uses of recording."""
    return [n for n in names if not n.startswith("ranvier.recording.")]


def test_a_node_runs_under_python_3_9(python39):
    code = """
from typing import Optional
import numpy as np
from ranvier.node import *
from ranvier.links import *
from ranvier.worker import *
import msgspec
class Double(Transform):
    x = Input("float64", shape=())
    y = Output("float64", shape=())
    by = Parameter(2.0, live=True)
    def process(self, x):
        return x * self.by
assert [e.value for e in step_all(NodeDriver(Double()), [("x", 4.0)])] == [8.0]
message = Message({"a": np.arange(3), "b": [1j]}, 1, 2, 0, 3, Origin(1, 2, 3))
assert decode(to_bytes(message)).payload["a"].tolist() == [0, 1, 2]
word = Described({"d": describe(Double)}, {}, "3.9")
assert WordReader(FromWorker).feed(pack_word(word)) == [word]
assert WordReader(ToWorker).feed(pack_word(Pause())) == [Pause()]
print("well")
"""
    done = run(python39, code)

    assert done.stdout.strip() == "well", done.stderr


def test_the_recorder_loads_under_python_3_9(python39):
    done = run(python39, ENTRIES["recorder loaded"])

    assert done.returncode == 0, done.stderr
