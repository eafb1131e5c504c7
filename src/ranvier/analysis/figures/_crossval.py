"""What models explain in subjects left out, and how responses go with timing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.figures._axes import (
    add_legend_beside,
    draw_level,
    dress,
    name_columns,
    split_figure,
    spread,
    tell_nothing,
)
from ranvier.analysis.figures._style import (
    INK,
    choose_colors,
    choose_marks,
    label_value,
    name_groups,
)
from ranvier.analysis.figures._tables import (
    drop_unknown,
    format_percent,
    mean_and_sem,
    require,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_AGGREGATE = "aggregate"  # rows of the mean over subjects
_ALPHA = 0.05


def plot_movement_r2_bars(
    axes: Axes,
    scores: pd.DataFrame,
    value: str = "delta_r2",
    *,
    by: str = "target_NM",
    title: str = "",
) -> Axes:
    """Draw the held-out ΔR² of each model left out: a bar the mean, dots the subjects.

    Parameters
    ----------
    axes
        To draw on.
    scores
        `CrossvalResult.table`, of several targets if joined: model, subject, `value`.
        Rows of subject "aggregate" are not drawn: the mean is taken anew.
    value
        "delta_r2" or "r2".
    by
        Column of groups, side by side; one if it is not there.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Bars at the ends are ± SEM over subjects.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(scores, "model", "subject", value)
    rows = rows[rows["subject"] != _AGGREGATE]
    if rows.empty:
        return tell_nothing(axes, title)
    models = list(dict.fromkeys(rows["model"].astype(str)))
    names = name_groups(rows, by)
    colors = choose_colors(names)
    width = 0.8 / len(names)
    for j, name in enumerate(names):
        own = rows[rows[by].astype(str) == name] if name else rows
        color = colors[name] if name else "#7a7a7a"
        for i, model in enumerate(models):
            numbers = own.loc[own["model"] == model, value].to_numpy(np.float64)
            if not len(numbers):
                continue
            at = i + (j - (len(names) - 1) / 2) * width
            mean, sem = mean_and_sem(numbers)
            first = i == 0 or not axes.get_legend_handles_labels()[1].count(name)
            axes.bar(
                at,
                float(mean),
                width * 0.85,
                color=color,
                alpha=0.45,
                label=name if first and name else None,
            )
            axes.errorbar(at, float(mean), float(sem), color=INK, linewidth=1.2)
            axes.scatter(
                at + spread(len(numbers), width * 0.5),
                numbers,
                s=9,
                color=color,
                linewidths=0,
                zorder=3,
            )
    draw_level(axes, 0.0)
    axes.set_xlim(-0.6, len(models) - 0.4)
    label = "Held-out ΔR²" if value == "delta_r2" else "Held-out R²"
    dress(axes, title, ylabel=label)
    name_columns(axes, [model.replace("_", " ") for model in models])
    add_legend_beside(axes)
    return axes


def plot_movement_slopes(
    axes: Axes, slopes: pd.DataFrame, by: str = "target_NM", title: str = ""
) -> Axes:
    """Draw how responses go with timing at each contrast.

    Parameters
    ----------
    axes
        To draw on.
    slopes
        One row a fit: contrast (percent), timing_coef, se, p; `by` if there are several
        groups.
    by
        Column of lines.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Bars are 95 % intervals; marks are full where p < 0.05.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(slopes, "contrast", "timing_coef", "se")
    require(slopes, "p")
    if rows.empty:
        return tell_nothing(axes, title)
    draw_by_contrast(axes, rows.assign(reach=1.96 * rows["se"]), "timing_coef", by)
    draw_level(axes, 0.0)
    dress(axes, title, "Contrast (%)", "Slope (z per tenfold time)")
    add_legend_beside(axes)
    return axes


def plot_movement_lmm_summary(
    figure: Figure | SubFigure, scores: pd.DataFrame, slopes: pd.DataFrame
) -> Figure | SubFigure:
    """Draw contrast against timing: held-out ΔR², and slopes, for each timing variable.

    Parameters
    ----------
    figure
        Empty.
    scores
        As of `plot_movement_r2_bars`, with a column `timing` if there are several.
    slopes
        As of `plot_movement_slopes`, with the same column.

    Returns
    -------
    matplotlib.figure.Figure
        A row for each timing variable.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    names = [""]
    if "timing" in scores:
        names = list(dict.fromkeys(scores["timing"].astype(str)))
    grid = figure.subplots(max(len(names), 1), 2, squeeze=False)
    for (left, right), name in zip(grid, names or [""], strict=True):
        words = label_value(name) if name else ""
        plot_movement_r2_bars(left, _select(scores, name), title=words)
        if (legend := left.get_legend()) is not None:
            legend.remove()
        plot_movement_slopes(right, _select(slopes, name), title=words)
    return figure


