"""What goes together: canonical correlations of responses and behaviour, by target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.figures._axes import (
    SMALL,
    draw_level,
    dress,
    find_limit,
    make_bar,
    name_columns,
    split_figure,
    tell_nothing,
    tell_significance,
)
from ranvier.analysis.figures._matrix import draw_matrix, write_cells
from ranvier.analysis.figures._style import (
    INK,
    choose_colors,
    choose_marks,
    sort_targets,
)
from ranvier.analysis.figures._tables import drop_unknown, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from ranvier.analysis.arrays import ArrayLike


def plot_cca_scores(
    axes: Axes,
    x: ArrayLike,
    y: ArrayLike,
    *,
    color: str = INK,
    mark: str = "o",
    title: str = "",
) -> Axes:
    """Draw the scores of the two sides of a canonical component.

    Parameters
    ----------
    axes
        To draw on.
    x, y
        Scores, shape (n_recordings,).
    color, mark
        Of the points.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        The line is that of least squares.
    """
    left, right = np.asarray(x, np.float64), np.asarray(y, np.float64)
    known = np.isfinite(left) & np.isfinite(right)
    left, right = left[known], right[known]
    if not len(left):
        return tell_nothing(axes, title)
    axes.scatter(left, right, s=16, color=color, marker=mark, alpha=0.7, linewidths=0)
    if len(left) > 2 and np.ptp(left) > 0:
        slope = float(np.cov(left, right)[0, 1] / left.var(ddof=1))
        ends = np.array([left.min(), left.max()])
        line = right.mean() + slope * (ends - left.mean())
        axes.plot(ends, line, color=INK, linewidth=1.0)
    return dress(axes, title, "Neural score", "Behaviour score")


def plot_cca_weights(
    axes: Axes, weights: Mapping[str, pd.Series], title: str = ""
) -> Axes:
    """Draw the weights of one side, a line for each cohort.

    Parameters
    ----------
    axes
        To draw on.
    weights
        Cohort → weight by variable.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    names = sort_targets(weights)
    if not names:
        return tell_nothing(axes, title)
    table = pd.DataFrame({name: weights[name] for name in names})
    table = table.reindex(weights[names[0]].index)
    mesh = draw_matrix(axes, table.T.to_numpy(np.float64), limit=find_limit(table))
    axes.set_yticks(range(len(names)), names)
    dress(axes, title)
    name_columns(axes, [_shorten(str(name)) for name in table.index])
    make_bar(axes, mesh, "Weight")
    return axes


def plot_cca_cross_projection(axes: Axes, cross: pd.DataFrame, title: str = "") -> Axes:
    """Draw how well the weights of each cohort do on the data of each other.

    Parameters
    ----------
    axes
        To draw on.
    cross
        Of `cross_project_cca`: data, weights, r; of one component.
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
    require(cross, "data", "weights", "r")
    if cross.empty:
        return tell_nothing(axes, title)
    names = sort_targets(cross["data"])
    table = cross.pivot_table("r", "data", "weights")
    numbers = table.reindex(index=names, columns=names).to_numpy(np.float64)
    mesh = draw_matrix(axes, numbers, limit=1.0)
    write_cells(axes, numbers, "{:.2f}", dark_above=0.6)
    dress(axes, title, "Weights of", "Data of")
    name_columns(axes, names)
    axes.set_yticks(range(len(names)), names)
    make_bar(axes, mesh, "r")
    return axes


def plot_cca_comparison(axes: Axes, fits: pd.DataFrame, title: str = "") -> Axes:
    """Draw the canonical correlation of each cohort, with stars of its test.

    Parameters
    ----------
    axes
        To draw on.
    fits
        One row a cohort: target_NM, r, p_value, n.
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
    rows = drop_unknown(fits, "target_NM", "r")
    require(fits, "p_value", "n")
    if rows.empty:
        return tell_nothing(axes, title)
    names = sort_targets(rows["target_NM"])
    rows = rows.drop_duplicates("target_NM").set_index("target_NM").loc[names]
    colors = choose_colors(names)
    axes.bar(range(len(names)), rows["r"], color=[colors[n] for n in names], width=0.7)
    for i, (r, p) in enumerate(zip(rows["r"], rows["p_value"], strict=True)):
        axes.text(i, max(r, 0), tell_significance(p), ha="center", fontsize=SMALL)
    draw_level(axes, 0.0)
    axes.set_ylim(min(float(rows["r"].min()) * 1.1, 0.0), 1.05)
    dress(axes, title, ylabel="Canonical correlation")
    axes.set_xlim(-0.6, len(names) - 0.4)
    name_columns(axes, [f"{n}\n{k:.0f}" for n, k in zip(names, rows["n"], strict=True)])
    return axes


def plot_cohort_cca_summary(
    figure: Figure | SubFigure,
    scores: pd.DataFrame,
    fits: pd.DataFrame,
    weights: Mapping[str, Mapping[str, pd.Series]],
    cross: pd.DataFrame | None = None,
) -> Figure | SubFigure:
    """Draw correlations, scores, weights and cross-projections of all cohorts.

    Parameters
    ----------
    figure
        Empty.
    scores
        One row a recording: target_NM, x, y (scores of the two sides).
    fits
        As of `plot_cca_comparison`.
    weights
        "x" and "y" → cohort → weight by variable.
    cross
        As of `plot_cca_cross_projection`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(scores, "target_NM", "x", "y")
    names = sort_targets(rows["target_NM"])
    parts: Any = figure.subfigures(2, 1, height_ratios=(1.0, 2.2))
    top, below = parts
    colors, marks = choose_colors(names), choose_marks(names)
    grid = split_figure(top, len(names), max(len(names), 1))
    if not names:
        tell_nothing(grid[0])
    found = fits.set_index("target_NM")["r"] if len(fits) else pd.Series(dtype=float)
    for i, (axes, name) in enumerate(zip(grid, names, strict=False)):
        own = rows[rows["target_NM"] == name]
        title = f"{name}, r = {found[name]:.2f}" if name in found else name
        plot_cca_scores(
            axes, own["x"], own["y"], color=colors[name], mark=marks[name], title=title
        )
        if i:
            axes.set_ylabel("")
    cells = below.subplots(2, 2)
    plot_cca_comparison(cells[0][0], fits)
    empty = pd.DataFrame(columns=["data", "weights", "r"])
    plot_cca_cross_projection(cells[0][1], empty if cross is None else cross)
    plot_cca_weights(cells[1][0], weights.get("x", {}), "Neural weights")
    plot_cca_weights(cells[1][1], weights.get("y", {}), "Behaviour weights")
    return figure


def _shorten(name: str) -> str:
    return name.removeprefix("psych_50_").replace("_", " ").replace(":", " × ")
