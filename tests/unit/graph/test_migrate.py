"""Older versions of the file format."""

from __future__ import annotations

import pytest

from ranvier.core import GraphError
from ranvier.graph import migrate


def test_today_s_version_passes_unchanged():
    assert migrate({"ranvier": 1, "name": "x"}) == ({"ranvier": 1, "name": "x"}, ())


def test_steps_are_made_one_after_another_and_leave_the_old_data():
    old = {"ranvier": 1, "a": 1}
    steps = {
        1: lambda data: {"b": data["a"] + 1},
        2: lambda data: {"c": data["b"] + 1},
    }

    data, faults = migrate(old, steps, newest=3)

    assert data == {"ranvier": 3, "c": 3}
    assert faults == ()
    assert old == {"ranvier": 1, "a": 1}


def test_a_file_without_version_is_version_1_with_a_warning():
    data, (warning,) = migrate({"name": "x"})

    assert data["ranvier"] == 1
    assert warning.is_warning


@pytest.mark.parametrize("version", [2, 0, -1, "1", 1.0, True, None, [1]])
def test_an_unknown_version_is_refused(version):
    with pytest.raises(GraphError) as caught:
        migrate({"ranvier": version})

    assert caught.value.code == "RV-G10"
    assert repr(version) == caught.value.found
