"""The closing lines and the exit status of a run say how it was."""

from __future__ import annotations

import msgspec
import pytest

from ranvier.cli._outcome import report
from ranvier.core import GraphError, RunError
from ranvier.runtime import Finished, LinkStatus, NodeStatus, RunStatus

FAILED = RunError("brain failed.", code="RV-R26", mend="correct it").to_dict()
GRAPH = GraphError("no such type.", code="RV-G01", mend="correct it").to_dict()


@pytest.mark.parametrize(
    ("reason", "errors", "expected"),
    [
        ("completed", [], 0),
        ("stopped", [], 0),
        ("failed", [FAILED], 1),
        ("completed", [FAILED], 1),
        ("failed", [], 1),
        ("failed", [GRAPH], 2),
    ],
)
def test_the_exit_status_tells_the_truth(tmp_path, capsys, reason, errors, expected):
    status = report(Finished(reason, errors, str(tmp_path)), quiet=True)

    assert status == expected
    assert capsys.readouterr().out == f"{tmp_path}\n"


def closing_lines(folder, capsys, **fields):
    status = RunStatus("r", "g", "stopped", **fields)
    (folder / "status.json").write_bytes(msgspec.json.encode(status))
    report(Finished("completed", [], str(folder)), quiet=False)
    return capsys.readouterr().out.splitlines()[:-1]


def test_what_each_node_had_to_bear_is_told_before_the_last_line(tmp_path, capsys):
    nodes = (
        NodeStatus("eye", "ended", steps=9),
        NodeStatus("brain", "ended", faults=1, restarts=2, last_fault="it hung\nat 7"),
        NodeStatus("hand", "ended", last_fault="ValueError: no (teardown)"),
    )

    assert closing_lines(tmp_path, capsys, nodes=nodes) == [
        "brain: 1 fault, 2 restarts; the last told: it hung; see the audit trail",
        "hand: ValueError: no (teardown); see the audit trail",
    ]


def test_what_links_lost_is_told_but_not_what_nobody_wanted(tmp_path, capsys):
    links = (
        LinkStatus("eye.o", "brain.i", "lossless, 64 deep", sent=1200, missed=1000),
        LinkStatus("eye.o", "view.i", "latest", sent=1200, missed=900),
        LinkStatus("eye.o", "hand.i", "queue of 64, drops oldest", sent=1200),
        LinkStatus("eye.o", "recorder.eye__o", "lossless, 9 deep", sent=9, missed=1),
    )

    assert closing_lines(tmp_path, capsys, links=links) == [
        "eye.o → brain.i (lossless, 64 deep): 1,000 of 1,200 messages lost"
    ]


@pytest.mark.parametrize(
    ("steps", "faults", "sent", "expected"),
    [
        (151, 0, 0, "h: 151 steps, nothing sent on y; does it return what it should?"),
        (151, 0, 1, None),
        (3, 0, 0, None),
        (151, 1, 0, "h: 1 fault; see the audit trail"),
    ],
)
def test_a_node_that_forgot_to_return_is_told(
    tmp_path, capsys, steps, faults, sent, expected
):
    nodes = (NodeStatus("h", "ended", steps=steps, faults=faults),)
    links = (
        LinkStatus("h.y", "k.x", "latest", sent=sent),
        LinkStatus("h.intake", "recorder.h__intake", "lossless", sent=9),
    )
    found = closing_lines(tmp_path, capsys, nodes=nodes, links=links)

    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("paused_s", "expected"),
    [
        (0.0, []),
        (0.001, []),
        (12.5, ["paused for 12.5 s, which the duration leaves out"]),
    ],
)
def test_a_pause_is_explained(tmp_path, capsys, paused_s, expected):
    assert closing_lines(tmp_path, capsys, paused_s=paused_s) == expected


def test_without_a_status_the_last_line_stands_alone(tmp_path, capsys):
    report(Finished("completed", [], str(tmp_path)), quiet=False)
    (line,) = capsys.readouterr().out.splitlines()

    assert line.startswith("completed: ")
    assert line.endswith("(nothing recorded)")
