"""Experiments by the older launcher's interface, with real programs and clones."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest

from ranvier.audit import read_audit
from ranvier.cli._session_new import make_session_example
from ranvier.session import (
    BaseExperiment,
    BaseExperimentError,
    BonsaiProcessError,
    ParameterValidationError,
    ProcessMonitor,
    RepositoryError,
    Slap2Experiment,
    clone_repository,
    start_bonsai_process,
    update_repository,
    validate_git_repository,
    wait_for_process,
)
from ranvier.session.faults import OperatorError, Severity
from ranvier.session.metadata import check_metadata
from ranvier.session.operator import ScriptedOperator
from ranvier.session.record import read_record

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    folder = tmp_path_factory.mktemp("experiments") / "example"
    make_session_example(folder)
    return folder / "task"


SAID = {
    "session_type": "SLAP2",
    "mouse_platform_name": "wheel",
    "active_mouse_platform": False,
}


@pytest.fixture
def params(task, tmp_path, tmp_path_factory, monkeypatch):
    """Parameters of a short session, in a folder, on a rig, of this test alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # The locks of rigs lie among temporary files, of this process and of its children.
    locks = str(tmp_path_factory.mktemp("locks"))
    monkeypatch.setenv("TMPDIR", locks)
    monkeypatch.setattr(tempfile, "tempdir", locks)
    return {
        "subject_id": "M1",
        "user_id": "someone",
        "rig_id": "rig of these tests",
        "bonsai_path": str(task / "task.bonsai"),
        "bonsai_exe_path": str(task / "bonsai" / "Bonsai"),
        "bonsai_parameters": {"Trials": 2},
    }


class Hearing(BaseExperiment):
    """Notes what is called, and does what it did before."""

    def __init__(self, **words):
        super().__init__(**words)
        self.heard = []

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name in OVERRIDABLE and not name.startswith("_"):
            self.heard.append(name)
        return found


OVERRIDABLE = (
    "load_parameters",
    "collect_runtime_information",
    "determine_session_directory",
    "setup_repository",
    "setup_continuous_logging",
    "save_experiment_metadata",
    "start_bonsai",
    "create_bonsai_arguments",
    "post_experiment_processing",
    "cleanup",
    "stop",
    "finalize_logging",
)


def read_state(experiment, name="end_state"):
    place = Path(experiment.session_directory) / "launcher_metadata"
    return json.loads((place / f"{name}.json").read_text())


def read_kind(experiment, kind):
    lines = read_audit(Path(experiment.session_directory) / "audit.jsonl")
    return [line.fields for line in lines if line.kind == kind]


def test_what_may_be_overridden_is_called_in_this_order(params):
    experiment = Hearing()

    assert experiment.run(params), experiment.error
    assert tuple(dict.fromkeys(experiment.heard)) == OVERRIDABLE


def test_a_mapping_is_run_and_all_is_known_of_it(params):
    experiment = BaseExperiment()

    assert experiment.run(params), experiment.error
    assert experiment.has_completed
    assert not experiment.is_running
    assert experiment.wait_for_completion(0)
    assert experiment.session_directory == str(
        Path("data", experiment.session_uuid).absolute()
    )
    assert experiment.start_time < experiment.stop_time
    assert experiment.stdout_data == ["trial 0", "trial 1"]
    assert experiment.bonsai_process.returncode == 0
    assert experiment.bonsai_process.poll() == 0
    assert len(experiment.script_checksum) == 32
    assert [f for f in experiment.findings if f.severity is Severity.ERROR] == []


def test_the_papers_of_the_older_launcher_are_there(params):
    Path("p.json").write_text(json.dumps(params))
    experiment = BaseExperiment()
    experiment.run("p.json")
    place = Path(experiment.session_directory) / "experiment_metadata"
    runtime = json.loads((place / "runtime_information.json").read_text())
    processed = json.loads((place / "processed_parameters.json").read_text())

    assert (place / "original_p.json").read_bytes() == Path("p.json").read_bytes()
    assert (
        json.loads((place / "command_line_arguments.json").read_text())["arguments"]
        == sys.argv[1:]
    )
    assert runtime["subject_id"] == "M1"
    assert runtime["params_checksum"] == experiment.params_checksum
    assert processed["bonsai_parameters"] == {"Trials": 2}


