"""Two panels side by side: 100 ← contra → 0 | 0 ← ipsi → 100."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.figures._axes import (
    FAINT,
    MIDDLE,
    add_legend_above,
    draw_level,
    dress,
    tell_nothing,
)
from ranvier.analysis.figures._tables import format_percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


_MIDLINE = {"contra": "right", "ipsi": "left"}


def draw_contrast_panels(
    figure: Figure | SubFigure,
    table: pd.DataFrame,
    styles: Mapping[str, Mapping[str, Any]],
    *,
    title: str = "",
    points: pd.DataFrame | None = None,
    is_midline: bool = False,
) -> tuple[Axes, Axes]:
    """Draw numbers against contrast, contra on the left with its axis turned."""
    # `table`: group, side, contrast (percent), mean, low, high. With `points` (of these
    # columns) it is drawn as lines with bands, and they with bars; else with bars.
    left, right = figure.subplots(1, 2, sharey=True)
    levels = sorted({float(c) for c in table["contrast"]})
    if not levels:
        tell_nothing(left, title)
        right.set_axis_off()
        return left, right
    places = {level: i for i, level in enumerate(levels)}
    for axes, side in ((left, "contra"), (right, "ipsi")):
        for group, style in styles.items():
            own = _select(table, group, side)
            if points is None:
                _draw_bars(axes, own, places, style, group)
            else:
                _draw_line(axes, own, places, style, group)
                plain = {**style, "linestyle": "none"}
                _draw_bars(axes, _select(points, group, side), places, plain, "")
        draw_level(axes, 0.0)
        axes.set_xticks(range(len(levels)), [format_percent(c) for c in levels])
        axes.set_xlim(-0.4, len(levels) - 0.6)
        # A fibre on the midline has no other side: right stands for contra there.
        which = f"\n({_MIDLINE[side]}: midline)" if is_midline else ""
        dress(axes, "", f"{side.capitalize()} contrast (%){which}")
    left.set_xlim(len(levels) - 0.6, -0.4)
    left.set_ylabel("Response (z)", fontsize=MIDDLE)
    right.spines["left"].set_color(FAINT)
    right.tick_params(left=False, labelleft=False)
    add_legend_above(right)
    if title:
        left.set_title(title, fontsize=MIDDLE, loc="left")
    return left, right


def _select(table: pd.DataFrame, group: str, side: str) -> pd.DataFrame:
    own = table[(table["group"] == group) & (table["side"] == side)]
    return own.sort_values("contrast")


def _draw_bars(
    axes: Axes,
    own: pd.DataFrame,
    places: Mapping[float, int],
    style: Mapping[str, Any],
    label: str,
) -> None:
    if own.empty:
        return
    looks: dict[str, Any] = {"markersize": 4, "linewidth": 1.3, "elinewidth": 1.0}
    looks |= style
    mean = own["mean"].to_numpy(np.float64)
    reach = np.vstack(
        (
            mean - own["low"].to_numpy(np.float64),
            own["high"].to_numpy(np.float64) - mean,
        )
    )
    axes.errorbar(
        [places[float(c)] for c in own["contrast"]],
        mean,
        reach,
        **looks,
        label=label or None,
    )


def _draw_line(
    axes: Axes,
    own: pd.DataFrame,
    places: Mapping[float, int],
    style: Mapping[str, Any],
    label: str,
) -> None:
    if own.empty:
        return
    at = [places[float(c)] for c in own["contrast"]]
    axes.plot(
        at,
        own["mean"],
        color=style["color"],
        linestyle=style.get("linestyle", "-"),
        linewidth=1.3,
        label=label or None,
    )
    axes.fill_between(
        at, own["low"], own["high"], color=style["color"], alpha=0.18, linewidth=0
    )
