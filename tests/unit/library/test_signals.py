"""The signal generator against what its parameters say."""

import numpy as np
import pytest

from ranvier.library.signals import SignalGenerator
from ranvier.node import StopProducing


def take(node, n):
    return np.array([node.produce() for _ in range(n)])


def test_a_sine_has_its_frequency_amplitude_and_offset():
    node = SignalGenerator(amplitude=3.0, offset=1.0, frequency_hz=5, rate_hz=100)
    t = np.arange(200) / 100

    np.testing.assert_allclose(
        1 + 3 * np.sin(2 * np.pi * 5 * t), take(node, 200), atol=1e-9
    )


def test_messages_of_many_samples_join_without_a_seam():
    one = SignalGenerator(channels=2, frequency_hz=3, rate_hz=100)
    many = SignalGenerator(channels=2, frequency_hz=3, rate_hz=100, samples=10)

    np.testing.assert_allclose(take(one, 50), take(many, 5).reshape(50, 2), atol=1e-9)
    assert many.pace_hz() == 10


def test_the_shape_of_a_message_follows_channels_and_samples():
    shapes = [
        np.shape(SignalGenerator(channels=c, samples=s).produce())
        for c, s in ((1, 1), (3, 1), (1, 4), (3, 4))
    ]

    assert shapes == [(), (3,), (4, 1), (4, 3)]


def test_a_live_frequency_makes_no_jump():
    node = SignalGenerator(frequency_hz=1, rate_hz=1000)
    before = take(node, 333)
    node.frequency_hz = 2.0
    after = take(node, 10)

    assert abs(after[0] - before[-1]) < 0.02


def test_noise_is_the_same_for_a_seed_and_after_a_restart():
    first = SignalGenerator(waveform="noise", seed=4)
    second = SignalGenerator(waveform="noise", seed=4)
    expected = take(first, 20)
    head = take(second, 7)
    third = SignalGenerator(waveform="noise", seed=4)
    third.setup()
    third.restore(second.checkpoint())

    np.testing.assert_array_equal(expected, np.concatenate([head, take(third, 13)]))
    assert len(set(expected)) == 20


def test_a_constant_is_constant_and_a_limit_ends_it():
    node = SignalGenerator(waveform="constant", amplitude=2.5, limit=2)

    assert take(node, 2).tolist() == [2.5, 2.5]
    with pytest.raises(StopProducing):
        node.produce()
