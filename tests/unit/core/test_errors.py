"""Errors say the thing, the place and the mend."""

from __future__ import annotations

import copy

import pytest

from ranvier.core import (
    LinkError,
    NodeError,
    RanvierError,
    describe_error,
    format_traceback,
    rebuild_error,
)

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
    again = rebuild_error(ERROR.to_dict())

    assert type(again) is NodeError
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


class MuteError(Exception):
    """Can't be put into words."""

    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("too high"), "ValueError: too high"),
        (ValueError(), "ValueError"),
        (
            MuteError(),
            "MuteError: (MuteError without words: RuntimeError)",
        ),
        (OSError("\udcff.h5"), "OSError: \\udcff.h5"),
    ],
)
def test_any_exception_is_told_and_comes_back(error, words):
    told = describe_error(error)
    back = rebuild_error(told)

    assert told["type"] == type(error).__name__
    assert back.problem == told["problem"] == words
    assert (type(back), back.code) == (NodeError, "RV-N20")


def test_an_error_of_ours_with_odd_fields_is_told():
    odd = NodeError(MuteError(), code="RV-N01", mend=None, found=3)  # type: ignore[arg-type]

    told = describe_error(odd)

    assert "without words" in told["problem"]
    assert (told["found"], told["type"]) == ("3", "NodeError")


def test_fields_that_are_missing_are_empty():
    assert rebuild_error({"problem": "it hangs."}).mend == ""


def test_a_traceback_of_an_mute_error_is_written():
    try:
        raise MuteError
    except MuteError as error:
        text = format_traceback(error)

    assert "raise MuteError" in text


def test_an_endless_text_is_cut():
    assert len(describe_error(ValueError("x" * 10**6))["problem"]) < 200_000
