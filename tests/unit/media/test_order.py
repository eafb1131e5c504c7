from hypothesis import given
from hypothesis import strategies as st

from ranvier.media import pick_frame


def test_once_ends_after_the_last_frame():
    shown = [pick_frame(step, 3, "once") for step in range(5)]

    assert shown == [0, 1, 2, None, None]


def test_repeat_begins_again():
    shown = [pick_frame(step, 3, "repeat") for step in range(7)]

    assert shown == [0, 1, 2, 0, 1, 2, 0]


def test_pingpong_shows_neither_end_twice():
    shown = [pick_frame(step, 4, "pingpong") for step in range(8)]

    assert shown == [0, 1, 2, 3, 2, 1, 0, 1]


def test_a_movie_of_one_frame_stands_still():
    assert {0} == {pick_frame(step, 1, "pingpong") for step in range(4)}
    assert {0} == {pick_frame(step, 1, "repeat") for step in range(4)}


@given(n=st.integers(2, 50), step=st.integers(0, 10_000))
def test_pingpong_moves_by_one_frame_and_stays_inside(n, step):
    here, there = (pick_frame(step + k, n, "pingpong") for k in (0, 1))

    assert 0 <= here < n
    assert abs(here - there) == 1
