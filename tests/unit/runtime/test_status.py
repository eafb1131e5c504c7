"""The last status of a run as it is read again; links as they are told of."""

from __future__ import annotations

import msgspec
import pytest

from ranvier.recording import SessionFolder
from ranvier.runtime import LinkStatus, RunStatus, read_status


def test_a_status_comes_back_as_it_was_written(tmp_path):
    link = LinkStatus("eye.o", "brain.i", "latest", missed=3)
    status = RunStatus("r", "g", "stopped", links=(link,))
    (tmp_path / "status.json").write_bytes(msgspec.json.encode(status))

    assert read_status(SessionFolder(tmp_path)) == status


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b'{"run_id": 3}', b'{"run_id": "\xff"}']
)
def test_a_status_that_can_not_be_read_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / "status.json").write_bytes(content)

    assert read_status(SessionFolder(tmp_path)) is None


@pytest.mark.parametrize(
    ("policy", "lost"), [("latest", 0), ("lossless, 64 deep", 5), ("queue of 4", 5)]
)
def test_what_a_latest_link_missed_is_not_lost(policy, lost):
    assert LinkStatus("eye.o", "brain.i", policy, missed=5).lost == lost


@pytest.mark.parametrize(
    ("target", "expected"),
    [("recorder.eye__o", True), ("recorder2.o", False), ("brain.recorder", False)],
)
def test_a_link_to_the_recorder_is_known(target, expected):
    assert LinkStatus("eye.o", target, "latest").is_recorded is expected
