"""What can be done with a session after it, and what must not go wrong then."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from ranvier.audit import read_audit
from ranvier.session.conduct import SessionRequest, start_session
from ranvier.session.faults import PeerError, Verdict
from ranvier.session.operator import ScriptedOperator

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]


def test_a_step_on_a_moved_session_works_where_the_session_is_now(desk):
    desk.start(desk.whole, "--answers", "answers.yaml")
    moved = desk.folder / "elsewhere" / desk.session.name
    shutil.copytree(desk.session, moved)
    (desk.session / "gratings.csv").write_text("mended by hand")
    desk.call("step", str(moved), "make_stimuli.py")

    assert (desk.session / "gratings.csv").read_text() == "mended by hand"
    assert len((moved / "gratings.csv").read_text().split()) == 21


def test_a_step_of_code_that_was_changed_since_is_refused(desk):
    desk.start(desk.whole, "--answers", "answers.yaml")
    (worktree,) = (desk.folder / "cache" / "worktrees").glob("task@*")
    with (worktree / "make_stimuli.py").open("a") as file:
        file.write("\n# changed\n")
    told = desk.call("step", str(desk.session), "make_stimuli.py", status=1)

    assert "is not what the session used" in told
    assert "with changes" in told


def test_a_step_on_a_lost_session_does_not_lengthen_it(desk):
    given = {"script_parameters": {"Trials": 100_000}}
    steps = {"post_acquisition_pipeline": ["experiment_notes_post_prompt"]}
    launched = desk.launch({**desk.plain, **given, **steps})
    desk.wait_for_trial(1)
    tree = desk.find_tree(launched)
    launched.kill()
    launched.wait()
    desk.wait_gone(tree)
    answers = desk.folder / "later.json"
    answers.write_text('{"experiment_notes": "the computer died"}')
    words = ("experiment_notes_post_prompt", "--answers", str(answers))
    desk.call("step", str(desk.session), *words)
    end = desk.read("end_state.json")
    lines = read_audit(desk.session / "audit.jsonl")
    kinds = [line.kind for line in lines]
    last_of_its_life = lines[kinds.index("session_finalised") - 1]

    assert (end["verdict"], end["finalised"]["why"]) == ("failed", "its launcher died")
    assert kinds.index("session_finalised") < kinds.index("step_started")
    assert end["stop_time"][:19] == last_of_its_life.wall[:19]


def test_what_is_not_finished_is_not_archived(desk):
    given = {"script_parameters": {"Trials": 100_000}}
    launched = desk.launch({**desk.plain, **given})
    desk.wait_for_trial(1)
    told = desk.call("archive", str(desk.session), str(desk.folder / "nas"), status=1)
    launched.send_signal(signal.SIGINT)
    launched.wait(15)

    assert "it goes on" in told
    assert not (desk.folder / "nas").exists()
    desk.call("archive", str(desk.session), str(desk.folder / "nas"))
    assert (desk.folder / "nas" / desk.session.name / "audit.jsonl").is_file()


def test_values_of_the_environment_on_a_command_line_are_not_written_down(desk):
    desk.environment["PLACE"] = "room-4711"
    command = [sys.executable, "-c", "pass", "--place={env:PLACE}"]
    desk.start({**desk.bare, "launcher": "command", "command": command})
    (started,) = desk.read_trail("program_started")

    assert started["command"][-1] == "--place={env:PLACE}"
    assert "room-4711" not in (desk.session / "audit.jsonl").read_text()


@pytest.mark.skipif(os.name == "nt", reason="pipes that nobody reads")
def test_a_screen_that_is_gone_costs_neither_steps_nor_metadata(desk):
    command = desk.command("start", desk.write(desk.whole), "--rig", "rig.toml")
    process = subprocess.Popen(
        [*command, "--answers", "answers.yaml"],
        cwd=desk.folder,
        env=desk.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    process.stdout.readline()
    process.stdout.close()
    process.wait(30)
    end = desk.read("end_state.json")
    done = [each["step"] for each in end["steps"]]

    assert end["verdict"] == "ok"
    assert "session_archiver" in done
    assert (desk.session / "session.json").is_file()


def test_a_second_log_that_can_not_be_written_is_told_before(desk):
    (desk.folder / "file").write_text("")
    away = {"centralized_log_directory": str(desk.folder / "file" / "logs")}
    told = desk.call("start", desk.write({**desk.plain, **away}), status=1)

    assert "folder of the second log" in told
    assert not desk.sessions.exists()


class Leaving(ScriptedOperator):
    """Leaves by Ctrl-C at the question for the weight."""

    def ask(self, question):
        if question.name == "animal_weight_post_g":
            raise KeyboardInterrupt
        return super().ask(question)


def test_a_question_that_is_broken_off_fails_its_step_and_no_other(tmp_path):
    file = tmp_path / "session.json"
    told = {
        "launcher": "command",
        "command": [sys.executable, "-c", "pass"],
        "subject_id": "M1",
        "user_id": "someone",
        "rig_id": tmp_path.name,  # no one else's: tests may run beside each other
        "output_root_folder": str(tmp_path / "data"),
        "post_acquisition_pipeline": [
            "mouse_weight_post_prompt",
            "experiment_notes_post_prompt",
        ],
    }
    file.write_text(json.dumps(told))
    answers = {"animal_weight_post_g": 20, "experiment_notes": "calm"}
    outcome = start_session(SessionRequest(file), Leaving(answers))
    steps = {step.step: step.verdict for step in outcome.record.steps}

    assert (outcome.verdict, outcome.exit_status) == (Verdict.FAILED, 1)
    assert steps == {
        "mouse_weight_post_prompt": Verdict.FAILED,
        "experiment_notes_post_prompt": Verdict.OK,
    }


def test_an_operator_may_start_bonsai_again_and_then_give_up(desk):
    answers = desk.folder / "again.json"
    answers.write_text('{"after_failed_bonsai": ["retry", "abort"]}')
    given = {
        "script_parameters": {"Trials": 2, "Mode": "fail"},
        "post_acquisition_pipeline": ["experiment_notes_post_prompt"],
    }
    desk.start({**desk.plain, **given}, "--answers", str(answers), status=1)
    end = desk.read("end_state.json")

    assert [attempt["exit_code"] for attempt in end["attempts"]] == [3, 3]
    assert [step["verdict"] for step in end["steps"]] == ["skipped"]
    assert end["verdict"] == "failed"


@pytest.mark.parametrize("is_held", [True, False])
def test_without_the_others_the_operator_decides(tmp_path, is_held):
    file = tmp_path / "session.json"
    told = {
        "launcher": "command",
        "command": [sys.executable, "-c", "pass"],
        "subject_id": "M1",
        "user_id": "someone",
        "rig_id": tmp_path.name,  # no one else's: tests may run beside each other
        "output_root_folder": str(tmp_path / "data"),
        "session_sync_role": "slave",
        "session_sync_master_host": "127.0.0.1",
        "session_sync_port": 9,
        "session_sync_timeout_sec": 0.3,
        "session_sync_retry_delay_sec": 0.1,
    }
    file.write_text(json.dumps(told))
    said = {"session_sync_bypass": True} if is_held else {}
    if is_held:
        outcome = start_session(SessionRequest(file), ScriptedOperator(said))
        assert outcome.exit_status == 0
        assert outcome.record.peers == ()
    else:
        with pytest.raises(PeerError, match=r"127\.0\.0\.1:9"):
            start_session(SessionRequest(file), ScriptedOperator(said))
        assert not (tmp_path / "data").exists()
