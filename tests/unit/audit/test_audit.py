from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.audit import AuditKind, AuditTrail, read_audit, verify_audit
from ranvier.audit._kinds import FIELDS
from ranvier.core import RecordingError, WallStart

WALL = WallStart(1_000_000, "2026-11-20T14:00:00+01:00")


class StoppedClock:
    def now_ns(self) -> int:
        return 1_000_000 + 2_000_000_000


def write_trail(path: Path, n: int = 5) -> None:
    with AuditTrail(path, WALL, StoppedClock()) as audit:
        for i in range(n):
            audit.write(AuditKind.NOTE, "eye", text=f"note {i}")


def test_a_line_carries_time_date_node_and_fields(tmp_path: Path) -> None:
    write_trail(tmp_path / "audit.jsonl", 1)
    line = read_audit(tmp_path / "audit.jsonl")[0]

    assert (line.n, line.kind, line.node) == (0, "note", "eye")
    assert line.time_ns == 2_001_000_000
    assert line.wall == "2026-11-20T14:00:02.000+01:00"
    assert line.fields == {"text": "note 0", "by": None}


def test_a_whole_trail_verifies(tmp_path: Path) -> None:
    write_trail(tmp_path / "a")
    check = verify_audit(tmp_path / "a")

    assert check.is_whole
    assert not check.is_torn
    assert check.n_lines == 5


def test_an_empty_trail_is_whole(tmp_path: Path) -> None:
    write_trail(tmp_path / "a", 0)

    assert verify_audit(tmp_path / "a").n_lines == 0
    assert read_audit(tmp_path / "a") == []


@pytest.mark.parametrize("number", [0, 2, 4])
def test_a_changed_line_is_named(tmp_path: Path, number: int) -> None:
    path = tmp_path / "a"
    write_trail(path)
    lines = path.read_text().splitlines()
    lines[number] = lines[number].replace(f"note {number}", "nothing")
    path.write_text("\n".join(lines) + "\n")
    check = verify_audit(path)

    assert number + 1 == check.breaks[0].line


def test_a_removed_line_is_noticed_at_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_trail(path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2] + lines[3:]))

    assert verify_audit(path).breaks[0].line == 3


def test_a_torn_tail_is_no_break_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_trail(path)
    path.write_bytes(path.read_bytes()[:-20])
    check = verify_audit(path)

    assert check.is_whole
    assert check.is_torn
    assert len(read_audit(path)) == 4


def test_a_trail_goes_on_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_trail(path)
    path.write_bytes(path.read_bytes()[:-20])
    write_trail(path, 2)
    check = verify_audit(path)

    assert check.is_whole
    assert check.is_torn
    assert [line.n for line in read_audit(path)] == [0, 1, 2, 3, 4, 5]


def test_what_is_no_json_becomes_text_and_never_loses_the_line(tmp_path: Path) -> None:
    error = RecordingError("it broke.", code="RV-D99", mend="mend it")
    with AuditTrail(tmp_path / "a", WALL) as audit:
        audit.write(AuditKind.FAULT, error=error, value=np.arange(3), big=1 << 80)
        audit.write(AuditKind.NOTE, text=object(), path=Path("x"), nan=float("nan"))
    lines = read_audit(tmp_path / "a")

    assert len(lines) == 2
    assert "it broke" in str(lines[0].fields["error"])
    assert lines[1].fields["nan"] is None
    assert verify_audit(tmp_path / "a").is_whole


def test_secrets_are_withheld(tmp_path: Path) -> None:
    with AuditTrail(tmp_path / "a", WALL) as audit:
        audit.write(AuditKind.NOTE, text="x", api_key="k1", login={"Password": "k2"})
    text = (tmp_path / "a").read_text()

    assert "k1" not in text
    assert "k2" not in text


def test_the_old_and_new_value_of_a_secret_are_withheld(tmp_path: Path) -> None:
    error = {"problem": "'k3' is no value", "found": "'k3'", "code": "RV-N02"}
    with AuditTrail(tmp_path / "a", WALL) as audit:
        audit.write(AuditKind.PARAMETER_CHANGED, parameter="apiKey", old="k1", new="k2")
        audit.write(
            AuditKind.PARAMETER_REFUSED, parameter="api_key", value="k3", error=error
        )
        audit.write(AuditKind.RUN_CREATED, overrides={"a": [{"password": "k4"}]})
    text = (tmp_path / "a").read_text()

    assert not any(secret in text for secret in ("k1", "k2", "k3", "k4"))
    assert "RV-N02" in text


def test_what_only_sounds_like_a_secret_is_written(tmp_path: Path) -> None:
    with AuditTrail(tmp_path / "a", WALL) as audit:
        audit.write(AuditKind.PARAMETER_CHANGED, parameter="n_tokens", old=3, new=4)
        audit.write(AuditKind.NOTE, secretary="Ann", n_tokens=5)
    changed, note = read_audit(tmp_path / "a")

    assert (changed.fields["old"], changed.fields["new"]) == (3, 4)
    assert (note.fields["secretary"], note.fields["n_tokens"]) == ("Ann", 5)


