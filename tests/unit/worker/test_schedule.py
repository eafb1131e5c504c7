"""When a source is asked for its next item: never early, never twice, no drift."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.worker._schedule import Schedule

MS = 1_000_000


def schedule(pace_hz, *, is_real_time=True):
    made = Schedule(pace_hz)
    made.begin(0, is_real_time=is_real_time)
    return made


@given(st.floats(0.1, 5000), st.lists(st.integers(0, 50 * MS), max_size=60))
def test_item_k_is_due_at_start_plus_k_over_rate(pace_hz, naps):
    made, now, n_taken = schedule(pace_hz), 0, 0
    for nap in naps:
        now += nap
        assert made.is_due(now) == (now >= int(n_taken * 1e9 / pace_hz))
        assert (made.wait_s(now) <= 0) == made.is_due(now)
        if made.is_due(now):
            made.take(now)
            n_taken += 1


def test_an_item_is_late_when_the_next_one_would_be_due():
    made = schedule(100.0)

    assert [made.take(now * MS) for now in (0, 19, 31, 39)] == [
        False,
        False,
        True,
        False,
    ]


def test_what_fell_into_a_pause_is_not_made_up_for():
    made = schedule(100.0)
    made.take(0)
    made.pause(5 * MS)
    made.pause(7 * MS)

    assert not made.is_due(500 * MS)
    assert made.wait_s(500 * MS) is None

    made.resume(1005 * MS)
    made.resume(2000 * MS)

    assert not made.is_due(1009 * MS)
    assert made.is_due(1010 * MS)


@pytest.mark.parametrize("made", [schedule(None), schedule(5.0, is_real_time=False)])
def test_without_a_pace_it_is_always_due_but_looks_again_soon_after_nothing(made):
    assert made.is_due(0)
    assert not made.take(10**12)

    made.rest()

    assert made.wait_s(0) == pytest.approx(0.01)
    assert made.is_due(0)  # also before, if something came in

    made.take(0)

    assert made.wait_s(0) <= 0


def test_a_paced_source_that_had_nothing_keeps_its_pace():
    made = schedule(10.0)
    made.take(0)
    made.rest()

    assert not made.is_due(50 * MS)
    assert made.wait_s(50 * MS) == pytest.approx(0.05)
