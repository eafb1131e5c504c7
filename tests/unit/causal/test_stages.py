"""The stages against plain weighted fits, and on signals of known answer."""

import math

import numpy as np
import pytest

from ranvier.causal import (
    BleachingBaseline,
    CausalPhotometry,
    CausalSettings,
    PairAligner,
    RecursiveRegression,
    RunningZScore,
    compute_dff,
)
from ranvier.core import NodeError

RATE = 10.0


def weigh(n, time_constant):
    return np.exp(-np.arange(n)[::-1] / (time_constant * RATE))


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_the_baseline_is_the_end_of_a_weighted_line_with_a_ridge(scale):
    rng = np.random.default_rng(0)
    values = 3.0 + rng.random(200)
    values[50:60] = np.nan
    found = BleachingBaseline(RATE, 4.0, scale=scale).update(values)[-1]
    y = np.log(values) if scale == "log" else values
    w, age = weigh(200, 4.0), np.arange(200)[::-1]
    keep = np.isfinite(y)
    design = np.column_stack([np.ones(200), -age])[keep]
    normal = design.T @ (w[keep, None] * design) + np.diag([0.0, 40.0**3 / 96.0])
    expected = np.linalg.solve(normal, design.T @ (w[keep] * y[keep]))[0]

    np.testing.assert_allclose(np.exp(expected) if scale == "log" else expected, found)


def test_an_exponential_decay_is_followed_without_lag():
    t = np.arange(6000) / RATE
    decay = 0.02 * np.exp(-t / 300.0)
    off = BleachingBaseline(RATE, 20.0).update(decay) / decay - 1.0

    assert np.abs(off[1000:]).max() < 1e-3
    assert np.abs(off).max() < 0.03  # at the start, when it is the mean of the past


@pytest.mark.parametrize("level", [1e-12, 1.0, 1e12])
def test_a_constant_is_its_own_baseline(level):
    found = BleachingBaseline(RATE, 5.0).update(np.full(500, level))

    np.testing.assert_allclose(level, found, rtol=1e-12)


def test_a_baseline_outlives_a_gap_longer_than_its_memory():
    values = np.concatenate([np.exp(-np.arange(300) / 1e3), np.full(20_000, np.nan)])
    stage = BleachingBaseline(RATE, 5.0)
    inside = stage.update(values)[300:]
    after = stage.update(np.full(100, 7.0))

    known = inside[np.isfinite(inside)]
    assert 0.4 < known.min() <= known.max() < 1.0
    np.testing.assert_allclose(7.0, after)


def test_values_that_have_no_logarithm_are_missing_on_that_scale_alone():
    values = [1.0, 0.0, -1.0, 1.0]

    np.testing.assert_allclose(1.0, BleachingBaseline(RATE).update(values))
    assert BleachingBaseline(RATE, scale="linear").update(values)[2] < 0.1


def test_a_dead_channel_has_no_dff():
    found = compute_dff(np.zeros(3), BleachingBaseline(RATE).update(np.zeros(3)))

    assert np.isnan(found).all()


def test_plain_regression_is_the_weighted_least_squares_of_the_past():
    rng = np.random.default_rng(1)
    x = rng.normal(5.0, 1.0, 400)
    y = 2.0 + 0.6 * x + rng.normal(size=400)
    stage = RecursiveRegression(RATE, 15.0, robust="none", settle=0.1)
    found = stage.update(y, x)
    w = np.sqrt(weigh(399, 15.0))
    design = np.column_stack([np.ones(399), x[:399]])
    fit = np.linalg.lstsq(w[:, None] * design, w * y[:399], rcond=None)[0]

    np.testing.assert_allclose(y[-1] - fit @ [1.0, x[-1]], found[-1], rtol=1e-9)


@pytest.mark.parametrize("robust", ["bisquare", "huber"])
def test_robust_weights_keep_transients_from_the_fit(robust):
    rng = np.random.default_rng(2)
    x = rng.normal(size=4000)
    y = 0.5 * x + 0.1 * rng.normal(size=4000)
    dirty = y + np.where(rng.random(4000) < 0.1, 5.0 * (x > 0), 0.0)
    slopes = {}
    for kind in ("none", robust):
        stage = RecursiveRegression(RATE, math.inf, robust=kind)
        stage.update(dirty, x)
        slopes[kind] = stage.slope[0]

    assert slopes["none"] > 0.6
    assert abs(slopes[robust] - 0.5) < (0.01 if robust == "bisquare" else 0.06)


def test_a_step_of_the_signal_does_not_lock_the_fit_out():
    rng = np.random.default_rng(3)
    x = rng.normal(size=6000)
    y = x + 0.01 * rng.normal(size=6000) + np.where(np.arange(6000) > 2000, 50.0, 0.0)
    left = RecursiveRegression(RATE, 30.0).update(y, x)

    assert np.abs(left[-500:]).max() < 0.5


