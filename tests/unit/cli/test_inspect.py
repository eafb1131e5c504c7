from __future__ import annotations

import numpy as np
import pytest

from ranvier.audit import AuditKind, AuditLine, AuditTrail
from ranvier.cli._inspect import inspect_recording, summarise, tell
from ranvier.cli._inspect_view import show_inspection
from ranvier.core import RecordingError, WallStart
from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.recording import Recorder, create_session_folder, open_recording

WALL = WallStart(0, "2026-11-20T14:00:00+01:00")


@pytest.fixture
def folder(tmp_path):
    """A recording of ten numbers at 100 Hz, two of them missing; no manifest."""
    folder = create_session_folder(tmp_path, "loop", WALL)
    recorder = Recorder(
        streams=[
            {"stream": "eye.x", "kind": "scalar", "dtype": "float64"},
            {"stream": "eye.silent"},
        ],
        folder=str(folder.path),
        run={"run": "r1", "graph": "loop", "wall_start": WALL.wall},
    )
    recorder.setup()
    for sequence in (0, 1, 2, 3, 4, 7, 8, 9):
        time_ns = sequence * 10_000_000
        origin = Origin(0, sequence, time_ns)
        data = to_bytes(Message(0.5, 0, sequence, 0, time_ns, origin))
        recorder.process_raw("eye__x", memoryview(data), decode(data))
    recorder.teardown()
    return folder.path


def test_a_stream_is_counted(folder):
    found = summarise(open_recording(folder), "eye.x")

    assert found.n_messages == 8
    assert found.n_missing == 2
    assert found.duration_s == pytest.approx(0.09)
    assert found.longest_gap_s == pytest.approx(0.03)
    assert found.rate_hz == pytest.approx(7 / 0.09)
    assert found.what == "float64 scalar"
    assert found.n_bytes >= 8 * 64


def test_what_was_sent_behind_the_last_message_is_missing_too(folder):
    with AuditTrail(folder / "audit.jsonl", WALL) as audit:
        audit.write(AuditKind.STREAM_ENDED, "eye", stream="eye.x", epoch=0, count=15)

    assert summarise(open_recording(folder), "eye.x").n_missing == 2 + 5


def test_a_stream_without_messages_has_no_rate(folder):
    found = summarise(open_recording(folder), "eye.silent")

    assert (found.n_messages, found.n_bytes, found.n_missing) == (0, 0, 0)
    assert np.isnan([found.rate_hz, found.duration_s, found.longest_gap_s]).all()


def test_a_session_that_lacks_its_manifest_is_shown_with_the_problem(folder, capsys):
    found = inspect_recording(folder)
    show_inspection(found)

    assert len(found.problems) == 2
    assert "eye.x" in capsys.readouterr().out


def test_a_file_by_itself_is_shown(folder):
    found = inspect_recording(next(folder.glob("*.mcap")))

    assert found.facts == ()
    assert [stream.name for stream in found.streams] == ["eye.x", "eye.silent"]


def test_a_folder_without_a_recording_is_refused(tmp_path):
    with pytest.raises(RecordingError):
        inspect_recording(tmp_path)


def test_a_line_of_the_audit_trail_is_told_in_words():
    fields = {"error": {"problem": "too hot"}, "traceback": "…", "count": 2, "x": None}
    line = AuditLine(0, 1_500_000_000, "", "node_failed", "eye", fields, "", "")

    text = tell(line, 0)

    assert text.split("  ")[-4:] == ["node failed", "eye", "too hot", "count=2"]
