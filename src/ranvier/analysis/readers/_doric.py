"""Recordings of Doric Neuroscience Studio: .doric (HDF5, two layouts) and its csv."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers._mapping import BandMapping, EventMapping, Mapping
from ranvier.analysis.readers._streams import (
    Origin,
    Series,
    StreamFile,
    read_streams,
    refuse_to_guess,
)
from ranvier.analysis.readers._tables import read_numbers, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from ranvier.analysis.readers._raw import RawPhotometry

__all__ = ["guess_doric_bands", "is_doric_csv", "list_doric_streams", "read_doric"]

_TIME_NAMES = ("time", "time(s)")
# The demodulated signal of input AIN of the light of output AOUT, in all spellings:
# LockInAOUT01/AIN01, AIN01xAOUT01-LockIn/Values, AIn-1 - Dem (AOut-1).
_LOCK_IN = (
    re.compile(r"LockInAOUT0?(?P<out>\d+)/AIN0?(?P<in>\d+)$"),
    re.compile(r"AIN0?(?P<in>\d+)xAOUT0?(?P<out>\d+)-LockIn/Values$"),
    re.compile(r"AIn-(?P<in>\d+) - Dem \(AOut-(?P<out>\d+)\)"),
)
_ROI = re.compile(r"(?P<out>CAM\d+_?EXC\d+)/(?P<in>ROI\d+)$")
_DIGITAL = re.compile(r"(DigitalIO/(?!Time)|DI[-/]+O-)")


def read_doric(path: str | Path, mapping: Mapping | None = None) -> RawPhotometry:
    """Read a recording of Doric.

    Parameters
    ----------
    path
        A .doric file (`DataAcquisition/…` or the older `Traces/…`), or a csv export.
    mapping
        Which stream is which band; names as of `list_doric_streams`. If None,
        demodulated signals are bands "AOut1", "AOut2", … with channels "AIn1", …, and
        regions of interest are bands of their excitation: Doric does not store which
        light is the isosbestic one.

    Returns
    -------
    RawPhotometry
        Each stream with the times of its own group.

    Raises
    ------
    FileFault
        If it can't be read or lacks streams.
    AnalysisError
        If no mapping is given and no demodulated signal is found.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        file = _open_csv(path)
        return read_streams(
            file, mapping or guess_doric_bands(file.names, path),
            Origin(path, "doric", "csv"),
        )  # fmt: skip
    with _open(path) as content:
        places = _find_places(content)
        version = "6" if "DataAcquisition" in content else "5"
        file = StreamFile(list(places), lambda name: _read(content, *places[name]))
        chosen = mapping or guess_doric_bands(file.names, path)
        return read_streams(file, chosen, Origin(path, "doric", version))


def list_doric_streams(path: str | Path) -> list[str]:
    """List the streams of a .doric file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    list of str
        "LockInAOUT01/AIN01", "CAM1EXC1/ROI01", "AIn-1 - Dem (AOut-1)"; with what
        stands above in the file where a name alone would not be one stream's.

    Raises
    ------
    FileFault
        If it can't be read.
    """
    with _open(Path(path)) as content:
        return list(_find_places(content))


def _open(path: Path) -> Any:
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise FileFault(
            f"{path.name} can't be read: it is no HDF5, damaged or cut short.",
            session=str(path), found=str(error),
        ) from error  # fmt: skip


def _find_places(content: Any) -> dict[str, tuple[str, str]]:
    """Find path of values and path of times of each stream, by the shortest name."""
    found: list[tuple[str, str]] = []
    for root, look in (("DataAcquisition", _look_new), ("Traces", _look_old)):
        if root in content:
            content[root].visititems(lambda _, item, look=look: look(item, found))
    places: dict[str, tuple[str, str]] = {}
    for values, times in found:
        places[_shorten(values, [v for v, _ in found])] = values, times
    return places


