"""A regular time grid, what stands on it, and the shapes a kernel can take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.faults import SignalFault

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray

__all__ = [
    "expand_lags",
    "interpolate_to_grid",
    "make_event_train",
    "make_lags",
    "make_raised_cosine_basis",
    "make_time_grid",
]


def make_time_grid(t_start: float, t_stop: float, dt: float = 0.1) -> FloatArray:
    """Make regular times from `t_start` to `t_stop`, the last one included if it fits.

    Parameters
    ----------
    t_start, t_stop
        s, on the session's clock.
    dt
        Step, s.

    Returns
    -------
    FloatArray
        (n_grid,), s.

    Raises
    ------
    SignalFault
        If the stretch is not longer than one step.

    Examples
    --------
    >>> make_time_grid(1.0, 1.3).round(3).tolist()
    [1.0, 1.1, 1.2, 1.3]
    """
    if not (t_stop - t_start >= dt > 0):
        raise SignalFault(
            "the recording is too short for a time grid.",
            found=f"{t_start:g} to {t_stop:g} s",
            wanted=f"{dt:g} s or more",
        )
    count = int(np.floor((t_stop - t_start) / dt + 1e-9)) + 1
    return t_start + dt * np.arange(count, dtype=np.float64)


def make_event_train(
    times: ArrayLike, grid: FloatArray, values: ArrayLike | None = None
) -> FloatArray:
    """Put events on a grid: each adds its value to the nearest time.

    Parameters
    ----------
    times
        (n_events,), s, in any order; NaN and events off the grid are left out.
    grid
        (n_grid,), s, regular.
    values
        (n_events,), 1 by default; NaN is left out.

    Returns
    -------
    FloatArray
        (n_grid,).

    Examples
    --------
    >>> make_event_train([0.11, 0.1, 5.0], np.array([0.0, 0.1, 0.2])).tolist()
    [0.0, 2.0, 0.0]
    """
    at = np.asarray(times, dtype=np.float64)
    heights = np.ones_like(at) if values is None else np.asarray(values, np.float64)
    step = grid[1] - grid[0]
    place = (at - grid[0]) / step
    inside = np.isfinite(place) & np.isfinite(heights)
    inside &= (place >= -0.5) & (place < len(grid) - 0.5)
    index = np.floor(place[inside] + 0.5).astype(np.int64)
    return np.bincount(index, heights[inside], len(grid)).astype(np.float64)


def make_lags(n_lags: int = 50) -> IntArray:
    """Make lags around 0, in grid steps: 50 are -25 … 24.

    Parameters
    ----------
    n_lags
        How many.

    Returns
    -------
    IntArray
        (n_lags,).

    Examples
    --------
    >>> make_lags(4).tolist()
    [-2, -1, 0, 1]
    """
    return np.arange(n_lags, dtype=np.int64) - n_lags // 2


def expand_lags(train: FloatArray, lags: IntArray) -> FloatArray:
    """Shift a train by each lag, later for positive ones; 0 comes in at the ends.

    Parameters
    ----------
    train
        (n_grid,).
    lags
        (n_lags,), grid steps.

    Returns
    -------
    FloatArray
        (n_grid, n_lags); column j at time i is the train at i - lags[j].

    Examples
    --------
    >>> expand_lags(np.array([0.0, 1.0, 0.0]), np.array([-1, 0, 1])).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    reach = int(np.abs(lags).max(initial=0))
    padded = np.pad(train, reach)
    rows = np.arange(len(train))[:, None] + reach
    return padded[rows - lags[None, :]]


def make_raised_cosine_basis(
    n_bumps: int = 10, duration: float = 2.5, offset: float = 0.2, dt: float = 0.1
) -> FloatArray:
    """Make bumps that are narrow soon after an event and wide later.

    Parameters
    ----------
    n_bumps
        How many.
    duration
        When the last one has come down to 0, s.
    offset
        Makes the first ones wider, s, > 0.
    dt
        Grid step, s.

    Returns
    -------
    FloatArray
        (n_lags, n_bumps); lag j is j·dt, from 0 to before `duration`.

    Raises
    ------
    SignalFault
        If there are fewer lags than bumps.

    Notes
    -----
    b_j(t) = (1 + cos(clip((y(t) - φ_j)·π/(2d), -π, π)))/2, y = log(t + offset), with
    φ_j from y(0) in steps of d = (y(duration) - y(0))/(n_bumps + 1): raised cosines on
    a logarithmic axis, of Pillow et al., Nature 454:995 (2008). Four overlap at any
    time, and between the second and the last but one they sum to 2.

    Examples
    --------
    >>> make_raised_cosine_basis().shape
    (25, 10)
    """
    n_lags = int(np.ceil(duration / dt - 1e-9))
    if n_lags < n_bumps:
        raise SignalFault(
            "a kernel has fewer lags than bumps.",
            found=f"{n_lags} lags of {dt:g} s",
            wanted=f"{n_bumps}",
            mend="ask for fewer bumps, a longer kernel, or a finer grid",
        )
    y = np.log(dt * np.arange(n_lags) + offset)
    first, last = np.log(offset), np.log(duration + offset)
    spacing = (last - first) / (n_bumps + 1)
    centres = first + spacing * np.arange(n_bumps)
    phase = (y[:, None] - centres[None, :]) * np.pi / (2 * spacing)
    return 0.5 * (1 + np.cos(np.clip(phase, -np.pi, np.pi)))


def interpolate_to_grid(
    times: ArrayLike, values: ArrayLike, grid: FloatArray, max_gap: float = 1.0
) -> FloatArray:
    """Bring a continuous regressor onto the grid, by quadratic interpolation.

    Parameters
    ----------
    times, values
        (n_samples,), s and any unit. Samples may be unsorted; of duplicate times the
        first is taken; NaN samples are left out.
    grid
        (n_grid,), s.
    max_gap
        Longest stretch between samples that is bridged, s.

    Returns
    -------
    FloatArray
        (n_grid,); NaN outside the samples and in longer gaps, so that those rows are
        left out of a fit.

    Raises
    ------
    SignalFault
        If fewer than three samples are there.
    """
    from scipy.interpolate import make_interp_spline

    t, x = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    good = np.isfinite(t) & np.isfinite(x)
    t, first = np.unique(t[good], return_index=True)
    if len(t) < 3:
        raise SignalFault(
            "a continuous regressor has too few samples.",
            found=f"{len(t)}",
            wanted="3 or more that are finite, at different times",
        )
    result = np.asarray(make_interp_spline(t, x[good][first], k=2)(grid))
    right = np.clip(np.searchsorted(t, grid, side="left"), 1, len(t) - 1)
    in_gap = (t[right] - t[right - 1] > max_gap) & (grid != t[right])
    in_gap &= grid != t[right - 1]
    result[in_gap | (grid < t[0]) | (grid > t[-1])] = np.nan
    return result
