"""Signals around events: a row a trial, and means of kinds of trials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.faults import DataFault
from ranvier.analysis.figures._axes import (
    add_legend,
    draw_event,
    dress,
    dress_response,
    tell_nothing,
)
from ranvier.analysis.figures._style import DIVERGING, INK, PAPER
from ranvier.analysis.figures._tables import mean_and_sem
from ranvier.analysis.figures._trial_types import TrialGroup, group_everyone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from ranvier.analysis.arrays import ArrayLike, FloatArray

_N_SD = 3.0  # half width of the colour scale
_LEAST_SHARE = 0.1  # of the trials: masked tails of a few say nothing
_STRIP = 0.02  # width of the strip of kinds, share of the window


def plot_response_heatmap(
    axes: Axes,
    values: ArrayLike,
    t: ArrayLike,
    *,
    order: ArrayLike | None = None,
    limit: float | None = None,
    groups: Sequence[TrialGroup] = (),
) -> Axes:
    """Draw responses as a heat map, a row a trial, the first on top.

    Parameters
    ----------
    axes
        To draw on.
    values
        Responses, shape (n_trials, n_window).
    t
        Time from the event, shape (n_window,), s.
    order
        Trials from top to bottom, as of `sort_trials_by_type`; as they are unless
        given.
    limit
        Ends of the colour scale; 3 SD of the responses unless given.
    groups
        Kinds of trials: a strip at the left has their colours.

    Returns
    -------
    matplotlib.axes.Axes
        Missing samples are grey. The image is `axes.images[0]`.

    Raises
    ------
    DataFault
        If the shapes do not fit.
    """
    rows, times = _check(values, t)
    if not np.isfinite(rows).any():
        return tell_nothing(axes)
    places = np.arange(len(rows)) if order is None else np.asarray(order, np.intp)
    scale = _find_scale(rows) if limit is None else limit
    half = _half_step(times)
    axes.imshow(
        rows[places],
        cmap=_get_colors(),
        vmin=-scale,
        vmax=scale,
        aspect="auto",
        interpolation="nearest",
        extent=(times[0] - half, times[-1] + half, len(places) - 0.5, -0.5),
    )
    draw_event(axes)
    _draw_strip(axes, groups, places)
    dress(axes, "", "Time from event (s)", "Trial")
    return axes


def plot_response_traces(
    axes: Axes,
    values: ArrayLike,
    t: ArrayLike,
    groups: Sequence[TrialGroup] = (),
    *,
    subjects: ArrayLike | None = None,
    title: str = "",
) -> Axes:
    """Draw the mean ± SEM of responses, a line for each kind of trial.

    Parameters
    ----------
    axes
        To draw on.
    values
        Responses, shape (n_trials, n_window).
    t
        Time from the event, shape (n_window,), s.
    groups
        Kinds of trials, of `group_trials`; all in one unless given.
    subjects
        Subject of each trial. If given, means of subjects are averaged; else trials.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        n in the legend counts trials. Where less than a tenth of them have a sample
        (masked, say), nothing is drawn.

    Raises
    ------
    DataFault
        If the shapes do not fit.
    """
    rows, times = _check(values, t)
    if not np.isfinite(rows).any():
        return tell_nothing(axes, title)
    for group in groups or [group_everyone(len(rows))]:
        part = rows[group.which]
        n = int(np.isfinite(part).any(axis=1).sum())
        if n:
            whose = None if subjects is None else np.asarray(subjects)[group.which]
            mean, sem = _average(part, whose)
            mean[np.isfinite(part).sum(axis=0) < _LEAST_SHARE * n] = np.nan
            label = f"{group.label} ({n})"
            draw_band(axes, times, mean, sem, label=label, **group.style)
    dress_response(axes, title)
    add_legend(axes)
    return axes


def draw_band(
    axes: Axes, x: Any, mean: Any, error: Any, *, label: str = "", **style: Any
) -> None:
    """Draw a line with a band of ± its error, where there is one."""
    looks: dict[str, Any] = {"linewidth": 1.4, "color": INK} | style
    axes.plot(x, mean, label=label or None, **looks)
    axes.fill_between(
        x,
        np.asarray(mean) - np.asarray(error),
        np.asarray(mean) + np.asarray(error),
        color=looks["color"],
        alpha=0.2,
        linewidth=0,
    )


def _average(rows: FloatArray, subjects: Any | None) -> tuple[FloatArray, FloatArray]:
    if subjects is None:
        return mean_and_sem(rows)
    means = [mean_and_sem(rows[subjects == name])[0] for name in np.unique(subjects)]
    return mean_and_sem(np.array(means))


def _check(values: ArrayLike, t: ArrayLike) -> tuple[FloatArray, FloatArray]:
    rows, times = np.asarray(values, np.float64), np.asarray(t, np.float64)
    if rows.ndim != 2 or times.shape != (rows.shape[-1],):
        raise DataFault(
            "responses can't be drawn: their shape does not fit that of the times.",
            found=f"{rows.shape} and {times.shape}",
            wanted="(n_trials, n_window) and (n_window,)",
            mend="give the responses of one event of one region, and their times",
        )
    return rows, times


def _find_scale(rows: FloatArray) -> float:
    known = rows[np.isfinite(rows)]
    spread = float(known.std())
    return _N_SD * spread if spread > 0 else max(abs(float(known[0])), 1.0)


def _half_step(times: FloatArray) -> float:
    return float(np.median(np.diff(times))) / 2 if len(times) > 1 else 0.5


def _get_colors() -> Any:
    from matplotlib import colormaps

    return colormaps[DIVERGING].with_extremes(bad=PAPER)


def _draw_strip(axes: Axes, groups: Sequence[TrialGroup], places: Any) -> None:
    """Draw kinds of trials as a strip just left of the heat map."""
    from matplotlib.colors import to_rgb

    if not groups:
        return
    strip = np.ones((len(places), 1, 3))
    for group in groups:
        strip[group.which[places]] = to_rgb(group.style["color"])
    left, right = axes.get_xlim()
    width = _STRIP * (right - left)
    axes.imshow(
        strip,
        aspect="auto",
        interpolation="nearest",
        extent=(left - 1.5 * width, left - 0.5 * width, len(places) - 0.5, -0.5),
    )
    axes.set_xlim(left - 1.5 * width, right)
