"""Frames of an earlier run, played as any movie."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.library.movie import MoviePlayer
from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.media import open_movie
from ranvier.node import StopProducing
from ranvier.recording import Recorder

N, RATE_HZ = 7, 20.0
FRAMES = np.arange(N * 6, dtype=np.uint16).reshape(N, 2, 3)


def record(folder, streams, *, rate_hz=""):
    """Record payloads by stream; each is a list, or a mapping of number to payload."""
    folder.mkdir(exist_ok=True)
    described = [{"stream": name, "rate_hz": rate_hz} for name in streams]
    recorder = Recorder(streams=described, folder=str(folder), reserve=0)
    recorder.setup()
    for name, payloads in streams.items():
        numbered = payloads if isinstance(payloads, dict) else dict(enumerate(payloads))
        for n, payload in numbered.items():
            time_ns = round(n * 1e9 / RATE_HZ)
            message = Message(payload, 0, n, 0, time_ns, Origin(0, n, time_ns))
            data = to_bytes(message)
            recorder.process_raw(name.replace(".", "__"), data, decode(data))
    recorder.teardown()
    return folder


@pytest.fixture
def session(tmp_path):
    streams = {"camera.frame": FRAMES, "sensor.value": [1.0, 2.0], "a.b": [{"n": 1}]}
    return record(tmp_path / "loop_2026", streams)


@pytest.mark.parametrize("name", ["", "camera.frame"])
def test_a_session_is_a_movie_of_its_frames(session, name):
    with open_movie(session, name) as movie:
        frames = [movie.read(n) for n in range(movie.n_frames)]

    assert movie.frame_shape == (2, 3)
    assert np.array_equal(FRAMES, frames)
    assert movie.rate_hz == pytest.approx(RATE_HZ)


def test_a_file_of_a_session_is_a_movie_too(session):
    with open_movie(session / "recording.0.mcap") as movie:
        assert np.array_equal(FRAMES[3], movie.read(3))


def test_parts_are_played_one_after_the_other(tmp_path):
    folder = record(tmp_path / "s", {"camera.frame": FRAMES[:4]})
    record(folder, {"camera.frame": dict(enumerate(FRAMES[4:], 4))})

    with open_movie(folder) as movie:
        assert np.array_equal(FRAMES, [movie.read(n) for n in range(N)])


def test_the_declared_rate_is_used_and_lost_frames_change_no_measured_one(tmp_path):
    kept = {n: FRAMES[n] for n in (0, 1, 2, 5, 6)}
    gapped = record(tmp_path / "gapped", {"camera.frame": kept})
    declared = record(tmp_path / "s", {"c.f": FRAMES}, rate_hz="30.0")

    assert open_movie(gapped).rate_hz == pytest.approx(RATE_HZ)
    assert open_movie(gapped).n_frames == 5
    assert open_movie(declared).rate_hz == 30.0


def test_a_single_frame_has_no_rate(tmp_path):
    movie = open_movie(record(tmp_path / "s", {"c.f": FRAMES[:1]}))

    assert (movie.n_frames, movie.rate_hz) == (1, None)


def test_where_several_streams_could_be_meant_all_are_named(tmp_path):
    folder = record(tmp_path / "s", {"a.frame": FRAMES, "b.frame": FRAMES})

    with pytest.raises(NodeError, match=r"a\.frame, b\.frame"):
        open_movie(folder)
    assert open_movie(folder, "b.frame").n_frames == N


@pytest.mark.parametrize("name", ["sensor.value", "a.b", "nobody.here"])
def test_a_stream_without_frames_is_refused(session, name):
    with pytest.raises(NodeError, match="set the parameter dataset to one of: camera"):
        open_movie(session, name)


def test_a_recording_without_frames_is_no_movie(tmp_path):
    folder = record(tmp_path / "s", {"a.b": [1.0], "c.d": []})

    with pytest.raises(NodeError, match="not clear what"):
        open_movie(folder)


def test_a_first_frame_that_is_damaged_is_told_and_not_called_no_movie(tmp_path):
    folder = record(tmp_path / "s", {"a.frame": FRAMES})
    whole = record(folder, {"b.frame": FRAMES + 100})
    path = folder / "recording.0.mcap"
    content = bytearray(path.read_bytes())
    content[content.index(FRAMES[0].tobytes())] ^= 1
    path.write_bytes(content)

    for name in ("a.frame", ""):
        with pytest.raises(NodeError, match="can't be opened") as caught:
            open_movie(folder, name)
        assert "checksum" in caught.value.found
    assert open_movie(whole, "b.frame").n_frames == N


def test_a_file_that_is_no_recording_is_refused(tmp_path):
    (tmp_path / "x.mcap").write_bytes(b"nothing")

    with pytest.raises(NodeError, match="can't be opened"):
        open_movie(tmp_path / "x.mcap")


def test_a_frame_of_another_shape_or_type_is_told(tmp_path):
    odd = [FRAMES[0], np.zeros((5, 5), np.uint16), 3.0, FRAMES[0].astype(float)]
    with open_movie(record(tmp_path / "s", {"c.f": odd})) as movie:
        for n in (1, 2, 3):
            with pytest.raises(NodeError, match=f"frame {n}"):
                movie.read(n)


def test_the_player_plays_a_session_to_its_end(session):
    player = MoviePlayer(path=str(session), dataset="camera.frame")
    player.setup()
    shown = [player.produce()["frame"].copy() for _ in range(N)]
    with pytest.raises(StopProducing):
        player.produce()
    player.teardown()

    assert np.array_equal(FRAMES, shown)
    assert player.pace_hz() == pytest.approx(RATE_HZ)
