"""Files of the OpenScope Experimental Launcher load unchanged, and check clean."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ranvier.session.faults import ParameterValidationError, Verdict
from ranvier.session.parameters import (
    FailurePolicy,
    Rig,
    StepKind,
    check_parameters,
    expand,
    merge,
    read_entries,
    read_parameter_file,
)

DATA = Path(__file__).parents[3] / "data" / "launcher"
RIG = Rig(
    None,
    {
        "rig_id": "rig-3",
        "COM_port": "COM3",
        "RecordCameras": True,
        "DisplayDeviceIndex": 1,
        "WindowStateIndex": 2,
    },
)
RIG_KEYS = {"COM_port", "RecordCameras", "DisplayDeviceIndex", "WindowStateIndex"}
# What a check says of each where there is no rig file: the values of the rig that it
# needs, and keys that nothing reads.
SAID = {
    "day1.json": RIG_KEYS,
    "day2.json": RIG_KEYS,
    "example_metadata_pipeline.json": set(),
    "example_minimalist_params.json": {"collect_mouse_runtime_data"},
    "example_mouse_notes_pipeline.json": set(),
    "experiment_notes_pipeline.json": set(),
    "matlab_local_test_params.json": set(),
    "matlab_slap2.json": set(),
    "predictive_processing_params_example.json": RIG_KEYS,
    "predictive_processing_with_archive.json": RIG_KEYS,
    "session_sync_master_example.json": set(),
    "session_sync_slave_example.json": set(),
}
CONTEXT = {"session_folder": "/data/m1_2026", "session_name": "m1_2026"}


@pytest.mark.parametrize("name", SAID)
def test_a_file_loads_byte_for_byte(name):
    file = read_parameter_file(DATA / name)

    assert file.data == (DATA / name).read_bytes()
    assert file.sha256 == hashlib.sha256(file.data).hexdigest()
    assert len(file.values) > 5


@pytest.mark.parametrize("name", SAID)
def test_a_file_checks_clean_but_for_what_is_said_here(name):
    report = check_parameters(merge(file=read_parameter_file(DATA / name)))
    said = [finding.problem + finding.where for finding in report.findings]

    assert report.errors == ()
    assert len(said) == len(SAID[name])
    assert all(any(key in text for text in said) for key in SAID[name])


@pytest.mark.parametrize("name", SAID)
def test_with_a_rig_and_a_subject_no_placeholder_is_left(name):
    file = read_parameter_file(DATA / name)
    parameters = merge(RIG, file).with_changes({"subject_id": "m1"})
    expanded = expand(parameters, CONTEXT)

    assert check_parameters(parameters).errors == ()
    assert "{" not in str(expanded.to_dict()).replace("{'", "").replace("{}", "")


def test_every_file_of_the_folder_is_looked_at():
    assert {path.name for path in DATA.glob("*.json")} == {*SAID, "sample_params.json"}


def test_the_placeholders_of_a_day_are_filled_as_bonsai_wants_them():
    file = read_parameter_file(DATA / "day1.json")
    expanded = expand(merge(RIG, file, {"subject_id": "614173"}), CONTEXT)

    assert expanded.values["script_parameters"] == {
        "stimulus_table_path": "/data/m1_2026/predictive_processing_session.csv",
        "PortName": "COM3",
        "RecordCameras": "true",
        "Subject": "614173",
        "DisplayDeviceIndex": "1",
        "WindowStateIndex": "2",
        "stimulus_table_duration": "02:00:00",
    }


def test_the_steps_of_a_day_are_read():
    (entry,) = read_entries(merge(file=read_parameter_file(DATA / "day1.json")))

    assert entry.kind is StepKind.SCRIPT
    assert entry.path.endswith("/generate_experiment_csv.py")
    assert entry.function == "generate_single_session_csv"
    assert entry.function_args["seed"] == 42
    assert entry.parameters == {}
    assert entry.on_failure is FailurePolicy.CONTINUE


def test_the_oldest_file_loads_by_its_older_names():
    parameters = merge(file=read_parameter_file(DATA / "sample_params.json"))

    assert parameters.values["subject_id"] == "test_mouse"
    assert parameters.origins["subject_id"] == "alias mouse_id in file"
    assert parameters.values["script_path"].endswith("Standard_oddball_slap2.bonsai")
    assert parameters.where(("subject_id",)) == "sample_params.json, line 8"


def test_keys_that_the_oldest_files_lab_made_up_are_errors_unless_lenient():
    parameters = merge(file=read_parameter_file(DATA / "sample_params.json"))
    strict = check_parameters(parameters)
    lenient = check_parameters(parameters, is_lenient=True)

    assert [finding.code for finding in strict.errors] == ["RV-S13"] * 6
    assert lenient.verdict is Verdict.WARNING
    assert len(lenient.warnings) == 6


def test_a_file_without_its_rig_says_why_when_it_is_to_be_run():
    file = read_parameter_file(DATA / "day1.json")

    with pytest.raises(ParameterValidationError) as caught:
        expand(merge(file=file, changes={"subject_id": "m1"}), CONTEXT)

    assert caught.value.code == "RV-S17"
    assert all(key in str(caught.value) for key in RIG_KEYS)
    assert "day1.json, line 12, script_parameters.PortName" in str(caught.value)
