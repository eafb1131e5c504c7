"""The folder of a session, with a run in it or without: sealed again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ranvier.audit import AuditKind, AuditTrail
from ranvier.core import WallStart
from ranvier.recording import (
    SessionFolder,
    find_run_files,
    read_manifest,
    recover,
    seal,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WALL = WallStart(1_000_000, "2026-11-20T14:00:00+01:00")


def write(folder: SessionFolder, *kinds: AuditKind) -> None:
    with AuditTrail(folder.audit, WALL) as audit:
        for kind in kinds:
            audit.write(kind, by="me")


def describe(folder: SessionFolder) -> list[str]:
    return [each.describe() for each in verify(folder).findings]


@pytest.fixture
def shared(folder: SessionFolder, record_numbers: Callable[..., None]) -> SessionFolder:
    """A session whose run was sealed, and which goes on."""
    write(folder, AuditKind.SESSION_CREATED, AuditKind.RUN_CREATED)
    record_numbers(0, 1, 2)
    write(folder, AuditKind.RUN_FINISHED)
    (folder.path / "launcher_metadata").mkdir()
    (folder.path / "launcher_metadata" / "end_state.json").write_text("{}")
    (folder.nodes / "camera.avi").write_bytes(b"frames")
    seal(folder, "completed", of_run_only=True)
    return folder


@pytest.fixture
def ended(shared: SessionFolder) -> SessionFolder:
    """The same with all that the session wrote at its end, not sealed again."""
    write(shared, AuditKind.STEP_FINISHED, AuditKind.SESSION_FINISHED)
    (shared.path / "launcher_metadata" / "end_state.json").write_text('{"a": 1}')
    (shared.path / "session.json").write_text("{}")
    return shared


def test_a_run_seals_its_own_files_only(shared: SessionFolder) -> None:
    names = [entry.path for entry in read_manifest(shared).files]

    assert names == [
        "audit.jsonl", "nodes/camera.avi", "recording.0.json", "recording.0.mcap"
    ]  # fmt: skip


def test_before_the_second_seal_it_is_said_that_the_session_went_on(
    shared: SessionFolder,
) -> None:
    write(shared, AuditKind.STEP_STARTED)
    first, second = describe(shared)

    assert verify(shared).verdict == "explained"
    assert first.startswith("explained: audit.jsonl: the session went on after the run")
    assert second.startswith("explained: audit.jsonl: the session has not finished")


def test_sealed_again_all_files_are_listed_and_nothing_differs(
    ended: SessionFolder,
) -> None:
    assert len(describe(ended)) == 1
    seal(ended)
    manifest = read_manifest(ended)
    listed = {entry.path for entry in manifest.files}

    assert describe(ended) == []
    assert manifest.finish_reason == "completed"
    assert manifest.changed == ()
    assert listed >= {"session.json", "launcher_metadata/end_state.json", "audit.jsonl"}


def test_sealed_a_third_time_after_a_step_done_again(ended: SessionFolder) -> None:
    seal(ended)
    write(ended, AuditKind.STEP_FINISHED)
    before = describe(ended)
    seal(ended, "stopped")

    assert len(before) == 1
    assert describe(ended) == []
    assert read_manifest(ended).finish_reason == "stopped"


@pytest.mark.parametrize("name", ["recording.0.mcap", "audit.jsonl"])
def test_a_second_seal_does_not_bless_what_was_changed(
    ended: SessionFolder, name: str
) -> None:
    path = ended.path / name
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    seal(ended)
    told = [line for line in describe(ended) if "sealed again" in line]

    assert told
    assert [entry.path for entry in read_manifest(ended).changed] == [name]
    seal(ended)
    assert [entry.path for entry in read_manifest(ended).changed] == [name]


def test_a_file_that_was_removed_is_told_of_and_one_that_was_moved_is_not(
    ended: SessionFolder,
) -> None:
    camera = ended.nodes / "camera.avi"
    camera.rename(ended.nodes / "behaviour.avi")
    seal(ended)

    assert describe(ended) == []
    (ended.nodes / "behaviour.avi").unlink()
    seal(ended)
    changed = [entry.path for entry in read_manifest(ended).changed]
    assert changed == ["nodes/behaviour.avi"]


def test_a_session_whose_run_was_killed_is_recovered_goes_on_and_is_sealed(
    shared: SessionFolder, reopen: Callable[[SessionFolder], None]
) -> None:
    reopen(shared)
    with AuditTrail(shared.audit, WALL) as trail:
        recover(shared)
        trail.write(AuditKind.SESSION_FINISHED)
    (shared.path / "launcher_metadata" / "end_state.json").write_text('{"a": 1}')
    seal(shared)
    manifest = read_manifest(shared)

    assert manifest.changed == ()
    assert manifest.finish_reason == "failed"
    assert ["the folder was recovered" in line for line in describe(shared)] == [True]


def test_a_trail_that_was_cut_behind_the_seal_is_damaged(shared: SessionFolder) -> None:
    shared.audit.write_bytes(shared.audit.read_bytes()[:-200])

    assert verify(shared).verdict == "damaged"


def test_a_run_alone_must_not_be_written_to_after_its_seal(
    session: SessionFolder,
) -> None:
    seal(session, "completed")
    write(session, AuditKind.NOTE)

    assert verify(session).verdict == "damaged"


def test_what_recover_mends_is_not_called_changed(ended: SessionFolder) -> None:
    seal(ended)
    ended.counts(0).unlink()
    ended.part(0).write_bytes(ended.part(0).read_bytes()[:-40])
    recover(ended)
    changed = [entry.path for entry in read_manifest(ended).changed]

    assert sorted(changed) == ["recording.0.json", "recording.0.mcap"]


@pytest.fixture
def alone(tmp_path: Path) -> SessionFolder:
    """A session without a run."""
    folder = SessionFolder(tmp_path / "m7_2026-11-20_14-00-00")
    folder.path.mkdir()
    write(folder, AuditKind.SESSION_CREATED, AuditKind.SESSION_FINISHED)
    return folder


def test_of_a_session_without_a_run_the_trail_is_checked(alone: SessionFolder) -> None:
    report = verify(alone)

    assert report.is_ok
    assert not report.has_run
    assert find_run_files(alone) == []


def test_a_changed_trail_of_a_session_without_a_run_is_damage(
    alone: SessionFolder,
) -> None:
    text = alone.audit.read_text().replace('"by":"me"', '"by":"us"', 1)
    alone.audit.write_text(text)

    assert verify(alone).verdict == "damaged"


def test_a_session_that_was_killed_has_not_finished(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path)
    write(folder, AuditKind.SESSION_CREATED)

    assert verify(folder).verdict == "explained"
    write(folder, AuditKind.SESSION_FINALISED)
    assert verify(folder).is_ok


@pytest.mark.parametrize("kind", [AuditKind.RUN_CREATED, AuditKind.RECORDING_OPENED])
def test_a_session_whose_run_was_taken_away_is_damaged(
    alone: SessionFolder, kind: AuditKind
) -> None:
    write(alone, kind)
    report = verify(alone)

    assert report.has_run
    assert report.verdict == "damaged"
