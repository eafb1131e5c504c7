"""Quality of the raw signals: histograms, pairs of metrics, trends, components."""

from __future__ import annotations

import itertools
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.figures._axes import (
    SMALL,
    add_legend,
    add_legend_beside,
    draw_level,
    dress,
    find_limit,
    measure,
    split_figure,
    tell_nothing,
)
from ranvier.analysis.figures._distributions import violinplot
from ranvier.analysis.figures._style import (
    INK,
    choose_colors,
    choose_marks,
    label_value,
    sort_targets,
)
from ranvier.analysis.figures._tables import drop_unknown, require, to_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from ranvier.analysis.arrays import FloatArray

_N_BINS = 30
_N_TREND = 15  # recordings in a running median, at least


def plot_metric_histogram(
    axes: Axes,
    table: pd.DataFrame,
    metric: str,
    *,
    by: str = "band",
    threshold: float | None = None,
    title: str = "",
) -> Axes:
    """Draw the distribution of a metric over recordings, for each group.

    Parameters
    ----------
    axes
        To draw on.
    table
        As qc_photometry.pqt; numbers that are not finite are left out.
    metric
        Column.
    by
        Column of groups; not split if it is not there.
    threshold
        Drawn as a line.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataFault
        If the metric is not in the table.
    """
    rows = drop_unknown(table, metric)
    if rows.empty:
        return tell_nothing(axes, title or metric)
    numbers = rows[metric].to_numpy(np.float64)
    edges = _make_edges(numbers)
    names = rows[by].astype(str) if by in rows else pd.Series("all", index=rows.index)
    colors = choose_colors(names)
    for name in sort_targets(names):
        axes.hist(
            numbers[(names == name).to_numpy()],
            bins=edges,
            histtype="stepfilled",
            facecolor=(colors[name], 0.35),
            edgecolor=colors[name],
            linewidth=1.0,
            label=name,
        )
    if threshold is not None:
        axes.axvline(threshold, color=INK, linewidth=0.8, linestyle="--")
    dress(axes, title, label_value(metric), "Recordings")
    if len(colors) > 1:
        add_legend(axes)
    return axes


def plot_joint_distributions(
    figure: Figure | SubFigure,
    table: pd.DataFrame,
    metrics: Sequence[str],
    by: str = "band",
) -> Figure | SubFigure:
    """Draw each metric against each other, with their distributions on the diagonal.

    Parameters
    ----------
    figure
        Empty.
    table
        As qc_photometry.pqt.
    metrics
        Columns.
    by
        Column of groups; not split if it is not there.

    Returns
    -------
    matplotlib.figure.Figure
        Below the diagonal points, above it nothing.

    Raises
    ------
    DataFault
        If a metric is not in the table.
    """
    require(table, *metrics)
    n = max(len(metrics), 1)
    if table.empty or not len(metrics):
        tell_nothing(figure.subplots())
        return figure
    grid: Any = figure.subplots(n, n, squeeze=False)
    names = table[by].astype(str) if by in table else pd.Series("all", table.index)
    colors, marks = choose_colors(names), choose_marks(names)
    for i, j in itertools.product(range(n), repeat=2):
        axes: Axes = grid[i][j]
        if j > i:
            axes.remove()
            continue
        if i == j:
            plot_metric_histogram(axes, table, metrics[i], by=by)
            axes.set(xlabel="", ylabel="")
            if (legend := axes.get_legend()) is not None:
                legend.remove()
            if not i:
                add_legend_beside(axes)
        else:
            for name, color in colors.items():
                part = table[(names == name).to_numpy()]
                axes.scatter(
                    part[metrics[j]],
                    part[metrics[i]],
                    s=6,
                    color=color,
                    marker=marks[name],
                    alpha=0.6,
                    linewidths=0,
                )
            dress(axes)
        _name_edges(axes, metrics, i, j)
    return figure


