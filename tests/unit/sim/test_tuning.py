import numpy as np
import pytest

from ranvier.sim.tuning import DIRECTIONS_DEG, hidden_tuning


def test_the_same_seed_gives_the_same_population_bit_by_bit():
    one, two = hidden_tuning(7, 26), hidden_tuning(7, 26)

    np.testing.assert_array_equal(
        one.compute_rates(DIRECTIONS_DEG), two.compute_rates(DIRECTIONS_DEG)
    )
    assert not np.array_equal(one.peak_hz, hidden_tuning(8, 26).peak_hz)


def test_more_cells_leave_the_first_as_they_are():
    few, many = hidden_tuning(3, 5), hidden_tuning(3, 40)

    np.testing.assert_array_equal(
        few.compute_rates(DIRECTIONS_DEG), many.compute_rates(DIRECTIONS_DEG)[:5]
    )


def test_the_preferred_direction_has_the_highest_rate():
    truth = hidden_tuning(0, 200)
    fine = np.arange(0.0, 360.0, 1.0)
    best = fine[truth.compute_rates(fine).argmax(axis=1)]
    tuned = np.array([kind == "tuned" for kind in truth.kinds])
    gap = (best - truth.preferred_deg + 180) % 360 - 180

    assert np.abs(gap[tuned]).max() <= 0.5


def test_untuned_cells_fire_alike_in_all_directions():
    truth = hidden_tuning(0, 200)
    untuned = np.array([kind == "untuned" for kind in truth.kinds])
    rates = truth.compute_rates(DIRECTIONS_DEG)[untuned]

    assert np.isnan(truth.preferred_deg[untuned]).all()
    np.testing.assert_array_equal(rates, rates[:, :1].repeat(8, axis=1))


def test_two_peaked_cells_answer_the_opposite_direction_too():
    truth = hidden_tuning(0, 200)
    two = np.array([kind == "two_peaked" for kind in truth.kinds])
    curves = np.array(
        [
            truth.compute_rates(p + np.array([90, 180, 270]))[i]
            for i, p in enumerate(truth.preferred_deg)
            if two[i]
        ]
    )

    assert (curves[:, 1] > curves[:, 0]).all()
    assert (curves[:, 1] > curves[:, 2]).all()


def test_kinds_come_in_the_shares_stated():
    kinds = hidden_tuning(1, 4000).kinds

    for kind, share in (("untuned", 0.15), ("two_peaked", 0.15), ("tuned", 0.7)):
        assert kinds.count(kind) / 4000 == pytest.approx(share, abs=0.03)


def test_a_population_of_none_is_empty():
    truth = hidden_tuning(0, 0)

    assert truth.compute_rates(DIRECTIONS_DEG).shape == (0, 8)
    assert truth.kinds == ()
