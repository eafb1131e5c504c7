"""`ranvier session …` as a person uses it: each command, and what it leaves."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tomllib

import pytest

from ranvier.recording import open_recording, verify

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(60),
    pytest.mark.skipif(
        sys.platform == "win32", reason="the example's stand-in is started as on POSIX"
    ),
]

METADATA = {
    "bonsai.stderr.log",
    "bonsai.stdout.log",
    "command_line_arguments.json",
    "debug_state.json",
    "end_state.json",
    "git_revisions.json",
    "input_parameters.json",
    "launcher.log",
    "processed_parameters.json",
    "resource_usage.json",
}


def list_all(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def read_all(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def held(desk):
    """A short session that was held; gives its folder."""
    desk.start(desk.plain)
    return desk.session


def test_the_example_is_made_once_and_never_over_something(desk):
    before = read_all(desk.folder)
    told = desk.call("new", desk.folder, status=1)

    assert str(desk.folder) in told
    assert read_all(desk.folder) == before


@pytest.mark.parametrize("name", ['of "someone"', "back\\slash", "é ü 'x' #1"])
def test_the_rig_file_can_be_read_whatever_the_folder_is_called(desk, name):
    folder = desk.folder.parent / name
    desk.call("new", folder)
    rig = tomllib.loads((folder / "rig.toml").read_text(encoding="utf-8"))
    desk.call("check", "first_session.json", "--rig", "rig.toml", cwd=folder)

    assert rig["task_repository"] == str(folder / "task")


@pytest.mark.parametrize(
    "name", ["two\nlines", "{subject_id}", b"\xff".decode("utf-8", "surrogateescape")]
)
def test_a_folder_whose_name_no_rig_file_can_have_is_not_made(desk, name):
    before = list_all(desk.folder)
    desk.call("new", desk.folder / name, status=1)

    assert list_all(desk.folder) == before


def test_without_git_no_example_is_made(desk, tmp_path):
    (tmp_path / "bin").mkdir()
    without = {**desk.environment, "PATH": str(tmp_path / "bin")}
    told = desk.call("new", desk.folder / "second", status=1, env=without)

    assert "git is not on the PATH" in told
    assert not (desk.folder / "second").exists()


@pytest.mark.parametrize("is_there", [True, False])
def test_an_example_that_fails_half_way_leaves_nothing_of_it(desk, tmp_path, is_there):
    folder = desk.folder / "outer" / "second"
    if is_there:
        folder.mkdir(parents=True)
    place = tmp_path / "bin"
    place.mkdir()
    fake = place / "git"
    fake.write_text("#!/bin/sh\necho half > half\necho no more space >&2\nexit 1\n")
    fake.chmod(0o755)
    path = f"{place}{os.pathsep}{os.environ['PATH']}"
    told = desk.call("new", folder, status=1, env={**desk.environment, "PATH": path})

    assert "no more space" in told
    assert folder.exists() == is_there
    assert (desk.folder / "outer").exists() == is_there
    assert not is_there or list_all(folder) == []


def test_the_shipped_example_is_held_from_its_checks_to_its_copy(desk):
    words = ("first_session.json", "--rig", "rig.toml", "--answers", "answers.yaml")
    told = desk.call("start", *words)
    session = desk.session
    end = desk.read("end_state.json")

    assert str(session) in told
    place = session / "launcher_metadata"
    assert {path.name for path in place.glob("[!.]*")} == METADATA
    given = (desk.folder / "first_session.json").read_bytes()
    assert (place / "input_parameters.json").read_bytes() == given
    assert end["process_returncode"] == end["exit_status"] == 0
    assert [each["verdict"] for each in end["steps"]] == ["ok"] * 6
    acquisition = json.loads((session / "acquisition.json").read_text())
    instrument = json.loads((session / "instrument.json").read_text())
    assert acquisition["subject_id"] == "M001"
    assert acquisition["instrument_id"] == instrument["instrument_id"] == "stand-in-rig"
    weights = acquisition["subject_details"]
    assert float(weights["animal_weight_prior"]) == 24.5
    assert len((session / "trials.csv").read_text().split()) == 21
    assert len((session / "gratings.csv").read_text().split()) == 21
    copy = desk.sessions / "archive" / session.name
    missing = set(list_all(session)) - set(list_all(copy))
    assert missing == {"launcher_metadata/.launcher.lock"}
    for name in ("audit.jsonl", "launcher_metadata/end_state.json", "session.json"):
        assert (copy / name).read_bytes() == (session / name).read_bytes()


LOOKS = [("check",), ("start", "--dry-run", "--answers", "answers.yaml")]


@pytest.mark.parametrize("words", LOOKS)
def test_a_look_makes_no_session_and_says_all(desk, words):
    before = list_all(desk.folder)
    files = ("first_session.json", "--rig", "rig.toml")
    told = desk.call(words[0], *files, *words[1:])
    # The code that is looked at lies in the cache, where a session looks for it too.
    after = [path for path in list_all(desk.folder) if not path.startswith("cache")]

    assert after == before
    for thing in ("disk space", "output folder", "repository", "workflow"):
        assert thing in told


@pytest.mark.parametrize("words", LOOKS)
def test_a_look_sees_what_the_workflow_does_not_have(desk, words):
    given = 'script_parameters={"Trails": 2}'
    files = ("first_session.json", "--rig", "rig.toml", "--set", given)
    told = desk.call(words[0], *files, *words[1:], status=1)

    assert 'did you mean "Trials"?' in told
    assert not desk.sessions.exists()


@pytest.mark.parametrize("words", LOOKS)
def test_a_look_that_finds_an_error_fails(desk, words):
    desk.task.rename(desk.folder / "task away")
    files = ("first_session.json", "--rig", "rig.toml")
    told = desk.call(words[0], *files, *words[1:], status=1)

    assert str(desk.task) in told


def test_a_look_at_a_rig_that_is_taken_says_who_has_it(desk):
    given = {"script_parameters": {"Trials": 100_000}}
    first = desk.launch({**desk.plain, **given}, name="first.json")
    desk.wait_for_trial(1)
    told = desk.call("check", desk.write(desk.plain), status=1)
    first.send_signal(signal.SIGINT)
    first.wait(15)
    desk.call("check", desk.write(desk.plain))

    assert f"process {first.pid} on" in told


def test_values_of_the_command_line_stand_above_those_of_the_files(desk):
    words = ("--set", "subject_id=M77", "--set", 'script_parameters={"Trials": 2}')
    desk.start(desk.plain, *words)
    end = desk.read("end_state.json")

    assert end["subject_id"] == "M77"
    assert desk.session.name.startswith("M77_")
    assert len((desk.session / "trials.csv").read_text().split()) == 3
    told = json.dumps(desk.read("command_line_arguments.json"))
    assert json.dumps(words)[1:-1] in told


@pytest.mark.parametrize("launcher", ["base", "command"])
def test_any_command_can_be_what_acquires(desk, launcher):
    code = "import sys; open(sys.argv[1], 'w').write('by a command')"
    words = [sys.executable, "-c", code, "{session_folder}/made.txt"]
    desk.start({**desk.bare, "launcher": launcher, "command": words})

    assert (desk.session / "made.txt").read_text() == "by a command"


def test_a_secret_reaches_the_program_and_no_file(desk):
    desk.environment["SERVER_TOKEN"] = "hush-hush"
    code = "import os; print(len(os.environ['TOKEN']))"
    words = {"launcher": "command", "command": [sys.executable, "-c", code]}
    told = {"program_environment": {"TOKEN": "{env:SERVER_TOKEN}"}}
    desk.start({**desk.bare, **words, **told})
    place = desk.session / "launcher_metadata"
    (said,) = [path.read_text() for path in place.glob("*.stdout.log")]

    assert said == "9\n"
    for content in read_all(desk.session).values():
        assert b"hush-hush" not in content


def test_a_graph_alone_can_be_what_acquires(desk):
    desk.start({**desk.bare, **desk.graph, "graph_duration": "0.5 s"})
    end = desk.read("end_state.json")

    assert [each["reason"] for each in end["runs"]] == ["completed"]
    assert verify(desk.session).verdict == "ok"
    recorded = open_recording(desk.session)["sensor.signal"]
    assert 20 <= len(recorded) <= 100


# The trail holds these words too, as they stand here.
BESIDE = """
import pathlib, sys, time
while "run_" + "started" not in pathlib.Path(sys.argv[1]).read_text():
    time.sleep(0.01)
