"""The offset of two clocks, from questions and answers alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ranvier.session.peers._clock_offset import (
    ClockBurst,
    ClockExchange,
    answer_clock,
    estimate_offset,
)

DELAYS = st.integers(0, 10**9)


def exchange(asked_ns, there_ns, stay_ns, back_ns, offset_ns):
    heard_ns = asked_ns + there_ns + offset_ns
    answered_ns = heard_ns + stay_ns
    return ClockExchange(
        asked_ns, heard_ns, answered_ns, answered_ns - offset_ns + back_ns
    )


@given(
    st.lists(st.tuples(DELAYS, DELAYS, DELAYS), min_size=1, max_size=8),
    st.integers(-(10**15), 10**15),
)
def test_the_true_offset_is_within_the_error_whatever_the_delays(delays, offset_ns):
    exchanges = [exchange(0, *each, offset_ns) for each in delays]

    found = estimate_offset(exchanges)

    assert abs(found.offset_ns - offset_ns) <= found.error_ns
    assert found.error_ns <= min((there + back + 1) // 2 for there, _, back in delays)


def test_times_that_can_not_be_are_left_out():
    backwards = ClockExchange(100, 0, 0, 50)

    assert estimate_offset([backwards]) is None
    assert estimate_offset([backwards, exchange(0, 5, 0, 5, 7)]).offset_ns == 7


def test_a_burst_takes_only_answers_to_its_last_question():
    burst = ClockBurst(n_exchanges=2)
    first = burst.ask(1_000)
    second = burst.ask(2_000)

    assert not burst.hear(answer_clock(first, 5), 1_100)
    assert burst.hear(answer_clock(second, 12_050), 2_100)
    assert not burst.is_over
    assert (burst.offset.offset_ns, burst.offset.error_ns) == (10_000, 50)


def test_an_answer_without_times_counts_but_says_nothing():
    burst = ClockBurst(n_exchanges=1)
    asked = burst.ask(5)

    assert burst.hear({**asked, "heard_ns": "x", "answered_ns": None}, 9)
    assert burst.is_over
    assert burst.offset is None
