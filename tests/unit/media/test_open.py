import h5py
import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.media import open_movie


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(-50, 9000, (21, 6, 9)).astype(np.int16)


def write_hdf5(path, frames, name="mov", **options):
    with h5py.File(path, "w") as file:
        return file.create_dataset(name, data=frames, **options).name


def read_all(path, order, **options):
    with open_movie(path, **options) as movie:
        return np.array([movie.read(index) for index in order])


@pytest.mark.parametrize("chunks", [None, (1, 6, 9), (8, 6, 9), (21, 3, 3)])
def test_hdf5_frames_are_the_same_in_any_order_and_chunking(tmp_path, frames, chunks):
    write_hdf5(tmp_path / "a.h5", frames, chunks=chunks)
    order = [0, 20, 7, 8, 7, 15, 16, 0, 19]

    read = read_all(tmp_path / "a.h5", order)

    np.testing.assert_array_equal(frames[order], read)
    assert np.int16 == read.dtype


def test_npy_frames_are_the_same(tmp_path, frames):
    np.save(tmp_path / "a.npy", frames)

    np.testing.assert_array_equal(
        frames[::-1], read_all(tmp_path / "a.npy", range(20, -1, -1))
    )


def test_big_endian_frames_come_in_this_machines_order(tmp_path, frames):
    np.save(tmp_path / "a.npy", frames.astype(">i2"))

    with open_movie(tmp_path / "a.npy") as movie:
        assert movie.dtype.isnative
        np.testing.assert_array_equal(frames[3], movie.read(3))


def test_tiff_pages_are_the_same(tmp_path, frames):
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "a.tif", frames)

    np.testing.assert_array_equal(frames, read_all(tmp_path / "a.tif", range(21)))


def test_a_folder_of_tiffs_is_played_in_order_of_names(tmp_path, frames):
    tifffile = pytest.importorskip("tifffile")
    for name, part in (("b.tif", frames[10:]), ("a.tif", frames[:10])):
        tifffile.imwrite(tmp_path / name, part)
    (tmp_path / "notes.txt").write_text("not a frame")

    np.testing.assert_array_equal(frames, read_all(tmp_path, range(21)))


def test_a_page_of_another_size_is_named(tmp_path, frames):
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "a.tif", frames[:2])
    tifffile.imwrite(tmp_path / "b.tif", frames[:2, :3])

    with (
        open_movie(tmp_path) as movie,
        pytest.raises(NodeError, match="frame 2") as caught,
    ):
        movie.read(2)

    assert "(3, 9)" in caught.value.found


def test_a_video_is_read_forth_and_back(tmp_path):
    av = pytest.importorskip("av")
    frames = np.zeros((30, 32, 48), np.uint8)
    for index, frame in enumerate(frames):
        frame[:] = 8 * index
    with av.open(str(tmp_path / "a.avi"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "gray"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "gray")))
        container.mux(stream.encode())
    order = [0, 1, 2, 29, 28, 27, 3, 3, 10]

    with open_movie(tmp_path / "a.avi") as movie:
        read = np.array([movie.read(index) for index in order])

        assert (movie.n_frames, movie.rate_hz) == (30, 25.0)
    np.testing.assert_array_equal(frames[order], read)


@pytest.mark.parametrize("place", ["dataset", "file"])
def test_the_rate_is_taken_from_attributes(tmp_path, frames, place):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("mov", data=frames)
        (data if place == "dataset" else file).attrs["fr_hz"] = 12.5

    with open_movie(tmp_path / "a.h5") as movie:
        assert movie.rate_hz == 12.5


def test_the_rate_is_taken_from_time_stamps_despite_a_gap(tmp_path, frames):
    stamps = np.arange(21) / 20.0
    stamps[10:] += 3.0
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        group = file.create_group("acquisition/TwoPhotonSeries")
        group["data"], group["timestamps"] = frames, stamps

    with open_movie(tmp_path / "a.nwb") as movie:
        assert pytest.approx(movie.rate_hz) == 20.0


