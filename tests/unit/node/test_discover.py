"""From references to classes: files, modules, entry points, and what is broken."""

from __future__ import annotations

import importlib.metadata
import os
import sys

import pytest

from ranvier.core import NodeError
from ranvier.node import discover_for, find_nodes, list_names, load

NODE = """
from ranvier.node import Input, Output, Sink, sink, source

class {name}(Sink):
    '''A sink of a file.'''
    x = Input()
    def process(self, x):
        pass

@source(outputs=Output())
def numbers():
    yield 1

class Plain:
    pass
"""


@pytest.fixture(autouse=True)
def untouched_imports(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("ranvier_file_"):
            del sys.modules[name]


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_a_class_of_a_file_beside_the_graph_is_loaded(write, tmp_path):
    write("nodes.py", NODE.format(name="Mine"))

    assert load("nodes.py:Mine", tmp_path).__name__ == "Mine"
    assert load("./nodes.py:numbers", tmp_path).kind == "source"
    assert load("nodes.py:Mine", tmp_path) is load("./nodes.py:Mine", tmp_path)


def test_files_of_one_name_in_two_folders_are_two(write, tmp_path):
    write("a/nodes.py", NODE.format(name="Mine"))
    write("b/nodes.py", NODE.format(name="Mine"))

    assert load("a/nodes.py:Mine", tmp_path) is not load("b/nodes.py:Mine", tmp_path)


def test_a_file_may_import_its_neighbour(write, tmp_path):
    write("neighbour_of_test.py", "VALUE = 5")
    write("nodes.py", "from neighbour_of_test import VALUE\n" + NODE.format(name="A"))

    assert load("nodes.py:A", tmp_path).__name__ == "A"


def test_a_class_of_a_module_is_loaded():
    assert load("ranvier.recording:Recorder").kind == "sink"


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("no_such_name", "RV-N11"),
        ("missing.py:A", "RV-N12"),
        ("nodes.py:Absent", "RV-N14"),
        ("nodes.py:", "RV-N14"),
        ("nodes.py:Plain", "RV-N10"),
        ("nodes.py:Mine.x", "RV-N10"),
        ("no.such.module:A", "RV-N13"),
        (":A", "RV-N13"),
        (".relative:A", "RV-N13"),
        ("ranvier.node:Transform", "RV-N10"),
        ("ranvier.node:Node", "RV-N10"),
        ("ranvier.node:load", "RV-N10"),
    ],
)
def test_a_reference_that_leads_nowhere_says_where_it_ended(
    write, tmp_path, reference, code
):
    write("nodes.py", NODE.format(name="Mine"))
    with pytest.raises(NodeError) as caught:
        load(reference, tmp_path)

    assert caught.value.code == code
    assert caught.value.mend


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("import no_such_package_at_all\n", "ModuleNotFoundError"),
        ("x = 1\n1 / 0\n", "ZeroDivisionError"),
        ("import sys\nsys.exit(3)\n", "SystemExit"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_imported_says_which_line(write, tmp_path, text, word):
    path = write("nodes.py", text)
    with pytest.raises(NodeError, match=word) as caught:
        load("nodes.py:A", tmp_path)

    assert caught.value.code == "RV-N13"
    assert caught.value.where.startswith(f"{path}, line ")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (
            "from ranvier.node import *\n\nclass A(Sink):\n    x = Input()\n",
            "RV-N07",
            3,
        ),
        ("from ranvier.node import *\nx = 1\ny = Parameter()\n", "RV-N04", 3),
        ("eval('(')\n", "RV-N13", 1),
    ],
)
def test_a_declaration_that_is_refused_says_the_line_of_its_file(
    write, tmp_path, text, code, line
):
    path = write("nodes.py", text)
    with pytest.raises(NodeError) as caught:
        load("nodes.py:A", tmp_path)

    assert (caught.value.code, caught.value.where) == (code, f"{path}, line {line}")
    assert "\n" not in caught.value.problem


def test_a_script_that_ends_itself_is_told_how_not_to(write, tmp_path):
    write("nodes.py", "raise SystemExit(0)")
    with pytest.raises(NodeError, match="__main__"):
        load("nodes.py:A", tmp_path)


def test_what_is_no_node_is_not_shown(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    with pytest.raises(NodeError) as caught:
        load("os:environ")

    assert "hunter2" not in str(caught.value)
    assert caught.value.problem == '"os:environ" is no node.'
    assert caught.value.found == "a _Environ"


@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        ("signal_genrator", "signal_generator"),
        ("SignalGenerator", "signal_generator"),
        ("nodes.py:mine", "Mine"),
        ("Nodes.py:Mine", "nodes.py"),
        ("nodes.py", "nodes.py:Class"),
    ],
)
def test_a_name_that_is_nearly_right_is_suggested(write, tmp_path, reference, meant):
    write("nodes.py", NODE.format(name="Mine"))
    with pytest.raises(NodeError) as caught:
        load(reference, tmp_path)

    assert f'"{meant}"' in caught.value.mend


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_never_read_as_a_file_of_nodes(tmp_path):
    os.mkfifo(tmp_path / "nodes.py")

    for ask in (
        lambda: find_nodes(tmp_path / "nodes.py"),
        lambda: load("nodes.py:A", tmp_path),
    ):
        with pytest.raises(NodeError, match="RV-N12"):
            ask()


def test_nodes_of_a_file_that_is_not_there_are_refused(tmp_path):
    with pytest.raises(NodeError, match="RV-N12"):
        find_nodes(tmp_path / "missing.py")


def test_a_broken_file_can_be_mended_and_loaded(write, tmp_path):
    write("nodes.py", "1 / 0")
    with pytest.raises(NodeError):
        load("nodes.py:Mine", tmp_path)
    write("nodes.py", NODE.format(name="Mine") + "\n# of another length")

    assert load("nodes.py:Mine", tmp_path).__name__ == "Mine"


def test_a_catalogue_keeps_faults_beside_what_it_found(write, tmp_path):
    write("nodes.py", NODE.format(name="Mine"))
    catalogue = discover_for(
        ["nodes.py:Mine", "nodes.py:No", "nodes.py:Mine"], tmp_path
    )

    assert catalogue.references() == ["nodes.py:Mine"]
    assert catalogue.find("nodes.py:Mine").summary == "A sink of a file."
    assert catalogue.fault("nodes.py:No").code == "RV-N14"


def test_entry_points_are_listed_without_importing_them(monkeypatch):
    point = importlib.metadata.EntryPoint("mine", "no_such_module:A", "ranvier.nodes")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: [point])

    assert list_names() == ["mine"]
    with pytest.raises(NodeError, match="RV-N13"):
        load("mine")


def test_nodes_of_a_file_are_found_without_running_it(write):
    path = write("nodes.py", "1 / 0\n" + NODE.format(name="Mine"))

    assert find_nodes(path) == ["nodes.py:Mine", "nodes.py:numbers"]


@pytest.mark.parametrize(
    "content", [b"def (:", b"\xff\xfe\x00", b"a = '\x00'", b"((" * 5000, b""]
)
def test_a_file_that_is_no_python_has_no_nodes(tmp_path, content):
    (tmp_path / "x.py").write_bytes(content)

    assert find_nodes(tmp_path / "x.py") == []


def test_a_byte_order_mark_does_not_hide_nodes(tmp_path):
    content = b"\xef\xbb\xbf" + NODE.format(name="Mine").encode()
    (tmp_path / "x.py").write_bytes(content)

    assert find_nodes(tmp_path / "x.py")[0] == "x.py:Mine"
