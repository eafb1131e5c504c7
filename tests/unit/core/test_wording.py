"""Foreign things in words, whatever they are; near words found."""

from __future__ import annotations

import pytest

from ranvier.core import format_count, format_value, suggest, to_text


class Mute:
    """Has neither text nor representation."""

    def __str__(self):
        raise ValueError

    __repr__ = __str__


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("5", "'5'"),
        (None, "None"),
        (Mute(), "(Mute without words: ValueError)"),
    ],
)
def test_any_value_has_words(value, words):
    assert format_value(value) == words


def test_a_number_too_long_to_be_written_has_words():
    assert format_value(10**5000) == "(int without words: ValueError)"


def test_a_long_value_is_cut():
    assert len(format_value("x" * 10**6)) == 100


def test_any_text_can_be_encoded():
    assert to_text("\udcff").encode() == b"\\udcff"


@pytest.mark.parametrize(
    ("word", "mend"),
    [
        ("leevl", 'did you mean "level" or "levels"?'),
        ("LEVEL", 'did you mean "level"?'),
        ("level2", 'did you mean "level" or "levels"?'),
        ("xyz", "remove it"),
        ("", "remove it"),
    ],
)
def test_near_words_are_suggested(word, mend):
    assert suggest(word, ["gain", "level", "levels"], "remove it") == mend


def test_nothing_is_suggested_where_nothing_is_known():
    assert suggest("level", [], "remove it") == "remove it"


@pytest.mark.parametrize(
    ("n", "words"),
    [(0, "0 streams"), (1, "1 stream"), (2, "2 streams"), (12345, "12,345 streams")],
)
def test_one_thing_is_not_told_as_several(n, words):
    assert format_count(n, "stream") == words
