"""A check tells all faults at once, each with its key and line."""

from __future__ import annotations

from collections import Counter

import pytest

from ranvier.session.faults import Verdict
from ranvier.session.parameters import (
    KEYS,
    Rig,
    check_parameters,
    merge,
    read_parameter_file,
)


def check(values, rig=None, **how):
    return check_parameters(merge(rig, values), **how)


def codes(report):
    return Counter(finding.code for finding in report.findings)


def only(report):
    (finding,) = report.findings
    return finding


def test_six_wrong_types_are_all_told_with_their_lines(tmp_path):
    path = tmp_path / "task.json"
    path.write_text(
        """{
 "subject_id": ["m1"],
 "script_parameters": "none",
 "acquisition_error_terminate": "yes",
 "resource_log_interval": 0,
 "bonsai_max_retries": 1.5,
 "pre_acquisition_pipeline": [{"module_path": "a", "module_parameters": [1]}]
}"""
    )
    report = check_parameters(merge(file=read_parameter_file(path)))

    assert [finding.code for finding in report.findings] == ["RV-S14"] * 6
    assert [f.where for f in report.findings] == [
        f"task.json, line {line}" for line in range(2, 8)
    ]
    assert '"pre_acquisition_pipeline[0].module_parameters"' in report.errors[5].problem
    assert report.errors[0].found == "a list, ['m1']"
    assert report.errors[2].wanted == "true or false"
    assert report.errors[3].wanted == "number, more than 0"


def test_a_key_that_nobody_knows_suggests_the_one_that_was_meant():
    finding = only(check({"subjct_id": "m1"}))

    assert finding.code == "RV-S13"
    assert 'did you mean "subject_id"' in finding.mend


def test_an_older_name_is_told_by_the_name_that_was_written():
    finding = only(check({"session_sync_mode": "chief"}))

    assert finding.code == "RV-S14"
    assert "`off`, `master` or `slave`" in finding.wanted


def test_a_key_is_known_if_a_placeholder_names_it_or_custom_has_it():
    values = {
        "COM_port": "COM3",
        "gain": 2,
        "script_parameters": {
            "p": "{rig_param:COM_port}",
            "g": "{gain}",
            "c": "{mine}",
        },
        "custom": {"mine": 1, "unused": 2},
    }

    assert check(values).findings == ()


def test_a_rig_may_have_keys_that_this_session_does_not_read():
    rig = Rig(None, {"COM_port": "COM3", "output_root_foldr": "D:/"})
    finding = only(check({}, rig))

    assert finding.severity == "warning"
    assert '"output_root_foldr"' in finding.problem


@pytest.mark.parametrize(
    ("key", "meant"),
    [("rig_idd", "rig_id"), ("user_idd", "user_id"), ("sesion_sync_port", None)],
)
def test_a_key_of_the_rig_that_is_mistyped_is_a_warning(key, meant):
    finding = only(check({}, Rig(None, {key: "x"})))
    meant = meant or "session_sync_port"

    assert (finding.severity, finding.code) == ("warning", "RV-S13")
    assert finding.mend.startswith(f'did you mean "{meant}"')
    assert "custom" not in finding.mend


@pytest.mark.parametrize("key", ["custom_parameter", "RecordCameras", "opto_mode"])
def test_a_lenient_check_lets_a_lab_read_its_own_keys(key):
    assert check({key: 1}).verdict is Verdict.FAILED
    assert check({key: 1}, is_lenient=True).verdict is Verdict.WARNING


@pytest.mark.parametrize(
    "key", ["subjct_id", "Subject_id", "script_paths", "bonsai_exepath"]
)
def test_a_lenient_check_still_finds_what_is_mistyped(key):
    report = check({key: "x"}, is_lenient=True)

    assert report.verdict is Verdict.FAILED
    assert "did you mean" in report.errors[0].mend


@pytest.mark.parametrize(
    "key", [key for key, known in KEYS.items() if not known.read_by]
)
def test_a_key_that_nothing_reads_is_a_warning_with_its_mend(key):
    types = KEYS[key].schema["type"]
    first = types if isinstance(types, str) else types[0]
    value = {"string": "x", "boolean": True, "integer": 1, "array": [], "object": {}}
    finding = only(check({key: value[first]}))

    assert (finding.code, finding.severity) == ("RV-S15", "warning")
    assert finding.mend


