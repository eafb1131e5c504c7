"""Figures of tuning: curves, the stimuli chosen, and the distance from the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.report._figure import Axes, Box, render_figure
from ranvier.report._page import format_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ranvier.sim.tuning import TuningTruth

    Float = NDArray[np.float64]

_COLUMNS = 4
_STEPS = 73  # points of a hidden curve, every 5 degrees


def draw_tuning(
    last: Mapping[str, Any],
    pairs: Sequence[tuple[int | None, int]],
    truth: TuningTruth | None,
    label: str,
) -> str:
    """Draw the tuning curves of some cells, with the hidden ones where known.

    Parameters
    ----------
    last
        `mean`, `sem` (n_cells, k), and the values (k,).
    pairs
        Number of the true cell, or None, and of the cell found.
    truth
        Hidden tuning; None for real cells.
    label
        Of the stimulus's value; a circle where its unit is °.

    Returns
    -------
    str
        SVG.
    """
    values = np.asarray(last["directions"])
    is_circle = label.endswith("°")
    x = (-15.0, 375.0) if is_circle else (float(values.min()), float(values.max()))
    rows = -(-len(pairs) // _COLUMNS)
    across, down = 254.0, 158.0
    parts: list[Axes | str] = []
    for index, (true, cell) in enumerate(pairs):
        row, column = divmod(index, _COLUMNS)
        mean, sem = np.asarray(last["mean"])[cell], np.asarray(last["sem"])[cell]
        curve = None
        if truth is not None and true is not None:
            grid = np.linspace(0.0, 360.0, _STEPS)
            rates = truth.compute_rates(grid)[true]
            curve = grid, _fit_gain(truth.compute_rates(values)[true], mean) * rates
        tops = [np.nan_to_num(mean + np.nan_to_num(sem))]
        tops += [curve[1]] if curve else []
        bottoms = [np.nan_to_num(mean - np.nan_to_num(sem)), np.zeros(1)]
        high, low = np.concatenate(tops).max(), np.concatenate(bottoms).min()
        room = 0.08 * max(high - low, 1e-3)
        box = Box(54 + column * across, 24 + row * down, across - 62, down - 56)
        axes = Axes(box, x, (low - room, high + room))
        ticks = [(v, f"{v:g}") for v in (0, 90, 180, 270, 360)] if is_circle else None
        is_last = index + _COLUMNS >= len(pairs)
        axes.frame(label if is_last else "", "" if column else "response", ticks)
        axes.title(f"cell {cell}")
        if curve:
            axes.line(*curve, "c1 dash")
        _draw_means(axes, values, mean, sem, is_circle)
        parts.append(axes)
    return render_figure(
        20 + _COLUMNS * across, 10 + rows * down + 14, parts, "Tuning curves"
    )


def _draw_means(
    axes: Axes, values: Float, mean: Float, sem: Float, is_circle: bool
) -> None:
    if is_circle and 0.0 in values and 360.0 not in values:
        # The first direction again at 360, so that the circle closes.
        first = int(np.flatnonzero(values == 0.0)[0])
        values, mean, sem = (
            np.append(a, b) for a, b in
            ((values, 360.0), (mean, mean[first]), (sem, sem[first]))
        )  # fmt: skip
    known = np.isfinite(mean)
    axes.line(values[known], mean[known], "c0 half")
    bars = np.column_stack((values, mean - sem, values, mean + sem))
    axes.segments(bars[np.isfinite(bars).all(axis=1)], "c0")
    axes.points(values, mean, "f0", 2.8)


def _fit_gain(rates: Float, mean: Float) -> float:
    # The factor that brings the hidden rates nearest to the responses.
    known = np.isfinite(mean)
    power = float((rates[known] ** 2).sum())
    return max(float((rates[known] * mean[known]).sum()) / power, 0.0) if power else 0.0


def draw_choices(trials: Float, values: Float, name: str) -> str:
    """Draw which stimulus was shown in each trial.

    Returns
    -------
    str
        SVG.
    """
    kinds = np.unique(values[np.isfinite(values)])
    room = 0.5 * float(np.diff(kinds).min()) if kinds.size > 1 else 1.0
    y = (float(kinds.min()) - room, float(kinds.max()) + room) if kinds.size else (0, 1)
    axes = Axes(Box(58, 14, 412, 210), (-0.8, float(trials.max()) + 0.8), y)
    ticks = [(float(k), f"{k:g}") for k in kinds] if kinds.size <= 12 else None
    axes.frame("trial", name, y_ticks=ticks)
    axes.line(trials, values, "c5 thin half")
    titles = [f"trial {t:g}: {v:g}" for t, v in zip(trials, values, strict=True)]
    axes.points(trials, values, "f0", 3.4, titles)
    return render_figure(490, 266, [axes], "Stimulus of each trial")


def draw_counts(values: Float, name: str) -> str:
    """Draw how often each stimulus was shown.

    Returns
    -------
    str
        SVG.
    """
    kinds, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    places = np.arange(kinds.size, dtype=np.float64)
    top = float(counts.max()) * 1.12 if counts.size else 1.0
    axes = Axes(Box(58, 14, 412, 210), (-0.6, kinds.size - 0.4), (0.0, top))
    axes.frame(
        name, "trials", [(p, f"{k:g}") for p, k in zip(places, kinds, strict=True)]
    )
    axes.bars(places, counts, 0.66)
    for place, count in zip(places, counts, strict=True):
        axes.text(float(place), float(count), str(count), "ink mid", (0, -5))
    return render_figure(490, 266, [axes], "Trials of each stimulus")


def draw_error(curves: Mapping[str, Float]) -> str:
    """Draw errors over trials, one line for each way of estimating.

    Returns
    -------
    str
        SVG.
    """
    last = max(float(errors[-1, 0]) for errors in curves.values())
    top = max(float(errors[:, 1].max()) for errors in curves.values())
    axes = Axes(Box(58, 14, 780, 230), (0.0, max(last, 1.0)), (0.0, 1.08 * top))
    axes.frame("trial", "tuning error")
    for number, (name, errors) in enumerate(curves.items()):
        axes.line(errors[:, 0], errors[:, 1], f"c{number} thick")
        words = f"{name} {format_number(float(errors[-1, 1]), 2)}"
        axes.text(
            float(errors[-1, 0]),
            float(errors[-1, 1]),
            words,
            f"f{number} key-text",
            (8, 4),
        )
    return render_figure(1030, 286, [axes], "Tuning error over trials")
