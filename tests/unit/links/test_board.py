"""The board: histograms known to a few per cent, rows that don't touch one another."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.core import LinkError
from ranvier.links import (
    Board,
    LinkField,
    NodeField,
    StreamField,
    find_bucket,
    percentile_ns,
)
from ranvier.links._board import N_BUCKETS, ROW, bucket_floor_ns

durations = st.integers(0, 2 * 10**11)


@given(durations)
def test_a_duration_lies_in_its_bucket(duration):
    bucket = find_bucket(duration)

    assert bucket_floor_ns(bucket) <= duration < bucket_floor_ns(bucket + 1)


@given(durations, durations)
def test_longer_durations_never_fall_into_lower_buckets(one, other):
    low, high = sorted((one, other))

    assert find_bucket(low) <= find_bucket(high)


@pytest.mark.parametrize("duration", [-(10**18), -1, 0, 1023])
def test_what_is_too_short_or_before_its_time_falls_into_the_first(duration):
    assert find_bucket(duration) == 0


@given(st.integers(10**12, 10**19))
def test_what_is_too_long_falls_into_the_last(duration):
    assert find_bucket(duration) <= N_BUCKETS - 1


def test_floors_rise_and_a_bucket_is_at_most_an_eighth_wide():
    floors = [bucket_floor_ns(bucket) for bucket in range(N_BUCKETS + 1)]
    widths = [b - a for a, b in itertools.pairwise(floors[1:])]

    assert floors == sorted(set(floors))
    assert all(w <= f / 8 for w, f in zip(widths, floors[1:], strict=False))


@given(st.lists(st.integers(1100, 10**10), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_right_to_seven_per_cent(values, fraction):
    counts = [0] * N_BUCKETS
    for value in values:
        counts[find_bucket(value)] += 1
    rank = max(0, -int(-fraction * len(values) // 1) - 1)
    truth = sorted(values)[rank]

    assert percentile_ns(counts, fraction) == pytest.approx(truth, rel=0.07)


def test_an_empty_histogram_has_no_percentile():
    assert percentile_ns([0] * N_BUCKETS, 0.5) is None


def test_no_two_rows_share_a_field():
    board = Board.in_memory(3, 4, 5)
    starts = [(board.node_row(i), ROW + N_BUCKETS) for i in range(3)]
    starts += [(board.stream_row(i), ROW) for i in range(4)]
    starts += [(board.link_row(i), ROW + 2 * N_BUCKETS) for i in range(5)]
    fields = [field for start, width in starts for field in range(start, start + width)]

    assert len(fields) == len(set(fields))
    assert max(fields) + 1 == len(board.values)


def test_every_field_has_its_place_in_a_row():
    for fields in (NodeField, StreamField, LinkField):
        assert max(fields) < ROW


def test_all_who_open_a_board_see_the_same_counts(tmp_path):
    board = Board.create(tmp_path / "board", 2, 1, 3)
    other = Board.open(tmp_path / "board")
    board.values[board.node_row(1) + NodeField.STEPS] = 7
    board.values[board.link_row(2) + LinkField.PRESENT] = 1
    other.mark_absent(2)

    assert (other.n_nodes, other.n_streams, other.n_links) == (2, 1, 3)
    assert other.node_field(1, NodeField.STEPS) == 7
    assert board.link_field(2, LinkField.PRESENT) == 0
    for each in (board, other):
        each.close()


def test_the_end_of_a_dead_writers_stream_is_marked_once():
    board = Board.in_memory(0, 1, 0)
    board.values[board.stream_row(0) + StreamField.WRITTEN] = 5
    board.end_stream(0)
    board.values[board.stream_row(0) + StreamField.WRITTEN] = 9
    board.end_stream(0)

    assert board.stream_field(0, StreamField.ENDED) == 6


def test_histograms_are_those_of_their_own_row():
    board = Board.in_memory(1, 1, 1)
    board.values[board.node_row(0) + ROW + 3] = 1
    board.values[board.link_row(0) + ROW + 4] = 2
    board.values[board.link_row(0) + ROW + N_BUCKETS + 5] = 3

    assert board.step_histogram(0)[3] == sum(board.step_histogram(0)) == 1
    assert board.delay_histogram(0)[4] == sum(board.delay_histogram(0)) == 2
    assert board.age_histogram(0)[5] == sum(board.age_histogram(0)) == 3


@pytest.mark.parametrize(
    "content", [b"", b"x", bytes(64), b"RAOBNAVR" + bytes(2000)], ids=len
)
def test_a_file_that_is_no_board_is_refused(tmp_path, content):
    (tmp_path / "board").write_bytes(content)

    with pytest.raises(LinkError, match="RV-L10"):
        Board.open(tmp_path / "board")


def test_a_board_cut_short_is_refused(tmp_path):
    path = tmp_path / "board"
    Board.create(path, 1, 1, 1).close()
    path.write_bytes(path.read_bytes()[:-8])

    with pytest.raises(LinkError, match="wrong length"):
        Board.open(path)


def test_a_board_is_never_made_over_another(tmp_path):
    Board.create(tmp_path / "board", 1, 1, 1).close()

    with pytest.raises(FileExistsError):
        Board.create(tmp_path / "board", 1, 1, 1)
