"""Effects within mixed models: marginal means, slopes, interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.figures._axes import (
    add_legend_above,
    add_legend_beside,
    draw_level,
    dress,
    name_columns,
    spread,
    tell_nothing,
)
from ranvier.analysis.figures._style import (
    INK,
    choose_colors,
    choose_marks,
    name_groups,
)
from ranvier.analysis.figures._tables import (
    drop_unknown,
    require,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes


def plot_marginal_means(
    axes: Axes,
    means: pd.DataFrame,
    factor: str,
    by: str = "target_NM",
    *,
    labels: Sequence[str] = (),
    title: str = "",
) -> Axes:
    """Draw marginal means of a factor with their intervals.

    Parameters
    ----------
    axes
        To draw on.
    means
        Of `compute_marginal_means`: `factor`, mean, ci_low, ci_high; `by` if several
        models are joined.
    factor
        Column of the horizontal axis.
    by
        Column of lines; one line if it is not there.
    labels
        Names of the levels of the factor, from low to high.
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
    rows = drop_unknown(means, factor, "mean", "ci_low", "ci_high")
    if rows.empty:
        return tell_nothing(axes, title)
    levels = sorted(rows[factor].unique())
    names = name_groups(rows, by)
    colors, marks = choose_colors(names), choose_marks(names)
    shifts = (np.arange(len(names)) - (len(names) - 1) / 2) * 0.06
    for name, shift in zip(names, shifts, strict=True):
        own = rows[rows[by].astype(str) == name] if by in rows else rows
        own = own.sort_values(factor)
        mean = own["mean"].to_numpy(np.float64)
        axes.errorbar(
            [levels.index(level) + shift for level in own[factor]],
            mean,
            np.vstack((mean - own["ci_low"], own["ci_high"] - mean)),
            color=colors[name] if name else INK,
            marker=marks[name],
            markersize=4,
            linewidth=1.2,
            label=name or None,
        )
    draw_level(axes, 0.0)
    words = labels or _default_labels(factor, levels)
    axes.set_xticks(range(len(levels)), list(words))
    axes.set_xlim(-0.4, len(levels) - 0.6)
    dress(axes, title, factor.capitalize(), "Marginal mean (z)")
    add_legend_beside(axes)
    return axes


def plot_contrast_slopes(
    axes: Axes,
    slopes: pd.DataFrame,
    *,
    labels: tuple[str, str] = ("incorrect", "correct"),
    title: str = "",
) -> Axes:
    """Draw the slope of contrast at each level of the outcome, with subjects.

    Parameters
    ----------
    axes
        To draw on.
    slopes
        Of `compute_contrast_slopes`: level, subject, slope, ci_low, ci_high; target_NM
        if several models are joined.
    labels
        Of the levels below and above 0.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Dots are subjects, if slopes are random.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    require(slopes, "level", "subject", "slope", "ci_low", "ci_high")
    words = ("Slope of contrast", title)
    return _draw_effects(axes, slopes, "slope", words, labels)


def plot_interaction_effects(
    axes: Axes,
    effects: pd.DataFrame,
    *,
    labels: tuple[str, str] = ("ipsi", "contra"),
    title: str = "",
    ylabel: str = "Effect (z)",
) -> Axes:
    """Draw the effect of one factor at the levels of another.

    Parameters
    ----------
    axes
        To draw on.
    effects
        Of `compute_interaction_effects`: level, effect, ci_low, ci_high; target_NM if
        several models are joined.
    labels
        Of the levels below and above 0.
    title
        Of the axes.
    ylabel
        What the effect is of.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataFault
        If a column is missing.
    """
    require(effects, "level", "effect", "ci_low", "ci_high")
    return _draw_effects(axes, effects, "effect", (ylabel, title), labels)


def _draw_effects(
    axes: Axes,
    table: pd.DataFrame,
    value: str,
    words: tuple[str, str],
    labels: tuple[str, str],
) -> Axes:
    ylabel, title = words
    rows = drop_unknown(table, "level", value)
    if rows.empty:
        return tell_nothing(axes, title)
    levels = sorted(rows["level"].unique())
    names = name_groups(rows, "target_NM")
    colors, marks = choose_colors(names), choose_marks(names)
    width = 0.8 / len(levels)
    for j, level in enumerate(levels):
        shift = (j - (len(levels) - 1) / 2) * width
        for i, name in enumerate(names):
            is_own = rows["level"] == level
            if name:
                is_own &= rows["target_NM"].astype(str) == name
            _draw_effect(
                axes,
                rows[is_own],
                value,
                i + shift,
                {
                    "color": colors[name] if name else INK,
                    "marker": marks[name],
                    "markerfacecolor": "white" if level < 0 else None,
                },
            )
    draw_level(axes, 0.0)
    axes.set_xlim(-0.6, len(names) - 0.4)
    dress(axes, title, ylabel=ylabel)
    name_columns(axes, names)
    for face, word in (("white", labels[0]), (None, labels[1])):
        axes.plot(
            [], [], "o", color=INK, markersize=5, markerfacecolor=face, label=word
        )
    add_legend_above(axes)
    return axes


def _draw_effect(
    axes: Axes, own: pd.DataFrame, value: str, at: float, style: dict[str, object]
) -> None:
    is_all = own["subject"] == "all" if "subject" in own else own[value].notna()
    subjects = own.loc[~is_all, value].to_numpy(np.float64)
    axes.scatter(
        at + spread(len(subjects), 0.12),
        subjects,
        s=8,
        alpha=0.35,
        color=str(style["color"]),
        linewidths=0,
    )
    whole = own[is_all]
    mean = whole[value].to_numpy(np.float64)
    reach = np.vstack((mean - whole["ci_low"], whole["ci_high"] - mean))
    axes.errorbar(
        [at] * len(whole),
        mean,
        reach,
        linestyle="none",
        **style,  # pyright: ignore[reportArgumentType]
        markersize=5,
        linewidth=1.3,
    )


def _default_labels(factor: str, levels: list[float]) -> list[str]:
    words = {"side": ("ipsi", "contra"), "reward": ("incorrect", "correct")}
    if factor in words and len(levels) == 2:
        return list(words[factor])
    return [
        f"{level:.3g}" if isinstance(level, float) else str(level) for level in levels
    ]
