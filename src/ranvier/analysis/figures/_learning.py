"""Learning: how far subjects came, how long they took, how numbers went meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.figures._axes import (
    SMALL,
    add_legend,
    add_legend_beside,
    count_on,
    draw_level,
    dress,
    name_columns,
    tell_nothing,
)
from ranvier.analysis.figures._psth import draw_band
from ranvier.analysis.figures._style import (
    FAINT,
    INK,
    SESSION_TYPE_COLORS,
    choose_colors,
    label_value,
    sort_targets,
)
from ranvier.analysis.figures._tables import (
    average,
    drop_unknown,
    explode_targets,
    to_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

    import pandas as pd
    from matplotlib.axes import Axes

_LEAST_SUBJECTS = 2  # for a mean with an error


def plot_stage_barplot(
    axes: Axes, stages: Mapping[str, Sized], title: str = ""
) -> Axes:
    """Draw how many subjects came to each stage, and no further.

    Parameters
    ----------
    axes
        To draw on.
    stages
        Stage → subjects, of `get_subjects_by_stage`.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    counts = [len(subjects) for subjects in stages.values()]
    if not sum(counts):
        return tell_nothing(axes, title)
    names = list(stages)
    colors = [SESSION_TYPE_COLORS.get(name, FAINT) for name in names]
    axes.bar(range(len(names)), counts, color=colors, width=0.7)
    for i, count in enumerate(counts):
        axes.text(i, count, str(count), ha="center", va="bottom", fontsize=SMALL)
    dress(axes, title, ylabel="Subjects")
    name_columns(axes, names)
    return axes


def plot_sessions_to_stage_cdf(
    axes: Axes, counts: pd.DataFrame, title: str = ""
) -> Axes:
    """Draw the share of subjects that came to a stage within a number of sessions.

    Parameters
    ----------
    axes
        To draw on.
    counts
        One row a subject, one column a step ("training_to_biased"), of
        `count_sessions_to_stage`; NaN where a subject did not get there.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        The share is of all subjects, so that a line ends below 1 if some did not get
        there.
    """
    if counts.empty or not len(to_numbers(counts)):
        return tell_nothing(axes, title)
    last = float(to_numbers(counts).max())
    for i, step in enumerate(counts.columns):
        numbers = np.sort(to_numbers(counts[step]))
        if not len(numbers):
            continue
        x = np.concatenate(([0.0], numbers, [last * 1.03]))
        share = np.concatenate((np.arange(len(numbers) + 1), [len(numbers)]))
        final = SESSION_TYPE_COLORS.get(str(step).rpartition("_to_")[2], INK)
        axes.step(
            x,
            share / len(counts),
            where="post",
            color=final,
            linestyle=("-", "--", ":")[i % 3],
            linewidth=1.5,
            label=f"{str(step).replace('_', ' ')} ({len(numbers)} of {len(counts)})",
        )
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, last * 1.03 or 1.0)
    dress(axes, title, "Sessions before", "Fraction of subjects")
    add_legend(axes, loc="lower right")
    return axes


def plot_performance_trajectory(
    axes: Axes,
    performance: pd.DataFrame,
    value: str = "fraction_correct",
    *,
    x: str = "session_n",
    by: str = "",
    title: str = "",
) -> Axes:
    """Draw a learning curve: a line a subject, and the mean ± SEM over subjects.

    Parameters
    ----------
    axes
        To draw on.
    performance
        performance.pqt joined with the catalogue: subject, `x`, `value`.
    value
        Column of numbers.
    x
        "session_n" or "day_n".
    by
        Column of groups ("target_NM"), each with its own mean; all in one unless given.
        Lists of targets are split.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        A mean is drawn as long as it is of two subjects or more.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    table = explode_targets(performance) if by else performance
    rows = drop_unknown(table, value, x, "subject", *([by] if by else []))
    if rows.empty:
        return tell_nothing(axes, title)
    groups = sort_targets(rows[by]) if by else ["all"]
    colors = choose_colors(groups) if by else {"all": INK}
    for name in groups:
        part = rows[rows[by].astype(str) == name] if by else rows
        for _, own in part.groupby("subject"):
            line = own.groupby(x)[value].mean()
            axes.plot(
                line.index,
                line,
                color=colors[name] if by else FAINT,
                linewidth=0.6,
                alpha=0.4,
            )
        mean = average(part, value, [x], "subject")
        mean = mean[mean["n"] >= _LEAST_SUBJECTS]
        n = part["subject"].nunique()
        label = f"{name} ({n})" if by else f"mean of {n} subjects"
        at = mean[x].to_numpy(np.float64)
        draw_band(
            axes,
            at,
            mean["mean"].to_numpy(np.float64),
            mean["sem"].to_numpy(np.float64),
            label=label if len(mean) else "",
            color=colors[name],
        )
    _draw_reference(axes, value)
    unit = {"session_n": "Session", "day_n": "Day"}.get(x, x)
    dress(axes, title, unit, label_value(value))
    count_on(axes.xaxis)
    add_legend_beside(axes)
    return axes


def plot_psychometric_parameter_trajectory(
    axes: Axes,
    performance: pd.DataFrame,
    parameter: str = "threshold",
    *,
    block: str = "50",
    x: str = "session_n",
    by: str = "",
) -> Axes:
    """Draw a psychometric parameter over sessions.

    Parameters
    ----------
    axes
        To draw on.
    performance
        performance.pqt joined with the catalogue: subject, `x`, psych_….
    parameter
        "bias", "threshold", "lapse_left", "lapse_right".
    block
        "50", "20" or "80".
    x
        "session_n" or "day_n".
    by
        Column of groups.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataFault
        If a column is missing.
    """
    value = f"psych_{block}_{parameter}"
    return plot_performance_trajectory(axes, performance, value, x=x, by=by)


def plot_bias_shift_trajectory(
    axes: Axes, performance: pd.DataFrame, *, x: str = "session_n", by: str = ""
) -> Axes:
    """Draw how far the bias follows the blocks, over sessions.

    Parameters
    ----------
    axes
        To draw on.
    performance
        performance.pqt joined with the catalogue: subject, `x`, bias_shift.
    x
        "session_n" or "day_n".
    by
        Column of groups.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataFault
        If a column is missing.
    """
    return plot_performance_trajectory(axes, performance, "bias_shift", x=x, by=by)


def _draw_reference(axes: Axes, value: str) -> None:
    if value.startswith("fraction_correct"):
        axes.set_ylim(0, 1.02)
        draw_level(axes, 0.5)  # chance
    elif value == "bias_shift" or value.endswith("bias"):
        draw_level(axes, 0.0)
