"""An experiment before it runs: its parameters, who is asked, what it tells."""

import json
import logging
import threading

import pytest

from ranvier.core import RanvierError, SessionError
from ranvier.session import (
    BaseExperiment,
    BonsaiProcessError,
    ParameterValidationError,
    RepositoryError,
)
from ranvier.session.experiment._asking import ExperimentOperator
from ranvier.session.experiment._faults import make_error, sort_error
from ranvier.session.experiment._log import ExperimentLog
from ranvier.session.experiment._source import read_source
from ranvier.session.faults import Finding, OperatorError, ProgramError, Severity
from ranvier.session.operator import Form, Question, ScriptedOperator

PARAMS = {"mouse_id": "M1", "user_id": "someone", "bonsai_path": "task.bonsai"}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps(PARAMS))
    return path


def test_a_new_experiment_knows_nothing_and_has_made_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    experiment = BaseExperiment()
    told = (experiment.subject_id, experiment.session_directory, experiment.error)

    assert told == (None, None, None)
    assert not (experiment.is_running)
    assert not (experiment.has_completed)
    assert experiment.get_bonsai_errors() == "No errors reported by Bonsai."
    assert experiment.bonsai_process is None
    assert list(tmp_path.iterdir()) == []


def test_parameters_are_there_under_both_names(file):
    experiment = BaseExperiment()
    experiment.load_parameters(file)

    assert experiment.params["mouse_id"] == experiment.params["subject_id"] == "M1"
    assert (experiment.subject_id, experiment.user_id) == ("M1", "someone")
    assert experiment.params["launcher"] == "bonsai"
    assert experiment.params["output_root_folder"] == "data"
    assert len(experiment.params_checksum) == 32


def test_a_null_of_the_file_is_a_null_of_the_parameters():
    experiment = BaseExperiment()
    experiment.load_parameters({**PARAMS, "custom_parameter": None})

    assert "custom_parameter" in experiment.params


@pytest.mark.parametrize("given", [None, {}])
def test_without_parameters_there_is_an_error(given):
    experiment = BaseExperiment()
    is_done = experiment.run(given)

    assert not is_done
    assert isinstance(experiment.error, ParameterValidationError)
    assert experiment.error.code == "RV-S95"
    assert experiment.has_completed
    with pytest.raises(ParameterValidationError):
        experiment.run(given, raise_errors=True)


def test_what_fails_is_logged_only_if_it_is_not_raised(caplog, tmp_path):
    experiment = BaseExperiment()
    with pytest.raises(ParameterValidationError):
        experiment.run(tmp_path / "nothing.json", True)
    n_raised = len(caplog.records)
    experiment.run(tmp_path / "nothing.json")

    assert (n_raised, len(caplog.records)) == (0, 1)
    assert "RV-S10" in caplog.text


