"""One recording of one session on one figure: from raw bands to mean responses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.figures._axes import MIDDLE, dress, make_bar
from ranvier.analysis.figures._psth import plot_response_heatmap, plot_response_traces
from ranvier.analysis.figures._signal import plot_preprocessed, plot_raw_bands
from ranvier.analysis.figures._style import label_event
from ranvier.analysis.figures._trial_types import group_trials

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from ranvier.analysis.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class SessionPanels:
    """What is drawn of one recording.

    Parameters
    ----------
    bands
        Band → raw signal, indexed by time, s.
    preprocessed
        z-scored signal, indexed by time, s.
    responses
        Event → responses, shape (n_trials, n_window), as they are to be seen: masked
        and without baseline, or not.
    t
        Time from the event, shape (n_window,), s.
    trials
        One row a trial, in the order of the responses; with the times of the events.
    f0
        Band → baseline, indexed by time, s.
    title
        Of the figure.
    """

    bands: Mapping[str, pd.Series]
    preprocessed: pd.Series
    responses: Mapping[str, FloatArray]
    t: FloatArray
    trials: pd.DataFrame
    f0: Mapping[str, pd.Series] = field(default_factory=dict)
    title: str = ""


def session_plot(
    figure: Figure | SubFigure,
    panels: SessionPanels,
    *,
    by: str = "feedbackType",
    order: IntArray | None = None,
    window: tuple[float, float] | None = None,
) -> dict[str, Axes]:
    """Draw raw bands, preprocessed signal, and responses to each event.

    Parameters
    ----------
    figure
        Empty.
    panels
        What is drawn.
    by
        Kinds of trials, as of `group_trials`.
    order
        Trials of the heat maps from top to bottom; as they came unless given.
    window
        Part of the session that the upper two rows show, s; all unless given.

    Returns
    -------
    dict of matplotlib.axes.Axes
        "raw", "preprocessed", and for each event "heatmap <event>", "traces <event>":
        for a viewer, which draws one of them anew.

    Raises
    ------
    DataFault
        If the trials lack the column that they are grouped by, or shapes do not fit.
    """
    events = list(panels.responses)
    n = max(len(events), 1)
    grid = figure.add_gridspec(4, n, height_ratios=(1.0, 1.0, 2.0, 1.6))
    drawn: dict[str, Axes] = {"raw": figure.add_subplot(grid[0, :])}
    drawn["preprocessed"] = figure.add_subplot(grid[1, :], sharex=drawn["raw"])
    plot_raw_bands(drawn["raw"], panels.bands, panels.f0, window=window)
    times = {event: panels.trials[event] for event in events if event in panels.trials}
    shown = times if window is not None else None
    plot_preprocessed(drawn["preprocessed"], panels.preprocessed, shown, window=window)
    drawn["raw"].tick_params(labelbottom=False)
    drawn["raw"].set_xlabel("")
    limit = find_heatmap_limit(panels.responses)
    for i, event in enumerate(events):
        top = figure.add_subplot(grid[2, i])
        below = figure.add_subplot(
            grid[3, i], sharey=None if i == 0 else drawn[f"traces {events[0]}"]
        )
        drawn[f"heatmap {event}"], drawn[f"traces {event}"] = top, below
        _draw_event(top, below, panels, event, (by, order, limit))
        if i:
            top.set_ylabel("")
            below.set_ylabel("")
        if i == n - 1 and top.images:
            make_bar(top, top.images[0], "Response (z)")
    for name, axes in drawn.items():
        axes.set_label(name)
    if panels.title:
        figure.suptitle(panels.title, fontsize=MIDDLE + 1, x=0.01, ha="left")
    return drawn


def find_heatmap_limit(responses: Mapping[str, FloatArray]) -> float:
    """Give one colour scale for the responses to all events of a recording.

    Parameters
    ----------
    responses
        Event → responses, shape (n_trials, n_window).

    Returns
    -------
    float
        3 SD of them all; 1 if there is none.

    Examples
    --------
    >>> find_heatmap_limit({"stimOn_times": np.array([[-1.0, 1.0]])})
    3.0
    """
    parts = [np.asarray(values, np.float64).ravel() for values in responses.values()]
    known = np.concatenate(parts) if parts else np.array([])
    known = known[np.isfinite(known)]
    spread = float(known.std()) if known.size else 0.0
    return 3.0 * spread if spread > 0 else 1.0


def _draw_event(
    top: Axes,
    below: Axes,
    panels: SessionPanels,
    event: str,
    how: tuple[str, IntArray | None, float],
) -> None:
    by, order, limit = how
    groups = group_trials(panels.trials, by)
    values = panels.responses[event]
    plot_response_heatmap(
        top, values, panels.t, order=order, limit=limit, groups=groups
    )
    plot_response_traces(below, values, panels.t, groups)
    if top.images:
        below.set_xlim(top.get_xlim())
        top.tick_params(labelbottom=False)
        top.set_xlabel("")
    dress(top, label_event(event))
    if (legend := below.get_legend()) is not None and event != next(
        iter(panels.responses)
    ):
        legend.remove()
