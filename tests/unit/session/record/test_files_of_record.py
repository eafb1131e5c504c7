"""The files of `launcher_metadata`, made of a record."""

import dataclasses
import datetime as dt
import json

import pytest

from ranvier.core import SessionError
from ranvier.session.faults import Finding, Report, Severity, Verdict
from ranvier.session.record import (
    ProgramAttempt,
    RepositoryState,
    ResourceSample,
    SessionRecord,
    SessionState,
    StepRecord,
    build_files,
    write_files,
)

START = dt.datetime.fromisoformat("2026-11-20T10:00:00-08:00")
END = START + dt.timedelta(minutes=5)
GIVEN = '{"subject_id": "M1",\r\n  "greek": "µ",   "a": [1,2] }'
BARE = SessionRecord("M1_x", "M1", "ana", "rig1", SessionState.CREATED, START)
FULL = dataclasses.replace(
    BARE,
    state=SessionState.FINISHED,
    end=END,
    finished=END,
    verdict=Verdict.FAILED,
    exit_status=1,
    error={"type": "ProgramError", "problem": "exit 3.", "traceback": "line 7"},
    parameters={"rig_id": "rig1", "port": 5, "api_token": "abc"},
    origins={"port": "rig", "api_token": "file"},
    input_name="params.json",
    input_text=GIVEN,
    argv=("ranvier", "session", "start", "params.json"),
    software={"ranvier": "0.1.0"},
    preflight=Report((Finding(Severity.WARNING, "disk space", "little is left."),)),
    repository=RepositoryState(
        "https://host/t.git", "c0ffee", "v1", "t", is_dirty=True
    ),
    attempts=(
        ProgramAttempt("bonsai", ("b",), 1, START, 7, END, 3, None, Verdict.FAILED),
    ),
    steps=(StepRecord("weight", "after", 0, START, END, data={"weight": 21.5}),),
)


def read(record, name):
    return json.loads(build_files(record)[name])


def test_the_parameter_file_is_kept_byte_by_byte():
    files = build_files(FULL)

    assert files["input_parameters.json"] == GIVEN.encode()


def test_a_yaml_file_stays_yaml():
    record = dataclasses.replace(FULL, input_name="P.YML", input_text="a: 1\n")

    assert build_files(record)["input_parameters.yaml"] == b"a: 1\n"


def test_without_a_parameter_file_there_is_no_copy_of_one():
    assert "input_parameters.json" not in build_files(BARE)


@pytest.mark.parametrize("record", [BARE, FULL])
def test_every_other_file_is_there_however_far_the_session_is(record):
    names = {name for name in build_files(record) if not name.startswith("input_")}

    assert names == {
        "processed_parameters.json",
        "command_line_arguments.json",
        "git_revisions.json",
        "resource_usage.json",
        "end_state.json",
        "debug_state.json",
    }


def test_the_end_state_has_the_keys_of_the_openscope_launcher():
    state = read(FULL, "end_state.json")

    assert list(state)[:9] == [
        "session_uuid", "subject_id", "user_id", "start_time", "stop_time",
        "process_returncode", "version", "rig_config", "experiment_data",
    ]  # fmt: skip
    assert state["stop_time"] == END.isoformat()
    assert state["process_returncode"] == 3
    assert state["rig_config"] == {"rig_id": "rig1", "port": 5}
    assert state["experiment_data"] == {"weight": 21.5}
    assert (state["verdict"], state["exit_status"]) == ("failed", 1)
    assert [f["of"] for f in state["findings"]] == ["preflight"]


def test_the_error_that_ended_a_session_is_in_the_debug_state():
    state = read(FULL, "debug_state.json")

    assert state["exception"] == "ProgramError: exit 3."
    assert state["traceback"] == "line 7"
    assert state["crash_info"]["exception_type"] == "ProgramError"
    assert state["errors"][-1]["time"] == END.isoformat()


def test_a_debug_state_without_errors_says_so():
    state = read(BARE, "debug_state.json")

    assert state["summary"] == "no error; the session is created"
    assert state["errors"] == []
    assert state["crash_info"] is None


def test_the_revisions_say_whether_files_differed_from_the_commit():
    task, ours = read(FULL, "git_revisions.json")

    assert (task["commit"], task["is_dirty"]) == ("c0ffee", True)
    assert ours == {"name": "ranvier", "commit": None, "package_version": "0.1.0"}


def test_no_secret_is_in_a_file_that_is_made():
    files = build_files(FULL)

    assert not [name for name, data in files.items() if b"abc" in data]


def test_what_programs_used_is_added_up_over_their_trees():
    tree = [
        {"cpu_percent": 50.0, "rss_bytes": 100},
        {"cpu_percent": 25, "rss_bytes": 7},
    ]
    samples = (
        ResourceSample(START, "bonsai", tuple(tree), {"disk_free_bytes": 9}),
        ResourceSample(END, "bonsai", (), {"disk_free_bytes": 4, "cpu_percent": 80}),
    )
    usage = read(dataclasses.replace(BARE, samples=samples), "resource_usage.json")

    assert usage["summary"]["programs"]["bonsai"] == {
        "n_samples": 2,
        "rss_bytes_max": 107.0,
        "cpu_percent_mean": 75.0,
        "cpu_percent_max": 75.0,
    }
    assert usage["summary"]["system"] == {
        "cpu_percent_max": 80.0,
        "memory_percent_max": None,
        "disk_free_bytes_min": 4.0,
    }
    assert [s["time"] for s in usage["samples"]] == [START.isoformat(), END.isoformat()]


def test_only_what_changed_is_written_again(tmp_path):
    first = write_files(tmp_path, FULL)
    again = write_files(tmp_path, FULL)
    (tmp_path / "launcher_metadata" / "end_state.json").unlink()
    mended = write_files(tmp_path, FULL)

    assert len(first) == 7
    assert again == ()
    assert [path.name for path in mended] == ["end_state.json"]


def test_a_file_that_can_not_be_written_is_named(tmp_path):
    (tmp_path / "launcher_metadata").write_text("in the way")

    with pytest.raises(SessionError) as caught:
        write_files(tmp_path, BARE)

    assert caught.value.code == "RV-S88"
    assert "launcher_metadata" in caught.value.where
