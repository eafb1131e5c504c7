"""Small acts on files, as the older launcher's documentation lists them."""

import datetime as dt
import hashlib
import os
import tempfile
import uuid
from pathlib import Path

import pytest

from ranvier.session import (
    ConfigLoader,
    ParameterValidationError,
    cleanup_temp_files,
    ensure_directory_exists,
    generate_session_uuid,
    generate_timestamp,
    get_file_checksum,
    safe_file_copy,
)


def test_a_folder_is_made_or_is_there_or_can_not_be(tmp_path):
    (tmp_path / "file").touch()

    assert ensure_directory_exists(tmp_path / "a" / "b")
    assert ensure_directory_exists(str(tmp_path / "a" / "b"))
    assert not ensure_directory_exists(tmp_path / "file" / "c")


def test_a_timestamp_has_twelve_digits_of_now():
    before = dt.datetime.now().astimezone().replace(microsecond=0)
    stamp = dt.datetime.strptime(generate_timestamp(), "%y%m%d%H%M%S").astimezone()
    after = dt.datetime.now().astimezone()

    assert before <= stamp <= after
    assert generate_timestamp("%Y") in (str(before.year), str(after.year))


def test_an_identifier_is_a_uuid_of_its_own():
    one, other = generate_session_uuid(), generate_session_uuid()

    assert uuid.UUID(one) != uuid.UUID(other)


def test_a_checksum_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"trial\r\n")

    assert get_file_checksum(tmp_path / "a") == hashlib.md5(b"trial\r\n").hexdigest()
    assert len(get_file_checksum(tmp_path / "a", "sha256")) == 64


def test_a_copy_is_made_whole(tmp_path):
    (tmp_path / "a").write_text("new")

    assert safe_file_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_what_was_there_is_kept_beside_the_copy(tmp_path):
    for text in ("first", "second", "third"):
        (tmp_path / "a").write_text(text)
        safe_file_copy(tmp_path / "a", tmp_path / "b", True)
    names = ("b", "b.bak", "b.bak2")

    assert [(tmp_path / n).read_text() for n in names] == ["third", "first", "second"]


def test_without_backup_what_is_there_stands(tmp_path):
    (tmp_path / "a").write_text("new")
    (tmp_path / "b").write_text("old")

    assert not safe_file_copy(tmp_path / "a", tmp_path / "b", create_backup=False)
    assert (tmp_path / "b").read_text() == "old"


def test_a_copy_that_can_not_be_leaves_nothing(tmp_path):
    (tmp_path / "b").write_text("old")

    assert not safe_file_copy(tmp_path / "nothing", tmp_path / "b")
    assert not safe_file_copy(tmp_path / "b", tmp_path / "b")
    assert not safe_file_copy(tmp_path / "b", tmp_path / "no folder" / "c")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


@pytest.fixture
def place_of_temporary_files(tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_only_temporary_files_are_removed(tmp_path, place_of_temporary_files):
    place = place_of_temporary_files
    kept = [tmp_path / "data.csv", place / "folder"]
    gone = [place / "a", place / "folder" / "b"]
    kept[1].mkdir()
    for path in (kept[0], *gone):
        path.touch()
    told = []
    reporter = type("Hearer", (), {"warn": lambda self, text: told.append(text)})()
    removed = cleanup_temp_files([*kept, *gone, place / "missing"], reporter)

    assert removed == 2
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in gone)
    assert len(told) == 3


@pytest.mark.skipif(os.name == "nt", reason="links want rights on Windows")
def test_what_a_link_among_temporary_files_leads_to_stays(
    tmp_path, place_of_temporary_files
):
    (tmp_path / "data.csv").touch()
    link = place_of_temporary_files / "link"
    link.symlink_to(tmp_path / "data.csv")
    into = place_of_temporary_files / "into"
    into.symlink_to(tmp_path, target_is_directory=True)

    assert cleanup_temp_files([link, into / "data.csv"]) == 1
    assert (tmp_path / "data.csv").exists()


INI = """[Display]
monitor = 'Gamma1.Luminance50'
size = (1920, 1200)
warp = None
path = C:/images/%Y
[Behavior]
Volume = 0.005
nidevice = Dev1
code = __import__('os').getpid()
"""


def test_a_configuration_is_read_and_nothing_in_it_is_run(tmp_path):
    path = tmp_path / "stim.cfg"
    path.write_text(INI)

    assert ConfigLoader(path).load() == {
        "Display": {
            "monitor": "Gamma1.Luminance50",
            "size": (1920, 1200),
            "warp": None,
            "path": "C:/images/%Y",
        },
        "Behavior": {
            "Volume": 0.005,
            "nidevice": "Dev1",
            "code": "__import__('os').getpid()",
        },
    }


def test_a_configuration_that_is_not_there_is_empty_and_is_not_made(tmp_path):
    path = tmp_path / "stim.cfg"

    assert ConfigLoader(path).load() == {}
    assert not path.exists()


def test_a_configuration_takes_from_the_environment_what_it_names(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("RIG_DISK", "D:")
    path = tmp_path / "stim.cfg"
    path.write_text("[Stim]\nfolder = {env:RIG_DISK}/images\nn = 2\n")

    assert ConfigLoader(path).load_with_env_substitution() == {
        "Stim": {"folder": "D:/images", "n": 2}
    }


def test_a_configuration_that_is_none_is_an_error(tmp_path):
    path = tmp_path / "stim.cfg"
    path.write_text("no section = 1\n")
    with pytest.raises(ParameterValidationError) as caught:
        ConfigLoader(path).load()

    assert (caught.value.code, caught.value.where) == ("RV-S98", str(path))


def test_the_temporary_folder_of_these_tests_is_theirs(place_of_temporary_files):
    assert Path(tempfile.gettempdir()) == place_of_temporary_files
