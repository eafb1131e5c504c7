"""The shipped examples, run flat out through real processes, and their reports."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from ranvier.recording import open_recording, verify
from ranvier.report import write_report
from ranvier.runtime import RunRequest, start_run
from ranvier.sim.calcium import read_cells
from ranvier.sim.comparison import build_footprints, follow_tuning_error, match_cells
from ranvier.sim.preparation import find_shipped
from ranvier.sim.tuning import hidden_tuning

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
N_FRAMES = 300  # 20 s of the movie, ten trials


def run_example(name, source, folder, **request):
    graph = Path(str(resources.files("ranvier"))) / "examples" / name / "graph.yaml"
    parameters = {source: {"n_frames": N_FRAMES}}
    run = start_run(
        RunRequest(
            str(graph), str(folder), speed="max", parameters=parameters, **request
        )
    )
    return run.wait(60), run.session_folder


@pytest.fixture(scope="module")
def closed_loop(tmp_path_factory):
    """Run the closed loop once; give how it ended and where it recorded."""
    folder = tmp_path_factory.mktemp("closed")
    return run_example("closed_loop", "preparation", folder, seed=0)


@pytest.fixture
def recording(closed_loop):
    recording = open_recording(closed_loop[1])
    yield recording
    recording.close()


def headings(page):
    return re.findall(r'<section id="([^"]*)"', page.read_text(encoding="utf-8"))


def test_the_closed_loop_comes_to_its_end_and_its_recording_is_whole(closed_loop):
    finished, folder = closed_loop

    assert (finished.reason, finished.errors) == ("completed", [])
    assert verify(folder).describe() == "ok"


def test_every_frame_passes_the_whole_loop(recording):
    lengths = {
        name: len(recording[name])
        for name in ("preparation.frame", "motion.corrected", "spikes.inferred")
    }

    assert set(lengths.values()) == {N_FRAMES}
    assert len(recording["choice.stimulus"]) >= N_FRAMES // 30 - 1


def test_each_trial_shows_what_was_chosen_for_it(recording):
    chosen = {s["trial"]: s["direction_deg"] for s in recording["choice.stimulus"]}
    shown = {
        s["trial"]: s["direction_deg"]
        for s in recording["preparation.shown"]
        if s["on"]
    }

    assert len(shown) == N_FRAMES // 30
    assert all(chosen[trial] == shown[trial] for trial in shown if trial > 0)


def test_most_cells_of_the_preparation_are_found_within_twenty_seconds(recording):
    truth = read_cells(find_shipped("cells.h5")).footprints
    partner = match_cells(build_footprints(recording["cells.cells"][-1]), truth)

    assert (partner >= 0).sum() >= 15


def test_what_is_known_of_the_tuning_grows(recording):
    cells = read_cells(find_shipped("cells.h5"))
    partner = match_cells(
        build_footprints(recording["cells.cells"][-1]), cells.footprints
    )
    errors = follow_tuning_error(
        list(recording["choice.belief"]), hidden_tuning(0, cells.n_cells), partner
    )

    assert errors[-1, 1] < 0.75 * errors[0, 1]


def test_the_same_seed_gives_the_same_run(recording, tmp_path):
    finished, folder = run_example("closed_loop", "preparation", tmp_path, seed=0)
    again = open_recording(folder)

    assert finished.reason == "completed"
    for name in ("choice.stimulus", "preparation.shown"):
        assert list(again[name]) == list(recording[name])
    for name in ("preparation.frame", "motion.corrected"):
        np.testing.assert_array_equal(again[name][-1], recording[name][-1])
    np.testing.assert_array_equal(
        again["spikes.inferred"][-1]["spikes"],
        recording["spikes.inferred"][-1]["spikes"],
    )
    again.close()


def test_the_report_of_the_closed_loop_has_all_its_figures(closed_loop):
    page = write_report(closed_loop[1])
    text = page.read_text(encoding="utf-8")

    assert headings(page) == [
        "cells", "activity", "tuning", "stimuli", "tuning-error",
        "graph", "nodes", "links", "latency", "recording", "audit-trail", "versions",
    ]  # fmt: skip
    assert text.count("<svg") >= 10
    assert "<script" not in text


def test_the_open_loop_finds_cells_in_the_untouched_movie(tmp_path):
    finished, folder = run_example("open_loop", "movie", tmp_path)
    recording = open_recording(folder)
    n_cells = int(recording["cells.cells"][-1]["n"])
    matrix = recording["connectivity.connectivity"][-1]
    recording.close()

    assert (finished.reason, finished.errors) == ("completed", [])
    assert verify(folder).is_ok
    assert n_cells >= 15
    assert matrix.shape[0] == matrix.shape[1] <= n_cells
    assert "connectivity" in headings(write_report(folder))