def plot_metric_trend(
    axes: Axes,
    table: pd.DataFrame,
    metric: str,
    x: str = "start_time",
    by: str = "band",
    title: str = "",
) -> Axes:
    """Draw a metric over the months, with a running median of each group.

    Parameters
    ----------
    axes
        To draw on.
    table
        As qc_photometry.pqt joined with the catalogue.
    metric
        Column of numbers.
    x
        Column of dates (or ISO 8601 words), or of numbers.
    by
        Column of groups; not split if it is not there.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        The median is over a twelfth of the recordings, 15 at least; fewer at the ends.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(table, metric, x)
    if rows.empty:
        return tell_nothing(axes, title)
    is_number = pd.api.types.is_numeric_dtype(rows[x])
    at = rows[x] if is_number else pd.to_datetime(rows[x], format="ISO8601", utc=True)
    rows = rows.assign(**{x: at}).sort_values(x, kind="stable")
    names = rows[by].astype(str) if by in rows else pd.Series("all", index=rows.index)
    colors, marks = choose_colors(names), choose_marks(names)
    for name in sort_targets(names):
        part = rows[(names == name).to_numpy()]
        times = part[x].to_numpy()
        axes.scatter(
            times,
            part[metric],
            s=6,
            color=colors[name],
            marker=marks[name],
            alpha=0.35,
            linewidths=0,
        )
        n = max(_N_TREND, len(part) // 12)
        middle = part[metric].rolling(n, center=True, min_periods=1).median()
        axes.plot(times, middle, color=colors[name], linewidth=1.5, label=name)
    dress(axes, title, label_value(x) if is_number else "", label_value(metric))
    if not is_number:
        if len(set(rows[x])) == 1:  # a scale of no width has no ticks
            month = pd.Timedelta(days=30)
            axes.set_xlim(rows[x].iloc[0] - month, rows[x].iloc[0] + month)
        _name_dates(axes)
    if len(colors) > 1:
        add_legend(axes)
    return axes


def plot_metric_pca(
    axes: Axes,
    scores: pd.DataFrame,
    components: pd.DataFrame | None = None,
    *,
    explained: Any = None,
    by: Any = None,
    title: str = "",
) -> Axes:
    """Draw recordings on the first two components of their metrics.

    Parameters
    ----------
    axes
        To draw on.
    scores
        (n_recordings, n_components ≥ 2), as of `fit_pca`.
    components
        (n_components, n_metrics): drawn as arrows.
    explained
        Share of the variance of each component.
    by
        Group of each row of `scores`.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    known = scores.iloc[:, :2].dropna() if scores.shape[1] >= 2 else scores.iloc[:0]
    if known.empty:
        return tell_nothing(axes, title)
    groups = pd.Series("all" if by is None else list(by), index=scores.index)
    groups = groups[scores.iloc[:, :2].notna().all(axis=1).to_numpy()].astype(str)
    colors, marks = choose_colors(groups), choose_marks(groups)
    for name in sort_targets(groups):
        part = known[(groups == name).to_numpy()].to_numpy(np.float64)
        axes.scatter(
            part[:, 0],
            part[:, 1],
            s=12,
            color=colors[name],
            marker=marks[name],
            alpha=0.7,
            linewidths=0,
            label=name,
        )
    draw_level(axes, 0.0)
    axes.axvline(0.0, color="#9a9a9a", linewidth=0.8, zorder=0)
    if components is not None:
        _draw_arrows(axes, components, find_limit(known))
    share = [""] * 2 if explained is None else [f" ({e:.0%})" for e in list(explained)]
    labels = [f"{column}{share[i]}" for i, column in enumerate(known.columns)]
    dress(axes, title, *labels)
    if len(colors) > 1:
        add_legend_beside(axes)
    return axes


def plot_metric_violins(
    figure: Figure | SubFigure,
    table: pd.DataFrame,
    metrics: Sequence[str],
    by: str = "target_NM",
) -> Figure | SubFigure:
    """Draw violins of several metrics, one pair of axes each.

    Parameters
    ----------
    figure
        Empty.
    table
        As qc_photometry.pqt joined with the catalogue.
    metrics
        Columns.
    by
        Column of groups.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataFault
        If a column is missing.
    """
    for axes, metric in zip(
        split_figure(figure, len(metrics), 3), metrics, strict=False
    ):
        violinplot(axes, table, metric, by)
    if not len(metrics):
        tell_nothing(figure.axes[0])
    return figure


def _make_edges(numbers: Any) -> Any:
    low, high = float(numbers.min()), float(numbers.max())
    if low == high:  # one bin around it, of any width that floats can tell
        reach = max(abs(low) * 0.05, 0.5)
        low, high = low - reach, high + reach
    n = int(np.clip(np.sqrt(len(to_numbers(numbers))) * 2, 5, _N_BINS))
    return np.linspace(low, high, n + 1)


def _name_edges(axes: Axes, metrics: Sequence[str], i: int, j: int) -> None:
    last = len(metrics) - 1
    axes.tick_params(labelbottom=i == last, labelleft=j == 0 or i == j)
    axes.set_xlabel(_break(metrics[j]) if i == last else "", fontsize=SMALL)
    is_first = j == 0 and i > 0
    axes.set_ylabel(_break(metrics[i]) if is_first else "", fontsize=SMALL)


def _break(metric: str) -> str:
    return textwrap.fill(label_value(metric), 16)


def _name_dates(axes: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _draw_arrows(axes: Axes, components: pd.DataFrame, limit: float) -> None:
    weights = components.iloc[:2].to_numpy(np.float64)
    reach = 0.8 * limit / find_limit(weights)
    axes.set_xlim(-1.6 * limit, 1.6 * limit)  # room for names on both sides
    heights = _spread_out(weights * reach, 2.7 * limit * 20.0 / measure(axes)[1])
    axes.set_ylim(
        min(-1.15 * limit, heights.min() - 0.2 * limit),
        max(1.15 * limit, heights.max() + 0.2 * limit),
    )
    for k, name in enumerate(components.columns):
        tip = weights[:, k] * reach
        axes.annotate(
            "",
            (tip[0], tip[1]),
            (0, 0),
            arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.8},
        )
        axes.text(
            tip[0],
            heights[k],
            _break(str(name)),
            fontsize=6.5,
            color=INK,
            ha="left" if tip[0] >= 0 else "right",
            va="center",
        )


def _spread_out(tips: FloatArray, gap: float) -> FloatArray:
    """Give heights of names at tips (2, n): those of one side are `gap` apart."""
    heights = tips[1].copy()
    for is_right in (False, True):
        own = np.flatnonzero((tips[0] >= 0) == is_right)
        own = own[np.argsort(tips[1, own], kind="stable")]
        for before, after in itertools.pairwise(own):
            heights[after] = max(heights[after], heights[before] + gap)
        if len(own):  # around where they were
            heights[own] += tips[1, own].mean() - heights[own].mean()
    return heights
