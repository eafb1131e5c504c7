"""Commands that need no process of a run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from ranvier.audit import AuditKind, AuditTrail
from ranvier.cli._app import app
from ranvier.cli._demo import copy_examples
from ranvier.cli._new import make_experiment, suggest_name
from ranvier.cli._print import show_error
from ranvier.core import GraphError, WallStart
from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.recording import (
    Manifest,
    Recorder,
    SessionFolder,
    hash_text,
    seal,
    write_manifest,
)

if TYPE_CHECKING:
    from pathlib import Path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


COMMANDS = [
    *("demo", "new", "nodes", "check", "run", "status"),
    *("pause", "resume", "stop", "note", "clean", "param"),
    *("inspect", "verify", "recover", "replay", "convert"),
]


def test_help_lists_every_command() -> None:
    text = call("--help").output

    assert [name for name in COMMANDS if name not in text] == []


@pytest.mark.parametrize("command", COMMANDS)
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


def write_session(folder: Path, *, is_cut: bool = False) -> None:
    """Write a sealed session of three numbers; or one with a part taken away."""
    folder.mkdir(parents=True)
    wall = WallStart(0, "2026-11-20T14:00:00+01:00")
    session = SessionFolder(folder)
    manifest = Manifest("r", "g", "", hash_text(""), wall.wall, 0)
    write_manifest(session, manifest)
    session.graph.touch()
    recorder = Recorder(streams=["a.x"], folder=str(folder), reserve=0)
    recorder.setup()
    for n in range(3):
        data = to_bytes(Message(float(n), 0, n, 0, n, Origin(0, n, n)))
        recorder.process_raw("a__x", memoryview(data), decode(data))
    recorder.teardown()
    with AuditTrail(session.audit, wall) as audit:
        audit.write(AuditKind.RUN_FINISHED)
    seal(session, "completed")
    if is_cut:
        session.part(0).unlink()


def test_verify_checks_each_session_of_a_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_session(tmp_path / name)
    (tmp_path / "notes").mkdir()
    whole = call("verify", tmp_path)
    write_session(tmp_path / "three", is_cut=True)
    damaged = call("verify", tmp_path)

    assert whole.exit_code == 0
    assert "in all 2: 2 ok" in whole.output
    assert damaged.exit_code == 1
    assert f"{tmp_path / 'three'}:\ndamaged: recording.0.mcap: the file is missing" in (
        damaged.output
    )
    assert "in all 3: 2 ok, 1 damaged" in damaged.output.replace(
        "1 damaged, 2 ok", "2 ok, 1 damaged"
    )


def test_a_session_by_itself_is_checked_as_one(tmp_path: Path) -> None:
    write_session(tmp_path / "one")
    found = call("verify", tmp_path / "one")

    assert found.output == "ok: nothing is missing (3 messages in 1 stream)\n"


def test_a_folder_without_a_session_is_not_called_whole(tmp_path: Path) -> None:
    found = call("verify", tmp_path)

    assert found.exit_code == 1
    assert "there is no session" in found.stderr


def test_what_a_file_says_reaches_the_terminal_plain(tmp_path: Path) -> None:
    write_session(tmp_path / "one")
    session = SessionFolder(tmp_path / "one")
    with AuditTrail(session.audit, WallStart(0, "2026-11-20T14:00:00+01:00")) as audit:
        audit.write(AuditKind.NOTE, text="\x1b[2Jgone\nfaked " + "x" * 5000)
        audit.write(AuditKind.RECOVERED, findings=["\x1b[31mred"])
    for command in ("inspect", "verify"):
        text = call(command, session.path).output

        assert "\x1b" not in text
        assert max(map(len, text.splitlines())) <= 1000
    assert "before: red" in text


def test_an_error_is_shown_plain(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(GraphError("it \x1b[31mbroke\x07.", code="RV-G01", mend="see\nthere"))

    assert capsys.readouterr().err == (
        "GraphError RV-G01: it broke.\n  mend    see\nthere\n"
    )


def test_the_hints_of_a_new_experiment_can_be_copied(tmp_path: Path) -> None:
    folder = tmp_path / "my first loop"
    found = call("new", folder)

    assert f"ranvier run {shlex.quote(str(folder))}\n" in found.output


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
