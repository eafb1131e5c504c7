"""Command lines of the programs that copy, and the file of the watchdog."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ranvier.session.archive import WatchdogFacts, write_watchdog_manifest
from ranvier.session.archive._transfer import TRANSFERS
from ranvier.session.faults import ArchiveError

SOURCE, TARGET, LISTING = Path("/data/s"), Path("/archive/s"), Path("/tmp/names")
OFFSET = dt.timezone(dt.timedelta(hours=-8))
FACTS = WatchdogFacts(
    name="M1_2026-11-20_10-00-00",
    subject="726087",
    acquired=dt.datetime(2026, 11, 20, 10, 0, tzinfo=OFFSET),
    project="OpenScope",
    destination="//server/scratch",
    modalities={"behavior": ("/data/s/behavior",)},
    schemas=("/data/s/session.json",),
    schedule=dt.time(3, 0),
)


def test_rsync_is_given_the_list_of_files():
    (command,) = TRANSFERS["rsync"].build_commands(SOURCE, TARGET, ["a"], LISTING)

    assert command[-2:] == [f"{SOURCE}/", f"{TARGET}/"]
    assert f"--files-from={LISTING}" in command
    assert TRANSFERS["rsync"].build_commands(SOURCE, TARGET, [], LISTING) == []


def test_robocopy_is_called_once_for_each_folder():
    names = ["a", "b", "sub/c"] + [f"many/{n}" for n in range(201)]
    commands = TRANSFERS["robocopy"].build_commands(SOURCE, TARGET, names, LISTING)

    assert [command[1] for command in commands] == [
        str(TARGET), str(TARGET / "sub"), str(TARGET / "many"), str(TARGET / "many"),
    ]  # fmt: skip
    assert commands[0][2:4] == ["a", "b"]
    assert "/R:0" in commands[0]


@pytest.mark.parametrize(
    ("code", "robocopy", "rsync"),
    [(0, True, True), (1, True, False), (7, True, False), (8, False, False),
     (16, False, False), (-9, False, False)],
)  # fmt: skip
def test_exit_codes_are_read_as_each_program_means_them(code, robocopy, rsync):
    assert TRANSFERS["robocopy"].is_success(code) is robocopy
    assert TRANSFERS["rsync"].is_success(code) is rsync


def test_the_watchdogs_manifest_has_the_keys_of_the_service(tmp_path):
    path = write_watchdog_manifest(tmp_path, replace(FACTS, more={"mount": "ophys"}))
    told = YAML(typ="safe").load(path.read_text())

    assert path.name == "manifest_M1_2026-11-20_10-00-00.yml"
    assert told == {
        "name": "M1_2026-11-20_10-00-00",
        "subject_id": 726087,
        "acquisition_datetime": "2026-11-20T10:00:00-08:00",
        "schedule_time": "03:00:00",
        "project_name": "OpenScope",
        "destination": "//server/scratch",
        "modalities": {"behavior": ["/data/s/behavior"]},
        "schemas": ["/data/s/session.json"],
        "mount": "ophys",
    }
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("subject", ["007", "M1"])
def test_a_subject_that_is_no_number_stays_text(tmp_path, subject):
    path = write_watchdog_manifest(tmp_path, replace(FACTS, subject=subject))

    assert YAML(typ="safe").load(path.read_text())["subject_id"] == subject


@pytest.mark.parametrize(
    "changes",
    [{"project": ""}, {"destination": ""}, {"subject": ""},
     {"acquired": dt.datetime(2026, 11, 20)}],  # noqa: DTZ001 - that is what is refused
)  # fmt: skip
def test_nothing_is_filled_in_for_the_watchdog(tmp_path, changes):
    with pytest.raises(ArchiveError, match="can't be written") as caught:
        write_watchdog_manifest(tmp_path, replace(FACTS, **changes))

    assert "not known" in caught.value.found
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_that_is_there_is_not_overwritten(tmp_path):
    path = write_watchdog_manifest(tmp_path, FACTS)
    before = path.read_text()
    with pytest.raises(ArchiveError, match="can't be written"):
        write_watchdog_manifest(tmp_path, replace(FACTS, project="other"))

    assert path.read_text() == before
