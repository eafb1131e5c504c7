"""How well targets are told from responses, and by which of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.figures._axes import (
    draw_level,
    dress,
    find_limit,
    make_bar,
    name_columns,
    tell_nothing,
)
from ranvier.analysis.figures._matrix import draw_matrix, name_features, order_features
from ranvier.analysis.figures._responses import plot_mean_response_vectors
from ranvier.analysis.figures._similarity import plot_similarity_matrix
from ranvier.analysis.figures._style import FAINT, INK, sort_targets

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


def plot_confusion_matrix(
    axes: Axes,
    confusion: pd.DataFrame,
    *,
    accuracy: float | None = None,
    title: str = "",
) -> Axes:
    """Draw true against predicted classes: shares of a row, with the counts.

    Parameters
    ----------
    axes
        To draw on.
    confusion
        Counts: rows true, columns predicted classes.
    accuracy
        Balanced accuracy, for the title.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    if confusion.empty or not float(confusion.to_numpy(np.float64).sum()):
        return tell_nothing(axes, title)
    names = sort_targets([*confusion.index, *confusion.columns])
    table = confusion.reindex(index=names, columns=names, fill_value=0)
    counts = table.to_numpy(np.float64)
    total = counts.sum(axis=1, keepdims=True)
    share = counts / np.where(total > 0, total, np.nan)
    mesh = draw_matrix(axes, share, limit=1.0, cmap="Greys")
    for (i, j), n in np.ndenumerate(counts):
        if n:
            axes.text(
                j,
                i,
                f"{n:.0f}",
                ha="center",
                va="center",
                fontsize=7.5,
                color="white" if share[i, j] > 0.55 else INK,
            )
    score = "" if accuracy is None else f"balanced accuracy {accuracy:.0%}"
    whole = ", ".join(part for part in (title, score) if part)
    dress(axes, whole, "Predicted", "True")
    name_columns(axes, names)
    axes.set_yticks(range(len(names)), names)
    make_bar(axes, mesh, "Share of true class")
    return axes


def plot_decoding_coefficients(
    axes: Axes, coefficients: pd.DataFrame, title: str = ""
) -> Axes:
    """Draw the weight of each feature for each class.

    Parameters
    ----------
    axes
        To draw on.
    coefficients
        (n_classes, n_features).
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Features by side, event, outcome, contrast, if they are conditions; as they come
        else.
    """
    if coefficients.empty:
        return tell_nothing(axes, title)
    names = sort_targets(coefficients.index)
    labels, are_conditions = order_features(coefficients.columns)
    numbers = coefficients.loc[names, labels].to_numpy(np.float64)
    mesh = draw_matrix(axes, numbers, limit=find_limit(numbers))
    axes.set_yticks(range(len(names)), names)
    dress(axes, title)
    if are_conditions:
        name_features(axes, labels)
    else:
        name_columns(axes, labels)
    make_bar(axes, mesh, "Weight")
    return axes


def plot_feature_contributions(
    axes: Axes, contributions: pd.Series, title: str = ""
) -> Axes:
    """Draw how much worse decoding gets without each feature.

    Parameters
    ----------
    axes
        To draw on.
    contributions
        Drop of the balanced accuracy by feature; can be negative.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Features by side, event, outcome, contrast, if they are conditions.
    """
    labels, are_conditions = order_features(contributions.index)
    drops = contributions.reindex(labels).to_numpy(np.float64)
    if not np.isfinite(drops).any():
        return tell_nothing(axes, title)
    colors = [INK if drop > 0 else FAINT for drop in drops]
    axes.bar(range(len(labels)), np.nan_to_num(drops), color=colors, width=0.75)
    draw_level(axes, 0.0)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    dress(axes, title, ylabel="Drop of balanced accuracy")
    if are_conditions:
        name_features(axes, labels)
    else:
        name_columns(axes, labels)
    return axes


def plot_decoding_summary(
    figure: Figure | SubFigure, decoder: Any
) -> Figure | SubFigure:
    """Draw what a decoder found: confusion, weights, contributions.

    Parameters
    ----------
    figure
        Empty.
    decoder
        With confusion, balanced_accuracy, coefficients, contributions: a
        `TargetDecoder`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    grid = figure.add_gridspec(2, 2, width_ratios=(1.0, 2.0))
    plot_confusion_matrix(
        figure.add_subplot(grid[:, 0]),
        decoder.confusion,
        accuracy=decoder.balanced_accuracy,
    )
    plot_decoding_coefficients(figure.add_subplot(grid[0, 1]), decoder.coefficients)
    plot_feature_contributions(figure.add_subplot(grid[1, 1]), decoder.contributions)
    return figure


def plot_response_decoding_summary(
    figure: Figure | SubFigure,
    features: pd.DataFrame,
    similarity: pd.DataFrame,
    decoder: Any,
) -> Figure | SubFigure:
    """Draw response vectors, how alike they are, and how well they tell the target.

    Parameters
    ----------
    figure
        Empty.
    features
        response_matrix.pqt.
    similarity
        response_similarity_matrix.pqt.
    decoder
        A `TargetDecoder`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    grid = figure.add_gridspec(3, 2)
    plot_mean_response_vectors(figure.add_subplot(grid[0, :]), features)
    plot_similarity_matrix(figure.add_subplot(grid[1, 0]), similarity)
    plot_confusion_matrix(
        figure.add_subplot(grid[1, 1]),
        decoder.confusion,
        accuracy=decoder.balanced_accuracy,
    )
    plot_decoding_coefficients(figure.add_subplot(grid[2, :]), decoder.coefficients)
    return figure
