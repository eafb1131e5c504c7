"""Responses by condition: contrast to either side, mean traces, vectors, timing."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.figures._axes import (
    SMALL,
    add_legend,
    add_legend_beside,
    draw_level,
    dress,
    dress_response,
    find_limit,
    format_log,
    make_bar,
    measure,
    tell_nothing,
)
from ranvier.analysis.figures._contrast_panels import draw_contrast_panels
from ranvier.analysis.figures._matrix import draw_matrix, name_features
from ranvier.analysis.figures._psth import draw_band
from ranvier.analysis.figures._style import (
    choose_shades,
    label_event,
    label_value,
    sort_targets,
)
from ranvier.analysis.figures._tables import (
    Aggregation,
    add_outcome,
    add_side,
    average,
    check_choice,
    drop_unknown,
    format_percent,
    is_on_midline,
    mean_and_sem,
    name_targets,
)
from ranvier.analysis.figures._trial_types import CORRECT_STYLE, INCORRECT_STYLE
from ranvier.analysis.responses import feature_sort_key

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


def plot_relative_contrast(
    figure: Figure | SubFigure,
    magnitudes: pd.DataFrame,
    value: str = "response_early",
    *,
    aggregation: Aggregation = "subject",
    title: str = "",
) -> tuple[Axes, Axes]:
    """Draw responses against contrast, contralateral and ipsilateral, by outcome.

    Parameters
    ----------
    figure
        Empty, or a part of one.
    magnitudes
        responses.pqt of one target and event: contrast (percent), feedbackType,
        subject, and stim_side with hemisphere, or side.
    value
        Column of responses.
    aggregation
        "pool": mean ± SEM over trials; "subject": over the means of subjects.
    title
        Of the figure.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        Contra, with contrast falling to the right, and ipsi, with contrast rising:
        100 ← contra → 0 | 0 ← ipsi → 100.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(magnitudes, value, "contrast")
    rows = add_outcome(add_side(rows))
    table = average(rows, value, ["outcome", "side", "contrast"], aggregation)
    table = table.rename(columns={"outcome": "group"}).assign(
        low=lambda t: t["mean"] - t["sem"], high=lambda t: t["mean"] + t["sem"]
    )
    styles = {"correct": CORRECT_STYLE, "incorrect": INCORRECT_STYLE}
    return draw_contrast_panels(
        figure, table, styles, title=title, is_midline=is_on_midline(rows)
    )


def plot_mean_response_traces(
    axes: Axes,
    traces: pd.DataFrame,
    *,
    by: str = "contrast",
    aggregation: Aggregation = "subject",
    title: str = "",
) -> Axes:
    """Draw mean responses over time, mean ± SEM over recordings or subjects.

    Parameters
    ----------
    axes
        To draw on.
    traces
        mean_traces.pqt of one target and event: time (s), response, `by`, n_trials,
        and eid or subject.
    by
        "contrast" or "feedbackType".
    aggregation
        "pool": over recordings; "subject": over the means of subjects.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Means of a recording count as many times as they have trials when its
        conditions are joined.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    check_choice("by", by, ("contrast", "feedbackType"))
    check_choice("aggregation", aggregation, ("pool", "subject"))
    unit = "subject" if aggregation == "subject" else "eid"
    rows = drop_unknown(traces, "time", "response", by, "n_trials", unit)
    if rows.empty:
        return tell_nothing(axes, title)
    rows = rows.assign(total=rows["response"] * rows["n_trials"])
    sums = rows.groupby([by, unit, "time"])[["total", "n_trials"]].sum()
    sums = sums.assign(
        mean=sums["total"] / sums["n_trials"].where(sums["n_trials"] > 0)
    )
    means = sums.pivot_table("mean", [by, unit], "time")
    times = means.columns.to_numpy(np.float64)
    levels = means.index.get_level_values(0).unique()
    for level, style in zip(levels, _style_levels(list(levels), by), strict=True):
        draw_band(axes, times, *mean_and_sem(means.loc[level]), **style)
    dress_response(axes, title)
    add_legend(axes, "Contrast" if by == "contrast" else "")
    return axes


def plot_mean_response_vectors(
    axes: Axes, features: pd.DataFrame, targets: Any = None, title: str = ""
) -> Axes:
    """Draw the mean response vector of each target as a heat map.

    Parameters
    ----------
    axes
        To draw on.
    features
        response_matrix.pqt: one row a recording, columns conditions.
    targets
        Target of each row; the level "target_NM" of the index unless given.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Columns by side, event, outcome, contrast; the scale ends at ± 3 SD.

    Raises
    ------
    AnalysisError
        If a column is no condition.
    """
    labels = sorted(map(str, features.columns), key=feature_sort_key)
    if features.empty or not labels:
        return tell_nothing(axes, title)
    names = name_targets(features, targets)
    rows = sort_targets(names)
    numbers = features[labels].to_numpy(np.float64)
    means = np.array([mean_and_sem(numbers[names == name])[0] for name in rows])
    known = numbers[np.isfinite(numbers)]
    if not known.size:
        return tell_nothing(axes, title)
    scale = 3.0 * float(known.std()) or find_limit(known)
    mesh = draw_matrix(axes, means, limit=scale)
    axes.set_yticks(
        range(len(rows)), [f"{n} ({int((names == n).sum())})" for n in rows]
    )
    dress(axes, title)
    name_features(axes, labels)
    make_bar(axes, mesh, "Response (z)")
    return axes


def plot_movement_response(
    axes: Axes,
    table: pd.DataFrame,
    x: str = "reaction_time",
    *,
    value: str = "response_early",
    n_bins: int = 5,
    title: str = "",
) -> Axes:
    """Draw responses against how fast the subject moved, a line for each contrast.

    Parameters
    ----------
    axes
        To draw on.
    table
        responses.pqt of one target and event, joined with the timing of trials:
        contrast (percent), subject, `x`, `value`.
    x
        reaction_time, movement_time (s) or peak_velocity (rad/s).
    value
        Column of responses.
    n_bins
        Quantiles of `x` (over all trials) in which responses are averaged.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Mean ± SEM over the means of subjects, at the median of `x` in each bin.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(table, x, value, "contrast", "subject")
    rows = rows[rows[x] > 0] if len(rows) else rows
    if rows.empty:
        return tell_nothing(axes, title)
    bins = pd.qcut(rows[x], n_bins, labels=False, duplicates="drop")
    rows = rows.assign(bin=bins)
    middles = rows.groupby("bin")[x].median()
    means = average(rows, value, ["contrast", "bin"], "subject")
    levels = sorted(means["contrast"].unique())
    for level, color in zip(levels, choose_shades(len(levels)), strict=True):
        part = means[means["contrast"] == level]
        axes.errorbar(
            middles.reindex(part["bin"]).to_numpy(),
            part["mean"],
            part["sem"],
            color=color,
            marker="o",
            markersize=3.5,
            linewidth=1.2,
            label=f"{format_percent(level)} %",
        )
    axes.set_xscale("log")
    draw_level(axes, 0.0)
    dress(axes, title, label_value(x), "Response (z)")
    _thin_log(axes)
    add_legend_beside(axes, "Contrast")
    return axes


