"""Layers are put over one another in their order, each key under its one name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.session.faults import ParameterValidationError
from ranvier.session.parameters import ALIASES, KEYS, Rig, merge


def rig(**values):
    return Rig(None, values)


def test_the_file_wins_over_the_rig_and_the_start_over_both():
    parameters = merge(
        rig(rig_id="r", user_id="r", log_level="INFO"),
        {"user_id": "f", "log_level": "DEBUG"},
        {"log_level": "ERROR"},
    ).with_changes({"subject_id": "m1"})

    assert parameters.to_dict() == {
        "rig_id": "r",
        "user_id": "f",
        "log_level": "ERROR",
        "subject_id": "m1",
    }
    assert parameters.origins == {
        "rig_id": "rig",
        "user_id": "file",
        "log_level": "command line",
        "subject_id": "operator",
    }


@settings(max_examples=50, deadline=None)
@given(
    layers=st.lists(
        st.dictionaries(
            st.sampled_from([*list(ALIASES)[:4], "a", "b"]), st.integers(0, 5)
        ),
        min_size=3,
        max_size=3,
    )
)
def test_the_uppermost_layer_that_has_a_key_always_wins(layers):
    try:
        parameters = merge(Rig(None, layers[0]), layers[1], layers[2])
    except ParameterValidationError:
        # "OutputFolder" and "output_directory" of one layer with different values
        pairs = [(x.get("OutputFolder"), x.get("output_directory")) for x in layers]
        assert any(a != b and None not in (a, b) for a, b in pairs)
        return
    wanted = {}
    for layer in layers:
        for name, value in layer.items():
            key = ALIASES.get(name, name)
            is_label = key in KEYS and KEYS[key].is_identifier
            wanted[key] = str(value) if is_label else value

    assert parameters.to_dict() == wanted


def test_null_is_not_given():
    parameters = merge(rig(user_id="r"), {"user_id": None, "notes": None})

    assert parameters.values == {"user_id": "r"}


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_every_older_name_is_taken_for_the_one_name(alias, name):
    parameters = merge(file={alias: "x"})

    assert parameters.values == {name: "x"}
    assert parameters.origins == {name: f"alias {alias} in file"}


def test_two_names_with_different_values_are_an_error_all_of_them_told():
    with pytest.raises(ParameterValidationError) as caught:
        merge(
            file={
                "mouse_id": "a",
                "subject_id": "b",
                "OutputFolder": "c",
                "output_directory": "d",
            }
        )

    assert caught.value.code == "RV-S12"
    assert '"mouse_id" and "subject_id"' in str(caught.value)
    assert '"OutputFolder" and "output_directory"' in str(caught.value)


def test_two_names_with_one_value_are_one():
    parameters = merge(file={"mouse_id": 12, "subject_id": "12"})

    assert parameters.origins == {"subject_id": "file"}


def test_an_older_name_above_wins_over_the_name_below():
    parameters = merge(rig(subject_id="r"), {"mouse_id": "f"})

    assert parameters.values["subject_id"] == "f"


def test_own_values_of_rig_and_file_are_joined():
    parameters = merge(rig(custom={"a": 1, "b": 1}), {"custom": {"b": 2}})

    assert parameters.values["custom"] == {"a": 1, "b": 2}


def test_what_is_given_is_copied_and_what_is_got_too():
    given = {"script_parameters": {"a": [1]}}
    parameters = merge(file=given)
    given["script_parameters"]["a"].append(2)
    parameters.get("script_parameters")["a"].append(3)

    assert parameters.get("script_parameters") == {"a": [1]}
    with pytest.raises(TypeError):
        parameters.values["x"] = 1


def test_a_value_that_is_not_given_is_the_default_of_its_key():
    parameters = merge()

    assert parameters.get("resource_log_interval") == 5
    assert parameters.get("subject_id") is None
    assert parameters.get("mine", 7) == 7


def test_values_of_python_become_those_of_json():
    parameters = merge(file={"output_root_folder": Path("a"), "x": (1, 2)})

    assert parameters.values == {"output_root_folder": "a", "x": [1, 2]}


def test_values_that_json_has_not_are_refused_with_their_key():
    with pytest.raises(ParameterValidationError) as caught:
        merge(
            file={"script_parameters": {"a": [float("nan")], "b": dt.date(2026, 1, 1)}}
        )

    assert caught.value.code == "RV-S14"
    assert '"script_parameters.a[0]"' in str(caught.value)
    assert '"script_parameters.b"' in str(caught.value)


def test_a_mapping_that_has_itself_in_it_is_refused():
    endless = {}
    endless["script_parameters"] = endless

    with pytest.raises(ParameterValidationError) as caught:
        merge(file=endless)

    assert caught.value.code == "RV-S14"
    assert "nested at most 40 deep" in str(caught.value)
