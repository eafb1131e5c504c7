import numpy as np

from ranvier.sim.motion import Drift, known_shifts, move


def test_without_size_nothing_moves():
    assert not known_shifts(0, 0.0, 100).any()


def test_the_walk_starts_at_zero_has_its_size_and_moves_slowly():
    shifts = known_shifts(0, 3.0, 20_000)

    assert shifts[0].tolist() == [0, 0]
    assert 2.0 < shifts.std() < 4.0
    assert np.abs(np.diff(shifts, axis=0)).max() <= 5


def test_the_truth_is_what_the_preparation_walks():
    drift = Drift(5, 2.0)

    walked = [drift.step().tolist() for _ in range(50)]

    assert walked == known_shifts(5, 2.0, 50).tolist()


def test_a_moved_frame_has_its_content_at_the_shifted_place():
    frame = np.arange(30).reshape(5, 6)
    moved = move(frame, np.array([1, -2]))

    np.testing.assert_array_equal(moved[1:, :-2], frame[:-1, 2:])
    np.testing.assert_array_equal(moved[0], moved[1])


def test_a_shift_beyond_the_frame_repeats_its_border():
    moved = move(np.arange(6).reshape(2, 3), np.array([9, 0]))

    np.testing.assert_array_equal(moved, [[0, 1, 2], [0, 1, 2]])
