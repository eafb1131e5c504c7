"""Crossings, exactly at each bound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.core import NodeError
from ranvier.library.events import EventTrigger

S = 1_000_000_000


def run(node, values, step=S):
    events = [node.advance(float(v), time_ns=i * step) for i, v in enumerate(values)]
    return [(e["time_ns"] // step, e["direction"]) for e in events if e is not None]


def test_the_threshold_itself_is_beyond():
    assert run(EventTrigger(threshold=1.0), [0, 1, 0, np.nextafter(1, 0)]) == [(1, 1)]


def test_a_signal_that_begins_beyond_has_not_crossed():
    assert run(EventTrigger(threshold=1.0), [2, 2, 0, 2]) == [(3, 1)]


def test_hysteresis_is_left_only_below_its_bound():
    node = EventTrigger(threshold=1.0, hysteresis=0.5)

    assert run(node, [0, 1, 0.5, 1, 0.49, 1]) == [(1, 1), (5, 1)]


def test_falling_is_the_mirror_of_rising():
    values = np.random.default_rng(0).normal(size=500)
    up = EventTrigger(threshold=0.3, hysteresis=0.2)
    down = EventTrigger(threshold=-0.3, hysteresis=0.2, direction="falling")

    rising, falling = run(up, values), run(down, -values)
    assert [t for t, _ in rising] == [t for t, _ in falling]
    assert {d for _, d in falling} == {-1}


def test_both_ways_are_told_apart():
    node = EventTrigger(threshold=1.0, direction="both")

    assert run(node, [0, 1, 2, 0, 1]) == [(1, 1), (3, -1), (4, 1)]


def test_the_end_of_the_refractory_period_counts():
    node = EventTrigger(threshold=1.0, refractory=4.0)

    assert run(node, [0, 1, 0, 1, 0, 1]) == [(1, 1), (5, 1)]


def test_an_event_waits_for_its_duration_and_keeps_its_time():
    node = EventTrigger(threshold=1.0, minimum_duration=2.0)
    sent = [node.advance(v, time_ns=i * S) for i, v in enumerate([0, 1, 1, 3, 3])]

    assert [e is not None for e in sent] == [False, False, False, True, False]
    assert sent[3]["time_ns"] == S
    assert sent[3]["value"] == 3


def test_a_blip_is_no_crossing_either_way():
    node = EventTrigger(threshold=1.0, minimum_duration=2.0, direction="both")

    assert run(node, [0, 0, 1, 0, 0, 0, 0, 0]) == []


def test_nan_changes_nothing():
    assert run(EventTrigger(), [0, np.nan, 1, np.nan, 1, 0]) == [(2, 1)]


def test_a_channel_is_picked_from_an_array_and_a_missing_one_refused():
    node = EventTrigger(channel=1)
    node.process(np.array([5.0, 0.0]))

    assert node.process(np.array([5.0, 1.0]))["channel"] == 1
    with pytest.raises(NodeError, match="channel"):
        node.process(np.array([1.0]))


@given(st.lists(st.floats(-2, 2), max_size=40), st.integers(0, 40))
def test_a_restart_anywhere_changes_no_event(values, cut):
    settings = {
        "threshold": 0.5,
        "hysteresis": 0.7,
        "direction": "both",
        "refractory": 2.0,
        "minimum_duration": 1.0,
    }
    whole, first, second = (EventTrigger(**settings) for _ in range(3))
    expected = [whole.advance(v, i * S) for i, v in enumerate(values)]
    found = [first.advance(v, i * S) for i, v in enumerate(values[:cut])]
    second.restore(first.checkpoint())
    found += [second.advance(v, (cut + i) * S) for i, v in enumerate(values[cut:])]

    assert expected == found


@given(st.lists(st.floats(-2, 2), max_size=60))
def test_without_extras_events_are_the_upward_steps(values):
    above = [v >= 0.5 for v in values]
    expected = [i for i in range(1, len(values)) if above[i] and not above[i - 1]]

    assert expected == [t for t, _ in run(EventTrigger(threshold=0.5), values)]
