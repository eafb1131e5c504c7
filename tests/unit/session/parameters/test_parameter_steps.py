"""Steps are read from all forms that files ever had."""

from __future__ import annotations

import pytest

from ranvier.session.faults import ParameterValidationError
from ranvier.session.parameters import (
    FailurePolicy,
    RunWhen,
    StepKind,
    StepPhase,
    check_parameters,
    merge,
    read_entries,
)


def read(*entries):
    return read_entries(merge(file={"pre_acquisition_pipeline": list(entries)}))


def test_a_name_alone_is_a_shipped_step():
    (entry,) = read("disk_space_check")

    assert entry.kind is StepKind.SHIPPED
    assert entry.path == "disk_space_check"
    assert entry.on_failure is FailurePolicy.CONTINUE
    assert entry.parameters == {}


def test_steps_before_come_first_and_are_counted_in_their_list():
    values = {
        "post_acquisition_pipeline": ["c"],
        "pre_acquisition_pipeline": ["a", "b"],
    }
    entries = read_entries(merge(file=values))

    assert [entry.path for entry in entries] == ["a", "b", "c"]
    assert entries[1].key_path == "pre_acquisition_pipeline[1]"
    assert entries[2].phase is StepPhase.AFTER
    assert entries[2].number == 0


@pytest.mark.parametrize(
    "raw",
    [
        {"module_type": "script_module", "module_path": "a.py", "function": "f",
         "function_args": {"x": 1}},
        {"module_type": "script_module", "module_path": "a.py",
         "module_parameters": {"function": "f", "function_args": {"x": 1}}},
        {"type": "repo_module", "repo_relative_path": "a.py", "function": "f",
         "kwargs": {"x": 1}},
        {"repo_relative_path": "a.py", "function": "f", "kwargs": {"x": 1}},
        {"module_type": "repo_module", "module_path": "a.py", "function": "f",
         "module_parameters": {"kwargs": {"x": 1}}},
    ],
)  # fmt: skip
def test_a_script_is_read_from_each_of_its_forms(raw):
    (entry,) = read(raw)

    assert (entry.kind, entry.path, entry.function) == (StepKind.SCRIPT, "a.py", "f")
    assert entry.function_args == {"x": 1}
    assert entry.parameters == {}


def test_all_else_of_a_script_is_kept():
    (entry,) = read(
        {
            "module_type": "script_module",
            "module_path": "a.py",
            "module_parameters": {"output_filename": "out.json", "gain": 2},
            "module_schema": "a.schema.json",
            "run_when": "always",
        }
    )

    assert entry.output_filename == "out.json"
    assert entry.parameters == {"gain": 2}
    assert entry.schema == "a.schema.json"
    assert entry.run_when is RunWhen.ALWAYS


def test_a_shipped_step_keeps_a_parameter_called_function():
    (entry,) = read({"module_path": "a", "module_parameters": {"function": "f"}})

    assert entry.parameters == {"function": "f"}
    assert entry.function == ""


@pytest.mark.parametrize(
    ("said", "policy"),
    [
        ({}, "continue"),
        ({"on_failure": "abort"}, "abort"),
        ({"failure_policy": "prompt"}, "prompt"),
        ({"fail_policy": "abort"}, "abort"),
        ({"fail_action": "continue"}, "continue"),
        ({"abort_on_fail": True}, "abort"),
        ({"abort_on_fail": False}, "continue"),
        ({"abort_on_fail": False, "on_failure": "prompt"}, "prompt"),
        ({"on_failure": "abort", "fail_action": "abort"}, "abort"),
    ],
)
def test_what_a_failure_means_has_many_names(said, policy):
    (entry,) = read({"module_path": "a", **said})

    assert entry.on_failure == policy


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        ({"module_type": "script_module"}, "RV-S18", '"module_path"'),
        ({"module_path": "a", "on_failure": "abort", "fail_policy": "continue"},
         "RV-S12", '"on_failure" and "fail_policy"'),
        ({"module_path": "a", "repo_relative_path": "b"}, "RV-S12",
         "repo_relative_path"),
        ({"module_path": "a", "module_type": "script_module",
          "type": "launcher_module"}, "RV-S12", "module_type"),
        ({"module_path": "a", "on_failure": "stop"}, "RV-S14", "on_failure"),
        ({"module_path": "a", "module_type": "plugin"}, "RV-S14", "module_type"),
        ({"module_path": 3}, "RV-S14", "module_path"),
        ({"module_path": "a", "abort_on_fail": "yes"}, "RV-S14", "abort_on_fail"),
        (7, "RV-S14", "pre_acquisition_pipeline[0]"),
        ([], "RV-S14", "pre_acquisition_pipeline[0]"),
    ],
)  # fmt: skip
def test_an_entry_that_is_none_is_refused_and_the_check_says_so_too(raw, code, words):
    with pytest.raises(ParameterValidationError) as caught:
        read(raw)
    report = check_parameters(merge(file={"pre_acquisition_pipeline": [raw]}))

    assert caught.value.code == code
    assert words in str(caught.value)
    assert code in {finding.code for finding in report.errors}


def test_all_faults_of_all_entries_are_told_at_once():
    with pytest.raises(ParameterValidationError, match="3 things must be mended"):
        read({}, {"module_path": "a", "on_failure": 1, "kwargs": 2})


def test_null_in_an_entry_is_not_given():
    raw = {"module_path": "a", "on_failure": None, "module_parameters": None}
    parameters = merge(file={"pre_acquisition_pipeline": [raw]})

    assert check_parameters(parameters).findings == ()
    assert read_entries(parameters)[0].on_failure is FailurePolicy.CONTINUE
