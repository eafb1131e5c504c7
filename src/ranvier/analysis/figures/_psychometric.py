"""Psychometric curves and their parameters, and how fast subjects respond."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.figures._axes import (
    add_legend,
    add_legend_beside,
    draw_level,
    dress,
    format_log,
    split_figure,
    tell_nothing,
)
from ranvier.analysis.figures._distributions import plot_parameter_box
from ranvier.analysis.figures._psth import draw_band
from ranvier.analysis.figures._style import (
    BLOCK_COLORS,
    FAINT,
    INK,
    choose_colors,
    choose_marks,
    label_value,
    sort_targets,
)
from ranvier.analysis.figures._tables import (
    drop_unknown,
    explode_targets,
    format_percent,
    mean_and_sem,
    require,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from ranvier.analysis.arrays import FloatArray

_PARAMETERS = ("bias", "threshold", "lapse_left", "lapse_right")
_BLOCKS = ("80", "50", "20")
_DASHES = {"80": "-", "50": (0, (4, 1)), "20": (0, (1, 1))}


def plot_psychometric_curves_50(
    axes: Axes, performance: pd.DataFrame, by: str = "", title: str = ""
) -> Axes:
    """Draw psychometric curves of the unbiased blocks.

    Parameters
    ----------
    axes
        To draw on.
    performance
        performance.pqt joined with the catalogue: subject, psych_50_….
    by
        Column of groups ("target_NM"), each with its own mean; all in one unless given.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        A thin line a subject (mean curve of its sessions), a thick one the mean ± SEM
        over subjects.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    names = ("subject", by) if by else ("subject",)
    table = explode_targets(performance) if by else performance
    rows = drop_unknown(table, *_name("50"), *names)
    if rows.empty:
        return tell_nothing(axes, title)
    _frame(axes, title)
    groups = sort_targets(rows[by]) if by else ["all"]
    colors = choose_colors(groups) if by else {"all": INK}
    for name in groups:
        part = rows[rows[by].astype(str) == name] if by else rows
        curves = _compute_subject_curves(part, "50")
        thin = colors[name] if by else FAINT
        axes.plot(_make_grid(), curves.T, color=thin, linewidth=0.6, alpha=0.5)
        label = f"{name} ({len(curves)})" if by else f"mean of {len(curves)} subjects"
        draw_band(
            axes, _make_grid(), *mean_and_sem(curves), label=label, color=colors[name]
        )
    add_legend(axes, loc="upper left")
    return axes


def plot_psychometric_curves_by_block(
    axes: Axes, performance: pd.DataFrame, title: str = ""
) -> Axes:
    """Draw psychometric curves of each kind of block, mean ± SEM over subjects.

    Parameters
    ----------
    axes
        To draw on.
    performance
        performance.pqt joined with the catalogue: subject, psych_20_…, psych_50_…,
        psych_80_….
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        A block without any fit is left out.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    drawn = 0
    for block in _BLOCKS:
        rows = drop_unknown(performance, *_name(block), "subject")
        if rows.empty:
            continue
        curves = _compute_subject_curves(rows, block)
        draw_band(
            axes,
            _make_grid(),
            *mean_and_sem(curves),
            label=f"{block} % left",
            color=BLOCK_COLORS[block],
            linestyle=_DASHES[block],
        )
        drawn += 1
    if not drawn:
        return tell_nothing(axes, title)
    _frame(axes, title)
    add_legend(axes, loc="upper left")
    return axes


def plot_psychometric(
    axes: Axes,
    points: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, float]],
    title: str = "",
) -> Axes:
    """Draw the choices of one session, with the curves that were fitted.

    Parameters
    ----------
    axes
        To draw on.
    points
        Block ("50") → table: index signed contrast, percent; n_trials,
        fraction_right.
    fits
        Block → bias, threshold, lapse_left, lapse_right.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Bars are ± 1 SE of a binomial.

    Raises
    ------
    DataFault
        If a column of the points is missing.
    """
    blocks = [name for name in _BLOCKS if name in points or name in fits]
    if not any(len(points.get(name, ())) for name in blocks):
        return tell_nothing(axes, title)
    for block in blocks:
        color = BLOCK_COLORS[block]
        table = points.get(block)
        if table is not None and len(table):
            require(table, "n_trials", "fraction_right")
            p = table["fraction_right"].to_numpy(np.float64)
            n = np.maximum(table["n_trials"].to_numpy(np.float64), 1)
            axes.errorbar(
                table.index.to_numpy(np.float64),
                p,
                np.sqrt(p * (1 - p) / n),
                fmt="o",
                color=color,
                markersize=4,
                linewidth=1.0,
            )
        fit = fits.get(block)
        if fit is not None and np.isfinite([fit[name] for name in _PARAMETERS]).all():
            curve = _predict(
                _make_grid(), *(np.array([fit[name]]) for name in _PARAMETERS)
            )
            axes.plot(
                _make_grid(),
                curve[0],
                color=color,
                linestyle=_DASHES[block],
                linewidth=1.4,
                label=f"{block} % left",
            )
    _frame(axes, title)
    add_legend(axes, loc="upper left")
    return axes


def plot_psychometric_grid(
    figure: Figure | SubFigure, performance: pd.DataFrame, by: str = "target_NM"
) -> Figure | SubFigure:
    """Draw psychometric curves by block, one pair of axes for each target.

    Parameters
    ----------
    figure
        Empty.
    performance
        As of `plot_psychometric_curves_by_block`, with `by`.
    by
        Column of groups; lists of targets are split.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(explode_targets(performance), by)
    names = sort_targets(rows[by])
    grid = split_figure(figure, len(names), sharex=True, sharey=True)
    if not names:
        tell_nothing(grid[0])
    for i, (axes, name) in enumerate(zip(grid, names, strict=False)):
        part = rows[rows[by].astype(str) == name]
        plot_psychometric_curves_by_block(axes, part, name)
        if i:
            axes.set_ylabel("")
            if (legend := axes.get_legend()) is not None:
                legend.remove()
    return figure


