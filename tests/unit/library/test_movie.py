import h5py
import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.library.movie import MoviePlayer
from ranvier.node import Context, StopProducing

PERIOD_NS = 100_000_000


class SetClock:
    """A clock that stands where it is put."""

    ns = 0

    def now_ns(self):
        return self.ns


@pytest.fixture
def movie(tmp_path):
    frames = np.arange(12, dtype=np.uint16)[:, None, None] * np.ones((1, 2, 3), "u2")
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.create_dataset("mov", data=frames, chunks=(5, 2, 3)).attrs["rate_hz"] = 10
    return str(tmp_path / "m.h5")


def make_player(movie, **parameters):
    player = MoviePlayer(path=movie, **parameters)
    player.setup()
    return player


def play(player, n):
    return [int(player.produce()["frame"][0, 0]) for _ in range(n)]


def make_camera(movie, **parameters):
    """A player in real time that drops late frames, and the clock it looks at."""
    player = make_player(movie, when_late="skip", **parameters)
    clock = SetClock()
    player.context = Context("camera", clock=clock)
    player.context.is_real_time = True
    return player, clock


def test_a_movie_played_once_gives_each_frame_and_ends(movie):
    player = make_player(movie)

    assert play(player, 12) == list(range(12))
    with pytest.raises(StopProducing):
        player.produce()


def test_first_frame_and_number_of_frames_bound_the_playback(movie):
    player = make_player(movie, first_frame=10, n_frames=5, loop="repeat")

    assert play(player, 5) == [10, 11, 10, 11, 10]
    with pytest.raises(StopProducing):
        player.produce()


def test_a_first_frame_behind_the_end_gives_nothing(movie):
    with pytest.raises(StopProducing):
        make_player(movie, first_frame=12, loop="repeat").produce()


@pytest.mark.parametrize(("given", "wanted"), [(None, 10.0), (30.0, 30.0)])
def test_the_rate_given_comes_before_the_rate_of_the_file(movie, given, wanted):
    assert make_player(movie, rate_hz=given).pace_hz() == wanted


def test_without_any_rate_it_is_fifteen_hertz(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 2, 2)))

    assert make_player(str(tmp_path / "a.npy")).pace_hz() == 15.0


def test_frames_are_written_into_what_the_link_lends(movie):
    player = make_player(movie)
    lent = []

    class Lender(Context):
        def loan(self, output, shape, dtype):
            lent.append(super().loan(output, shape, dtype))
            return lent[-1]

    player.context = Lender()

    assert player.produce()["frame"] is lent[0]


def test_catching_up_shows_every_frame_however_late(movie):
    player, clock = make_camera(movie)
    player.set_parameter("when_late", "catch_up")
    player.produce()
    clock.ns = 7 * PERIOD_NS

    assert play(player, 3) == [1, 2, 3]


def test_late_frames_are_dropped_and_counted(movie):
    player, clock = make_camera(movie)
    shown = []
    for clock.ns in (0, PERIOD_NS, round(4.4 * PERIOD_NS), 5 * PERIOD_NS):
        shown.append(player.produce()["shown"])

    assert [each["frame"] for each in shown] == [0, 1, 4, 5]
    assert [each["dropped"] for each in shown] == [0, 0, 2, 2]
    player.teardown()
    assert player.context.notes == ["2 of 6 frames were dropped"]


def test_dropped_frames_leave_out_numbers_of_both_outputs(movie):
    """So that readers, status and audit trail find them like any other loss."""
    player, clock = make_camera(movie)
    player.produce()
    clock.ns = round(4.4 * PERIOD_NS)
    player.produce()
    clock.ns = round(6.4 * PERIOD_NS)
    player.produce()

    assert player.context.skipped == {"frame": 4, "shown": 4}


def test_a_player_in_time_leaves_out_no_numbers(movie):
    player, clock = make_camera(movie)
    for clock.ns in (0, PERIOD_NS, 2 * PERIOD_NS):
        player.produce()

    assert player.context.skipped == {}


def test_calls_before_the_next_frame_is_due_give_nothing(movie):
    """The worker calls once for each tick of its own schedule, dropped or not."""
    player, clock = make_camera(movie)
    player.produce()
    clock.ns = round(3.1 * PERIOD_NS)

    assert player.produce()["shown"]["frame"] == 3
    assert player.produce() is None
    assert player.produce() is None
    clock.ns = round(3.9 * PERIOD_NS)
    assert player.produce()["shown"]["frame"] == 4


def test_jitter_below_half_a_period_drops_nothing(movie):
    player, clock = make_camera(movie)
    jitter = np.random.default_rng(1).uniform(-0.4, 0.9, 12)
    jitter[0] = 0
    shown = []
    for tick in range(12):
        clock.ns = round((tick + jitter[tick]) * PERIOD_NS)
        shown.append(player.produce()["shown"]["frame"])

    assert shown == list(range(12))


def test_a_movie_that_ends_while_late_counts_only_its_own_frames(movie):
    player, clock = make_camera(movie)
    player.produce()
    clock.ns = 1000 * PERIOD_NS

    with pytest.raises(StopProducing):
        player.produce()
    player.teardown()
    assert player.context.notes == ["11 of 12 frames were dropped"]


def test_flat_out_nothing_is_dropped(movie):
    player, clock = make_camera(movie)
    player.context.is_real_time = False
    player.produce()
    clock.ns = 50 * PERIOD_NS

    assert play(player, 3) == [1, 2, 3]


def test_a_restarted_player_goes_on_where_it_was(movie):
    player = make_player(movie, loop="pingpong")
    play(player, 13)
    other = make_player(movie, loop="pingpong")
    other.restore(player.checkpoint())

    assert play(player, 20) == play(other, 20)


def test_a_missing_movie_fails_at_setup_with_its_name(tmp_path):
    with pytest.raises(NodeError, match=r"none\.h5"):
        make_player(str(tmp_path / "none.h5"))
