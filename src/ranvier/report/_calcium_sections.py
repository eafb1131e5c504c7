"""The parts of the report that tell of a calcium session: cells, traces, tuning."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import RecordingError
from ranvier.report._calcium_data import (
    average_movie,
    find_rate_hz,
    find_streams,
    find_truth,
    read_shown,
    read_signals,
)
from ranvier.report._cell_figures import (
    draw_cells,
    draw_growth,
    draw_matrix,
    draw_parts,
    draw_traces,
)
from ranvier.report._page import Section, format_number, render_figure_block
from ranvier.report._tuning_figures import (
    draw_choices,
    draw_counts,
    draw_error,
    draw_tuning,
)
from ranvier.sim.comparison import follow_tuning_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ranvier.report._calcium_data import CalciumStreams, Shown, Truth
    from ranvier.report._facts import Facts

_SHOWN_S = 60.0  # of the traces, from the end
_N_TRACES = 10
_N_CURVES = 12


def list_calcium_sections(facts: Facts) -> list[Section]:
    """Give the parts about cells and stimuli.

    Returns
    -------
    list of Section
        None for a recording without cells; a note for one that is damaged.
    """
    try:
        return _list_sections(facts)
    except RecordingError as error:
        words = f"<p>The recording can't be read for this: {escape(str(error))}</p>"
        return [Section("Cells", words)]


def _list_sections(facts: Facts) -> list[Section]:
    streams = find_streams(facts.data_streams())
    if streams.cells is None:
        return []
    cells = streams.cells[-1]
    truth = find_truth(facts, cells)
    best = _rank_cells(streams, int(cells["n"]))
    sections = [
        Section("Cells", _render_cells(streams, truth, best[:_N_TRACES])),
        Section("Activity", _render_activity(facts, streams, best[:_N_TRACES])),
        Section("Connectivity", _render_matrix(streams)),
        Section("Tuning", _render_tuning(streams, truth, best)),
        Section("Stimuli", _render_stimuli(streams)),
        Section("Tuning error", _render_error(streams, truth)),
    ]
    return [section for section in sections if section.body]


def _rank_cells(streams: CalciumStreams, n_cells: int) -> list[int]:
    # The cells that answer most clearly first; without trials, those that vary most.
    worth = np.zeros(n_cells)
    if streams.tuning is not None and len(streams.tuning):
        last = streams.tuning[-1]
        clear = np.asarray(last["mean"]) / np.maximum(last["sem"], 1e-6)
        clear[~np.isfinite(clear) | (np.asarray(last["counts"]) < 3)] = 0.0
        known = clear.max(axis=1) if clear.size else np.zeros(0)
        worth[: known.size] = known[:n_cells]
    elif streams.signal is not None and len(streams.signal):
        first = max(0, len(streams.signal) - 600)
        dff = read_signals(streams.signal, first, ("dff",)).get("dff", np.zeros((1, 0)))
        steps = np.nan_to_num(np.diff(dff, axis=0))
        spread = np.nan_to_num(dff).std(axis=0) / np.maximum(steps.std(axis=0), 1e-9)
        worth[: spread.size] = spread[:n_cells]
    return np.argsort(-worth, kind="stable").tolist()


def _render_cells(
    streams: CalciumStreams, truth: Truth | None, numbered: list[int]
) -> str:
    cells = streams.cells
    if cells is None:
        return ""
    figures: list[str] = []
    n_cells = int(cells[-1]["n"])
    if streams.movie is not None:
        mean = average_movie(streams.movie)
        pairs = [] if truth is None else truth.pairs
        partners = {cell for _, cell in pairs}
        caption = f"Mean of the movie and the outlines of the {n_cells} cells found."
        if truth is not None:
            caption += (
                f" Orange: {len(partners)} of the {len(truth.partner)} cells of the "
                "simulation. Blue: others, active in the movie itself."
            )
        svg = draw_cells(mean, cells[-1], partners, numbered)
        figures.append(render_figure_block(svg, caption))
    counts = np.array([int(each["n"]) for each in cells], np.float64)
    frames = cells.headers["origin_sequence"].astype(np.float64)
    svg = draw_growth(frames, counts)
    caption = (
        "Cells known after each frame. Cells found are kept; a step down would be "
    )
    caption += "a finder that began anew."
    figures.append(render_figure_block(svg, caption))
    return f'<div class="pair">{"".join(figures)}</div>'


def _render_activity(facts: Facts, streams: CalciumStreams, chosen: list[int]) -> str:
    signal = streams.signal
    if signal is None or not len(signal) or not chosen:
        return ""
    rate_hz = find_rate_hz(facts, streams)
    n_frames = round(_SHOWN_S * (rate_hz or 15.0))
    names = ("dff", "denoised", "raw", "neuropil", "trace", "baseline")
    read = read_signals(signal, max(0, len(signal) - n_frames), names)
    scale = 1.0 / rate_hz if rate_hz else 1.0
    label = "time in the movie, s" if rate_hz else "frame"
    shown = _read_shown(streams)
    name, words = streams.stimulus_name, streams.stimulus_label.partition(",")[0]
    t = read["frame"] * scale
    svg = draw_traces(t, read, chosen, _scale_shown(shown, scale), name, label)
    caption = (
        "ΔF/F of the cells that answer most clearly (thin) and, where it is inferred, "
        "the same without noise (thick). Shaded: a stimulus is on; the number is its "
        f"{escape(words)}."
        if shown
        else "ΔF/F of the cells that vary most (thin), and without noise (thick)."
    )
    body = render_figure_block(svg, caption)
    if {"raw", "trace"} <= set(read):
        svg = draw_parts(t, read, chosen[0], _scale_shown(shown, scale), label)
        caption = (
            f"How the signal of cell {chosen[0]} comes about: the fluorescence in its "
            "footprint, the fluctuation of the neuropil around it, the trace without "
            "neuropil and without overlapping cells, and its running baseline."
        )
        body += render_figure_block(svg, caption)
    return body


def _render_matrix(streams: CalciumStreams) -> str:
    if streams.matrix is None:
        return ""
    matrix = np.asarray(streams.matrix[-1], np.float64)
    caption = (
        f"How the {len(matrix)} cells go together at the end of the run: blue with, "
        "orange against each other; cells in an order in which neighbours are alike. "
        "Colours go from -1 to 1."
    )
    return render_figure_block(draw_matrix(matrix), caption)


def _render_tuning(
    streams: CalciumStreams, truth: Truth | None, best: list[int]
) -> str:
    if streams.tuning is None or not len(streams.tuning):
        return ""
    last = streams.tuning[-1]
    pairs: list[tuple[int | None, int]] = [(None, cell) for cell in best]
    if truth is not None:
        true_of = {cell: true for true, cell in truth.pairs}
        pairs = [(true_of[cell], cell) for cell in best if cell in true_of]
    # Cells found after the last trial have no curve yet.
    n_curves = len(last["mean"])
    pairs = [(true, cell) for true, cell in pairs if cell < n_curves]
    if not pairs:
        return ""
    tuning = None if truth is None else truth.tuning
    svg = draw_tuning(last, pairs[:_N_CURVES], tuning, streams.stimulus_label)
    caption = (
        "Mean response and its standard error to each "
        f"{escape(streams.stimulus_label.partition(',')[0])}, after "
        f"{int(np.sum(last['n_trials']))} trials."
    )
    if truth is not None:
        caption += (
            ' <span class="key k1 kdash"></span>hidden tuning of the simulated cell, '
            "in Hz, scaled to the curve."
        )
    return render_figure_block(svg, caption)


def _render_stimuli(streams: CalciumStreams) -> str:
    shown = _read_shown(streams)
    if not shown:
        return ""
    label = streams.stimulus_label
    name = label.partition(",")[0]
    trials = np.array([each.trial for each in shown], np.float64)
    values = np.array([each.value for each in shown], np.float64)
    chosen = render_figure_block(
        draw_choices(trials, values, label), f"The {escape(name)} shown in each trial."
    )
    counts = render_figure_block(
        draw_counts(values, label), f"How often each {escape(name)} was shown."
    )
    return f'<div class="pair">{chosen}{counts}</div>'


def _render_error(streams: CalciumStreams, truth: Truth | None) -> str:
    if truth is None or streams.tuning is None or not truth.pairs:
        return ""
    estimates = {
        "mean responses": streams.tuning,
        "belief of the choice": streams.belief,
    }
    curves = {
        name: follow_tuning_error(list(stream), truth.tuning, truth.partner)
        for name, stream in estimates.items()
        if stream is not None and len(stream)
    }
    if not curves:
        return ""
    ends = ", ".join(
        f"{name} {format_number(float(errors[-1, 1]), 2)}"
        for name, errors in curves.items()
    )
    caption = (
        "Distance of tuning curves from the hidden ones after each trial: root mean "
        "square over directions, in parts of the highest rate of the cell, each curve "
        f"scaled to fit best; mean over the {len(truth.pairs)} cells of the simulation "
        "that were found. Before a cell is found, its curve is zero. At the end: "
        f"{ends}."
    )
    return render_figure_block(draw_error(curves), caption)


def _read_shown(streams: CalciumStreams) -> list[Shown]:
    if streams.shown is None or not streams.stimulus_name:
        return []
    return read_shown(streams.shown, streams.stimulus_name)


def _scale_shown(shown: list[Shown], scale: float) -> NDArray[Any]:
    # Start, stop and value of each stretch, shape (n, 3), in the unit of the x axis.
    rows = [(s.start * scale, max(s.stop, s.start) * scale, s.value) for s in shown]
    return np.array(rows, np.float64).reshape(-1, 3)
