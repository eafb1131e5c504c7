"""Files are whole or not there."""

from __future__ import annotations

import pytest

from ranvier.core import append_durably, free_bytes, write_atomically


@pytest.mark.parametrize("content", ["æ\n", b"\x00\xff", "", b""])
def test_what_is_written_stands(tmp_path, content):
    path = tmp_path / "file"
    path.write_text("old")
    write_atomically(path, content)
    expected = content.encode() if isinstance(content, str) else content

    assert path.read_bytes() == expected
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_missing_is_said(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "no" / "file", "x")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside(
    tmp_path, monkeypatch
):
    path = tmp_path / "file"
    path.write_text("old")

    def full(handle):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, "new")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_lines_are_appended(tmp_path):
    with (tmp_path / "log").open("ab") as file:
        append_durably(file, b"a\n")
        append_durably(file, b"b\n")

    assert (tmp_path / "log").read_bytes() == b"a\nb\n"


def test_there_is_room_on_this_disk(tmp_path):
    assert free_bytes(tmp_path) > 0
