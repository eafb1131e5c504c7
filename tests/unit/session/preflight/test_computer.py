"""Space, folder, memory and clock of this computer."""

import datetime as dt

import pytest

from ranvier.core import WallStart
from ranvier.session.faults import Severity
from ranvier.session.preflight import ClockSane, DiskSpace, FolderWritable, FreeMemory

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def one(check):
    (finding,) = check.run()
    return finding


def test_a_disk_with_space_is_well_also_if_its_folder_is_not_there_yet(tmp_path):
    finding = one(DiskSpace(tmp_path / "a" / "b", 0.0))

    assert finding.severity is Severity.OK
    assert str(tmp_path) in finding.problem
    assert not (tmp_path / "a").exists()


def test_a_disk_with_too_little_space_is_an_error_with_both_numbers(tmp_path):
    finding = one(DiskSpace(tmp_path, 1e9))

    assert (finding.severity, finding.code) == (Severity.ERROR, "RV-S92")
    assert finding.wanted == "1e+09 GiB"
    assert finding.found.endswith("GiB free")


def test_a_folder_that_can_be_written_is_left_as_it_was(tmp_path):
    finding = one(FolderWritable(tmp_path / "later"))

    assert finding.severity is Severity.OK
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "out").write_text("kept")
    finding = one(FolderWritable(tmp_path / "out"))

    assert (finding.severity, finding.code) == (Severity.ERROR, "RV-S92")
    assert (tmp_path / "out").read_text() == "kept"


@pytest.mark.parametrize(
    ("needed_gib", "severity"), [(0.0, Severity.OK), (1e9, Severity.ERROR)]
)
def test_memory_is_compared_with_what_is_needed(needed_gib, severity):
    assert one(FreeMemory(needed_gib)).severity is severity


def test_a_clock_that_goes_on_as_it_went_is_well():
    assert one(ClockSane(WallStart.now())).severity is Severity.OK


@pytest.mark.parametrize(
    ("now", "expected", "severity"),
    [
        (NOON, NOON, Severity.OK),
        (NOON + dt.timedelta(seconds=1), NOON, Severity.OK),
        (NOON - dt.timedelta(seconds=9), NOON, Severity.WARNING),
        (NOON.replace(year=1970), NOON.replace(year=1970), Severity.ERROR),
    ],
)
def test_a_clock_is_judged_by_its_year_and_its_steps(now, expected, severity):
    (finding,) = ClockSane(WallStart(0, NOON.isoformat())).judge(now, expected)

    assert finding.severity is severity
