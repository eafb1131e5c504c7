"""Errors say the thing, the place and the mend."""

from __future__ import annotations

import copy

from ranvier.core import LinkError, NodeError, RanvierError

ERROR = NodeError(
    "the level is negative.", code="RV-N01", mend="raise it", found="-1", wanted="0"
)


def test_an_error_reads_as_a_page():
    assert str(ERROR).splitlines() == [
        "NodeError RV-N01: the level is negative.",
        "  is      -1",
        "  wanted  0",
        "  mend    raise it",
    ]


def test_an_error_comes_back_from_its_fields_and_from_a_copy():
    fields = ERROR.to_dict()
    again = NodeError(fields.pop("problem"), **fields)

    assert again.to_dict() == copy.copy(ERROR).to_dict() == ERROR.to_dict()
    assert type(copy.deepcopy(ERROR)) is NodeError


def test_a_place_is_added_where_there_is_none():
    placed = ERROR.located("graph.yaml, line 3")

    assert placed.where == "graph.yaml, line 3"
    assert placed.located("elsewhere") is placed
    assert ERROR.where == ""
    assert isinstance(placed, NodeError)


def test_all_families_have_one_root():
    assert issubclass(LinkError, RanvierError)
