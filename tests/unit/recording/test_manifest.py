from __future__ import annotations

import pytest

from ranvier.core import RecordingError
from ranvier.recording import (
    SessionFolder,
    describe_host,
    hash_text,
    read_manifest,
    seal,
)


def test_a_manifest_reads_as_it_was_written(folder: SessionFolder) -> None:
    manifest = read_manifest(folder)

    assert manifest.state == "open"
    assert manifest.streams[1].plan.stream == "sensor.value"
    assert manifest.node("sensor").parameters == {"level": 1}
    assert manifest.node("none") is None
    assert manifest.graph_sha256 == hash_text(manifest.graph_text)


def test_the_format_stands_in_the_file(folder: SessionFolder) -> None:
    assert b'"format": 1' in folder.manifest.read_bytes()


def test_sealing_lists_all_files_but_itself_and_the_report(
    session: SessionFolder,
) -> None:
    session.report.touch()
    manifest = seal(session, "completed")
    names = [entry.path for entry in manifest.files]

    assert names == ["audit.jsonl", "recording.0.json", "recording.0.mcap"]
    assert manifest.state == "sealed"
    assert manifest == read_manifest(session)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"run": 3}'])
def test_a_damaged_manifest_is_a_recording_error(
    folder: SessionFolder, content: bytes
) -> None:
    folder.manifest.write_bytes(content)

    with pytest.raises(RecordingError, match="can't be read"):
        read_manifest(folder)


def test_a_later_format_is_refused(folder: SessionFolder) -> None:
    text = folder.manifest.read_text().replace('"format": 1', '"format": 2')
    folder.manifest.write_text(text)

    with pytest.raises(RecordingError, match="can't be read"):
        read_manifest(folder)


def test_the_host_tells_its_name_and_cores() -> None:
    host = describe_host()

    assert host.name
    assert host.cores > 0
