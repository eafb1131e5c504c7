import h5py
import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.media import open_movie
from ranvier.node import Context, StopProducing
from ranvier.sim.calcium import read_cells
from ranvier.sim.motion import known_shifts
from ranvier.sim.preparation import SimulatedPreparation, find_shipped
from ranvier.sim.tuning import hidden_tuning


def make(seed=1, **parameters):
    preparation = SimulatedPreparation(**parameters)
    preparation.context = Context("preparation", seed=seed)
    preparation.setup()
    return preparation


def play(preparation, n):
    items = [preparation.produce() for _ in range(n)]
    return (
        np.array([item["frame"] for item in items]),
        [item["shown"] for item in items if "shown" in item],
    )


def play_choices(choices, n_frames=60, **parameters):
    """Play with a choice given some frames into each trial for the next."""
    preparation = make(**parameters)
    frames, shown = [], []
    for k in range(n_frames):
        if k % 30 == 20 and choices:
            preparation.on_stimulus({"trial": k // 30 + 1, "direction_deg": choices[0]})
            choices = choices[1:]
        item = preparation.produce()
        frames.append(item["frame"])
        shown += [item["shown"]] if "shown" in item else []
    return np.array(frames), shown


def test_without_responses_the_frames_are_those_of_the_movie():
    frames, _ = play(make(dff_per_spike=0.0), 5)

    with open_movie(find_shipped("mesoscope.h5")) as movie:
        for index, frame in enumerate(frames):
            np.testing.assert_array_equal(frame, movie.read(index))


@pytest.mark.parametrize(("loop", "wanted"), [("repeat", 10), ("pingpong", 268)])
def test_the_movie_goes_on_without_an_end(loop, wanted):
    frames, _ = play(make(dff_per_spike=0.0, loop=loop), 300)

    with open_movie(find_shipped("mesoscope.h5")) as movie:
        np.testing.assert_array_equal(frames[290], movie.read(wanted))


def test_light_is_added_at_footprints_alone_and_while_on():
    silent, _ = play(make(dff_per_spike=0.0), 30)
    frames, _ = play(make(), 30)
    added = frames.astype(int) - silent
    inside = read_cells(find_shipped("cells.h5")).footprints.any(axis=0)

    assert not added[:, ~inside].any()
    assert added.min() >= 0
    assert added[5:20].sum() > 2 * added[25:].sum() > 0


def test_trials_change_as_stated():
    _, shown = play(make(on=0.4, off=0.2), 18)

    assert [(s["frame"], s["trial"], s["on"]) for s in shown] == [
        (0, 0, True),
        (6, 0, False),
        (9, 1, True),
        (15, 1, False),
    ]


def test_a_choice_shows_from_the_next_trial_on():
    _, shown = play_choices([135.0, -45.0], 90)

    assert [s["direction_deg"] for s in shown if s["on"]][1:] == [135.0, 315.0]


def test_a_choice_that_is_late_leaves_the_last_one_standing():
    _, shown = play_choices([90.0], 120)

    assert [s["direction_deg"] for s in shown if s["on"]][1:] == [90.0, 90.0, 90.0]


def test_the_same_seed_and_choices_give_the_same_frames_bit_by_bit():
    one, _ = play_choices([90.0, 180.0], 90, motion=1.0)
    two, _ = play_choices([90.0, 180.0], 90, motion=1.0)
    other, _ = play_choices([90.0, 0.0], 90, motion=1.0)

    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one[:60], other[:60])
    assert not np.array_equal(one[60:], other[60:])


def test_another_seed_gives_other_cells():
    one, _ = play(make(seed=1), 20)
    two, _ = play(make(seed=2), 20)

    assert not np.array_equal(one, two)


def test_the_truth_is_the_hidden_tuning_of_the_seed():
    wanted = hidden_tuning(9, 26)
    own = SimulatedPreparation(seed=9)
    own.setup()

    np.testing.assert_array_equal(make(seed=9).truth.peak_hz, wanted.peak_hz)
    np.testing.assert_array_equal(own.truth.peak_hz, wanted.peak_hz)


def test_flat_out_it_waits_for_the_choice_of_each_trial_but_the_first():
    preparation = make(wait_for_choice=True, on=0.2, off=0.2)
    play(preparation, 6)

    assert preparation.produce() is None
    preparation.on_stimulus({"trial": 0, "direction_deg": 45.0})
    assert preparation.produce() is None
    preparation.on_stimulus({"trial": 1, "direction_deg": 45.0})
    assert preparation.produce()["shown"]["direction_deg"] == 45.0


def test_waiting_makes_the_first_trial_independent_of_who_comes_first():
    early, late = (make(wait_for_choice=True) for _ in range(2))
    early.on_stimulus({"trial": 1, "direction_deg": 10.0})
    first = early.produce()["shown"]

    assert first == late.produce()["shown"]


def test_a_choice_without_a_number_is_for_the_next_trial():
    preparation = make(wait_for_choice=True, on=0.2, off=0.2)
    play(preparation, 4)
    preparation.on_stimulus({"direction_deg": 90.0})
    _, shown = play(preparation, 3)

    assert shown[-1]["trial"] == 1
    assert shown[-1]["direction_deg"] == 90.0


@pytest.mark.parametrize(
    "choice", [{}, {"direction_deg": np.nan}, {"direction_deg": "up"}]
)
def test_a_choice_without_a_direction_is_refused_and_the_old_one_stands(choice):
    preparation = make()
    with pytest.raises(NodeError, match="direction"):
        preparation.on_stimulus(choice)

    assert preparation.produce() is not None


def test_responses_follow_the_hidden_tuning():
    """The mean light of a cell against its rate, over all directions, many trials."""
    cells = read_cells(find_shipped("cells.h5"))
    n_frames = 30
    light = np.zeros((8, cells.n_cells))
    silent, _ = play(make(dff_per_spike=0.0), n_frames)
    for step in range(8):
        for seed in range(3):
            preparation = make(seed=4)
            preparation._spike_rng = np.random.default_rng(seed)
            preparation.on_stimulus({"direction_deg": 45.0 * step})
            frames, _ = play(preparation, n_frames)
            added = (frames.astype(float) - silent).sum(axis=0)
            scale = (cells.footprints * cells.baseline).sum(axis=(1, 2))
            light[step] += (cells.footprints * added).sum(axis=(1, 2)) / scale
    rates = hidden_tuning(4, cells.n_cells).compute_rates(45.0 * np.arange(8)).T

    assert np.corrcoef(light.ravel(), rates.ravel())[0, 1] > 0.9


def test_known_motion_moves_the_whole_frame():
    still, _ = play(make(), 40)
    moved, _ = play(make(motion=2.0), 40)
    shifts = known_shifts(1, 2.0, 40)
    k = int(np.abs(shifts).sum(axis=1).argmax())
    rows, columns = shifts[k]
    inner = np.s_[20:-20, 20:-20]

    np.testing.assert_array_equal(
        np.roll(still[k], (rows, columns), axis=(0, 1))[inner], moved[k][inner]
    )


def test_it_ends_after_the_frames_asked_for():
    preparation = make(n_frames=3)
    play(preparation, 3)

    with pytest.raises(StopProducing):
        preparation.produce()


def test_the_rate_is_that_of_the_movie():
    assert make().pace_hz() == 15.0
    assert make(rate_hz=30.0).pace_hz() == 30.0


@pytest.mark.parametrize(
    ("parameters", "word"),
    [({"on": 0.0, "off": 0.0}, "trial"), ({"tau_rise": 1.0}, "rise")],
)
def test_what_makes_no_preparation_fails_at_setup(parameters, word):
    with pytest.raises(NodeError, match=word):
        make(**parameters)


def test_footprints_of_another_size_fail_at_setup(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["mov"] = np.zeros((3, 4, 4), np.int16)

    with pytest.raises(NodeError, match="footprints"):
        make(movie=str(tmp_path / "m.h5"))


def test_the_shipped_movie_is_small_and_says_where_it_is_from():
    path = find_shipped("mesoscope.h5")
    with h5py.File(path) as file:
        movie = file["mov"]

        assert movie.shape == (280, 128, 128)
        assert movie.dtype == np.int16
        assert {"credit", "licence", "source", "rate_hz"} <= set(movie.attrs)
    assert path.stat().st_size <= 6_000_000
    assert path.with_name("SOURCE.md").exists()
