"""One session's signals over time: raw bands, baseline, preprocessed, reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.figures._axes import (
    add_legend,
    add_legend_above,
    draw_level,
    dress,
    tell_nothing,
)
from ranvier.analysis.figures._style import (
    BAND_COLORS,
    FAINT,
    INK,
    choose_colors,
    get_event_color,
    label_event,
)
from ranvier.analysis.figures._tables import to_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

    from ranvier.analysis.arrays import ArrayLike, FloatArray

_MOST_POINTS = 4000
"""Of a line: about two for each dot of print across a page."""


def thin_line(
    t: ArrayLike, y: ArrayLike, n_points: int = _MOST_POINTS
) -> tuple[FloatArray, FloatArray]:
    """Thin a long line so that it looks the same: lowest and highest of each stretch.

    Parameters
    ----------
    t, y
        Shape (n_samples,).
    n_points
        About as many are left.

    Returns
    -------
    t, y : numpy.ndarray
        The line itself if it is short. No extreme is lost; a stretch without any number
        leaves a gap.

    Examples
    --------
    >>> t, y = thin_line(range(10_000), [0.0] * 9_999 + [5.0], 100)
    >>> len(t), float(y.max())
    (100, 5.0)
    """
    times, values = np.asarray(t, np.float64), np.asarray(y, np.float64)
    size = 2 * len(values) // max(n_points, 2)
    if size < 3:
        return times, values
    n = int(np.ceil(len(values) / size))
    short = n * size - len(values)
    rows = np.pad(values, (0, short), constant_values=np.nan).reshape(n, size)
    low = np.where(np.isnan(rows), np.inf, rows).argmin(axis=1)
    high = np.where(np.isnan(rows), -np.inf, rows).argmax(axis=1)
    pairs = np.sort(np.column_stack((low, high)), axis=1)
    places = (pairs + np.arange(n)[:, None] * size).ravel()
    places = np.minimum(places, len(values) - 1)
    return times[places], values[places]


def plot_raw_bands(
    axes: Axes,
    bands: Mapping[str, pd.Series],
    f0: Mapping[str, pd.Series] | None = None,
    *,
    window: tuple[float, float] | None = None,
    title: str = "",
    unit: str = "a.u.",
) -> Axes:
    """Draw the raw bands of one channel, with the baseline F0 that was fitted.

    Parameters
    ----------
    axes
        To draw on.
    bands
        Band → signal, indexed by time, s.
    f0
        Band → baseline, indexed by time, s.
    window
        Part that is drawn, s; all unless given.
    title
        Of the axes.
    unit
        Of the signals.

    Returns
    -------
    matplotlib.axes.Axes
    """
    drawn = {name: cut(band, window) for name, band in bands.items()}
    drawn = {name: band for name, band in drawn.items() if len(to_numbers(band))}
    if not drawn:
        return tell_nothing(axes, title)
    colors = choose_colors(drawn)
    for name, band in drawn.items():
        line = thin_line(band.index, band)
        axes.plot(*line, color=colors[name], linewidth=0.6, label=name, alpha=0.9)
    is_named = False
    for name, baseline in (f0 or {}).items():
        part = cut(baseline, window)
        if not len(to_numbers(part)):
            continue
        axes.plot(
            *thin_line(part.index, part),
            color=INK,
            linewidth=1.2,
            linestyle="-" if name == "GCaMP" else "--",
            label=None if is_named else "F0",
        )
        is_named = True
    axes.margins(x=0)
    dress(axes, title, "Time (s)", f"F ({unit})")
    add_legend_above(axes)
    return axes


def plot_preprocessed(
    axes: Axes,
    signal: pd.Series,
    events: Mapping[str, ArrayLike] | None = None,
    *,
    window: tuple[float, float] | None = None,
    title: str = "",
) -> Axes:
    """Draw a preprocessed signal, with events as ticks below it.

    Parameters
    ----------
    axes
        To draw on.
    signal
        z-scored, indexed by time, s.
    events
        Event → times, s.
    window
        Part that is drawn, s; all unless given.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Each event has a row of its own; of a whole session they are a grey texture, so
        that a window is better.
    """
    part = cut(signal, window)
    numbers = to_numbers(part)
    if not len(numbers):
        return tell_nothing(axes, title)
    axes.plot(*thin_line(part.index, part), color=BAND_COLORS["GCaMP"], linewidth=0.6)
    draw_level(axes, 0.0)
    low, high = float(numbers.min()), float(numbers.max())
    reach = max(high - low, 1e-9)
    for row, (name, times) in enumerate((events or {}).items()):
        known = to_numbers(times)
        known = known[(known >= part.index[0]) & (known <= part.index[-1])]
        top = low - reach * (0.04 + 0.08 * row)
        axes.vlines(
            known,
            top - 0.06 * reach,
            top,
            color=get_event_color(name),
            linewidth=0.8,
            label=label_event(name),
        )
    axes.margins(x=0)
    dress(axes, title, "Time (s)", "Signal (z)")
    add_legend_above(axes)
    return axes


def plot_isosbestic_fit(
    axes: Axes,
    reference: ArrayLike,
    signal: ArrayLike,
    fit: tuple[float, float] | None = None,
    title: str = "",
) -> Axes:
    """Draw the signal band against the reference, with the line that is subtracted.

    Parameters
    ----------
    axes
        To draw on.
    reference, signal
        ΔF/F at the same times, shape (n_samples,).
    fit
        Slope and intercept.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        About two thousand samples are drawn, evenly taken.
    """
    x, y = np.asarray(reference, np.float64), np.asarray(signal, np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return tell_nothing(axes, title)
    step = max(int(known.sum()) // 2000, 1)
    x, y = x[known][::step], y[known][::step]
    axes.scatter(x, y, s=3, color=FAINT, alpha=0.5, linewidths=0, rasterized=True)
    if fit is not None and np.isfinite(fit).all():
        ends = np.array([x.min(), x.max()])
        axes.plot(
            ends,
            fit[0] * ends + fit[1],
            color=INK,
            linewidth=1.2,
            label=f"slope {fit[0]:.2f}",
        )
        add_legend(axes, loc="upper left")
    return dress(axes, title, "Isosbestic (ΔF/F)", "GCaMP (ΔF/F)")


def cut(series: pd.Series, window: tuple[float, float] | None) -> pd.Series:
    """Take the part of a signal within a window of time."""
    if window is None:
        return series
    times = series.index.to_numpy(np.float64)
    return series[(times >= window[0]) & (times <= window[1])]
