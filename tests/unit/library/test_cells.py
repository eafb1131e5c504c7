"""Cell finding against movies whose cells and traces are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from ranvier.core import NodeError
from ranvier.library._demixing import Demixer, Rows, surround
from ranvier.library._evidence import Evidence
from ranvier.library._footprints import fit_candidate, noise_of, normalise
from ranvier.library.cells import CellFinder

SIDE, N_FRAMES = 64, 600
ALONE = [(12, 12), (12, 40), (32, 20), (52, 12), (50, 54)]
PAIR = [(34, 46), (38, 49.5)]


class Movie:
    """Disks that flash on a noisy background with a common neuropil."""

    def __init__(self, places, seed=0, noise=60.0, n_frames=N_FRAMES):
        rng = np.random.default_rng(seed)
        row, column = np.mgrid[:SIDE, :SIDE]
        self.places = np.array(places, float).reshape(-1, 2)
        away = np.hypot(
            row - self.places[:, 0, None, None], column - self.places[:, 1, None, None]
        )
        self.footprints = (1 / (1 + np.exp((away - 3.5) / 0.5))).astype(np.float32)
        self.footprints[self.footprints < 0.05] = 0
        time = np.arange(60) / 15
        kernel = np.exp(-time / 0.7) - np.exp(-time / 0.07)
        spikes = rng.random((len(self.places), n_frames)) < 0.03
        self.traces = np.array(
            [np.convolve(s * 350.0, kernel)[:n_frames] for s in spikes]
        ).reshape(-1, n_frames)
        drive = np.convolve(rng.normal(0, 8, n_frames + 30), np.ones(30), "valid")
        clean = np.tensordot(self.traces.T, self.footprints, 1)
        clean += 500 + drive[:n_frames, None, None]
        grain = rng.normal(0, noise, (n_frames, SIDE, SIDE))
        self.frames = (clean + grain).astype(np.float32)


class Finding:
    """What a finder says of a movie."""

    def __init__(self, frames, **parameters):
        self.node = CellFinder(**parameters)
        self.activity, self.cells = [], None
        for frame in frames:
            for output in self.node.process(frame):
                self.cells = output.get("cells", self.cells)
                self.activity += [output["activity"]] if "activity" in output else []

    @property
    def n(self):
        return self.activity[-1]["trace"].size

    def nearest(self, place):
        away = np.hypot(*(self.cells["centers"] - place).T)
        return int(away.argmin()), float(away.min())

    def trace(self, cell, since):
        return np.array([a["trace"][cell] for a in self.activity[since:]])


@pytest.fixture(scope="module")
def movie():
    return Movie(ALONE + PAIR)


@pytest.fixture(scope="module")
def finding(movie):
    return Finding(movie.frames, neuropil_part=1.0)


def test_each_cell_is_found_once(movie, finding):
    away = [finding.nearest(place)[1] for place in movie.places]

    assert len(movie.places) == finding.n
    assert max(away) < 1.5


@pytest.mark.parametrize("number", range(len(ALONE)))
def test_trace_of_a_lone_cell_is_recovered(movie, finding, number):
    cell, _ = finding.nearest(movie.places[number])
    since = N_FRAMES - 250

    found = finding.trace(cell, since)

    assert np.corrcoef(found, movie.traces[number, since:])[0, 1] > 0.9


@pytest.mark.parametrize("number", [len(ALONE), len(ALONE) + 1])
def test_traces_of_overlapping_cells_are_told_apart(movie, finding, number):
    cell, _ = finding.nearest(movie.places[number])
    since = N_FRAMES - 250

    found = finding.trace(cell, since)

    assert np.corrcoef(found, movie.traces[number, since:])[0, 1] > 0.8


def test_footprints_are_those_of_the_cells(movie, finding):
    rows = finding.cells
    for place, truth in zip(movie.places, movie.footprints, strict=True):
        cell, _ = finding.nearest(place)
        part = slice(*rows["offsets"][cell : cell + 2])
        found = np.zeros(SIDE * SIDE)
        found[rows["pixels"][part]] = rows["weights"][part]
        cosine = found @ truth.ravel()
        cosine /= np.linalg.norm(found) * np.linalg.norm(truth)

        assert cosine > 0.85


def test_trace_keeps_the_unit_and_the_baseline_of_the_movie(movie, finding):
    cell, _ = finding.nearest(movie.places[0])
    since = N_FRAMES - 250

    found = finding.trace(cell, since)

    slope, rest = np.polyfit(movie.traces[0, since:], found, 1)
    assert slope == pytest.approx(0.9, abs=0.2)
    assert rest == pytest.approx(500.0, abs=60.0)


def test_activity_grows_with_the_cells_and_is_float32(finding):
    sizes = [activity["trace"].size for activity in finding.activity]

    assert sizes == sorted(sizes)
    assert sizes[0] == 0
    last = finding.activity[-1]
    assert list(range(N_FRAMES)) == [a["frame"] for a in finding.activity]
    assert {last[k].dtype for k in ("raw", "neuropil", "trace")} == {
        np.dtype("float32")
    }
    assert (last["trace"] >= 0).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_is_found_in_noise(seed):
    noise = Movie([], seed=seed, n_frames=300)

    assert Finding(noise.frames).n == 0


def test_hot_pixel_is_no_cell():
    movie = Movie([], n_frames=200)
    movie.frames[::7, 30, 30] += 2000

    assert Finding(movie.frames).n == 0


def test_cells_that_answer_together_in_trials_are_found_apart():
    """The demo drives cells of like tuning at the same time."""
    movie = Movie([(20, 20), (20, 44), (44, 32)], n_frames=300)
    trial = (np.arange(300) // 22) % 4 == 1
    for footprint in movie.footprints:
        movie.frames += 250 * trial[:, None, None] * footprint

    found = Finding(movie.frames)

    assert found.n == 3


def test_no_more_cells_than_allowed(movie):
    assert Finding(movie.frames[:250], max_cells=2).n == 2


@pytest.mark.parametrize("frame", [np.zeros((SIDE, SIDE)), np.full((SIDE, SIDE), 9)])
def test_constant_movie_has_no_cells(frame):
    assert Finding([frame] * 100).n == 0


def test_same_movie_gives_the_same_bits(movie):
    one, other = Finding(movie.frames[:200]), Finding(movie.frames[:200])

    for first, second in zip(one.activity, other.activity, strict=True):
        np.testing.assert_array_equal(first["trace"], second["trace"])


def test_restored_finder_goes_on_bit_for_bit(movie):
    first, second = Finding(movie.frames[:161]).node, CellFinder()

    second.restore(first.checkpoint())

    for frame in movie.frames[161:260]:
        for one, other in zip(first.process(frame), second.process(frame), strict=True):
            assert one.keys() == other.keys()
            for name in one:
                for key, value in one[name].items():
                    np.testing.assert_array_equal(value, other[name][key])


def test_finder_restored_before_its_first_frame_begins_anew():
    node = CellFinder()

    node.restore(CellFinder().checkpoint())

    (first,) = node.process(np.zeros((SIDE, SIDE), np.float32))
    assert first["activity"]["frame"] == 0


def test_frame_of_nan_is_told_as_nan_and_forgotten(movie):
    with_gap = movie.frames[:250].copy()
    with_gap[200] = np.nan
    found = Finding(with_gap)

    assert np.isnan(found.activity[200]["trace"]).all()
    assert found.activity[200]["trace"].size > 0
    assert np.isfinite(found.activity[249]["trace"]).all()


@pytest.mark.parametrize("shape", [(64,), (10, 64), (0, 0)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(NodeError, match="not an image"):
        list(CellFinder().process(np.zeros(shape, np.float32)))


def test_change_of_size_is_refused():
    node = CellFinder()
    list(node.process(np.zeros((64, 64), np.float32)))

    with pytest.raises(NodeError, match="size of the frames changed"):
        list(node.process(np.zeros((65, 64), np.float32)))


@pytest.mark.parametrize("seed", range(8))
def test_demixing_is_the_bounded_least_squares_solution(seed):
    rng = np.random.default_rng(seed)
    footprints = np.abs(rng.normal(size=(6, 30))) * (rng.random((6, 30)) < 0.5)
    footprints += 0.1 * np.eye(6, 30)
    image, bound = rng.normal(size=30), -rng.random(6) * 0.2
    demixer = Demixer(footprints @ footprints.T)

    found = demixer.solve(footprints @ image, bound, np.zeros(6))

    wanted = lsq_linear(footprints.T, image, (bound, np.inf), tol=1e-12).x
    residual = np.linalg.norm(footprints.T @ found - image)
    best = np.linalg.norm(footprints.T @ wanted - image)
    assert residual <= best * (1 + 1e-4)
    assert (found >= bound).all()


def test_rows_take_away_what_they_project():
    rows = Rows(
        [np.array([0, 1]), np.array([1, 2])],
        [np.array([1, 1], np.float32), np.array([2, 1], np.float32)],
    )
    image = np.array([1, 5, 2, 7], np.float32)

    rows.subtract(image, np.array([1, 2], np.float32))

    np.testing.assert_array_equal(image, [0, 0, 0, 7])
    np.testing.assert_array_equal(rows.project(image), [0, 0])


def test_surround_of_a_cell_among_cells_weighs_nothing():
    ring = surround((10, 10), 5, np.ones((20, 20), bool))

    assert not ring.weights.any()


def test_surround_leaves_cells_out():
    taken = np.zeros((30, 30), bool)
    taken[:, 15:] = True

    ring = surround((15, 12), 5, taken)

    assert (ring.pixels % 30 < 15).all()
    assert ring.weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("n_times", [1, 2, 50])
def test_constant_window_holds_no_candidate(n_times):
    found = fit_candidate(np.full((n_times, 15, 15), 3, np.float32), (7, 7), 6.0)

    assert found.n_pixels == 0


def test_candidate_in_noise_has_halves_that_disagree():
    noise = np.random.default_rng(0).normal(size=(300, 21, 21)).astype(np.float32)

    found = fit_candidate(noise, (10, 10), 7.0)

    assert found.agreement < 0.3


def test_noise_of_a_trace_does_not_see_its_transients():
    trace = np.random.default_rng(0).normal(0, 2, 2000).astype(np.float32)
    trace[500:600] += 100

    assert noise_of(trace) == pytest.approx(2.0, rel=0.1)


def test_empty_footprint_stays_empty():
    assert not normalise(np.zeros((3, 3), np.float32)).any()


def test_evidence_rises_where_a_cell_flashes():
    rng = np.random.default_rng(0)
    evidence = Evidence((40, 40), 7.0, 50)
    for block in range(40):
        frame = rng.normal(size=(40, 40)).astype(np.float32)
        frame[17:24, 9:16] += 2.0 * (block % 10 > 7)
        evidence.add(frame)

    seed = evidence.best_seed(50.0)

    assert seed is not None
    assert np.hypot(seed[0] - 20, seed[1] - 12) < 3


def test_cleared_evidence_gives_no_seed():
    evidence = Evidence((40, 40), 7.0, 50)
    evidence.energy[5, 5] = 1000

    evidence.clear((5, 5), 3.0)

    assert evidence.best_seed(1.0) is None