def test_the_file_is_kept_byte_for_byte_and_changes_are_the_experiments(params):
    class Changing(BaseExperiment):
        def load_parameters(self, param_file):
            super().load_parameters(param_file)
            self.params["bonsai_parameters"]["Trials"] = 4
            self.params["custom_note"] = "mine"

    text = json.dumps(params, indent=3)
    Path("p.json").write_text(text)
    experiment = Changing()
    experiment.run("p.json")
    (begun,) = read_kind(experiment, "session_created")
    kept = Path(experiment.session_directory, "launcher_metadata/input_parameters.json")

    assert experiment.error is None
    assert kept.read_text() == text
    assert len(experiment.stdout_data) == 4
    assert begun["parameters"]["custom_note"] == "mine"
    assert begun["origins"]["script_parameters"].endswith("in experiment")
    assert begun["origins"]["user_id"] == "file"


def test_arguments_of_a_subclass_are_given_to_the_program(params):
    class More(BaseExperiment):
        def start_bonsai(self):
            self.n_trials = 5
            return super().start_bonsai()

        def create_bonsai_arguments(self):
            return [*super().create_bonsai_arguments(), "-p", f"Trials={self.n_trials}"]

    experiment = More()

    assert experiment.run(params), experiment.error
    assert len(experiment.stdout_data) == 5


def test_the_session_lies_where_a_subclass_says(params, tmp_path):
    class Elsewhere(BaseExperiment):
        def determine_session_directory(self):
            return str(tmp_path / "mine" / f"first-{self.subject_id}")

    one, other = Elsewhere(), Elsewhere()
    one.run(params)
    other.run(params)

    assert one.session_directory == str(tmp_path / "mine" / "first-M1")
    assert other.session_directory == str(tmp_path / "mine" / "first-M1-2")
    assert (one.session_uuid, other.session_uuid) == ("first-M1", "first-M1-2")


def test_code_of_a_subclass_that_fails_ends_a_session_that_is_whole(params):
    class Failing(BaseExperiment):
        def post_experiment_processing(self):
            raise ZeroDivisionError("no trials")

    experiment = Failing()
    with pytest.raises(BaseExperimentError) as caught:
        experiment.run(params, raise_errors=True)
    state = read_state(experiment)

    assert caught.value.code == "RV-S97"
    assert caught.value.where == "post_experiment_processing"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert state["verdict"] == "failed"
    assert read_kind(experiment, "program_exited")[0]["exit_code"] == 0


@pytest.mark.parametrize("method", ["post_experiment_processing", "start_bonsai"])
def test_a_no_of_a_subclass_fails_the_session(params, method):
    class Refusing(BaseExperiment):
        pass

    setattr(Refusing, method, lambda self: False)
    experiment = Refusing()

    assert not experiment.run(params)
    assert method in str(experiment.error)


def test_nothing_follows_an_acquisition_that_failed(params):
    params["bonsai_parameters"] = {"Mode": "stderr", "Trials": 3}
    experiment = Hearing()

    assert not experiment.run(params)
    assert isinstance(experiment.error, BonsaiProcessError)
    assert "post_experiment_processing" not in experiment.heard
    assert "the port COM3 is closed" in experiment.get_bonsai_errors()
    assert experiment.stop_time is not None


@pytest.mark.parametrize(
    ("changes", "family"),
    [
        ({"bonsai_parameters": {"NoSuch": 1}}, BonsaiProcessError),
        ({"bonsai_exe_path": "nothing/Bonsai"}, BonsaiProcessError),
        ({"bonsai_path": "nothing.bonsai"}, BonsaiProcessError),
        ({"bonsai_path": None}, ParameterValidationError),
        ({"subject_id": "M/1"}, ParameterValidationError),
        ({"output_directory": "plain file/x"}, BaseExperimentError),
        ({"repository_url": "nothing"}, RepositoryError),
    ],
)
def test_each_fault_has_its_family(params, changes, family):
    Path("plain file").touch()
    experiment = BaseExperiment()

    assert not experiment.run({**params, **changes})
    assert type(experiment.error) is family


