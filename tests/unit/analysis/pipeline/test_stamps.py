"""Stamps say what was done; damaged ones say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.analysis.pipeline._stamps import SessionStamp, StageStamp, Stamps
from ranvier.analysis.pipeline._tables import gather_faults, gather_rows, select_current


def test_what_is_written_is_read(tmp_path):
    stamps = Stamps(tmp_path / "stamps")
    stamp = StageStamp("k1", rows={"performance": [{"eid": "s", "n": np.float64(2)}]})
    stamps.write("s", SessionStamp("f", "r", {"task": stamp}))
    found = stamps.read("s")

    assert (found.file, found.row, found.stages["task"].key) == ("f", "r", "k1")
    assert found.stages["task"].rows == {"performance": [{"eid": "s", "n": 2.0}]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"stages": 1}',
        '{"file": "", "row": "", "stages": {"task": {}}}',
        '{"file": "", "row": "", "stages": {"task": {"key": "k", "other": 1}}}',
    ],
)
def test_a_damaged_stamp_is_as_good_as_none(tmp_path, text):
    (tmp_path / "s.json").write_text(text)

    assert SessionStamp() == Stamps(tmp_path).read("s")


def test_a_session_that_was_never_done_has_none(tmp_path):
    assert SessionStamp() == Stamps(tmp_path / "nowhere").read("s")


def test_what_was_made_from_something_else_is_no_result():
    rows = {"performance": [{"eid": "s"}]}
    fault = {"eid": "s", "error_type": "MemoryError"}
    stages = {
        "task": StageStamp("old", rows=rows),
        "wheel": StageStamp("", [fault], is_fatal=True),
    }
    current = {"s": select_current(stages, {"task": "new", "wheel": "w"})}

    assert len(gather_rows(current, "performance")) == 0
    assert [{**fault, "stage": "wheel"}] == gather_faults(current, "wheel")
