"""Bands made of streams by name: each stream keeps its own times, or it is a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers._raw import (
    RawFrames,
    RawPhotometry,
    Source,
    make_events,
)
from ranvier.analysis.readers._tables import compute_sha256
from ranvier.analysis.readers._times import measure_rate, rising_edges, tidy_band
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.readers._mapping import Mapping

# Bands of one recording are about as long as each other; ms taken for s are 1000 times.
_LONGER = 100

__all__ = [
    "Origin",
    "Series",
    "StreamFile",
    "find_pulses",
    "finish",
    "join_channels",
    "read_streams",
    "refuse_to_guess",
]


class Series(NamedTuple):
    """A stream: samples, each with its time.

    Parameters
    ----------
    times
        Shape (n,), s.
    samples
        Shape (n,).
    unit
        Of the samples; "" if not known.
    """

    times: FloatArray
    samples: FloatArray
    unit: str = ""


class StreamFile(NamedTuple):
    """A file of named streams, of which only those that are asked for are read.

    Parameters
    ----------
    names
        All of them.
    read
        Reads one by its name.
    """

    names: Sequence[str]
    read: Callable[[str], Series]


class Origin(NamedTuple):
    """What is known of a file before its samples.

    Parameters
    ----------
    path
        File or folder.
    format, version
        As of `Source`.
    unit
        Of the values.
    """

    path: Path
    format: str
    version: str = ""
    unit: str = ""


def read_streams(file: StreamFile, mapping: Mapping, origin: Origin) -> RawPhotometry:
    """Read the streams that a mapping names.

    Parameters
    ----------
    file
        The streams.
    mapping
        Which of them is which band, channel and event.
    origin
        The file that they are of.

    Returns
    -------
    RawPhotometry

    Raises
    ------
    FileFault
        If streams are missing (all are named at once), have more or fewer times than
        values, or if channels of one band have different times.
    """
    wanted = [n for b in mapping.bands.values() for n in b.channels.values()]
    wanted += [e.edges or e.times for e in mapping.events.values()]
    missing = [name for name in dict.fromkeys(wanted) if name not in file.names]
    if missing:
        raise FileFault(
            f"{origin.path.name} has no stream {', '.join(missing)}.",
            session=str(origin.path), found=", ".join(file.names),
            wanted=", ".join(missing), mend="name streams of this file in the mapping",
        )  # fmt: skip
    bands: dict[str, pd.DataFrame] = {}
    units: list[str] = []
    for name, band in mapping.bands.items():
        read = {channel: file.read(at) for channel, at in band.channels.items()}
        units += [series.unit for series in read.values() if series.unit]
        bands[name] = join_channels(name, read, str(origin.path))
    events = {
        name: _find_times(file.read(event.edges or event.times), bool(event.edges))
        for name, event in mapping.events.items()
    }
    unit = mapping.unit or origin.unit or (_one_unit(units, origin) if units else "")
    return finish(bands, origin._replace(unit=unit), events=make_events(events))


def _find_times(series: Series, is_line: bool) -> FloatArray:
    if not is_line:
        return series.samples[np.isfinite(series.samples)]
    return find_pulses(series.times, series.samples)


def find_pulses(times: FloatArray, samples: FloatArray) -> FloatArray:
    """Give the times at which a line rises, stored as 0 and 1 or in V."""
    high = float(np.nanmax(samples, initial=0))
    low = float(np.nanmin(samples, initial=0))
    return times[rising_edges(samples, (high + low) / 2)] if high > low else times[:0]


def _one_unit(units: list[str], origin: Origin) -> str:
    different = sorted(set(units))
    if len(different) > 1:
        raise FileFault(
            f"the streams of {origin.path.name} are in different units.",
            session=str(origin.path), found=", ".join(different), wanted="one unit",
            mend="map streams of one unit, or give `unit` in the mapping",
        )  # fmt: skip
    return different[0]


def refuse_to_guess(path: Path, names: Iterable[str], wanted: str) -> AnalysisError:
    """Make the error of a file whose streams do not tell by name what they are.

    Parameters
    ----------
    path
        The file.
    names
        Of its streams.
    wanted
        Names that would tell it.

    Returns
    -------
    AnalysisError
    """
    return AnalysisError(
        f"the streams of {path.name} do not tell by name which band each is.",
        code="RV-A75",
        where=str(path),
        found=", ".join(names) or "no stream",
        wanted=wanted,
        mend="give a mapping with the bands of these streams",
    )


def join_channels(name: str, series: dict[str, Series], session: str) -> pd.DataFrame:
    """Make a band of channels that were sampled together.

    Parameters
    ----------
    name
        The band.
    series
        Channel → stream.
    session
        Session or file, named in faults.

    Returns
    -------
    pandas.DataFrame
        Index `times`, s; a column for each channel.

    Raises
    ------
    FileFault
        If a stream has no sample, more or fewer times than values, or times other
        than those of the first. A band has one index: the times of one stream must
        never pass for those of another.

    Examples
    --------
    >>> one = Series(np.array([0.0, 0.1]), np.array([1.0, 2.0]))
    >>> join_channels("GCaMP", {"VTA": one}, "m1").index.name
    'times'
    """
    lead = next(iter(series))
    times = series[lead].times
    for channel, each in series.items():
        if len(each.times) != len(each.samples) or not len(each.samples):
            raise FileFault(
                f"channel {channel} of {name} has not one time for each value.",
                session=session, channel=channel,
                found=f"{len(each.times)} times, {len(each.samples)} values",
                wanted="as many of both, at least one",
            )  # fmt: skip
        if not np.array_equal(times, each.times, equal_nan=True):
            raise FileFault(
                f"channels of {name} were not sampled at the same times.",
                session=session, channel=channel,
                found=f"{lead}: {_describe(times)}; {channel}: "
                + _describe(each.times),
                wanted="one index of times for a band",
                mend="put each into a band of its own; they are aligned afterwards",
            )  # fmt: skip
    values = {c: np.asarray(e.samples, np.float64) for c, e in series.items()}
    return pd.DataFrame(values, index=pd.Index(times, name="times", dtype="float64"))


def _describe(times: FloatArray) -> str:
    return f"{len(times)} samples, {times[0]:.6g} to {times[-1]:.6g} s"


def finish(
    bands: dict[str, pd.DataFrame],
    origin: Origin,
    *,
    events: pd.DataFrame | None = None,
    frames: RawFrames | None = None,
    notes: tuple[str, ...] = (),
) -> RawPhotometry:
    """Tidy the times of all bands, and say where they come from.

    Parameters
    ----------
    bands
        As of `RawPhotometry`.
    origin
        The file.
    events, frames, notes
        As of `RawPhotometry`.

    Returns
    -------
    RawPhotometry

    Raises
    ------
    FileFault
        If there is no band, a band has no usable time or value, or bands do not
        overlap in time.
    """
    session = str(origin.path)
    if not bands:
        raise FileFault(f"{origin.path.name} holds no band.", session=session)
    tidy: dict[str, pd.DataFrame] = {}
    told = list(notes)
    for name, band in bands.items():
        tidy[name], words = tidy_band(band, name, session)
        told += words
    _check_overlap(tidy, session)
    first = next(iter(tidy.values()))
    rate_hz = measure_rate(first.index.to_numpy(dtype=np.float64))
    source = Source(
        origin.format, origin.version, session, rate_hz,
        origin.unit or "a.u.", compute_sha256(origin.path),
    )  # fmt: skip
    return RawPhotometry(
        tidy, source, frames, make_events({}) if events is None else events, tuple(told)
    )


def _check_overlap(bands: dict[str, pd.DataFrame], session: str) -> None:
    # Times in ms beside times in s, or clocks of two devices, would pass unseen.
    spans = {
        name: (float(band.index[0]), float(band.index[-1]))
        for name, band in bands.items()
        if len(band) > 1
    }
    names = list(spans)
    for name in names[1:]:
        one, other = spans[names[0]], spans[name]
        lengths = sorted([one[1] - one[0], other[1] - other[0]])
        is_apart = max(one[0], other[0]) > min(one[1], other[1])
        if is_apart or lengths[1] > _LONGER * lengths[0] > 0:
            raise FileFault(
                f"{names[0]} and {name} are not on one clock.", session=session,
                channel=name,
                found=f"{one[0]:.6g} to {one[1]:.6g} and {other[0]:.6g} to "
                f"{other[1]:.6g}",
                wanted="times of one clock, in s",
                mend="give the unit and the column of the times of each band",
            )  # fmt: skip
