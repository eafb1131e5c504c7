"""Blocks of Tucker-Davis Technologies, through their library (extra `tdt`)."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers._extras import import_extra
from ranvier.analysis.readers._mapping import BandMapping, EventMapping, Mapping
from ranvier.analysis.readers._streams import (
    Origin,
    Series,
    StreamFile,
    read_streams,
    refuse_to_guess,
)

if TYPE_CHECKING:
    from ranvier.analysis.readers._raw import RawPhotometry

__all__ = ["guess_tdt_bands", "read_tdt"]

# Stores of the photometry gizmo: wavelength, then the letter of the site; the library
# puts "_" before a name that begins with a digit: "_465A".
_STORE = re.compile(r"^[_x]*(?P<nm>\d{3})(?P<site>[A-Z])$")
_VIOLET, _BLUE = 440, 520
# What the library warns of and photometry does not have.
_IDLE = re.compile("tnt file|tbk file")


def read_tdt(path: str | Path, mapping: Mapping | None = None) -> RawPhotometry:
    """Read a block of TDT.

    Parameters
    ----------
    path
        Folder of the block.
    mapping
        Which store is which band, "Fi1r:2" for channel 2 of a store with several. If
        None, stores named by wavelength and site, as "_465A" and "_405A", are GCaMP
        and Isosbestic of channel A.

    Returns
    -------
    RawPhotometry
        Times in s since the start of the block. All epoch stores are events at their
        onsets unless the mapping names events.

    Raises
    ------
    FileFault
        If the block can't be read or lacks stores.
    AnalysisError
        If the extra `tdt` is not installed, or a mapping is needed.
    """
    path = Path(path)
    block, starts, notes = _read_block(path)
    streams = _find_streams(block, starts)
    onsets = {
        str(name): Series(times, times)
        for name, store in block.epocs.items()
        for times in [np.atleast_1d(np.asarray(store.onset, dtype=np.float64))]
    }
    chosen = mapping or guess_tdt_bands(list(streams), path)
    if mapping is None:
        events = {name: EventMapping(times=name) for name in onsets}
        chosen = Mapping(bands=chosen.bands, events=events)
    everything = {**onsets, **streams}
    file = StreamFile(list(everything), everything.__getitem__)
    raw = read_streams(file, chosen, Origin(path, "tdt"))
    return replace(raw, notes=raw.notes + notes)


def _read_block(path: Path) -> tuple[Any, dict[str, float], tuple[str, ...]]:
    tdt = import_extra("tdt", "tdt")
    _check_block(path)
    try:
        # The library prints how far it read, whatever `verbose` says.
        with (
            warnings.catch_warnings(record=True) as caught,
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("always")
            header = tdt.read_block(str(path), headers=1)
            block = tdt.read_block(
                str(path), headers=header, evtype=["epocs", "streams"]
            )
    # The library raises Exception itself, and what numpy says of short files.
    except Exception as error:
        raise FileFault(
            f"the block {path.name} can't be read.",
            session=str(path),
            found=str(error),
        ) from error
    # `start_time` of a store is that of the window read: the first time stamp in the
    # header is that of its first sample.
    starts = {
        str(name): float(store.ts[0])
        for name, store in header.stores.items()
        if len(getattr(store, "ts", ()))
    }
    told = dict.fromkeys(str(each.message).strip() for each in caught)
    return block, starts, tuple(n for n in told if not _IDLE.search(n))


def _check_block(path: Path) -> None:
    headers = sorted(path.glob("*.[tT][sS][qQ]")) if path.is_dir() else []
    if not headers:
        raise FileFault(
            f"{path.name} is no block of TDT.", session=str(path),
            wanted="a folder with .tsq and .tev", mend="give the folder of the block",
        )  # fmt: skip
    # Three records of 40 bytes, start, data and end, are the least; the library
    # leaves its files open on what is less.
    size = headers[0].stat().st_size
    if size < 120 or not any(path.glob("*.[tT][eE][vV]")):
        raise FileFault(
            f"the block {path.name} can't be read: it is cut short.",
            session=str(path), found=f"{headers[0].name}, {size} bytes",
            wanted=".tsq of three records or more, and .tev",
        )  # fmt: skip


def _find_streams(block: Any, starts: dict[str, float]) -> dict[str, Series]:
    found: dict[str, Series] = {}
    for name, store in block.streams.items():
        data = np.atleast_2d(np.asarray(store.data, dtype=np.float64))
        # Each store has a rate and a start of its own.
        times = starts.get(str(name), 0.0) + np.arange(data.shape[1]) / float(store.fs)
        if len(data) == 1:
            found[str(name)] = Series(times, data[0])
        else:
            many = {f"{name}:{k}": Series(times, row) for k, row in enumerate(data, 1)}
            found.update(many)
    return found


def guess_tdt_bands(names: list[str], path: Path) -> Mapping:
    """Give the mapping of stores that are named by wavelength and site.

    Returns
    -------
    Mapping

    Raises
    ------
    AnalysisError
        If none is, or two of one site would be the same band.

    Examples
    --------
    >>> guess_tdt_bands(["_405A", "_465A"], Path("block")).bands["GCaMP"].channels
    {'A': '_465A'}
    """
    bands: dict[str, dict[str, str]] = {}
    doubled: list[str] = []
    for name in names:
        hit = _STORE.match(name)
        if hit:
            nm = int(hit["nm"])
            band = "Isosbestic" if nm < _VIOLET else "GCaMP" if nm < _BLUE else "RCaMP"
            channels = bands.setdefault(band, {})
            doubled += [name] if hit["site"] in channels else []
            channels[hit["site"]] = name
    if not bands or doubled:
        raise refuse_to_guess(path, names, 'stores as "_465A", "_405A"')
    return Mapping(bands={n: BandMapping(c) for n, c in bands.items()})
