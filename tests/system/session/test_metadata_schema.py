"""Our metadata before AIND's own judges: their schema libraries and their upgrader."""

import dataclasses
import datetime as dt
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from ranvier.session.faults import Severity, Verdict
from ranvier.session.metadata import check_folders, check_metadata, write_metadata

DATA = Path(__file__).parents[2] / "data" / "aind"
RECORDS = runpy.run_path(str(DATA / "records.py"))
UPGRADE = Path(__file__).with_name("aind_upgrade.py")
VALID = RECORDS["valid_sessions"]()
PROCEDURES = {
    "object_type": "Procedures",
    "schema_version": "2.2.3",
    "subject_id": RECORDS["SUBJECT"],
}

# Building the environments is much of it, and done once.
pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]


def with_procedures():
    full = VALID["full"]
    steps = (*full.steps, RECORDS["step"](procedures=PROCEDURES))
    return dataclasses.replace(full, steps=steps)


def spoil(folder, name, **changes):
    path = folder / name
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**content, **changes}), "utf-8")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder of each session, and some with faults put in by hand."""
    place = tmp_path_factory.mktemp("sessions")
    sessions = {
        **VALID,
        "whole": with_procedures(),
        "lost": RECORDS["lost_session"](),
        "other_rig": VALID["full"],
        "spoiled": VALID["full"],
    }
    made = {}
    for name, record in sessions.items():
        made[name] = place / name
        made[name].mkdir()
        write_metadata(made[name], record)
    spoil(made["spoiled"], "session.json", session_start_time="", colour="red")
    spoil(made["spoiled"], "acquisition.json", experimenters=3, subject_id=None)
    spoil(made["other_rig"], "instrument.json", instrument_id="another")
    (made["other_rig"] / "subject.json").unlink()
    (made["other_rig"] / "session.json").write_text("no JSON", "utf-8")
    return made


@pytest.fixture(scope="module")
def reports_1(folders, aind_1):
    reports = check_folders(list(folders.values()), aind_1)
    return dict(zip(folders, reports, strict=True))


@pytest.fixture(scope="module")
def reports_2(folders, aind_2):
    reports = check_folders(list(folders.values()), aind_2)
    return dict(zip(folders, reports, strict=True))


@pytest.fixture(scope="module")
def judged(folders, aind_2):
    """What upgrader and library make of our files, by session."""
    child = subprocess.run(
        [str(aind_2), "-E", str(UPGRADE), *(str(folders[name]) for name in VALID)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert child.returncode == 0, child.stderr[-3000:]
    return json.loads(child.stdout.splitlines()[-1])


def read(folder, name):
    return json.loads((folder / name).read_text("utf-8"))


def valid_files(report, version):
    said = [f.problem for f in report.findings if f.severity is Severity.OK]
    ending = f" is valid under aind-data-schema {version}."
    return {text.removesuffix(ending) for text in said if text.endswith(ending)}


def errors_by_place(report):
    return {error.where.rpartition(", ")[2] for error in report.errors}


@pytest.mark.parametrize("name", VALID)
def test_session_json_is_valid_under_1_4_0(reports_1, name):
    assert reports_1[name].errors == ()
    assert valid_files(reports_1[name], "1.4.0") == {"session.json"}


def test_session_json_of_a_lost_session_is_valid(reports_1):
    assert valid_files(reports_1["lost"], "1.4.0") == {"session.json"}


@pytest.mark.parametrize("name", VALID)
def test_acquisition_json_is_valid_under_2_9(reports_2, name):
    assert reports_2[name].errors == ()
    assert "acquisition.json" in valid_files(reports_2[name], "2.9.2")


@pytest.mark.parametrize("name", [name for name in VALID if name != "minimal"])
def test_all_files_of_2_9_are_valid_together(reports_2, name):
    assert valid_files(reports_2[name], "2.9.2") == {
        "acquisition.json",
        "instrument.json",
        "data_description.json",
        "subject.json",
        "all files together",
    }


def test_a_whole_asset_is_valid_without_remarks(reports_2):
    assert "procedures.json" in valid_files(reports_2["whole"], "2.9.2")
    assert [f for f in reports_2["whole"].findings if "remarks" in f.problem] == []


def test_each_file_has_the_form_that_the_library_writes(folders, judged):
    for name in VALID:
        for schema, theirs in judged[name]["written"].items():
            ours = read(folders[name], f"{schema}.json")

            assert list(ours) == [key for key in theirs if key in ours]
            assert changed(ours, theirs) <= {
                # Filled in by the library: from the start's offset; CC-BY by default.
                "acquisition_start_tz",
                "license",
            }


def changed(ours, theirs):
    """Name the fields in which two tables differ, however deep."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        names = set()
        for key in {*ours, *theirs}:
            if key not in ours or key not in theirs:
                names.add(key)
            else:
                names |= {n or key for n in changed(ours[key], theirs[key])}
        return names
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return set().union(*(changed(a, b) for a, b in zip(ours, theirs, strict=True)))
    return set() if is_same(ours, theirs) else {""}


def is_same(ours, theirs):
    # Decimals are written as texts, and times in a form of their own.
    if isinstance(ours, int | float) and isinstance(theirs, str):
        return float(theirs) == ours
    if isinstance(ours, str) and isinstance(theirs, str) and ours != theirs:
        return dt.datetime.fromisoformat(ours) == dt.datetime.fromisoformat(theirs)
    return ours == theirs


