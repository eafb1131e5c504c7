"""Motion correction against scenes whose movement is known."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.library._patches import PatchField
from ranvier.library._phase import PhaseCorrelator
from ranvier.library._warp import shift_image, warp_image
from ranvier.library.motion import PiecewiseMotion, RigidMotion

SIDE = 96


class Scene:
    """Blobs at known places, so that a shift of any size is drawn exactly."""

    def __init__(self, seed: int = 0, noise: float = 20.0) -> None:
        self.rng = np.random.default_rng(seed)
        self.noise = noise
        self.places = self.rng.uniform(-20, SIDE + 20, (2, 180))
        self.heights = self.rng.uniform(30, 150, 180)
        self.widths = self.rng.uniform(1.2, 3.0, 180)

    def draw(self, shift=(0.0, 0.0), shear=0.0, noise=None):
        pixels = np.arange(SIDE)[:, None]
        y = self.places[0] + shift[0] + shear * (self.places[1] / SIDE - 0.5)
        x = self.places[1] + shift[1]
        down = np.exp(-0.5 * ((pixels - y) / self.widths) ** 2) * self.heights
        right = np.exp(-0.5 * ((pixels - x) / self.widths) ** 2)
        noise = self.noise if noise is None else noise
        grain = self.rng.normal(0, noise, (SIDE, SIDE)) if noise else 0.0
        return (down @ right.T + 200 + grain).astype(np.float32)


def test_shift_is_recovered_within_a_tenth_of_a_pixel():
    scene = Scene()
    motion = RigidMotion()
    moved = np.zeros((60, 2))
    moved[5:] = scene.rng.uniform(-5, 5, (55, 2))

    found = np.array([motion.process(scene.draw(s))["shift"] for s in moved])

    # The first frame's own noise decides where zero is; that is no motion.
    error = found - moved
    error -= np.median(error, axis=0)
    assert np.sqrt((error**2).mean()) < 0.05
    assert np.abs(error[5:]).max() < 0.15


def test_shift_without_noise_is_recovered_within_a_fiftieth_of_a_pixel():
    scene = Scene(noise=0.0)
    motion = RigidMotion(template_frames=1, template_rate=0.0)
    motion.process(scene.draw())

    found = motion.process(scene.draw((1.3, -0.7)))["shift"]

    np.testing.assert_allclose(found, [1.3, -0.7], atol=0.02)


def test_corrected_frame_lies_on_the_still_scene():
    scene = Scene(noise=0.0)
    still = scene.draw()
    motion = RigidMotion()
    motion.process(still)

    corrected = motion.process(scene.draw((2.4, -1.6)))["corrected"]

    inner = np.s_[8:-8, 8:-8]
    left_over = np.abs(corrected - still)[inner].mean()
    before = np.abs(scene.draw((2.4, -1.6)) - still)[inner].mean()
    assert left_over < 0.03 * before


def test_shift_is_kept_within_the_limit():
    scene = Scene(noise=0.0)
    motion = RigidMotion(max_shift=3)
    motion.process(scene.draw())

    found = motion.process(scene.draw((8.0, 0.0)))["shift"]

    assert np.abs(found).max() <= 3.0


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "float64"])
@pytest.mark.parametrize("node", [RigidMotion, PiecewiseMotion])
def test_any_number_type_comes_out_as_float32(node, dtype):
    motion = node()

    for shift in ((0, 0), (1, 0)):
        result = motion.process(np.clip(Scene().draw(shift), 0, 255).astype(dtype))

    assert {value.dtype for value in result.values()} == {np.dtype("float32")}


@pytest.mark.parametrize("node", [RigidMotion, PiecewiseMotion])
def test_constant_movie_stands_still(node):
    motion = node()
    flat = np.full((64, 64), 7, np.uint16)

    results = [motion.process(flat) for _ in range(3)]

    assert all(not result["shift"].any() for result in results)
    np.testing.assert_array_equal(results[-1]["corrected"], flat)


@pytest.mark.parametrize("node", [RigidMotion, PiecewiseMotion])
def test_frame_of_nan_leaves_the_template_alone(node):
    scene = Scene(noise=0.0)
    motion = node()
    motion.process(scene.draw())
    before = motion.checkpoint()["mean"]

    lost = motion.process(np.full((SIDE, SIDE), np.nan))

    assert np.isnan(lost["corrected"]).all()
    assert not lost["shift"].any()
    np.testing.assert_array_equal(motion.checkpoint()["mean"], before)


@pytest.mark.parametrize("node", [RigidMotion, PiecewiseMotion])
def test_restored_node_goes_on_bit_for_bit(node):
    scene = Scene()
    frames = [scene.draw(s) for s in scene.rng.uniform(-2, 2, (30, 2))]
    first, second = node(template_frames=5), node(template_frames=5)
    for frame in frames[:18]:
        first.process(frame)

    second.restore(first.checkpoint())

    for frame in frames[18:]:
        one, other = first.process(frame), second.process(frame)
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.parametrize("node", [RigidMotion, PiecewiseMotion])
def test_node_restored_before_its_first_frame_begins_anew(node):
    motion = node()

    motion.restore(node().checkpoint())

    assert not motion.process(Scene().draw())["shift"].any()


def test_frozen_template_does_not_change():
    scene = Scene()
    motion = RigidMotion(template_frames=2, template_rate=0.0)
    for _ in range(2):
        motion.process(scene.draw())
    before = motion.checkpoint()["mean"]

    motion.process(scene.draw((1, 1)))

    np.testing.assert_array_equal(motion.checkpoint()["mean"], before)


@pytest.mark.parametrize("shape", [(64,), (2, 64, 64), (4, 64), (0, 0)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(NodeError, match="not the shape of an image") as caught:
        RigidMotion().process(np.zeros(shape, np.float32))

    assert caught.value.mend


@pytest.mark.parametrize("node", [RigidMotion, PiecewiseMotion])
def test_change_of_size_is_refused(node):
    motion = node()
    motion.process(np.zeros((64, 64), np.float32))

    with pytest.raises(NodeError, match="size of the frames changed"):
        motion.process(np.zeros((64, 65), np.float32))


def test_piecewise_follows_a_shear_that_rigid_cannot():
    scene = Scene(noise=10.0)
    motion = PiecewiseMotion(patch=40)
    for _ in range(10):
        motion.process(scene.draw())

    field = motion.process(scene.draw((1.0, 0.0), shear=4.0))["field"]

    # Rows move by 1 - 2 px at the left edge to 1 + 2 px at the right.
    columns = np.linspace(20, SIDE - 20, field.shape[1])
    np.testing.assert_allclose(
        field[..., 0].mean(axis=0), 1 + 4 * (columns / SIDE - 0.5), atol=0.35
    )
    np.testing.assert_allclose(field[..., 1], 0, atol=0.25)


def test_patches_agree_with_a_shift_of_the_whole():
    scene = Scene(noise=0.0)
    patches = PatchField((SIDE, SIDE), 40, 3.0)

    field = patches.measure(scene.draw((0.6, -1.2)), patches.transform(scene.draw()))

    np.testing.assert_allclose(field[..., 0], 0.6, atol=0.05)
    np.testing.assert_allclose(field[..., 1], -1.2, atol=0.05)


def test_field_of_one_shift_spreads_to_all_pixels():
    patches = PatchField((50, 70), 32, 3.0)

    down, right = patches.expand(np.full((*patches.grid, 2), 1.5, np.float32))

    np.testing.assert_allclose(down, np.full((50, 70), 1.5), rtol=1e-6)
    np.testing.assert_allclose(right, down)


@pytest.mark.parametrize("shape", [(64, 64), (63, 48), (50, 81)])
def test_whole_shifts_of_any_shape_are_exact(shape):
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    correlator = PhaseCorrelator(shape, max_shift=9)

    found = correlator.locate(
        np.roll(image, (-4, 7), (0, 1)), correlator.transform(image)
    )

    np.testing.assert_allclose(found, [-4, 7], atol=0.1)


def test_warp_by_one_shift_is_the_shift():
    image = Scene().draw()
    one = np.ones_like(image)

    warped = warp_image(image, 1.3 * one, -0.6 * one)

    shifted = shift_image(image, np.array([1.3, -0.6], np.float32))
    np.testing.assert_allclose(warped, shifted, rtol=1e-4)


def test_shift_beyond_the_image_gives_its_edge():
    image = np.arange(25, dtype=np.float32).reshape(5, 5)

    moved = shift_image(image, np.array([100, 0], np.float32))

    np.testing.assert_array_equal(moved, np.tile(image[-1], (5, 1)))
