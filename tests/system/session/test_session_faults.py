"""What goes wrong at a rig, each in a real session: said, recorded, nothing left."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

from ranvier.recording import open_recording, verify

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(60),
    pytest.mark.skipif(
        sys.platform == "win32", reason="the example's stand-in is started as on POSIX"
    ),
]

STEPS = """
import sys

def fine():
    return {"fine": True}

def one():
    return 1

def false():
    return False

def raises():
    raise RuntimeError("the lick spout is dry")
"""


def run_mode(desk, mode, status, properties=None, *words, **parameters):
    """Hold a plain session in which the stand-in behaves so; give its end state."""
    given = {"Trials": 4, "Mode": mode, **(properties or {})}
    desk.start(
        {**desk.plain, "script_parameters": given, **parameters}, *words, status=status
    )
    return desk.read("end_state.json")


def launch_long(desk, mode="ok", **parameters):
    """Start a session that ends only if it is ended, and wait for its third trial."""
    given = {"Trials": 100_000, "Mode": mode}
    launched = desk.launch({**desk.plain, "script_parameters": given, **parameters})
    folder = desk.wait_for_trial(1 if mode == "hang" else 3)
    return launched, folder, desk.find_tree(launched)


def git(folder, *words):
    author = ("-c", "user.name=Someone", "-c", "user.email=someone@localhost")
    done = subprocess.run(
        ["git", *author, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def add_steps(desk):
    """Commit the steps to the task repository; give the parameters that name it."""
    for name in ("steps.py", "always.py"):
        (desk.task / name).write_text(STEPS)
    git(desk.task, "add", "--all")
    git(desk.task, "commit", "--quiet", "--message=Steps")
    return name_repository(desk)


def name_repository(desk):
    place = {"repository_url": str(desk.task), "script_path": "task.bonsai"}
    return {**place, "repository_cache": str(desk.folder / "cache")}


def script(function, **entry):
    """Give an entry of a step of the task repository."""
    inner = {"function": function}
    return {
        "module_type": "script_module",
        "module_path": "steps.py",
        "module_parameters": inner,
        **entry,
    }


def tell(end):
    """Give all findings of an end state as text."""
    return json.dumps(end["findings"])


def find_steps(end):
    return {step["step"]: step["verdict"] for step in end["steps"]}


# ------------------------------------------------------------------ how programs end


def test_exit_3_fails_the_session_and_what_is_always_done_is_done(desk):
    always = script("fine", module_path="always.py", run_when="always")
    steps = {"post_acquisition_pipeline": [script("fine"), always]}
    end = run_mode(desk, "fail", 1, **add_steps(desk), **steps)

    assert end["process_returncode"] == 3
    assert (end["verdict"], end["exit_status"]) == ("failed", 1)
    assert end["stop_time"] is not None
    assert find_steps(end) == {"steps.py": "skipped", "always.py": "ok"}


def test_a_line_on_stderr_with_exit_0_is_a_warning(desk):
    end = run_mode(desk, "warn", 0)

    assert (end["verdict"], end["process_returncode"]) == ("warning", 0)
    assert "cable" in tell(end)


def test_an_exception_on_stderr_with_exit_0_is_a_failure(desk):
    end = run_mode(desk, "stderr", 1)

    assert (end["verdict"], end["process_returncode"]) == ("failed", 0)
    assert "COM3 is closed" in tell(end)


def test_a_line_that_a_pattern_of_the_file_finds_is_a_failure(desk):
    end = run_mode(desk, "warn", 1, stderr_fail_patterns=["cable is l.ng"])

    assert (end["verdict"], end["process_returncode"]) == ("failed", 0)


def test_a_program_that_falls_silent_is_killed_and_its_limit_is_named(desk):
    began = time.monotonic()
    end = run_mode(desk, "hang", 1, silence_timeout_sec=0.4, stop_timeout_sec=0.3)

    assert time.monotonic() - began < 10
    assert [each["limit"] for each in end["limits"]] == ["silence_s"]
    assert end["process_signal"] == "SIGKILL"
    assert "it said nothing for" in tell(end)


def test_a_program_without_a_sign_of_life_is_ended_by_its_start_limit(desk):
    given = {"Trials": 2000, "TrialDuration": 1}
    end = run_mode(desk, "silent", 1, given, process_start_timeout_sec=0.3)

    assert [each["limit"] for each in end["limits"]] == ["start_s"]


def test_a_memory_runaway_is_ended_within_two_samples(desk):
    given = {"Trials": 200, "TrialDuration": 0.05}
    end = run_mode(
        desk, "memory", 1, given, memory_limit_mb=100, resource_log_interval=0.1
    )
    samples = [
        sum(each["rss_bytes"] for each in sample["processes"])
        for sample in desk.read_trail("resources")
    ]
    above = list(itertools.dropwhile(lambda rss: rss <= 100e6, samples))

    assert [each["limit"] for each in end["limits"]] == ["memory_bytes"]
    assert len(above) >= 1
    (limit,) = desk.read_trail("limit_fired")
    assert limit["value"] in above[:2]


def test_grandchildren_and_daemons_are_gone_with_the_session(desk):
    end = run_mode(desk, "children", 0)
    pids = json.loads((desk.session / "children.json").read_text())

    desk.wait_gone(pids.values(), limit_s=1)
    assert end["verdict"] == "warning"
    assert "left 2 processes running" in tell(end)


# ------------------------------------------------------------------ signals


def test_ctrl_c_stops_in_good_order_and_everything_is_written(desk):
    steps = {"post_acquisition_pipeline": ["session_archiver"]}
    parameters = {**desk.whole, **steps, "network_dir": str(desk.folder / "archive")}
    parameters["script_parameters"]["Trials"] = 100_000
    parameters["pre_acquisition_pipeline"] = []
    launched = desk.launch(parameters)
    folder = desk.wait_for_trial(3)
    pids = desk.find_tree(launched)
    launched.send_signal(signal.SIGINT)
    status = launched.wait(15)
    end = desk.read("end_state.json")
    told = (desk.folder / "session.out").read_text()

    assert "stopping in good order: operator, Ctrl-C" in told
    assert "stopped in trial" in (folder / "task.log").read_text()
    desk.wait_gone(pids, limit_s=1)
    assert (status, end["exit_status"], end["state"]) == (0, 0, "finished")
    assert end["stop_time"] is not None
    assert end["verdict"] in ("ok", "warning")
    assert [each["by"] for each in end["stop_requests"]] == ["operator"]
    assert find_steps(end) == {"session_archiver": "ok"}
    for name in ("session.json", "acquisition.json", "instrument.json"):
        assert json.loads((folder / name).read_text())


def test_a_second_ctrl_c_ends_at_once_what_does_not_hear_the_first(desk):
    steps = {"post_acquisition_pipeline": ["experiment_notes_post_prompt"]}
    launched, _, pids = launch_long(desk, "hang", stop_timeout_sec=60, **steps)
    launched.send_signal(signal.SIGINT)
    desk.wait_for(lambda: desk.read_trail("stop_requested"))
    launched.send_signal(signal.SIGINT)
    took = desk.wait_gone(pids, limit_s=10)
    end = desk.read("end_state.json")

    assert launched.wait(10) == end["exit_status"] == 1
    assert took < 5
    assert find_steps(end) == {"experiment_notes_post_prompt": "skipped"}
    assert end["process_signal"] == "SIGKILL"
    assert len(end["stop_requests"]) == 2
    assert end["stop_time"] is not None


def test_sigterm_leaves_no_process_after_5_s_even_if_the_program_is_deaf(desk):
    launched, _, pids = launch_long(desk, "hang", stop_timeout_sec=60)
    launched.send_signal(signal.SIGTERM)
    took = desk.wait_gone(pids, limit_s=5)
    launched.wait(5)
    end = desk.read("end_state.json")

    assert took <= 5
    assert end["state"] == "finished"
    assert {each["by"] for each in end["stop_requests"]} == {"SIGTERM"}


def test_a_launcher_that_is_killed_leaves_no_child_and_a_record(desk):
    launched, folder, pids = launch_long(desk, "children")
    pids += json.loads((folder / "children.json").read_text()).values()
    launched.kill()
    launched.wait()
    desk.wait_gone(pids, limit_s=10)
    before = desk.call("list", desk.sessions)
    finalised = desk.call("finalise", folder)
    end = desk.read("end_state.json")
    after = desk.call("list", desk.sessions)

    assert "lost" in before
    assert "its launcher died" in finalised
    assert end["finalised"]["why"] == "its launcher died"
    assert end["verdict"] == "failed"
    assert end["is_stop_time_seen"] is False
    assert end["stop_time"] is not None
    assert end["process_returncode"] is None
    for name in ("processed_parameters", "command_line_arguments", "resource_usage"):
        assert desk.read(f"{name}.json")
    assert desk.read("debug_state.json")["session_uuid"] == folder.name
    given = folder / "launcher_metadata" / "input_parameters.json"
    assert given.read_bytes() == (desk.folder / "session.json").read_bytes()
    assert "lost" not in after


def test_ctrl_c_stops_a_graph_and_the_program_beside_it(desk):
    graph = {**desk.graph, "launcher": "bonsai"}
    launched, folder, pids = launch_long(desk, **graph)
    desk.wait_for(lambda: desk.read_trail("run_started", folder))
    pids = {*pids, *desk.find_tree(launched)}
    launched.send_signal(signal.SIGINT)
    status = launched.wait(15)
    end = desk.read("end_state.json")

    assert (status, end["process_returncode"]) == (0, 0)
    assert [each["reason"] for each in end["runs"]] == ["stopped"]
    assert verify(folder).verdict == "ok"
    desk.wait_gone(pids, limit_s=2)


def test_a_launcher_that_is_killed_leaves_no_process_of_a_graph_either(desk):
    launched, folder, pids = launch_long(desk, **{**desk.graph, "launcher": "bonsai"})
    desk.wait_for(lambda: desk.read_trail("run_started", folder))
    pids = {*pids, *desk.find_tree(launched)}
    pids |= {each["pid"] for each in desk.read_trail("node_ready", folder)}
    launched.kill()
    launched.wait()
    desk.wait_gone(pids, limit_s=10)
    desk.call("finalise", folder)
    end = desk.read("end_state.json")

    assert end["verdict"] == "failed"
    assert end["finalised"]["why"] == "its launcher died"
    assert len(open_recording(folder)["sensor.signal"]) > 0
    assert verify(folder).verdict != "damaged", verify(folder).describe()


# ------------------------------------------------------------------ steps

BAD_STEPS = {
    "returns 1": (script("one"), "1"),
    "returns False": (script("false"), "False"),
    "raises": (script("raises"), "the lick spout is dry"),
    "unknown function": (script("nobody"), "nobody"),
    "unknown file": (script("fine", module_path="nowhere.py"), "nowhere.py"),
}


@pytest.mark.parametrize("policy", ["continue", "prompt"])
def test_every_bad_step_is_a_failure_though_the_session_goes_on(desk, policy):
    steps = [{**entry, "on_failure": policy} for entry, _ in BAD_STEPS.values()]
    named = add_steps(desk)
    files = {entry["module_path"] for entry in steps}
    answers = desk.folder / "on.json"
    answers.write_text(
        json.dumps({f"after_failed_{each}": "continue" for each in files})
    )
    words = ("--answers", str(answers))
    post = [script("fine", module_path="always.py")]
    steps = {"pre_acquisition_pipeline": steps, "post_acquisition_pipeline": post}
    end = run_mode(desk, "ok", 1, None, *words, **named, **steps)

    verdicts = [(each["verdict"], each["phase"]) for each in end["steps"]]
    assert verdicts == [("failed", "before")] * len(BAD_STEPS) + [("ok", "after")]
    assert end["process_returncode"] == 0
    assert (end["verdict"], end["exit_status"]) == ("failed", 1)
    for step, (_, words) in zip(end["steps"], BAD_STEPS.values(), strict=False):
        assert words in json.dumps(step["findings"]), step
    asked = [each["answer"] for each in end["answers"]]
    assert asked == (["continue"] * len(BAD_STEPS) if policy == "prompt" else [])


@pytest.mark.parametrize("how", ["returns 1", "raises", "unknown function"])
def test_a_bad_step_with_abort_keeps_the_acquisition_from_starting(desk, how):
    entry, words = BAD_STEPS[how]
    always = script("fine", module_path="always.py", run_when="always")
    steps = {
        "pre_acquisition_pipeline": [{**entry, "on_failure": "abort"}, script("fine")],
        "post_acquisition_pipeline": [script("fine"), always],
    }
    end = run_mode(desk, "ok", 1, **add_steps(desk), **steps)

    assert words in tell(end)
    verdicts = [(each["phase"], each["verdict"]) for each in end["steps"]]
    assert verdicts == [
        ("before", "failed"),
        ("before", "skipped"),
        ("after", "skipped"),
        ("after", "ok"),
    ]
    assert end["attempts"] == []
    assert (end["verdict"], end["exit_status"]) == ("failed", 1)


@pytest.mark.parametrize("answer", ["abort", None])
def test_a_bad_step_with_prompt_ends_the_session_unless_someone_wants_to_go_on(
    desk, answer
):
    steps = [{**BAD_STEPS["raises"][0], "on_failure": "prompt"}]
    answers = desk.folder / "on.json"
    answers.write_text(json.dumps({"after_failed_steps.py": answer} if answer else {}))
    words = ("--answers", str(answers))
    steps = {"pre_acquisition_pipeline": steps}
    end = run_mode(desk, "ok", 1, None, *words, **add_steps(desk), **steps)

    assert end["attempts"] == []
    assert [each["answer"] for each in end["answers"]] == [answer] * bool(answer)
    assert (end["verdict"], end["exit_status"]) == ("failed", 1)


def test_a_step_that_nobody_knows_is_refused_before_anything_is_made(desk):
    entry = {"module_path": "mouse_wieght_pre_prompt", "on_failure": "continue"}
    parameters = {**desk.plain, "pre_acquisition_pipeline": [entry]}
    told = desk.start(parameters, status=1)

    assert '"mouse_wieght_pre_prompt"' in told
    assert 'did you mean "mouse_weight_pre_prompt"' in told
    assert desk.list_folders() == []


# ------------------------------------------------------------------ nobody there


@pytest.mark.parametrize("how", ["closed", "empty", "--non-interactive"])
def test_without_a_person_a_question_is_refused_and_nothing_is_made(desk, how):
    parameters = {key: desk.plain[key] for key in desk.plain if key != "subject_id"}
    words = [how] if how.startswith("--") else []
    # A shell's "<&-": the launcher has no standard input at all.
    before = ["sh", "-c", 'exec "$@" <&-', "sh"] if how == "closed" else []
    told = desk.start(parameters, *words, status=1, before=before)

    assert '"subject_id"' in told
    assert "--answers FILE" in told
    assert "test_subject" not in told
    assert desk.list_folders() == []


# ------------------------------------------------------------------ code of the task


class Terminal:
    """A session at a pseudo-terminal, of which every key and word is known."""

    def __init__(self, desk, parameters):
        self.ours, theirs = os.openpty()
        self.told = ""
        own = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        command = desk.command("start", desk.write(parameters), "--rig", "rig.toml")
        command[2] = own + command[2]
        ends = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        self.process = subprocess.Popen(
            command,
            cwd=desk.folder,
            env=desk.environment,
            start_new_session=True,
            **ends,
        )
        desk.started.append(self.process)
        os.close(theirs)

    def wait_for(self, words, limit_s=15):
        """Read until words are there that were not there before."""
        deadline = time.monotonic() + limit_s
        while words not in self.told:
            if not select.select([self.ours], [], [], deadline - time.monotonic())[0]:
                pytest.fail(f"{words!r} never came: {self.told}")
            self.told += os.read(self.ours, 4096).decode()
        self.told = self.told.partition(words)[2]

    def type(self, keys):
        os.write(self.ours, keys.encode())

    def wait(self):
        """Read to the end; give the exit status."""
        # That nobody has the other side any more is told as an error on Linux.
        with contextlib.suppress(OSError):
            while part := os.read(self.ours, 4096).decode():
                self.told += part
        os.close(self.ours)
        return self.process.wait(10)


def test_answers_are_typed_at_a_terminal_and_stand_in_the_trail(desk):
    steps = {"pre_acquisition_pipeline": ["mouse_weight_pre_prompt"]}
    parameters = {key: desk.plain[key] for key in desk.plain if key != "subject_id"}
    terminal = Terminal(desk, {**parameters, **steps})
    terminal.wait_for("Identifier of the subject")
    terminal.type("M002\n")
    terminal.wait_for("from 5 to 100 g")
    terminal.type("heavy\n")
    terminal.wait_for("wanted: a number from 5 to 100 g")
    terminal.wait_for("from 5 to 100 g")
    terminal.type("24.5\n")
    status = terminal.wait()
    end = desk.read("end_state.json")

    assert status == 0, terminal.told
    assert end["subject_id"] == "M002"
    told = [(each["question"], each["answer"], each["by"]) for each in end["answers"]]
    assert told == [
        ("subject_id", "M002", "terminal"),
        ("animal_weight_prior_g", 24.5, "terminal"),
    ]
    assert end["parameter_origins"]["subject_id"] == "operator"


def test_ctrl_c_at_a_question_ends_the_session_and_its_end_is_written(desk):
    steps = {
        "pre_acquisition_pipeline": ["mouse_weight_pre_prompt"],
        "post_acquisition_pipeline": ["session_archiver"],
        "network_dir": str(desk.folder / "archive"),
    }
    terminal = Terminal(desk, {**desk.plain, **steps})
    terminal.wait_for("from 5 to 100 g")
    terminal.type("\x03")
    status = terminal.wait()
    end = desk.read("end_state.json")

    assert status == end["exit_status"] == 1
    assert (end["state"], end["verdict"], end["attempts"]) == ("finished", "failed", [])
    assert find_steps(end)["mouse_weight_pre_prompt"] == "failed"
    assert [each["by"] for each in end["stop_requests"]] == ["operator"]
    assert "ranvier/cli/_app.py" not in terminal.told


def test_sigterm_leaves_no_question_that_waits_for_ever(desk):
    steps = {"post_acquisition_pipeline": ["mouse_weight_post_prompt"]}
    given = {"Trials": 100_000}
    terminal = Terminal(desk, {**desk.plain, **steps, "script_parameters": given})
    desk.wait_for_trial(3)
    began = time.monotonic()
    terminal.process.send_signal(signal.SIGTERM)
    terminal.wait_for("from 5 to 100 g")
    status = terminal.wait()

    assert time.monotonic() - began < 5
    end = desk.read("end_state.json")
    assert status == end["exit_status"] == 1
    assert find_steps(end) == {"mouse_weight_post_prompt": "failed"}


def test_ctrl_c_at_the_first_question_leaves_nothing(desk):
    parameters = {key: desk.plain[key] for key in desk.plain if key != "subject_id"}
    terminal = Terminal(desk, parameters)
    terminal.wait_for("Identifier of the subject")
    terminal.type("\x03")

    assert terminal.wait() not in (0, -signal.SIGKILL)
    assert "Traceback" not in terminal.told
    assert desk.list_folders() == []


@pytest.fixture
def no_network():
    """Words before a command that take every network from it."""
    for words in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if shutil.which("unshare") and not subprocess.run([*words, "true"]).returncode:
            return words
    pytest.skip("nobody here may make a place without a network")


def test_the_example_is_held_without_any_network(desk, no_network):
    answers = desk.folder / "answers.yaml"
    told = desk.start(desk.whole, "--answers", answers, before=no_network)
    end = desk.read("end_state.json")

    assert "completed" in (desk.session / "task.log").read_text()
    assert end["exit_status"] == 0, told
    assert (
        json.loads((desk.session / "session.json").read_text())["subject_id"] == "M001"
    )


@pytest.mark.parametrize("ref", ["hash", "branch"])
def test_a_remote_that_is_gone_is_not_needed_once_its_commit_is_here(desk, ref):
    commit = git(desk.task, "rev-parse", "HEAD")
    named = {**name_repository(desk), "bonsai_exe_path": "bonsai/Bonsai"}
    named["repository_commit_hash"] = commit if ref == "hash" else "main"
    run_mode(desk, "ok", 0, **named)
    shutil.rmtree(desk.session)
    desk.task.rename(desk.folder / "task away")
    end = run_mode(desk, "ok", 0, **named)
    (code,) = desk.read_trail("repository_ready")

    assert code["commit"] == commit
    assert end["process_returncode"] == 0
    # A branch may have moved on since: that it is as last known must be said.
    said = "last" in (desk.session / "launcher_metadata" / "launcher.log").read_text()
    assert said == (ref == "branch")


def test_a_remote_that_is_gone_and_was_never_seen_is_an_error(desk):
    desk.task.rename(desk.folder / "task away")
    named = name_repository(desk)
    told = desk.start({**desk.plain, **named}, status=1)

    assert str(desk.task) in told
    assert desk.list_folders() == []


@pytest.fixture
def clone(desk):
    """A clone that a person keeps, and the parameters that name it."""
    folder = desk.folder / "code" / "task"
    folder.parent.mkdir()
    git(desk.folder, "clone", "--quiet", str(desk.task), str(folder))
    named = {**name_repository(desk), "bonsai_exe_path": "bonsai/Bonsai"}
    return folder, {**named, "local_repository_path": str(folder.parent)}


def read_tree(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    inside = [path.relative_to(folder) for path in files]
    return {
        path: (folder / path).read_bytes() for path in inside if path.parts[0] != ".git"
    }


def change(folder):
    """Change what a person may have changed: a file, a new one, one that is gone."""
    workflow = folder / "task.bonsai"
    workflow.write_text(workflow.read_text().replace("<Value>5<", "<Value>6<"))
    (folder / "new").mkdir()
    (folder / "new" / "table é.csv").write_bytes(b"a,b\r\n\x00\xff")
    (folder / "make_stimuli.py").unlink()
    git(folder, "add", "new")


def test_code_that_was_changed_is_refused_and_left_as_it_is(desk, clone):
    folder, named = clone
    change(folder)
    before = read_tree(folder)
    told = desk.start({**desk.plain, **named}, status=1)

    assert "task.bonsai" in told
    assert "--allow-dirty" in told or "allow_dirty" in told
    assert desk.list_folders() == []
    assert read_tree(folder) == before


def test_changed_code_that_is_allowed_is_kept_as_a_difference_that_applies(desk, clone):
    folder, named = clone
    change(folder)
    before = read_tree(folder)
    desk.start({**desk.plain, **named}, "--allow-dirty")
    (revision,) = desk.read_trail("repository_ready")
    again = desk.folder / "again"
    git(desk.folder, "clone", "--quiet", str(desk.task), str(again))
    git(again, "checkout", "--quiet", revision["commit"])
    diff = desk.session / "launcher_metadata" / revision["diff"]
    git(again, "apply", str(diff))

    assert revision["is_dirty"] is True
    assert read_tree(again) == before == read_tree(folder)
    assert "allow-dirty" in tell(desk.read("end_state.json"))


def test_a_folder_in_the_place_of_the_clone_is_refused_and_not_touched(desk, clone):
    folder, named = clone
    shutil.rmtree(folder)
    (folder / "of someone").mkdir(parents=True)
    (folder / "of someone" / "data.csv").write_text("1,2\n")
    told = desk.start({**desk.plain, **named}, status=1)

    assert str(folder) in told
    assert desk.list_folders() == []
    assert list(read_tree(folder).values()) == [b"1,2\n"]


# ------------------------------------------------------------------ side by side

WORKERS = """
import asyncio, sys
from pathlib import Path
from ranvier.session.conduct import SessionRequest, start_session
from ranvier.session.operator import AbsentOperator

