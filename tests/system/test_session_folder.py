"""A session and its run write one trail and one folder: real processes, real runs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from ranvier.audit import AuditKind, AuditTrail, read_audit, verify_audit
from ranvier.cli._app import app
from ranvier.core import RunError, WallStart
from ranvier.recording import SessionFolder, open_recording, seal, verify
from ranvier.runtime import RunRequest, check_replay, start_run

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

WRITER = """
import sys
from pathlib import Path
from ranvier.core import WallStart
from ranvier.audit import AuditKind, AuditTrail

name, path = sys.argv[1], Path(sys.argv[2])
with AuditTrail(path, WallStart.now()) as audit:
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(500):
        kind = AuditKind.PAUSED if n % 100 == 0 else AuditKind.NOTE
        audit.write(kind, text=f"{name} {n}", by=name)
"""
GRAPH = """
ranvier: 1
name: guest
nodes:
  ticks: {type: "NODES:Ticks", parameters: {rate_hz: 500}}
  middle: {type: "NODES:Pass"}
links:
  - {from: ticks.tick, to: middle.x}
record: [ticks.tick, middle.y]
"""


def call(*words):
    return CliRunner().invoke(app, list(map(str, words)))


def start_writer(name, path):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, name, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_write_one_chain(tmp_path):
    path = tmp_path / "audit.jsonl"
    writers = [start_writer(name, path) for name in ("one", "two")]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    codes = [writer.communicate(timeout=30) and writer.returncode for writer in writers]
    check = verify_audit(path)
    lines = read_audit(path)

    assert codes == [0, 0]
    assert check.is_whole
    assert not check.is_torn
    assert [line.n for line in lines] == list(range(1000))
    for name in ("one", "two"):
        own = [line.fields["text"] for line in lines if line.fields["by"] == name]
        assert own == [f"{name} {n}" for n in range(500)]


@pytest.fixture
def session(tmp_path):
    folder = SessionFolder(tmp_path / "m7_2026-11-20_14-00-00")
    (folder.path / "launcher_metadata").mkdir(parents=True)
    return folder


def test_a_run_in_the_folder_of_a_session(rig, session):
    notes = session.path / "launcher_metadata" / "end_state.json"
    with AuditTrail(session.audit, WallStart.now()) as trail:
        trail.write(AuditKind.SESSION_CREATED, session=session.path.name, subject="m7")
        trail.write(AuditKind.ACQUISITION_STARTED)
        before = call("verify", session.path)
        run = rig.start(GRAPH, into=str(session.path))
        rig.wait_until(run, lambda s: s.links and s.links[0].taken > 100)
        trail.write(AuditKind.RESOURCES, processes=2)
        notes.write_text("{}")
        run.stop()
        finished = run.wait(20)
        trail.write(AuditKind.ACQUISITION_FINISHED, verdict="ok")
        between = verify(session)
        notes.write_text('{"verdict": "ok"}')
        trail.write(AuditKind.SESSION_FINISHED, verdict="ok", exit_status=0)
    seal(session)
    report = verify(session)
    kinds = [line.kind for line in read_audit(session.audit)]

    assert "explained" in before.output
    assert "nothing was recorded by ranvier" in before.output
    assert finished.reason == "stopped"
    assert finished.errors == []
    assert finished.session_folder == str(session.path.resolve())
    assert not (rig.folder / "sessions").exists()
    assert [each.where for each in between.findings] == ["audit.jsonl", "audit.jsonl"]
    assert between.verdict == "explained"
    assert report.is_ok, report.describe()
    assert (kinds[0], kinds[-1]) == ("session_created", "session_finished")
    assert kinds.index("run_started") < kinds.index("resources")
    assert kinds.index("resources") < kinds.index("run_finished")
    ticks = [int(tick) for tick in open_recording(session.path)["ticks.tick"]]
    assert ticks == list(range(len(ticks)))
    assert check_replay(session.path).agrees


def test_commands_work_on_the_folder_of_a_session_with_a_run(rig, session):
    with AuditTrail(session.audit, WallStart.now()) as trail:
        trail.write(AuditKind.SESSION_CREATED, session=session.path.name, subject="m7")
        run = rig.start(GRAPH, into=str(session.path), duration_s=0.3)
        run.wait(20)
        trail.write(AuditKind.SESSION_FINISHED, verdict="ok")
    seal(session)
    inspected = call("inspect", session.path)
    again = start_run_again(rig, session)

    assert call("verify", session.path).exit_code == 0
    assert inspected.exit_code == 0, inspected.output
    assert "m7" in inspected.output
    assert "ticks.tick" in inspected.output
    assert call("replay", session.path, "--check").exit_code == 0
    assert again.code == "RV-R34"
    assert verify(session).is_ok


def start_run_again(rig, session):
    request = RunRequest(
        str(rig.folder / "graph0.yaml"), str(rig.folder), into=str(session.path)
    )
    with pytest.raises(RunError) as caught:
        start_run(request)
    return caught.value


def test_commands_work_on_a_session_without_a_run(session):
    with AuditTrail(session.audit, WallStart.now()) as trail:
        trail.write(AuditKind.SESSION_CREATED, session=session.path.name, subject="m7")
        trail.write(AuditKind.SESSION_FINISHED, verdict="ok")
    verified = call("verify", session.path)
    inspected = call("inspect", session.path)

    assert verified.exit_code == 0
    assert verified.output.splitlines()[-1] == (
        "ok: the audit trail is whole (2 lines); nothing was recorded by ranvier, "
        "other files were not looked at"
    )
    assert "died" not in verified.output
    assert inspected.exit_code == 0, inspected.output
    assert "a session without a run" in inspected.output
    assert "problem" not in inspected.output


def test_of_a_session_that_was_killed_verify_says_so(session):
    with AuditTrail(session.audit, WallStart.now()) as trail:
        trail.write(AuditKind.SESSION_CREATED, session=session.path.name, subject="m7")
        trail.write(AuditKind.SESSION_FINALISED, why="its launcher died", by="ana")
    verified = call("verify", session.path)

    assert "its launcher died, and the session was finalised" in verified.output
    assert "the audit trail is whole (2 lines)" in verified.output
