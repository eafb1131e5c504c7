"""Entries of a parameter file: checked before anything starts, run without a crash."""

import importlib
import json
from pathlib import Path

import jsonschema
import pytest

from ranvier.session.faults import Verdict
from ranvier.session.parameters import (
    RunWhen,
    StepEntry,
    StepKind,
    StepPhase,
    merge,
    read_entries,
)
from ranvier.session.steps import (
    SHIPPED,
    ShippedStep,
    build_step_schema,
    check_entries,
    find_run_when,
    format_steps,
    run_step,
)
from ranvier.session.steps._script_answer import judge_answer

FILES = Path(__file__).parents[3] / "data" / "launcher"
OLDER = {
    "behavior_videos_flatten",
    "disk_space_check",
    "example_post_acquisition_module",
    "example_pre_acquisition_module",
    "experiment_notes_editor",
    "experiment_notes_finalize",
    "experiment_notes_post_prompt",
    "instrument_json_fetch",
    "metadata_procedures_fetch",
    "metadata_project_validator",
    "metadata_protocol_validator",
    "metadata_subject_fetch",
    "mouse_weight_post_prompt",
    "mouse_weight_pre_prompt",
    "session_archiver",
    "session_creator",
    "session_enhancer_bonsai",
    "wait_for_user_input",
    "zmq_ready_publisher",
    "zmq_ready_waiter",
}


def entry(path, phase=StepPhase.BEFORE, kind=StepKind.SHIPPED, **parameters):
    return StepEntry(kind, path, phase, 0, parameters)


def test_the_steps_of_older_files_are_there():
    assert set(SHIPPED) - OLDER == {"ready_barrier", "stimulus_table"}
    assert set(SHIPPED) & OLDER == OLDER


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_step_says_what_it_is(name):
    step = SHIPPED[name]
    schema = build_step_schema(step)

    jsonschema.Draft202012Validator.check_schema(schema)
    assert step.meaning.endswith(".")
    assert step.phases
    defaults = {p.name: p.default for p in step.parameters if not p.is_required}
    schema.pop("required", None)
    jsonschema.validate(defaults, schema)


def test_the_reference_has_every_step_and_parameter():
    page = format_steps()

    assert page.count("\n### ") + 1 == len(SHIPPED)
    for step in SHIPPED.values():
        assert all(f"| `{each.name}` |" in page for each in step.parameters)


@pytest.mark.parametrize("path", sorted(FILES.glob("*.json")), ids=lambda p: p.name)
def test_the_steps_of_older_files_have_no_fault(path):
    """Written for the OpenScope launcher; none names a step of one lab."""
    values = json.loads(path.read_text())

    report = check_entries(read_entries(merge(file=values)), session_parameters=values)

    assert report.findings == ()


def test_a_time_limit_that_is_none_is_told():
    script = entry("a.py", kind=StepKind.SCRIPT, script_timeout_sec="long")

    assert check_entries([script]).errors[0].where.endswith(".script_timeout_sec")


def test_an_unknown_step_is_told_with_a_near_one():
    report = check_entries([entry("disk_space_chek")])

    assert report.errors[0].code == "RV-S40"
    assert report.errors[0].mend == 'did you mean "disk_space_check"?'
    assert report.errors[0].where == "pre_acquisition_pipeline[0]"


@pytest.mark.parametrize(
    "name", ["slap2_meta_annotator", "stimulus_table_predictive_processing"]
)
def test_a_step_of_one_lab_is_told_how_to_be_run(name):
    finding = check_entries([entry(name, StepPhase.AFTER)]).errors[0]

    assert "not shipped" in finding.found
    assert "script_module" in finding.mend


def test_a_step_in_the_wrong_list_is_told():
    report = check_entries([entry("session_archiver", network_dir="x")])

    assert [finding.code for finding in report.errors] == ["RV-S42"]
    assert report.errors[0].wanted == "post_acquisition_pipeline"


def test_all_faults_of_parameters_are_told_at_once():
    report = check_entries(
        [entry("disk_space_check", required_free_gb="10", allow_override=1)]
    )

    assert {finding.where for finding in report.errors} == {
        "pre_acquisition_pipeline[0].required_free_gb",
        "pre_acquisition_pipeline[0].allow_override",
    }
    number = next(f for f in report.errors if f.where.endswith("required_free_gb"))
    assert (number.found, number.wanted) == ("'10'", "type number or null")
    assert number.mend.startswith("correct it where it is given")