def _thin_log(axes: Axes) -> None:
    """Name round numbers of a logarithmic axis, as many as have room side by side."""
    low, high = np.log10(axes.get_xlim())
    decades = 10.0 ** np.arange(np.floor(low), np.ceil(high) + 1)
    room = measure(axes)[0] / max(high - low, 1e-9)  # points a decade
    ticks: list[float] = []
    for steps in ((1.0,), (2.0, 5.0), (3.0,), (1.5, 7.0), (4.0, 2.5)):
        for value in np.outer(decades, steps).ravel():
            at = np.log10(value)
            gaps = np.abs(np.log10(np.array([*ticks, np.inf])) - at) * room
            if low <= at <= high and gaps.min() > 3.5 * SMALL:
                ticks.append(float(value))
    format_log(axes.xaxis)
    axes.set_xticks(sorted(ticks))


def plot_response_overview(
    figure: Figure | SubFigure,
    magnitudes: pd.DataFrame,
    value: str = "response_early",
    aggregation: Aggregation = "subject",
) -> Figure | SubFigure:
    """Draw `plot_relative_contrast` for each target (row) and event (column).

    Parameters
    ----------
    figure
        Empty.
    magnitudes
        responses.pqt.
    value
        Column of responses.
    aggregation
        "pool" or "subject".

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(magnitudes, "target_NM", "event", value)
    targets = sort_targets(rows["target_NM"])
    events = sorted(set(rows["event"]), key=_place_event)
    if not targets:
        tell_nothing(figure.subplots())
        return figure
    grid: Any = figure.subfigures(len(targets), len(events), squeeze=False)
    for i, j in itertools.product(range(len(targets)), range(len(events))):
        is_cell = (rows["target_NM"] == targets[i]) & (rows["event"] == events[j])
        panels = plot_relative_contrast(
            grid[i][j],
            rows[is_cell],
            value,
            aggregation=aggregation,
            title=f"{targets[i]}, {label_event(events[j]).lower()}",
        )
        if (i or j) and (legend := panels[1].get_legend()) is not None:
            legend.remove()
    return figure


def _style_levels(levels: list[float], by: str) -> list[dict[str, Any]]:
    if by == "contrast":
        shades = choose_shades(len(levels))
        return [
            {"label": f"{format_percent(level)} %", "color": shade}
            for level, shade in zip(levels, shades, strict=True)
        ]
    words = [("correct", CORRECT_STYLE), ("incorrect", INCORRECT_STYLE)]
    return [
        {"label": name, "color": style["color"], "linestyle": style["linestyle"]}
        for name, style in (words[0] if level > 0 else words[1] for level in levels)
    ]


def _place_event(event: str) -> tuple[int, str]:
    order = ("stimOn", "firstMovement", "feedback")
    short = event.removesuffix("_times")
    return (order.index(short) if short in order else len(order), short)
