"""Parts that were taken away are missed, whatever the manifest says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from ranvier.audit import AuditKind, AuditTrail
from ranvier.recording import (
    SessionFolder,
    read_manifest,
    recover,
    seal,
    verify,
    write_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

STREAMS = ["camera.frame", "sensor.value", "finder.cells"]


@pytest.fixture
def three_parts(
    folder: SessionFolder, record_numbers: Callable[..., None]
) -> SessionFolder:
    """A sealed session of three parts, each named in the audit trail."""
    with AuditTrail(folder.audit, read_manifest(folder).wall) as audit:
        for n in range(3):
            name = folder.part(n).name
            audit.write(AuditKind.RECORDING_OPENED, file=name, streams=STREAMS)
            record_numbers(n)
    seal(folder, "completed")
    return folder


def forget(folder: SessionFolder, *names: str) -> None:
    """Take files out of the manifest's list."""
    manifest = read_manifest(folder)
    files = tuple(each for each in manifest.files if each.path not in names)
    write_manifest(folder, msgspec.structs.replace(manifest, files=files))


def tell(folder: SessionFolder) -> list[tuple[str, str]]:
    return [(found.where, found.problem) for found in verify(folder).findings]


def test_parts_that_are_all_there_are_no_finding(three_parts: SessionFolder) -> None:
    assert not [where for where, _ in tell(three_parts) if "mcap" in where]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_part_removed_together_with_its_entry_is_missed(
    three_parts: SessionFolder, number: int
) -> None:
    part, counts = three_parts.part(number), three_parts.counts(number)
    forget(three_parts, part.name, counts.name)
    part.unlink()
    counts.unlink()
    report = verify(three_parts)

    assert report.verdict == "damaged"
    assert (part.name, "the file is missing: the recorder had opened it") in tell(
        three_parts
    )


def test_a_hole_in_the_numbers_is_missed_without_an_audit_trail(
    three_parts: SessionFolder,
) -> None:
    forget(three_parts, "recording.1.mcap", "recording.1.json", "audit.jsonl")
    for path in (three_parts.part(1), three_parts.counts(1), three_parts.audit):
        path.unlink()

    assert "recording.1.mcap" in dict(tell(three_parts))


def test_the_last_part_is_missed_without_an_audit_trail_if_its_counts_are_there(
    three_parts: SessionFolder,
) -> None:
    forget(three_parts, "recording.2.mcap", "recording.2.json", "audit.jsonl")
    three_parts.part(2).unlink()
    three_parts.audit.unlink()
    found = dict(tell(three_parts))

    assert "the recorder had opened it" in found["recording.2.mcap"]
    assert "does not list" in found["recording.2.json"]


@pytest.mark.parametrize("name", ["recording.0.mcap", "recording.0.json", "graph.yaml"])
def test_a_file_taken_out_of_the_sealed_list_is_told(
    three_parts: SessionFolder, name: str
) -> None:
    three_parts.graph.write_text("ranvier: 1\n")
    forget(three_parts, name)

    assert "does not list" in dict(tell(three_parts))[name]


def test_a_file_that_someone_put_beside_is_no_finding(
    session: SessionFolder,
) -> None:
    (session.path / "my notes.txt").write_text("a good day")

    assert verify(session).is_ok


def test_the_only_part_removed_by_hand_names_the_part_and_its_streams(
    three_parts: SessionFolder, reopen: Callable[[SessionFolder], None]
) -> None:
    reopen(three_parts)
    for part in three_parts.parts():
        part.path.unlink()
    report = verify(three_parts)
    found = {each.stream or each.where for each in report.findings}

    assert report.verdict == "damaged"
    assert {"recording.0.mcap", "recording.1.mcap", *STREAMS} <= found


def test_streams_that_the_manifest_forgot_are_known_from_the_audit_trail(
    three_parts: SessionFolder,
) -> None:
    manifest = msgspec.structs.replace(read_manifest(three_parts), streams=())
    write_manifest(three_parts, manifest)
    for part in three_parts.parts():
        part.path.unlink()

    assert {each.stream for each in verify(three_parts).findings} >= set(STREAMS)


def test_a_part_that_recover_moved_aside_is_not_missed(
    three_parts: SessionFolder, reopen: Callable[[SessionFolder], None]
) -> None:
    reopen(three_parts)
    three_parts.part(2).write_bytes(b"")
    recover(three_parts)

    assert not [
        where for where, problem in tell(three_parts) if "is missing" in problem
    ]


def test_a_manifest_that_recover_rebuilt_is_told_for_ever(
    three_parts: SessionFolder,
) -> None:
    three_parts.manifest.unlink()
    recover(three_parts)
    report = verify(three_parts)

    assert report.verdict == "damaged"
    assert "lost and rebuilt" in dict(tell(three_parts))["manifest.json"]
