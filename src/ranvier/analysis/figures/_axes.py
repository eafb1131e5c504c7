"""What all axes have in common: spines, letters, "no data", rows with names.

Everything is set on the axes at hand, so that nobody's own settings are touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.figures._style import FAINT, INK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure, SubFigure

    from ranvier.analysis.arrays import FloatArray

SMALL, MIDDLE = 8.0, 9.0
"""Letters, points: of ticks and legends; of labels and titles."""


def dress(axes: Axes, title: str = "", xlabel: str = "", ylabel: str = "") -> Axes:
    """Name the axes, and take away what says nothing."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(INK)
        axes.spines[side].set_linewidth(0.8)
    axes.tick_params(labelsize=SMALL, width=0.8, length=3, colors=INK)
    if title:
        axes.set_title(title, fontsize=MIDDLE, loc="left", color=INK)
    if xlabel:
        axes.set_xlabel(xlabel, fontsize=MIDDLE, color=INK)
    if ylabel:
        axes.set_ylabel(ylabel, fontsize=MIDDLE, color=INK)
    return axes


def count_on(axis: Axis) -> None:
    """Put the ticks of an axis of counts, or of sessions, on whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def tell_nothing(axes: Axes, title: str = "", words: str = "no data") -> Axes:
    """Say that there is nothing to draw, instead of an empty frame."""
    dress(axes, title)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.text(
        0.5,
        0.5,
        words,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=FAINT,
        fontsize=MIDDLE,
    )
    return axes


def draw_level(axes: Axes, y: float) -> None:
    """Draw a level that numbers are compared with: zero, chance."""
    axes.axhline(y, color=FAINT, linewidth=0.8, zorder=0)


def draw_event(axes: Axes) -> None:
    """Draw the time of the event, at 0."""
    axes.axvline(0.0, color=INK, linewidth=0.8, linestyle=(0, (2, 2)), zorder=3)


def dress_response(axes: Axes, title: str) -> None:
    """Finish axes of responses (z) over the time from an event, with zero and event."""
    draw_level(axes, 0.0)
    draw_event(axes)
    axes.margins(x=0)
    dress(axes, title, "Time from event (s)", "Response (z)")


def add_legend(axes: Axes, title: str = "", **style: Any) -> None:
    """Add a legend without a frame, if anything has a name."""
    if axes.get_legend_handles_labels()[1]:
        legend = axes.legend(
            **{
                "frameon": False,
                "fontsize": SMALL,
                "title": title or None,
                "handlelength": 1.6,
                "borderaxespad": 0.2,
                "labelspacing": 0.3,
            }
            | style
        )
        legend.get_title().set_fontsize(SMALL)


def add_legend_beside(axes: Axes, title: str = "") -> None:
    """Add a legend to the right of the axes, where it hides nothing."""
    add_legend(axes, title, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def add_legend_above(axes: Axes) -> None:
    """Add a legend above the right corner, in one row."""
    n = len(axes.get_legend_handles_labels()[1])
    add_legend(
        axes,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=max(n, 1),
        borderaxespad=0.0,
        columnspacing=1.2,
    )


def format_log(axis: Axis) -> None:
    """Name 1, 2 and 5 of each decade of a logarithmic axis, as plain numbers."""
    from matplotlib.ticker import LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def add_patches(axes: Axes, colors: Mapping[str, str], faint: str = "") -> None:
    """Add a legend of areas beside the axes; `faint` is what half opacity says."""
    from matplotlib.patches import Patch

    patches = [
        Patch(facecolor=color, label=name, linewidth=0)
        for name, color in colors.items()
    ]
    if faint:
        patches.append(Patch(facecolor=INK, alpha=0.5, label=faint, linewidth=0))
    axes.legend(
        handles=patches,
        frameon=False,
        fontsize=SMALL,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        handlelength=1.0,
        handleheight=1.0,
    )


def name_columns(
    axes: Axes, labels: Sequence[str], *, at: Sequence[float] | None = None
) -> None:
    """Write names below columns, slanted if they would run into each other."""
    places = range(len(labels)) if at is None else at
    axes.set_xticks(list(places))
    width = measure(axes)[0] / max(len(labels), 1)
    if at is not None and len(at) > 1:
        # Columns of unlike width, in a box that may yet be made square.
        low, high = axes.get_xlim()
        width = measure(axes)[0] * 0.6 * float(np.diff(at).min()) / abs(high - low)
    lines = [line for label in labels for line in label.split("\n")]
    longest = max((len(line) for line in lines), default=0)
    if longest * 0.58 * SMALL < width:
        axes.set_xticklabels(labels, fontsize=SMALL)
    else:
        size = float(np.clip(width * 0.8, 4.0, SMALL))
        axes.set_xticklabels(
            labels, fontsize=size, rotation=45, ha="right", rotation_mode="anchor"
        )


def name_rows(
    axes: Axes, labels: Sequence[str], colors: Sequence[str] | None = None
) -> None:
    """Write names beside rows; only each k-th if all would not be readable."""
    n = len(labels)
    room = measure(axes)[1] / max(n, 1)
    step = 1 if room >= 5.0 else int(np.ceil(5.0 / max(room, 0.1)))
    places = list(range(0, n, step))
    size = float(np.clip(room * step * 0.8, 4.0, SMALL))
    axes.set_yticks(places)
    axes.set_yticklabels([labels[i] for i in places], fontsize=size)
    if colors is not None:
        for tick, i in zip(axes.get_yticklabels(), places, strict=True):
            tick.set_color(colors[i])


def measure(axes: Axes) -> tuple[float, float]:
    """Give width and height of the axes, points, before the figure is laid out."""
    box = axes.get_window_extent()
    figure = axes.get_figure()
    dpi = 72.0 if figure is None else figure.dpi
    return box.width / dpi * 72, box.height / dpi * 72


def make_bar(
    axes: Axes, drawn: Any, label: str, ticks: Sequence[float] | None = None
) -> None:
    """Add a slim colour bar."""
    figure = axes.get_figure()
    if figure is None:
        return
    bar = figure.colorbar(drawn, ax=axes, shrink=0.8, pad=0.02, aspect=20, ticks=ticks)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=SMALL, width=0.6, length=2)
    bar.set_label(label, fontsize=SMALL)


def spread(n: int, width: float = 0.3) -> FloatArray:
    """Give offsets that keep points of one column apart; the same each time."""
    # Multiples of the golden ratio fill an interval evenly for any n.
    places = np.arange(n, dtype=np.float64) * 0.6180339887498949
    return (places % 1.0 - 0.5) * width


def find_limit(values: Any, default: float = 1.0) -> float:
    """Give the largest absolute value, for a scale around 0."""
    numbers = np.abs(np.asarray(values, dtype=np.float64))
    known = numbers[np.isfinite(numbers)]
    return float(known.max()) if known.size and known.max() > 0 else default


def tell_significance(p: float) -> str:
    """Give stars of a p-value: 0.05, 0.01, 0.001."""
    return "*" * sum(p < level for level in (0.05, 0.01, 0.001))


def split_figure(
    figure: Figure | SubFigure, n: int, n_columns: int = 4, **settings: Any
) -> list[Axes]:
    """Make n axes in a figure, row by row; one at least."""
    n = max(n, 1)
    columns = min(n, n_columns)
    rows = int(np.ceil(n / columns))
    grid = figure.subplots(rows, columns, squeeze=False, **settings)
    flat = [axes for row in grid for axes in row]
    for axes in flat[n:]:
        axes.remove()
    for axes in flat[max(n - columns, 0) : n]:
        axes.tick_params(labelbottom=True)  # nothing is below them to share it with
    return flat[:n]
