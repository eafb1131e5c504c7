from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.cli._plain import make_line, make_lines
from ranvier.core import format_command

HOSTILE = st.text(st.sampled_from("\x1b\x9b\x07\\[];0m2J\n\r\t\x00\ud800\u202eaé"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain, with µs and 日本", "plain, with µs and 日本"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b]0;my title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1b(Bset", "set"),
        ("a\nb\tc\rd", "a b c d"),
        ("bell\x07 null\x00 back\x08", "bell null back"),
        ("turned \u202eround", "turned round"),
        ("half \ud800 a pair", "half  a pair"),
        ("cut at the end\x1b[3", "cut at the end"),
    ],
)
def test_only_what_can_be_read_is_left(text: str, expected: str) -> None:
    assert make_line(text) == expected


@given(HOSTILE)
def test_no_text_gets_a_control_character_through(text: str) -> None:
    assert make_line(text).isprintable()
    assert make_lines(text).replace("\n", "").isprintable()


def test_what_is_too_long_is_cut_and_says_so() -> None:
    assert make_line("x" * 20, 10) == "x" * 9 + "…"
    assert make_line("x" * 10, 10) == "x" * 10
    assert len(make_line("x" * 10_000_000)) == 1000
    assert make_line("\x1b[0m" * 10_000_000, 10).endswith("…")


def test_lines_stay_lines_and_are_not_endless() -> None:
    assert make_lines("one\n  \x1b[1mtwo") == "one\n  two"
    assert make_lines("x\n" * 100_000).split("\n") == ["x"] * 200 + ["…"]


def test_a_path_with_spaces_is_quoted_for_the_shell() -> None:
    words = ["ranvier", "verify", "my folder/a'b $HOME"]
    command = format_command(*words)
    expected = words if sys.platform != "win32" else subprocess.list2cmdline(words)

    if sys.platform == "win32":
        assert command == expected
    else:
        assert shlex.split(command) == expected
