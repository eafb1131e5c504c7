"""Words are framed so that they may be split anywhere, and rubbish is refused."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.core import RunError
from ranvier.spec import LinkPlan, LinkPolicy, NodeSpec, PortSpec, StreamPlan
from ranvier.worker import (
    Assign,
    Begin,
    Described,
    Ended,
    Fault,
    FromWorker,
    NodeAssignment,
    Noted,
    ParameterSet,
    Pause,
    SetParameter,
    Setup,
    ToWorker,
    WordReader,
    WordSocket,
    pack_word,
)

PLAN = StreamPlan(0, "a.out", (LinkPlan(0, "a.out", "b.x", LinkPolicy("latest")),))
TO_WORKER = [
    Assign("id", "/run", "/session", 1, "a", (NodeAssignment("a", 0, "m:A", "."),)),
    Setup((PLAN,), {"a": {"level": 1.5, "names": ["x"]}}, ("a",)),
    Begin(123_456_789_012),
    Pause(),
    SetParameter(7, "a", "level", {"deep": [1, None]}),
]
SPEC = NodeSpec("a", "sink", inputs=(PortSpec("x", "input", shape=(None, "n", 3)),))
FROM_WORKER = [
    Described({"a": SPEC}, {"a": {"file": "f"}}, "3.9"),
    Fault("a", "process", {"problem": "p"}, "trace", 3, "skip", {"sequence": 5}),
    ParameterSet(1, "a", "level", 1, 2, 10, 99),
    Noted("a", "words", "kind", {"n": 1}),
    Ended("a"),
]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(TO_WORKER), max_size=6), st.data())
def test_words_come_whole_however_the_bytes_are_split(words, data):
    stream = b"".join(map(pack_word, words))
    places = st.lists(st.integers(0, len(stream)), max_size=8)
    cuts = [0, *sorted(data.draw(places)), len(stream)]
    reader = WordReader(ToWorker)
    found = []
    for start, end in itertools.pairwise(cuts):
        found += reader.feed(stream[start:end])

    assert found == words


def test_words_come_whole_one_byte_at_a_time():
    stream = b"".join(map(pack_word, FROM_WORKER))
    reader = WordReader(FromWorker)
    found = []
    for place in range(len(stream)):
        found += reader.feed(stream[place : place + 1])

    assert found == FROM_WORKER


@settings(deadline=None, max_examples=300)
@given(st.binary(min_size=4, max_size=200))
def test_rubbish_waits_for_more_or_is_refused(data):
    try:
        words = WordReader(ToWorker).feed(data)
    except RunError:
        return

    assert words == []


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(TO_WORKER), st.data())
def test_a_word_with_bytes_changed_is_another_word_or_refused(word, data):
    body = bytearray(pack_word(word))
    for place in data.draw(st.lists(st.integers(4, len(body) - 1), max_size=4)):
        body[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RunError):
        WordReader(ToWorker).feed(bytes(body))


@pytest.mark.parametrize(
    "body", [b"\xc0", b"\x80", b"\x91" * 100_000, b"\x81\xa4word\xa4nope", b""]
)
def test_what_is_no_word_is_refused(body):
    with pytest.raises(RunError):
        WordReader(ToWorker).feed(len(body).to_bytes(4, "little") + body)


def test_a_value_nested_too_deep_is_refused():
    deep = pack_word(SetParameter(1, "a", "x", None))[4:-1] + b"\x91" * 100_000
    with pytest.raises(RunError):
        WordReader(ToWorker).feed(len(deep).to_bytes(4, "little") + deep)


def test_an_absurd_length_is_refused_before_it_is_waited_for():
    with pytest.raises(RunError, match="control connection"):
        WordReader(ToWorker).feed(b"\xff\xff\xff\xff")


def test_words_of_the_other_direction_are_refused():
    with pytest.raises(RunError):
        WordReader(ToWorker).feed(pack_word(Ended("a")))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(1.5), 1.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([1, 2, 3]), [1, 2, 3]),
        (np.array(5), 5),
        (np.zeros((2, 0)), [[], []]),
        (Path("a/b"), "a/b"),
        ({"a": (1, np.float64(2))}, {"a": [1, 2.0]}),
        (1j, "1j"),
    ],
)
def test_values_of_parameters_cross_as_plain_data(value, expected):
    (word,) = WordReader(ToWorker).feed(pack_word(SetParameter(1, "a", "x", value)))

    assert word.value == expected


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_socket_gives_words_until_the_other_side_is_gone(pair):
    sender, receiver = WordSocket(pair[0], ToWorker), WordSocket(pair[1], ToWorker)
    sender.send(Pause())
    sender.send(Begin(5))
    words = []
    while len(words) < 2:
        words += receiver.receive()
    sender.close()

    assert words == [Pause(), Begin(5)]
    assert receiver.receive() is None
    receiver.close()
    assert receiver.send(Pause()) is False


def test_words_of_several_threads_do_not_mix(pair):
    """A node's own thread may note something while its loop tells of a fault."""
    sender = WordSocket(pair[0], FromWorker)
    receiver = WordSocket(pair[1], FromWorker)
    pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    long = "x" * 30_000

    def note(name):
        for number in range(20):
            sender.send(Noted(name, long, fields={"n": number}))

    threads = [threading.Thread(target=note, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    words = []
    pair[1].settimeout(5)
    try:
        while len(words) < 80:
            words += receiver.receive()
    finally:
        pair[0].shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()

    assert all(word.text == long for word in words)


def test_every_word_is_refused_with_a_field_of_another_type():
    body = msgspec.msgpack.encode({"word": "begin", "start_ns": "soon"})
    with pytest.raises(RunError):
        WordReader(ToWorker).feed(len(body).to_bytes(4, "little") + body)
