"""The files of `launcher_metadata`, made of a record."""

import dataclasses
import datetime as dt
import json

import pytest

from ranvier.audit import AuditBreak
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
    find_breaks,
    find_death,
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


def attempt(program, at, exit_code, verdict=Verdict.OK, number=1, signal=None):
    start = START + dt.timedelta(seconds=at)
    end = None if verdict is None else start + dt.timedelta(seconds=100)
    return ProgramAttempt(
        program, (program,), number, start, 7, end, exit_code, signal, verdict
    )


FAILED = Verdict.FAILED
ATTEMPTS = {
    "none": ([], None),
    "a graph alone": ([attempt("graph", 0, 4)], 4),
    "a graph that began later": ([attempt("bonsai", 0, 9), attempt("graph", 1, 0)], 9),
    "a graph that failed": (
        [attempt("bonsai", 0, 0), attempt("graph", 1, 5, FAILED)],
        5,
    ),
    "a program that failed": (
        [attempt("bonsai", 0, 3, FAILED), attempt("graph", 1, 0)],
        3,
    ),
    "both, one for the other's sake": (
        [attempt("graph", 8, 1, FAILED), attempt("bonsai", 0, 3, FAILED)],
        3,
    ),
    "tried again with success": (
        [attempt("bonsai", 0, 3, FAILED), attempt("bonsai", 200, 0, number=2)],
        0,
    ),
    "two programs": ([attempt("set-up", 0, 0), attempt("bonsai", 200, 8)], 8),
    "a set-up that failed": ([attempt("set-up", 0, 6, FAILED)], 6),
    "not seen to end": (
        [attempt("bonsai", 0, None, None), attempt("graph", 1, 0)],
        None,
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_exit_code_is_that_of_what_failed_else_of_the_program(name):
    attempts, wanted = ATTEMPTS[name]
    record = dataclasses.replace(BARE, attempts=tuple(attempts))

    assert read(record, "end_state.json")["process_returncode"] == wanted


def test_the_signal_is_that_of_the_same_attempt():
    killed = attempt("bonsai", 0, None, FAILED, signal="SIGKILL")
    record = dataclasses.replace(BARE, attempts=(killed, attempt("graph", 1, 0)))
    state = read(record, "end_state.json")

    assert (state["process_returncode"], state["process_signal"]) == (None, "SIGKILL")


LOST = {
    "finalised": {
        "state": SessionState.FINISHED,
        "finalised": {"time": END, "why": "its launcher died", "by": ""},
    },
    "not yet": {"state": SessionState.LOST},
}


@pytest.mark.parametrize("how", LOST)
def test_a_session_whose_launcher_died_says_so(how):
    record = dataclasses.replace(BARE, last_seen=END, **LOST[how])
    state, debug = read(record, "end_state.json"), read(record, "debug_state.json")
    (finding,), (error,) = state["findings"], debug["errors"]

    assert finding["problem"] == (
        f"its launcher died; it was last seen {END.isoformat()}."
    )
    assert (finding["of"], finding["severity"]) == ("session", "error")
    assert error["problem"] == finding["problem"] == debug["exception"]
    assert error["time"] == END.isoformat() == debug["crash_info"]["crash_time"]
    assert debug["summary"].startswith("errors: 1; its launcher died; the session is")


def test_a_session_that_was_finished_and_finalised_again_has_not_died():
    finalised = {"time": END, "why": "its files are wanted anew", "by": ""}
    record = dataclasses.replace(FULL, finalised=finalised, last_seen=END)

    assert find_death(record) == ()
    assert "died" not in read(record, "debug_state.json")["summary"]


def test_a_broken_chain_is_an_error_of_the_end_state():
    breaks = tuple(AuditBreak(n, "its content does not fit its hash") for n in (4, 9))
    record = dataclasses.replace(BARE, breaks=breaks)
    (finding,) = read(record, "end_state.json")["findings"]

    assert find_breaks(BARE) == ()
    assert finding["of"] == "audit trail"
    assert finding["severity"] == "error"
    assert "line 4: its content" in finding["found"]
    assert "line 9" in finding["found"]
    assert read(record, "debug_state.json")["errors"] == [finding]


def test_of_very_many_breaks_the_first_are_named_and_the_rest_counted():
    breaks = tuple(AuditBreak(n, "it is no line") for n in range(1, 1001))
    (finding,) = find_breaks(dataclasses.replace(BARE, breaks=breaks))

    assert "line 10:" in finding.found
    assert "line 11:" not in finding.found
    assert finding.found.endswith("and 990 more")


def test_of_each_metadata_file_the_last_word_counts():
    rows = [
        {"file": None, "schema": "session", "n": 1},
        {"file": "instrument.json", "schema": "instrument", "n": 1},
        {"file": "session.json", "schema": "session", "n": 2},
        {"file": "odd.json", "schema": ["no name"], "n": 2},
    ]
    record = dataclasses.replace(BARE, files=tuple(rows))

    assert read(record, "end_state.json")["files"] == [rows[2], rows[1], rows[3]]


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
