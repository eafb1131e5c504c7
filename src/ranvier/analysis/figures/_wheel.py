"""The wheel: its trace with movements, and its velocity trial by trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.figures._axes import (
    add_legend,
    draw_level,
    dress,
    make_bar,
    tell_nothing,
)
from ranvier.analysis.figures._psth import draw_band
from ranvier.analysis.figures._signal import thin_line
from ranvier.analysis.figures._style import DIVERGING, EVENT_COLORS, INK, PAPER
from ranvier.analysis.figures._tables import mean_and_sem
from ranvier.analysis.figures._trial_types import TrialGroup, group_everyone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from ranvier.analysis.arrays import ArrayLike, FloatArray


def plot_wheel_trace(
    axes: Axes,
    t: ArrayLike,
    position: ArrayLike,
    movements: Sequence[tuple[float, float]] = (),
    window: tuple[float, float] | None = None,
    title: str = "",
) -> Axes:
    """Draw the position of the wheel, with movements shaded.

    Parameters
    ----------
    axes
        To draw on.
    t, position
        s and rad, shape (n_samples,).
    movements
        Start and end of each, s.
    window
        Part that is drawn, s; all unless given.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    times, place = np.asarray(t, np.float64), np.asarray(position, np.float64)
    if window is not None:
        inside = (times >= window[0]) & (times <= window[1])
        times, place = times[inside], place[inside]
    if not np.isfinite(place).any():
        return tell_nothing(axes, title)
    axes.plot(*thin_line(times, place), color=INK, linewidth=0.8)
    for start, end in movements:
        if end >= times[0] and start <= times[-1]:
            axes.axvspan(
                max(start, times[0]),
                min(end, times[-1]),
                color=EVENT_COLORS["movement"],
                alpha=0.25,
                linewidth=0,
            )
    axes.margins(x=0)
    return dress(axes, title, "Time (s)", "Wheel (rad)")


def plot_wheel_velocity(
    axes: Axes,
    velocity: ArrayLike,
    rate_hz: float = 100.0,
    *,
    order: ArrayLike | None = None,
    max_s: float = 2.0,
    title: str = "",
) -> Axes:
    """Draw the velocity of the wheel as a heat map, a row a trial.

    Parameters
    ----------
    axes
        To draw on.
    velocity
        rad/s, shape (n_trials, n_longest), from the stimulus on; NaN after the end of a
        trial.
    rate_hz
        Samples per second.
    order
        Trials from top to bottom; as they are unless given.
    max_s
        Longest time that is drawn, s.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        The scale ends at ± 3 SD; grey is after the end of a trial.
    """
    from matplotlib import colormaps

    rows = _cut(velocity, rate_hz, max_s)
    if not np.isfinite(rows).any():
        return tell_nothing(axes, title)
    places = np.arange(len(rows)) if order is None else np.asarray(order, np.intp)
    limit = 3.0 * float(rows[np.isfinite(rows)].std()) or 1.0
    drawn = axes.imshow(
        rows[places],
        cmap=colormaps[DIVERGING].with_extremes(bad=PAPER),
        vmin=-limit,
        vmax=limit,
        aspect="auto",
        interpolation="nearest",
        extent=(0.0, rows.shape[1] / rate_hz, len(places) - 0.5, -0.5),
    )
    dress(axes, title, "Time from stimulus (s)", "Trial")
    make_bar(axes, drawn, "Velocity (rad/s)")
    return axes


def plot_wheel_speed(
    axes: Axes,
    velocity: ArrayLike,
    rate_hz: float = 100.0,
    groups: Sequence[TrialGroup] = (),
    *,
    max_s: float = 2.0,
    title: str = "",
) -> Axes:
    """Draw the mean ± SEM of the wheel's speed, a line for each kind of trial.

    Parameters
    ----------
    axes
        To draw on.
    velocity
        rad/s, shape (n_trials, n_longest), from the stimulus on.
    rate_hz
        Samples per second.
    groups
        Kinds of trials, of `group_trials`; all in one unless given.
    max_s
        Longest time that is drawn, s.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        At each time over the trials that still go on.
    """
    rows = np.abs(_cut(velocity, rate_hz, max_s))
    if not np.isfinite(rows).any():
        return tell_nothing(axes, title)
    t = np.arange(rows.shape[1]) / rate_hz
    for group in groups or [group_everyone(len(rows))]:
        if np.isfinite(rows[group.which]).any():
            draw_band(
                axes,
                t,
                *mean_and_sem(rows[group.which]),
                label=f"{group.label} ({int(group.which.sum())})",
                **group.style,
            )
    draw_level(axes, 0.0)
    axes.margins(x=0)
    dress(axes, title, "Time from stimulus (s)", "Speed (rad/s)")
    add_legend(axes)
    return axes


def _cut(velocity: ArrayLike, rate_hz: float, max_s: float) -> FloatArray:
    rows = np.asarray(velocity, np.float64)
    return rows[:, : max(round(max_s * rate_hz), 1)] if rows.ndim == 2 else rows