def test_the_rate_is_taken_from_the_starting_time_of_nwb(tmp_path, frames):
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        group = file.create_group("acquisition/TwoPhotonSeries")
        group["data"], group["starting_time"] = frames, 0.0
        group["starting_time"].attrs["rate"] = 30.0

    with open_movie(tmp_path / "a.nwb") as movie:
        assert movie.rate_hz == 30.0


@pytest.mark.parametrize("rate", [np.nan, 0.0, -3.0, "fast"])
def test_a_senseless_rate_counts_as_none(tmp_path, frames, rate):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("mov", data=frames).attrs["rate_hz"] = rate

    with open_movie(tmp_path / "a.h5") as movie:
        assert movie.rate_hz is None


def test_several_datasets_are_listed_in_the_mend(tmp_path, frames):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["green"], file["red"] = frames, frames

    with pytest.raises(NodeError) as caught:
        open_movie(tmp_path / "a.h5")

    assert "green, red" in caught.value.mend
    np.testing.assert_array_equal(
        frames, read_all(tmp_path / "a.h5", range(21), dataset="red")
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.h5", b"not hdf5"),
        ("a.h5", b""),
        ("a.npy", b""),
        ("a.npy", b"\x93NUMPY\x01\x00garbage"),
        ("a.tif", b"II*\x00"),
        ("a.tif", b""),
        ("a.txt", b"words"),
    ],
)
def test_a_file_that_is_no_movie_is_named_with_a_mend(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(NodeError) as caught:
        open_movie(tmp_path / name)

    assert name in caught.value.problem
    assert caught.value.mend


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NodeError, match=r"gone\.h5"):
        open_movie(tmp_path / "gone.h5")


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(NodeError, match="no movie"):
        open_movie(tmp_path)


@pytest.mark.parametrize("shape", [(0, 4, 4), (5, 0, 4), (5,), (5, 4)])
def test_arrays_without_frames_are_refused(tmp_path, shape):
    np.save(tmp_path / "a.npy", np.zeros(shape, np.uint8))
    write_hdf5(tmp_path / "a.h5", np.zeros(shape, np.uint8))

    for name in ("a.npy", "a.h5"):
        with pytest.raises(NodeError, match="no movie"):
            open_movie(tmp_path / name)


def test_an_array_of_objects_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.full((2, 2, 2), None), allow_pickle=True)

    with pytest.raises(NodeError):
        open_movie(tmp_path / "a.npy")


def test_damage_within_the_file_is_named_by_frame_and_spares_the_rest(tmp_path, frames):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset(
            "mov", data=frames, chunks=(8, 6, 9), compression="gzip"
        )
        at = data.id.get_chunk_info(1).byte_offset
    content = bytearray((tmp_path / "a.h5").read_bytes())
    content[at : at + 40] = b"\xff" * 40
    (tmp_path / "a.h5").write_bytes(content)

    with open_movie(tmp_path / "a.h5") as movie:
        np.testing.assert_array_equal(frames[0], movie.read(0))
        with pytest.raises(NodeError, match="frame 9"):
            movie.read(9)
        with pytest.raises(NodeError, match="frame 9"):
            movie.read(9)
        np.testing.assert_array_equal(frames[20], movie.read(20))


def test_a_frame_outside_the_movie_is_an_index_error(tmp_path, frames):
    np.save(tmp_path / "a.npy", frames)

    with open_movie(tmp_path / "a.npy") as movie:
        for index in (-1, 21):
            with pytest.raises(IndexError):
                movie.read(index)


def test_nan_pixels_stay_nan(tmp_path):
    frames = np.full((2, 3, 3), np.nan, np.float32)
    np.save(tmp_path / "a.npy", frames)

    np.testing.assert_array_equal(frames, read_all(tmp_path / "a.npy", range(2)))
