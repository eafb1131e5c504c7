from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ranvier.audit import AuditKind, AuditTrail
from ranvier.core import RecordingError
from ranvier.recording import (
    SessionFolder,
    Severity,
    find_gaps,
    open_recording,
    read_manifest,
    seal,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def add_lines(folder: SessionFolder, *lines: tuple[AuditKind, dict[str, Any]]) -> None:
    with AuditTrail(folder.audit, read_manifest(folder).wall) as audit:
        for kind, fields in lines:
            audit.write(kind, **fields)


def test_a_whole_session_is_ok(session: SessionFolder) -> None:
    report = verify(session.path)

    assert report.verdict == "ok"
    assert report.describe() == "ok"
    assert dict(report.n_messages) == {
        "camera.frame": 10, "sensor.value": 10, "finder.cells": 10,
    }  # fmt: skip


def test_a_gap_that_nothing_explains_is_damage(
    folder: SessionFolder, record_numbers: Callable[..., None]
) -> None:
    record_numbers(0, 1, 5)
    seal(folder, "completed")
    report = verify(folder)
    found = report.findings[0]

    assert report.verdict == "damaged"
    assert (found.stream, found.first, found.last) == ("sensor.value", 2, 4)
    assert (found.start_ns, found.stop_ns) == (1_001_000, 1_005_000)
    assert report.missing("sensor.value") == 3


@pytest.mark.parametrize("fields", [{"first": 2, "last": 4}, {"count": 3}])
def test_a_declared_loss_explains_the_gap(
    folder: SessionFolder,
    record_numbers: Callable[..., None],
    fields: dict[str, int],
) -> None:
    record_numbers(0, 1, 5)
    loss = {"stream": "sensor.value", "target": "recorder.sensor__value", **fields}
    add_lines(folder, (AuditKind.LOSS, loss))
    seal(folder, "completed")

    assert verify(folder).verdict == "explained"


def test_a_count_explains_as_many_messages_and_no_more_each_time_it_is_asked(
    folder: SessionFolder, record_numbers: Callable[..., None]
) -> None:
    record_numbers(0, 2, 4)
    loss = {"stream": "sensor.value", "target": "recorder.sensor__value", "count": 1}
    add_lines(folder, (AuditKind.LOSS, loss))
    recording = open_recording(folder.path)
    expected = [Severity.EXPLAINED, Severity.DAMAGED]

    assert recording.explanations is recording.explanations
    for _ in range(2):
        found = [gap.severity for gap in find_gaps(recording, "sensor.value")]
        assert found == expected


def test_a_loss_of_another_reader_explains_nothing(
    folder: SessionFolder, record_numbers: Callable[..., None]
) -> None:
    record_numbers(0, 2)
    loss = {"stream": "sensor.value", "target": "view.signal", "count": 1}
    add_lines(folder, (AuditKind.LOSS, loss))
    seal(folder, "completed")

    assert verify(folder).verdict == "damaged"


def test_the_start_of_a_new_epoch_is_no_gap(
    folder: SessionFolder, record: Callable[..., Any], send: Callable[..., None]
) -> None:
    recorder = record(folder)
    for epoch in (0, 1):
        for sequence in range(3):
            send(recorder, "sensor.value", 1.0, sequence, epoch)
    recorder.teardown()
    seal(folder, "completed")

    assert verify(folder).is_ok


@pytest.mark.parametrize(("sent", "verdict"), [(3, "ok"), (5, "damaged")])
def test_what_was_sent_after_the_last_message_is_missed(
    folder: SessionFolder,
    record_numbers: Callable[..., None],
    sent: int,
    verdict: str,
) -> None:
    record_numbers(0, 1, 2)
    ended = {"stream": "sensor.value", "epoch": 0, "count": sent}
    add_lines(folder, (AuditKind.STREAM_ENDED, ended))
    seal(folder, "completed")

    assert verify(folder).verdict == verdict


def test_a_message_twice_is_damage(
    folder: SessionFolder, record_numbers: Callable[..., None]
) -> None:
    record_numbers(0, 1, 1)
    seal(folder, "completed")

    assert "twice" in verify(folder).findings[0].problem


def test_a_killed_recorder_explains_what_is_missing_between_its_parts(
    folder: SessionFolder,
    record: Callable[..., Any],
    send: Callable[..., None],
    record_numbers: Callable[..., None],
) -> None:
    first = record(folder)
    for sequence in range(3):
        send(first, "sensor.value", 1.0, sequence)
    first._part._writer.flush()
    killed = folder.part(0).read_bytes()
    first.teardown()
    folder.part(0).write_bytes(killed)
    folder.counts(0).unlink()
    record_numbers(6, 7)
    seal(folder, "completed")
    report = verify(folder)

    assert report.verdict == "explained"
    assert report.missing("sensor.value") == 3


def test_a_run_that_was_killed_is_explained(
    session: SessionFolder, reopen: Callable[[SessionFolder], None]
) -> None:
    reopen(session)
    path = session.part(0)
    path.write_bytes(path.read_bytes()[:-300])
    session.audit.write_bytes(session.audit.read_bytes() + b'{"n":')

    assert verify(session).verdict == "explained"


@pytest.mark.parametrize("name", ["audit.jsonl", "recording.0.mcap", "manifest.json"])
def test_a_missing_file_is_damage(session: SessionFolder, name: str) -> None:
    (session.path / name).unlink()
    report = verify(session)

    assert report.verdict == "damaged"
    assert any(name in finding.where for finding in report.findings)


def test_a_stream_that_is_in_no_file_is_named(session: SessionFolder) -> None:
    session.part(0).unlink()
    problems = [f.stream for f in verify(session).findings if f.stream]

    assert problems == ["camera.frame", "sensor.value", "finder.cells"]


def test_a_changed_audit_line_is_named(session: SessionFolder) -> None:
    text = session.audit.read_text().replace("run_started", "run_stopped")
    session.audit.write_text(text)

    assert any("line 1" in finding.where for finding in verify(session).findings)


def test_no_folder_is_a_recording_error(session: SessionFolder) -> None:
    with pytest.raises(RecordingError, match="no such session"):
        verify(session.path / "none")


def test_damage_comes_first(session: SessionFolder) -> None:
    session.audit.write_bytes(session.audit.read_bytes() + b"{")
    severities = [finding.severity for finding in verify(session).findings]

    assert severities[0] is Severity.DAMAGED
    assert severities[-1] is Severity.EXPLAINED
