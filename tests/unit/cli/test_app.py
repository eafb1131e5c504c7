"""Commands that need no process of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from ranvier.cli._app import app
from ranvier.cli._demo import copy_examples
from ranvier.cli._new import make_experiment, suggest_name
from ranvier.core import GraphError

if TYPE_CHECKING:
    from pathlib import Path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_help_lists_every_command() -> None:
    text = call("--help").output

    for name in [
        "demo",
        "new",
        "nodes",
        "check",
        "run",
        "status",
        "pause",
        "resume",
        "stop",
        "note",
        "clean",
        "param",
        "inspect",
        "verify",
        "recover",
        "replay",
        "convert",
    ]:
        assert name in text


@pytest.mark.parametrize(
    "command",
    [
        *[
            "demo",
            "new",
            "nodes",
            "check",
            "run",
            "status",
            "pause",
            "resume",
            "stop",
            "note",
            "clean",
        ],
        *["inspect", "verify", "recover", "replay", "convert"],
    ],
)
def test_each_command_explains_itself(command: str) -> None:
    found = call(command, "--help")

    assert found.exit_code == 0
    assert "Usage" in found.output


def test_the_version_is_told() -> None:
    import ranvier

    assert f"ranvier {ranvier.__version__}\n" == call("--version").output


@pytest.mark.parametrize(
    "arguments",
    [
        ["frob"],
        ["run"],
        ["run", "g.yaml", "--speed", "warp"],
        ["run", "g.yaml", "--duration", "soon"],
        ["run", "g.yaml", "--set", "nonsense"],
        ["replay", "s", "--pace", "warp"],
        ["convert", "s", "--to", "xls"],
        ["convert", "s", "--to", "nwb", "--streams", "a.b"],
        ["demo", "open-heart"],
    ],
)
def test_what_is_wrong_in_the_command_has_status_2(arguments: list[str]) -> None:
    assert call(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["verify", "recover", "inspect", "replay"])
def test_a_session_that_is_not_there_is_told_without_a_traceback(
    command: str, tmp_path: Path
) -> None:
    found = call(command, tmp_path / "nowhere")

    assert found.exit_code == 1
    assert "mend" in found.stderr
    assert "Traceback" not in found.output


def test_a_new_experiment_bears_its_name(tmp_path: Path) -> None:
    make_experiment(tmp_path / "eye", "blink")

    texts = {path.name: path.read_text() for path in (tmp_path / "eye").iterdir()}
    assert {"graph.yaml", "nodes.py", "test_nodes.py", "README.md"} == set(texts)
    assert "name: blink" in texts["graph.yaml"]
    assert not any("my_experiment" in text for text in texts.values())


def test_a_new_experiment_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "nodes.py").write_text("mine")

    with pytest.raises(GraphError):
        make_experiment(tmp_path, "blink")

    assert (tmp_path / "nodes.py").read_text() == "mine"
    assert not (tmp_path / "graph.yaml").exists()


def test_a_name_that_no_graph_can_have_is_refused(tmp_path: Path) -> None:
    found = call("new", tmp_path / "x", "--name", "../../etc")

    assert found.exit_code == 2
    assert not (tmp_path / "x").exists()


def test_a_name_is_made_of_the_folder(tmp_path: Path) -> None:
    assert suggest_name(tmp_path / "My first loop!") == "My_first_loop"
    assert call("new", tmp_path / "!!!").exit_code == 2


def test_the_demos_are_copied_once_and_never_overwritten(tmp_path, capsys):
    copy_examples(tmp_path)
    graph = tmp_path / "closed_loop" / "graph.yaml"
    graph.write_text("changed")

    copy_examples(tmp_path)

    assert graph.read_text() == "changed"
    assert "graph.yaml differs" in capsys.readouterr().err
    assert (tmp_path / "closed_loop" / "mesoscope.h5").is_file()
