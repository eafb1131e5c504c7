import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers._times import order_times, rising_edges

ANY = st.lists(
    st.integers(0, 40).map(float) | st.just(np.nan) | st.just(np.inf), max_size=25
)


@settings(deadline=None, max_examples=150)
@given(ANY)
def test_times_rise_after_ordering_or_are_one_fault(times):
    times, order = np.array(times, float), None
    try:
        order, _ = order_times(times, "x")
    except FileFault as error:
        assert error.mend  # noqa: PT017 - either is right
    else:
        assert np.all(np.diff(times[order]) > 0)
        assert set(times[order]) == set(times[np.isfinite(times)])


@given(st.lists(st.integers(0, 1), max_size=30))
def test_edges_are_those_of_a_plain_loop(line):
    expected = [k for k in range(1, len(line)) if line[k] > line[k - 1]]

    assert rising_edges(np.array(line, float)).tolist() == expected


def test_each_thing_that_was_mended_is_counted():
    times = np.r_[np.arange(10), np.arange(14, 20), 19, 18.5, np.nan].astype(float)
    _, notes = order_times(times, "GCaMP")

    assert notes == (
        "GCaMP: 1 samples without a time were left out.",
        "GCaMP: 1 samples out of order were sorted.",
        "GCaMP: 1 samples of a time seen before were left out.",
        "GCaMP: 1 gaps longer than 3 samples.",
    )


@pytest.mark.parametrize("times", [[], [np.nan], [1.0, 1.0], [2.0, 1.0]])
def test_times_that_can_not_be_used_are_a_fault(times):
    with pytest.raises(FileFault):
        order_times(np.array(times), "x", "m1.csv")


def test_a_single_sample_is_enough():
    assert order_times(np.array([3.0]), "x").order.tolist() == [0]