@pytest.mark.parametrize("name", VALID)
def test_the_upgrader_makes_the_acquisition_that_we_make(folders, judged, name):
    ours = read(folders[name], "acquisition.json")
    theirs = judged[name]["upgraded"]["acquisition"]
    same = {
        "subject_id",
        "instrument_id",
        "acquisition_type",
        "experimenters",
        "acquisition_start_time",
        "acquisition_end_time",
        "notes",
        "subject_details",
    }
    wrong = changed({k: ours[k] for k in same}, {k: theirs[k] for k in same})

    # The upgrader writes a unit even where there is no amount.
    assert wrong <= {"reward_consumed_unit"}
    assert (theirs["ethics_review_id"] or None) == ours["ethics_review_id"]
    assert (theirs["protocol_id"] or None) == ours["protocol_id"]
    assert epochs_of(theirs) == epochs_of(ours)
    assert streams_of(theirs) == streams_of(ours)


def epochs_of(acquisition):
    return [
        (
            dt.datetime.fromisoformat(epoch["stimulus_start_time"]),
            dt.datetime.fromisoformat(epoch["stimulus_end_time"]),
            epoch["stimulus_name"],
            epoch["stimulus_modalities"],
            (epoch["performance_metrics"] or {}).get("trials_total"),
        )
        for epoch in acquisition["stimulus_epochs"]
    ]


def streams_of(acquisition):
    return [
        (
            dt.datetime.fromisoformat(stream["stream_start_time"]),
            dt.datetime.fromisoformat(stream["stream_end_time"]),
            stream["modalities"],
        )
        for stream in acquisition["data_streams"]
    ]


def test_the_upgraded_session_is_valid_beside_our_other_files(judged):
    joint = [name for name in VALID if judged[name]["upgraded"]["joint"]]

    assert joint == [name for name in VALID if name != "minimal"]


def test_every_fault_of_a_file_is_found_with_its_field(reports_1, reports_2):
    assert errors_by_place(reports_1["spoiled"]) == {"`session_start_time`", "`colour`"}
    assert errors_by_place(reports_2["spoiled"]) == {"`experimenters`", "`subject_id`"}
    assert {error.code for error in reports_2["spoiled"].errors} == {"RV-S76"}


def test_files_that_do_not_agree_are_found(reports_1, reports_2):
    (error,) = reports_2["other_rig"].errors
    (unreadable,) = reports_1["other_rig"].errors

    assert "all files together" in error.where
    assert "another" in error.problem
    assert "session.json" in unreadable.where


def test_files_of_the_other_version_are_told_of(reports_1, reports_2):
    said = [f.problem for f in reports_2["full"].findings]

    assert any(text.startswith("session.json was not checked") for text in said)
    assert any("acquisition.json was not" in str(f) for f in reports_1["full"].findings)


def test_an_interpreter_without_the_library_is_told_of(folders, tmp_path):
    # Isolated: a library that was installed beside our own Python must not count.
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")],
        check=True,
    )
    bin_ = "Scripts" if sys.platform == "win32" else "bin"
    report = check_metadata(folders["full"], tmp_path / "bare" / bin_ / "python")

    (error,) = report.errors
    assert error.code == "RV-S78"
    assert error.found == "no aind-data-schema"
    assert "aind-data-schema==1.4.0" in error.mend


def test_a_folder_without_metadata_is_told_of(tmp_path, aind_2):
    (error,) = check_metadata(tmp_path, aind_2).errors

    assert error.code == "RV-S77"


@pytest.mark.skipif(sys.platform == "win32", reason="no script is a program there")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import sys; sys.exit('no memory')", "exit code 1; no memory"),
        ("print('hello')", "exit code 0"),
        ("import time; time.sleep(100)", "timed out after"),
    ],
)
def test_an_interpreter_that_does_not_answer_is_told_of(folders, tmp_path, text, found):
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\n{text}\n", "utf-8")
    python.chmod(0o755)
    report = check_metadata(folders["full"], python, limit_s=2.0)

    assert report.verdict is Verdict.FAILED
    assert found in report.errors[0].found


def test_an_interpreter_that_is_not_there_is_told_of(folders, tmp_path):
    (error,) = check_metadata(folders["full"], tmp_path / "nowhere").errors

    assert error.code == "RV-S78"
    assert "nowhere" in error.where


def test_writing_takes_less_than_a_fifth_of_a_second_with_its_imports(tmp_path):
    code = (
        "import runpy, sys, time, pathlib\n"
        "import ranvier.session.record\n"  # whoever has a record has imported this
        "start = time.process_time()\n"
        "from ranvier.session.metadata import write_metadata\n"
        "imported = time.process_time() - start\n"
        "record = runpy.run_path(sys.argv[1])['full_session']()\n"
        "start = time.process_time()\n"
        "write_metadata(pathlib.Path(sys.argv[2]), record)\n"
        "print(imported + time.process_time() - start)\n"
        "print('pydantic' in sys.modules, 'jsonschema' in sys.modules)\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", code, str(DATA / "records.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    cpu_s, heavy = child.stdout.splitlines()

    assert heavy == "False False"
    assert float(cpu_s) < 0.2
