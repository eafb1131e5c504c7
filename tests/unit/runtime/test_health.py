from __future__ import annotations

from ranvier.runtime._health import describe_unrecorded


def test_a_full_disk_is_mended_by_space() -> None:
    error = describe_unrecorded("eye.frame", 0, 7)

    assert error["problem"] == '7 messages of "eye.frame" are not in the recording.'
    assert error["found"] == "7 were refused by the disk"
    assert error["mend"] == "make space on the disk"


def test_a_recorder_that_fell_behind_is_not_blamed_on_the_disk_alone() -> None:
    error = describe_unrecorded("eye.frame", 7, 0)

    assert error["found"] == "7 did not reach the recorder"
    assert "keep up" in error["mend"]
    assert "less to do" in error["mend"]


def test_both_causes_are_counted() -> None:
    error = describe_unrecorded("eye.frame", 2, 5)

    assert error["problem"].startswith("7 messages")
    assert "2 did not reach" in error["found"]
    assert "5 were refused" in error["found"]