time.sleep(0.5)
"""


def test_a_graph_beside_a_program_ends_with_it_and_shares_its_folder(desk):
    words = [sys.executable, "-c", BESIDE, "{session_folder}/audit.jsonl"]
    beside = {**desk.graph, "launcher": "command", "command": words}
    desk.start({**desk.bare, **beside})
    end = desk.read("end_state.json")

    assert end["process_returncode"] == 0
    assert [each["reason"] for each in end["runs"]] == ["stopped"]
    assert verify(desk.session).verdict == "ok"
    assert len(open_recording(desk.session)["sensor.signal"])


def test_a_python_script_of_the_session_is_run_with_its_parameters(desk):
    script = desk.folder / "task.py"
    code = "import json, os, pathlib, sys\n"
    code += "place = pathlib.Path(os.environ['OUTPUT_FOLDER'], 'told.json')\n"
    script.write_text(code + "place.write_text(json.dumps(sys.argv[1:]))\n")
    given = {"launcher": "python", "script_path": str(script)}
    desk.start({**desk.bare, **given, "script_parameters": {"Trials": 2}})

    assert any(
        "2" in word for word in json.loads((desk.session / "told.json").read_text())
    )


def test_a_session_without_an_acquisition_does_its_steps_alone(desk):
    steps = {"pre_acquisition_pipeline": ["disk_space_check"], "required_free_gb": 0.1}
    desk.start({**desk.bare, "launcher": "base", **steps})
    end = desk.read("end_state.json")

    assert [each["verdict"] for each in end["steps"]] == ["ok"]
    assert end["attempts"] == []


# ------------------------------------------------------------------ afterwards


def test_a_step_that_failed_is_done_again_later(desk):
    blocked = desk.folder / "archive"
    blocked.write_text("a file where a folder should be")
    steps = {"post_acquisition_pipeline": ["session_archiver"]}
    desk.start({**desk.plain, **steps, "network_dir": str(blocked)}, status=1)
    blocked.unlink()
    told = desk.call("step", desk.session, "session_archiver")
    end = desk.read("end_state.json")

    assert "session_archiver: ok" in told
    assert [each["verdict"] for each in end["steps"]] == ["failed", "ok"]
    assert (blocked / desk.session.name / "trials.csv").exists()
    # How the session itself ended is not made better by what came later.
    assert (end["verdict"], end["exit_status"]) == ("failed", 1)


def test_a_question_of_a_step_done_again_is_answered_from_a_file(desk):
    steps = {"post_acquisition_pipeline": ["mouse_weight_post_prompt"]}
    desk.start({**desk.plain, **steps}, "--answers", "answers.yaml")
    again = desk.folder / "again.json"
    again.write_text('{"animal_weight_post_g": 23.9}')
    desk.call("step", desk.session, "mouse_weight_post_prompt", "--answers", again)
    end = desk.read("end_state.json")

    assert end["experiment_data"]["animal_weight_post_g"] == 23.9
    told = [(each["answer"], each["by"]) for each in end["answers"]]
    assert told == [(24.3, "answers.yaml"), (23.9, "again.json")]


def test_a_step_that_the_session_has_not_is_refused_and_changes_nothing(desk):
    steps = {"pre_acquisition_pipeline": ["disk_space_check"], "required_free_gb": 0.1}
    desk.start({**desk.plain, **steps})
    before = read_all(desk.session)
    told = desk.call("step", desk.session, "disc_space_check", status=1)

    assert '"disc_space_check"' in told
    assert 'did you mean "disk_space_check"' in told
    assert read_all(desk.session) == before


def test_files_that_were_lost_are_written_anew_from_the_trail(desk, held):
    place = held / "launcher_metadata"
    before = {name: desk.read(name) for name in ("end_state.json", "debug_state.json")}
    given = (place / "input_parameters.json").read_bytes()
    shutil.rmtree(place)
    desk.call("finalise", held)
    after = desk.read("end_state.json")

    assert (place / "input_parameters.json").read_bytes() == given
    for key in ("start_time", "stop_time", "verdict", "exit_status", "steps", "state"):
        assert after[key] == before["end_state.json"][key]
    assert after["finalised"]["why"] == "its files are wanted anew"
    assert desk.read("debug_state.json")["exception"] is None


def test_metadata_that_someone_changed_are_kept_when_files_are_written_anew(desk):
    facts = ("session_type", "mouse_platform_name", "active_mouse_platform")
    desk.start({**desk.plain, **{name: desk.whole[name] for name in facts}})
    held = desk.session
    path = held / "session.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**known, "notes": "looked at by ana"}))
    changed = path.read_bytes()
    (held / "acquisition.json").unlink()
    for _ in range(2):
        desk.call("finalise", held)
    rows = {row["schema"]: row for row in desk.read("end_state.json")["files"]}

    assert path.read_bytes() == changed
    assert (held / "acquisition.json").exists()
    assert len(desk.read("end_state.json")["files"]) == len(rows)
    assert "RV-S79" in [each.get("code") for each in rows["session"]["missing"]]
    assert rows["session"]["sha256"] == ""
    assert len(rows["acquisition"]["sha256"]) == 64


def test_a_session_that_goes_on_is_not_finalised(desk):
    given = {"script_parameters": {"Trials": 100_000}}
    launched = desk.launch({**desk.plain, **given})
    folder = desk.wait_for_trial(1)
    told = desk.call("finalise", folder, status=1)
    running = desk.call("list", desk.sessions)
    launched.send_signal(signal.SIGINT)

    assert launched.wait(15) == 0
    assert "still goes on" in told
    assert "running" in running
    assert desk.read("end_state.json")["finalised"] is None


def test_a_folder_that_is_no_session_is_refused(desk):
    before = list_all(desk.folder)
    for command, *more in (("finalise",), ("step", "disk_space_check")):
        told = desk.call(command, desk.task / "bonsai", *more, status=1)
        assert str(desk.task / "bonsai") in told

    assert list_all(desk.folder) == before


def test_a_session_is_copied_twice_and_stays(desk, held):
    before = read_all(held)
    first, second = desk.folder / "first", desk.folder / "second"
    told = desk.call("archive", held, first, "--backup", second)
    again = desk.call("archive", held, first, "--backup", second)

    assert read_all(held) == before
    for place in (first, second):
        copied = read_all(place / held.name)
        for path, content in before.items():
            if path.name.startswith("."):  # a lock
                continue
            assert copied[place / held.name / path.relative_to(held)] == content
    assert "0 were there already" in told
    assert "0 files copied" in again


def test_sessions_are_listed_with_what_became_of_them(desk, held):
    failing = {"subject_id": "M002", "script_parameters": {"Mode": "fail"}}
    desk.start({**desk.plain, **failing}, status=1)
    broken = desk.sessions / "M003_2026-11-20_10-00-00"
    broken.mkdir()
    (broken / "audit.jsonl").write_text("not a trail\n")
    rows = desk.call("list", desk.sessions).splitlines()[1:]

    assert len(rows) == 3
    assert "M001" in rows[0]
    assert "warning" in rows[0]
    assert "failed" in rows[1]
    assert broken.name in rows[2]
    assert "warning" not in rows[2]


def test_a_folder_without_sessions_has_none_to_list(desk):
    assert "no sessions in" in desk.call("list", desk.task)
