import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.qc import (
    count_band_inversions,
    count_early_samples,
    count_signal_below_reference,
    fill_band_gaps,
)
from ranvier.core import AnalysisError

TIMES = np.arange(40) / 60.0


def make_turns(n=40):
    return ["Blue", "Violet"] * (n // 2)


def test_frames_in_time_and_in_turn_are_counted_zero():
    assert count_early_samples(TIMES) == 0
    assert count_band_inversions(make_turns(), TIMES) == 0


def test_early_frames_are_those_shorter_by_more_than_the_tolerance():
    intervals = np.full(40, 1 / 60)
    intervals[[5, 9]] -= 0.005
    intervals[20] -= 0.0009
    intervals[30] += 0.5

    assert count_early_samples(np.cumsum(intervals)) == 2
    assert count_early_samples(np.cumsum(intervals), 0.0005) == 3


def test_the_same_colour_twice_is_an_inversion():
    colors = make_turns()
    colors[10] = "Violet"

    assert count_band_inversions(colors, TIMES) == 2


def test_unknown_colours_in_time_take_turns():
    colors = make_turns()
    for place in (4, 5, 6, 20, 31, 32):
        colors[place] = ""

    assert fill_band_gaps(colors, TIMES).tolist() == make_turns()
    assert count_band_inversions(colors, TIMES) == 0


def test_unknown_colours_that_hide_an_inversion_show_it():
    colors = make_turns()
    colors[10:13] = ["", "", ""]
    del colors[13]

    assert count_band_inversions([*colors, "Blue"], TIMES) == 1


def test_unknown_colours_out_of_time_stay_unknown():
    colors = make_turns()
    colors[10:12] = ["", ""]
    late = TIMES + 0.2 * (np.arange(40) >= 11)

    assert fill_band_gaps(colors, late).tolist() == colors
    assert count_band_inversions(colors, late) == 1


@pytest.mark.parametrize("first", ["", "Green"])
def test_a_run_with_no_colour_of_the_pair_before_it_stays(first):
    colors = [first, "", *make_turns(38)]

    assert fill_band_gaps(colors, TIMES)[:2].tolist() == [first, ""]


def test_all_unknown_are_all_inversions():
    assert count_band_inversions([""] * 40, TIMES) == 39


@given(
    st.lists(st.sampled_from(["", "Blue", "Violet", "Green"]), min_size=40, max_size=40)
)
def test_filling_never_changes_what_is_known(colors):
    filled = fill_band_gaps(colors, TIMES)

    assert all(a == b for a, b in zip(colors, filled, strict=True) if a)


def test_weak_signals_are_counted_where_both_are_known():
    assert count_signal_below_reference([1.0, 1.0, np.nan, 3.0], [2.0] * 4) == 2


@pytest.mark.parametrize("times", [[], [1.0], [2.0, 1.0], [0.0, np.nan]])
def test_frames_without_rising_times_are_a_fault(times):
    with pytest.raises(SignalFault):
        count_early_samples(times)


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(AnalysisError, match="shape"):
        count_band_inversions(["Blue"], TIMES)
    with pytest.raises(AnalysisError, match="shape"):
        count_signal_below_reference([1.0], [1.0, 2.0])