def hold(file):
    return start_session(SessionRequest(Path(file)), AbsentOperator())

async def hold_all(files):
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(None, hold, f) for f in files))

first, *rest = sys.argv[1:]
for outcome in (hold(first), *asyncio.run(hold_all(rest))):
    print(outcome.exit_status, outcome.folder)
"""


def test_sessions_of_one_process_in_worker_threads_have_logs_of_their_own(desk):
    files = [
        desk.write({**desk.plain, "subject_id": s, "rig_id": s}, f"{s}.json")
        for s in ("M1", "M2", "M3")
    ]
    done = subprocess.run(
        [sys.executable, "-c", WORKERS, *map(str, files)],
        env=desk.environment,
        cwd=desk.folder,
        capture_output=True,
        text=True,
        timeout=30,
    )
    folders = desk.list_folders()
    logs = [(f / "launcher_metadata" / "launcher.log").read_text() for f in folders]

    assert done.stdout.splitlines() == [f"0 {folder}" for folder in folders], done
    assert [folder.name[:2] for folder in folders] == ["M1", "M2", "M3"]
    for number, log in enumerate(logs):
        named = [other.name for other in folders if other.name in log]
        assert named == [folders[number].name]
        assert "acquisition: ok" in log
        assert log.count("acquisition: ok") == 1


def test_one_subject_in_one_second_on_two_rigs_has_two_folders(desk):
    for _ in range(5):
        before = set(desk.list_folders())
        # Just after a full second, so that both most likely fall into it.
        desk.wait_for(lambda: dt.datetime.now(dt.UTC).microsecond < 100_000)
        pair = [
            desk.launch({**desk.plain, "rig_id": rig}, name=f"{rig}.json")
            for rig in ("left", "right")
        ]
        assert [launched.wait(20) for launched in pair] == [0, 0]
        first, second = sorted(set(desk.list_folders()) - before)
        if second.name == f"{first.name}-2":
            break
    else:
        pytest.skip("two sessions never began in the same second here")

    ends = [desk.read("end_state.json", folder) for folder in (first, second)]
    assert [end["session_uuid"] for end in ends] == [first.name, second.name]
    assert {end["rig_config"]["rig_id"] for end in ends} == {"left", "right"}
    for folder in (first, second):
        assert len((folder / "trials.csv").read_text().split()) == 4


def test_a_second_launcher_on_a_rig_is_told_who_has_it(desk):
    first, folder, _ = launch_long(desk)
    told = desk.start(desk.plain, status=1)
    only = desk.list_folders()
    desk.start({**desk.plain, "rig_id": "another"})
    first.send_signal(signal.SIGINT)
    first.wait(15)
    desk.start(desk.plain)

    assert 'the rig "stand-in-rig"' in told
    assert f"process {first.pid} on" in told
    assert only == [folder]
    assert len(desk.list_folders()) == 3


# ------------------------------------------------------------------ full disks


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1.5 GB, which takes hardly any space of the one that it is on."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a small disk of its own can only be mounted by root on Linux")
    image, folder = tmp_path / "disk", tmp_path / "small"
    folder.mkdir()
    for words in (
        ["truncate", "--size=1500M", image],
        ["mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", image],
        ["mount", "-o", "loop", image, folder],
    ):
        done = subprocess.run([*map(str, words)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder, leave=0):
    """Take all space of a disk but for about so many bytes."""
    ballast = folder / "ballast"
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    length = free - max(leave, 2_000_000)
    subprocess.run(["fallocate", f"--length={length}", str(ballast)], check=True)
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while not leave:
            file.write(bytes(4096))
    return ballast


def test_a_disk_that_fills_up_while_archiving_harms_nothing_and_can_be_made_good(
    desk, small_disk
):
    ballast = fill(small_disk, leave=2_000_000)
    step = {
        "module_path": "session_archiver",
        "module_parameters": {"network_dir": str(small_disk / "archive")},
    }
    code = "import os, sys; open(sys.argv[1], 'wb').write(os.urandom(8_000_000))"
    words = [sys.executable, "-c", code, "{session_folder}/frames.bin"]
    command = {"launcher": "command", "command": words}
    steps = {"post_acquisition_pipeline": [step]}
    told = desk.start({**desk.bare, **command, **steps}, status=1)
    frames = desk.session / "frames.bin"
    kept = frames.read_bytes()
    failed = find_steps(desk.read("end_state.json"))
    ballast.unlink()
    desk.call("step", desk.session, "session_archiver")
    (copy,) = (small_disk / "archive").rglob("frames.bin")

    assert "has not enough room" in told
    assert failed == {"session_archiver": "failed"}
    assert len(kept) == 8_000_000
    assert frames.read_bytes() == kept == copy.read_bytes()
    end = desk.read("end_state.json")
    assert [each["verdict"] for each in end["steps"]] == ["failed", "ok"]
    missing = read_tree(desk.session).keys() - read_tree(copy.parent).keys()
    assert [str(path) for path in missing] == ["launcher_metadata/.launcher.lock"]


def test_a_full_disk_under_the_session_ends_it_and_its_trail_is_good(desk, small_disk):
    given = {"Trials": 100_000}
    desk.sessions = small_disk
    parameters = {
        **desk.plain,
        "script_parameters": given,
        "resource_log_interval": 0.1,
    }
    launched = desk.launch(parameters)
    folder = desk.wait_for_trial(3)
    pids = desk.find_tree(launched)
    ballast = fill(small_disk)
    status = launched.wait(20)
    told = (desk.folder / "session.out").read_text()
    desk.wait_gone(pids, limit_s=2)
    ballast.unlink()
    desk.call("finalise", folder)
    end = desk.read("end_state.json")

    assert status == 1
    assert "space" in told.lower()
    assert "ranvier/cli/_app.py" not in told
    assert end["verdict"] == "failed"
    assert end["stop_time"] is not None
