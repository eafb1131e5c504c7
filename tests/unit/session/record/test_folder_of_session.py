"""Names and folders of sessions."""

import datetime as dt

import pytest

from ranvier.core import SessionError
from ranvier.session.record import (
    check_subject,
    make_session_folder,
    make_session_name,
)

DATE = dt.datetime(2026, 11, 20, 10, 0, 5, tzinfo=dt.UTC)


def test_a_session_is_named_after_its_subject_and_its_start():
    assert make_session_name("762196", DATE) == "762196_2026-11-20_10-00-05"


@pytest.mark.parametrize("subject", ["M1", "mouse_3-b", "614173", "Ö1", "x" * 64])
def test_a_subject_that_is_a_safe_name_stays_as_it_is(subject):
    assert check_subject(subject) == subject


@pytest.mark.parametrize(
    "subject",
    ["", " ", "a b", "a/b", "..", "a\\b", "a:b", "M1.", "-x", "con", "NUL.txt", "com1",
     "x" * 65, "a\n", "O\u0308", "a*"],
)  # fmt: skip
def test_a_subject_that_some_system_refuses_as_a_name_is_refused(subject):
    with pytest.raises(SessionError) as caught:
        make_session_name(subject, DATE)

    assert caught.value.code == "RV-S86"


def test_a_second_session_of_the_same_second_gets_a_folder_of_its_own(tmp_path):
    root = tmp_path / "not" / "yet"
    names = [make_session_folder(root, "M1_x").name for _ in range(3)]

    assert names == ["M1_x", "M1_x-2", "M1_x-3"]


def test_a_name_from_another_machine_can_not_lead_out_of_the_root(tmp_path):
    with pytest.raises(SessionError) as caught:
        make_session_folder(tmp_path / "root", "../outside")

    assert caught.value.code == "RV-S86"
    assert not (tmp_path / "outside").exists()


def test_a_root_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(SessionError) as caught:
        make_session_folder(tmp_path / "file", "M1_x")

    assert caught.value.code == "RV-S87"
    assert str(tmp_path / "file") in caught.value.where
