"""Distributions of a number, side by side: violins, boxes, points of subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.figures._axes import (
    INK,
    SMALL,
    dress,
    name_columns,
    spread,
    tell_nothing,
    tell_significance,
)
from ranvier.analysis.figures._style import (
    choose_colors,
    choose_marks,
    label_value,
    sort_targets,
)
from ranvier.analysis.figures._tables import drop_unknown, explode_targets, require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ranvier.analysis.arrays import FloatArray

_LEAST_FOR_SHAPE = 4  # with fewer points than this a violin or a box says nothing


def violinplot(
    axes: Axes, table: pd.DataFrame, value: str, by: str = "target_NM", title: str = ""
) -> Axes:
    """Draw the distribution of a number in each group: a violin, its points, median.

    Parameters
    ----------
    axes
        To draw on.
    table
        With `value` and `by`; rows that miss one are left out.
    value
        Column of numbers.
    by
        Column of groups.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        The number of points stands below each group. A group with fewer than four
        points, or with one value only, has no violin.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    groups = _split(table, value, by)
    if not groups:
        return tell_nothing(axes, title)
    colors = choose_colors(groups)
    for i, (name, numbers) in enumerate(groups.items()):
        if len(numbers) >= _LEAST_FOR_SHAPE and np.ptp(numbers) > 0:
            parts: Any = axes.violinplot(
                [numbers], [i], widths=0.8, showextrema=False, points=80
            )
            for body in parts["bodies"]:
                body.set(facecolor=colors[name], alpha=0.35, linewidth=0)
        _scatter(axes, i, numbers, colors[name], width=0.25)
        median = float(np.median(numbers))
        axes.plot([i - 0.3, i + 0.3], [median, median], color=INK, linewidth=1.5)
    return _finish(axes, groups, title, value)


def plot_parameter_box(
    axes: Axes,
    table: pd.DataFrame,
    value: str,
    by: str = "target_NM",
    *,
    tests: pd.DataFrame | None = None,
    title: str = "",
) -> Axes:
    """Draw a number of each subject, and a box, for each group.

    Parameters
    ----------
    axes
        To draw on.
    table
        With `value`, `by`, and `subject` if rows are to be averaged within subjects.
    value
        Column of numbers.
    by
        Column of groups.
    tests
        Of pairs of groups: group_a, group_b, and p_corrected or p; those below 0.05
        are marked.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        n below each group is of points: subjects, if there are any.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    if "subject" in table and not table.empty:
        rows = drop_unknown(explode_targets(table), value, by, "subject")
        table = rows.groupby([by, "subject"], observed=True)[[value]].mean()
        table = table.reset_index()
    groups = _split(table, value, by)
    if not groups:
        return tell_nothing(axes, title)
    colors, marks = choose_colors(groups), choose_marks(groups)
    for i, (name, numbers) in enumerate(groups.items()):
        if len(numbers) >= _LEAST_FOR_SHAPE:
            axes.boxplot(
                [numbers],
                positions=[i],
                widths=0.6,
                showfliers=False,
                patch_artist=True,
                manage_ticks=False,
                boxprops={"facecolor": colors[name], "alpha": 0.3, "linewidth": 0},
                medianprops={"color": INK, "linewidth": 1.5},
                whiskerprops={"color": INK, "linewidth": 0.8},
                capprops={"linewidth": 0},
            )
        else:
            median = float(np.median(numbers))
            axes.plot([i - 0.3, i + 0.3], [median, median], color=INK, linewidth=1.5)
        _scatter(axes, i, numbers, colors[name], mark=marks[name])
    if tests is not None:
        _mark_pairs(axes, list(groups), tests)
    return _finish(axes, groups, title, value)


def plot_target_comparison(
    axes: Axes,
    table: pd.DataFrame,
    value: str,
    tests: pd.DataFrame | None = None,
    title: str = "",
) -> Axes:
    """Compare a number between targets, with the pairs that differ.

    Parameters
    ----------
    axes
        To draw on.
    table
        With `value`, `target_NM`, and `subject` if rows are to be averaged.
    value
        Column of numbers.
    tests
        As of `compare_scores_by_target`: group_a, group_b, p_corrected.
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
    return plot_parameter_box(axes, table, value, tests=tests, title=title)


def _split(table: pd.DataFrame, value: str, by: str) -> dict[str, FloatArray]:
    rows = drop_unknown(explode_targets(table), value, by)
    names = rows[by].astype(str)
    return {
        name: rows.loc[names == name, value].to_numpy(np.float64)
        for name in sort_targets(names)
    }


def _scatter(
    axes: Axes,
    at: float,
    numbers: FloatArray,
    color: str,
    *,
    mark: str = "o",
    width: float = 0.4,
) -> None:
    axes.scatter(
        at + spread(len(numbers), width),
        numbers,
        s=12,
        color=color,
        marker=mark,
        alpha=0.8,
        linewidths=0,
        zorder=3,
    )


def _finish(axes: Axes, groups: dict[str, FloatArray], title: str, value: str) -> Axes:
    dress(axes, title, ylabel=label_value(value))
    axes.set_xlim(-0.6, len(groups) - 0.4)
    name_columns(axes, [f"{name}\n{len(x)}" for name, x in groups.items()])
    return axes


def _measure_reach(tests: pd.DataFrame, names: list[str]) -> list[int]:
    """Give how many columns a bracket spans, so that short ones stand lowest."""
    place = {name: i for i, name in enumerate(names)}
    return [
        abs(place.get(a, 0) - place.get(b, 0))
        for a, b in zip(tests["group_a"], tests["group_b"], strict=True)
    ]


def _mark_pairs(axes: Axes, names: list[str], tests: pd.DataFrame) -> None:
    p_column = "p_corrected" if "p_corrected" in tests else "p"
    require(tests, "group_a", "group_b", p_column)
    low, high = axes.get_ylim()
    step = 0.07 * (high - low)
    tests = tests.assign(reach=_measure_reach(tests, names)).sort_values(
        "reach", kind="stable"
    )
    for a, b, p in zip(
        tests["group_a"], tests["group_b"], tests[p_column], strict=True
    ):
        stars = tell_significance(p)
        if a in names and b in names and stars:
            high += step
            ends = names.index(a), names.index(b)
            axes.plot(ends, [high, high], color=INK, linewidth=0.8)
            axes.text(
                sum(ends) / 2,
                high - 0.3 * step,
                stars,
                ha="center",
                va="bottom",
                fontsize=SMALL,
            )
    axes.set_ylim(low, high + step)
