"""A recording cut or flipped at any byte is told of and mended, and never crashes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import NonSeekingReader

from ranvier.audit import AuditKind, AuditTrail, read_audit
from ranvier.core import RecordingError, SilentReporter
from ranvier.links import Message, Origin, to_bytes
from ranvier.recording import (
    SessionFolder,
    _mcap_file,
    open_recording,
    read_manifest,
    recover,
    seal,
    verify,
)
from ranvier.recording._mcap_file import McapFile
from ranvier.recording._mcap_writer import CHUNK, ChannelEntry, McapWriter
from ranvier.recording._recover import _recover_part
from ranvier.recording._verify import verify_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

N = 12
PLACES = st.integers(0, 1 << 30)
FLIPS = st.integers(1, 255)


def make(n: int) -> bytes:
    payload = np.full((4, 5 + 60 * (n % 4)), n, np.float64) if n % 2 else {"n": n}
    return to_bytes(Message(payload, n % 2, n, 0, 100 * n, Origin(0, n, 100 * n)))


def build(compression: str = "") -> bytes:
    file = io.BytesIO()
    channels = [ChannelEntry("a.x", {"unit": "V"}), ChannelEntry("b.y", {})]
    writer = McapWriter(
        file, channels, {"run": {"run": "r"}}, chunk_size=600, compression=compression
    )
    for n in range(N):
        writer.write(n % 2, n, 100 * n, make(n))
    writer.finish()
    return file.getvalue()


# Not a fixture: hypothesis would print all of it with each failure.
WHOLE = build()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damage")


def read_all(path: Path) -> list[int]:
    """Read all that can be read; any error but a RecordingError fails the test."""
    recording = open_recording(path)
    found = []
    for stream in recording.values():
        for index in range(len(stream)):
            try:
                found.append(stream.message(index).sequence)
            except RecordingError:
                continue
        try:
            assert len(stream.sequences) == len(stream)
        except RecordingError:
            continue
    return sorted(found)


def count_with_library(path: Path) -> int:
    reader = NonSeekingReader(io.BytesIO(path.read_bytes()), validate_crcs=True)
    return sum(1 for _ in reader.iter_messages())


def write(place: Path, content: bytes) -> Path:
    for old in place.iterdir():
        old.unlink()
    path = place / "recording.0.mcap"
    path.write_bytes(content)
    return path


@settings(max_examples=120, deadline=None)
@given(cut=PLACES)
def test_a_file_cut_anywhere_gives_what_is_whole(place: Path, cut: int) -> None:
    cut %= len(WHOLE)
    path = write(place, WHOLE[:cut])
    try:
        found = read_all(path)
    except RecordingError:
        found = []
    kept = McapFile(write(place, WHOLE)).chunks
    expected = sum(
        len(entries)
        for chunk in kept
        if chunk.data_start + chunk.stored <= cut
        for entries in chunk.indexes.values()
    )

    assert len(found) >= expected
    assert found == list(range(len(found)))


@settings(max_examples=120, deadline=None)
@given(cut=PLACES)
def test_a_cut_file_is_mended_with_each_message_that_was_whole(
    place: Path, cut: int
) -> None:
    cut %= len(WHOLE)
    kept = McapFile(write(place, WHOLE))
    ends = sorted(WHOLE.index(make(n)) + len(make(n)) for n in range(N))
    starts = [chunk.data_start for chunk in kept.chunks]
    path = write(place, WHOLE[:cut])
    done = _recover_part(path)
    expected = sum(end <= cut and starts[0] <= cut for end in ends)

    assert done is not None
    if path.exists():
        assert count_with_library(path) >= expected
        assert read_all(path) == list(range(max(expected, len(read_all(path)))))
        assert path.with_name(path.name + ".damaged").exists()
    else:
        assert expected == 0


@settings(max_examples=250, deadline=None)
@given(at=PLACES, flip=FLIPS)
def test_any_flipped_byte_is_found_and_never_crashes(
    place: Path, at: int, flip: int
) -> None:
    at %= len(WHOLE)
    changed = bytearray(WHOLE)
    changed[at] ^= flip
    path = write(place, bytes(changed))
    try:
        read_all(path)
        findings = verify_file(McapFile(path))
    except RecordingError:
        return
    # The head of the file (profile, metadata) has no checksum in MCAP; the manifest's
    # hash of the whole file guards it.
    in_head = at < McapFile(write(place, WHOLE)).chunks[0].start

    assert findings or in_head


@settings(max_examples=120, deadline=None)
@given(at=PLACES, flip=FLIPS)
def test_a_flipped_file_is_mended_without_losing_other_chunks(
    place: Path, at: int, flip: int
) -> None:
    first = McapFile(write(place, WHOLE)).chunks[0].start
    at = first + at % (len(WHOLE) - first)
    changed = bytearray(WHOLE)
    changed[at] ^= flip
    hit = [
        chunk
        for chunk in McapFile(write(place, WHOLE)).chunks
        if chunk.start <= at < chunk.end
    ]
    path = write(place, bytes(changed))
    _recover_part(path)
    found = set(read_all(path))
    untouched = {
        n
        for n in range(N)
        for begin in [WHOLE.index(make(n))]
        if not any(chunk.start <= begin < chunk.end for chunk in hit)
    }

    assert untouched <= found
    assert count_with_library(path) >= len(found)


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_damaged_compressed_chunks_are_told_of(place: Path, compression: str) -> None:
    content = build(compression)
    path = write(place, content)
    chunk = McapFile(path).chunks[1]
    for at in range(chunk.start, chunk.end, 7):
        changed = bytearray(content)
        changed[at] ^= 0x55
        path = write(place, bytes(changed))
        # A flip may lead the decompressor to the same bytes by another way.
        assert verify_file(McapFile(path)) or read_all(path) == list(range(N))


def test_a_session_that_was_killed_is_recovered_and_sealed(
    session: SessionFolder, reopen: Callable[[SessionFolder], None]
) -> None:
    reopen(session)
    path = session.part(0)
    path.write_bytes(path.read_bytes()[:-400])
    done = recover(session)

    assert done.files == ("recording.0.mcap",)
    assert done.n_messages == 30
    assert read_manifest(session).state == "sealed"
    assert read_manifest(session).finish_reason == "failed"
    assert verify(session).verdict == "explained"
    assert open_recording(session.path).is_finished
    assert read_audit(session.audit)[-1].kind == AuditKind.RECOVERED.value
    assert (session.path / "recording.0.mcap.damaged").exists()


def test_a_recovered_session_is_left_alone(
    session: SessionFolder, reopen: Callable[[SessionFolder], None]
) -> None:
    reopen(session)
    path = session.part(0)
    path.write_bytes(path.read_bytes()[:-400])
    recover(session)
    before = path.read_bytes()
    again = recover(session)

    assert again.files == ()
    assert before == path.read_bytes()


def test_a_whole_session_is_left_alone(session: SessionFolder) -> None:
    before = session.manifest.read_bytes()
    done = recover(session)

    assert done.files == ()
    assert before == session.manifest.read_bytes()


def test_a_lost_manifest_is_rebuilt_from_the_recording(session: SessionFolder) -> None:
    session.manifest.unlink()
    session.graph.write_text("ranvier: 1\n")
    recover(session)
    manifest = read_manifest(session)

    assert manifest.run == "r1"
    assert manifest.monotonic_ns == 1_000_000
    assert manifest.graph_text == "ranvier: 1\n"
    assert manifest.state == "sealed"


def test_a_part_that_was_killed_before_its_first_record_is_set_aside(
    session: SessionFolder, reopen: Callable[[SessionFolder], None]
) -> None:
    reopen(session)
    (session.path / "recording.1.mcap").write_bytes(b"\x89MC")
    before: Any = verify(session).verdict
    recover(session)

    assert before == "explained"
    assert not (session.path / "recording.1.mcap").exists()
    assert len(open_recording(session.path)["sensor.value"]) == 10


def cut(session: SessionFolder) -> None:
    path = session.part(0)
    path.write_bytes(path.read_bytes()[:-400])


def test_recovery_does_not_hide_what_had_been_changed(session: SessionFolder) -> None:
    session.environment.write_text("numpy==1\n")
    seal(session, "completed")
    old = {entry.path: entry for entry in read_manifest(session).files}
    session.environment.write_text("numpy==2\n")
    cut(session)
    recover(session)
    cut(session)
    recover(session)
    kept = {entry.path: entry for entry in read_manifest(session).changed}
    report = verify(session)
    (told, _) = [
        line.fields["findings"]
        for line in read_audit(session.audit)
        if line.kind == AuditKind.RECOVERED.value
    ]

    assert kept["environment.txt"] == old["environment.txt"]
    assert kept["recording.0.mcap"] == old["recording.0.mcap"]
    assert "graph.yaml" not in kept
    assert any(text.startswith("damaged: environment.txt") for text in told)
    assert report.verdict == "damaged"
    assert "environment.txt" in [finding.where for finding in report.findings]


@pytest.mark.parametrize("verdict", ["explained", "damaged"])
def test_how_bad_it_was_before_is_told_by_a_field_and_not_by_words(
    session: SessionFolder, verdict: str
) -> None:
    with AuditTrail(session.audit, read_manifest(session).wall) as audit:
        words = ["damaged: if one believes the words"]
        audit.write(AuditKind.RECOVERED, verdict=verdict, findings=words)
    seal(session, "completed")

    assert verify(session).verdict == verdict


def test_recovery_tells_of_a_manifest_that_was_lost(session: SessionFolder) -> None:
    session.manifest.unlink()
    recover(session)

    assert "the manifest can't be read" in verify(session).describe()


def test_verify_and_recover_show_how_far_they_are(session: SessionFolder) -> None:
    shown: dict[str, list[tuple[float, float]]] = {}

    class Keeping(SilentReporter):
        def advance(self, task: str, done: float, total: float) -> None:
            shown.setdefault(task, []).append((done, total))

    verify(session, Keeping())
    cut(session)
    recover(session, Keeping())

    assert set(shown) == {"hashing files", "checking messages", "mending files"}
    assert all(0 <= done <= total for each in shown.values() for done, total in each)
    assert all(each[-1][0] == each[-1][1] for each in shown.values())


def flip_a_value(path: Path) -> int:
    """Change one byte of a payload; give the number of its message."""
    content = bytearray(path.read_bytes())
    n = N - 1
    content[content.index(make(n)) + len(make(n)) - 1] ^= 1
    path.write_bytes(content)
    return n


def test_values_that_do_not_fit_their_checksum_are_not_read_as_good(
    place: Path,
) -> None:
    path = write(place, WHOLE)
    n = flip_a_value(path)
    recording = open_recording(path)
    stream, before = recording["b.y"], recording.problems
    with pytest.raises(RecordingError, match="does not fit its checksum") as caught:
        stream.raw(-1)

    assert "1 of b.y" in caught.value.found
    assert "recover" in caught.value.mend
    assert stream[0].shape == (4, 65)
    assert stream.sequences[-1] == n
    assert before == []
    assert "1 of b.y" in recording.problems[0]


def test_many_values_at_once_are_checked_as_well(tmp_path: Path) -> None:
    path = tmp_path / "recording.0.mcap"
    payloads = [np.full(3, float(n)) for n in range(40)]
    with path.open("xb", buffering=0) as file:
        writer = McapWriter(file, [ChannelEntry("a.x", {})], {}, chunk_size=2000)
        for n, payload in enumerate(payloads):
            message = Message(payload, 0, n, 0, n, Origin(0, n, n))
            writer.write(0, n, n, to_bytes(message))
        writer.finish()
    whole = open_recording(path)["a.x"][:]
    content = bytearray(path.read_bytes())
    content[content.index(payloads[7].tobytes())] ^= 1
    path.write_bytes(content)
    stream = open_recording(path)["a.x"]
    with pytest.raises(RecordingError, match="does not fit its checksum"):
        _ = stream[:]

    assert whole[:, 0].tolist() == list(range(40))
    assert stream[-16:][:, 0].tolist() == list(range(24, 40))


def test_recover_leaves_out_what_does_not_fit_its_checksum(place: Path) -> None:
    path = write(place, WHOLE)
    n = flip_a_value(path)
    done = _recover_part(path)

    assert done is not None
    assert n not in read_all(path)
    assert "1 of b.y" in done.findings[0]
    assert [f.severity.value for f in verify_file(McapFile(path))] == ["explained"]


def test_what_was_wrong_before_is_recalled_in_a_clause(session: SessionFolder) -> None:
    for n in range(4):
        (session.path / f"{n}.txt").write_text("x" * n)
    seal(session, "completed")
    for n in range(4):
        (session.path / f"{n}.txt").unlink()
    cut(session)
    recover(session)
    lines = verify(session).describe().splitlines()
    recalled = [
        line for line in lines if "was recovered;" in line or "was recovered:" in line
    ]

    assert len(recalled) == 2
    assert any("more in the trail" in line for line in recalled)
    assert all(len(line) < 250 for line in recalled)


def test_a_small_stream_of_a_large_file_is_read_without_reading_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_mcap_file, "_CHECKED_FREELY", 1000)
    path = tmp_path / "recording.0.mcap"
    frame = np.zeros(200_000, "u1")
    with path.open("xb", buffering=0) as file:
        channels = [ChannelEntry("a.x", {}), ChannelEntry("b.frame", {})]
        writer = McapWriter(file, channels, {}, chunk_size=300_000)
        for n in range(32):
            for number, payload in enumerate((np.full(3, float(n)), frame)):
                message = Message(payload, number, n, 0, n, Origin(0, n, n))
                writer.write(number, n, n, to_bytes(message))
        writer.finish()
    content = bytearray(path.read_bytes())
    content[content.rindex(frame.tobytes()) + 9] ^= 1
    path.write_bytes(content)
    recording = open_recording(path)

    assert recording["a.x"][:][:, 0].tolist() == list(range(32))
    assert recording.problems == []
    with pytest.raises(RecordingError, match="does not fit its checksum"):
        _ = recording["b.frame"][:]
    with pytest.raises(RecordingError, match="does not fit its checksum"):
        _ = recording["a.x"][:]  # now it is known


def test_what_a_killed_writer_left_before_the_head_is_mended(tmp_path: Path) -> None:
    """The head of a chunk is written last: until then it is zeros."""
    path = tmp_path / "recording.0.mcap"
    with path.open("xb", buffering=0) as file:
        writer = McapWriter(file, [ChannelEntry("a.x", {})], {})
        starts = []
        for n in range(6):
            message = Message(np.full(3, float(n)), 0, n, 0, n, Origin(0, n, n))
            if n in {0, 3}:
                writer.flush()
                starts.append(writer.good_end)
            writer.write(0, n, n, to_bytes(message))
        writer.flush()
        end = writer.good_end
        writer.close()
    content = bytearray(path.read_bytes())
    head = starts[1] + CHUNK.size + 8
    content[starts[1] : head] = bytes(head - starts[1])
    path.write_bytes(content[: end - 100])
    found = _recover_part(path)

    assert found.n_messages == 5
