"""Digests of files follow their contents, and cost nothing when nothing changed."""

from __future__ import annotations

import pytest

from ranvier.analysis.pipeline._digests import FileDigests, digest_text

LATER = 10**20


@pytest.fixture
def memory(tmp_path):
    return tmp_path / "memory" / "digests.json"


def test_a_changed_file_has_another_digest(tmp_path, memory):
    path = tmp_path / "trials.pqt"
    path.write_bytes(b"one")
    first = FileDigests(memory).digest(path)
    path.write_bytes(b"two!")

    assert first != FileDigests(memory).digest(path)
    assert FileDigests(memory).digest(tmp_path / "none") == "missing"


def test_what_was_learnt_is_kept(tmp_path, memory):
    path = tmp_path / "trials.pqt"
    path.write_bytes(b"one")
    digests = FileDigests(memory)
    found = digests.digest(path)
    digests.save(LATER)
    status = path.stat()
    memory.write_text(memory.read_text().replace(found, "kept"))

    assert FileDigests(memory).digest(path) == "kept"
    assert status.st_mtime_ns == path.stat().st_mtime_ns


def test_a_file_that_changed_just_now_is_not_kept(tmp_path, memory):
    """It may change again within one tick of the clock, at the same size."""
    path = tmp_path / "trials.pqt"
    path.write_bytes(b"one")
    digests = FileDigests(memory)
    digests.digest(path)
    digests.save(path.stat().st_mtime_ns + 1)

    assert str(path) not in memory.read_text()


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
