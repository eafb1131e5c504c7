"""How many trials does the closed-loop demo take: directions by lot, or Bayesian?

Each seed is another preparation: other hidden tuning, other spikes. It is run through
the whole loop as fast as it can (source, motion, cells, ΔF/F, spikes, tuning, choice,
each a process), once with directions chosen by lot, once with the Bayesian choice.

The error is that of `ranvier.sim.comparison.follow_tuning_error`, after each trial, for
two ways of estimating: "means" of the responses, and the Gaussian "process" of the
choice (it is told the recorded responses afterwards, whoever chose). Reported: the
error, and the trials after which it is, and stays, as small as that of choice by lot
with means after all trials, as a part of them: median over seeds, quartiles.

    python benchmarks/demo_choice.py [--seeds 20] [--trials 40] [--first-seed 0]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from importlib import resources
from pathlib import Path

import numpy as np

from ranvier.library.stimulus_choice import BayesianChooser
from ranvier.recording import open_recording
from ranvier.runtime import RunRequest, start_run
from ranvier.sim.calcium import read_cells
from ranvier.sim.comparison import build_footprints, follow_tuning_error, match_cells
from ranvier.sim.preparation import find_shipped
from ranvier.sim.tuning import DIRECTIONS_DEG, hidden_tuning

FRAMES_PER_TRIAL = 30
WAYS = {"by lot": "UniformChoice", "Bayesian": "BayesianChoice"}
ESTIMATES = ("means", "process")


def write_graph(folder, way):
    example = Path(str(resources.files("ranvier"))) / "examples/closed_loop/graph.yaml"
    text = example.read_text(encoding="utf-8").replace("BayesianChoice", WAYS[way])
    # Frames are nothing that the study reads.
    streams = ("preparation.shown", "cells.cells", "tuning.tuning")
    text = text.replace("record: all", f"record: [{', '.join(streams)}]")
    path = folder / f"{WAYS[way]}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def run_loop(graph, folder, seed, n_trials):
    request = RunRequest(
        str(graph),
        str(folder / "sessions"),
        speed="max",
        seed=seed,
        parameters={"preparation": {"n_frames": n_trials * FRAMES_PER_TRIAL}},
    )
    run = start_run(request)
    finished = run.wait(600)
    if finished.reason != "completed":
        raise SystemExit(f"seed {seed}: {finished.reason}, {finished.errors}")
    return run.session_folder


def follow_belief(trials):
    chooser, beliefs = BayesianChooser(DIRECTIONS_DEG), []
    for each in trials:
        chooser.tell(each["direction_deg"], each["response"])
        mean = chooser.posterior().mean
        beliefs.append(
            {"trial": each["trial"], "mean": mean, "directions": DIRECTIONS_DEG}
        )
    return beliefs


def measure(session, seed):
    """Errors after each trial by estimate, and how many true cells were found."""
    truth = read_cells(find_shipped("cells.h5"))
    recording = open_recording(session)
    trials = list(recording["tuning.tuning"])
    found = build_footprints(recording["cells.cells"][-1])
    partner = match_cells(found, truth.footprints)
    hidden = hidden_tuning(seed, truth.n_cells)
    errors = [
        follow_tuning_error(curves, hidden, partner)[:, 1]
        for curves in (trials, follow_belief(trials))
    ]
    return np.array(errors), int((partner >= 0).sum())


def count_trials(errors, goal):
    """Trials after which the error is at most the goal for good."""
    above = np.flatnonzero(errors > goal)
    return above[-1] + 2 if above.size else 1


def spread(values, digits=2):
    low, mid, high = np.percentile(values, [25, 50, 75])
    return f"{mid:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def report(results, n_trials):
    reference = results["by lot"][:, 0]
    marks = sorted({n_trials // 4, n_trials // 2, n_trials})
    heads = [f"error at {m}" for m in marks] + [f"trials / {n_trials} by lot, means"]
    print(f"{'choice':<10} {'estimate':<9}", *(f"{head:>24}" for head in heads))
    for way in WAYS:
        for number, estimate in enumerate(ESTIMATES):
            errors = results[way][:, number]
            cells = [spread(errors[:, min(m, errors.shape[1]) - 1], 3) for m in marks]
            parts = [
                count_trials(each, goal[-1]) / goal.size
                for each, goal in zip(errors, reference, strict=True)
            ]
            cells.append(spread(parts))
            print(f"{way:<10} {estimate:<9}", *(f"{cell:>24}" for cell in cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=40)
    asked = parser.parse_args()
    began = time.perf_counter()
    errors = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        graphs = {way: write_graph(folder, way) for way in WAYS}
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            for way, graph in graphs.items():
                session = run_loop(graph, folder, seed, asked.trials)
                found, n_found = measure(session, seed)
                errors[way].append(found)
                ends = " ".join(f"{each[-1]:.3f}" for each in found)
                print(
                    f"seed {seed} {way:<9} cells {n_found:2d} error {ends}", flush=True
                )
    n = min(each.shape[1] for found in errors.values() for each in found)
    results = {
        way: np.array([e[:, :n] for e in found]) for way, found in errors.items()
    }
    print(f"\n{asked.seeds} seeds, {n} trials, {time.perf_counter() - began:.0f} s")
    report(results, n)


if __name__ == "__main__":
    main()
