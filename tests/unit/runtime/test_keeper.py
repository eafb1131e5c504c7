"""What a run writes of itself: no secrets, values as nodes have them, what differs."""

from __future__ import annotations

import sys

import pytest

from ranvier.audit import WITHHELD, AuditKind, read_audit
from ranvier.graph import parse_graph
from ranvier.recording import _provenance, read_manifest
from ranvier.runtime import RunRequest
from ranvier.runtime._blueprint import Blueprint
from ranvier.runtime._keeper import Keeper, describe_overrides
from ranvier.runtime._plan import plan_workers
from ranvier.spec import NodeSpec, ParameterSpec
from ranvier.worker import Described, NodeAssignment

GRAPH = """\
ranvier: 1
name: loop
nodes:
  eye:
    type: camera
    parameters: {rate: 0.1 kHz, api_key: k1, n_tokens: 3, login: {password: k2}}
  ear: {type: camera}
"""
SPEC = NodeSpec(
    "camera",
    "source",
    parameters=(
        ParameterSpec("rate", "float", default=30.0, unit="Hz"),
        ParameterSpec("api_key", "str", default=""),
        ParameterSpec("n_tokens", "int", default=1),
        ParameterSpec("login", "mapping", nullable=True),
    ),
)


@pytest.fixture
def file():
    return parse_graph(GRAPH)


def describe(keeper, file, code=None):
    """Write the manifest of a run of two cameras."""
    blueprint = Blueprint(file.graph)
    specs = {"eye": SPEC, "ear": SPEC}
    blueprint.add(Described(specs, dict.fromkeys(specs, code or {}), "python 3.11"))
    keeper.describe_run(blueprint, blueprint.make_catalogue())
    return read_manifest(keeper.folder)


def test_parameters_stand_in_the_manifest_as_the_node_has_them(tmp_path, file):
    manifest = describe(Keeper(file.graph, file, tmp_path, "me"), file)

    assert manifest.node("eye").parameters["rate"] == pytest.approx(100.0)
    assert manifest.node("eye").parameters["n_tokens"] == 3
    assert manifest.node("ear").parameters["rate"] == pytest.approx(30.0)


def test_secrets_do_not_stand_among_the_parameters(tmp_path, file):
    manifest = describe(Keeper(file.graph, file, tmp_path, "me"), file)
    parameters = manifest.node("eye").parameters

    assert parameters["api_key"] == WITHHELD
    assert parameters["login"] == {"password": WITHHELD}


def test_what_differs_from_the_graph_file_stands_in_the_first_line(tmp_path, file):
    request = RunRequest(
        "g", str(tmp_path), 2.0, "max", 7, parameters={"eye": {"rate": 5}}
    )
    overrides = describe_overrides(request)
    keeper = Keeper(file.graph, file, tmp_path, "me", overrides=overrides)
    keeper.write(AuditKind.RUN_STARTED)
    first = read_audit(keeper.folder.audit)[0]

    assert first.kind == "run_created"
    assert first.fields["overrides"] == {
        "duration_s": 2.0, "speed": "max", "seed": 7, "parameters": {"eye": {"rate": 5}}
    }  # fmt: skip


def test_without_differences_the_first_line_has_none(tmp_path, file):
    overrides = describe_overrides(RunRequest("g", str(tmp_path)))
    keeper = Keeper(file.graph, file, tmp_path, "me", overrides=overrides)

    assert overrides == {}
    assert read_audit(keeper.folder.audit)[0].fields["overrides"] is None


def test_git_is_asked_once_for_nodes_of_one_folder(tmp_path, file, monkeypatch):
    asked = []
    monkeypatch.setattr(_provenance, "_ask_git", lambda *words: asked.append(words))
    code = {"file": str(tmp_path / "nodes.py"), "sha256": "0" * 64, "package": ""}
    (tmp_path / "nodes.py").touch()
    describe(Keeper(file.graph, file, tmp_path / "s", "me"), file, code)

    assert len(asked) == 1


def test_each_interpreter_of_a_run_is_listed_once(tmp_path, file):
    other = tmp_path / "python"
    other.write_text('#!/bin/sh\necho "# Python 3.9, elsewhere"\n')
    other.chmod(0o755)
    plans = [
        plan_workers(file.graph, tmp_path, record=False)[0]._replace(
            python=python, nodes=(NodeAssignment(name, 0, "", ""),)
        )
        for name, python in (
            ("a", sys.executable),
            ("b", str(other)),
            ("c", str(other)),
        )
    ]
    keeper = Keeper(file.graph, file, tmp_path, "me")
    keeper.write_environments(plans, tmp_path)
    texts = {p.name: p.read_text() for p in keeper.folder.path.glob("environment*")}

    assert set(texts) == {"environment.txt", "environment.b.txt"}
    assert "numpy==" in texts["environment.txt"]
    assert texts["environment.b.txt"].splitlines() == [
        f"# {other}, of b, c",
        "# Python 3.9, elsewhere",
    ]
