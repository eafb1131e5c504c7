"""Every code block of the older launcher's API page, with only its import root changed.

Each runs in a process of its own, in a folder with real parameter files: a git
repository made here, with the stand-in for Bonsai. The schema blocks are classes
without imports; the page implies those of `typing`. That of the subclass lacks `json`
and `os`, which only its `create_custom_output` needs, and the page does not call that.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from ranvier import session
from ranvier.cli._session_new import make_session_example
from ranvier.session.record import read_record

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

PAGE = Path(__file__).parents[2] / "data" / "launcher" / "api_page"
OLD, NEW = "openscope_experimental_launcher", "ranvier.session"
RAISING = (
    "experiment.run(param_file)",
    "experiment.run(param_file, raise_errors=True)",
)


def read_block(name):
    return (PAGE / f"{name}.txt").read_text(encoding="utf-8").replace(OLD, NEW)


class Folder:
    """A folder with a task and parameter files, and pages' blocks run in it."""

    def __init__(self, example, folder):
        self.path, self.task = folder, example / "task"
        (folder / "tmp").mkdir()
        self.environment = {
            **os.environ,
            "XDG_CACHE_HOME": str(folder / "cache"),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONIOENCODING": "utf-8",
        }

    def write(self, name, **changes):
        params = {
            "subject_id": "M1",
            "user_id": "someone",
            "rig_id": "rig of the page",
            "repository_url": str(self.task),
            "bonsai_path": "task.bonsai",
            "bonsai_exe_path": "bonsai/Bonsai",
            "bonsai_parameters": {"Trials": 2, "Subject": "{subject_id}"},
            "output_directory": str(self.path / "data"),
            **changes,
        }
        given = {key: value for key, value in params.items() if value != "left out"}
        (self.path / name).write_text(json.dumps(given))

    def run(self, code):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.path,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    @property
    def sessions(self):
        return sorted((self.path / "data").glob("M1_*"))


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page") / "example"
    make_session_example(folder)
    return folder


@pytest.fixture
def folder(example, tmp_path):
    return Folder(example, tmp_path)


def read_end(session_folder):
    path = session_folder / "launcher_metadata" / "end_state.json"
    return json.loads(path.read_text())


def test_the_basic_run_says_where_its_output_is(folder):
    folder.write("parameters.json")
    said, _ = folder.run(read_block("basic_run"))
    (made,) = folder.sessions

    assert said == f"Experiment completed successfully\nOutput saved to: {made}\n"
    assert len((made / "trials.csv").read_text().splitlines()) == 3
    assert (made / "task.log").read_text().startswith("subject M1, mode ok")


def test_the_basic_run_says_that_it_failed(folder):
    folder.write("parameters.json", bonsai_parameters={"Mode": "fail", "Trials": 2})
    said, told = folder.run(read_block("basic_run"))

    assert said == "Experiment failed\n"
    assert "it ended with exit code 3" in told
    assert read_end(folder.sessions[0])["exit_status"] == 1


def test_validation_lists_each_error_and_runs_nothing(folder):
    folder.write("parameters.json", user_id="left out", bonsai_parameters="Trials=2")
    said, _ = folder.run(read_block("parameter_validation"))
    head, *errors = said.splitlines()

    assert head == "Parameter validation failed:"
    assert len(errors) == 2
    assert errors[0] == " - user_id: it is required, and missing."
    assert "script_parameters" in errors[1]
    assert not folder.sessions


def test_parameters_that_are_right_run(folder):
    folder.write("parameters.json")
    code = f"{read_block('parameter_validation')}\nprint(success)"
    said, _ = folder.run(code)

    assert said == "True\n"
    assert len(folder.sessions) == 1


def test_a_subclass_gets_a_parameter_of_its_own(folder):
    folder.write("custom_parameters.json", custom_parameter="mine")
    told = "import json, os\n{}\nexperiment.create_custom_output()\nprint(success)"
    said, _ = folder.run(told.format(read_block("custom_subclass")))
    (made,) = folder.sessions
    custom = json.loads((made / f"{made.name}_custom.json").read_text())

    assert said == "True\n"
    assert custom["custom_parameter"] == "mine"
    assert custom["timestamp"].startswith(made.name.split("_")[1])
    assert custom["timestamp"].endswith(":00")  # the offset from UTC


