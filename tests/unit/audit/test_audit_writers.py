"""Several writers of one audit trail: one chain, whoever wrote, died or meddled."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.audit import AuditKind, AuditTrail, read_audit, verify_audit
from ranvier.audit._kinds import DURABLE, FIELDS
from ranvier.audit._lock import FileLock
from ranvier.audit._read import ChainEnd, follow_chain
from ranvier.core import RecordingError, WallStart

if TYPE_CHECKING:
    from pathlib import Path

WALL = WallStart(1_000_000, "2026-11-20T14:00:00+01:00")


def note(audit: AuditTrail, text: str) -> None:
    audit.write(AuditKind.NOTE, text=text)


def texts(path: Path) -> list[str]:
    return [str(line.fields["text"]) for line in read_audit(path)]


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_lines_of_two_writers_are_one_chain(path: Path) -> None:
    with AuditTrail(path, WALL) as one, AuditTrail(path, WALL) as two:
        for audit, text in ((one, "a"), (two, "b"), (two, "c"), (one, "d"), (two, "e")):
            note(audit, text)
    check = verify_audit(path)

    assert check.is_whole
    assert not check.is_torn
    assert texts(path) == list("abcde")


def test_a_writer_that_only_watched_ends_without_complaint(path: Path) -> None:
    with AuditTrail(path, WALL) as one, AuditTrail(path, WALL):
        note(one, "a")

    assert verify_audit(path).n_lines == 1


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 200))
def test_the_torn_line_of_another_writer_is_not_continued(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("a") / "a"
    with AuditTrail(path, WALL) as one:
        note(one, "a")
        with AuditTrail(path, WALL) as killed:
            note(killed, "b")
        first, second = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(first + second[:cut])
        # As if the other had been killed in its line, not as if it were cut afterwards.
        one._end = ChainEnd(len(first), 1, read_audit(path)[0].hash)
        note(one, "c")
    check = verify_audit(path)

    assert check.is_whole
    assert texts(path)[0] == "a"
    assert texts(path)[-1] == "c"
    assert check.is_torn == (0 < cut < len(second) - 1)


def test_a_third_goes_on_where_the_second_went_on_behind_a_torn_line(
    path: Path,
) -> None:
    with AuditTrail(path, WALL) as one, AuditTrail(path, WALL) as two:
        note(one, "a")
        append(path, b'{"n":1,"time_ns":5')
        note(two, "b")
        note(one, "c")
    check = verify_audit(path)

    assert check.is_whole
    assert check.is_torn
    assert texts(path) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "foreign",
    [
        b"hello\n",
        b"hello",
        b'{"n":9,"kind":"note","prev":"","hash":"' + b"0" * 64 + b'"}\n',
    ],
)
def test_what_is_no_line_of_the_trail_is_told(path: Path, foreign: bytes) -> None:
    audit = AuditTrail(path, WALL)
    note(audit, "a")
    append(path, foreign)
    with pytest.raises(RecordingError, match="someone else") as caught:
        audit.close()

    assert caught.value.code == "RV-D47"
    assert caught.value.found.startswith("behind byte ")
    assert not verify_audit(path).is_whole or foreign == b"hello"


def test_a_line_goes_on_behind_what_is_none_and_the_end_tells(path: Path) -> None:
    audit = AuditTrail(path, WALL)
    note(audit, "a")
    append(path, b"hello")
    note(audit, "b")
    with pytest.raises(RecordingError, match="someone else"):
        audit.close()
    check = verify_audit(path)

    assert texts(path) == ["a", "b"]
    assert [each.line for each in check.breaks] == [2]


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_cut_is_told_by_both_writers_though_the_file_grew_again(
    path: Path, kept: int
) -> None:
    one, two = AuditTrail(path, WALL), AuditTrail(path, WALL)
    for text in "abc":
        note(one, text)
    note(two, "d")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:kept]) + lines[kept][:30])
    for text in "efghi":
        note(two, text)

    assert path.stat().st_size > len(b"".join(lines))
    assert not verify_audit(path).is_whole
    for audit in (one, two):
        with pytest.raises(RecordingError) as caught:
            audit.close()
        assert caught.value.code == "RV-D47"


def test_zeros_that_a_power_cut_left_are_no_foreign_line(path: Path) -> None:
    with AuditTrail(path, WALL) as audit:
        note(audit, "a")
    append(path, b'{"n":1' + bytes(50))
    with AuditTrail(path, WALL) as audit:
        note(audit, "b")
    check = verify_audit(path)

    assert check.is_whole
    assert check.is_torn


def test_threads_with_trails_of_their_own_take_turns(path: Path) -> None:
    def write_fifty(name: str) -> None:
        with AuditTrail(path, WALL) as audit:
            for n in range(50):
                note(audit, f"{name}{n}")

    threads = [threading.Thread(target=write_fifty, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    check = verify_audit(path)

    assert check.is_whole
    assert check.n_lines == 200
    for name in "abcd":
        own = [text for text in texts(path) if text.startswith(name)]
        assert own == [f"{name}{n}" for n in range(50)]


def test_only_the_tail_is_read_again(path: Path) -> None:
    read: list[int] = []

    class Watched:
        def __init__(self, file: Any) -> None:
            self._file = file

        def readall(self) -> bytes:
            data = self._file.readall()
            read.append(len(data))
            return data

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    one: Any = AuditTrail(path, WALL)
    with one, AuditTrail(path, WALL) as two:
        one._file = Watched(one._file)
        for _ in range(20):
            note(one, "a")
        note(two, "b")
        note(one, "c")

    assert len(read) == 1
    assert 0 < read[0] < 400


def test_a_lock_that_another_keeps_is_an_error_and_no_hang(path: Path) -> None:
    audit: Any = AuditTrail(path, WALL)
    audit._turn._limit_s = 0.01
    with path.open("ab") as other:
        with FileLock(other.fileno()), pytest.raises(RecordingError) as caught:
            note(audit, "a")
        note(audit, "b")
    audit.close()

    assert caught.value.code == "RV-D03"
    assert "another process" in caught.value.found
    assert texts(path) == ["b"]


def test_a_chain_is_followed_from_any_place(path: Path) -> None:
    with AuditTrail(path, WALL) as audit:
        for text in "abcd":
            note(audit, text)
    data = path.read_bytes()
    whole, _ = follow_chain(data, ChainEnd())
    for place in range(len(data)):
        first, problem = follow_chain(data[:place], ChainEnd())

        assert problem == ""
        if not first.is_torn:
            assert follow_chain(data[place:], first) == (whole, "")


def test_kinds_of_a_session_are_durable_but_for_those_that_come_often() -> None:
    of_session = list(AuditKind)[list(AuditKind).index(AuditKind.SESSION_CREATED) :]
    often = {AuditKind.PROGRAM_SAID, AuditKind.RESOURCES, AuditKind.STEP_STARTED}

    assert len(of_session) == 19
    assert set(of_session) - DURABLE == often
    assert all(kind.value == kind.name.lower() for kind in AuditKind)


def test_a_session_writes_its_fields_as_they_are(path: Path) -> None:
    with AuditTrail(path, WALL) as audit:
        for kind in list(AuditKind):
            audit.write(kind, **dict.fromkeys(FIELDS[kind], "x"))

    for line in read_audit(path):
        assert set(line.fields.values()) <= {"x"}


def test_the_answer_to_a_question_about_a_secret_is_withheld(path: Path) -> None:
    with AuditTrail(path, WALL) as audit:
        audit.write(AuditKind.ANSWERED, question="rig_password", answer="k1")
        audit.write(AuditKind.ANSWERED, question="subject_id", answer="m7")
    text = path.read_text()

    assert "k1" not in text
    assert "m7" in text
