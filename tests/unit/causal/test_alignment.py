"""Pairs, bands and event averages on signals of known answer."""

import numpy as np
import pytest

from ranvier.causal import EventAverage, LedDemux, PairAligner
from ranvier.core import NodeError

NAN = np.nan


def test_a_late_reference_is_interpolated():
    pairs = PairAligner().update([0, 1, 2, 3], [5, 6, 7, 8], [0.5, 1.5, 2.5], [0, 2, 6])

    np.testing.assert_array_equal([0, 1, 2], pairs.times)
    np.testing.assert_array_equal([5, 6, 7], pairs.signal[:, 0])
    np.testing.assert_array_equal([NAN, 1, 4], pairs.reference[:, 0])


def test_hold_takes_the_last_reference_at_once():
    aligner = PairAligner("hold", max_gap=1.0)
    pairs = aligner.update([0, 1, 2, 4], [5, 6, 7, 8], [0.5, 2.0, 9.0], [1, 2, 3])

    np.testing.assert_array_equal([0, 1, 2, 4], pairs.times)
    np.testing.assert_array_equal([NAN, 1, 2, NAN], pairs.reference[:, 0])


def test_a_reference_at_the_same_moment_is_itself_even_beside_a_missing_one():
    pairs = PairAligner().update([0, 1], [5, 6], [0, 1, 2], [3, 4, NAN])

    np.testing.assert_array_equal([3, 4], pairs.reference[:, 0])


def test_a_gap_of_the_reference_is_not_bridged():
    pairs = PairAligner(max_gap=1.5).update([1.5], [5], [0, 1, 3], [0, 1, 3])

    np.testing.assert_array_equal([[NAN]], pairs.reference)


def test_samples_do_not_wait_for_ever_for_a_reference_that_died():
    aligner = PairAligner(max_gap=2.0)
    aligner.update([0.0], [5.0], [0.0], [9.0])
    released = [aligner.update([t], [5.0], [], []).times.size for t in range(1, 100)]

    assert sum(released) == 96
    assert aligner.state()["times"].size == 3


def test_references_do_not_pile_up_when_the_signal_died():
    aligner = PairAligner(max_gap=2.0)
    for t in range(100):
        aligner.update([], [], [t], [1.0])

    assert aligner.state()["reference_times"].size == 6


def test_frames_are_sorted_by_led_and_lost_ones_counted():
    demux = LedDemux()
    frames = [7, 2, 1, 2 + 16, 2, 1 + 32, 0, np.nan, 4]
    found = demux.update(frames, np.arange(18.0).reshape(9, 2), np.arange(9) * 10)

    np.testing.assert_array_equal([10, 30, 40], found["green"].times)
    np.testing.assert_array_equal([[4, 5], [10, 11]], found["isosbestic"].values)
    np.testing.assert_array_equal([[16, 17]], found["red"].values)
    assert (demux.n_without_band, demux.n_repeated) == (3, 1)


def test_frames_need_as_many_led_states():
    with pytest.raises(NodeError, match="shape"):
        LedDemux().update([1, 2], [[1.0]])


def line(t):
    return np.column_stack([3.0 * t, -t])


def test_a_response_is_exact_between_the_samples():
    t = np.arange(0, 10, 0.1)
    average = EventAverage((-1.0, 2.0), 30.0)
    average.add_event(4.567, "cue")
    (response,) = average.update(t, line(t))

    assert response.values.shape == (90, 2)
    np.testing.assert_allclose(line(4.567 + average.t), response.values, atol=1e-12)


def test_averages_are_those_of_numpy_by_condition():
    rng = np.random.default_rng(0)
    t, values = np.arange(600) / 10.0, rng.normal(size=600)
    values[200:203] = NAN
    average = EventAverage((-1.0, 2.0), 10.0, baseline=(-0.5, 0.0))
    onsets = np.arange(2, 55, 0.73)
    for n, onset in enumerate(onsets):
        average.add_event(onset, "ab"[n % 2])
    average.update(t, values)
    cut = np.array([np.interp(e + average.t, t, values) for e in onsets])
    cut -= np.nanmean(cut[:, 5:10], axis=1)[:, None]
    n = np.isfinite(cut[::2]).sum(axis=0)

    found = average.averages["a"]
    np.testing.assert_array_equal(n, found.n[:, 0])
    np.testing.assert_allclose(np.nanmean(cut[::2], axis=0), found.mean[:, 0])
    sem = np.nanstd(cut[::2], axis=0, ddof=1) / np.sqrt(n)
    np.testing.assert_allclose(sem, found.sem[:, 0])
    assert set(average.averages) == {"a", "b"}


def test_a_response_under_way_is_missing_where_it_has_still_to_come():
    t = np.arange(0, 5.05, 0.1)
    average = EventAverage((-1.0, 2.0), 10.0)
    average.add_event(4.0)
    done = average.update(t, t)
    (pending,) = average.pending()

    assert done == []
    assert average.averages == {}
    np.testing.assert_allclose(4.0 + average.t[:21], pending.values[:21, 0])
    assert np.isnan(pending.values[21:]).all()


def test_missing_samples_and_gaps_are_not_bridged():
    t = np.delete(np.arange(0, 10, 0.1), slice(50, 60))
    values = t.copy()
    values[45] = NAN
    average = EventAverage((-1.0, 2.0), 10.0, max_gap=0.3)
    average.add_event(5.05)
    (response,) = average.update(t, values)

    wanted = 5.05 + average.t
    lost = ((wanted > 4.4) & (wanted < 4.6)) | ((wanted > 4.9) & (wanted < 6.0))
    np.testing.assert_array_equal(lost, np.isnan(response.values[:, 0]))


def test_one_response_has_no_standard_error():
    average = EventAverage((0.0, 1.0), 10.0)
    average.add_event(1.0)
    average.update(np.arange(0, 5, 0.1), np.ones(50))

    np.testing.assert_array_equal(1.0, average.averages[""].mean)
    assert np.isnan(average.averages[""].sem).all()


def test_an_event_told_late_still_finds_its_signal_and_much_later_not():
    average = EventAverage((0.0, 1.0), 10.0, patience=2.0)
    t = np.arange(0, 10, 0.1)
    average.update(t, t)
    average.add_event(7.0, "late")
    average.add_event(2.0, "too late")
    done = average.update([10.0], [10.0])

    assert [r.condition for r in done] == ["too late", "late"]
    assert np.isnan(done[0].values).all()
    np.testing.assert_allclose(7.0 + average.t, done[1].values[:, 0])


def test_a_window_before_its_event_is_cut_when_the_event_is_told():
    average = EventAverage((-2.0, -1.0), 10.0, patience=0.0)
    t = np.arange(0, 10, 0.1)
    average.update(t, t)
    average.add_event(9.9)
    (response,) = average.update([10.0], [10.0])

    np.testing.assert_allclose(9.9 + average.t, response.values[:, 0])


def test_what_is_no_event_and_no_later_sample_is_left_out():
    average = EventAverage((0.0, 1.0), 10.0)
    average.add_event(NAN)
    average.update([1.0, 1.0, 0.5, 2.0], [1.0, 2.0, 3.0, 4.0])

    assert average.n_disordered == 2
    assert average.pending() == []


@pytest.mark.parametrize(
    "settings",
    [
        {"window": (1.0, 1.0)},
        {"window": (0.0, np.inf)},
        {"rate_hz": 0.0},
        {"baseline": (-9.0, -8.0)},
    ],
)
def test_a_window_without_a_point_is_told(settings):
    with pytest.raises(NodeError, match="holds no point"):
        EventAverage(**settings)
