"""The pace of a source: what is a rate, and where one that is none is refused."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.node import Output, Source, check_pace, source


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, None), (30, 30.0), (0.1, 0.1), (np.float32(2), 2.0), (1e9, 1e9)],
)
def test_a_rate_or_none_is_a_pace(given, expected):
    assert check_pace(given, "Eye") == expected


@pytest.mark.parametrize(
    "given",
    [0, -1, float("nan"), float("inf"), 10**400, "30 Hz", [30], lambda: 30],
)
def test_anything_else_is_refused_by_name(given):
    with pytest.raises(NodeError, match="Eye") as caught:
        check_pace(given, "Eye")

    assert caught.value.code == "RV-N33"


def test_a_number_in_place_of_the_method_is_refused_where_it_is_written():
    with pytest.raises(NodeError, match=r"Eye\.pace_hz is no plain method") as caught:
        type("Eye", (Source,), {"y": Output(), "pace_hz": 100, "produce": print})

    assert caught.value.found == "100 (int)"


@pytest.mark.parametrize("method", ["setup", "produce", "safe_state", "teardown"])
def test_what_takes_the_place_of_a_method_is_refused(method):
    members = {"y": Output(), "produce": print, method: None}
    with pytest.raises(NodeError, match=rf"Eye\.{method} is no plain method"):
        type("Eye", (Source,), members)


def test_a_property_in_place_of_the_method_is_refused():
    members = {"pace_hz": property(lambda self: 30), "produce": print}
    with pytest.raises(NodeError, match="RV-N34"):
        type("Eye", (Source,), members)


def test_the_pace_of_a_function_is_checked_where_it_is_declared():
    with pytest.raises(NodeError, match="the pace of tick"):

        @source(pace_hz=float("nan"))
        def tick():
            return 1
