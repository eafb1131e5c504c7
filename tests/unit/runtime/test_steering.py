"""What screens see of a run."""

from __future__ import annotations

import os
import time

import pytest

from ranvier.links import Board, NodeField
from ranvier.runtime._status import NodeView, StatusTracker
from ranvier.runtime._steering import Steering


def test_the_first_look_of_a_screen_gives_the_rates_of_the_run(rehearsal):
    rehearsal.begin()
    stage = rehearsal.stage
    stage.begin_ns = time.monotonic_ns() - 100_000_000_000
    stage.board.values[stage.board.node_row(0) + NodeField.STEPS] = 1000
    look = Steering(stage, rehearsal.changes).open_view()

    assert look().nodes[0].step_hz == pytest.approx(10.0, rel=0.05)
    assert look().nodes[0].step_hz == 0.0


def test_before_the_begin_there_are_no_rates(rehearsal):
    rehearsal.begin()
    stage = rehearsal.stage
    stage.begin_ns = 0
    stage.board.values[stage.board.node_row(0) + NodeField.STEPS] = 1000
    look = Steering(stage, rehearsal.changes).open_view()

    assert look().nodes[0].step_hz == 0.0


@pytest.mark.parametrize("ahead_s", [None, 1.0, -1e-6])
def test_the_first_use_of_a_core_is_that_of_the_life_of_the_process(ahead_s):
    since = None if ahead_s is None else time.monotonic_ns() + round(ahead_s * 1e9)
    tracker = StatusTracker(Board.in_memory(1, 0, 0), (), since)
    ((node,), _) = tracker.look([NodeView("eye", 0, "running", os.getpid(), 0)])

    assert 0 < node.cpu <= (os.cpu_count() or 1)
