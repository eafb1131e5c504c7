"""A duration counts the time that a run has run; pauses are left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.runtime._stopwatch import Stopwatch

S = 1_000_000_000


def test_before_its_begin_nothing_has_run():
    watch = Stopwatch()

    assert (watch.elapsed_s(5 * S), watch.held_s(5 * S)) == (0.0, 0.0)


def test_a_begin_that_is_ahead_is_waited_for():
    watch = Stopwatch()
    watch.start(2 * S)

    assert [watch.elapsed_s(n * S) for n in (1, 2, 5)] == [0.0, 0.0, 3.0]
    assert watch.held_s(1 * S) == 0.0


def test_pauses_are_left_out_and_counted_apart():
    watch = Stopwatch()
    watch.start(0)
    for start, end in ((1, 3), (4, 8)):
        watch.hold(start * S)
        assert watch.elapsed_s((end - 1) * S) == watch.elapsed_s(start * S)
        watch.start(end * S)

    assert watch.elapsed_s(10 * S) == pytest.approx(4.0)
    assert watch.held_s(10 * S) == pytest.approx(6.0)


def test_after_the_end_neither_goes_on():
    watch = Stopwatch()
    watch.start(0)
    watch.hold(3 * S)
    watch.start(4 * S)
    watch.stop(6 * S)

    assert watch.elapsed_s(99 * S) == pytest.approx(5.0)
    assert watch.held_s(99 * S) == pytest.approx(1.0)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10**12)), max_size=30))
def test_running_and_pausing_make_up_all_the_time(acts):
    watch, now = Stopwatch(), 0
    watch.start(0)
    for runs, gap in acts:
        now += gap
        (watch.start if runs else watch.hold)(now)

    assert watch.elapsed_s(now) + watch.held_s(now) == pytest.approx(now * 1e-9)