def _look_new(item: Any, found: list[tuple[str, str]]) -> None:
    if not hasattr(item, "keys") or "Time" not in item:
        return
    path = str(item.name)
    found += [
        (f"{path}/{key}", f"{path}/Time")
        for key in item
        if key != "Time" and getattr(item[key], "ndim", 0) == 1
    ]


def _look_old(item: Any, found: list[tuple[str, str]]) -> None:
    if not hasattr(item, "keys"):
        return
    clocks = [key for key in item if key.strip().lower() in _TIME_NAMES]
    if len(clocks) != 1 or not hasattr(item[clocks[0]], "keys"):
        return
    clock = item[clocks[0]]
    times = [f"{clock.name}/{key}" for key in clock]
    found += [
        (f"{item[key].name}/{key}", times[0])
        for key in item
        if key != clocks[0] and len(times) == 1 and key in item[key]
    ]


def _shorten(path: str, paths: Iterable[str]) -> str:
    parts = path.strip("/").split("/")
    if parts[-1] == parts[-2]:  # the older layout says each name twice
        return parts[-1]
    others = [each.strip("/").split("/") for each in paths if each != path]
    for length in range(2, len(parts)):
        if all(each[-length:] != parts[-length:] for each in others):
            return "/".join(parts[-length:])
    return "/".join(parts)


def _read(content: Any, values: str, times: str) -> Series:
    unit = content[values].attrs.get("Unit", "")
    text = unit.decode() if isinstance(unit, bytes) else str(unit)
    read = (np.asarray(content[at][()], dtype=np.float64) for at in (times, values))
    return Series(*read, unit=text)


def guess_doric_bands(names: Iterable[str], path: Path) -> Mapping:
    """Give the mapping that the names of streams tell by themselves.

    Returns
    -------
    Mapping
        Bands by light, channels by input or region of interest; digital lines as
        events.

    Raises
    ------
    AnalysisError
        If no name is that of a demodulated signal, or two are of the same.
    """
    bands: dict[str, dict[str, str]] = {}
    events: dict[str, EventMapping] = {}
    doubled: list[str] = []
    names = list(names)
    for name in names:
        place = _find_channel(name)
        if place is not None:
            band, channel = place
            # A file of several series has each signal once a series.
            doubled += [name] if channel in bands.setdefault(band, {}) else []
            bands[band][channel] = name
        elif _DIGITAL.search(name):
            events[name.rsplit("DigitalIO/")[-1]] = EventMapping(edges=name)
    if not bands or doubled:
        raise refuse_to_guess(path, names, "names as LockInAOUT01/AIN01, each once")
    return Mapping(
        bands={name: BandMapping(channels) for name, channels in bands.items()},
        events=events,
    )


def _find_channel(name: str) -> tuple[str, str] | None:
    hit = next((m for p in _LOCK_IN if (m := p.search(name))), None)
    if hit:
        return f"AOut{hit['out']}", f"AIn{hit['in']}"
    roi = _ROI.search(name)
    return (roi["out"], roi["in"]) if roi else None


def is_doric_csv(columns: list[str]) -> bool:
    """Tell from its columns whether a csv is an export of Doric."""
    has_time = any(name.strip().lower() in _TIME_NAMES for name in columns)
    return has_time and any(p.search(n) for p in _LOCK_IN for n in columns)


def _open_csv(path: Path) -> StreamFile:
    table, clock = _find_clock(path)
    times = read_numbers(table, clock, path).to_numpy()
    columns = [str(name) for name in table.columns]
    return StreamFile(
        [name for name in columns if name != clock and not name.startswith("Unnamed")],
        lambda name: Series(times, read_numbers(table, name, path).to_numpy()),
    )


def _find_clock(path: Path) -> tuple[pd.DataFrame, str]:
    for skip_rows in (0, 1):  # older exports have a line of devices above the header
        table = read_table(path, skip_rows=skip_rows)
        for name in table.columns:
            if str(name).strip().lower() in _TIME_NAMES:
                return table, str(name)
    raise FileFault(
        f"{path.name} has no column of times.", session=str(path),
        wanted='a column "Time(s)" or "time" in the first or second line',
    )  # fmt: skip
