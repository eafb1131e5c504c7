"""Filters against SciPy's design and run, and on signals of known answer."""

import numpy as np
import pytest
from scipy import signal as oracle

from ranvier.core import NodeError
from ranvier.library._butterworth import SectionFilter, design_butterworth
from ranvier.library.filters import Downsample, MovingAverage, OnlineFilter

CASES = [
    ("lowpass", (10.0,), 100.0),
    ("lowpass", (0.02,), 1000.0),
    ("highpass", (0.5,), 100.0),
    ("highpass", (49.0,), 100.0),
    ("bandpass", (1.0, 40.0), 100.0),
    ("bandpass", (9.0, 11.0), 1000.0),
]


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize(("band", "edges", "rate"), CASES)
def test_the_design_has_the_response_of_scipy(band, edges, rate, order):
    frequencies = np.geomspace(1e-3, rate / 2, 200)
    wanted = oracle.butter(
        order, edges if len(edges) == 2 else edges[0], band, output="sos", fs=rate
    )
    _, expected = oracle.freqz_sos(wanted, frequencies, fs=rate)

    found = design_butterworth(order, edges, rate, band)
    _, response = oracle.freqz_sos(found, frequencies, fs=rate)

    assert len(wanted) == len(found)
    np.testing.assert_allclose(np.abs(expected), np.abs(response), atol=1e-6)
    loud = np.abs(expected) > 1e-3
    np.testing.assert_allclose(expected[loud], response[loud], rtol=1e-5)


def test_edges_are_at_minus_3_db():
    sections = design_butterworth(3, (5.0, 20.0), 100.0, "bandpass")
    _, response = oracle.freqz_sos(sections, [5.0, 20.0], fs=100.0)

    np.testing.assert_allclose(np.sqrt(0.5), np.abs(response), rtol=1e-9)


def test_a_run_in_pieces_is_scipys_run_in_one():
    x = np.random.default_rng(0).normal(size=(500, 3)) + 7.0
    node = OnlineFilter(
        band="bandpass", low_hz=2, high_hz=20, rate_hz=200, order=3, blocks=True
    )
    pieces = [node.process(x[:1]), node.process(x[1:120]), node.process(x[120:])]

    sections = design_butterworth(3, (2.0, 20.0), 200.0, "bandpass")
    start = oracle.sosfilt_zi(sections)[:, :, None] * x[0]
    expected, _ = oracle.sosfilt(sections, x, axis=0, zi=start)
    np.testing.assert_allclose(expected, np.concatenate(pieces), atol=1e-9)


@pytest.mark.parametrize("band", ["lowpass", "highpass", "bandpass"])
def test_a_constant_makes_no_transient(band):
    node = OnlineFilter(band=band, low_hz=1, high_hz=10, rate_hz=100)
    answers = np.array([node.process(np.array([1e6, -3.0])) for _ in range(50)])

    expected = [1e6, -3.0] if band == "lowpass" else [0.0, 0.0]
    np.testing.assert_allclose(np.broadcast_to(expected, (50, 2)), answers, atol=1e-6)


def test_a_gap_ends_with_its_channel_begun_anew():
    node = OnlineFilter(high_hz=10, rate_hz=100)
    node.process(np.array([1.0, 1.0]))
    gap = node.process(np.array([np.nan, 1.0]))
    after = node.process(np.array([5.0, 1.0]))

    assert np.isnan(gap[0])
    np.testing.assert_allclose([5.0, 1.0], after)
    np.testing.assert_allclose(1.0, gap[1])


def test_a_restored_filter_goes_on_bit_for_bit():
    x = np.random.default_rng(1).normal(size=(40, 2))
    whole, first = OnlineFilter(rate_hz=100), OnlineFilter(rate_hz=100)
    expected = [whole.process(row) for row in x]
    for row in x[:20]:
        first.process(row)
    second = OnlineFilter(rate_hz=100)
    second.restore(first.checkpoint())
    found = [second.process(row) for row in x[20:]]

    np.testing.assert_array_equal(expected[20:], found)


def test_edges_change_live_and_a_bad_edge_is_refused():
    node = OnlineFilter(band="lowpass", high_hz=10, rate_hz=100)
    before = node.checkpoint()
    node.process(np.ones(1))
    node.high_hz = 20.0

    with pytest.raises(NodeError, match="lowpass"):
        node.set_parameter("high_hz", 50.0)
    assert node.high_hz == 20.0
    assert before["memory"].shape[2] == 0


@pytest.mark.parametrize(("low", "high"), [(0.0, 10.0), (10.0, 10.0), (20.0, 10.0)])
def test_impossible_bands_are_refused(low, high):
    with pytest.raises(NodeError):
        OnlineFilter(band="bandpass", low_hz=low, high_hz=high, rate_hz=100)


def test_a_filter_without_samples_gives_none():
    sections = design_butterworth(2, (10.0,), 100.0, "lowpass")

    assert SectionFilter(sections).run(np.zeros((0, 3))).shape == (0, 3)
    assert OnlineFilter().process(np.zeros(0)).shape == (0,)


def test_a_moving_average_is_the_mean_of_the_window():
    x = np.random.default_rng(2).normal(size=(30, 2))
    node = MovingAverage(window=7)
    found = np.array([node.process(row) for row in x])

    for i in range(30):
        np.testing.assert_allclose(x[max(0, i - 6) : i + 1].mean(axis=0), found[i])


def test_a_moving_average_leaves_gaps_out():
    node = MovingAverage(window=2)
    found = [float(node.process(x)) for x in (np.nan, 1.0, np.nan, np.nan, 4.0)]

    np.testing.assert_array_equal([np.nan, 1.0, 1.0, np.nan, 4.0], found)


def test_a_restored_average_goes_on():
    node, other = MovingAverage(window=3), MovingAverage(window=3)
    other.restore(node.checkpoint())
    other.process(1.0)
    node.restore(other.checkpoint())

    assert float(node.process(3.0)) == 2.0


def test_downsample_sends_means_of_whole_groups():
    node = Downsample(factor=3)
    found = [node.process(np.array([x, -x])) for x in range(7)]

    sent = [x for x in found if x is not None]
    np.testing.assert_array_equal([[1, -1], [4, -4]], sent)


def test_downsample_can_send_the_last_and_go_on_after_a_restart():
    node, other = Downsample(factor=2, take="last"), Downsample(factor=2, take="last")
    node.process(5.0)
    other.restore(node.checkpoint())

    assert other.process(6.0) == 6.0


def test_downsample_refuses_a_new_shape_in_a_group():
    node = Downsample(factor=2)
    node.process(np.zeros(2))

    with pytest.raises(NodeError, match="shape"):
        node.process(np.zeros(3))
