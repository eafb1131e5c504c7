"""Raw files of Neurophotometrics FP3002, versions 1 to 5: frames and digital inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers._led_states import LedStates, decode_led_states
from ranvier.analysis.readers._raw import RawFrames, RawPhotometry, make_events
from ranvier.analysis.readers._streams import Origin, finish
from ranvier.analysis.readers._tables import read_numbers, read_table, require_columns
from ranvier.analysis.readers._times import order_times, rising_edges

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray

__all__ = [
    "find_channels",
    "find_digital_inputs",
    "is_neurophotometrics",
    "read_digital_inputs",
    "read_frames",
    "read_neurophotometrics",
]

_INPUTS = "digitalInputs"
# Share of the edges seen with the frames that a file of inputs must explain.
_SEEN = 0.5


class _Version(NamedTuple):
    name: str
    state: str
    time: str
    others: tuple[str, ...] = ()


# Versions 3 and 4 have the columns of one of these; nothing else tells them apart.
_VERSIONS = (
    _Version("5", "LedState", "SystemTimestamp", ("ComputerTimestamp",)),
    _Version("2", "LedState", "Timestamp"),
    _Version("1", "Flags", "Timestamp"),
)


def is_neurophotometrics(columns: list[str]) -> bool:
    """Tell from the columns of a table whether it is of Neurophotometrics."""
    return _find_version(columns) is not None and bool(find_channels(columns))


def find_channels(columns: list[str]) -> list[str]:
    """Find the columns of regions of interest: Region…, else R and G with a number."""
    regions = [name for name in columns if name.startswith("Region")]
    short = [n for n in columns if n[:1] in {"R", "G"} and n[1:].isdigit()]
    return sorted(regions or short)


def read_neurophotometrics(
    path: str | Path, *, digital_inputs: str | Path | None = None
) -> RawPhotometry:
    """Read a raw recording of Neurophotometrics, and its digital inputs.

    Parameters
    ----------
    path
        .csv or parquet, of version 1 to 5, recognised by its columns.
    digital_inputs
        Its file of digital inputs; found beside it if None.

    Returns
    -------
    RawPhotometry
        A band for each LED state. As the first frames are lit by all LEDs and by one
        that is just warming up, frame 0 is dropped, and from each recording of bands
        one frame more. Rising edges of inputs are events "Input0", "Input1".

    Raises
    ------
    FileFault
        If it can't be read, lacks columns, has no channel, or has times or values
        that can't be used.
    """
    path = Path(path)
    table = read_table(path)
    columns = [str(name) for name in table.columns]
    version = _require_version(table, path)
    channels = find_channels(columns)
    if not channels:
        raise FileFault(
            f"{path.name} has no channel.", session=str(path), found=", ".join(columns),
            wanted="columns Region0G, … or G0, R1, …",
        )  # fmt: skip
    times = read_numbers(table, version.time, path).to_numpy()
    states = decode_led_states(_read_states(table, version.state, path))
    values = {name: read_numbers(table, name, path) for name in channels}
    bands, frames, notes = split_bands(pd.DataFrame(values), times, states, str(path))
    beside = Path(digital_inputs) if digital_inputs else find_digital_inputs(path)
    events = _find_edges(table, times, path)
    if beside is not None:
        events = _merge_inputs(read_digital_inputs(beside), events, frames)
    origin = Origin(path, "neurophotometrics", version.name, "a.u.")
    return finish(bands, origin, events=events, frames=frames, notes=notes)


def _find_version(columns: list[str]) -> _Version | None:
    have = set(columns)
    fitting = (v for v in _VERSIONS if {v.state, v.time, *v.others} <= have)
    return next(fitting, None)


def _require_version(table: pd.DataFrame, path: Path, session: str = "") -> _Version:
    columns = [str(name) for name in table.columns]
    version = _find_version(columns)
    if version is None:
        known = (f"{v.state}, {', '.join([v.time, *v.others])}" for v in _VERSIONS)
        raise FileFault(
            f"{path.name} is of no version of Neurophotometrics that is known.",
            session=session or str(path), found=", ".join(columns),
            wanted=" or ".join(known),
            mend="map the columns of the file with a mapping",
        )  # fmt: skip
    return version


def _read_states(table: pd.DataFrame, column: str, path: Path) -> np.ndarray:
    numbers = read_numbers(table, column, path).fillna(-1).to_numpy()
    return np.where(numbers == np.floor(numbers), numbers, -1).astype(np.int64)


def split_bands(
    values: pd.DataFrame, times: FloatArray, states: LedStates, session: str
) -> tuple[dict[str, pd.DataFrame], RawFrames, tuple[str, ...]]:
    """Split interleaved frames by LED.

    Parameters
    ----------
    values
        A row for each frame, a column for each channel.
    times
        Shape (n_frames,), s.
    states
        LED of each frame.
    session
        Named in faults.

    Returns
    -------
    tuple
        Bands, the frames from the second on, and notes.

    Raises
    ------
    FileFault
        If no frame was lit by an LED that is known, or the times can't be used.
    """
    order, notes = order_times(times, "frames", session)
    order = order[order > 0]
    frames = RawFrames(times[order], states.colors[order])
    kept = order[1:]
    names = states.names[kept]
    told = list(notes)
    if states.n_unknown:
        told.append(f"frames: {states.n_unknown} of a LED state that is not known.")
    bands: dict[str, pd.DataFrame] = {}
    for name in dict.fromkeys(names.tolist()):
        if name not in {"", "None"}:
            rows = kept[names == name]
            index = pd.Index(times[rows], name="times", dtype="float64")
            bands[name] = values.iloc[rows].set_index(index)
    if not bands:
        raise FileFault(
            "no frame was lit by an LED that is known.", session=session,
            found=f"{len(times)} frames", wanted="LED states of 415, 470 or 560 nm",
            mend="look at the column of LED states; it may be of another device",
        )  # fmt: skip
    return bands, frames, tuple(told)


def read_frames(path: Path, session: str = "") -> RawFrames:
    """Read only times and LEDs of the frames of a raw file, for raw QC.

    Returns
    -------
    RawFrames
        From the second frame on, on the clock of the camera.

    Raises
    ------
    FileFault
        If it can't be read or is of no version that is known.
    """
    table = read_table(path, session)
    version = _require_version(table, path, session)
    times = read_numbers(table, version.time, path, session).to_numpy()
    states = decode_led_states(_read_states(table, version.state, path))
    order, _ = order_times(times, "frames", session)
    order = order[order > 0]
    return RawFrames(times[order], states.colors[order])


def find_digital_inputs(path: Path) -> Path | None:
    """Find the file of digital inputs beside a raw file, named as the IBL does.

    Returns
    -------
    pathlib.Path or None
        "x.digitalInputs.pqt" beside "x.raw.pqt"; never that of another recording.
    """
    found = sorted(path.parent.glob(f"{path.name.split('.')[0]}.{_INPUTS}*"))
    return next((f for f in found if f.suffix in {".pqt", ".parquet", ".csv"}), None)


def read_digital_inputs(path: str | Path) -> pd.DataFrame:
    """Read the digital inputs of Neurophotometrics.

    Parameters
    ----------
    path
        .csv or parquet of version 1 (Timestamp, Value), 2 (Timestamp, Value.Seconds,
        Value.Value) or 5 (ChannelName, SystemTimestamp, …).

    Returns
    -------
    pandas.DataFrame
        `name` and `times` (s, on the clock of the frames) of each edge that goes up.
        Version 5 names the channel; older files know one without a name: "Input".

    Raises
    ------
    FileFault
        If it can't be read or lacks columns.
    """
    path = Path(path)
    table = read_table(path)
    if "SystemTimestamp" in table.columns:
        names = table.get("ChannelName", table.get("Channel"))
        times = read_numbers(table, "SystemTimestamp", path)
        if names is None:
            require_columns(table, ["ChannelName"], path)
        return _edges(pd.Series(names).astype(str), times)
    value = "Value.Value" if "Value.Value" in table.columns else "Value"
    require_columns(table, ["Timestamp", value], path)
    # In the version 2 file of ibl-photometry, edges of `Value.Seconds` come 0 to 14 ms
    # before the frame that shows them, those of `Timestamp` 33 to 50 ms: the former is
    # on the clock of the frames (measured 2026-11-20, 302 edges).
    column = "Value.Seconds" if "Value.Seconds" in table.columns else "Timestamp"
    up = table[value].astype(str).str.lower().isin(["true", "1", "1.0"])
    times = read_numbers(table, column, path)[up]
    return _edges(pd.Series("Input", index=times.index), times)


def _edges(names: pd.Series, times: pd.Series) -> pd.DataFrame:
    return make_events(
        {str(name): times[(names == name) & times.notna()] for name in names.unique()}
    )


def _find_edges(table: pd.DataFrame, times: FloatArray, path: Path) -> pd.DataFrame:
    # Sampled with the frames: an edge is late by up to one frame.
    found = {
        name: times[rising_edges(read_numbers(table, name, path).to_numpy())]
        for name in ("Input0", "Input1")
        if name in table.columns
    }
    return make_events(found)


def _merge_inputs(
    own: pd.DataFrame, sampled: pd.DataFrame, frames: RawFrames
) -> pd.DataFrame:
    """Name the input of a file that doesn't, by the edges seen with the frames."""
    named = {str(n): each["times"] for n, each in own.groupby("name", sort=True)}
    seen = {str(n): each["times"] for n, each in sampled.groupby("name", sort=True)}
    nameless = named.pop("Input", None)
    if nameless is not None:
        frame = float(np.median(np.diff(frames.times))) if len(frames.times) > 1 else 0
        share = {n: _share_seen(nameless, each, frame) for n, each in seen.items()}
        best = max(share, key=share.__getitem__, default="")
        named[best if share.get(best, 0) > _SEEN else "Input"] = nameless
    return make_events({**seen, **named})


def _share_seen(exact: pd.Series, sampled: pd.Series, frame: float) -> float:
    # A frame shows an edge of up to one frame before; half a frame for jitter.
    times = np.sort(exact.to_numpy(dtype=np.float64))
    late = sampled.to_numpy(dtype=np.float64)
    before = np.searchsorted(times, late, side="right") - 1
    fits = (before >= 0) & (late - times[np.maximum(before, 0)] <= 1.5 * frame)
    return float(fits.mean()) if len(late) else 0.0
