"""Parameter files are read strictly, and say where they are wrong."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.session.faults import ParameterValidationError
from ranvier.session.parameters import parse_changes, read_parameter_file
from ranvier.session.parameters._json_text import parse_json
from ranvier.session.parameters._yaml_text import parse_yaml


def write(folder, content, name="task.json"):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def fail(path):
    with pytest.raises(ParameterValidationError) as caught:
        read_parameter_file(path)
    assert caught.value.mend
    return caught.value


def test_a_json_file_gives_values_and_lines(tmp_path):
    path = write(tmp_path, '{\n "a": 1,\n "b": [\n  {"c": 2},\n  3]\n}')
    file = read_parameter_file(path)

    assert file.values == {"a": 1, "b": [{"c": 2}, 3]}
    assert file.lines[("b", 0, "c")] == 4
    assert file.lines[("b", 1)] == 5


def test_a_byte_order_mark_is_no_fault(tmp_path):
    path = write(tmp_path, b'\xef\xbb\xbf{"a": "\xc3\xa9"}')

    assert read_parameter_file(path).values == {"a": "é"}


def test_a_yaml_file_says_the_same_as_json(tmp_path):
    text = """
launcher: bonsai  # a comment
subject_id: 012345
flag: no
day: 2026-11-20
n: 3
x: 1.5e3
none: ~
pre_acquisition_pipeline:
  - disk_space_check
  - module_path: 'C:\\steps\\a.py'
    module_parameters: {p: [1, two]}
"""
    file = read_parameter_file(write(tmp_path, text, "task.yaml"))

    assert file.values == {
        "launcher": "bonsai",
        "subject_id": "012345",
        "flag": "no",
        "day": "2026-11-20",
        "n": 3,
        "x": 1500.0,
        "none": None,
        "pre_acquisition_pipeline": [
            "disk_space_check",
            {"module_path": "C:\\steps\\a.py", "module_parameters": {"p": [1, "two"]}},
        ],
    }
    assert (
        file.lines[("pre_acquisition_pipeline", 1, "module_parameters", "p", 1)] == 12
    )
    assert file.lines[("n",)] == 6


def test_a_missing_file_is_named(tmp_path):
    error = fail(tmp_path / "none.json")

    assert error.code == "RV-S10"
    assert "there is no such file" in error.problem


def test_a_folder_is_no_file(tmp_path):
    assert "it is a folder" in fail(tmp_path).problem


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe of POSIX")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")

    assert "it is no file" in fail(tmp_path / "pipe.json").problem


def test_what_is_not_utf8_says_its_line(tmp_path):
    error = fail(write(tmp_path, b'{\n"a": "\xff"}'))

    assert error.code == "RV-S10"
    assert "not UTF-8 (line 2)" in error.problem


def test_a_recording_is_not_taken_for_parameters(tmp_path):
    assert "more than 500,000 bytes" in fail(write(tmp_path, b" " * 500_001)).problem


@pytest.mark.parametrize("name", ["task.json", "task.yaml"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "it is empty"),
        ("[1, 2]", "it is a list"),
        ("7", "it is a single value"),
        ('{"a": 1,\n"a": 2}', '"a" stands twice'),
        ('{"b": {"a": 1,\n"a": 2}}', '"b.a" stands twice'),
        ('{"a": ' + "[" * 60 + "]" * 60 + "}", "nested more than 40 deep"),
        ('{"a": [1, 2}', "not well-formed"),
    ],
)
def test_what_is_no_mapping_of_keys_once_each_is_refused(
    tmp_path, name, content, words
):
    error = fail(write(tmp_path, content, name))

    assert error.code == "RV-S11"
    assert words in error.problem


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ('{"a": 1,}', "task.json, line 1, column"),
        ('{"a": 1\n "b": 2}', "task.json, line 2, column 2"),
        ('{\n"a": NaN}', "task.json, line 2, column 6"),
        ('{"a": -Infinity}', "task.json, line 1, column 7"),
        ('{"a": 1e999}', "task.json, line 1, column 7"),
        ('{"a": "\\ud800"}', "task.json, line 1, column 7"),
        ('{"a": "C:\\data"}', "task.json, line 1, column"),
        ('{"a": 1, "a": 2}', "task.json, line 1, column 10"),
    ],
)
def test_a_fault_of_json_has_its_line_and_column(tmp_path, content, where):
    error = fail(write(tmp_path, content))

    assert error.code == "RV-S11"
    assert error.where.startswith(where)


def test_endless_brackets_and_numbers_exhaust_nothing(tmp_path):
    assert "nested" in fail(write(tmp_path, "[" * 200_000)).problem
    assert "number" in fail(write(tmp_path, '{"a": ' + "1" * 5000 + "}")).problem


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: !!python/object:os.system x", "has a tag"),
        ("a: &x 1", "has an anchor"),
        ("a: *x", "refers to another entry"),
        ("a: {<<: {b: 1}}", "merges another mapping"),
        ("a: .nan", "no number that JSON has"),
        ("a: 1\n---\nb: 2", "more than one plain document"),
        ("a:\n\t- b", "not well-formed"),
        ("? [a]\n: 1", "a key is a list or a mapping"),
    ],
)
def test_yaml_that_json_could_not_say_is_refused(tmp_path, content, words):
    error = fail(write(tmp_path, content, "task.yml"))

    assert error.code == "RV-S11"
    assert words in error.problem
    assert error.where.startswith("task.yml, line")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(value=JSON, indent=st.sampled_from([None, 1]))
def test_every_value_of_json_is_read_as_it_is_with_a_line_each(value, indent):
    text = json.dumps(value, indent=indent)
    read, lines = parse_json(text, "x")
    n_entries = len(value) if isinstance(value, list | dict) else 0

    assert read == value
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
    assert len([path for path in lines if len(path) == 1]) == n_entries


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=30))
def test_no_text_makes_a_reader_fail_in_another_way(text):
    for parse in (parse_json, parse_yaml):
        try:
            parse(text, "x")
        except ParameterValidationError as error:
            assert error.code == "RV-S11"  # noqa: PT017 - either way is right


def test_changes_are_read_by_the_type_of_their_key():
    texts = [
        "subject_id=007",
        "memory_limit_mb=512",
        "notes=a=b",
        "COM_port=COM3",
        "x=[1]",
    ]

    assert parse_changes(texts) == {
        "subject_id": "007",
        "memory_limit_mb": 512,
        "notes": "a=b",
        "COM_port": "COM3",
        "x": [1],
    }


@pytest.mark.parametrize("texts", [["subject_id"], ["=x"], ["a=1", "a=2"]])
def test_a_change_that_is_none_is_refused(texts):
    with pytest.raises(ParameterValidationError, match="not well-formed"):
        parse_changes(texts)
