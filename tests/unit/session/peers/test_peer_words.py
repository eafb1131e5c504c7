"""Lines and words between machines, and what they may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.session.peers._peer_table import read_peers
from ranvier.session.peers._secret import Handshake, is_proof, prove
from ranvier.session.peers._settings import is_loopback, is_session_name
from ranvier.session.peers._words import (
    LONGEST_LINE,
    LineReader,
    NoWordError,
    format_word,
    text_of,
)

WORDS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9))


@given(st.lists(WORDS, max_size=5), st.integers(1, 20))
def test_words_come_out_as_they_went_in_however_they_are_cut(words, size):
    data = b"".join(format_word(word) for word in words)
    reader = LineReader()
    pieces = [data[i : i + size] for i in range(0, len(data), size)]

    assert [word for piece in pieces for word in reader.feed(piece)] == words


@pytest.mark.parametrize(
    "data", [b"\n", b"[1]\n", b"GET / HTTP/1.1\r\n", b"\xff\xfe\n", b"7\n", b"[" * 9000]
)
def test_what_is_no_word_is_said_to_be_none(data):
    reader = LineReader()

    with pytest.raises(NoWordError, match=r"no JSON|more than"):
        list(reader.feed(data + b"x" * LONGEST_LINE))


def test_texts_of_others_are_short_and_can_be_shown():
    word = {"name": "a\x1b[31m\nb", "long": "x" * 1000, "number": 7}

    assert text_of(word, "name") == "a[31mb"
    assert len(text_of(word, "long")) == 200
    assert text_of(word, "number") == text_of(word, "none") == ""


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "a\\b", "C:x", "a\nb", " a", "a.", "x" * 201, 7, None],
)
def test_names_that_lead_elsewhere_are_no_session(name):
    assert not is_session_name(name)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("rig-2", False),
    ],
)
def test_only_this_computer_reaches_a_loopback(place, expected):
    assert is_loopback(place) is expected


def test_a_proof_holds_for_one_secret_side_and_handshake():
    shake = Handshake("m", "s", "mouse", "rig")
    proof = prove(b"secret", "slave", shake)

    assert is_proof(proof, b"secret", "slave", shake)
    assert not is_proof(proof, b"other", "slave", shake)
    assert not is_proof(proof, b"secret", "master", shake)
    assert not is_proof(proof, b"secret", "slave", Handshake("ms", "", "mouse", "rig"))
    assert not is_proof("", b"secret", "slave", shake)


def test_a_slave_knows_the_clocks_of_all_others():
    rows = [
        {"name": "me", "protocol": 2, "offset_ns": 100, "error_ns": 5, "address": "h"},
        {"name": "it", "protocol": 2, "offset_ns": 30, "error_ns": 2, "address": "i"},
        {"name": "old", "protocol": 1, "offset_ns": None, "error_ns": None},
        "nonsense",
    ]
    peers = read_peers({"you": "me", "peers": rows}, "master", "m")

    assert [(p.name, p.protocol, p.offset_ns, p.error_ns) for p in peers] == [
        ("master", 2, -100, 5),
        ("it", 2, -70, 7),
        ("old", 1, None, None),
    ]
    assert read_peers({"peers": 7}, "master", "m")[0].offset_ns is None
