"""A run in the folder of a session: what it takes, what it refuses, what it seals."""

from __future__ import annotations

import pytest

from ranvier.audit import AuditKind, AuditTrail, read_audit, verify_audit
from ranvier.core import RunError, WallStart
from ranvier.graph import parse_graph
from ranvier.recording import read_manifest
from ranvier.runtime._into import enter_session_folder
from ranvier.runtime._keeper import Keeper
from ranvier.runtime._lifecycle import FinishReason

GRAPH = "ranvier: 1\nname: loop\nnodes:\n  eye: {type: camera}\n"
WALL = WallStart.now()


@pytest.fixture
def session(tmp_path):
    """A folder in which a session has begun its trail."""
    folder = tmp_path / "m7_2026-11-20_14-00-00"
    (folder / "launcher_metadata").mkdir(parents=True)
    (folder / "logs").mkdir()
    with AuditTrail(folder / "audit.jsonl", WALL) as audit:
        audit.write(AuditKind.SESSION_CREATED, session=folder.name)
    return folder


def test_a_run_continues_the_trail_of_a_session_that_goes_on(session, tmp_path):
    file = parse_graph(GRAPH)
    with AuditTrail(session / "audit.jsonl", WALL) as audit:
        audit.write(AuditKind.ACQUISITION_STARTED)
        keeper = Keeper(file.graph, file, tmp_path / "none", "me", into=session)
        audit.write(AuditKind.RESOURCES)
        keeper.write(AuditKind.RUN_STARTED)
        audit.write(AuditKind.NOTE, text="in the middle")
        keeper.close(FinishReason.STOPPED, [])
        audit.write(AuditKind.SESSION_FINISHED)
    kinds = [line.kind for line in read_audit(session / "audit.jsonl")]

    assert keeper.trouble is None
    assert verify_audit(session / "audit.jsonl").is_whole
    assert kinds == [
        "session_created", "acquisition_started", "run_created", "resources",
        "run_started", "note", "run_finished", "session_finished",
    ]  # fmt: skip
    assert keeper.folder.path == session.resolve()
    assert keeper.folder.graph.read_text() == GRAPH
    assert not (tmp_path / "none").exists()
    assert read_manifest(keeper.folder).state == "sealed"


@pytest.mark.parametrize(
    "name", ["manifest.json", "graph.yaml", "recording.0.mcap", "recording.3.json"]
)
def test_a_folder_in_which_a_run_has_recorded_is_refused_untouched(session, name):
    (session / name).write_bytes(b"")
    before = {path: path.stat().st_mtime_ns for path in session.rglob("*")}
    with pytest.raises(RunError, match="can't record into") as caught:
        enter_session_folder(session)

    assert caught.value.code == "RV-R34"
    assert name in caught.value.found
    assert before == {path: path.stat().st_mtime_ns for path in session.rglob("*")}


def test_a_second_run_is_refused_also_where_the_first_left_its_trail_only(session):
    with AuditTrail(session / "audit.jsonl", WALL) as audit:
        audit.write(AuditKind.RUN_CREATED)
    with pytest.raises(RunError, match="can't record into") as caught:
        enter_session_folder(session)

    assert "tells of a run" in caught.value.found


def test_of_two_runs_that_come_at_once_one_is_refused(session):
    enter_session_folder(session)
    with pytest.raises(RunError, match="can't record into"):
        enter_session_folder(session)


def test_a_folder_that_is_not_there_is_refused_and_not_made(tmp_path):
    with pytest.raises(RunError, match="can't record into") as caught:
        enter_session_folder(tmp_path / "none")

    assert "no such folder" in caught.value.found
    assert not (tmp_path / "none").exists()
