"""Arguments of numerical functions: what is refused, and in which words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ranvier.analysis.arguments import check_above_zero, check_option, check_range
from ranvier.analysis.arrays import mean_known
from ranvier.core import AnalysisError


def test_an_option_that_is_not_known_is_refused_with_those_that_are():
    check_option("the mode", "a", ("a", "b"))
    with pytest.raises(AnalysisError, match="the mode is none of those") as caught:
        check_option("the mode", "c", ("a", "b"))

    assert caught.value.code == "RV-A45"
    assert caught.value.wanted == "one of 'a', 'b'"


@pytest.mark.parametrize("value", [0.0, 2.0, -1.0, math.nan, math.inf])
def test_what_is_not_within_a_range_is_refused(value):
    check_range("x", 1.0, 0.0, 2.0)
    with pytest.raises(AnalysisError, match="x is out of its range") as caught:
        check_range("x", value, 0.0, 2.0)

    assert caught.value.wanted == "more than 0, less than 2"


def test_above_zero_lets_infinity_pass_and_a_range_does_not():
    check_above_zero("x", math.inf)
    with pytest.raises(AnalysisError) as of_range:
        check_range("x", math.inf, 0.0)
    with pytest.raises(AnalysisError) as of_zero:
        check_above_zero("x", math.nan)

    assert of_range.value.wanted == of_zero.value.wanted == "more than 0"
    assert {of_range.value.code, of_zero.value.code} == {"RV-A49"}


def test_a_mean_of_nothing_known_is_not_known():
    values = np.array([[1.0, np.nan], [3.0, np.nan]])

    np.testing.assert_array_equal(mean_known(values, 0), [2.0, np.nan])
    np.testing.assert_array_equal(mean_known(values, -1), [1.0, 3.0])
