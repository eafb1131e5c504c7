"""How a run ended is told as it was: what only failed, and what came at the last."""

from __future__ import annotations

import pytest

from ranvier.runtime._ending import count_undelivered, has_only_failed
from ranvier.runtime._status import LinkStatus, NodeStatus, RunStatus, complete_status
from ranvier.spec import LinkPlan, LinkPolicy, StreamPlan


@pytest.mark.parametrize(
    ("steps", "faults", "has_finished", "expected"),
    [
        (0, 0, False, False),
        (9, 0, True, False),
        (9, 9, False, True),
        (9, 8, False, False),
        (9, 8, True, True),  # the ninth step was `finish`
        (9, 9, True, True),
        (9, 7, True, False),
        (1, 0, True, False),
        (2, 1, True, True),
        (0, 3, False, True),  # each one ended its process before the step was counted
    ],
)
def test_a_node_that_gave_nothing_but_faults_is_found(
    steps, faults, has_finished, expected
):
    node = NodeStatus("brain", "ended", steps=steps, faults=faults)
    finished = {"brain"} if has_finished else {"eye"}

    assert has_only_failed(node, finished) is expected


def test_the_last_status_has_the_rates_of_the_run_and_the_counts_of_its_end():
    def look(state, node, link, **fields):
        nodes = (NodeStatus("brain", **node),)
        links = (LinkStatus("eye.o", "brain.i", "queue", **link),)
        return RunStatus("r", "g", state, nodes=nodes, links=links, **fields)

    kept = look(
        "stopping",
        {"state": "ended", "pid": 7, "step_hz": 50.0, "steps": 10, "cpu": 0.5},
        {"hz": 50.0, "taken": 10, "sent": 12, "waiting": 2},
        running_s=2.0,
        notices=("one",),
    )
    last = look(
        "stopped",
        {"state": "exited", "steps": 12, "faults": 1, "last_fault": "no (teardown)"},
        {"taken": 12, "sent": 12},
        running_s=9.0,
        lost=3,
        notices=("one", "two"),
    )
    found = complete_status(kept, last)

    assert found == look(
        "stopped",
        {
            "state": "ended", "pid": 7, "step_hz": 50.0, "steps": 12, "cpu": 0.5,
            "faults": 1, "last_fault": "no (teardown)",
        },
        {"hz": 50.0, "taken": 12, "sent": 12},
        running_s=2.0,
        lost=3,
        notices=("one", "two"),
    )  # fmt: skip


def test_what_nobody_takes_any_more_is_lost():
    def plan(index, target, mode, **fields):
        return LinkPlan(index, "eye.o", target, LinkPolicy(mode), reader=1, **fields)

    links = (
        plan(0, "brain.i", "lossless"),
        plan(1, "view.i", "latest"),
        plan(2, "eye.back", "queue", feedback=True),
    )
    streams = (StreamPlan(0, "eye.o", links, writer=0),)
    left = {"waiting": 3, "missed": 2}
    status = RunStatus(
        "r",
        "g",
        "stopped",
        links=tuple(LinkStatus("eye.o", each.target, "", **left) for each in links),
        lost=4,
    )
    found = count_undelivered(status, streams)

    assert [link.missed for link in found.links] == [5, 2, 2]
    assert found.lost == 7
