"""What a stage gives does not depend on how the signal is cut, nor on a hand-over."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.causal import (
    BleachingBaseline,
    CausalPhotometry,
    CausalSettings,
    EventAverage,
    LedDemux,
    PairAligner,
    RecursiveRegression,
    RunningZScore,
    run_causal,
)

N = 150
RATE = 10.0
STAGES = {
    "log baseline": lambda: BleachingBaseline(RATE, 3.0),
    "linear baseline": lambda: BleachingBaseline(RATE, 3.0, scale="linear"),
    "bisquare": lambda: RecursiveRegression(RATE, 5.0),
    "huber": lambda: RecursiveRegression(RATE, robust="huber"),
    "least squares": lambda: RecursiveRegression(RATE, math.inf, robust="none"),
    "z since the start": lambda: RunningZScore(RATE, warm_up=1.0),
    "z that forgets": lambda: RunningZScore(RATE, 3.0, warm_up=1.0),
}
CUTS = st.lists(st.integers(0, N), max_size=12).map(lambda c: [0, *sorted(c), N])


def make(seed=0, n_channels=2):
    """Bleaching and steps of noise, with missing values."""
    rng = np.random.default_rng(seed)
    fade = np.exp(-np.arange(N) / 100.0)[:, None]
    values = fade * (5.0 + rng.normal(size=(N, n_channels)) ** 3 / 10.0)
    values[rng.random(values.shape) < 0.1] = np.nan
    values[3, 0] = np.inf
    return values


def signals_for(stage):
    return [make(0), make(1)] if isinstance(stage, RecursiveRegression) else [make()]


def run_in_pieces(build, cuts, hand_over_at):
    """Run a stage over a signal in pieces; a fresh one goes on at one of the cuts."""
    stage, found = build(), []
    for n, (start, stop) in enumerate(itertools.pairwise(cuts)):
        if n == hand_over_at:
            stage, state = build(), stage.state()
            stage.restore(state)
        found.append(stage.update(*[s[start:stop] for s in signals_for(stage)]))
    return np.concatenate(found)


@pytest.mark.parametrize("name", STAGES)
@settings(max_examples=12, deadline=None)
@given(cuts=CUTS, hand_over_at=st.integers(1, 13))
def test_any_cut_gives_the_same_bits(name, cuts, hand_over_at):
    build = STAGES[name]
    expected = run_causal(build(), *signals_for(build()))

    found = run_in_pieces(build, cuts, hand_over_at)

    assert expected.shape == (N, 2)
    np.testing.assert_array_equal(expected, found)


@pytest.mark.parametrize("name", STAGES)
def test_a_channel_is_the_same_alone_and_among_others(name):
    build = STAGES[name]
    whole = run_causal(build(), *signals_for(build()))
    alone = run_causal(build(), *[s[:, 1] for s in signals_for(build())])

    assert alone.shape == (N,)
    np.testing.assert_array_equal(whole[:, 1], alone)


@pytest.mark.parametrize("name", STAGES)
def test_no_samples_and_nothing_but_missing_ones_leave_no_trace(name):
    stage, fresh = STAGES[name](), STAGES[name]()
    signals = signals_for(stage)
    empty = stage.update(*[s[:0] for s in signals])
    missing = stage.update(*[np.full_like(s, np.nan) for s in signals])

    assert empty.shape == (0, 2)
    assert np.isnan(missing).all()
    np.testing.assert_array_equal(run_causal(fresh, *signals), stage.update(*signals))


@settings(max_examples=15, deadline=None)
@given(cuts=CUTS, mode=st.sampled_from(["linear", "hold"]), hand_over=st.booleans())
def test_the_chain_is_the_same_however_both_bands_are_cut(cuts, mode, hand_over):
    chosen = CausalSettings(rate_hz=RATE, alignment=mode, warm_up=1.0, max_gap=0.25)
    signal, reference = make(0), make(1)
    times = np.delete(np.arange(N) / RATE, [70, 71, 72])
    late = np.delete(np.arange(N) / RATE + 0.05, slice(40, 50))
    signal, reference = signal[: times.size], reference[: late.size]
    expected = CausalPhotometry(chosen).update(times, signal, late, reference)

    chain, pieces = CausalPhotometry(chosen), []
    edges = np.array(cuts) / RATE + 0.01
    for before, after in zip([-1.0, *edges[1:-1]], [*edges[1:-1], 99.0], strict=True):
        if hand_over:
            chain, state = CausalPhotometry(chosen), chain.state()
            chain.restore(state)
        one = (times > before) & (times <= after)
        other = (late > before) & (late <= after)
        pieces.append(
            chain.update(times[one], signal[one], late[other], reference[other])
        )

    for field in expected._fields:
        parts = [np.atleast_1d(getattr(p, field)) for p in pieces if len(p.times)]
        np.testing.assert_array_equal(getattr(expected, field), np.concatenate(parts))
    assert np.isfinite(expected.z).sum() > 100


@settings(max_examples=15, deadline=None)
@given(cuts=CUTS, hand_over=st.booleans())
def test_averages_are_the_same_however_the_signal_is_cut(cuts, hand_over):
    times, values = np.arange(N) / RATE, make()
    events = [(1.234, "a"), (5.0, "b"), (4.99, "a"), (14.5, "a"), (-3.0, "b")]

    def build():
        average = EventAverage((-0.5, 1.0), RATE, baseline=(-0.3, 0.0))
        for event in events:
            average.add_event(*event)
        return average

    whole, average = build(), build()
    expected, found = whole.update(times, values), []
    for start, stop in itertools.pairwise(cuts):
        if hand_over:
            average, state = build(), average.state()
            average.restore(state)
        found += average.update(times[start:stop], values[start:stop])

    assert [r[:2] for r in expected] == [r[:2] for r in found]
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    for name, mean in whole.averages.items():
        for field in mean._fields:
            other = getattr(average.averages[name], field)
            np.testing.assert_array_equal(getattr(mean, field), other)


@settings(max_examples=15, deadline=None)
@given(
    cuts=CUTS,
    leds=st.lists(st.sampled_from([0, 1, 2, 4, 7, 9, 34]), min_size=N, max_size=N),
)
def test_bands_are_the_same_however_the_frames_are_cut(cuts, leds):
    values, whole, demux = make(), LedDemux(), LedDemux()
    expected = whole.update(leds, values, np.arange(N))
    pieces = [
        demux.update(leds[start:stop], values[start:stop], np.arange(start, stop))
        for start, stop in itertools.pairwise(cuts)
    ]

    assert whole.state() == demux.state()
    for name, rows in expected.items():
        found = np.concatenate([piece[name].values for piece in pieces])
        times = np.concatenate([piece[name].times for piece in pieces])
        np.testing.assert_array_equal(rows.values, found)
        np.testing.assert_array_equal(rows.times, times)


@settings(max_examples=20, deadline=None)
@given(order=st.lists(st.booleans(), max_size=60))
def test_pairs_do_not_depend_on_which_of_the_streams_is_ahead(order):
    times = np.arange(20.0)
    expected = PairAligner(max_gap=30.0).update(times, times, times + 0.25, times)
    aligner, found, n = PairAligner(max_gap=30.0), [], [0, 0]
    for is_reference in [*order, *[False] * 20, *[True] * 20]:
        k = n[is_reference]
        n[is_reference] += 1
        given_, none = [float(k)] * (k < 20), []
        stamps = [k + 0.25 * is_reference] * (k < 20)
        pieces = (none, none, stamps, given_) if is_reference else (
            stamps, given_, none, none
        )  # fmt: skip
        found += aligner.update(*pieces).reference.ravel().tolist()

    np.testing.assert_array_equal(expected.reference.ravel(), found)
    assert len(found) == 20