def test_code_of_the_repository_is_prepared_by_the_experiment(params, task, tmp_path):
    class Preparing(BaseExperiment):
        def setup_repository(self):
            self.is_set_up = super().setup_repository()
            return self.is_set_up

    wanted = {"bonsai_path": "task.bonsai", "bonsai_exe_path": "bonsai/Bonsai"}
    cache = {"repository_url": str(task), "repository_cache": str(tmp_path / "cache")}
    experiment = Preparing()

    assert experiment.run({**params, **wanted, **cache}), experiment.error
    assert experiment.is_set_up
    assert read_state(experiment, "git_revisions")


def test_answers_of_the_operator_are_in_the_trail(params):
    del params["subject_id"]
    operator = ScriptedOperator({"subject_id": "M9"}, "answers of a test")
    experiment = BaseExperiment(operator=operator)

    assert experiment.run(params), experiment.error
    (answered,) = read_kind(experiment, "answered")
    assert (answered["question"], answered["answer"]) == ("subject_id", "M9")
    assert answered["by"] == "answers of a test"
    assert experiment.session_uuid.startswith("M9_")


def test_without_terminal_or_answer_nothing_is_made(params, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", None)
    del params["subject_id"]
    experiment = BaseExperiment()

    assert not experiment.run(params)
    assert isinstance(experiment.error, OperatorError)
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_file_takes_what_was_loaded(params):
    experiment = BaseExperiment()
    experiment.load_parameters({**params, "notes": "in {session_folder}"})
    experiment.params["bonsai_parameters"] = {"Trials": 3}
    first = (experiment.run(), len(experiment.stdout_data))
    # A session has filled the placeholders; the next begins with those of the file.
    second = (experiment.run(), len(experiment.stdout_data))

    assert (first, second) == ((True, 3), (True, 2))


class Running:
    """An experiment that runs in a thread."""

    def __init__(self, experiment, params):
        self.experiment, self.answers = experiment, []
        self._thread = threading.Thread(target=self._run, args=(params,))
        self._thread.start()

    def _run(self, params):
        self.answers.append(self.experiment.run(params))

    def wait(self):
        assert self.experiment.wait_for_completion(30)
        self._thread.join(10)
        return self.answers[0]


class Telling(BaseExperiment):
    """Says when its program has begun."""

    def __init__(self):
        super().__init__()
        self.has_begun = threading.Event()

    def setup_continuous_logging(self, *given):
        super().setup_continuous_logging(*given)
        threading.Thread(target=self._await_program).start()

    def _await_program(self):
        while self.is_running and not self.stdout_data:
            self.wait_for_completion(0.02)
        self.has_begun.set()


@pytest.mark.parametrize("how", ["stop", "kill_process"])
def test_another_thread_ends_it(params, how):
    params["bonsai_parameters"] = {"Trials": 1000, "TrialDuration": 0.05}
    experiment = Telling()
    running = Running(experiment, params)
    experiment.has_begun.wait(20)
    process = experiment.bonsai_process
    is_running = experiment.is_running
    getattr(experiment, how)()
    running.wait()

    assert is_running
    assert process.returncode is None
    assert process.poll() is not None
    assert read_kind(experiment, "stop_requested")[0]["by"] == "experiment"
    assert len(experiment.stdout_data) < 1000
    assert how == "kill_process" or experiment.stdout_data[-1] == "stopped"


def test_one_experiment_runs_once_at_a_time(params, caplog):
    params["bonsai_parameters"] = {"Trials": 1000, "TrialDuration": 0.05}
    experiment = Telling()
    running = Running(experiment, params)
    experiment.has_begun.wait(20)
    with pytest.raises(BaseExperimentError) as caught:
        experiment.run(params, raise_errors=True)
    experiment.stop()
    running.wait()

    assert caught.value.code == "RV-S96"
    assert experiment.error is None


def test_what_two_experiments_log_stays_apart(params):
    class Logging(BaseExperiment):
        def post_experiment_processing(self):
            logging.getLogger("of a test").warning("this is %s", self.subject_id)
            return True

    handlers = tuple(logging.getLogger().handlers)
    one, other = Logging(), Logging()
    running = [
        Running(one, params),
        Running(other, {**params, "subject_id": "M2"}),
    ]
    for each in running:
        assert each.wait(), each.experiment.error
    texts = [
        Path(each.session_directory, f"experiment_{each.session_uuid}.log").read_text()
        for each in (one, other)
    ]

    assert [("this is M1" in text, "this is M2" in text) for text in texts] == [
        (True, False),
        (False, True),
    ]
    assert tuple(logging.getLogger().handlers) == handlers


CHILD = """
import sys
from ranvier.session import BaseExperiment

class Child(BaseExperiment):
    def start_bonsai(self):
        print("begins", flush=True)
        return super().start_bonsai()

sys.exit(Child.main("A child", sys.argv[1:]))
"""


def start_child(params, code=CHILD):
    Path("child.json").write_text(json.dumps(params))
    return subprocess.Popen(
        [sys.executable, "-c", code, "child.json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_another_process_is_refused_the_rig_until_a_signal_ends_the_first(
    params, number
):
    long = {**params, "bonsai_parameters": {"Trials": 1000, "TrialDuration": 0.05}}
    child = start_child(long)
    begun = child.stdout.readline()
    experiment = BaseExperiment()
    is_done = experiment.run({**params, "subject_id": "M2"})
    child.send_signal(number)
    _, told = child.communicate(timeout=30)
    (folder,) = Path("data").glob("M1_*")
    state = json.loads((folder / "launcher_metadata/end_state.json").read_text())

    assert begun == "begins\n", told
    assert not is_done
    assert experiment.error.code == "RV-S91"
    assert f"process {child.pid}" in experiment.error.found
    # One that its operator stopped in good order is a session; one ended from outside
    # did not do what was asked.
    assert child.returncode == (0 if number == signal.SIGINT else 1), told
    assert state["stop_time"]
    assert experiment.run(params), experiment.error


LEAVING = """
import sys
from ranvier.session import BaseExperiment

class Leaving(BaseExperiment):
    def start_bonsai(self):
        print("begins", flush=True)
        return super().start_bonsai()

    def signal_handler(self, sig, frame):
        sys.exit(7)

Leaving().run(sys.argv[1])
"""


def test_a_handler_that_leaves_at_once_leaves_no_program_behind(params):
    long = {**params, "bonsai_parameters": {"Trials": 1000, "TrialDuration": 0.05}}
    child = start_child(long, LEAVING)
    child.stdout.readline()
    (folder,) = Path("data").glob("M1_*")
    record = read_record(folder)
    while not record.attempts:  # the handler is there before the program
        record = read_record(folder)
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=30)

    assert child.returncode == 7, told
    assert not psutil.pid_exists(record.attempts[0].pid)


@pytest.mark.parametrize(("mode", "status"), [("ok", 0), ("fail", 1)])
def test_the_exit_status_is_that_of_the_session(params, mode, status):
    child = start_child({**params, "bonsai_parameters": {"Trials": 1, "Mode": mode}})
    _, told = child.communicate(timeout=30)

    assert child.returncode == status, told


FOV = {"index": 0, "imaging_depth": 150, "targeted_structure": "VISp"}


def test_a_slap2_session_has_its_table_and_its_document(params):
    params |= {**SAID, "slap_fovs": [FOV]}
    experiment = Slap2Experiment()

    assert experiment.run(params), experiment.error
    statistics = experiment.get_trial_statistics()
    content = json.loads(Path(experiment.session_json_path).read_text())
    lacking = [f.where for f in experiment.findings if f.code == "RV-S99"]

    assert Path(experiment.stimulus_table_path).name == (
        f"{experiment.session_uuid}_stimulus_table.csv"
    )
    assert (statistics["total_trials"], statistics["successful_trials"]) == (2, None)
    assert len(content) == 25
    assert content["session_end_time"] > content["session_start_time"]
    # A field of view that lacks what the schema demands is told of, not filled up.
    assert content["data_streams"][0]["slap_fovs"] == []
    assert lacking == ["slap_fovs[0]"]
    assert experiment.pickle_file_path is None


WHOLE_FOV = {
    **FOV,
    "fov_coordinate_ml": 1.5,
    "fov_coordinate_ap": -2.0,
    "fov_reference": "Bregma",
    "fov_width": 1280,
    "fov_height": 800,
    "magnification": "20x",
    "fov_scale_factor": 0.25,
    "session_type": "Branch",
    "dmd_dilation_x": 3,
    "dmd_dilation_y": 3,
    "path_to_array_of_frame_rates": "rates.h5",
}


@pytest.mark.timeout(600)  # the first time it builds the environment of the schema
def test_a_slap2_session_is_what_its_schema_wants(params, aind_1):
    fovs = {"slap_fovs": [WHOLE_FOV], "data_modalities": ["slap"]}
    experiment = Slap2Experiment()
    experiment.run({**params, **SAID, **fovs})
    alone = Path("alone")
    alone.mkdir()
    Path(experiment.session_json_path).rename(alone / "session.json")
    content = json.loads((alone / "session.json").read_text())

    assert check_metadata(alone, aind_1).errors == ()
    assert content["data_streams"][0]["slap_fovs"] == [WHOLE_FOV]


def test_a_slap2_session_without_trials_fails_and_has_no_table(params):
    class Without(Slap2Experiment):
        def create_stimulus_table(self):
            Path(self.session_directory, "trials.csv").rename("trials-taken-away.csv")
            return super().create_stimulus_table()

    experiment = Without()

    assert not experiment.run({**params, **SAID})
    assert experiment.error.problem.startswith("no trials:")
    assert experiment.stimulus_table_path is None
    assert list(Path(experiment.session_directory).glob("*stimulus_table*")) == []
    assert experiment.get_trial_statistics() == {}


def test_a_laser_that_can_not_be_right_is_refused_before_anything(params, tmp_path):
    experiment = Slap2Experiment()

    assert not experiment.run({**params, "laser_power": 80.0})
    assert isinstance(experiment.error, ValueError)
    assert list(tmp_path.iterdir()) == []


def test_a_clone_is_made_and_brought_up_and_never_overwritten(task, tmp_path):
    assert validate_git_repository(str(task))
    assert clone_repository(str(task), tmp_path / "clone")
    assert not clone_repository(str(task), tmp_path / "clone")
    assert update_repository(tmp_path / "clone")
    (tmp_path / "clone" / "task.bonsai").write_text("mine")
    assert not update_repository(tmp_path / "clone")

    assert (tmp_path / "clone" / "task.bonsai").read_text() == "mine"


def test_a_bare_process_is_started_waited_for_and_ended(task, tmp_path):
    bonsai, workflow = task / "bonsai" / "Bonsai", task / "task.bonsai"
    root = {"RootFolder": tmp_path, "Trials": 1}
    done = start_bonsai_process(bonsai, workflow, root)
    failed = start_bonsai_process(bonsai, workflow, {**root, "Mode": "fail"})
    answers = (wait_for_process(done, 20), wait_for_process(failed, 20))
    hanging = start_bonsai_process(bonsai, workflow, {**root, "TrialDuration": 60})
    monitor = ProcessMonitor(hanging)
    used = monitor.get_memory_usage()
    is_over = wait_for_process(hanging, 0.01)
    is_ended = monitor.terminate_process()

    assert answers == (True, False)
    assert failed.returncode == 3
    assert used > 0
    assert not is_over
    assert is_ended
    assert hanging.returncode is not None
    assert monitor.get_memory_usage() == 0


def test_a_bare_process_with_an_unknown_property_is_not_started(task):
    with pytest.raises(BonsaiProcessError) as caught:
        start_bonsai_process(
            task / "bonsai" / "Bonsai", task / "task.bonsai", {"NoSuch": 1}
        )
    with pytest.raises(BonsaiProcessError) as missing:
        start_bonsai_process(task / "nothing", task / "task.bonsai")

    assert "NoSuch" in str(caught.value)
    assert missing.value.code == "RV-S98"


@pytest.mark.parametrize("part", ["parameters", "conduct", "faults"])
def test_a_part_of_the_session_brings_in_no_experiment(part):
    code = f"import sys, ranvier.session.{part}; print([m for m in sys.modules "
    code += "if m.startswith(('ranvier.session.experiment', 'ranvier.session.val'))])"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert said.stdout == "[]\n"
