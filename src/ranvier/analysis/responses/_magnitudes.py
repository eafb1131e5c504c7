"""One number of each response: mean, area, peak."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.arrays import mean_known
from ranvier.analysis.responses._checks import check_option, check_rows, select_window

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray

EARLY_WINDOW = (0.1, 0.35)
"""Window of the early response, s after the event."""

LATE_WINDOW = (0.35, 0.6)
"""Window of the late response, s after the event."""


def compute_magnitude(
    values: ArrayLike, t: ArrayLike, window: tuple[float, float] = EARLY_WINDOW
) -> FloatArray:
    """Mean of each response in a window.

    Parameters
    ----------
    values
        Responses, shape (…, n_window).
    t
        Time from the event, shape (n_window,), s.
    window
        From start up to, not with, end, s.

    Returns
    -------
    numpy.ndarray
        Shape (…,), unit of `values`. NaN samples are left out; NaN without any sample.

    Raises
    ------
    AnalysisError
        If no sample lies in the window, or the shapes do not fit.

    Examples
    --------
    >>> compute_magnitude([[0.0, 2.0, np.nan, 9.0]], [0.0, 0.1, 0.2, 0.35])
    array([2.])
    """
    return mean_known(check_rows(values, t)[..., select_window(t, window)], -1)


def compute_area(
    values: ArrayLike, t: ArrayLike, window: tuple[float, float] = EARLY_WINDOW
) -> FloatArray:
    """Area under each response in a window, by trapezia.

    Parameters
    ----------
    values
        Responses, shape (…, n_window).
    t
        Time from the event, shape (n_window,), s.
    window
        From start up to, not with, end, s.

    Returns
    -------
    numpy.ndarray
        Shape (…,), unit of `values` × s. NaN if any sample of the window is NaN: the
        area under what is left would be smaller without reason.

    Raises
    ------
    AnalysisError
        If no sample lies in the window, or the shapes do not fit.

    Examples
    --------
    >>> compute_area([[0.0, 1.0, 1.0]], [0.0, 1.0, 2.0], window=(0.0, 3.0))
    array([1.5])
    """
    rows, inside = check_rows(values, t), select_window(t, window)
    part, steps = rows[..., inside], np.diff(np.asarray(t, np.float64)[inside])
    if steps.size == 0:  # one sample: no area, and NaN stays NaN
        return part[..., 0] * 0.0
    return ((part[..., 1:] + part[..., :-1]) / 2) @ steps


def compute_peak(
    values: ArrayLike,
    t: ArrayLike,
    window: tuple[float, float] = EARLY_WINDOW,
    direction: str = "up",
) -> tuple[FloatArray, FloatArray]:
    """Find the extreme value of each response in a window, and when it is.

    Parameters
    ----------
    values
        Responses, shape (…, n_window).
    t
        Time from the event, shape (n_window,), s.
    window
        From start up to, not with, end, s.
    direction
        "up" for the largest value, "down" for the smallest, "either" for the one
        farthest from 0.

    Returns
    -------
    peak : numpy.ndarray
        Shape (…,), unit of `values`; NaN where all samples are.
    t_peak : numpy.ndarray
        Shape (…,), s from the event, of the first such sample; NaN as `peak`.

    Raises
    ------
    AnalysisError
        If no sample lies in the window, the shapes do not fit, or `direction` is
        another.

    Examples
    --------
    >>> compute_peak([[0.0, 3.0, 1.0]], [0.1, 0.2, 0.3])
    (array([3.]), array([0.2]))
    """
    check_option("direction", direction, ("up", "down", "either"))
    rows, inside = check_rows(values, t), select_window(t, window)
    part, at = rows[..., inside], np.asarray(t, np.float64)[inside]
    sized = {"up": part, "down": -part}.get(direction, np.abs(part))
    known = ~np.isnan(part)
    place = np.where(known, sized, -np.inf).argmax(-1)
    peak = np.take_along_axis(part, place[..., None], -1)[..., 0]
    none = ~known.any(-1)
    return np.where(none, np.nan, peak), np.where(none, np.nan, at[place])
