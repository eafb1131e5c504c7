"""Lines out of bytes, and signs of life out of files."""

from __future__ import annotations

import os
import threading

from hypothesis import given
from hypothesis import strategies as st

from ranvier.session.programs._events import Passed, Said, StopAsked
from ranvier.session.programs._heartbeat import Heartbeat
from ranvier.session.programs._mailbox import Mailbox
from ranvier.session.programs._output import MAX_LINE, LineCutter, OutputReader


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_lines_do_not_depend_on_how_bytes_come(chunks):
    pieces, whole = LineCutter(), LineCutter()
    apart = [line for chunk in chunks for line in pieces.cut(chunk)] + pieces.flush()
    at_once = whole.cut(b"".join(chunks)) + whole.flush()

    assert apart == at_once


def test_bytes_that_are_no_text_can_be_read():
    assert LineCutter().cut(b"a\xff\xe9\r\n\xc3\xa9\n") == ["a\\xff\\xe9", "é"]


def test_a_line_without_end_takes_no_memory():
    cutter = LineCutter()
    for _ in range(100):
        assert cutter.cut(b"x" * MAX_LINE) == []
    (line,) = cutter.cut(b"\n")

    assert line == "x" * MAX_LINE + f" … ({99 * MAX_LINE:,} bytes more)"
    assert cutter.cut(b"next\n") == ["next"]


def test_output_is_kept_byte_by_byte(tmp_path):
    pipe, end = os.pipe()
    log = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    heard = []
    reader = OutputReader("stdout", pipe, log, heard.append)
    reader.start()
    os.write(end, b"one\r\n\xff\xfe no end")
    os.close(end)
    reader.join(5)
    os.close(log)

    assert (tmp_path / "log").read_bytes() == b"one\r\n\xff\xfe no end"
    assert [line for said in heard for line in said.lines] == [
        "one",
        "\\xff\\xfe no end",
    ]


def test_a_log_that_can_not_be_written_stops_no_reading(tmp_path):
    pipe, end = os.pipe()
    log = os.open(tmp_path / "log", os.O_RDONLY | os.O_CREAT)
    heard = []
    reader = OutputReader("stderr", pipe, log, heard.append)
    reader.start()
    os.write(end, b"one\n")
    os.close(end)
    reader.join(5)
    os.close(log)

    assert heard == [Said("stderr", ("one",))]
    assert reader.unkept.startswith("stderr: OSError")


def test_output_waits_for_room_and_a_stop_does_not():
    mailbox = Mailbox()
    for _ in range(64):
        mailbox.put_output(Said("stdout"))
    waiting = threading.Thread(target=mailbox.put_output, args=(Said("stderr"),))
    waiting.start()
    mailbox.put(StopAsked(is_urgent=False))
    kinds = [type(mailbox.take(5)) for _ in range(66)]
    waiting.join(5)

    assert kinds.count(Said) == 65
    assert StopAsked in kinds
    assert mailbox.take(0) == Passed()


def test_a_closed_mailbox_holds_up_nobody():
    mailbox = Mailbox()
    mailbox.close()
    for _ in range(200):
        mailbox.put_output(Said("stdout"))

    assert mailbox.take(0) == Passed()


def test_a_file_that_grows_is_a_sign_of_life(tmp_path):
    data = tmp_path / "inner" / "data.csv"
    data.parent.mkdir()
    data.write_text("a")
    heartbeat = Heartbeat(tmp_path, "launcher_metadata")
    before = heartbeat.has_changed()
    data.write_text("ab")

    assert not before
    assert heartbeat.has_changed()
    assert not heartbeat.has_changed()


def test_what_the_launcher_writes_is_none(tmp_path):
    heartbeat = Heartbeat(tmp_path, "launcher_metadata")
    (tmp_path / "launcher_metadata").mkdir()
    (tmp_path / "launcher_metadata" / "task.stdout.log").touch()
    (tmp_path / "audit.jsonl").touch()

    assert not heartbeat.has_changed()


def test_a_file_that_comes_later_is_a_sign_and_no_path_is_none(tmp_path):
    heartbeat = Heartbeat(tmp_path / "beat", "launcher_metadata")
    (tmp_path / "beat").touch()

    assert heartbeat.has_changed()
    assert not Heartbeat(None, "").has_changed()
