"""The extracted photometry of a session in ALF: signal, locations, and raw frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.faults import (
    AmbiguousRegionMapping,
    FileFault,
    TrialsNotInPhotometryTime,
)
from ranvier.analysis.readers._neurophotometrics import find_channels, read_frames
from ranvier.analysis.readers._raw import RawFrames, RawPhotometry
from ranvier.analysis.readers._streams import Origin, finish
from ranvier.analysis.readers._tables import read_numbers, read_table, require_columns
from ranvier.analysis.readers._times import order_times

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.analysis.arrays import FloatArray

__all__ = ["read_alf_photometry"]


def read_alf_photometry(
    path: Path,
    window: tuple[float, float],
    session: str,
    *,
    locations: Path | None = None,
    raw: Path | None = None,
) -> RawPhotometry:
    """Read photometry.signal of a session.

    Parameters
    ----------
    path
        photometry.signal.pqt: a row for each frame, with times, name and color.
    window
        Frames strictly between these times are kept, s.
    session
        Named in faults.
    locations
        photometryROI.locations.pqt; without it, channels keep their names.
    raw
        Raw file that the frames for raw QC are read from; of `path` if None.

    Returns
    -------
    RawPhotometry
        Frame 0 is left out. Bands keep all of their frames.

    Raises
    ------
    FileFault
        If a file can't be read or lacks columns.
    TrialsNotInPhotometryTime
        If no frame lies in the window.
    AmbiguousRegionMapping
        If locations do not name one region for each channel.
    """
    table = read_table(path, session)
    require_columns(table, ["times", "name"], path, session)
    regions = _find_regions(table, path, session, locations)
    times = read_numbers(table, "times", path, session).to_numpy()
    order, notes = order_times(times, "frames", session)
    frames = (
        read_frames(raw, session) if raw else _own_frames(table, times[order], order)
    )
    kept = order[order > 0]
    kept = kept[(times[kept] > window[0]) & (times[kept] < window[1])]
    if not len(kept):
        raise TrialsNotInPhotometryTime(
            "no frame of the photometry lies in the time of the trials.",
            session=session,
            found=f"{np.nanmin(times):.6g} to {np.nanmax(times):.6g} s",
            wanted=f"{window[0]:.6g} to {window[1]:.6g} s",
        )  # fmt: skip
    places, words = _factorize(table, "name")
    places = places[kept]
    values = pd.DataFrame(
        {
            region: read_numbers(table, column, path, session).to_numpy()[kept]
            for column, region in regions.items()
        }
    )
    values.index = pd.Index(times[kept], name="times", dtype="float64")
    bands = {
        words[place]: values[places == place]
        for place in pd.unique(places)
        if words[place] not in {"", "None"}
    }
    if not bands:
        raise FileFault(
            f"no frame of {path.name} names a band.", session=session, found=str(path)
        )
    told = notes + _tell_invalid(table, kept)
    unplaced = set(find_channels([str(name) for name in table.columns])) - set(regions)
    told += tuple(f"channels: {n} has no location, left out." for n in sorted(unplaced))
    if locations is None:
        told += ("channels: no photometryROI.locations; they keep their names.",)
    origin = Origin(path, "alf", "", "a.u.")
    return finish(bands, origin, frames=frames, notes=told)


def _own_frames(table: pd.DataFrame, times: FloatArray, order: np.ndarray) -> RawFrames:
    column = "color" if "color" in table.columns else "name"
    places, words = _factorize(table, column)
    keep = order > 0
    return RawFrames(times[keep], np.array(words, dtype=np.str_)[places[order[keep]]])


def _factorize(table: pd.DataFrame, column: str) -> tuple[np.ndarray, list[str]]:
    # Of hundreds of thousands of frames, few have different words.
    places, words = pd.factorize(table[column].fillna("").astype(str))
    return places, [str(word) for word in words]


def _tell_invalid(table: pd.DataFrame, kept: np.ndarray) -> tuple[str, ...]:
    if "valid" not in table.columns:
        return ()
    n = int((~table["valid"].fillna(False).astype(bool).to_numpy()[kept]).sum())
    return (f"frames: {n} are marked as not valid; they were kept.",) if n else ()


def _find_regions(
    table: pd.DataFrame, path: Path, session: str, locations: Path | None
) -> dict[str, str]:
    channels = find_channels([str(name) for name in table.columns])
    if locations is None:
        if not channels:
            raise FileFault(
                f"{path.name} has no channel.", session=session,
                found=", ".join(map(str, table.columns)),
                wanted="columns Region0G, … or G0, R1, …",
            )  # fmt: skip
        return {name: name for name in channels}
    places = read_table(locations, session).reset_index()
    require_columns(places, ["ROI", "brain_region"], locations, session)
    regions = dict(
        zip(places["ROI"].astype(str), places["brain_region"].astype(str), strict=True)
    )
    doubled = len(set(regions.values())) < len(places)
    absent = [name for name in regions if name not in table.columns]
    if doubled or absent or not places["brain_region"].notna().all():
        raise AmbiguousRegionMapping(
            "the locations do not name one region for each channel.", session=session,
            channel=", ".join(absent),
            found=", ".join(f"{roi}: {name}" for roi, name in regions.items()),
            wanted="a region of its own for each of " + ", ".join(channels),
        )  # fmt: skip
    return regions
