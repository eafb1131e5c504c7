"""Which outputs fit which inputs, and how they are described."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.spec import PortSpec, explain_mismatch


def out(*fields, **more):
    return PortSpec("o", "output", *fields, **more)


def into(*fields, **more):
    return PortSpec("i", "input", *fields, **more)


@pytest.mark.parametrize(
    ("output", "given_to", "word"),
    [
        (out("array"), into("text"), "text is wanted"),
        (out("array", "u2"), into("array", "f4"), "f4 is wanted"),
        (out("array", unit="V"), into("array", unit="mV"), "mV is wanted"),
        (out("array", None, (3, 4)), into("array", None, (3,)), "2 dimensions"),
        (out("array", None, (3, 4)), into("array", None, (3, 5)), "axis 1 is 4"),
    ],
)
def test_what_does_not_fit_is_explained(output, given_to, word):
    assert word in explain_mismatch(output, given_to)


@pytest.mark.parametrize(
    ("output", "given_to"),
    [
        (out(), into("text")),
        (out("text"), into()),
        (out("array"), into("array", "f4", (3,), "V")),
        (out("array", None, ("n", None)), into("array", None, (3, 4))),
        (out("array", "f4", (3, "n")), into("array", "f4", (3, 7))),
    ],
)
def test_what_one_side_leaves_open_fits(output, given_to):
    assert explain_mismatch(output, given_to) is None


sizes = st.one_of(st.none(), st.integers(0, 5), st.sampled_from("nm"))
shapes = st.one_of(st.none(), st.lists(sizes, max_size=3).map(tuple))


@given(shapes)
def test_every_output_fits_an_input_of_its_own_shape(shape):
    assert (
        explain_mismatch(out("array", "f4", shape), into("array", "f4", shape)) is None
    )


@given(shapes)
def test_every_port_can_be_described(shape):
    assert out("array", "f4", shape, "V", 30).describe().startswith("f4 array")
