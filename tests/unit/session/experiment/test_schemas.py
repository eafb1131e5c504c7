"""The older launcher's documents as data."""

from ranvier.session import ExperimentParameters, SessionData, StimulusEpoch
from ranvier.session.faults import Verdict

TIME = "2026-11-20T10:00:00+01:00"
SESSION = {
    "session_start_time": TIME,
    "session_end_time": TIME,
    "session_type": "Behavior",
    "rig_id": "rig",
    "subject_id": "M1",
}


def test_two_sessions_share_no_list():
    one, other = SessionData(), SessionData()
    one.protocol_id.append("p")
    one.stimulus_epochs.append({})

    assert (other.protocol_id, other.stimulus_epochs) == ([], [])


def test_a_session_has_the_25_fields_of_its_schema_in_order():
    names = list(SessionData().to_dict())

    assert len(names) == 25
    assert names[:2] == ["describedBy", "schema_version"]
    assert names[-1] == "notes"


def test_a_session_says_what_it_lacks():
    report = SessionData().check()

    assert {finding.where for finding in report.errors} == set(SESSION)
    assert SessionData(**SESSION).check().verdict is Verdict.OK


def test_a_time_that_is_none_is_an_error():
    (finding,) = SessionData(**{**SESSION, "session_start_time": "noon"}).check().errors

    assert (finding.code, finding.found) == ("RV-S99", '"noon"')


def test_an_epoch_without_script_has_none_in_place_of_an_empty_one():
    epoch = StimulusEpoch()

    assert epoch.script == {}
    assert epoch.to_dict()["script"] is None
    assert len(epoch.to_dict()) == 19


def test_an_epoch_says_what_it_lacks():
    epoch = StimulusEpoch(TIME, TIME, "gratings", script={"name": "task"})
    where = {finding.where for finding in epoch.check().errors}

    assert where == {"stimulus_modalities", "script.version"}


def test_parameters_tell_what_is_known_and_no_name_of_nothing():
    parameters = ExperimentParameters("M1", "someone", "url", "task.bonsai")

    assert (parameters.rig_id, parameters.stimulus_name) == (
        "default_rig",
        "Default Stimulus",
    )
    assert parameters.to_dict() == {
        "subject_id": "M1",
        "user_id": "someone",
        "repository_url": "url",
        "bonsai_path": "task.bonsai",
        "repository_commit_hash": "main",
        "session_type": "Behavior",
        "notes": "",
    }
