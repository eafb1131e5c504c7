import numpy as np
import pytest
from scipy.optimize import nnls

from ranvier.library._oasis import Kernel, Pools

RATE = 15.0


def make_traces(kernel, n_frames=200, n_cells=3, noise=0.25, seed=0):
    rng = np.random.default_rng(seed)
    shape = (n_frames, n_cells)
    spikes = (rng.random(shape) < 0.05) * rng.gamma(4.0, 0.25, shape)
    calcium = convolve(kernel, spikes)
    return spikes, calcium + rng.normal(0, noise, shape)


def convolve(kernel, spikes):
    calcium = np.zeros((len(spikes) + 2, spikes.shape[1]))
    for t, row in enumerate(spikes):
        calcium[t + 2] = kernel.g1 * calcium[t + 1] + kernel.g2 * calcium[t] + row
    return calcium[2:]


def infer(kernel, traces, penalty=0.0):
    pools = Pools(kernel, len(traces))
    for row in traces:
        pools.add(row, penalty)
    return pools.spikes(len(traces))


def solve(kernel, trace, penalty):
    """The minimum by a general solver: an oracle."""
    n = len(trace)
    matrix = convolve(kernel, np.eye(n))
    target = trace - penalty * (1 - kernel.g1 - kernel.g2)
    best = nnls(matrix, target)[0]
    return best, lambda spikes: ((target - matrix @ spikes) ** 2).sum()


@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_order_one_is_the_exact_minimum(penalty):
    kernel = Kernel(RATE, tau_decay_s=0.6)
    _, traces = make_traces(kernel)
    spikes = infer(kernel, traces, penalty)

    for cell in range(3):
        best, _ = solve(kernel, traces[:, cell], penalty)
        np.testing.assert_allclose(spikes[:, cell], best, atol=1e-6)


@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_order_two_is_within_two_percent_of_the_minimum(penalty):
    kernel = Kernel(RATE, tau_decay_s=0.6, tau_rise_s=0.07)
    _, traces = make_traces(kernel)
    spikes = infer(kernel, traces, penalty)

    for cell in range(3):
        best, cost = solve(kernel, traces[:, cell], penalty)
        assert cost(spikes[:, cell]) < 1.02 * cost(best)
        assert np.corrcoef(spikes[:, cell], best)[0, 1] > 0.98


@pytest.mark.parametrize("tau_rise_s", [0.0, 0.07])
def test_without_noise_the_true_spikes_come_back(tau_rise_s):
    kernel = Kernel(RATE, 0.6, tau_rise_s)
    truth, traces = make_traces(kernel, noise=0.0)

    np.testing.assert_allclose(infer(kernel, traces), truth, atol=1e-9)


@pytest.mark.parametrize("tau_rise_s", [0.0, 0.07])
def test_few_pools_give_what_all_would(tau_rise_s):
    """Older pools are final: with room for 32 nothing of the last 5 frames changes."""
    kernel = Kernel(RATE, 0.6, tau_rise_s)
    _, traces = make_traces(kernel, n_frames=300)
    few, many = Pools(kernel, 32), Pools(kernel, 300)
    for row in traces:
        few.add(row)
        many.add(row)

        for lag in (0, 5):
            np.testing.assert_allclose(few.spikes_at(lag), many.spikes_at(lag))
        np.testing.assert_allclose(few.calcium(), many.calcium())


def test_cells_do_not_touch_one_another():
    kernel = Kernel(RATE, 0.6, 0.07)
    _, traces = make_traces(kernel, n_cells=5)

    together = infer(kernel, traces)
    alone = np.hstack([infer(kernel, traces[:, [cell]]) for cell in range(5)])

    np.testing.assert_allclose(together, alone)


def test_a_cell_that_joins_is_treated_as_if_it_had_come_alone():
    kernel = Kernel(RATE, 0.6)
    _, traces = make_traces(kernel, n_cells=2)
    pools = Pools(kernel, 200)
    for row in traces[:80]:
        pools.add(row[:1])
    for row in traces[80:]:
        pools.add(row)

    np.testing.assert_allclose(
        pools.spikes(200)[80:, 1:], infer(kernel, traces[80:, 1:])
    )


def test_a_falling_or_negative_trace_has_no_spikes():
    kernel = Kernel(RATE, 0.6)
    traces = np.stack([np.full(50, -1.0), -np.arange(50.0), np.zeros(50)], axis=1)

    assert not infer(kernel, traces).any()


def test_frames_without_a_value_have_no_spike_and_spoil_nothing():
    kernel = Kernel(RATE, 0.6)
    truth, traces = make_traces(kernel, noise=0.0)
    truth[50:60] = 0
    traces = convolve(kernel, truth)
    traces[50:60] = np.nan

    np.testing.assert_allclose(infer(kernel, traces), truth, atol=1e-9)


def test_no_cells_and_no_frames_are_empty():
    kernel = Kernel(RATE, 0.6)
    pools = Pools(kernel)
    pools.add(np.zeros(0))

    assert pools.spikes_at(3).shape == (0,)
    assert pools.calcium().shape == (0,)
    assert Pools(kernel).spikes(0).shape == (0, 0)


def test_a_state_handed_over_goes_on_bit_by_bit():
    kernel = Kernel(RATE, 0.6, 0.07)
    _, traces = make_traces(kernel)
    pools, other = Pools(kernel), Pools(kernel)
    for row in traces[:150]:
        pools.add(row)
    other.take_state(pools.to_state())
    for row in traces[150:]:
        pools.add(row)
        other.add(row)

        np.testing.assert_array_equal(pools.spikes_at(2), other.spikes_at(2))
