import numpy as np
import pytest
from scipy.integrate import trapezoid

from ranvier.analysis.responses import (
    EARLY_WINDOW,
    LATE_WINDOW,
    compute_area,
    compute_magnitude,
    compute_peak,
)
from ranvier.core import AnalysisError

T = np.arange(-30, 30) / 30


@pytest.fixture
def rows():
    return np.random.default_rng(1).normal(size=(2, 5, 60))


def test_the_early_window_has_eight_samples_and_the_late_one_seven(rows):
    early = compute_magnitude(rows, T, EARLY_WINDOW)
    late = compute_magnitude(rows, T, LATE_WINDOW)

    np.testing.assert_allclose(early, rows[..., 33:41].mean(-1), atol=1e-12)
    np.testing.assert_allclose(late, rows[..., 41:48].mean(-1), atol=1e-12)


def test_what_is_nan_is_left_out_of_the_mean(rows):
    rows[0, 0, 33:40] = np.nan
    rows[0, 1, 33:41] = np.nan
    found = compute_magnitude(rows, T)

    assert found[0, 0] == rows[0, 0, 40]
    assert np.isnan(found[0, 1])


def test_the_area_is_that_of_trapezia(rows):
    expected = trapezoid(rows[..., 33:41], T[33:41], axis=-1)
    rows[1, 4, 35] = np.nan

    np.testing.assert_allclose(compute_area(rows, T)[0], expected[0], atol=1e-12)
    assert np.isnan(compute_area(rows, T)[1, 4])


def test_one_sample_has_no_area():
    assert compute_area([[3.0], [np.nan]], [0.2])[0] == 0.0
    assert np.isnan(compute_area([[3.0], [np.nan]], [0.2])[1])


@pytest.mark.parametrize(
    ("direction", "place"),
    [("up", np.nanargmax), ("down", np.nanargmin), ("either", None)],
)
def test_the_peak_is_where_a_loop_finds_it(rows, direction, place):
    rows[0, 0, 34] = np.nan
    peak, at = compute_peak(rows, T, direction=direction)
    for index in np.ndindex(2, 5):
        part = rows[index][33:41]
        best = np.nanargmax(np.abs(part)) if place is None else place(part)

        assert peak[index] == part[best]
        assert at[index] == T[33 + best]


def test_a_row_of_nan_has_no_peak():
    peak, at = compute_peak(np.full((1, 60), np.nan), T)

    assert np.isnan([peak[0], at[0]]).all()


def test_another_direction_is_refused(rows):
    with pytest.raises(AnalysisError, match="direction"):
        compute_peak(rows, T, direction="sideways")
