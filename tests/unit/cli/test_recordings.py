"""What the commands on recordings print, and how they end."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from ranvier.audit import AuditKind, AuditTrail
from ranvier.cli._app import app
from ranvier.core import WallStart
from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.recording import (
    Manifest,
    Recorder,
    create_session_folder,
    seal,
    write_manifest,
)

WALL = WallStart(0, "2026-11-20T14:00:00+01:00")
PAYLOADS = [b"value %d" % n for n in range(5)]


@pytest.fixture
def folder(tmp_path):
    """A session folder without a recording."""
    made = create_session_folder(tmp_path, "loop", WALL)
    write_manifest(made, Manifest("r1", "loop", "", "", WALL.wall, 0))
    with AuditTrail(made.audit, WALL) as audit:
        audit.write(AuditKind.RUN_CREATED)
    return made


@pytest.fixture
def session(folder):
    """A sealed session of a stream whose messages 2 and 3 are missing."""
    recorder = Recorder(streams=["eye.x"], folder=str(folder.path), run={"run": "r1"})
    recorder.setup()
    for n in (0, 1, 4):
        data = to_bytes(Message(PAYLOADS[n], 0, n, 0, n, Origin(0, n, n)))
        recorder.process_raw("eye__x", memoryview(data), decode(data))
    recorder.teardown()
    seal(folder, "completed")
    return folder


def call(*words):
    return CliRunner().invoke(app, list(map(str, words)))


def damage(session):
    path = session.part(0)
    content = path.read_bytes()
    path.write_bytes(content.replace(PAYLOADS[1], b"value 7"))


def test_convert_tells_what_is_missing(session, tmp_path):
    done = call("convert", session.path, "--to", "npz", "--out", tmp_path / "a.npz")

    assert done.exit_code == 0, done.output
    assert "eye.x lacks 2 messages;" in done.output


@pytest.mark.parametrize("form", ["npz", "hdf5"])
def test_convert_refuses_values_that_do_not_fit_their_checksum(session, form, tmp_path):
    damage(session)
    done = call("convert", session.path, "--to", form, "--out", tmp_path / "a")

    assert done.exit_code == 1
    assert not (tmp_path / "a").exists()


def test_inspect_ends_with_1_if_values_can_not_be_read(session):
    before = call("inspect", session.path)
    damage(session)
    after = call("inspect", session.path)

    assert before.exit_code == 0
    assert after.exit_code == 1
    assert "damaged" in after.output


def test_verify_tells_of_a_run_that_failed_before_it_recorded(folder):
    seal(folder, "failed")
    done = call("verify", folder.path)

    assert done.exit_code == 0
    assert "ok: nothing is missing, but the run failed before" in done.output
