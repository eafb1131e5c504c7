"""A lock is of one opening of a file, and waiting for it ends."""

from __future__ import annotations

import errno
import os

import pytest

from ranvier.core import is_lockless, keep_trying, try_lock, unlock


@pytest.fixture
def handles(tmp_path):
    """Three openings of one file: no one's lock is the other's."""
    path = tmp_path / "file"
    path.write_bytes(b"text")
    opened = [os.open(path, os.O_RDWR) for _ in range(3)]
    yield opened
    for handle in opened:
        os.close(handle)


def test_one_opening_of_a_file_has_its_lock_until_it_is_given_back(handles):
    first, second, _ = handles
    taken = [try_lock(first), try_lock(second)]
    unlock(first)
    taken.append(try_lock(second))

    assert taken == [True, False, True]


def test_a_lock_goes_with_its_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"")
    with path.open("r+b") as other:
        with path.open("r+b") as file:
            assert try_lock(file.fileno())
            assert not try_lock(other.fileno())

        assert try_lock(other.fileno())


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no shared locks")
def test_several_may_look_at_once_but_not_beside_a_holder(handles):
    first, second, third = handles
    looks = [try_lock(handle, is_shared=True) for handle in (first, second)]
    is_held_beside = try_lock(third)
    unlock(first)
    unlock(second)

    assert looks == [True, True]
    assert not is_held_beside
    assert try_lock(third)
    assert not try_lock(first, is_shared=True)


def test_what_a_file_holds_can_be_read_while_another_has_it_locked(handles):
    first, second, _ = handles
    assert try_lock(first)

    assert os.read(second, 9) == b"text"


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_told_by_its_error(code):
    assert is_lockless(OSError(code, "no"))


@pytest.mark.parametrize("code", [errno.EACCES, errno.EBADF, errno.EINVAL, errno.EIO])
def test_another_fault_is_not_taken_for_a_lack_of_locks(code):
    assert not is_lockless(OSError(code, "no"))


def test_a_file_that_is_closed_is_an_error_and_no_lock(tmp_path):
    handle = os.open(tmp_path, os.O_RDONLY)
    os.close(handle)
    with pytest.raises(OSError, match="descriptor"):
        try_lock(handle)


def test_what_works_at_once_is_tried_once():
    tries = []
    is_done = keep_trying(lambda: not tries.append(1), 0.0)

    assert is_done
    assert tries == [1]


def test_what_works_later_is_tried_until_then():
    answers = iter([False, False, False, True])

    assert keep_trying(lambda: next(answers), 5.0)
    assert next(answers, None) is None


def test_what_never_works_ends_at_the_limit():
    tries = []

    assert not keep_trying(lambda: bool(tries.append(1)), 0.01)
    assert len(tries) > 1
