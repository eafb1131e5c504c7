import h5py
import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.sim.calcium import CalciumDynamics, Cells, PhotonPainter, read_cells


def make_cells(gain=50.0, rest=500.0):
    footprints = np.zeros((2, 8, 8))
    footprints[0, 1:4, 1:4] = 1.0
    footprints[1, 5:7, 5:7] = [[1.0, 0.5], [0.5, 0.25]]
    return Cells(footprints, np.full((8, 8), rest), gain)


def paint(dff, dtype=np.int16, n_frames=1, **options):
    painter = PhotonPainter(make_cells(**options), np.random.default_rng(0))
    frames = np.zeros((n_frames, 8, 8), dtype)
    for frame in frames:
        painter.add(np.asarray(dff, float), frame)
    return frames


def test_a_spike_peaks_at_the_size_stated_and_decays_as_stated():
    cell = CalciumDynamics(1, 100.0, 0.05, 0.5, dff_per_spike=0.2)
    trace = np.array([cell.step(np.array([k == 0]))[0] for k in range(400)])

    assert trace.max() == pytest.approx(0.2)
    assert trace[0] == 0
    assert trace[300] / trace[250] == pytest.approx(np.exp(-1), rel=1e-3)


def test_responses_add_up():
    def respond(counts):
        cell = CalciumDynamics(1, 15.0)
        return np.array([cell.step(np.array([n]))[0] for n in counts])

    one, two = [1, 0, 0, 2, 0, 0, 0], [0, 0, 3, 0, 0, 1, 0]

    np.testing.assert_allclose(respond(np.add(one, two)), respond(one) + respond(two))


def test_a_change_of_one_doubles_the_fluorescence_at_rest():
    cells = make_cells()
    added = paint([1.0, 1.0], n_frames=4000).mean(0)

    for footprint in cells.footprints:
        measured = (footprint * added).sum() / (footprint * cells.baseline).sum()
        assert measured == pytest.approx(1.0, abs=0.02)


def test_the_variance_of_added_light_is_that_of_its_photons():
    frames = paint([1.0, 0.0], n_frames=4000).astype(float)[:, 1:4, 1:4]

    ratio = frames.var(0).mean() / frames.mean()
    assert ratio == pytest.approx(50.0, rel=0.05)


def test_silent_cells_and_pixels_outside_add_nothing():
    assert not paint([0.0, 0.0]).any()
    assert not paint([-1.0, -2.0]).any()
    assert not paint([3.0, 3.0])[0, 0].any()


def test_a_bright_cell_is_clipped_to_the_type_and_does_not_wrap():
    frames = paint([500.0, 0.0])

    assert frames.min() >= 0
    assert (frames[0, 1:4, 1:4] == np.iinfo(np.int16).max).all()


def test_a_frame_of_floats_is_added_to():
    assert paint([1.0, 1.0], np.float32).sum() > 0


@pytest.mark.parametrize("leave_out", ["footprints", "baseline"])
def test_a_file_without_footprints_is_named_with_a_mend(tmp_path, leave_out):
    with h5py.File(tmp_path / "cells.h5", "w") as file:
        for name in {"footprints", "baseline"} - {leave_out}:
            file[name] = np.zeros((1, 2, 2))
        file.attrs["photon_gain"] = 1.0

    with pytest.raises(NodeError, match=r"cells\.h5") as caught:
        read_cells(tmp_path / "cells.h5")
    assert caught.value.mend


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NodeError, match=r"none\.h5"):
        read_cells(tmp_path / "none.h5")
