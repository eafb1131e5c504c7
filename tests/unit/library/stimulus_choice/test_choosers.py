"""What each chooser promises of its choices."""

import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.library.stimulus_choice import (
    BayesianChooser,
    BlockedChooser,
    UniformChooser,
    build_box_kernels,
    compute_improvement,
)
from ranvier.sim.tuning import hidden_tuning

DIRECTIONS = np.arange(0.0, 360.0, 45.0)


def choose(chooser, n_trials, respond=lambda value: np.zeros(2)):
    chosen = []
    for _ in range(n_trials):
        value = chooser.ask()
        chooser.tell(value, respond(value))
        chosen.append(value)
    return np.array(chosen)


def cosine(direction):
    return np.cos(np.deg2rad(direction - np.array([0.0, 120.0, 240.0])))


def test_by_lot_each_is_chosen_alike():
    counts = np.unique(choose(UniformChooser(DIRECTIONS), 4000), return_counts=True)[1]

    assert counts.size == 8
    assert np.abs(counts - 500).max() < 100


def test_in_blocks_each_is_chosen_once_a_block_and_orders_differ():
    blocks = choose(BlockedChooser(DIRECTIONS, seed=1), 80).reshape(10, 8)

    np.testing.assert_array_equal(np.tile(DIRECTIONS, (10, 1)), np.sort(blocks, axis=1))
    assert len({tuple(block) for block in blocks}) > 8


@pytest.mark.parametrize("kind", [UniformChooser, BlockedChooser, BayesianChooser])
def test_a_seed_gives_the_same_choices_and_another_gives_others(kind):
    one, same, other = (
        choose(kind(DIRECTIONS, seed), 24, cosine) for seed in (1, 1, 2)
    )

    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize("kind", [UniformChooser, BlockedChooser, BayesianChooser])
def test_a_restart_changes_no_choice_and_asking_twice_neither(kind):
    first, second = kind(DIRECTIONS, 5), kind(DIRECTIONS, 6)
    choose(first, 11, cosine)
    second.take_state(first.to_state())

    assert first.ask() == first.ask()
    np.testing.assert_array_equal(choose(first, 9, cosine), choose(second, 9, cosine))


@pytest.mark.parametrize("acquisition", ["information", "entropy"])
def test_what_informs_shows_all_directions_about_equally_often(acquisition):
    rng = np.random.default_rng(0)
    chooser = BayesianChooser(DIRECTIONS, acquisition=acquisition)
    chosen = choose(chooser, 40, lambda d: cosine(d) + rng.normal(0, 0.5, 3))
    counts = np.unique(chosen, return_counts=True)[1]

    assert counts.size == 8
    assert counts.min() >= 3
    assert counts.max() <= 7


@pytest.mark.parametrize("acquisition", ["improvement", "upper_bound"])
def test_what_drives_a_cell_is_found_and_shown(acquisition):
    rng = np.random.default_rng(1)
    chooser = BayesianChooser(DIRECTIONS, acquisition=acquisition, cells=[1])

    def respond(direction):
        angle = np.deg2rad(direction - np.array([0.0, 135.0]))
        return np.exp(2 * (np.cos(angle) - 1)) + rng.normal(0, 0.1, 2)

    chosen = choose(chooser, 40, respond)

    assert (chosen[20:] == 135.0).mean() > 0.7


def test_a_point_of_a_box_that_drives_a_cell_is_found():
    rng = np.random.default_rng(2)
    side = np.linspace(0, 1, 9)
    candidates = np.stack(np.meshgrid(side, 10 * side), axis=-1).reshape(-1, 2)
    best = np.array([0.75, 2.5])
    chooser = BayesianChooser(
        candidates,
        kernels=build_box_kernels(candidates.min(axis=0), candidates.max(axis=0)),
        acquisition="improvement",
    )

    def respond(point):
        apart = (point - best) / [0.25, 2.5]
        return [np.exp(-0.5 * (apart**2).sum()) + rng.normal(0, 0.05)]

    choose(chooser, 30, respond)
    found = candidates[chooser.posterior().mean[0].argmax()]

    assert (np.abs(found - best) <= [0.126, 1.26]).all()


def test_bayesian_choice_needs_fewer_trials_than_lots_and_means():
    """A small copy of benchmarks/stimulus_choice.py: 60 % of the trials are enough.

    Over all cells of the simulated preparation, untuned ones included: those are
    where the process wins most. Tuned cells alone need more than 60 %.
    """
    goals, errors = [], []
    for seed in range(6):
        rng = np.random.default_rng([seed, 9])
        hidden = hidden_tuning(seed, 25).compute_rates(DIRECTIONS)
        peak = hidden.max(axis=1, keepdims=True)
        lots, bayes = (
            UniformChooser(DIRECTIONS, seed),
            BayesianChooser(DIRECTIONS, seed),
        )
        sums, counts = np.zeros((25, 8)), np.zeros(8)

        def respond(direction, hidden=hidden, rng=rng):
            return rng.poisson(hidden[:, int(direction // 45)]) + rng.normal(0, 1.5, 25)

        for direction in choose(lots, 40):
            sums[:, int(direction // 45)] += respond(direction)
            counts[int(direction // 45)] += 1
        choose(bayes, 24, respond)
        means = sums / np.maximum(counts, 1)
        goals.append(np.sqrt(np.mean(((means - hidden) / peak) ** 2)))
        estimate = bayes.posterior().mean
        errors.append(np.sqrt(np.mean(((estimate - hidden) / peak) ** 2)))

    assert np.median(errors) <= np.median(goals)


def test_the_belief_can_be_read_between_the_candidates():
    chooser = BayesianChooser(DIRECTIONS)
    choose(chooser, 24, cosine)
    belief = chooser.posterior(np.arange(0, 360, 5.0))

    assert belief.mean.shape == belief.sd.shape == (3, 72)
    truth = np.array([cosine(d) for d in np.arange(0, 360, 5.0)]).T
    assert np.abs(belief.mean - truth).max() < 0.15


def test_fewer_cells_than_before_begin_the_belief_anew():
    chooser = BayesianChooser(DIRECTIONS)
    chooser.tell(0.0, np.ones(5))
    chooser.tell(45.0, np.ones(2))

    assert chooser.posterior().mean.shape == (2, 8)
    assert chooser.n_told == 2


def test_cells_that_do_not_exist_yet_are_left_out():
    chooser = BayesianChooser(DIRECTIONS, acquisition="improvement", cells=[40])
    choose(chooser, 3, cosine)

    assert np.isfinite(chooser.compute_worth()).all()


def test_expected_improvement_is_its_integral():
    mean, sd = np.array([[0.3, -0.2, 1.0]]), np.array([[0.5, 1.2, 0.0]])
    draws = np.random.default_rng(3).normal(size=400_000)
    expected = [
        np.maximum(m + s * draws - 1.0, 0).mean()
        for m, s in zip(mean[0], sd[0], strict=True)
    ]

    np.testing.assert_allclose([expected], compute_improvement(mean, sd), atol=2e-3)


@pytest.mark.parametrize("candidates", [[], [np.nan], [[[1.0]]], 5.0])
def test_candidates_that_are_none_are_refused(candidates):
    with pytest.raises(NodeError, match="choose"):
        UniformChooser(candidates)


def test_one_candidate_is_always_chosen():
    for kind in (UniformChooser, BlockedChooser, BayesianChooser):
        np.testing.assert_array_equal([7.0, 7.0, 7.0], choose(kind([7.0]), 3))