def test_nobody_is_asked_where_there_is_nobody(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    experiment = BaseExperiment()
    with pytest.raises(OperatorError) as caught:
        experiment.load_parameters({"bonsai_path": "task.bonsai"})

    assert "subject_id" in str(caught.value)
    assert "subject_id" not in experiment.params


def test_who_is_given_is_asked_once():
    operator = ScriptedOperator({"subject_id": "M7", "user_id": "me"}, "test")
    experiment = BaseExperiment(operator=operator)
    experiment.load_parameters({"bonsai_path": "task.bonsai"})

    assert (experiment.subject_id, experiment.params["user_id"]) == ("M7", "me")


def test_a_question_that_was_answered_is_not_asked_again():
    operator = ExperimentOperator(ScriptedOperator({"b": "2"}, "test"), lambda: False)
    operator.answers["a"] = "1"
    form = Form("both", (Question("a", "A"), Question("b", "B")))

    assert operator.fill(form) == {"a": "1", "b": "2"}
    assert operator.ask(form.questions[0]) == "1"
    assert [operator.has_answer(name) for name in "abc"] == [True, True, False]


def test_setting_the_subject_sets_the_parameter():
    experiment = BaseExperiment()
    experiment.subject_id, experiment.user_id = "M2", "other"

    assert experiment.params == {"subject_id": "M2", "user_id": "other"}


def test_what_code_changes_is_told_apart_from_the_file(file):
    source = read_source(file, None)
    source.params["bonsai_parameters"] = {"Trials": 3}
    source.params["subject_id"] = "M2"
    del source.params["user_id"]
    changed_file, changes = source.given.compare(source.params)

    assert changes == {
        "bonsai_parameters": {"Trials": 3},
        "subject_id": "M2",
        "launcher": "bonsai",
        "output_root_folder": "data",
    }
    assert changed_file.values == {"mouse_id": "M1", "bonsai_path": "task.bonsai"}
    assert changed_file.data == file.read_bytes()


def test_what_is_changed_within_a_value_counts():
    source = read_source({**PARAMS, "bonsai_parameters": {"Trials": 1}}, None)
    source.params["bonsai_parameters"]["Trials"] = 2
    _, changes = source.given.compare(source.params)

    assert changes["bonsai_parameters"] == {"Trials": 2}


def test_another_launcher_is_left_as_it_is():
    source = read_source({**PARAMS, "launcher": "python"}, None)

    assert source.params["launcher"] == "python"
    assert "launcher" not in source.given.compare(source.params)[1]


def test_the_session_directory_is_named_after_subject_and_time(tmp_path):
    experiment = BaseExperiment()
    unknown = experiment.determine_session_directory()
    experiment.load_parameters({**PARAMS, "OutputFolder": str(tmp_path)})
    path = experiment.determine_session_directory()

    assert unknown is None
    assert path == str(tmp_path / experiment.session_uuid)
    assert experiment.session_uuid.startswith("M1_20")
    assert list(tmp_path.iterdir()) == []


def test_arguments_can_be_seen_before_a_session():
    experiment = BaseExperiment()
    given = {"bonsai_parameters": {"A": True}, "bonsai_arguments": ["--no-boot"]}
    experiment.load_parameters({**PARAMS, **given})

    assert experiment.create_bonsai_arguments() == [
        "--property",
        "A=true",
        "--no-boot",
    ]


@pytest.mark.parametrize("method", ["start_bonsai", "setup_repository"])
def test_what_only_a_session_can_do_says_so(method):
    with pytest.raises(SessionError) as caught:
        getattr(BaseExperiment(), method)()

    assert caught.value.code == "RV-S96"


def test_a_signal_while_nothing_runs_is_ctrl_c():
    with pytest.raises(KeyboardInterrupt):
        BaseExperiment().signal_handler(2, None)


def test_what_stops_and_cleans_does_nothing_where_nothing_runs():
    experiment = BaseExperiment()
    experiment.stop()
    experiment.kill_process()
    experiment.cleanup()

    assert not experiment.is_running
    assert not experiment.wait_for_completion(0)


def test_the_command_line_has_one_argument_that_may_be_left_out():
    parser = BaseExperiment.create_argument_parser("Mine")

    assert parser.description == "Mine"
    assert parser.parse_args([]).param_file is None
    assert parser.parse_args(["p.json"]).param_file == "p.json"
    assert BaseExperiment.run_from_args(parser.parse_args(["nothing.json"])) == 1


@pytest.mark.parametrize(
    ("code", "launcher", "family"),
    [
        ("RV-S13", "bonsai", ParameterValidationError),
        ("RV-S07", "bonsai", ParameterValidationError),
        ("RV-S21", "bonsai", RepositoryError),
        ("RV-S31", "bonsai", BonsaiProcessError),
        ("RV-S08", "bonsai", BonsaiProcessError),
        ("RV-S31", "python", ProgramError),
        ("RV-S90", "bonsai", SessionError),
        ("RV-S95", "bonsai", ParameterValidationError),
    ],
)
def test_an_error_has_the_family_that_its_caller_expects(code, launcher, family):
    error = sort_error(SessionError("it is so.", code=code, mend="mend"), launcher)
    finding = Finding(Severity.ERROR, "it", "it is so.", code, mend="mend it")

    assert type(error) is family
    assert (error.code, error.problem) == (code, "it is so.")
    assert type(make_error((finding,), launcher)) is family


def test_an_error_of_another_floor_stays_what_it_is():
    error = RanvierError("full.", code="RV-D01", mend="mend")

    assert sort_error(error, "bonsai") is error
    assert make_error((), "bonsai") is None


def test_a_log_has_what_its_own_thread_says(tmp_path):
    logger = logging.getLogger("of a test")
    log = ExperimentLog([tmp_path / "a.log"], "M1")
    logger.warning("mine")
    other = threading.Thread(target=logger.warning, args=("another's",))
    other.start()
    other.join()
    log.close()
    logger.warning("later")
    text = (tmp_path / "a.log").read_text()

    assert "WARNING of a test: mine" in text
    assert "another's" not in text
    assert "later" not in text
    assert "session M1 begins" in text
    assert "session M1 ends" in text
