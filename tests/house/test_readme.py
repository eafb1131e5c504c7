"""What the README promises is tried as it stands there."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from ranvier.graph import check
from ranvier.node import describe, load
from ranvier.spec import Catalogue
from ranvier.testing import run_node

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def node_text():
    return next(block for block in blocks("python") if "class " in block)


@pytest.fixture
def experiment(tmp_path):
    """The two files of the README's first experiment, in a folder."""
    (tmp_path / "nodes.py").write_text(node_text())
    (tmp_path / "graph.yaml").write_text(blocks("yaml")[0])
    return tmp_path


def describe_types(folder):
    """Describe what the graph names; short names as pyproject.toml gives them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = project["entry-points"]["ranvier.nodes"]
    catalogue = Catalogue()
    for name in re.findall(r'type: "?([^",}\s]+)', blocks("yaml")[0]):
        catalogue.add(describe(load(names.get(name, name), folder)), name)
    return catalogue


def test_the_first_node_does_what_the_readme_says(experiment):
    node = load("nodes.py:Threshold", experiment)

    sent = run_node(node(level=1.0), [0.5, 2.0])

    assert sent == {"above": [False, True]}


def test_the_test_in_the_readme_passes():
    code = [node_text(), *(b for b in blocks("python") if "assert run_node" in b)]
    names = {"__name__": "readme"}

    exec("\n".join(code), names)

    assert "Threshold" in names


def test_the_first_node_is_at_most_twenty_lines():
    assert len(node_text().strip().splitlines()) <= 20


def test_the_first_graph_has_no_fault(experiment):
    report = check(experiment / "graph.yaml", describe_types(experiment))

    assert str(report) == ""


def test_the_two_commands_that_set_all_up_stand_as_promised():
    assert "pip install . && ranvier demo\n" in README
    assert 'pip install ".[test]" && pytest\n' in README


def list_commands():
    from ranvier.cli._app import app

    return typer.main.get_command(app).commands


def test_every_command_is_in_the_readme_and_every_command_there_exists():
    table = README.partition("## Commands")[2].partition("\n## ")[0]
    cells = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    words = {code.split()[-1] for code in re.findall(r"`([^`]+)`", " ".join(cells))}
    named = set(re.findall(r"`ranvier ([a-z]+)", table)) | {
        word for word in words if word.islower()
    }
    named = (named - {"get", "set"}) | {"param"}

    assert set(list_commands()) == named
