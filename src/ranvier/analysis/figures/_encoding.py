"""Encoding models: kernels, prediction, what each block of regressors adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.figures._axes import (
    INK,
    add_legend_above,
    add_legend_beside,
    draw_event,
    draw_level,
    dress,
    name_columns,
    spread,
    tell_nothing,
)
from ranvier.analysis.figures._signal import cut, thin_line
from ranvier.analysis.figures._style import (
    BAND_COLORS,
    choose_colors,
    choose_shades,
    get_event_color,
    sort_targets,
)
from ranvier.analysis.figures._tables import drop_unknown, mean_and_sem, to_numbers

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ranvier.analysis.arrays import ArrayLike

_LINES = ("-", "--", ":", "-.")


def plot_encoding_kernels(axes: Axes, kernels: pd.DataFrame, title: str = "") -> Axes:
    """Draw the kernels of an encoding model.

    Parameters
    ----------
    axes
        To draw on.
    kernels
        `EncodingFit.kernels_to_frame()`: block, time (s), weight. Of several recordings
        (a column eid) mean ± SEM is drawn.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Blocks that begin with the name of an event have its colour.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(kernels, "block", "time", "weight")
    if rows.empty:
        return tell_nothing(axes, title)
    blocks = list(dict.fromkeys(rows["block"].astype(str)))
    other = choose_colors(blocks)
    used: dict[str, int] = {}
    for block in blocks:
        own = rows[rows["block"] == block]
        known = get_event_color(block.partition("_")[0].partition(":")[0])
        color = other[block] if known == INK else known
        line = _LINES[used.get(color, 0) % len(_LINES)]
        used[color] = used.get(color, 0) + 1
        label = block.replace("_times", "").replace(":", " × ").replace("_", " ")
        means = own.groupby("time")["weight"].agg(["mean", "sem"])
        t = means.index.to_numpy(np.float64)
        axes.plot(
            t, means["mean"], color=color, linestyle=line, linewidth=1.4, label=label
        )
        axes.fill_between(
            t,
            means["mean"] - means["sem"],
            means["mean"] + means["sem"],
            color=color,
            alpha=0.2,
            linewidth=0,
        )
    draw_level(axes, 0.0)
    draw_event(axes)
    axes.margins(x=0)
    dress(axes, title, "Time from event (s)", "Kernel (z)")
    add_legend_beside(axes)
    return axes


def plot_encoding_prediction(
    axes: Axes,
    signal: pd.Series,
    prediction: pd.Series,
    window: tuple[float, float] | None = None,
    title: str = "",
) -> Axes:
    """Draw a signal, and what an encoding model says of it, held out.

    Parameters
    ----------
    axes
        To draw on.
    signal, prediction
        Indexed by time, s.
    window
        Part that is drawn, s; all unless given.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    signal, prediction = cut(signal, window), cut(prediction, window)
    if not len(to_numbers(signal)):
        return tell_nothing(axes, title)
    axes.plot(
        *thin_line(signal.index, signal),
        color=BAND_COLORS["GCaMP"],
        linewidth=0.8,
        alpha=0.7,
        label="signal",
    )
    axes.plot(
        *thin_line(prediction.index, prediction),
        color=INK,
        linewidth=1.2,
        label="prediction",
    )
    axes.margins(x=0)
    dress(axes, title, "Time (s)", "Signal (z)")
    add_legend_above(axes)
    return axes


def plot_delta_r_squared(axes: Axes, deltas: pd.DataFrame, title: str = "") -> Axes:
    """Draw what each block of regressors adds to the held-out R².

    Parameters
    ----------
    axes
        To draw on.
    deltas
        One row a recording, one column a block; the index may have a level
        "target_NM", which then gives the colours.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Lines at the means of recordings, ± SEM.
    """
    numbers = deltas.to_numpy(np.float64) if deltas.size else np.empty((0, 0))
    if not np.isfinite(numbers).any():
        return tell_nothing(axes, title)
    has_targets = "target_NM" in deltas.index.names
    targets = (
        deltas.index.get_level_values("target_NM").astype(str).to_numpy()
        if has_targets
        else np.full(len(deltas), "")
    )
    names = sort_targets(targets)
    colors = choose_colors(names) if has_targets else {"": "#7a7a7a"}
    width = 0.8 / len(names)
    for j, name in enumerate(names):
        own = numbers[targets == name]
        at = np.arange(own.shape[1]) + (j - (len(names) - 1) / 2) * width
        mean, sem = mean_and_sem(own)
        axes.errorbar(at, mean, sem, fmt="_", color=INK, markersize=10, linewidth=1.2)
        offsets = spread(len(own), width * 0.6)
        for k in range(own.shape[1]):
            axes.scatter(
                at[k] + offsets,
                own[:, k],
                s=9,
                color=colors[name],
                alpha=0.6,
                linewidths=0,
                label=name if name and not k else None,
            )
    draw_level(axes, 0.0)
    axes.set_xlim(-0.6, numbers.shape[1] - 0.4)
    dress(axes, title, ylabel="Held-out ΔR²")
    name_columns(axes, [str(c).replace("_times", "") for c in deltas.columns])
    add_legend_beside(axes)
    return axes


def plot_cosine_basis(
    axes: Axes, lags: ArrayLike, basis: ArrayLike, title: str = ""
) -> Axes:
    """Draw the bumps that kernels are made of.

    Parameters
    ----------
    axes
        To draw on.
    lags
        Time after the event, shape (n_lags,), s.
    basis
        Shape (n_lags, n_bumps).
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    bumps = np.asarray(basis, np.float64)
    if not bumps.size:
        return tell_nothing(axes, title)
    shades = choose_shades(bumps.shape[1])
    for bump, color in zip(bumps.T, shades, strict=True):
        axes.plot(np.asarray(lags, np.float64), bump, color=color, linewidth=1.2)
    axes.margins(x=0)
    return dress(axes, title, "Time from event (s)", "Weight")
