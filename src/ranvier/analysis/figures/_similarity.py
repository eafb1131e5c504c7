"""How alike response vectors are: matrices, and pairs within and between targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.figures._axes import (
    INK,
    dress,
    make_bar,
    name_columns,
    spread,
    tell_nothing,
)
from ranvier.analysis.figures._matrix import draw_matrix, write_cells
from ranvier.analysis.figures._style import FAINT, choose_colors, sort_targets
from ranvier.analysis.figures._tables import drop_unknown, name_targets

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ranvier.analysis.arrays import FloatArray

_MOST_DOTS = 400  # pairs grow with the square of recordings


def plot_similarity_matrix(
    axes: Axes, similarity: pd.DataFrame, targets: Any = None, title: str = ""
) -> Axes:
    """Draw the similarity of each two recordings, sorted by target.

    Parameters
    ----------
    axes
        To draw on.
    similarity
        Square, of `cosine_similarity_matrix`.
    targets
        Target of each row; the level "target_NM" of the index unless given.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        The scale goes from -1 to 1; lines part the targets.
    """
    if similarity.empty:
        return tell_nothing(axes, title)
    names = name_targets(similarity, targets)
    ordered = sort_targets(names)
    rank = {name: i for i, name in enumerate(ordered)}
    order = np.argsort([rank[name] for name in names], kind="stable")
    numbers = similarity.to_numpy(np.float64)[np.ix_(order, order)]
    drawn = axes.imshow(
        np.ma.masked_invalid(numbers),
        cmap="RdBu_r",
        vmin=-1,
        vmax=1,
        interpolation="nearest",
        aspect="equal",
    )
    counts = np.array([(names == name).sum() for name in ordered])
    ends = np.cumsum(counts)
    for end in ends[:-1]:
        axes.axhline(end - 0.5, color=INK, linewidth=0.8)
        axes.axvline(end - 0.5, color=INK, linewidth=0.8)
    middles = ends - counts / 2 - 0.5
    dress(axes, title)
    name_columns(axes, ordered, at=list(middles))
    axes.set_yticks(list(middles), ordered)
    axes.tick_params(length=0)
    make_bar(axes, drawn, "Cosine similarity")
    return axes


def plot_within_target_similarity(
    axes: Axes, pairs: pd.DataFrame, title: str = ""
) -> Axes:
    """Draw the similarity of pairs of recordings of one target, by target.

    Parameters
    ----------
    axes
        To draw on.
    pairs
        Of `within_between_similarity`: kind, target_one, similarity.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Points are pairs (400 of each target at most, evenly taken), bars medians.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(pairs, "kind", "target_one", "similarity")
    rows = rows[rows["kind"] == "within"]
    groups = {
        name: rows.loc[rows["target_one"] == name, "similarity"].to_numpy(np.float64)
        for name in sort_targets(rows["target_one"])
    }
    return _draw_columns(axes, groups, choose_colors(groups), title)


def plot_empirical_similarity(axes: Axes, pairs: pd.DataFrame, title: str = "") -> Axes:
    """Draw the similarity of pairs within targets against that between targets.

    Parameters
    ----------
    axes
        To draw on.
    pairs
        Of `within_between_similarity`: kind, similarity.
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
    rows = drop_unknown(pairs, "kind", "similarity")
    groups = {
        kind: rows.loc[rows["kind"] == kind, "similarity"].to_numpy(np.float64)
        for kind in ("within", "between")
    }
    groups = {kind: numbers for kind, numbers in groups.items() if len(numbers)}
    return _draw_columns(axes, groups, {"within": INK, "between": FAINT}, title)


def plot_target_similarity(axes: Axes, means: pd.DataFrame, title: str = "") -> Axes:
    """Draw the mean similarity of recordings of each two targets.

    Parameters
    ----------
    axes
        To draw on.
    means
        Targets × targets, of `mean_similarity_by_target`.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Each cell has its number.
    """
    if means.empty:
        return tell_nothing(axes, title)
    names = sort_targets(means.index)
    numbers = means.loc[names, names].to_numpy(np.float64)
    mesh = draw_matrix(axes, numbers, limit=1.0)
    write_cells(axes, numbers, "{:.2f}", dark_above=0.6)
    dress(axes, title)
    name_columns(axes, names)
    axes.set_yticks(range(len(names)), names)
    make_bar(axes, mesh, "Mean cosine similarity")
    return axes


def _draw_columns(
    axes: Axes, groups: dict[str, FloatArray], colors: dict[str, str], title: str
) -> Axes:
    if not groups:
        return tell_nothing(axes, title)
    for i, (name, numbers) in enumerate(groups.items()):
        dots = numbers[:: max(len(numbers) // _MOST_DOTS, 1)]
        axes.scatter(
            i + spread(len(dots), 0.5),
            dots,
            s=8,
            color=colors[name],
            alpha=0.4,
            linewidths=0,
        )
        median = float(np.median(numbers))
        axes.plot([i - 0.3, i + 0.3], [median, median], color=INK, linewidth=1.8)
    axes.axhline(0.0, color=FAINT, linewidth=0.8, zorder=0)
    axes.set_ylim(-1.05, 1.05)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    dress(axes, title, ylabel="Cosine similarity")
    name_columns(axes, [f"{name}\n{len(x)}" for name, x in groups.items()])
    return axes
