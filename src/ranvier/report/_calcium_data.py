"""What a calcium session shows, found by what its streams carry, not by their names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ranvier.core import RanvierError
from ranvier.report._facts import read_last
from ranvier.sim.calcium import read_cells
from ranvier.sim.comparison import build_footprints, match_cells
from ranvier.sim.preparation import find_shipped
from ranvier.sim.tuning import TuningTruth, hidden_tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ranvier.recording import Stream
    from ranvier.report._facts import Facts

    Float = NDArray[np.float64]

PREPARATION = "ranvier.sim.preparation:SimulatedPreparation"
_AVERAGED = 200  # frames of the mean image, evenly from all
_BOOKKEEPING = frozenset({"trial", "on", "frame"})


@dataclass(frozen=True)
class CalciumStreams:
    """Which stream carries what; None for what was not recorded.

    Parameters
    ----------
    movie
        Frames of the size of the cells' footprints; of several the last.
    cells
        Footprints in rows.
    signal
        Per frame the `dff` of each cell; of several streams the last, for later nodes
        add to what earlier ones gave.
    shown
        What was shown: `trial`, `on`, `frame`, and the stimulus by name.
    matrix
        How cells go together: images with a row and a column for each.
    tuning
        Curves after each trial: `mean`, `sem`.
    belief
        Curves as the choice believes them: `mean`, `sd`, `worth`.
    """

    movie: Stream | None = None
    cells: Stream | None = None
    signal: Stream | None = None
    shown: Stream | None = None
    matrix: Stream | None = None
    tuning: Stream | None = None
    belief: Stream | None = None

    @property
    def stimulus_label(self) -> str:
        """Name of the stimulus for a person, its unit behind a comma."""
        name = self.stimulus_name
        words = name.removesuffix("_deg").replace("_", " ")
        return f"{words}, °" if name.endswith("_deg") else words

    @property
    def stimulus_name(self) -> str:
        """Name of the stimulus's value, such as direction_deg; "" if there is none."""
        if self.shown is None:
            return ""
        names = [name for name in self.shown[-1] if name not in _BOOKKEEPING]
        return names[0] if names else ""


class Truth(NamedTuple):
    """The hidden truth of a simulated preparation, and which cells found it are.

    Parameters
    ----------
    tuning
        Of the true cells.
    partner
        Number of the cell found for each true one, -1 for none, shape (n_true,).
    """

    tuning: TuningTruth
    partner: NDArray[np.intp]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Number of the true cell and of the one found, for all that were found."""
        found = np.flatnonzero(self.partner >= 0).tolist()
        return [(true, int(self.partner[true])) for true in found]


class Shown(NamedTuple):
    """One stretch of frames in which a stimulus was on."""

    trial: int
    value: float
    start: int
    stop: int


def find_streams(streams: list[Stream]) -> CalciumStreams:
    """Tell by the payloads which stream carries what.

    Parameters
    ----------
    streams
        All that were recorded.

    Returns
    -------
    CalciumStreams
        With None for what is not among them.
    """
    found: dict[str, Stream] = {}
    images: list[Stream] = []
    for stream in streams:
        last = read_last(stream)
        if isinstance(last, np.ndarray) and last.ndim == 2:
            images.append(stream)
        elif isinstance(last, dict):
            role = _find_role(set(last))  # pyright: ignore[reportUnknownArgumentType]
            if role:
                found[role] = stream
    cells = found.get("cells")
    if cells is not None:
        shape, n = tuple(int(size) for size in cells[-1]["shape"]), int(cells[-1]["n"])
        for stream in images:
            rows, columns = stream[-1].shape
            if (rows, columns) == shape:
                found["movie"] = stream
            elif rows == columns and 0 < rows <= n:
                found["matrix"] = stream
    return CalciumStreams(**found)


def _find_role(keys: set[str]) -> str:
    wanted = {
        "cells": {"offsets", "pixels", "weights", "shape"},
        "belief": {"mean", "sd", "worth"},
        "tuning": {"mean", "sem", "n_trials", "trial"},
        "signal": {"dff"},
        "shown": {"trial", "on", "frame"},
    }
    return next((role for role, fields in wanted.items() if fields <= keys), "")


def average_movie(stream: Stream) -> Float:
    """Average a movie over at most 200 of its frames.

    Returns
    -------
    numpy.ndarray
        Shape (height, width), unit of the movie.
    """
    picked = np.unique(np.linspace(0, len(stream) - 1, _AVERAGED).astype(int))
    total = np.zeros(stream[0].shape)
    for index in picked.tolist():
        total += stream[index]
    return total / picked.size


def read_signals(
    stream: Stream, first: int, names: tuple[str, ...]
) -> dict[str, Float]:
    """Read what each frame has for each cell, as matrices.

    Parameters
    ----------
    stream
        Mappings with arrays (n_cells,), where cells may join.
    first
        Place of the first message to be read.
    names
        Fields; those that are missing are left out.

    Returns
    -------
    dict
        `frame` (n_frames,), and by name (n_frames, n_cells), NaN where a cell was not
        there.
    """
    payloads = [stream[index] for index in range(first, len(stream))]
    frames = [each.get("frame", first + n) for n, each in enumerate(payloads)]
    found: dict[str, Float] = {"frame": np.array(frames, np.float64)}
    for name in names:
        rows = [np.asarray(each[name]) for each in payloads if name in each]
        if len(rows) == len(payloads) and rows:
            found[name] = np.full((len(rows), max(row.size for row in rows)), np.nan)
            for row, values in zip(found[name], rows, strict=True):
                row[: values.size] = values
    return found


def read_shown(stream: Stream, name: str) -> list[Shown]:
    """Read what was shown from which frame to which.

    Returns
    -------
    list of Shown
        One for each trial, in order; the last may have no end, then it stops where it
        starts.
    """
    trials: dict[int, Shown] = {}
    for each in stream:
        trial, frame = int(each["trial"]), int(each["frame"])
        if each["on"] and trial not in trials:
            trials[trial] = Shown(trial, float(each.get(name, np.nan)), frame, frame)
        elif not each["on"] and trial in trials:
            trials[trial] = trials[trial]._replace(stop=frame)
    return list(trials.values())


def find_rate_hz(facts: Facts, streams: CalciumStreams) -> float | None:
    """Give the frames per second that the nodes of the signal were told.

    Returns
    -------
    float or None
        None if none of them has a parameter rate_hz.
    """
    for stream in (streams.signal, streams.tuning):
        node = facts.manifest.node(stream.name.partition(".")[0]) if stream else None
        rate = node.parameters.get("rate_hz") if node else None
        if rate:
            return float(rate)
    return None


def find_truth(facts: Facts, cells: dict[str, Any]) -> Truth | None:
    """Find the hidden truth of the run, if its cells were simulated here.

    Parameters
    ----------
    facts
        The manifest tells the parameters of the preparation.
    cells
        Footprints found, in rows.

    Returns
    -------
    Truth or None
        None for a run without a simulated preparation, or whose footprints are gone.
    """
    nodes = [n for n in facts.manifest.nodes if n.spec.reference == PREPARATION]
    if not nodes:
        return None
    parameters = nodes[0].parameters
    seed = parameters.get("seed")
    path = parameters.get("cells")
    try:
        truth = read_cells(Path(path) if path else find_shipped("cells.h5"))
    except RanvierError:
        return None
    found = build_footprints(cells)
    if truth.footprints.shape[1:] != found.shape[1:]:
        return None
    tuning = hidden_tuning(facts.manifest.seed if seed is None else seed, truth.n_cells)
    return Truth(tuning, match_cells(found, truth.footprints))
