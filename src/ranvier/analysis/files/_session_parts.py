"""The parts of a session's file, each with what writes it and what reads it.

The layout is that of the IBL neuromodulators pipeline; what we say beyond it stands in
attributes that its readers don't look at.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import LOG_COLUMNS
from ranvier.analysis.files._h5_values import (
    NONE,
    PACKED,
    PLAIN,
    check_name,
    from_attribute,
    in_order,
    is_nothing,
    read_array,
    read_frame,
    read_words,
    to_attribute,
    write_frame,
    write_numbers,
    write_padded,
    write_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

EVENTS = ("stimOn_times", "firstMovement_times", "feedback_times")
"""Order of the events of a trial, where a file does not say its own."""

METADATA_LISTS = (
    "genotype",
    "projects",
    "users",
    "brain_region",
    "hemisphere",
    "target_NM",
    "datasets",
)
"""Fields that are lists in a session's file, also if there is only one value."""

TRIAL_COLUMNS = (
    *EVENTS,
    "response_times",
    "choice",
    "feedbackType",
    "probabilityLeft",
    "signed_contrast",
    "contrast",
    "stim_side",
)
"""Columns of the trials that are kept."""


@dataclass(frozen=True, eq=False)
class PhotometryPart:
    """Photometry of a session.

    Parameters
    ----------
    preprocessed
        Index `times`, s, regularly sampled; one column a brain region, z.
    responses
        Region → xarray.DataArray with dims (event, trial, time), time in s after the
        event.
    qc
        One row for each (brain_region, band).
    rate_hz
        Samples per second of both.
    response_window
        Window around the events, s; None takes that of the responses.
    """

    preprocessed: pd.DataFrame = field(default_factory=pd.DataFrame)
    responses: Mapping[str, Any] = field(default_factory=dict)
    qc: pd.DataFrame = field(default_factory=pd.DataFrame)
    rate_hz: float = 30.0
    response_window: tuple[float, float] | None = None

    @property
    def regions(self) -> tuple[str, ...]:
        """Every region that something is known of, in order."""
        named = [] if self.qc.empty else list(self.qc["brain_region"])
        every = [*self.preprocessed.columns, *self.responses, *named]
        return tuple(dict.fromkeys(map(str, every)))


@dataclass(frozen=True, eq=False)
class WheelPart:
    """Velocity of the wheel in each trial.

    Parameters
    ----------
    velocity
        Shape (n_trials, n_longest), rad/s, NaN after the end of the trial.
    rate_hz
        Samples per second.
    t0_event, t1_event
        Columns of the trials that the velocity begins and ends at.
    """

    velocity: NDArray[Any]
    rate_hz: float = 100.0
    t0_event: str = "stimOn_times"
    t1_event: str = "feedback_times"


def write_metadata(group: Any, part: Mapping[str, Any]) -> None:
    """Write what is known of a session: lists as datasets, the rest as attributes."""
    for name, value in part.items():
        is_many = isinstance(value, list | tuple | set | np.ndarray)
        if name in METADATA_LISTS or is_many:
            values = list(value) if is_many else [] if is_nothing(value) else [value]
            write_words(group, name, values)
        else:
            group.attrs[name] = to_attribute(value)


def read_metadata(group: Any) -> dict[str, Any]:
    """Read what is known of a session."""
    found = {name: from_attribute(value) for name, value in group.attrs.items()}
    return found | {name: read_words(group[name]) for name in group}


def write_errors(group: Any, part: pd.DataFrame | Sequence[Mapping[str, Any]]) -> None:
    """Write the errors of a session; none make an empty group.

    The stage that each came from, if it is said, stands in an attribute.
    """
    frame = pd.DataFrame(part)
    if frame.empty:
        return
    for name in LOG_COLUMNS:
        values = frame[name] if name in frame else [None] * len(frame)
        write_words(group, name, [NONE if is_nothing(v) else v for v in values])
    if "stage" in frame:
        stages = ["" if is_nothing(stage) else str(stage) for stage in frame["stage"]]
        group.attrs["stage"] = np.array(stages, dtype=object)


def read_errors(group: Any) -> pd.DataFrame:
    """Read the errors of a session, with the stage of each ("" if not known)."""
    columns = (*LOG_COLUMNS, "stage")
    if not len(group):
        return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})
    found: dict[str, Any] = {
        name: [None if word == NONE else word for word in read_words(group[name])]
        for name in LOG_COLUMNS
    }
    stages = [from_attribute(stage) for stage in group.attrs.get("stage", ())]
    n_errors = len(found["eid"])
    found["stage"] = stages if len(stages) == n_errors else [""] * n_errors
    return pd.DataFrame(found, dtype="object")


def write_photometry(group: Any, part: PhotometryPart) -> None:
    """Write the photometry, one group a region."""
    group.attrs["regions"] = np.array(part.regions, dtype=object)
    for region in part.regions:
        check_name(region)
        place = group.create_group(region)
        if region in part.preprocessed:
            signal = place.create_group("preprocessed")
            signal.attrs["fs"] = _to_rate(part.rate_hz)
            times = part.preprocessed.index.to_numpy(np.float64)
            write_numbers(signal, "times", times, PACKED)
            values = part.preprocessed[region].to_numpy(np.float64)
            write_numbers(signal, "signal", values, PLAIN)
        if region in part.responses:
            _write_responses(place.create_group("responses"), part, region)
        if not part.qc.empty:
            rows = part.qc[part.qc["brain_region"] == region]
            write_frame(place.create_group("qc"), rows)


