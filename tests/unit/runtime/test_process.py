"""What the end of a process is called."""

from __future__ import annotations

import pytest

from ranvier.runtime._process import describe_exit, name_signal, split_exit


@pytest.mark.parametrize(
    ("code", "words", "fields"),
    [
        (-9, "SIGKILL", {"exit_code": None, "signal": "SIGKILL"}),
        (-40, "signal 40", {"exit_code": None, "signal": "signal 40"}),
        (3, "exit code 3", {"exit_code": 3, "signal": None}),
        (0, "exit code 0", {"exit_code": 0, "signal": None}),
    ],
)
def test_an_exit_code_is_put_into_words(code, words, fields):
    assert describe_exit(code) == words
    assert split_exit(code) == fields


def test_a_signal_without_a_name_is_a_number():
    assert (name_signal(11), name_signal(199)) == ("SIGSEGV", "signal 199")