def test_a_key_of_the_session_under_custom_is_told():
    assert only(check({"custom": {"mouse_id": "m1"}})).code == "RV-S15"


def test_a_pin_of_no_repository_has_no_effect():
    assert "repository_url" in only(check({"commit_hash": "abc"})).problem


def test_a_placeholder_that_names_nothing_is_an_error_with_its_place():
    finding = only(check({"script_parameters": {"p": "{subject_ids}"}}))

    assert (finding.code, finding.severity) == ("RV-S17", "error")
    assert finding.where == "file, script_parameters.p"
    assert 'did you mean "subject_id"' in finding.mend


def test_a_value_of_the_rig_is_a_warning_without_a_rig_and_an_error_with_one():
    values = {"script_parameters": {"p": "{rig_param:COM_port}"}}

    assert only(check(values)).severity == "warning"
    assert only(check(values, Rig(None, {"rig_id": "r"}))).severity == "error"


def test_a_key_that_will_be_asked_for_may_be_named():
    assert check({"script_parameters": {"p": "{subject_id} {user_id}"}}).findings == ()
    assert only(check({"script_parameters": {"p": "{rig_id}"}})).severity == "warning"


def test_a_circle_is_found_before_anything_starts():
    report = check({"a": "{b}", "b": "{a}"})

    assert set(codes(report)) == {"RV-S17"}
    assert "a → b → a" in report.errors[0].problem


@pytest.mark.parametrize(
    ("key", "text", "code"),
    [
        ("launcher_version", ">=0.2.7", None),
        ("launcher_version", ">=0.3", "RV-S16"),
        ("launcher_version", "newest", "RV-S14"),
        ("ranvier_version", ">=0.1", None),
        ("ranvier_version", "<0.1", "RV-S16"),
    ],
)
def test_a_file_for_other_versions_is_refused(key, text, code):
    assert list(codes(check({key: text}))) == [code] * (code is not None)


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"launcher": "bonsai"}, ["script_path"]),
        ({"launcher": "graph"}, ["graph_path"]),
        ({"launcher": "command"}, ["command"]),
        (
            {"session_sync_role": "master"},
            ["session_sync_port", "session_sync_expected_slaves"],
        ),
        (
            {"session_sync_role": "slave", "session_sync_port": 1},
            ["session_sync_master_host"],
        ),
    ],
)
def test_what_goes_together_must_be_there_together(values, missing):
    report = check(values)

    assert [finding.code for finding in report.errors] == ["RV-S18"] * len(missing)
    assert all(
        f'"{key}"' in f.problem for key, f in zip(missing, report.errors, strict=True)
    )


def test_an_unknown_key_of_a_step_is_told_with_its_path():
    entry = {"module_path": "a", "on_failur": "abort"}
    finding = only(check({"post_acquisition_pipeline": ["b", entry]}))

    assert '"post_acquisition_pipeline[1].on_failur"' in finding.problem
    assert 'did you mean "on_failure"' in finding.mend


def test_a_subject_that_could_leave_its_folder_is_refused():
    assert codes(check({"subject_id": "../m1"})) == {"RV-S14": 1}


def test_a_branch_may_have_a_slash_and_an_id_may_be_a_number():
    values = {"repository_url": "u", "commit_hash": "feature/x", "subject_id": 614173}

    assert check({**values, "protocol_id": 2415}).findings == ()


def test_the_schema_of_a_file_is_never_fetched():
    assert check({"$schema": "https://nowhere.invalid/schema.json"}).findings == ()


def test_nothing_that_the_seed_demands_is_demanded_here():
    assert check({}).findings == ()


def test_keys_that_name_each_other_nearly_without_end_are_found():
    chain = {f"k{n}": f"{{k{n + 1}}}" for n in range(100)}

    assert codes(check({**chain, "k100": "x"}))["RV-S17"] > 0
