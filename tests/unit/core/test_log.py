"""Logs are lines of JSON; what is not, is kept as text."""

from __future__ import annotations

import json
import logging
import sys

from hypothesis import given
from hypothesis import strategies as st

from ranvier.core import JsonLines, SilentReporter, SystemClock, WallStart, read_log


def a_record(message="ready", args=(), exc_info=None):
    return logging.LogRecord("n", logging.WARNING, "", 1, message, args, exc_info)


@given(st.text(), st.dictionaries(st.text(), st.text(), max_size=2))
def test_any_message_is_one_line_of_json(text, bound):
    line = JsonLines({"run": "r", **bound}).format(a_record("%s", (text,)))

    assert "\n" not in line
    assert json.loads(line)["message"] == text


def test_what_is_bound_and_the_traceback_stand_on_the_line():
    try:
        raise ValueError("mine")
    except ValueError:
        line = JsonLines({"node": "eye"}).format(a_record(exc_info=sys.exc_info()))
    fields = json.loads(line)

    assert (fields["node"], fields["level"]) == ("eye", "warning")
    assert "ValueError: mine" in fields["traceback"]


def test_a_value_that_json_does_not_know_is_written_as_text():
    assert "object" in JsonLines({"x": object()}).format(a_record())


def test_lines_that_are_no_mapping_are_given_as_text(tmp_path):
    path = tmp_path / "log"
    lines = [b'{"message": "a"}', b"plain", b"3", b"[1]", b"null", b'{"torn', b"\xff"]
    path.write_bytes(b"\n".join(lines))
    found = [line["message"] for line in read_log(path)]

    assert found == ["a", "plain", "3", "[1]", "null", '{"torn', "\ufffd"]


def test_an_empty_log_has_no_lines(tmp_path):
    (tmp_path / "log").write_bytes(b"")

    assert list(read_log(tmp_path / "log")) == []


def test_the_clock_goes_forward_and_dates_follow_it():
    clock, start = SystemClock(), WallStart.now()
    later = start.monotonic_ns + 90 * 10**9

    assert clock.now_ns() >= start.monotonic_ns
    assert (start.date_at(later) - start.date_at(start.monotonic_ns)).seconds == 90
    assert start.date_at(later).utcoffset() is not None


def test_a_silent_reporter_says_nothing(capsys):
    reporter = SilentReporter()
    reporter.say("a")
    reporter.warn("b")
    reporter.advance("c", 1, 2)

    assert capsys.readouterr() == ("", "")
