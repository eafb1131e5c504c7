"""What a node gives out must be what its output declares."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.node import NodeDriver, Output, Source, Stamped
from ranvier.node._output_check import explain_misfit
from ranvier.spec import PortSpec


def port(kind="array", dtype=None, shape=None):
    return PortSpec("y", "output", kind, dtype, shape)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (port("any"), object()),
        (port(), np.zeros((2, 3))),
        (port(dtype="uint16"), np.zeros(3, np.uint16)),
        (port(dtype="uint16"), np.zeros(3, ">u2").astype("u2")),
        (port(shape=(None, "width", 3)), np.zeros((1, 2, 3))),
        (port("scalar", "float64"), 1),
        (port("scalar", "float64"), True),
        (port("scalar", "float32"), np.float64(1)),
        (port("scalar", "int64"), np.array(3)),
        (port("scalar", "uint32"), 7),
        (port("scalar", "uint32"), np.int64(4)),
        (port("scalar", "uint8"), True),
        (port("scalar", "int16"), np.uint64(9)),
        (port("scalar", "datetime64[ns]"), np.datetime64(1, "ns")),
        (port("scalar", "complex64"), 1.5),
        (port("scalar", "float32"), np.uint64(2**63)),
        (port("scalar"), 1j),
        (port("text"), ""),
        (port("bytes"), memoryview(b"x")),
        (port("mapping"), {}),
        (port("table"), [1]),
    ],
)
def test_what_is_declared_or_left_open_fits(declared, value):
    assert explain_misfit(declared, value) is None


@pytest.mark.parametrize(
    ("declared", "value", "found"),
    [
        (port(), [1, 2], "its type is list"),
        (port(), 1.0, "its type is float"),
        (port(dtype="uint16"), np.zeros(3), "its elements are float64"),
        (port(shape=(None,)), np.zeros((1, 2)), "it has 2 dimensions"),
        (port(shape=(None, 3)), np.zeros((1, 2)), "its size along axis 1 is 2"),
        (port("scalar", "int64"), 0.5, "its type is float64"),
        (port("scalar", "float64"), "1", "its type is str"),
        (port("scalar", "bool"), 1, "its type is int64"),
        (port("scalar", "uint8"), 256, "it is 256"),
        (port("scalar", "uint32"), -1, "it is -1"),
        (port("scalar", "float32"), 1j, "its type is complex128"),
        (port("scalar", "float64"), np.zeros(1), "its type is ndarray"),
        (port("text"), b"x", "its type is bytes"),
        (port("mapping"), [1], "its type is list"),
    ],
)
def test_what_is_not_declared_is_named(declared, value, found):
    assert explain_misfit(declared, value) == found


class Camera(Source):
    """Gives what it is told to."""

    frame = Output("uint16", shape=(None, None))
    extra = Output("text")

    def produce(self):
        return self.next_item


def test_a_node_is_told_what_it_gave_and_what_it_declares():
    camera = Camera()
    camera.next_item = {"frame": np.zeros((4, 4))}

    with pytest.raises(NodeError, match='Camera gave its output "frame"') as caught:
        list(NodeDriver(camera).produce())
    assert "float64" in caught.value.found
    assert 'astype("uint16")' in caught.value.mend


def test_a_value_that_was_right_before_does_not_excuse_the_next():
    camera = Camera()
    driver = NodeDriver(camera)
    right = np.zeros((4, 4), np.uint16)
    for _ in range(2):
        camera.next_item = {"frame": Stamped(right, 1), "extra": "x"}
        assert [each.output for each in driver.produce()] == ["frame", "extra"]

    camera.next_item = {"frame": right[0]}
    with pytest.raises(NodeError, match="1 dimensions"):
        list(driver.produce())
