"""When a node that died is started again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.graph import RestartPolicy
from ranvier.runtime._restarts import RestartBook


def a_book(limit=3, within=60.0, backoff=0.5):
    return RestartBook(RestartPolicy(limit=limit, within=within, backoff=backoff))


def test_waits_double_until_the_limit():
    book = a_book()

    assert [book.next_wait_s(now) for now in range(5)] == [0.5, 1.0, 2.0, None, None]
    assert book.total == 3


def test_restarts_that_are_long_ago_are_forgotten():
    book = a_book(limit=2)
    first = [book.next_wait_s(now) for now in (0.0, 1.0, 2.0)]
    later = [book.next_wait_s(now) for now in (60.5, 61.5, 62.0)]

    assert first == [0.5, 1.0, None]
    assert later == [1.0, 1.0, None]


def test_a_node_that_may_not_restart_stays_down():
    assert a_book(limit=0).next_wait_s(0.0) is None


def test_no_wait_is_longer_than_half_a_minute():
    book = a_book(limit=100)

    assert max(book.next_wait_s(0.0) for _ in range(100)) == 30.0


def test_thousands_of_restarts_are_counted_without_trouble():
    book = a_book(limit=3000, within=1e9)
    waits = [book.next_wait_s(0.0) for _ in range(3000)]

    assert waits[-1] == 30.0


@settings(max_examples=50)
@given(
    st.lists(st.floats(0, 100), max_size=60),
    st.integers(0, 6),
    st.floats(0.1, 20),
    st.floats(0.01, 2),
)
def test_never_more_than_the_limit_within_a_window(gaps, limit, within, backoff):
    book = a_book(limit, within, backoff)
    now, granted = 0.0, []
    for gap in gaps:
        now += gap
        wait = book.next_wait_s(now)
        if wait is not None:
            granted.append(now)
            assert 0 <= wait <= 30
        recent = [time for time in granted if time > now - within]
        assert len(recent) <= limit


@pytest.mark.parametrize("now", [-5.0, 0.0, 1e12])
def test_any_steady_clock_will_do(now):
    assert a_book().next_wait_s(now) == 0.5