def test_a_still_reference_explains_nothing():
    stage = RecursiveRegression(RATE, robust="none")
    y = np.array([1.0, 2.0, 3.0, 2.0])
    left = stage.update(y, np.full(4, 0.1))

    np.testing.assert_allclose([0.0, 1.0, 1.5, 0.0], left, atol=1e-3)
    assert stage.slope[0] == 0.0


def test_regression_stays_exact_for_200_000_samples_on_a_large_offset():
    """They are 2000 time constants; what gathers would show."""
    rng = np.random.default_rng(4)
    x = np.tile(rng.normal(size=5000), 40)
    stage = RecursiveRegression(RATE, 10.0, robust="none")
    left = stage.update(1e6 + 0.8 * x, 1e6 + x)

    assert np.abs(left[-1000:]).max() < 1e-6
    np.testing.assert_allclose(0.8, stage.slope, rtol=1e-7)


def test_z_is_that_of_numpy_on_the_past():
    values = np.random.default_rng(5).normal(3.0, 2.0, 200)
    values[100] = np.nan
    found = RunningZScore(RATE, warm_up=2.0).update(values)
    past = values[:151][np.isfinite(values[:151])]

    assert np.isnan(found[:19]).all()
    assert np.isfinite(found[19:100]).all()
    assert np.isnan(found[100])
    np.testing.assert_allclose((values[150] - past.mean()) / past.std(), found[150])


def test_z_that_forgets_is_that_of_a_weighted_mean_and_sd():
    values = np.random.default_rng(6).normal(size=300)
    w = weigh(300, 5.0)
    mean = np.average(values, weights=w)
    sd = np.sqrt(np.average((values - mean) ** 2, weights=w))

    found = RunningZScore(RATE, 5.0).update(values)[-1]

    np.testing.assert_allclose((values[-1] - mean) / sd, found)


def test_a_constant_channel_has_no_z():
    found = RunningZScore(RATE, warm_up=0.0).update(np.full(50, 0.1))

    assert np.isnan(found).all()


def test_a_time_constant_may_change_under_way():
    values = np.random.default_rng(7).normal(size=100) + 10.0
    for stage in (BleachingBaseline(RATE, 5.0), RunningZScore(RATE, 5.0)):
        stage.update(values)
        state = stage.state()
        stage.set_time_constant(50.0)
        changed = stage.update(values)
        stage.restore(state)
        stage.set_time_constant(5.0)

        assert not np.array_equal(changed, stage.update(values))


def test_the_chain_finds_transients_under_bleaching_and_movement():
    rng = np.random.default_rng(8)
    n, rate = 18_000, 30.0
    t = np.arange(n) / rate
    onsets = np.arange(30, 580, 7.3)
    truth = sum((t > e) * np.exp(-np.maximum(t - e, 0.0) / 0.5) for e in onsets)
    motion = np.convolve(rng.normal(size=n), np.ones(15) / 15, "same")
    signal = (1 + np.exp(-t / 200)) * (1 + 0.05 * truth + 0.05 * motion)
    reference = (1 + np.exp(-t / 300)) * (
        1 + 0.03 * np.interp(t + 0.5 / rate, t, motion)
    )
    signal += 0.003 * rng.normal(size=n)
    late = t + 0.5 / rate

    done = CausalPhotometry(CausalSettings(rate)).update(t, signal, late, reference)

    raw = np.corrcoef(truth[1000:], done.dff[1000:, 0])[0, 1]
    corrected = np.corrcoef(truth[1000:], done.z[1000:, 0])[0, 1]
    assert len(done.times) == n  # the last reference is later than the last sample
    assert raw < 0.8 < 0.9 < corrected


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: BleachingBaseline(RATE, 0.0), "RV-N98"),
        (lambda: RunningZScore(math.nan), "RV-N98"),
        (lambda: RunningZScore(RATE).update(1.0), "RV-N97"),
        (lambda: RecursiveRegression(RATE).update([1.0], [1.0, 2.0]), "RV-N97"),
        (lambda: BleachingBaseline(RATE, scale="cubic"), "RV-N93"),
        (lambda: RecursiveRegression(RATE, robust="biweight"), "RV-N93"),
        (lambda: PairAligner("nearest"), "RV-N93"),
        (lambda: RunningZScore(RATE).restore({"memory": np.zeros((1, 5))}), "RV-N96"),
    ],
)
def test_what_can_not_be_done_is_told(act, code):
    with pytest.raises(NodeError) as told:
        act()

    assert told.value.code == code


def test_a_change_of_channels_is_told():
    stage = RunningZScore(RATE)
    stage.update(np.zeros((3, 2)))

    with pytest.raises(NodeError, match="number of channels"):
        stage.update(np.zeros((3, 1)))
