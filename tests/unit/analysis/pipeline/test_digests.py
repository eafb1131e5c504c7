"""Digests of files follow their contents, and cost nothing when nothing changed."""

from __future__ import annotations

import os

import pytest

from ranvier.analysis.pipeline._digests import FileDigests, digest_file, digest_text

OLD_NS = 10**18


@pytest.fixture
def memory(tmp_path):
    return tmp_path / "memory" / "digests.json"


def age(path, by_ns=0):
    os.utime(path, ns=(OLD_NS + by_ns, OLD_NS + by_ns))


def test_a_changed_file_has_another_digest(tmp_path, memory):
    path = tmp_path / "trials.pqt"
    path.write_bytes(b"one")
    first = FileDigests(memory).digest(path)
    path.write_bytes(b"two!")

    assert first != FileDigests(memory).digest(path)
    assert FileDigests(memory).digest(tmp_path / "none") == "missing"
    assert digest_file(tmp_path) == "unreadable"


def test_what_was_learnt_is_kept(tmp_path, memory, monkeypatch):
    path = tmp_path / "trials.pqt"
    path.write_bytes(b"one")
    digests = FileDigests(memory)
    # As seen an hour later: within one tick of the clock a file may change again.
    later = path.stat().st_ctime_ns + 3600 * 10**9
    monkeypatch.setattr("time.time_ns", lambda: later)
    found = digests.digest(path)
    digests.save()
    memory.write_text(memory.read_text().replace(found, "kept"))

    assert FileDigests(memory).digest(path) == "kept"


def test_a_file_that_changed_just_now_is_not_kept(tmp_path, memory):
    path = tmp_path / "trials.pqt"
    path.write_bytes(b"one")
    digests = FileDigests(memory)
    digests.digest(path)
    digests.save()

    assert not memory.exists()


def test_a_change_that_hides_behind_size_and_time_is_seen(
    tmp_path, memory, monkeypatch
):
    path = tmp_path / "wheel.npy"
    path.write_bytes(b"one")
    age(path)
    digests = FileDigests(memory)
    later = path.stat().st_ctime_ns + 3600 * 10**9
    monkeypatch.setattr("time.time_ns", lambda: later)
    first = digests.digest(path)
    path.write_bytes(b"two")
    age(path)

    assert first != digests.digest(path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"a": [1]}', "\udcff"])
def test_a_damaged_memory_is_as_good_as_none(tmp_path, memory, text):
    memory.parent.mkdir()
    memory.write_bytes(text.encode("utf-8", "surrogateescape"))
    path = tmp_path / "a"
    path.write_bytes(b"one")

    assert len(FileDigests(memory).digest(path)) == 64


def test_the_place_of_a_file_counts_but_not_that_of_the_study(tmp_path, memory):
    for study in ("s1", "s2"):
        (tmp_path / study).mkdir()
        for name in ("a", "b"):
            (tmp_path / study / name).write_bytes(name.encode())
    digests = FileDigests(memory)
    one, two = tmp_path / "s1", tmp_path / "s2"

    both = digests.digest_all([one / "a", one / "b"], one)
    assert both == digests.digest_all([two / "b", two / "a"], two)
    assert both != digests.digest_all([one / "a"], one)


def test_texts_are_kept_apart():
    assert digest_text("ab", "c") != digest_text("a", "bc")
