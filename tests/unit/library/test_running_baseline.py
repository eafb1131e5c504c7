import numpy as np

from ranvier.library._running_baseline import RunningBaseline


def feed(tracker, frames, percentile=20.0):
    return np.array([tracker.update(np.atleast_1d(f), percentile) for f in frames])


def test_it_is_the_percentile_of_the_last_means():
    """Against the definition, computed anew at the end of each bin."""
    rng = np.random.default_rng(0)
    frames = rng.gamma(2.0, 50.0, (300, 7))
    baseline = feed(RunningBaseline(bin_frames=5, n_bins=12), frames, 30.0)
    means = frames.reshape(60, 5, 7).mean(1)

    for last in range(1, 61):
        wanted = np.percentile(means[max(last - 12, 0) : last], 30.0, axis=0)
        np.testing.assert_allclose(baseline[5 * last - 1], wanted)


def test_the_future_changes_nothing():
    frames = np.random.default_rng(1).normal(100, 10, (100, 3))
    other = frames.copy()
    other[60:] *= 5

    one = feed(RunningBaseline(4, 6), frames)
    two = feed(RunningBaseline(4, 6), other)

    np.testing.assert_array_equal(one[:60], two[:60])


def test_a_cell_that_joins_is_treated_as_if_it_had_come_alone():
    rng = np.random.default_rng(2)
    frames = rng.normal(100, 10, (120, 2))
    tracker = RunningBaseline(5, 6)
    feed(tracker, frames[:40, :1])
    both = feed(tracker, frames[40:])

    alone = feed(RunningBaseline(5, 6), frames[40:, 1:])
    np.testing.assert_allclose(both[:, 1:], alone)


def test_frames_without_a_value_are_left_out():
    frames = np.full((50, 2), 100.0)
    frames[::3, 0] = np.nan
    frames[:, 1] = np.nan
    baseline = feed(RunningBaseline(5, 4), frames)

    np.testing.assert_allclose(baseline[1:, 0], 100.0)
    assert np.isnan(baseline[:, 1]).all()


def test_a_cell_seen_in_half_a_bin_or_less_waits_for_a_better_one():
    tracker = RunningBaseline(10, 4)
    feed(tracker, np.zeros((8, 1)))
    first = feed(tracker, np.tile([0.0, 50.0], (2, 1)))
    later = feed(tracker, np.tile([0.0, 100.0], (10, 1)))

    assert first[-1, 1] == 50.0
    np.testing.assert_allclose(later[-1, 1], (2 * 50 + 10 * 100) / 12)


def test_no_cells_is_an_empty_baseline():
    assert feed(RunningBaseline(2, 2), np.zeros((9, 0))).shape == (9, 0)


def test_a_state_handed_over_goes_on_bit_by_bit():
    frames = np.random.default_rng(3).normal(100, 10, (90, 4))
    tracker, other = RunningBaseline(4, 6), RunningBaseline(4, 6)
    feed(tracker, frames[:37])
    other.take_state(tracker.to_state())

    np.testing.assert_array_equal(feed(tracker, frames[37:]), feed(other, frames[37:]))
