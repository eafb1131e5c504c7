"""Session folders and their locks, with processes of their own."""

import json
import subprocess
import sys

import pytest

from ranvier.audit import AuditKind, AuditTrail
from ranvier.core import WallStart
from ranvier.session.preflight import RigLock
from ranvier.session.record import (
    SessionState,
    find_breaks,
    find_holder,
    hold_session,
    is_held,
    read_record,
    write_files,
)

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

MAKE = """
import sys
from pathlib import Path
from ranvier.session.record import make_session_folder
print("ready", flush=True)
sys.stdin.readline()
print(*[make_session_folder(Path(sys.argv[1]), "M1_x").name for _ in range(20)])
"""
HOLD = """
import sys, time
from pathlib import Path
from ranvier.session.preflight import RigLock
from ranvier.session.record import hold_session
lock = hold_session(Path(sys.argv[1]), "M1_x")
rig = RigLock("rig 1", Path(sys.argv[1]))
rig.acquire("M1_x")
print("held", flush=True)
sys.stdin.readline()
"""


def start(code, folder):
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_never_get_the_same_folder(tmp_path):
    with start(MAKE, tmp_path) as one, start(MAKE, tmp_path) as other:
        for process in (one, other):
            assert process.stdout.readline() == "ready\n"
        for process in (one, other):
            process.stdin.write("go\n")
            process.stdin.flush()
        names = [name for p in (one, other) for name in p.stdout.read().split()]

    wanted = ["M1_x", *(f"M1_x-{n}" for n in range(2, 41))]
    assert sorted(names) == sorted(wanted)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(wanted)


def test_a_killed_launcher_lets_go_and_its_session_is_lost_then_finalised(tmp_path):
    with AuditTrail(tmp_path / "audit.jsonl", WallStart.now()) as trail:
        trail.write(
            AuditKind.SESSION_CREATED,
            session="M1_x",
            subject="M1",
            input_name="p.json",
            input_text='{"a": 1}\r\n',
        )
        trail.write(AuditKind.ACQUISITION_STARTED)
        trail.write(AuditKind.PROGRAM_STARTED, program="bonsai", command=["b"])
    with start(HOLD, tmp_path) as launcher:
        assert launcher.stdout.readline() == "held\n"
        holder = find_holder(tmp_path)
        rig = RigLock("rig 1", tmp_path).find_holder()
        alive = read_record(tmp_path)
        launcher.kill()

    assert holder.pid == rig.pid == launcher.pid
    assert rig.session == "M1_x"
    assert alive.state is SessionState.RUNNING
    assert not is_held(tmp_path)
    assert RigLock("rig 1", tmp_path).find_holder() is None
    assert read_record(tmp_path).state is SessionState.LOST

    with (
        hold_session(tmp_path, "M1_x"),
        AuditTrail(tmp_path / "audit.jsonl", WallStart.now()) as trail,
    ):
        trail.write(AuditKind.SESSION_FINALISED, why="its launcher died", by="ana")
    write_files(tmp_path, read_record(tmp_path))
    inside = tmp_path / "launcher_metadata"
    state = json.loads((inside / "end_state.json").read_bytes())

    assert (inside / "input_parameters.json").read_bytes() == b'{"a": 1}\r\n'
    assert (state["state"], state["verdict"]) == ("finished", "failed")
    assert state["stop_time"] == state["last_seen"] is not None
    assert not state["is_stop_time_seen"]
    (finding,) = state["findings"]
    assert finding["problem"].startswith("its launcher died; it was last seen")
    debug = json.loads((inside / "debug_state.json").read_bytes())
    assert debug["errors"][0]["time"] in finding["problem"]
    assert [each["problem"] for each in debug["errors"]] == [finding["problem"]]


def test_a_trail_that_was_changed_is_told_of_and_one_that_is_torn_is_not(tmp_path):
    path = tmp_path / "audit.jsonl"
    with AuditTrail(path, WallStart.now()) as trail:
        trail.write(AuditKind.SESSION_CREATED, session="M1_x", subject="M1")
        trail.write(AuditKind.STOP_REQUESTED, by="ana", reason="")
        trail.write(AuditKind.SESSION_FINISHED, verdict="ok", exit_status=0)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"n":3,"time_ns":')
    torn = read_record(tmp_path)
    path.write_bytes(whole.replace(b'"by":"ana"', b'"by":"bob"'))
    changed = read_record(tmp_path)
    lines = whole.splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    shorter = read_record(tmp_path)
    write_files(tmp_path, shorter)
    end = (tmp_path / "launcher_metadata" / "end_state.json").read_bytes()

    assert (torn.breaks, find_breaks(torn)) == ((), ())
    assert changed.stops[0]["by"] == "bob"
    assert [each.line for each in changed.breaks] == [2]
    assert [each.line for each in shorter.breaks] == [2]
    (finding,) = json.loads(end)["findings"]
    assert finding["code"] == "RV-D47"
    assert "line 2: a line before it was changed, removed" in finding["found"]


def test_a_child_of_the_launcher_does_not_keep_its_lock(tmp_path):
    """A program that outlives its launcher must not make the session look alive."""
    lock = hold_session(tmp_path, "M1_x")
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False
    ) as child:
        lock.release()
        is_free = not is_held(tmp_path)
        child.communicate(b"\n")

    assert is_free
