from pathlib import Path

import numpy as np
import pytest

from ranvier.analysis.behaviour import (
    MovementRule,
    find_movements,
    infer_samples_per_turn,
    interpolate_wheel,
)
from ranvier.analysis.faults import SignalFault
from ranvier.core import AnalysisError

DATA = Path(__file__).parents[3] / "data" / "ibl_wheel" / "wheel.npz"
TURN_CM = 6.2 * np.pi
T = np.arange(0, 10, 0.001)


@pytest.fixture
def recorded():
    with np.load(DATA) as file:
        return dict(file)


def move(*bouts):
    """A wheel that turns by 1 rad from each start to each end."""
    return sum(np.clip((T - a) / (b - a), 0, 1) for a, b in bouts)


def test_the_movements_that_the_ibl_expects_are_found(recorded):
    t, position = interpolate_wheel(recorded["times"], recorded["position"], 1000)
    found = find_movements(t, position, MovementRule.for_encoder(4096, TURN_CM))

    assert found.onsets == pytest.approx(recorded["onsets"], abs=1e-9)
    assert found.offsets == pytest.approx(recorded["offsets"], abs=1e-9)
    assert found.peak_amplitudes == pytest.approx(recorded["peak_amps"], abs=1e-9)
    assert found.t_peak_velocity == pytest.approx(recorded["peak_vel_times"], abs=0.01)


def test_the_encoder_is_told_from_its_steps(recorded):
    assert infer_samples_per_turn(recorded["position"], TURN_CM) == 2048
    with pytest.raises(SignalFault, match="never moved"):
        infer_samples_per_turn(np.zeros(10))


def find_plainly(position, rule):
    """Windows of 200 samples one by one, as the algorithm is told."""
    windows = [position[i : i + 200] for i in range(len(position))]
    moving = [bool(np.ptp(w) > rule.threshold) for w in windows]
    moving[-1] = False
    edges = [i for i in range(len(moving)) if moving[i] != (i > 0 and moving[i - 1])]
    pairs = list(zip(edges[::2], edges[1::2], strict=True))
    joined = pairs[:1]
    for first, last in pairs[1:]:
        if first - joined[-1][1] < 100:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    refined = []
    for first, last in joined:
        near = np.abs(windows[first] - position[first]) <= rule.onset_threshold
        refined.append((first + int(np.flatnonzero(near)[-1]), last))
    return [pair for pair in refined if pair[1] - pair[0] >= 50]


def test_a_noisy_wheel_moves_as_in_a_plain_loop():
    rng = np.random.default_rng(0)
    position = move((1, 1.3), (3, 3.2), (3.45, 4), (7, 7.02)) + rng.normal(
        0, 1e-3, T.size
    )
    found = find_movements(T, position)
    plain = np.array(find_plainly(position, MovementRule()))

    assert len(plain) == 2  # a jerk of 20 ms does not count
    np.testing.assert_array_equal(found.onsets, T[plain[:, 0]])
    np.testing.assert_array_equal(found.offsets, T[plain[:, 1]])


def test_turns_to_either_side_have_their_sign_and_size():
    found = find_movements(T, move((2, 2.5)) - 2 * move((5, 5.5)))

    assert found.peak_amplitudes == pytest.approx([1.0, -2.0], abs=0.05)
    assert found.onsets == pytest.approx([2.0, 5.0], abs=0.01)
    assert (
        (found.t_peak_velocity > [2, 5]) & (found.t_peak_velocity < [2.5, 5.5])
    ).all()
    assert found.provenance.n["n_movements"] == 2


def test_close_bouts_are_one_movement():
    near, far = move((2, 2.2), (2.25, 2.5)), move((2, 2.2), (3, 3.2))

    assert len(find_movements(T, near).onsets) == 1
    assert len(find_movements(T, far).onsets) == 2


@pytest.mark.parametrize("position", [np.zeros(T.size), 1e-3 * np.sin(T)])
def test_a_wheel_at_rest_has_no_movement(position):
    found = find_movements(T, position)

    assert len(found.onsets) == len(found.peak_amplitudes) == 0


def test_movements_at_the_ends_of_the_recording_are_closed():
    found = find_movements(T, T)

    assert found.onsets.shape == (1,)
    assert found.offsets[0] <= T[-1]
    assert len(find_movements(T[:2], [0.0, 1.0]).onsets) == 0


@pytest.mark.parametrize(
    ("t", "position"),
    [
        ([0.0, 0.1, 0.3], [0.0] * 3),
        ([0.0, 0.1, 0.1], [0.0] * 3),
        ([1.0, 0.0], [0.0] * 2),
        ([0.0, 1.0], [0.0, np.nan]),
        ([], []),
        ([1.0], [1.0]),
    ],
)
def test_uneven_steps_and_unknown_positions_are_faults(t, position):
    with pytest.raises(SignalFault, match="even steps") as caught:
        find_movements(t, position)

    assert "interpolate_wheel" in caught.value.mend


def test_unlike_lengths_are_refused():
    with pytest.raises(AnalysisError):
        find_movements([0.0, 1.0], [0.0])
