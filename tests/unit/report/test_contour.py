from __future__ import annotations

import numpy as np
import pytest

from ranvier.report._contour import trace_outline


def lengths(pieces):
    return np.hypot(pieces[:, 2] - pieces[:, 0], pieces[:, 3] - pieces[:, 1])


def test_the_outline_of_a_disk_is_a_circle():
    y, x = np.indices((41, 41))
    disk = 10.0 - np.hypot(x - 20, y - 20) + 5.0
    pieces = trace_outline(np.maximum(disk, 0), 5.0)
    radii = np.hypot(pieces[:, 0] - 20.5, pieces[:, 1] - 20.5)

    np.testing.assert_allclose(radii, 10.0, atol=0.05)
    assert lengths(pieces).sum() == pytest.approx(2 * np.pi * 10, rel=0.01)


def test_an_outline_is_closed_also_at_the_edge_of_the_image():
    pieces = trace_outline(np.ones((3, 4)), 0.5)
    ends = np.concatenate((pieces[:, :2], pieces[:, 2:])).round(6)
    _, counts = np.unique(ends, axis=0, return_counts=True)

    assert set(counts) == {2}


@pytest.mark.parametrize("image", [np.zeros((4, 4)), np.full((2, 2), np.nan)])
def test_an_image_below_the_level_has_no_outline(image):
    assert trace_outline(image, 0.5).shape == (0, 4)


def test_two_pixels_that_touch_at_a_corner_are_outlined_without_a_gap():
    pieces = trace_outline(np.eye(2), 0.5)
    ends = np.concatenate((pieces[:, :2], pieces[:, 2:])).round(6)
    _, counts = np.unique(ends, axis=0, return_counts=True)

    assert (counts % 2 == 0).all()