def plot_wheel_lmm_summary(
    figure: Figure | SubFigure, tests: pd.DataFrame, by: str = "target_NM"
) -> Figure | SubFigure:
    """Draw what responses add to models of behaviour, for each dependent variable.

    Parameters
    ----------
    figure
        Empty.
    tests
        One row a fit: dv (reaction_time, movement_time, peak_velocity), contrast
        (percent), delta_r2, p; `by` if there are several groups.
    by
        Column of lines.

    Returns
    -------
    matplotlib.figure.Figure
        Marks are full where p < 0.05.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(tests, "dv", "contrast", "delta_r2", "p")
    names = list(dict.fromkeys(rows["dv"].astype(str)))
    grid = split_figure(figure, len(names), 3, sharey=True)
    if not names:
        tell_nothing(grid[0])
    for i, (axes, name) in enumerate(zip(grid, names, strict=False)):
        draw_by_contrast(axes, rows[rows["dv"] == name], "delta_r2", by)
        draw_level(axes, 0.0)
        title = label_value(name).partition(" (")[0]
        dress(axes, title, "Contrast (%)", "" if i else "ΔR² of the response")
        if i == len(names) - 1:
            add_legend_beside(axes)
    return figure


def plot_lmm_reliability(
    axes: Axes, summary: pd.DataFrame, by: str = "target_NM", title: str = ""
) -> Axes:
    """Draw ΔR² with the jackknife's standard error.

    Parameters
    ----------
    axes
        To draw on.
    summary
        `JackknifeResult.summary`, of several targets if joined: model, delta_r2,
        delta_r2_se.
    by
        Column of groups.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(summary, "model", "delta_r2")
    require(summary, "delta_r2_se")
    if rows.empty:
        return tell_nothing(axes, title)
    models = list(dict.fromkeys(rows["model"].astype(str)))
    names = name_groups(rows, by)
    colors, marks = choose_colors(names), choose_marks(names)
    for j, name in enumerate(names):
        own = rows[rows[by].astype(str) == name] if name else rows
        shift = (j - (len(names) - 1) / 2) * 0.1
        axes.errorbar(
            [models.index(str(m)) + shift for m in own["model"]],
            own["delta_r2"],
            own["delta_r2_se"],
            linestyle="none",
            marker=marks[name],
            markersize=5,
            color=colors[name] if name else INK,
            label=name or None,
        )
    draw_level(axes, 0.0)
    axes.set_xlim(-0.6, len(models) - 0.4)
    dress(axes, title, ylabel="ΔR² ± jackknife SE")
    name_columns(axes, [model.replace("_", " ") for model in models])
    add_legend_beside(axes)
    return axes


def draw_by_contrast(axes: Axes, rows: pd.DataFrame, value: str, by: str) -> None:
    """Draw a line for each group over contrasts at even distances; `reach` are bars."""
    levels = sorted({float(c) for c in rows["contrast"]})
    names = name_groups(rows, by)
    colors, marks = choose_colors(names), choose_marks(names)
    for j, name in enumerate(names):
        own = rows[rows[by].astype(str) == name] if name else rows
        own = own.sort_values("contrast")
        color = colors[name] if name else INK
        shift = (j - (len(names) - 1) / 2) * 0.05
        at = np.array([levels.index(float(c)) + shift for c in own["contrast"]])
        reach = own.get("reach", None)
        axes.errorbar(
            at,
            own[value],
            reach,
            color=color,
            linewidth=1.1,
            marker=marks[name],
            markersize=5,
            markerfacecolor="white",
            label=name or None,
        )
        is_sure = (own["p"] < _ALPHA).to_numpy(dtype=bool)
        axes.scatter(
            at[is_sure],
            own.loc[is_sure, value],
            s=25,
            marker=marks[name],
            color=color,
            zorder=3,
        )
    axes.set_xticks(range(len(levels)), [format_percent(c) for c in levels])
    axes.set_xlim(-0.4, len(levels) - 0.6)


def _select(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[table["timing"] == name] if name and "timing" in table else table
