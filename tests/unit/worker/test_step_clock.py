"""How long a step takes: what it waits for others is left out."""

from __future__ import annotations

import pytest

from ranvier.links import Board, NodeField
from ranvier.worker import _step_clock
from ranvier.worker._step_clock import StepClock


class FakeTime:
    """A clock that only goes when it is told to."""

    def __init__(self):
        self.now = 1_000

    def monotonic_ns(self):
        return self.now

    def pass_by(self, duration_s):
        self.now += round(duration_s * 1e9)


@pytest.fixture
def time(monkeypatch):
    fake = FakeTime()
    monkeypatch.setattr(_step_clock, "time", fake)
    return fake


def test_a_wait_for_a_reader_is_no_part_of_the_step(time):
    board = Board.in_memory(1, 0, 0)
    clock = StepClock(board, 0)
    wait = clock.leave_out(time.pass_by)
    clock.begin(time.now)
    time.pass_by(0.002)
    wait(5.0)
    busy_ns = time.now - board.node_field(0, NodeField.STEP_SINCE)
    time.pass_by(0.001)
    now = clock.end()

    assert busy_ns == 2_000_000  # what the supervisor sees as soon as it has room
    assert board.node_field(0, NodeField.STEP_MAX) == 3_000_000
    assert now == time.now
    assert clock.n_steps == 1


def test_a_wait_between_two_steps_begins_none(time):
    board = Board.in_memory(1, 0, 0)
    StepClock(board, 0).leave_out(time.pass_by)(5.0)

    assert board.node_field(0, NodeField.STEP_SINCE) == 0
