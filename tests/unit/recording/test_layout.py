from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ranvier.core import RecordingError, WallStart
from ranvier.recording import create_session_folder, find_sessions

if TYPE_CHECKING:
    from pathlib import Path

WALL = WallStart(5, "2026-11-20T14:03:22+01:00")


def test_folders_of_one_second_have_names_of_their_own(tmp_path: Path) -> None:
    made = [create_session_folder(tmp_path / "runs", "loop", WALL) for _ in range(3)]
    names = [folder.path.name for folder in made]

    assert names[0] == "loop_2026-11-20T14-03-22"
    assert [f"{names[0]}-2", f"{names[0]}-3"] == names[1:]
    assert made[0].logs.is_dir()
    assert made[0].nodes.is_dir()


def test_parts_are_in_order_of_number_and_the_next_is_free(tmp_path: Path) -> None:
    folder = create_session_folder(tmp_path, "loop", WALL)
    for name in ("recording.10.mcap", "recording.2.mcap", "recording.0.mcap.damaged"):
        (folder.path / name).touch()

    assert [part.number for part in folder.parts()] == [2, 10]
    assert folder.next_part().number == 11
    assert not folder.next_part().path.exists()


def test_a_parent_that_is_a_file_is_a_recording_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RecordingError, match="can't be made"):
        create_session_folder(tmp_path / "file", "loop", WALL)


@pytest.mark.parametrize("name", ["manifest.json", "audit.jsonl", "recording.3.mcap"])
def test_a_folder_is_a_session_by_any_of_its_files(tmp_path: Path, name: str) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / name).touch()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").touch()

    assert [each.path for each in find_sessions(tmp_path)] == [tmp_path / "b"]
    assert [each.path for each in find_sessions(tmp_path / "b")] == [tmp_path / "b"]


@pytest.mark.parametrize("name", ["", "nowhere", "file"])
def test_where_there_is_no_session_that_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RecordingError, match="there is no session"):
        find_sessions(tmp_path / name)
