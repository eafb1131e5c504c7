import numpy as np
import pytest

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.responses import extract_responses, extract_responses_until
from ranvier.core import AnalysisError

RATE = 30.0


@pytest.fixture
def recording():
    """A minute at uneven steps, two channels, and events anywhere between samples."""
    rng = np.random.default_rng(3)
    t = np.arange(1800) / RATE + rng.uniform(-0.004, 0.004, 1800)
    events = np.sort(rng.uniform(2, 58, 40))
    return t, rng.normal(size=(1800, 2)), events


def interpolate_one(t, x, at):
    """Read one value, as one would by hand."""
    after = next(i for i in range(len(t)) if t[i] >= at)
    if after == 0:
        return x[0]
    share = (at - t[after - 1]) / (t[after] - t[after - 1])
    return x[after - 1] * (1 - share) + x[after] * share


def test_values_are_those_of_a_plain_loop(recording):
    t, signal, events = recording
    found = extract_responses(t, signal[:, 0], events[:6], (-0.2, 0.3), rate_hz=RATE)
    expected = [
        [interpolate_one(t, signal[:, 0], e + k / RATE) for k in range(-6, 9)]
        for e in events[:6]
    ]

    assert found.t.tolist() == [k / RATE for k in range(-6, 9)]
    np.testing.assert_allclose(found.values, expected, atol=1e-10, rtol=0)


def test_channels_and_kinds_of_events_go_by_one_gather(recording):
    t, signal, events = recording
    kinds = {"stim": events, "feedback": events + 0.37}
    together = extract_responses(t, signal, kinds)
    alone = extract_responses(t, signal[:, 1], events + 0.37)

    assert together.kinds == ("stim", "feedback")
    assert together.values.shape == (2, 2, 40, 60)
    np.testing.assert_array_equal(together.values[1, 1], alone.values)
    assert together.provenance.n["n_events"] == 80


def test_a_line_is_read_exactly_between_samples():
    t = np.arange(0, 20, 1 / RATE)
    found = extract_responses(t, 3 * t - 1, [7.0101, 9.999])

    expected = 3 * (np.array([[7.0101], [9.999]]) + found.t) - 1
    np.testing.assert_allclose(found.values, expected, atol=1e-12, rtol=0)


def test_the_reference_takes_the_next_sample_and_is_late():
    t = np.arange(0, 20, 1 / RATE)
    found = extract_responses(t, t, [7.0101, 10.0, 19.5], compat="iblnm")
    first = next(i for i in range(len(t)) if t[i] >= 7.0101)

    assert found.t.shape == (60,)
    assert found.t[[0, -1]] == pytest.approx([-1.0, 29 / 30])
    np.testing.assert_array_equal(found.values[0], t[first - 30 : first + 30])
    np.testing.assert_array_equal(found.values[1], t[270:330])
    assert np.isnan(found.values[2]).all()


def test_the_reference_is_late_by_half_a_sample_on_average():
    t = np.arange(0, 120, 1 / RATE)
    events = np.random.default_rng(0).uniform(2, 118, 2000)
    exact = extract_responses(t, t, events).values
    late = extract_responses(t, t, events, compat="iblnm").values

    assert (late - exact).mean() == pytest.approx(0.5 / RATE, rel=0.05)


def test_a_row_is_nan_where_its_window_leaves_the_recording():
    t = np.arange(0, 10.01, 0.1)
    found = extract_responses(t, t, [0.99, 1.0, 9.1, 9.15, np.nan, -5.0, 50.0])

    known = ~np.isnan(found.values)
    assert known.all(1).tolist() == [False, True, True] + [False] * 4
    assert known.any(1).tolist() == known.all(1).tolist()
    assert found.provenance.n["n_missing"] == 5


def test_samples_in_a_gap_are_nan_and_so_is_the_row_of_an_event_in_it():
    t = np.delete(np.arange(0, 10, 0.1), np.arange(50, 60))
    found = extract_responses(t, t, [4.5, 5.5], (-0.5, 0.8))
    inside = (4.5 + found.t > 4.9 + 1e-9) & (4.5 + found.t < 6.0 - 1e-9)

    np.testing.assert_array_equal(np.isnan(found.values[0]), inside)
    assert np.isnan(found.values[1]).all()


def test_one_lost_frame_is_bridged():
    t = np.delete(np.arange(0, 10, 0.1), 50)

    np.testing.assert_allclose(
        extract_responses(t, t, [5.0], (0, 0.1)).values, [[5.0]], atol=1e-12
    )


def test_nan_in_the_signal_touches_only_its_neighbours():
    t = np.arange(0, 10, 0.1)
    signal = np.where(np.arange(100) == 50, np.nan, t)
    on_samples = extract_responses(t, signal, [t[48]], (0, 0.5)).values
    between = extract_responses(t, signal, [t[48] + 0.05], (0, 0.5)).values

    assert np.isnan(on_samples[0]).tolist() == [False, False, True, False, False]
    assert np.isnan(between[0]).tolist() == [False, True, True, False, False]


def test_a_constant_and_an_all_nan_signal_stay_what_they_are():
    t = np.arange(0, 10, 0.1)

    assert (extract_responses(t, np.full(100, 2.5), [5.03]).values == 2.5).all()
    assert np.isnan(extract_responses(t, np.full(100, np.nan), [5.0]).values).all()


def test_no_event_gives_no_row():
    t = np.arange(0, 10, 0.1)

    assert extract_responses(t, t, []).values.shape == (0, 20)
    assert extract_responses(t, t, [], compat="iblnm").values.shape == (0, 20)


@pytest.mark.parametrize(
    "t", [[0, 2, 1, 3], [0, 1, 1, 2], [0, 1, np.nan, 3], [1.0], []]
)
def test_times_that_do_not_increase_are_a_fault(t):
    with pytest.raises(SignalFault):
        extract_responses(t, np.zeros(len(t)), [1.0])


@pytest.mark.parametrize(
    ("signal", "events", "words"),
    [
        (np.zeros(99), [5.0], {}),
        (np.zeros(100), {"a": [1.0], "b": [1.0, 2.0]}, {}),
        (np.zeros(100), np.zeros((1, 1, 1)), {}),
        (np.zeros(100), [5.0], {"window": (0.5, 0.1)}),
        (np.zeros(100), [5.0], {"compat": "other"}),
    ],
)
def test_what_does_not_fit_is_said(signal, events, words):
    with pytest.raises(AnalysisError) as caught:
        extract_responses(np.arange(0, 10, 0.1), signal, events, **words)

    assert caught.value.mend


def test_a_long_trial_does_not_take_the_last_ones_with_it():
    t = np.arange(0, 100, 0.5)
    found = extract_responses_until(t, t, [10.0, 98.0, np.nan, 99.0], [55, 99, 5, 101])

    assert (~np.isnan(found.values)).sum(1).tolist() == [91, 3, 0, 0]
    np.testing.assert_allclose(found.values[1, :3], [98, 98.5, 99])
    assert found.values.shape == (4, 91)


def test_ends_before_events_give_empty_rows():
    t = np.arange(0, 10, 0.5)

    assert extract_responses_until(t, t, [5.0], [4.0]).values.shape == (1, 0)
    assert extract_responses_until(t, t, [np.nan], [4.0]).values.shape == (1, 1)
