"""One session at a time on a rig."""

import contextlib
import os

import pytest

from ranvier.core import SessionError
from ranvier.session.faults import Severity
from ranvier.session.preflight import RigFree, RigLock
from ranvier.session.record import FileLock


@pytest.fixture
def take_elsewhere():
    """Take a lock as another process does: by a file that it opened itself."""
    with contextlib.ExitStack() as stack:

        def take(rig_lock, session):
            lock = stack.enter_context(FileLock(rig_lock.path))
            return lock.acquire(session)

        yield take


def test_a_second_launcher_is_told_who_has_the_rig(tmp_path, take_elsewhere):
    with RigLock("rig 1", tmp_path) as second:
        take_elsewhere(second, "M1_x")
        with pytest.raises(SessionError) as caught:
            second.acquire("M2_y")
        (finding,) = RigFree(second).run()

    assert caught.value.code == finding.code == "RV-S91"
    assert f"process {os.getpid()} on" in caught.value.found
    assert 'session "M1_x", since 20' in caught.value.found
    assert finding.severity is Severity.ERROR


def test_sessions_of_one_process_share_the_rig_until_the_last_has_ended(
    tmp_path, take_elsewhere
):
    with RigLock("rig", tmp_path) as last:
        with RigLock("rig", tmp_path) as first:
            first.acquire("M1_x")
            last.acquire("M2_y")
        is_free_after_first = take_elsewhere(last, "elsewhere")
    is_free_after_last = take_elsewhere(last, "elsewhere")

    assert (is_free_after_first, is_free_after_last) == (False, True)


def test_a_rig_that_is_taken_and_given_back_twice_by_one_counts_once(
    tmp_path, take_elsewhere
):
    with RigLock("rig", tmp_path) as lock, RigLock("rig", tmp_path) as other:
        other.acquire("M2_y")
        lock.acquire("M1_x")
        lock.acquire("M1_x")
        lock.release()
        lock.release()

        assert not take_elsewhere(other, "elsewhere")


def test_a_rig_is_free_after_its_session(tmp_path):
    with RigLock("rig", tmp_path) as lock:
        lock.acquire("M1_x")
    with RigLock("rig", tmp_path) as other:
        other.acquire("M2_y")
    (finding,) = RigFree(other).run()

    assert finding.severity is Severity.OK


def test_two_rigs_of_one_computer_do_not_hinder_each_other(tmp_path):
    with RigLock("rig/1", tmp_path) as one, RigLock("rig 1", tmp_path) as other:
        one.acquire("a")
        other.acquire("b")

        assert one.find_holder().session == "a"
        assert other.find_holder().session == "b"


def test_nothing_is_made_before_the_rig_is_taken(tmp_path):
    lock = RigLock("rig", tmp_path)
    RigFree(lock).run()

    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_can_not_be_made_is_an_error(tmp_path):
    with pytest.raises(SessionError) as caught:
        RigLock("rig", tmp_path / "not there").acquire("a")

    assert caught.value.code == "RV-S92"
