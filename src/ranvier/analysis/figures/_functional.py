"""Coefficients as curves over time, with pointwise and joint bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.figures._axes import (
    MIDDLE,
    add_legend,
    add_legend_beside,
    draw_event,
    draw_level,
    dress,
    split_figure,
    tell_nothing,
)
from ranvier.analysis.figures._style import INK
from ranvier.analysis.figures._tables import drop_unknown, require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_BANDS = ("ci_low", "ci_high", "joint_low", "joint_high")


def plot_coefficient_curve(
    axes: Axes, curve: pd.DataFrame, *, color: str = INK, title: str = ""
) -> Axes:
    """Draw a coefficient of a functional model over time.

    Parameters
    ----------
    axes
        To draw on.
    curve
        `FunctionalLmmResult.to_frame()` of one term: time (s), beta, ci_low, ci_high
        (pointwise), joint_low, joint_high.
    color
        Of the curve.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Dark band: 95 % pointwise; light: 95 % joint. A bar at the bottom marks the
        times at which the joint band leaves zero out.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(curve, "time", "beta").sort_values("time")
    require(curve, *_BANDS)
    if rows.empty:
        return tell_nothing(axes, title)
    t = rows["time"].to_numpy(np.float64)
    low, high, joint_low, joint_high = (rows[b].to_numpy(np.float64) for b in _BANDS)
    axes.fill_between(
        t,
        joint_low,
        joint_high,
        color=color,
        alpha=0.15,
        linewidth=0,
        label="joint 95 %",
    )
    axes.fill_between(
        t, low, high, color=color, alpha=0.3, linewidth=0, label="pointwise 95 %"
    )
    axes.plot(t, rows["beta"], color=color, linewidth=1.4)
    draw_level(axes, 0.0)
    draw_event(axes)
    is_sure = (joint_low > 0) | (joint_high < 0)
    if is_sure.any():
        floor, top = axes.get_ylim()
        at = floor - 0.02 * (top - floor)
        axes.plot(
            t,
            np.where(is_sure, at, np.nan),
            color=color,
            linewidth=3.0,
            solid_capstyle="butt",
            label="joint band without 0",
        )
    axes.margins(x=0)
    dress(axes, title, "Time from event (s)", "Coefficient (z)")
    add_legend(axes)
    return axes


def plot_functional_model(
    figure: Figure | SubFigure,
    curves: pd.DataFrame,
    n_columns: int = 3,
    title: str = "",
) -> Figure | SubFigure:
    """Draw all coefficients of a functional model, one pair of axes each.

    Parameters
    ----------
    figure
        Empty.
    curves
        `FunctionalLmmResult.to_frame()`.
    n_columns
        Of axes.
    title
        Of the figure: target, event, n.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataFault
        If a column is missing.
    """
    require(curves, "term", "time", "beta", *_BANDS)
    terms = [] if curves.empty else list(dict.fromkeys(curves["term"].astype(str)))
    grid = split_figure(figure, len(terms), n_columns, sharex=True)
    if not terms:
        tell_nothing(grid[0])
    for i, (axes, term) in enumerate(zip(grid, terms, strict=False)):
        own = curves[curves["term"] == term]
        plot_coefficient_curve(axes, own, title=term.replace(":", " × "))
        if i % n_columns:
            axes.set_ylabel("")
        axes.tick_params(labelbottom=True)
        axes.locator_params(axis="x", nbins=4)  # narrow: names would touch
        if i + n_columns < len(terms):
            axes.set_xlabel("")
        if (legend := axes.get_legend()) is not None:
            legend.remove()
        if i == min(n_columns, len(terms)) - 1:
            add_legend_beside(axes)
    if title:
        figure.suptitle(title, fontsize=MIDDLE)
    return figure
