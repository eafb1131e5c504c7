"""How many trials does a tuning curve take: stimuli by lot, in blocks, or Bayesian?

Cells with the hidden tuning of the simulated preparation answer directions with
spike counts (Poisson), a gain that all cells share and that differs from trial to
trial, and noise of the measurement. After each trial the tuning curves are estimated,
and compared with the hidden ones over the directions shown:

    error = RMS over cells and directions of
            estimate / its own peak - hidden / its own peak        ("peak")
            (estimate - hidden) / peak of the hidden curve          ("known gain")

The first once more over the tuned cells alone: about 15 % of the cells are not tuned,
have low peaks, and so weigh much in the error over all cells.

Two estimators: "means" is the mean response to each direction, as an experimenter
draws it (a direction not shown yet gets the mean of the cell over all trials);
"process" is the Gaussian process of `BayesianChooser`. Reported for each way of
choosing: the error, and the trials after which it is, and stays, as small as that of
choice by lot with means after n trials, as a part of n: median over seeds, quartiles.

    python benchmarks/stimulus_choice.py [--seeds 20] [--trials 120]
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from ranvier.library.stimulus_choice import (
    BayesianChooser,
    BlockedChooser,
    UniformChooser,
)
from ranvier.sim.tuning import hidden_tuning

N_CELLS = 25
GAIN_SD = 0.15  # shared gain between trials, part of its mean
MEASUREMENT_SD = 1.5  # spikes

WAYS = (
    ("by lot", "means"),
    ("in blocks", "means"),
    ("information", "means"),
    ("by lot", "process"),
    ("in blocks", "process"),
    ("entropy", "process"),
    ("information", "process"),
)


class Means:
    """Mean response to each direction; the cell's mean where none was shown."""

    def __init__(self, directions):
        self.directions = list(directions)
        self.counts = np.zeros(len(self.directions))
        self.sums = np.zeros((N_CELLS, len(self.directions)))

    def tell(self, direction, response):
        column = self.directions.index(float(direction))
        self.counts[column] += 1
        self.sums[:, column] += response

    def estimate(self):
        overall = self.sums.sum(axis=1, keepdims=True) / self.counts.sum()
        means = self.sums / np.maximum(self.counts, 1)
        return np.where(self.counts > 0, means, overall)


def build(way, directions, seed, **settings):
    if way == "by lot":
        return UniformChooser(directions, seed)
    if way == "in blocks":
        return BlockedChooser(directions, seed)
    return BayesianChooser(directions, seed, acquisition=way, **settings)


def respond(rng, rates):
    gain = max(0.0, rng.normal(1.0, GAIN_SD))
    return rng.poisson(gain * rates) + rng.normal(0.0, MEASUREMENT_SD, rates.size)


def measure(estimate, hidden, is_tuned):
    peak = hidden.max(axis=1, keepdims=True)
    own = estimate.max(axis=1, keepdims=True)
    scaled = np.where(own > 0, estimate / np.where(own > 0, own, 1.0), 0.0)
    shape = (scaled - hidden / peak) ** 2
    known = ((estimate - hidden) / peak) ** 2
    return [np.sqrt(part.mean()) for part in (shape, shape[is_tuned], known)]


def simulate(way, estimator, n_directions, n_trials, seed):
    """Errors after each trial, shape (n_trials, 3)."""
    directions = np.arange(n_directions) * 360.0 / n_directions
    truth = hidden_tuning(seed, N_CELLS)
    hidden = truth.compute_rates(directions)
    rng = np.random.default_rng([seed, 1])
    chooser = build(way, directions, seed)
    means, belief = Means(directions), BayesianChooser(directions)
    if isinstance(chooser, BayesianChooser):
        belief = chooser
    errors = []
    for _ in range(n_trials):
        direction = chooser.ask()
        response = respond(rng, hidden[:, int(direction * n_directions / 360 + 0.5)])
        chooser.tell(direction, response)
        means.tell(direction, response)
        if estimator == "process" and belief is not chooser:
            belief.tell(direction, response)
        estimate = means.estimate() if estimator == "means" else belief.posterior().mean
        errors.append(measure(estimate, hidden, truth.peak_hz > 0))
    return np.array(errors)


