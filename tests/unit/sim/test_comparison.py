from __future__ import annotations

import numpy as np
import pytest

from ranvier.sim.comparison import (
    build_footprints,
    fit_tuning,
    follow_tuning_error,
    match_cells,
    measure_tuning_error,
)
from ranvier.sim.tuning import DIRECTIONS_DEG, hidden_tuning


def test_rows_become_the_footprints_they_were_made_of():
    rng = np.random.default_rng(0)
    images = rng.random((3, 5, 7)) * (rng.random((3, 5, 7)) > 0.6)
    pixels = [np.flatnonzero(image) for image in images]
    rows = {
        "shape": np.array([5, 7]),
        "offsets": np.cumsum([0, *(each.size for each in pixels)]),
        "pixels": np.concatenate(pixels),
        "weights": np.concatenate(
            [i.ravel()[p] for i, p in zip(images, pixels, strict=True)]
        ),
    }

    np.testing.assert_array_equal(images, build_footprints(rows))


def test_no_cells_are_no_footprints():
    rows = {"shape": [4, 4], "offsets": [0], "pixels": [], "weights": []}

    assert build_footprints(rows).shape == (0, 4, 4)
    assert match_cells(np.zeros((0, 4, 4)), np.ones((2, 4, 4))).tolist() == [-1, -1]


def test_shuffled_and_scaled_cells_are_found_again():
    rng = np.random.default_rng(1)
    truth = np.zeros((6, 20, 20))
    for cell in range(6):
        truth[cell, 3 * cell : 3 * cell + 4, 5:9] = rng.random((4, 4)) + 0.5
    order = rng.permutation(6)

    np.testing.assert_array_equal(order, match_cells(truth, truth[order]))
    np.testing.assert_array_equal(
        np.argsort(order), match_cells(7.0 * truth[order], truth)
    )


def test_two_found_halves_of_a_cell_are_one_partner():
    cell = np.ones((1, 2, 8))
    left, right = cell * (np.arange(8) < 5), cell * (np.arange(8) >= 5)

    assert match_cells(np.concatenate((right, left)), cell).tolist() == [1]


def test_a_scaled_curve_has_no_error_and_an_upside_down_one_counts_as_zero():
    hidden = np.array([[1.0, 4.0, 2.0], [2.0, 2.0, 8.0]])

    np.testing.assert_allclose(
        measure_tuning_error(0.01 * hidden, hidden), 0, atol=1e-12
    )
    np.testing.assert_array_equal(fit_tuning(-hidden, hidden), 0.0)


def test_a_value_not_shown_counts_as_the_mean_of_the_cell():
    estimate = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    hidden = np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])

    np.testing.assert_allclose([0.0, 1.0], measure_tuning_error(estimate, hidden))


def test_the_error_falls_to_nought_as_the_truth_becomes_known():
    truth = hidden_tuning(0, 4)
    rates = truth.compute_rates(DIRECTIONS_DEG)
    partner = np.array([2, -1, 0, 1])
    found = rates[[2, 3, 0]]
    curves = [
        {"trial": 0, "mean": np.zeros((0, 1)), "directions": [90.0]},
        {"trial": 1, "mean": found[:1, :3], "directions": DIRECTIONS_DEG[:3]},
        {"trial": 2, "mean": found, "direction_deg": DIRECTIONS_DEG},
    ]
    errors = follow_tuning_error(curves, truth, partner)

    assert errors[:, 0].tolist() == [0, 1, 2]
    assert errors[0, 1] > errors[1, 1] > errors[2, 1]
    assert errors[2, 1] == pytest.approx(0.0, abs=1e-12)


def test_no_trials_or_no_cells_give_no_errors():
    truth = hidden_tuning(0, 2)
    curves = [{"trial": 0, "mean": np.zeros((1, 1)), "directions": [0.0]}]

    assert follow_tuning_error([], truth, [0, 1]).shape == (0, 2)
    assert follow_tuning_error(curves, truth, [-1, -1]).shape == (0, 2)
