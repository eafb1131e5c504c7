"""Stamps say what was done; damaged ones say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.analysis.pipeline._stamps import StageStamp, Stamps


def test_what_is_written_is_read(tmp_path):
    stamps = Stamps(tmp_path / "stamps")
    stamp = StageStamp("k1", rows={"performance": [{"eid": "s", "n": np.float64(2)}]})
    stamps.write("s", {"task": stamp})

    assert stamps.read("s")["task"].rows == {"performance": [{"eid": "s", "n": 2.0}]}
    assert stamps.read("s")["task"].key == "k1"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"task": 1}', '{"task": {}}', '{"task": {"other": 1}}']
)
def test_a_damaged_stamp_is_as_good_as_none(tmp_path, text):
    (tmp_path / "s.json").write_text(text)

    assert Stamps(tmp_path).read("s") == {}


def test_a_session_that_was_never_done_has_none(tmp_path):
    assert Stamps(tmp_path / "nowhere").read("s") == {}
