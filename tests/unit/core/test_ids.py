"""Names that are safe everywhere."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.core import GraphError, NodeError, check_name, format_stamp, make_run_id

DATE = dt.datetime(2026, 11, 20, 14, 3, 22, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", ["a", "Eye_2", "left-camera", "x" * 63, "con1", "com"])
def test_good_names_are_given_back(name):
    assert check_name(name, "node") == name


@pytest.mark.parametrize(
    "name",
    ["", "1a", "_a", "a b", "a.b", "a/b", "é", "x" * 64, "a\n", "CON", "nul", "Com3"],
)
def test_bad_names_are_refused_in_the_family_asked_for(name):
    with pytest.raises(NodeError, match="RV-C01"):
        check_name(name, "node", NodeError)


@given(st.text())
def test_a_name_that_passes_is_plain(name):
    try:
        check_name(name, "node")
    except GraphError:
        return

    assert name.isascii()
    assert name.replace("_", "").replace("-", "").isalnum()


def test_run_ids_carry_their_date_and_differ():
    ids = {make_run_id(DATE) for _ in range(50)}

    assert len(ids) == 50
    assert all(each.startswith(format_stamp(DATE) + "-") for each in ids)
    assert format_stamp(DATE) == "2026-11-20T14-03-22"
