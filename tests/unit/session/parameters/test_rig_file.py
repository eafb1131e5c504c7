"""The file of a rig is read, never made, and wrong ones are named."""

from __future__ import annotations

import pytest

from ranvier.session.faults import ParameterValidationError
from ranvier.session.parameters import find_rig_file, read_rig


def write(folder, text):
    path = folder / "rig_config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_keys_stand_at_the_top_or_in_the_table_of_the_rig(tmp_path):
    path = write(tmp_path, "COM_port = 'COM3'\n[rig]\nrig_id = 'r1'\n[lab]\nroom = 3\n")
    rig = read_rig(path)

    assert rig.values == {"COM_port": "COM3", "rig_id": "r1", "lab": {"room": 3}}
    assert len(rig.sha256) == 64


def test_dates_are_text(tmp_path):
    rig = read_rig(write(tmp_path, "calibrated = 2026-11-20\nat = [10:30:00]"))

    assert rig.values == {"calibrated": "2026-11-20", "at": ["10:30:00"]}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a = 1\nrig_id = r1\n", "rig_config.toml, line 2, column"),
        ('a = "C:\\data"\n', "rig_config.toml, line 1, column"),
        ("a = 1\na = 2\n", "rig_config.toml, line 2"),
        ("a = 1\n[rig", "rig_config.toml, line 2"),
        ("a = nan", "rig_config.toml"),
        ("a = " + "[" * 5000, "rig_config.toml"),
        ("rig = 3", "rig_config.toml"),
        ("a = 1\n[rig]\na = 2", "rig_config.toml"),
    ],
)
def test_a_corrupt_file_names_its_line(tmp_path, text, where):
    with pytest.raises(ParameterValidationError) as caught:
        read_rig(write(tmp_path, text))

    assert caught.value.code == "RV-S11"
    assert caught.value.where.startswith(where)


def test_a_file_that_was_named_must_exist(tmp_path):
    missing = tmp_path / "none.toml"

    assert find_rig_file(missing) == missing
    with pytest.raises(ParameterValidationError, match="no such file"):
        read_rig(missing)


def test_looking_for_the_usual_file_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    found = find_rig_file()

    assert found is None or found.is_file()
    assert list(tmp_path.iterdir()) == []