def read_photometry(
    group: Any,
    regions: Sequence[str] | None = None,
    kinds: Sequence[str] = ("preprocessed", "responses", "qc"),
) -> PhotometryPart:
    """Read the photometry of some regions, and only the kinds of data asked for."""
    named = in_order(group, "regions")
    chosen = [name for name in named if regions is None or name in regions]
    found: dict[str, dict[str, Any]] = {
        kind: {name: group[name][kind] for name in chosen if kind in group[name]}
        for kind in kinds
    }
    signals = found.get("preprocessed", {})
    responses = found.get("responses", {})
    rates = [
        place.attrs.get("fs", 30) for place in (*signals.values(), *responses.values())
    ]
    windows = [place.attrs.get("response_window") for place in responses.values()]
    tables = [read_frame(place) for place in found.get("qc", {}).values()]
    return PhotometryPart(
        preprocessed=_read_signals(signals),
        responses={name: _read_responses(place) for name, place in responses.items()},
        qc=pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(),
        rate_hz=float(rates[0]) if rates else 30.0,
        response_window=(
            (float(windows[0][0]), float(windows[0][1]))
            if windows and windows[0] is not None
            else None
        ),
    )


def write_trials(group: Any, part: pd.DataFrame) -> None:
    """Write the trials; the columns of the layout first."""
    known = [name for name in TRIAL_COLUMNS if name in part]
    write_frame(group, part[[*known, *(name for name in part if name not in known)]])


def read_trials(group: Any) -> pd.DataFrame:
    """Read the trials; columns in the order of the layout, unknown ones after."""
    frame = read_frame(group)
    known = [name for name in TRIAL_COLUMNS if name in frame]
    return frame[[*known, *(name for name in frame if name not in known)]]


def write_wheel(group: Any, part: WheelPart) -> None:
    """Write the velocity of the wheel, single precision as the layout has it."""
    place = group.create_group("responses")
    place.attrs["fs"] = _to_rate(part.rate_hz)
    place.attrs["t0_event"] = part.t0_event
    place.attrs["t1_event"] = part.t1_event
    # One trial in which nothing was done makes all others long, by NaN.
    write_padded(place, "velocity", np.asarray(part.velocity, np.float32), PACKED)


def read_wheel(group: Any) -> WheelPart:
    """Read the velocity of the wheel."""
    place = group["responses"]
    return WheelPart(
        place["velocity"][()],
        float(place.attrs.get("fs", 100)),
        str(from_attribute(place.attrs.get("t0_event", "stimOn_times"))),
        str(from_attribute(place.attrs.get("t1_event", "feedback_times"))),
    )


def write_video(group: Any, part: Mapping[str, Any]) -> None:
    """Write measures of the video: arrays as datasets, single values as attributes."""
    for name, value in part.items():
        if np.ndim(value):
            check_name(name)
            write_numbers(group, name, np.asarray(value), PACKED)
        else:
            group.attrs[name] = to_attribute(value)


def read_video(group: Any) -> dict[str, Any]:
    """Read measures of the video; groups within are left out."""
    found = {name: from_attribute(value) for name, value in group.attrs.items()}
    arrays = {name: group[name] for name in group if hasattr(group[name], "shape")}
    return found | {name: read_array(place) for name, place in arrays.items()}


SAVE_HANDLERS: Mapping[str, Callable[[Any, Any], None]] = {
    "metadata": write_metadata,
    "errors": write_errors,
    "photometry": write_photometry,
    "trials": write_trials,
    "wheel": write_wheel,
    "video": write_video,
}
"""What writes each group of a session's file: an HDF5 group, and the part."""

LOAD_HANDLERS: Mapping[str, Callable[..., Any]] = {
    "metadata": read_metadata,
    "errors": read_errors,
    "photometry": read_photometry,
    "trials": read_trials,
    "wheel": read_wheel,
    "video": read_video,
}
"""What reads each group of a session's file: an HDF5 group."""


def _write_responses(group: Any, part: PhotometryPart, region: str) -> None:
    responses = part.responses[region]
    times = np.asarray(responses.coords["time"], np.float64)
    events = [str(event) for event in np.asarray(responses.coords["event"])]
    window = part.response_window
    if window is None and len(times):
        window = (float(times[0]), float(times[-1] + 1.0 / part.rate_hz))
    group.attrs["fs"] = _to_rate(part.rate_hz)
    group.attrs["response_window"] = np.array(window or (0.0, 0.0))
    # HDF5 lists names alphabetically, which is not the order of a trial.
    group.attrs["events"] = np.array(events, dtype=object)
    write_numbers(group, "times", times, {})
    trials = np.asarray(responses.coords["trial"], np.int64)
    write_numbers(group, "trials", trials, {})
    values = np.asarray(responses, np.float64)
    for event, matrix in zip(events, values, strict=True):
        check_name(event)
        write_numbers(group, event, matrix, PLAIN)


def _read_responses(group: Any) -> Any:
    xarray: Any = importlib.import_module("xarray")
    events = in_order(group, "events", EVENTS, ("times", "trials"))
    times, trials = group["times"][()], group["trials"][()]
    values = np.empty((len(events), len(trials), len(times)))
    for matrix, event in zip(values, events, strict=True):
        matrix[...] = group[event][()]
    coords = {"event": events, "trial": trials, "time": times}
    return xarray.DataArray(values, dims=("event", "trial", "time"), coords=coords)


def _read_signals(groups: Mapping[str, Any]) -> pd.DataFrame:
    if not groups:
        return pd.DataFrame()
    series = {
        name: pd.Series(group["signal"][()], index=pd.Index(group["times"][()]))
        for name, group in groups.items()
    }
    frame = pd.DataFrame(series)
    frame.index.name = "times"
    return frame


def _to_rate(rate_hz: float) -> float:
    # The layout says fs=30, not 30.0.
    return int(rate_hz) if float(rate_hz).is_integer() else float(rate_hz)
