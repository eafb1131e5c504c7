"""Matrices in vectors, and the names of conditions along them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.figures._style import DIVERGING, INK, PAPER, label_event
from ranvier.analysis.figures._tables import format_percent
from ranvier.analysis.responses import feature_sort_key, parse_feature
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ranvier.analysis.arrays import FloatArray


def draw_matrix(axes: Axes, values: Any, *, limit: float, cmap: str = DIVERGING) -> Any:
    """Draw a matrix in vectors, the first row on top; missing cells are grey."""
    from matplotlib import colormaps

    cells = np.ma.masked_invalid(np.asarray(values, np.float64))
    mesh = axes.pcolormesh(
        np.arange(cells.shape[1] + 1) - 0.5,
        np.arange(cells.shape[0] + 1) - 0.5,
        cells,
        cmap=colormaps[cmap].with_extremes(bad=PAPER),
        vmin=-limit if cmap == DIVERGING else 0.0,
        vmax=limit,
    )
    axes.set_ylim(cells.shape[0] - 0.5, -0.5)
    return mesh


def name_features(axes: Axes, labels: list[str]) -> None:
    """Name conditions by contrast; part them where side, event or outcome change."""
    features = [parse_feature(label) for label in labels]
    axes.set_xticks(range(len(labels)))
    axes.set_xticklabels(
        [format_percent(f.contrast) for f in features], fontsize=6, rotation=90
    )
    axes.tick_params(axis="x", length=2)
    blocks = [(f.side, f.event, f.outcome) for f in features]
    starts = [i for i in range(len(blocks)) if i == 0 or blocks[i] != blocks[i - 1]]
    ends = [*starts[1:], len(blocks)]
    for start, end in zip(starts, ends, strict=True):
        side, event, outcome = blocks[start]
        is_new = start == 0 or blocks[start - 1][:2] != (side, event)
        if start:
            axes.axvline(start - 0.5, color=INK, linewidth=1.2 if is_new else 0.5)
        axes.annotate(
            f"{side}\n{label_event(event).lower()}\n{outcome}",
            ((start + end - 1) / 2, 0.0),
            (0, -22),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=6,
        )


def write_cells(
    axes: Axes, numbers: FloatArray, form: str, *, dark_above: float
) -> None:
    """Write the number of each cell, white on dark ones."""
    for (i, j), number in np.ndenumerate(numbers):
        if np.isfinite(number):
            axes.text(
                j,
                i,
                form.format(number),
                ha="center",
                va="center",
                fontsize=7,
                color="white" if abs(number) > dark_above else INK,
            )


def order_features(columns: Any) -> tuple[list[str], bool]:
    """Give features in the order of drawing, and whether all are conditions."""
    labels = [str(column) for column in columns]
    try:
        for label in labels:
            parse_feature(label)
    except AnalysisError:
        return labels, False
    return sorted(labels, key=feature_sort_key), True