def plot_psychometric_parameters_boxplot(
    figure: Figure | SubFigure,
    performance: pd.DataFrame,
    by: str = "target_NM",
    block: str = "50",
) -> Figure | SubFigure:
    """Draw the four psychometric parameters of subjects, by target.

    Parameters
    ----------
    figure
        Empty.
    performance
        performance.pqt joined with the catalogue.
    by
        Column of groups; lists of targets are split.
    block
        "50", "20" or "80".

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = explode_targets(performance)
    columns = _name(block)
    for axes, value in zip(split_figure(figure, 4, 2), columns, strict=True):
        plot_parameter_box(axes, rows, value, by)
        if axes.lines:
            axes.set_ylabel(label_value(value.replace(f"_{block}_", "_50_")))
            if value.endswith("bias"):
                draw_level(axes, 0.0)
    return figure


def create_psychometric_figure(
    figure: Figure | SubFigure, performance: pd.DataFrame, by: str = "target_NM"
) -> Figure | SubFigure:
    """Draw all of psychometrics: curves, curves by block, bias shift, threshold.

    Parameters
    ----------
    figure
        Empty.
    performance
        performance.pqt joined with the catalogue: subject, `by`.
    by
        Column of groups; lists of targets are split.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = explode_targets(performance)
    grid = split_figure(figure, 4, 2)
    plot_psychometric_curves_50(grid[0], rows, by, "Unbiased blocks")
    plot_psychometric_curves_by_block(grid[1], performance, "All targets, by block")
    for axes, value in zip(grid[2:], ("psych_50_threshold", "bias_shift"), strict=True):
        plot_parameter_box(axes, rows, value, by)
        if axes.lines:
            axes.set_ylabel(label_value(value))
    return figure


def plot_rt_by_contrast(
    axes: Axes,
    trials: pd.DataFrame,
    value: str = "reaction_time",
    by: str = "target_NM",
    title: str = "",
) -> Axes:
    """Draw a time of trials against contrast, by target.

    Parameters
    ----------
    axes
        To draw on.
    trials
        One row a trial: contrast (percent), subject, `value` (s), and `by` if groups
        are wanted.
    value
        reaction_time, movement_time, response_time, or peak_velocity.
    by
        Column of groups; not split if it is not there.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Mean ± SEM over subjects of their medians; the scale is logarithmic. Values
        that are not positive are left out.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    known = [by] if by in trials else []
    rows = drop_unknown(trials, value, "contrast", "subject", *known)
    rows = rows[rows[value] > 0] if len(rows) else rows
    if rows.empty:
        return tell_nothing(axes, title)
    levels = sorted({float(c) for c in rows["contrast"]})
    names = sort_targets(rows[by]) if known else ["all"]
    colors, marks = choose_colors(names), choose_marks(names)
    for name in names:
        part = rows[rows[by].astype(str) == name] if known else rows
        medians = part.pivot_table(value, "subject", "contrast", aggfunc="median")
        mean, sem = mean_and_sem(medians.reindex(columns=levels).to_numpy())
        axes.errorbar(
            range(len(levels)),
            mean,
            sem,
            color=colors[name],
            marker=marks[name],
            markersize=4,
            linewidth=1.2,
            label=name if known else None,
        )
    axes.set_yscale("log")
    format_log(axes.yaxis)
    axes.set_xticks(range(len(levels)), [format_percent(c) for c in levels])
    dress(axes, title, "Contrast (%)", label_value(value))
    add_legend_beside(axes)
    return axes


def _make_grid() -> FloatArray:
    return np.linspace(-100.0, 100.0, 201)


def _name(block: str) -> list[str]:
    return [f"psych_{block}_{name}" for name in _PARAMETERS]


def _compute_subject_curves(rows: pd.DataFrame, block: str) -> FloatArray:
    """Give the mean curve of each subject, (n_subjects, n_grid)."""
    values = [rows[name].to_numpy(np.float64) for name in _name(block)]
    curves = pd.DataFrame(_predict(_make_grid(), *values))
    return curves.groupby(rows["subject"].to_numpy()).mean().to_numpy()


def _predict(x: FloatArray, *parameters: Any) -> FloatArray:
    """Give P(right), (n_fits, n_x); the formula is that of `PsychometricFit`."""
    from scipy.special import erf

    bias, threshold, lapse_left, lapse_right = (p[:, None] for p in parameters)
    core = (erf((x - bias) / threshold) + 1) / 2
    return lapse_right + (1 - lapse_right - lapse_left) * core


def _frame(axes: Axes, title: str) -> None:
    draw_level(axes, 0.5)
    axes.axvline(0.0, color=FAINT, linewidth=0.8, zorder=0)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlim(-104, 104)
    axes.set_xticks([-100, -50, 0, 50, 100])
    dress(axes, title, "Signed contrast (%)", "P(right)")