def test_a_missing_parameter_is_told_unless_the_session_has_it():
    alone = check_entries([entry("disk_space_check")])
    with_it = check_entries(
        [entry("disk_space_check")], session_parameters={"required_free_gb": 10}
    )

    assert "required_free_gb" in alone.errors[0].found
    assert alone.errors[0].mend == "give it, in the entry or in the parameter file"
    assert with_it.verdict is Verdict.OK


def test_null_is_not_given():
    report = check_entries([entry("wait_for_user_input", prompt=None)])

    assert report.verdict is Verdict.OK


def test_a_slip_is_an_error_and_a_stranger_a_warning():
    slip = check_entries([entry("wait_for_user_input", promt="Ready?")])
    stranger = check_entries([entry("wait_for_user_input", colour="red")])

    assert slip.errors[0].mend == 'did you mean "prompt"?'
    assert stranger.verdict is Verdict.WARNING


def test_a_script_is_checked_by_the_schema_of_its_entry():
    schema = {"required": ["seed"], "properties": {"seed": {"type": "integer"}}}
    script = StepEntry(
        StepKind.SCRIPT, "a.py", StepPhase.BEFORE, 0, {"seed": "x"}, schema=schema
    )
    broken = StepEntry(
        StepKind.SCRIPT, "a.py", StepPhase.BEFORE, 0, schema={"type": "no"}
    )

    assert check_entries([script]).errors[0].where.endswith("[0].seed")
    assert "no schema" in check_entries([broken]).errors[0].found


def test_only_the_lists_asked_for_are_looked_at():
    assert check_entries([entry("nothing")], [StepPhase.AFTER]).findings == ()


def test_an_unknown_step_fails_and_does_not_raise(sitting):
    result = run_step(entry("nothing"), sitting.context())

    assert (result.verdict, result.findings[0].code) == (Verdict.FAILED, "RV-S40")


def test_a_step_that_breaks_fails_with_its_traceback(sitting, monkeypatch):
    def act(context):
        return {}["gone"]

    broken = ShippedStep("broken", "Breaks.", (StepPhase.BEFORE,), act)
    running = importlib.import_module("ranvier.session.steps._running")
    monkeypatch.setattr(running, "find_step", lambda *_: broken)

    result = run_step(entry("broken"), sitting.context())

    assert (result.verdict, result.findings[0].code) == (Verdict.FAILED, "RV-S43")
    assert "KeyError: 'gone'" in result.findings[0].problem
    assert "in act" in result.findings[0].found


@pytest.mark.parametrize("value", [None, True, 0])
def test_a_function_is_well_when_it_says_nothing_true_or_zero(value):
    result = judge_answer("a.py", "", {"kind": "returned", "value": value})

    assert (result.verdict, result.data) == (Verdict.OK, {})


@pytest.mark.parametrize("value", [False, 1, -1, 300])
def test_a_function_that_gives_false_or_a_number_has_failed(value):
    answer = {"kind": "returned", "value": value, "function": "run"}

    result = judge_answer("a.py", "", answer)

    assert (result.verdict, result.findings[0].code) == (Verdict.FAILED, "RV-S45")


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ({"notes": "calm"}, {"notes": "calm"}),
        ("calm", {"result": "calm"}),
        (1.0, {"result": 1.0}),
        ([], {"result": []}),
        ("", {"result": ""}),
    ],
)
def test_other_values_are_data(value, data):
    result = judge_answer("a.py", "", {"kind": "returned", "value": value})

    assert (result.verdict, result.data) == (Verdict.OK, data)


@pytest.mark.parametrize(
    ("code", "verdict"), [(None, "ok"), (0, "ok"), (1, "failed"), ("no", "failed")]
)
def test_an_exit_counts_by_its_code(code, verdict):
    assert judge_answer("a.py", "", {"kind": "exited", "code": code}).verdict == verdict


def test_steps_of_ours_are_done_after_a_failure_too_and_scripts_are_not():
    script = entry("a.py", StepPhase.AFTER, StepKind.SCRIPT)
    told = StepEntry(
        StepKind.SCRIPT, "a.py", StepPhase.AFTER, 0, run_when=RunWhen.ALWAYS
    )

    assert find_run_when(entry("session_archiver")) is RunWhen.ALWAYS
    assert find_run_when(script) is RunWhen.SUCCESS
    assert find_run_when(told) is RunWhen.ALWAYS


def test_a_shipped_step_tells_where_it_is(sitting):
    result = sitting.run_after("example_post_acquisition_module")

    assert result.verdict is Verdict.OK
    assert str(sitting.folder) in result.findings[0].problem
