import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.library._oasis import Kernel
from ranvier.library._trace_noise import RunningNoise, measure_noise
from ranvier.library.deconvolution import (
    Deconvolver,
    deconvolve,
)

RATE = 15.0


def make_traces(n_frames=600, n_cells=4, noise=0.15, seed=0):
    """Spikes of a known kernel, in units of their peak, and the noisy trace."""
    rng = np.random.default_rng(seed)
    kernel = Kernel(RATE, 0.6, 0.07)
    spikes = rng.poisson(0.04, (n_frames, n_cells)).astype(float)
    shape = kernel.own / kernel.peak
    calcium = np.stack([np.convolve(s, shape)[:n_frames] for s in spikes.T], axis=1)
    return spikes, calcium + rng.normal(0, noise, calcium.shape)


def run(node, traces):
    node.setup()
    return [node.process({"dff": np.asarray(row, np.float32)}) for row in traces]


def correlate(one, two):
    return np.array(
        [np.corrcoef(a, b)[0, 1] for a, b in zip(one.T, two.T, strict=True)]
    )


def smooth(rates, sigma):
    at = np.arange(-int(4 * sigma), int(4 * sigma) + 1)
    kernel = np.exp(-0.5 * (at / sigma) ** 2)
    return np.stack([np.convolve(r, kernel, "same") for r in rates.T], axis=1)


def test_known_spikes_come_back_in_frame_and_size():
    truth, traces = make_traces()
    spikes = deconvolve(traces, RATE, 0.6, 0.07, penalty=1.0).spikes

    assert correlate(spikes, truth).min() > 0.85
    np.testing.assert_allclose(spikes.sum(0) / truth.sum(0), 1.0, atol=0.15)


def test_the_online_node_gives_spikes_lag_frames_late():
    truth, traces = make_traces()
    results = run(Deconvolver(lag=0.2), traces)
    lag = results[0]["spikes_lag"]
    spikes = np.array([r["spikes"] for r in results])

    assert lag == 3
    assert correlate(spikes[lag:], truth[:-lag]).min() > 0.85


def test_a_longer_lag_is_never_worse_against_the_truth():
    truth, traces = make_traces(n_cells=12)
    quality = []
    for lag in (0, 1, 4, 10):
        node = Deconvolver(lag=lag / RATE)
        spikes = np.array([r["spikes"] for r in run(node, traces)])
        quality.append(correlate(spikes[lag:], truth[: 600 - lag]).mean())

    assert all(b > a - 0.01 for a, b in itertools.pairwise(quality))


def test_the_future_beyond_the_lag_changes_nothing():
    _, traces = make_traces(n_frames=120)
    other = traces.copy()
    other[80:] += 3.0

    one, two = (run(Deconvolver(), each) for each in (traces, other))

    for k in range(80):
        np.testing.assert_array_equal(one[k]["spikes"], two[k]["spikes"])


def test_what_is_left_over_is_as_large_as_the_noise_where_no_penalty_is_given():
    _, traces = make_traces(n_frames=450, noise=0.2)
    result = deconvolve(traces, RATE, 0.6, 0.07)
    left = np.sqrt(((traces - result.calcium) ** 2).mean(axis=0))

    np.testing.assert_allclose(left, measure_noise(traces), rtol=0.03)
    assert (result.penalty > 0).all()


def test_a_higher_penalty_leaves_fewer_spikes_in_noise():
    noise = np.random.default_rng(2).normal(0, 1, (400, 5))
    total = [
        deconvolve(noise, RATE, 0.6, penalty=p).spikes.sum() for p in (0.0, 1.0, 4.0)
    ]

    assert total[0] > total[1] > total[2]
    assert total[2] < 0.05 * total[0]


@pytest.mark.parametrize("sigma", [0.01, 1.0, 30.0])
def test_running_noise_finds_the_noise_despite_transients(sigma):
    _, traces = make_traces(n_frames=1500, noise=1.0 / 8)
    noise = RunningNoise()
    for row in traces * 8 * sigma:
        found = noise.update(row)

    np.testing.assert_allclose(found, sigma, rtol=0.35)


