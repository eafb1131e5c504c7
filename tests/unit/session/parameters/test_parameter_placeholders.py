"""Placeholders are filled everywhere, each once, and secrets are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.session.faults import ParameterValidationError
from ranvier.session.parameters import (
    Rig,
    expand,
    expand_environment,
    expand_text,
    merge,
)

CONTEXT = {"session_folder": Path("/data/s1"), "session_name": "s1"}


def fill(text, **values):
    return expand(merge(file={"x": text, **values}), CONTEXT).values["x"]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{subject_id}", "m1"),
        ("{mouse_id}", "m1"),
        ("{rig_param:subject_id}-{ subject_id }", "m1-m1"),
        ("{session_folder}/a", "/data/s1/a"),
        (r"{output_session_folder}\notes\a.txt", "/data/s1/notes/a.txt"),
        (r"a\{session_name}", r"a\s1"),
        ("{session_uuid}", "s1"),
        ("{flag}", "true"),
        ("{ratio} {count}", "0.36 3"),
        ("{levels}", "[1.15, 1.28]"),
        ("{far}", "m1/deep"),
        ("{mine}", "7"),
        ("{resource_log_interval}", "5"),
        ("{{subject_id}}", "{subject_id}"),
        ("{{{subject_id}}}", "{m1}"),
        ("a {{ b", "a { b"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
        (r"\d{3} {} {1,2}", r"\d{3} {} {1,2}"),
        ("--token={env:TOKEN}", "--token={env:TOKEN}"),
        ("{{env:TOKEN}}", "{{env:TOKEN}}"),
    ],
)
def test_a_placeholder_becomes(text, filled):
    values = {
        "subject_id": "m1",
        "flag": True,
        "ratio": 0.36,
        "count": 3,
        "levels": [1.15, 1.28],
        "far": "{near}/deep",
        "near": "{subject_id}",
        "custom": {"mine": 7},
    }

    assert fill(text, **values) == filled


def test_they_are_filled_however_deep_and_what_is_no_text_stays():
    deep = {"a": [{"b": "{subject_id}"}, 1, True, None, 0.5]}

    assert fill(deep, subject_id="m1") == {"a": [{"b": "m1"}, 1, True, None, 0.5]}


def test_a_value_of_the_rig_may_name_values_of_the_file():
    parameters = merge(
        Rig(None, {"output_root_folder": "D:/{subject_id}"}), {"subject_id": "m1"}
    )

    assert expand(parameters, CONTEXT).values["output_root_folder"] == "D:/m1"


def test_prose_and_patterns_are_left_alone():
    values = {"notes": "{not a key} {nor_this}", "stderr_fail_patterns": ["a{x}"]}

    assert expand(merge(file=values), CONTEXT).to_dict() == values


def test_the_folder_of_an_earlier_session_is_not_taken():
    values = {"output_session_folder": "/old", "session_uuid": "old"}

    assert fill("{output_session_folder} {session_uuid}", **values) == "/data/s1 s1"


def test_all_that_names_nothing_is_told_at_once():
    with pytest.raises(ParameterValidationError) as caught:
        fill({"a": "{nope}", "b": ["{neither}"]})

    assert caught.value.code == "RV-S17"
    assert '"{nope}"' in str(caught.value)
    assert "x.b[0]" in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"x": "{x}"},
        {"x": "{a}", "a": "{b}", "b": "{x}"},
        {"x": {"k": "{x}"}},
        {"x": "{c}", "custom": {"c": "{d}", "d": "{c}"}},
    ],
)
def test_a_circle_ends_in_an_error_that_shows_it(values):
    with pytest.raises(ParameterValidationError, match=r"stands in a circle: .*→"):
        expand(merge(file=values), CONTEXT)


def test_what_only_the_session_knows_is_missed_before_it_starts():
    with pytest.raises(ParameterValidationError, match="only once the session starts"):
        expand_text("{session_folder}/a", merge(), {})
    assert (
        expand_text("D:/{subject_id}", merge(file={"subject_id": "m1"}), {}) == "D:/m1"
    )


def test_a_windows_folder_keeps_its_backslashes():
    parameters = merge(file={"x": r"{session_folder}\a"})
    filled = expand(parameters, {"session_folder": r"D:\s1"}).values["x"]

    assert filled == r"D:\s1\a"


def test_a_secret_is_filled_at_the_last_moment_alone():
    assert expand_environment("{env:A}-{{env:A}}", {"A": "s"}) == "s-{env:A}"
    with pytest.raises(ParameterValidationError, match="2 things must be mended"):
        expand_environment("{env:A}{env:B}", {})


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.sampled_from(
            ["{subject_id}", "{rig_param:k}", "{k}", " ", "a\\b", "}", "é"]
        ),
        max_size=6,
    )
)
def test_no_known_placeholder_is_ever_left(texts):
    filled = fill("".join(texts), subject_id="m1", k=2)

    assert "{" not in filled
    assert filled == "".join(
        {"{subject_id}": "m1", "{rig_param:k}": "2", "{k}": "2"}.get(t, t)
        for t in texts
    )


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=20).filter(lambda text: "{" not in text))
def test_text_without_an_opening_brace_is_never_touched(text):
    assert fill(text) == text
    assert expand_environment(text, {}) == text


def test_keys_that_double_each_other_fill_no_memory():
    doubling = {f"k{n}": f"{{k{n + 1}}}{{k{n + 1}}}" for n in range(35)}

    with pytest.raises(ParameterValidationError, match="more than 100,000 letters"):
        expand(merge(file={**doubling, "k35": "x"}), CONTEXT)


def test_a_long_chain_of_keys_ends_in_an_error_and_not_in_pythons():
    chain = {f"k{n}": f"{{k{n + 1}}}" for n in range(3000)}

    with pytest.raises(ParameterValidationError, match="leads through more than 40"):
        expand(merge(file={**chain, "k3000": "x"}), CONTEXT)
