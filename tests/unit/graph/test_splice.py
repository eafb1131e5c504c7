"""A text made to say something else keeps all that stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.graph._render import format_entry, format_flow, format_scalar
from ranvier.graph._splice import rewrite
from ranvier.graph._tree import parse_tree

few = settings(max_examples=50, deadline=None)

texts = st.text(max_size=8) | st.sampled_from(
    [
        "no",
        "1",
        "1e3",
        "~",
        "",
        "a: b",
        "# c",
        "- x",
        "\u00b5m",
        "\u2028",
        "\ud800",
        "...",
    ]
)
scalars = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | texts
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=8,
)
mappings = st.dictionaries(st.sampled_from("abcdefg"), values, max_size=5)


def same(data):
    return json.dumps(data, sort_keys=True)


def block_text(data):
    """Write data in blocks with a comment on each line."""
    lines = "\n".join(format_entry(key, value, 0) for key, value in data.items())
    text = "\n".join(f"{line}  # about" for line in lines.split("\n"))
    return f"# head\n{text}\n# tail" if data else "{}"


@few
@given(values)
def test_any_data_reads_back_as_it_was_written(value):
    assert same(value) == same(parse_tree(format_flow(value), "x").to_data())


@few
@given(mappings)
def test_blocks_read_back_as_they_were_written(data):
    assert same(data) == same(parse_tree(block_text(data), "x").to_data())


@few
@given(mappings, mappings)
def test_any_text_can_be_made_to_say_any_other_data(old, new):
    for text in (block_text(old), format_flow(old)):
        changed = rewrite(text, "x", new)

        assert same(new) == same(parse_tree(changed, "x").to_data())


TEXT = """\
# head
a: 1.50   # one
b:
    - x   # first
    # before y
    - y
    - {p: 0x10, q: [1,2,  3]}
# before c
c:
  d: 'quoted'
  # last
e: |
  literal
f:
"""


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({"a": 2.5}, "a: 1.50 ", "a: 2.5 "),
        ({"b": ["x", "y", {"p": 17, "q": [1, 2, 3]}]}, "0x10", "17"),
        ({"b": ["x", "y", {"p": 16, "q": [1, 3]}]}, "[1,2,  3]", "[1,3]"),
        ({"b": ["x", "y", {"p": 16, "q": [1, 2, 3, 4]}]}, "  3]", "  3, 4]"),
        ({"b": ["x", "y", {"p": 16}]}, ", q: [1,2,  3]", ""),
        ({"b": ["x", "y", {"q": [1, 2, 3]}]}, "p: 0x10, ", ""),
        ({"b": ["y", {"p": 16, "q": [1, 2, 3]}]}, "    - x   # first\n", ""),
        ({"b": ["x", {"p": 16, "q": [1, 2, 3]}]}, "    - y\n", ""),
        (
            {"b": ["x", "y", {"p": 16, "q": [1, 2, 3]}, "z"]},
            "3]}\n",
            "3]}\n    - z\n",
        ),
        ({"c": {"d": "plain"}}, "'quoted'", "plain"),
        ({"c": {"d": "quoted", "g": 1}}, "'quoted'\n", "'quoted'\n  g: 1\n"),
        ({"e": "one line"}, "|\n  literal", "one line"),
        ({"f": {"g": 1}}, "f:\n", "f: {g: 1}\n"),
        ({"h": [1]}, "f:\n", "f:\nh: [1]\n"),
    ],
)
def test_only_the_place_that_changes_is_touched(change, old, new):
    data = {**parse_tree(TEXT, "x").to_data(), **change}

    assert TEXT.count(old) == 1
    assert TEXT.replace(old, new) == rewrite(TEXT, "x", data)


def test_windows_line_ends_and_a_missing_last_one_are_kept_in_style():
    text = "a: 1\r\nb:\r\n  c: 2"

    changed = rewrite(text, "x", {"a": 1, "b": {"c": 2, "d": 3}, "e": 4})

    assert changed == "a: 1\r\nb:\r\n  c: 2\r\n  d: 3\r\ne: 4\r\n"


def test_a_renamed_key_stays_where_it_is():
    text = "a: 1\nb:  # about b\n  x: 1\nc: 3\n"

    changed = rewrite(text, "x", {"a": 1, "new": {"x": 2}, "c": 3})

    assert changed == "a: 1\nnew:  # about b\n  x: 2\nc: 3\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [("yes", '"yes"'), ("", '""'), ("a\nb", '"a\\nb"'), (1e300, "1e+300")],
)
def test_scalars_that_would_be_misread_are_quoted(value, text):
    assert text == format_scalar(value)
