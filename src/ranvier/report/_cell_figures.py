"""Figures of cells: where they are, how many, what they did."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.report._contour import trace_outline
from ranvier.report._figure import Axes, Box, render_figure
from ranvier.report._page import format_number
from ranvier.sim.comparison import build_footprints

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

_LEVEL = 0.35  # of a footprint's highest weight: where its outline is drawn
_WIDE = 1030.0


def draw_cells(
    mean: Float,
    cells: Mapping[str, Any],
    marked: Collection[int],
    numbered: Sequence[int],
) -> str:
    """Draw the mean image with the outlines of the cells.

    Parameters
    ----------
    mean
        Shape (height, width).
    cells
        Footprints in rows.
    marked
        Cells in the other colour.
    numbered
        Cells with their number.

    Returns
    -------
    str
        SVG.
    """
    height, width = mean.shape
    scale = 480.0 / max(width, height)
    box = Box(0, 0, width * scale, height * scale)
    axes = Axes(box, (0.0, width), (height, 0.0))
    low, high = np.percentile(mean, [1.0, 99.7])
    grey = np.clip((mean - low) / max(high - low, 1e-9), 0.0, 1.0) ** 0.8
    axes.image(0.92 * grey)
    footprints = build_footprints(cells)
    outlines = [trace_outline(each, _LEVEL * each.max()) for each in footprints]
    for style, picked in (
        ("cell", [i for i in range(len(outlines)) if i not in marked]),
        ("truecell", [i for i in range(len(outlines)) if i in marked]),
    ):
        pieces = [outlines[i] for i in picked]
        if pieces:
            axes.segments(np.concatenate(pieces), style)
    centers = np.asarray(cells["centers"])
    for cell in numbered:
        if cell < len(centers):
            y, x = centers[cell] + 0.5
            axes.text(x, y, str(cell), "onimage mid", (0, 3.2))
    return render_figure(box.width, box.height, [axes], "Mean image with cells")


def draw_growth(frames: Float, counts: Float) -> str:
    """Draw how many cells were known after each frame.

    Returns
    -------
    str
        SVG.
    """
    axes = Axes(
        Box(54, 26, 400, 380), (0.0, float(frames[-1])), (0.0, 1.08 * counts.max() + 1)
    )
    axes.frame("frame", "cells")
    axes.title("Cells found")
    x = np.repeat(np.append(frames, frames[-1]), 2)[1:-1]
    y = np.repeat(counts, 2)
    axes.area(x, 0 * y, y)
    axes.line(x, y, "c0 thick")
    return render_figure(470, 450, [axes], "Cells found over frames")


def draw_traces(
    t: Float,
    read: Mapping[str, Float],
    chosen: Sequence[int],
    shown: Float,
    name: str,
    x_label: str,
) -> str:
    """Draw the ΔF/F of some cells one above the other, with stimuli behind.

    Parameters
    ----------
    t
        Shape (n_frames,), in the unit of `x_label`.
    read
        `dff` and maybe `denoised`, (n_frames, n_cells).
    chosen
        Cells, the first on top.
    shown
        Start, stop and value of each stimulus, shape (n, 3), on the scale of `t`.
    name
        Of the value; the unit stands behind its last underscore.
    x_label
        Of the time axis.

    Returns
    -------
    str
        SVG.
    """
    dff = read["dff"]
    chosen = [cell for cell in chosen if cell < dff.shape[1]]
    values = dff[:, chosen]
    known = values[np.isfinite(values)]
    span = float(np.percentile(known, 99.9)) if known.size else 1.0
    step = max(span, 1e-3) * 0.72
    row = 42.0
    top = 34.0
    height = row * len(chosen)
    x = (float(t[0]), float(t[-1]))
    y = (-0.5 * step, (len(chosen) + 0.25) * step)
    axes = Axes(Box(62, top, _WIDE - 62 - 46, height), x, y)
    places = [(len(chosen) - 1 - n) * step for n in range(len(chosen))]
    ticks = [(y0, f"cell {cell}") for y0, cell in zip(places, chosen, strict=True)]
    axes.frame(x_label, y_ticks=ticks)
    _shade(axes, shown, x, name)
    for y0, cell in zip(places, chosen, strict=True):
        axes.line(t, y0 + dff[:, cell], "c0 thin half")
        if "denoised" in read:
            axes.line(t, y0 + read["denoised"][:, cell], "c0")
    bar = _round_down(step)
    right = x[1] + (x[1] - x[0]) * 0.012
    axes.segments(np.array([[right, 0.0, right, bar]]), "cink thick")
    axes.text(right, bar / 2, f"{bar:g}", "ink", (6, 0))
    axes.text(right, bar / 2, "ΔF/F", "tiny", (6, 12))
    return render_figure(_WIDE, top + height + 42, [axes], "Traces of cells")


def draw_parts(
    t: Float, read: Mapping[str, Float], cell: int, shown: Float, x_label: str
) -> str:
    """Draw the fluorescence of one cell and what it is made of.

    Returns
    -------
    str
        SVG.
    """
    styles = {"raw": "c5 thin", "neuropil": "c2", "trace": "c0", "baseline": "c1 thick"}
    lines = {
        name: read[name][:, cell]
        for name in styles
        if name in read and cell < read[name].shape[1]
    }
    everything = np.concatenate(list(lines.values()))
    known = everything[np.isfinite(everything)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 1.0)
    room = 0.06 * (high - low)
    x = (float(t[0]), float(t[-1]))
    axes = Axes(Box(62, 28, _WIDE - 62 - 46, 170), x, (low - room, high + room))
    axes.frame(x_label, "fluorescence, counts")
    _shade(axes, shown, x, "")
    for name, values in lines.items():
        axes.line(t, values, styles[name])
    parts: list[Axes | str] = [axes]
    for number, name in enumerate(lines):
        key = Axes(Box(62 + 96 * number, 8, 90, 10), (0, 90), (0, 10))
        key.segments(np.array([[0, 5, 18, 5]]), f"{styles[name]} thick")
        key.text(24, 5, name, "ink", (0, 4))
        parts.append(key)
    return render_figure(_WIDE, 242, parts, f"Fluorescence of cell {cell}")


def draw_matrix(matrix: Float) -> str:
    """Draw a matrix of values from -1 to 1 with a row and a column for each cell.

    Returns
    -------
    str
        SVG; rows and columns are sorted so that neighbours are alike.
    """
    values = np.nan_to_num(matrix)
    symmetric = (values + values.T) / 2
    # The leading eigenvectors put cells that go together side by side (seriation by
    # angle in their plane, Friendly, The American Statistician 2002).
    vectors = np.linalg.eigh(symmetric)[1]
    order = np.argsort(np.arctan2(vectors[:, -min(2, len(values))], vectors[:, -1]))
    shown = matrix[np.ix_(order, order)]
    against, together = np.array([0.84, 0.37, 0.0]), np.array([0.0, 0.45, 0.70])
    strength = np.nan_to_num(np.abs(shown))[..., None] ** 0.8
    colour: Float = np.where(shown[..., None] < 0, against, together)
    side = 420.0
    axes = Axes(Box(0, 0, side, side), (0, len(values)), (len(values), 0))
    axes.image(1.0 - strength * (1.0 - colour))
    return render_figure(side, side, [axes], "How cells go together")


def _shade(axes: Axes, shown: Float, x: tuple[float, float], name: str) -> None:
    unit = "°" if name.endswith("_deg") else ""
    for start, stop, value in shown.tolist():
        if stop <= x[0] or start >= x[1]:
            continue
        start, stop = max(start, x[0]), min(max(stop, start), x[1])
        axes.rectangle((start, stop))
        if name and math.isfinite(value):
            words = f"{format_number(value)}{unit}"
            axes.text((start + stop) / 2, axes.y_range[1], words, "tiny mid", (0, -5))


def _round_down(value: float) -> float:
    size = 10.0 ** math.floor(math.log10(value))
    return max(part * size for part in (1.0, 2.0, 5.0) if part * size <= value)