def test_a_value_within_itself_does_not_lose_the_line(tmp_path: Path) -> None:
    loop: list[object] = []
    loop.append(loop)
    with AuditTrail(tmp_path / "a", WALL) as audit:
        audit.write(AuditKind.NOTE, text="x", value=loop)

    assert read_audit(tmp_path / "a")[0].fields["text"] == "x"


class FullDisk:
    """A file that takes a few bytes at a time, and after some no more."""

    def __init__(self, file: Any, step: int, room: int) -> None:
        self._file, self._step, self.room = file, step, room

    def write(self, data: Any) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "no space left on device")
        count = self._file.write(bytes(data[: min(self._step, self.room)]))
        self.room -= count
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_a_line_is_written_whole_though_the_disk_takes_it_in_pieces(
    tmp_path: Path,
) -> None:
    audit: Any = AuditTrail(tmp_path / "a", WALL)
    audit._file = FullDisk(audit._file, 7, 10_000)
    with audit:
        audit.write(AuditKind.NOTE, text="one")
        audit.write(AuditKind.NOTE, text="two")
    check = verify_audit(tmp_path / "a")

    assert check.is_whole
    assert not check.is_torn
    assert check.n_lines == 2


def test_a_line_that_the_disk_refuses_leaves_no_torn_chain(tmp_path: Path) -> None:
    audit: Any = AuditTrail(tmp_path / "a", WALL)
    with audit:
        audit.write(AuditKind.NOTE, text="one")
        audit._file = FullDisk(audit._file, 7, 50)
        with pytest.raises(RecordingError, match="can't be written"):
            audit.write(AuditKind.NOTE, text="refused")
        audit._file.room = 10_000
        audit.write(AuditKind.NOTE, text="two")
    check = verify_audit(tmp_path / "a")

    assert check.is_whole
    assert not check.is_torn
    assert [x.fields["text"] for x in read_audit(tmp_path / "a")] == ["one", "two"]


def test_a_line_that_can_not_be_taken_back_is_not_continued(tmp_path: Path) -> None:
    class Stuck(FullDisk):
        def truncate(self, size: int) -> int:
            raise OSError(errno.EIO, f"can't be cut to {size}")

    audit: Any = AuditTrail(tmp_path / "a", WALL)
    with audit:
        audit._file = Stuck(audit._file, 7, 50)
        with pytest.raises(RecordingError):
            audit.write(AuditKind.NOTE, text="refused")
        audit._file.room = 10_000
        audit.write(AuditKind.NOTE, text="one")

    assert verify_audit(tmp_path / "a").is_whole
    assert [x.fields["text"] for x in read_audit(tmp_path / "a")] == ["one"]


def test_a_line_that_could_not_be_synced_keeps_its_number(tmp_path: Path) -> None:
    class DeadDisk:
        def sync_now(self) -> None:
            raise OSError(errno.EIO, "gone")

        def stop(self) -> None:
            real.stop()

    audit: Any = AuditTrail(tmp_path / "a", WALL)
    with audit:
        real, audit._syncer = audit._syncer, DeadDisk()
        with pytest.raises(RecordingError):
            audit.write(AuditKind.PAUSED)
        audit._syncer = real
        audit.write(AuditKind.RESUMED)
    check = verify_audit(tmp_path / "a")

    assert check.is_whole
    assert [line.n for line in read_audit(tmp_path / "a")] == [0, 1]


def test_a_field_with_the_name_of_a_column_is_refused(tmp_path: Path) -> None:
    with (
        AuditTrail(tmp_path / "a", WALL) as audit,
        pytest.raises(RecordingError, match="name of a column"),
    ):
        audit.write(AuditKind.NOTE, prev="x")


def test_each_line_is_json_of_its_own(tmp_path: Path) -> None:
    write_trail(tmp_path / "a", 2)
    lines = (tmp_path / "a").read_text().splitlines()

    assert [json.loads(line)["n"] for line in lines] == [0, 1]


def test_each_kind_names_its_fields() -> None:
    assert set(AuditKind) == set(FIELDS)


def test_a_missing_trail_is_a_recording_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="can't be read"):
        read_audit(tmp_path / "none")


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "a"
    write_trail(path, 4)
    return path


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_changed_byte_breaks_the_chain(trail: Path, data: st.DataObject) -> None:
    content = bytearray(trail.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    changed = trail.with_name("changed")
    changed.write_bytes(content)
    read_audit(changed)
    check = verify_audit(changed)

    assert check.breaks or check.is_torn


@pytest.mark.parametrize("how", ["removed", "cut"])
def test_a_trail_that_someone_changed_while_it_was_open_is_told_of(
    tmp_path: Path, how: str
) -> None:
    path = tmp_path / "a"
    audit = AuditTrail(path, WALL)
    audit.write(AuditKind.RUN_STARTED)
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(b"")
    with pytest.raises(RecordingError, match="someone else") as caught:
        audit.close()
    audit.close()

    assert caught.value.code == "RV-D47"