def count_trials(errors, goal):
    """Trials after which the error is at most the goal for good."""
    above = np.flatnonzero(errors > goal)
    return above[-1] + 2 if above.size else 1


def spread(values, digits=2):
    low, mid, high = np.percentile(values, [25, 50, 75])
    return f"{mid:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def compare(n_directions, n_trials, n_seeds):
    marks = sorted({n_trials // 4, n_trials // 2, n_trials})
    results = {
        way: np.array(
            [simulate(*way, n_directions, n_trials, seed) for seed in range(n_seeds)]
        )
        for way in WAYS
    }
    reference = results[WAYS[0]]
    for kind, name in enumerate(("peak", "peak, tuned cells", "known gain")):
        print(f"\n{n_directions} directions, error: {name}, {n_seeds} seeds")
        heads = [f"error at {m}" for m in marks]
        heads += [f"trials / {m} by lot" for m in marks]
        print(f"{'choice':<12} {'estimate':<9}", *(f"{h:>21}" for h in heads))
        for way, errors in results.items():
            cells = [spread(errors[:, m - 1, kind], 3) for m in marks]
            for m in marks:
                goals = reference[:, m - 1, kind]
                parts = [
                    count_trials(errors[s, :m, kind], goals[s]) / m
                    for s in range(n_seeds)
                ]
                cells.append(spread(parts))
            print(f"{way[0]:<12} {way[1]:<9}", *(f"{cell:>21}" for cell in cells))


def drive(n_directions, n_trials, n_seeds):
    """How strongly the stimuli chosen drive one cell that is sought to be driven."""
    directions = np.arange(n_directions) * 360.0 / n_directions
    print(f"\nresponse of one tuned cell, part of its peak, {n_directions} directions")
    for way in ("by lot", "improvement", "upper_bound"):
        halves, found = [], []
        for seed in range(n_seeds):
            truth = hidden_tuning(seed, N_CELLS)
            target = int(np.flatnonzero(truth.peak_hz > 0)[0])
            hidden = truth.compute_rates(directions)
            rng = np.random.default_rng([seed, 1])
            settings = {} if way == "by lot" else {"cells": [target]}
            chooser, driven = build(way, directions, seed, **settings), []
            for _ in range(n_trials):
                column = int(chooser.ask() * n_directions / 360 + 0.5)
                chooser.tell(directions[column], respond(rng, hidden[:, column]))
                driven.append(hidden[target, column] / hidden[target].max())
            halves.append(np.mean(driven[n_trials // 2 :]))
            found.append(np.mean(driven[: n_trials // 2]))
        print(
            f"{way:<12} first {n_trials // 2} trials {spread(found)}"
            f"   next {n_trials // 2} {spread(halves)}"
        )


def clock_one_choice(n_directions, n_trials=60, n_cells=40):
    rng = np.random.default_rng(0)
    directions = np.arange(n_directions) * 360.0 / n_directions
    hidden = hidden_tuning(0, n_cells).compute_rates(directions)
    chooser, steps = BayesianChooser(directions), []
    for _ in range(n_trials):
        column = int(chooser.ask() * n_directions / 360 + 0.5)
        start = time.perf_counter()
        chooser.tell(directions[column], rng.poisson(hidden[:, column]))
        chooser.ask()
        steps.append(1e3 * (time.perf_counter() - start))
    print(
        f"tell + ask, {n_cells} cells, {n_directions} directions, {n_trials} trials: "
        f"median {np.median(steps):.2f} ms, largest {np.max(steps):.2f} ms"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=120)
    parser.add_argument("--directions", type=int, nargs="+", default=[8, 16, 24])
    asked = parser.parse_args()
    for n_directions in asked.directions:
        compare(n_directions, asked.trials, asked.seeds)
    drive(asked.directions[0], 32, asked.seeds)
    print()
    for n_directions in asked.directions:
        clock_one_choice(n_directions)


if __name__ == "__main__":
    main()