def test_a_constant_trace_has_neither_noise_nor_spikes():
    results = run(Deconvolver(), np.full((50, 2), 0.0))

    assert not np.array([r["spikes"] for r in results]).any()


def test_cells_may_join_and_a_finder_that_began_anew_is_followed():
    node = Deconvolver()
    sizes = [0, 2, 2, 5, 1, 0, 3]

    results = run(node, [np.ones(n) for n in sizes])

    assert [r["spikes"].size for r in results] == sizes


def test_unmeasured_frames_stay_finite():
    _, traces = make_traces(n_frames=100)
    traces[20:40, 0] = np.nan
    results = run(Deconvolver(), traces)

    assert np.isfinite([r["spikes"] for r in results]).all()
    assert np.isfinite([r["denoised"] for r in results]).all()


def test_empty_and_single_frames_are_taken():
    assert deconvolve(np.zeros((0, 3)), RATE, 0.6).spikes.shape == (0, 3)
    assert deconvolve(np.zeros((1, 3)), RATE, 0.6, 0.07).spikes.shape == (1, 3)


def test_all_keys_are_kept():
    node = Deconvolver()
    node.setup()
    result = node.process({"dff": np.zeros(2, np.float32), "frame": 7})

    assert set(result) == {"dff", "frame", "spikes", "denoised", "spikes_lag"}
    assert result["spikes"].dtype == np.float32


def test_a_missing_signal_is_named():
    with pytest.raises(NodeError, match="dff"):
        Deconvolver().process({"trace": np.zeros(1)})


def test_a_rise_longer_than_the_decay_fails_at_setup():
    with pytest.raises(NodeError, match="rise"):
        Deconvolver(tau_rise=0.7).setup()


def test_a_restarted_node_goes_on_bit_by_bit():
    _, traces = make_traces(n_frames=100)
    node, other = Deconvolver(), Deconvolver()
    run(node, traces[:60])
    other.setup()
    other.restore(node.checkpoint())

    for row in traces[60:]:
        one, two = (each.process({"dff": row}) for each in (node, other))
        np.testing.assert_array_equal(one["spikes"], two["spikes"])


def read_ground_truth():
    """Fluorescence and spikes of nine cells, GCaMP6s in V1 (Theis et al. 2016)."""
    loadmat = pytest.importorskip("scipy.io").loadmat
    shared = os.environ.get("RANVIER_SHARED")
    if not shared:
        pytest.skip("RANVIER_SHARED does not name the folder of ground-truth data")
    files = sorted(Path(shared).glob("data/spikes/DS16*/*.mat"))
    if not files:
        pytest.skip("the ground-truth data are not in RANVIER_SHARED")
    traces, counts = [], []
    for file in files:
        record = loadmat(file)["CAttached"][0][0][0, 0]
        time, events = record["fluo_time"].ravel(), record["events_AP"].ravel() * 1e-4
        edges = np.append(time, 2 * time[-1] - time[-2]) - np.diff(time).mean() / 2
        counts.append(np.histogram(events[np.isfinite(events)], edges)[0])
        traces.append(record["fluo_mean"].ravel())
    return np.array(traces).T, np.array(counts, float).T


def test_real_spikes_are_found_better_than_by_fluorescence_alone():
    """Time constants of GCaMP6s from Chen et al. (2013), nothing fitted to the data."""
    rate = 59.1
    traces, counts = read_ground_truth()
    traces = traces - np.percentile(traces, 10, axis=0)
    true = smooth(counts, 0.2 * rate)
    alone = correlate(smooth(traces, 0.2 * rate), true).mean()
    found = deconvolve(traces, rate, 0.8, 0.08, penalty=1.0).spikes

    assert alone < 0.45
    assert correlate(smooth(found, 0.2 * rate), true).mean() > 0.70
