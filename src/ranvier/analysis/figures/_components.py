"""Components of coefficients of many recordings: weights, scores by target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.figures._axes import (
    INK,
    add_legend_beside,
    draw_level,
    dress,
    find_limit,
    make_bar,
    name_columns,
    split_figure,
    tell_nothing,
)
from ranvier.analysis.figures._distributions import plot_parameter_box
from ranvier.analysis.figures._matrix import draw_matrix
from ranvier.analysis.figures._style import (
    FAINT,
    choose_colors,
    choose_marks,
    sort_targets,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


def plot_glm_pca_weights(
    axes: Axes, components: pd.DataFrame, explained: Any = None, title: str = ""
) -> Axes:
    """Draw the weight of each predictor in each component.

    Parameters
    ----------
    axes
        To draw on.
    components
        (n_components, n_features), of `fit_pca` or `fit_ica`.
    explained
        Share of the variance of each component.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    if components.empty:
        return tell_nothing(axes, title)
    numbers = components.to_numpy(np.float64)
    mesh = draw_matrix(axes, numbers, limit=find_limit(numbers))
    shares = [""] * len(components)
    if explained is not None:
        shares = [f" ({share:.0%})" for share in list(explained)]
    rows = [
        f"{name}{share}" for name, share in zip(components.index, shares, strict=False)
    ]
    axes.set_yticks(range(len(components)), rows)
    dress(axes, title)
    name_columns(axes, [str(c).replace(":", " × ") for c in components.columns])
    make_bar(axes, mesh, "Weight")
    return axes


def plot_glm_pca_scores(
    axes: Axes,
    scores: pd.DataFrame,
    targets: Any,
    pair: tuple[int, int] = (0, 1),
    title: str = "",
) -> Axes:
    """Draw recordings on two components, with the mean ± SEM of each target.

    Parameters
    ----------
    axes
        To draw on.
    scores
        (n_recordings, n_components).
    targets
        Target of each row.
    pair
        Components, from 0.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    if scores.empty or max(pair) >= scores.shape[1]:
        return tell_nothing(axes, title)
    names = np.asarray(list(targets), dtype=object).astype(str)
    numbers = scores.iloc[:, list(pair)].to_numpy(np.float64)
    known = np.isfinite(numbers).all(axis=1)
    colors, marks = choose_colors(names), choose_marks(names)
    for name in sort_targets(names):
        own = numbers[(names == name) & known]
        if not len(own):
            continue
        axes.scatter(
            *own.T,
            s=12,
            color=colors[name],
            marker=marks[name],
            alpha=0.45,
            linewidths=0,
        )
        mean = own.mean(axis=0)
        sem = own.std(axis=0, ddof=1) / np.sqrt(len(own)) if len(own) > 1 else [0, 0]
        axes.errorbar(
            mean[0],
            mean[1],
            sem[1],
            sem[0],
            color=colors[name],
            marker=marks[name],
            markersize=8,
            markeredgecolor=INK,
            markeredgewidth=0.8,
            ecolor=INK,
            linewidth=1.0,
            linestyle="none",
            zorder=4,
            label=f"{name} ({len(own)})",
        )
    draw_level(axes, 0.0)
    axes.axvline(0.0, color=FAINT, linewidth=0.8, zorder=0)
    dress(axes, title, *(str(scores.columns[k]) for k in pair))
    add_legend_beside(axes)
    return axes


def plot_glm_pca_summary(
    figure: Figure | SubFigure,
    decomposition: Any,
    targets: Any,
    tests: pd.DataFrame | None = None,
) -> Figure | SubFigure:
    """Draw weights, variance, scores, and scores by target of the first components.

    Parameters
    ----------
    figure
        Empty.
    decomposition
        With components, scores, explained_variance_ratio: a `Decomposition`.
    targets
        Target of each row of the scores.
    tests
        Of `compare_scores_by_target`: pairs that differ are marked.

    Returns
    -------
    matplotlib.figure.Figure
    """
    scores: pd.DataFrame = decomposition.scores
    explained = decomposition.explained_variance_ratio
    n = min(scores.shape[1], 3)
    rows: Any = figure.subfigures(2, 1)
    left, right = rows[0].subplots(1, 2)
    plot_glm_pca_weights(left, decomposition.components, explained)
    plot_glm_pca_scores(right, scores, targets)
    table = scores.assign(target_NM=list(targets))
    grid = split_figure(rows[1], n)
    if not n:
        tell_nothing(grid[0])
    for k, axes in enumerate(grid[:n]):
        column = str(scores.columns[k])
        own = None
        if tests is not None and "component" in tests:
            own = tests[tests["component"] == column]
        plot_parameter_box(axes, table, column, tests=own)
        draw_level(axes, 0.0)
    return figure
