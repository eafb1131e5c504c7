"""A node is a plain object: test it without running anything."""

from nodes import Threshold

from ranvier.testing import run_node


def test_threshold_tells_of_each_crossing_once() -> None:
    """Two samples above in a row are one crossing."""
    sent = run_node(Threshold(level=1.0), [0.0, 2.0, 3.0, 0.5])

    assert sent == {"above": [True, False]}
