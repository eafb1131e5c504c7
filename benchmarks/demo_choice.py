"""What the demo finds: cells of the real movie, and tuning in how many trials.

Cells: the open-loop example flat out on the untouched movie; beside them, with
`--detections`, those that improv's own demo found in the same movie.

Trials: directions by lot, or Bayesian? Each seed is another preparation: other hidden
tuning, other spikes. It is run through the whole loop as fast as it can (source,
motion, cells, ΔF/F, spikes, tuning, choice, each a process), once with directions
chosen by lot, once with the Bayesian choice.

The error is that of `ranvier.sim.comparison.follow_tuning_error`, after each trial, for
two ways of estimating: "means" of the responses, and the Gaussian "process" of the
choice (it is told the recorded responses afterwards, whoever chose). Reported: the
error, and the trials after which it is, and stays, as small as that of choice by lot
with means after all trials, as a part of them: median over seeds, quartiles.

    python -m benchmarks.demo_choice [--seeds 20] [--trials 40] [--first-seed 0]
        [--detections FILE] [--write docs/reference/demo.md]
"""

from __future__ import annotations

import argparse
import json
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
# Where the shipped crop lies in the whole movie, row and column; how near is the same.
CROP, EDGE, NEAR = (280, 128), 4, 5
SIDES = (("theirs", 1), ("ours", 0))
PAGE = """# What the demo finds

Printed by `python -m benchmarks.demo_choice`, through the real loop, flat out.

## Cells of the real movie

{cells}

## Trials until the tuning is known

{seeds} seeds, {trials} trials of eight directions each; every seed is another
preparation. Median over seeds, quartiles in brackets. “Error”: of the tuning curves
against the hidden truth, see `ranvier.sim.comparison.follow_tuning_error`.

{table}

Read the table with care: most of what is gained comes from the *estimate* (a Gaussian
process shares strength between neighbouring directions). What the choice itself gains
is the difference between the two rows of “process”.
"""


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


def describe_choice(results, n_trials, n_found):
    """Give the table of the study, as lines of Markdown."""
    reference = results["by lot"][:, 0]
    marks = sorted({n_trials // 4, n_trials // 2, n_trials})
    heads = ["choice", "estimate", *(f"error after {m}" for m in marks)]
    heads.append(f"trials, as a part of {n_trials} by lot with means")
    lines = ["| " + " | ".join(heads) + " |", "|---|---|" + "--:|" * (len(heads) - 2)]
    for way in WAYS:
        for number, estimate in enumerate(ESTIMATES):
            errors = results[way][:, number]
            cells = [spread(errors[:, m - 1], 3) for m in marks]
            parts = [
                count_trials(each, goal[-1]) / goal.size
                for each, goal in zip(errors, reference, strict=True)
            ]
            lines.append(
                "| " + " | ".join([way, estimate, *cells, spread(parts)]) + " |"
            )
    low, high = min(n_found), max(n_found)
    lines += ["", f"Simulated cells found, of 26: {low} to {high} over all runs."]
    return lines


def find_cells(folder):
    """Run the open-loop example; give footprints of the cells found, (n, 128, 128)."""
    graph = Path(str(resources.files("ranvier"))) / "examples/open_loop/graph.yaml"
    run = start_run(RunRequest(str(graph), str(folder / "sessions"), speed="max"))
    finished = run.wait(600)
    if finished.reason != "completed":
        raise SystemExit(f"open loop: {finished.reason}, {finished.errors}")
    return build_footprints(open_recording(run.session_folder)["cells.cells"][-1])


def find_centres(footprints):
    """Centres of mass of footprints, row and column, shape (n, 2)."""
    grid = np.indices(footprints.shape[1:]).reshape(2, -1)
    weights = footprints.reshape(len(footprints), -1)
    return weights @ grid.T / weights.sum(1, keepdims=True)


def describe_cells(footprints, detections):
    """Compare the cells found with those of improv's demo, as lines of Markdown."""
    lines = [f"Found in the untouched movie: {len(footprints)} cells."]
    if detections is None:
        return lines
    found = json.loads(detections.read_text())["by_frame"]["800"]
    theirs = np.array([each["com_row_col"] for each in found]) - CROP
    inside = np.all((theirs >= EDGE) & (theirs < 128 - EDGE), axis=1)
    theirs, ours = theirs[inside], find_centres(footprints)
    gaps = np.linalg.norm(theirs[:, None] - ours[None], axis=2)
    near = {name: np.sum(gaps.min(axis) <= NEAR) for name, axis in SIDES}
    return [
        *lines,
        "",
        "Within the same crop improv's own demo (CaImAn online, `--detections FILE`)",
        f"had found {len(theirs)} after 800 frames, {EDGE} pixels off its edge.",
        f"{near['theirs']} of them have one of ours within {NEAR} pixels,",
        f"{near['ours']} of ours one of theirs.",
        "Neither is the truth.",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--detections", type=Path, help="of improv's demo, JSON")
    parser.add_argument("--write", type=Path, help="page to write")
    asked = parser.parse_args()
    began = time.perf_counter()
    errors, n_found = {way: [] for way in WAYS}, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cells = describe_cells(find_cells(folder), asked.detections)
        print("\n".join(cells), flush=True)
        graphs = {way: write_graph(folder, way) for way in WAYS}
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            for way, graph in graphs.items():
                session = run_loop(graph, folder, seed, asked.trials)
                found, count = measure(session, seed)
                errors[way].append(found)
                n_found.append(count)
                ends = " ".join(f"{each[-1]:.3f}" for each in found)
                print(f"seed {seed} {way:<9} cells {count:2d} error {ends}", flush=True)
    n = min(each.shape[1] for found in errors.values() for each in found)
    results = {
        way: np.array([e[:, :n] for e in found]) for way, found in errors.items()
    }
    print(f"\n{asked.seeds} seeds, {n} trials, {time.perf_counter() - began:.0f} s")
    table = describe_choice(results, n, n_found)
    print("\n".join(table))
    if asked.write:
        page = PAGE.format(
            cells="\n".join(cells), table="\n".join(table), seeds=asked.seeds, trials=n
        )
        asked.write.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
