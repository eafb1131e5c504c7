"""Draws a state of the viewer on a figure, by the figure functions alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.behaviour import sort_trials_by_type
from ranvier.analysis.figures import (
    SessionPanels,
    group_trials,
    label_value,
    plot_isosbestic_fit,
    session_plot,
)
from ranvier.analysis.viewer._state import BY_NAMES
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from ranvier.analysis.arrays import FloatArray, IntArray
    from ranvier.analysis.viewer._state import ViewState
    from ranvier.analysis.viewer._viewed import Viewed

_INK, _GOOD, _BAD, _FAINT = "#222222", "#1b7837", "#b2182b", "#8a8a8a"
_SMALL = 8.0
_LETTER = 5.3  # points, of digits: the wider ones
_LEAST_LETTERS = 16
_STEP = 10.4  # points, from line to line
_LEFT = 0.04  # of the width, where lines begin
_METRICS = (
    "n_unique_samples",
    "median_absolute_deviance",
    "ar_score",
    "bleaching_tau",
    "iso_correlation",
)


def draw_view(
    figure: Figure | SubFigure, viewed: Viewed, state: ViewState
) -> dict[str, Axes]:
    """Draw one recording of a session.

    Parameters
    ----------
    figure
        Empty.
    viewed
        The session.
    state
        How, and which region.

    Returns
    -------
    dict of matplotlib.axes.Axes
        Those of `session_plot`, and "fit" and "about".
    """
    parts: Any = figure.subfigures(1, 2, width_ratios=(4.4, 1.0))
    left, right = parts
    panels, problems = make_panels(viewed, state)
    by, order, more = _arrange(panels.trials, state)
    drawn = session_plot(left, panels, by=by, order=order, window=_choose_window(state))
    _mend_upper(drawn, viewed, state, panels)
    if not panels.responses:
        where = "\n".join(problems) or "no responses"
        left.text(0.5, 0.3, where, ha="center", color=_FAINT, fontsize=_SMALL + 1)
    axes = right.subplots(2, 1, height_ratios=(1.0, 2.6))
    drawn["fit"], drawn["about"] = axes
    _draw_fit(drawn["fit"], viewed, state.brain_region)
    said = (*viewed.problems, *problems, *more)
    lines = _tell(viewed, state, said, has_responses=bool(panels.responses))
    _write_about(drawn["about"], right, lines)
    for name in ("fit", "about"):
        drawn[name].set_label(name)
    return drawn


def make_panels(
    viewed: Viewed, state: ViewState
) -> tuple[SessionPanels, tuple[str, ...]]:
    """Take what is drawn of one recording.

    Parameters
    ----------
    viewed
        The session.
    state
        How, and which region.

    Returns
    -------
    panels : SessionPanels
        Responses masked and without baseline, if the state says so.
    problems : tuple of str
        What could not be done.
    """
    session, region = viewed.session, state.brain_region
    trials = session.trials
    responses: dict[str, FloatArray] = {}
    t, problems = np.array([]), []
    if region in session.responses:
        found = session.responses[region]
        lacking = [str(e) for e in found["event"].to_numpy() if str(e) not in trials]
        if state.mask and lacking:
            problems.append(f"not masked: the trials have no {', '.join(lacking)}")
        # Masked first: what comes after the next event is no baseline of this one.
        for name, is_on, clean in (
            ("masked", state.mask and not lacking, session.mask_subsequent_events),
            ("baseline", state.baseline, session.subtract_baseline),
        ):
            if is_on:
                try:
                    found = clean(found)
                except AnalysisError as error:
                    problems.append(f"not {name}: {error.problem}")
        t = found["time"].to_numpy().astype(np.float64)
        trials = trials.iloc[found["trial"].to_numpy()]
        responses = {
            str(event): values
            for event, values in zip(
                found["event"].to_numpy(), found.to_numpy(), strict=True
            )
        }
    else:
        problems.append(f"no responses of {region or 'any region'} were kept")
    if not state.events:  # ticks are drawn of the events that the trials have
        trials = trials.drop(columns=[*responses], errors="ignore")
    kept = viewed.preprocessed
    panels = SessionPanels(
        bands={name: f[region] for name, f in viewed.bands.items() if region in f},
        preprocessed=kept[region] if region in kept else pd.Series(dtype=np.float64),
        responses=responses,
        t=t,
        trials=trials.reset_index(drop=True),
        f0=viewed.get_baselines(region),
        title=f"{session.subject}  {session.date}  {region}",
    )
    return panels, tuple(problems)


def _arrange(
    trials: pd.DataFrame, state: ViewState
) -> tuple[str, IntArray | None, tuple[str, ...]]:
    # Trials that lack a column are drawn without what needs it.
    by, order, problems = state.by, None, []
    try:
        group_trials(trials, by)
    except AnalysisError as error:
        by = "none"
        problems.append(f"not by {BY_NAMES[state.by]}: {error.problem}")
    if state.sort:
        try:
            order = sort_trials_by_type(trials)
        except AnalysisError as error:
            problems.append(f"not sorted: {error.problem}")
    return by, order, tuple(problems) if len(trials) else ()


def _choose_window(state: ViewState) -> tuple[float, float] | None:
    # With a window, and only then, ticks are drawn.
    if state.window is None and state.events:
        return state.times
    return state.window


def _mend_upper(
    drawn: dict[str, Axes], viewed: Viewed, state: ViewState, panels: SessionPanels
) -> None:
    raw, below = drawn["raw"], drawn["preprocessed"]
    # Of an hour, the baseline would hide a quiet signal: it lets it be seen between.
    for line in raw.lines[len(panels.bands) :]:
        line.set(linewidth=0.8, linestyle=(0, (6, 6)))
    if panels.bands:
        return
    for text in raw.texts:
        text.set_text(_wrap(next(iter(viewed.problems), text.get_text()), 90))
    if len(panels.preprocessed):
        from matplotlib.ticker import AutoLocator

        # Axes that say "no data" have no ticks, and these are shared.
        below.xaxis.set_major_locator(AutoLocator())
        below.set_xlim(state.window or state.times)
        raw.tick_params(bottom=False, labelbottom=False)


def _draw_fit(axes: Axes, viewed: Viewed, region: str) -> None:
    found = viewed.get_regression(region)
    if found is None:
        plot_isosbestic_fit(axes, [], [], title="Reference")
        return
    reference, signal, line = found
    plot_isosbestic_fit(axes, reference, signal, line, title="Reference")


def _tell(
    viewed: Viewed, state: ViewState, said: tuple[str, ...], *, has_responses: bool
) -> list[tuple[str, str]]:
    """Give lines and their colours: session, quality, problems, view, verdict."""
    lines = [*_tell_session(viewed, state), ("", _INK)]
    lines += _tell_quality(viewed, state.brain_region)
    lines += [(f"! {words}", _BAD) for words in dict.fromkeys(said)]
    if has_responses:
        lines += [("", _INK), *_tell_view(state, said)]
    return [*lines, ("", _INK), *_tell_verdict(state)]


def _write_about(axes: Axes, right: Any, lines: list[tuple[str, str]]) -> None:
    axes.set_axis_off()
    width = right.bbox.width / right.dpi * 72 * (1 - _LEFT)
    n_letters = max(int(width / _LETTER), _LEAST_LETTERS)
    y = 0.0
    for words, color in lines:
        text = _wrap(words, n_letters)
        written = axes.annotate(
            text,
            (_LEFT, 1.0),
            xytext=(0.0, -y),
            xycoords=(right.transSubfigure, axes.transAxes),
            textcoords="offset points",
            va="top",
            color=color,
            fontsize=_SMALL,
        )
        # Names may hold a "$"; long words must not make the panels narrower.
        written.set(parse_math=False, in_layout=False)
        y += _STEP * (1 + text.count("\n"))


def _tell_session(viewed: Viewed, state: ViewState) -> list[tuple[str, str]]:
    session, region = viewed.session, state.brain_region
    target = dict(zip(session.brain_region, session.target_NM, strict=False))
    kind = [word for word in (session.session_type, target.get(region, "")) if word]
    n = f"session {state.session + 1} of {state.n_sessions}"
    return [
        (n, _FAINT),
        (session.eid, _FAINT),
        *(("  ".join(kind), _INK) for _ in kind[:1]),
        (f"{len(session.trials)} trials", _INK),
    ]


def _tell_quality(viewed: Viewed, region: str) -> list[tuple[str, str]]:
    table, band = viewed.session.qc, viewed.session.parameters.preprocess.signal_band
    lines: list[tuple[str, str]] = []
    if {"brain_region", "band"} <= {*table}:
        rows = table[(table["brain_region"] == region) & (table["band"] == band)]
        known = [name for name in _METRICS if len(rows) and name in rows]
        values = [_number(rows[name].iloc[0]) for name in known]
        lines += [
            (f"{label_value(name)}: {value}", _INK)
            for name, value in zip(known, values, strict=True)
        ]
    errors = dict.fromkeys(
        str(error.get("error_type", "")) for error in viewed.session.errors
    )
    return lines + [(f"! {name}", _BAD) for name in errors if name]


def _tell_view(state: ViewState, said: tuple[str, ...]) -> list[tuple[str, str]]:
    ways = {
        "baseline subtracted": state.baseline,
        "masked after the next event": state.mask,
        "sorted by type": state.sort,
        f"by {BY_NAMES[state.by]}": True,
    }
    # What could not be done is said above, with the reason.
    failed = tuple(words.partition(":")[0].removeprefix("not ") for words in said)
    return [
        (name if is_on else f"not {name}", _FAINT)
        for name, is_on in ways.items()
        if not name.startswith(failed)
    ]


def _tell_verdict(state: ViewState) -> list[tuple[str, str]]:
    if not state.verdict:
        return [("no verdict yet", _FAINT)]
    color = _GOOD if state.verdict == "accepted" else _BAD
    why = f": {state.reason}" if state.reason else ""
    return [(f"{state.verdict}{why}", color)]


def _number(value: Any) -> str:
    return "unknown" if value is None or pd.isna(value) else f"{value:.3g}"


def _wrap(words: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(words, width)) or words
