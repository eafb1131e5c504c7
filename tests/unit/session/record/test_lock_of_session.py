"""Who holds a session folder, and what its record says then."""

import os
import socket

import pytest

from ranvier.audit import AuditKind, AuditTrail
from ranvier.core import RecordingError, SessionError, WallStart
from ranvier.session.record import (
    FileLock,
    Holder,
    SessionState,
    find_holder,
    hold_session,
    is_held,
    read_record,
)
from ranvier.session.record._lock import is_alive


@pytest.fixture
def folder(tmp_path):
    with AuditTrail(tmp_path / "audit.jsonl", WallStart.now()) as trail:
        trail.write(AuditKind.SESSION_CREATED, session="M1_x", subject="M1")
    return tmp_path


def test_a_session_without_an_end_is_lost_if_nobody_holds_its_folder(folder):
    assert read_record(folder).state is SessionState.LOST
    assert sorted(path.name for path in folder.iterdir()) == ["audit.jsonl"]


def test_a_session_whose_folder_is_held_goes_on(folder):
    with hold_session(folder, "M1_x"):
        held = read_record(folder)

    assert held.state is SessionState.CREATED
    assert not is_held(folder)


def test_a_finished_session_is_not_lost(folder):
    with AuditTrail(folder / "audit.jsonl", WallStart.now()) as trail:
        trail.write(AuditKind.SESSION_FINISHED, verdict="ok", exit_status=0)

    assert read_record(folder).state is SessionState.FINISHED


def test_a_folder_without_a_trail_has_no_record(tmp_path):
    with pytest.raises(RecordingError):
        read_record(tmp_path)


def test_a_second_launcher_is_told_who_holds_the_folder(folder):
    with hold_session(folder, "M1_x"), pytest.raises(SessionError) as caught:
        hold_session(folder, "M1_x")

    assert caught.value.code == "RV-S89"
    assert f"process {os.getpid()} on {socket.gethostname()}" in caught.value.found


def test_whoever_holds_a_lock_is_known_until_it_is_given_back(folder):
    with hold_session(folder, "M1_x"):
        holder = find_holder(folder)

    assert (holder.pid, holder.session) == (os.getpid(), "M1_x")
    assert find_holder(folder) is None


def test_a_lock_can_be_taken_again_after_it_was_given_back(tmp_path):
    first, second = (FileLock(tmp_path / "a.lock") for _ in range(2))
    with first, second:
        taken = [first.acquire("a"), second.acquire("b"), first.acquire("a")]
        first.release()
        first.release()
        taken.append(second.acquire("b"))

    assert taken == [True, False, True, True]


def test_a_text_that_a_dead_process_left_holds_nothing(tmp_path):
    path = tmp_path / "a.lock"
    path.write_text('{"pid":1,"host":"h","session":"s","since":"2026"}')
    with FileLock(path) as lock:
        assert lock.find_holder() is None
        assert lock.acquire("mine")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path):
    (tmp_path / "a.lock").symlink_to(tmp_path / "elsewhere")
    is_refused = pytest.raises(OSError, match="symbolic links")
    with FileLock(tmp_path / "a.lock") as lock, is_refused:
        lock.acquire("mine")

    assert not (tmp_path / "elsewhere").exists()


def test_where_no_lock_can_tell_a_process_that_is_there_counts_as_the_holder():
    here = socket.gethostname()

    assert is_alive(Holder(os.getpid(), here, "s", ""))
    assert is_alive(Holder(1, "another computer", "s", ""))
    assert not is_alive(Holder(2**22 + 1, here, "s", ""))
    assert not is_alive(Holder(0, here, "", ""))