@pytest.mark.parametrize("raise_errors", [False, True])
def test_a_subclass_refuses_a_parameter_of_its_own(folder, raise_errors):
    folder.write("custom_parameters.json", custom_parameter=None)
    again = """
try:
    success = experiment.run("custom_parameters.json", raise_errors={})
except ValueError as error:
    success = f"raised: {{error}}"
print(success, repr(experiment.error))
"""
    code = read_block("custom_subclass") + again.format(raise_errors)
    said, _ = folder.run(code)
    success = "raised: Custom parameter is required" if raise_errors else "False"

    assert said == f"{success} ValueError('Custom parameter is required')\n"
    assert not folder.sessions


def test_three_experiments_run_at_once_in_one_event_loop(folder):
    for name in ("exp1.json", "exp2.json", "exp3.json"):
        folder.write(name, bonsai_parameters={"Trials": 5, "TrialDuration": 0.1})
    said, _ = folder.run(read_block("asynchronous"))
    made = [line.partition(": ")[2] for line in said.splitlines()]
    records = [read_record(Path(each)) for each in made]
    begun = max(record.acquisition_start for record in records)

    assert [line.partition(": ")[0] for line in said.splitlines()] == [
        "✅ exp1.json",
        "✅ exp2.json",
        "✅ exp3.json",
    ]
    assert sorted(made) == [str(each) for each in folder.sessions]
    assert len(set(made)) == 3
    # All three were under way at one time.
    assert begun < min(record.acquisition_end for record in records)


ERRORS = {
    "Parameter validation failed": {"bonsai_parameters": "Trials=2"},
    "Repository operation failed": {"repository_url": "no such repository"},
    "Bonsai process failed": {"bonsai_parameters": {"Mode": "fail", "Trials": 1}},
}


@pytest.mark.parametrize("said", ERRORS)
def test_each_typed_error_reaches_the_caller_who_wants_it(folder, said):
    folder.write("parameters.json", **ERRORS[said])
    code = f"{read_block('error_handling').replace(*RAISING)}\nprint(success)"
    printed, logged = folder.run(code)

    assert printed == "False\n"
    assert f"ERROR:__main__:{said}: " in logged


@pytest.mark.parametrize("said", ERRORS)
def test_without_that_the_answer_is_no(folder, said):
    folder.write("parameters.json", **ERRORS[said])
    printed, logged = folder.run(f"{read_block('error_handling')}\nprint(success)")

    assert printed == "False\n"
    assert "ERROR:__main__:Experiment failed for unknown reasons" in logged
    assert "ERROR:ranvier.session:" in logged  # which says the reasons


def test_error_handling_tells_of_success(folder):
    folder.write("parameters.json")
    printed, logged = folder.run(f"{read_block('error_handling')}\nprint(success)")
    (made,) = folder.sessions

    assert printed == "True\n"
    assert f"INFO:__main__:Experiment completed: {made}" in logged


@pytest.mark.parametrize(
    ("block", "name"),
    [
        ("session_schema", "SessionData"),
        ("stimulus_epoch_schema", "StimulusEpoch"),
        ("parameter_schema", "ExperimentParameters"),
    ],
)
def test_a_schema_block_has_our_fields_and_defaults(block, name):
    page = {each: getattr(typing, each) for each in ("List", "Dict", "Optional")}
    exec(read_block(block), page)
    wanted = page[name]
    ours = {each.name: each for each in dataclasses.fields(getattr(session, name))}
    required = {
        "subject_id": "",
        "user_id": "",
        "repository_url": "",
        "bonsai_path": "",
    }
    given = required if name == "ExperimentParameters" else {}
    made = getattr(session, name)(**given)

    assert list(ours) == list(wanted.__annotations__)
    assert {key: getattr(made, key) for key in ours if key not in given} == {
        key: getattr(wanted, key) for key in ours if key not in given
    }
