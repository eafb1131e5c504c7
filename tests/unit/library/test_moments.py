"""Numbers, means and spreads that grow are those of all responses at once."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.library._moments import Moments


def test_cells_that_join_have_no_part_in_what_was_before():
    moments = Moments()
    moments.add(0, np.array([1.0]))
    moments.add(0, np.array([3.0, 5.0]))
    moments.add(2, np.array([7.0]))

    np.testing.assert_array_equal(moments.counts, [[2, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(moments.means, [[2, 0, 7], [5, 0, 0]])


def test_no_digits_are_lost_on_a_high_offset():
    values = 1e9 + np.random.default_rng(0).normal(size=500)
    moments = Moments()
    for value in values:
        moments.add(0, np.array([value]))

    np.testing.assert_allclose(moments.means[0, 0], values.mean(), rtol=1e-15)
    np.testing.assert_allclose(
        moments.squares[0, 0], ((values - values.mean()) ** 2).sum(), rtol=1e-6
    )


@pytest.mark.parametrize("number", [np.int64, np.float64])
def test_it_goes_on_from_a_state_as_if_nothing_had_been(number):
    one, other = Moments(number), Moments(number)
    one.add(0, np.array([1.0, np.nan]))
    other.take_state(one.to_state())
    for each in (one, other):
        each.add(1, np.array([2.0, 3.0, 4.0]))

    for name, values in one.to_state().items():
        np.testing.assert_array_equal(other.to_state()[name], values)
    assert other.counts.dtype == number
