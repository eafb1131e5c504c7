"""Checks that answer yes or no, as the older launcher's documentation has them."""

import pytest

from ranvier.session.validation import (
    sanitize_filename,
    validate_bonsai_workflow,
    validate_file_paths,
    validate_git_repository,
    validate_git_url,
    validate_parameter_schema,
    validate_parameters,
)

PARAMS = {
    "subject_id": "M1",
    "user_id": "someone",
    "repository_url": "https://host.org/lab/task.git",
    "bonsai_path": "task.bonsai",
}
WORKFLOW = """<?xml version="1.0"?>
<WorkflowBuilder Version="2.8.5" xmlns="https://bonsai-rx.org/2018/workflow">
  <Workflow><Nodes /><Edges /></Workflow>
</WorkflowBuilder>
"""


def test_parameters_with_all_that_is_required_are_right():
    assert validate_parameters(PARAMS) == (True, [])


def test_older_names_count():
    params = {**PARAMS, "mouse_id": "M1", "script_path": "task.bonsai"}
    del params["subject_id"], params["bonsai_path"]

    assert validate_parameters(params) == (True, [])


@pytest.mark.parametrize("key", PARAMS)
@pytest.mark.parametrize("value", [None, "", "left out"])
def test_what_is_required_and_missing_is_named(key, value):
    params = {**PARAMS, key: value}
    if value == "left out":
        del params[key]
    is_valid, errors = validate_parameters(params)

    assert not is_valid
    assert f"{key}: it is required, and missing." in errors


def test_every_fault_is_told_at_once_each_in_one_line():
    wrong = {"bonsai_parameters": "Trials=2", "log_level": 3, "subject_id": "M 1"}
    is_valid, errors = validate_parameters({**PARAMS, **wrong})

    assert not is_valid
    assert len(errors) == 3
    assert all("\n" not in error for error in errors)
    assert [any(key in each for each in errors) for key in ("log_level", "M 1")] == [
        True,
        True,
    ]


def test_two_names_of_one_key_that_disagree_are_an_error():
    is_valid, errors = validate_parameters({**PARAMS, "mouse_id": "M2"})

    assert not is_valid
    assert "say different things" in errors[0]


def test_a_key_of_the_experiment_is_its_own_a_mistyped_one_is_not():
    assert validate_parameters({**PARAMS, "custom_parameter": 1})[0]
    assert not validate_parameters({**PARAMS, "repository_comit_hash": "main"})[0]


def test_the_schema_check_gives_the_same_with_names():
    found = validate_parameter_schema({})

    assert (found.is_valid, len(found.errors)) == (False, 4)


@pytest.mark.parametrize(
    ("text", "is_right"),
    [(WORKFLOW, True), ("<Workflow", False), ("<html/>", False), (None, False)],
)
def test_a_workflow_is_there_and_is_one(tmp_path, text, is_right):
    path = tmp_path / "task.bonsai"
    if text is not None:
        path.write_text(text)

    assert validate_bonsai_workflow(str(path)) is is_right


def test_files_that_parameters_name_are_looked_for(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "task.bonsai").touch()
    params = {
        "bonsai_path": "a\\task.bonsai",
        "setup_script": "setup.ps1",
        "exe_path": "C:\\Bonsai\\Bonsai.exe",
        "n_file": 3,
        "notes": "a",
    }

    assert validate_file_paths(params, tmp_path) == {
        "bonsai_path": True,
        "setup_script": False,
        "exe_path": False,
    }


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("https://host.org/lab/task.git", True),
        ("ssh://git@host.org/lab/task", True),
        ("git@host.org:lab/task.git", True),
        ("file:///srv/task", True),
        ("https://host.org", False),
        ("https://host.org/a b", False),
        ("task", False),
        ("", False),
    ],
)
def test_an_address_has_the_form_of_one(url, is_right):
    assert validate_git_url(url) is is_right


def test_a_repository_that_is_none_is_not_accessible(tmp_path):
    assert validate_git_repository(str(tmp_path / "nothing")) is False
    assert validate_git_repository("") is False


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b\\c: d", "a_b_c_d"),
        ("con.txt", "_con.txt"),
        ("ends.", "ends"),
        ("...", "_"),
        ("", "_"),
        ("é" * 300, "é" * 200),
    ],
)
def test_a_name_is_made_one_that_every_system_has(name, safe):
    assert sanitize_filename(name) == safe
