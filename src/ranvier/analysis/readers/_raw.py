"""What every reader gives: raw photometry with its origin, and where a session lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ranvier.analysis.arrays import FloatArray

__all__ = ["RawFrames", "RawPhotometry", "SessionSource", "Source", "make_events"]


@dataclass(frozen=True)
class Source:
    """The file that raw photometry was read from.

    Parameters
    ----------
    format
        "neurophotometrics", "ppd", "doric", "tdt", "csv", "nwb", "recording", "alf".
    version
        Version of the format, as recognised; "" if it has none.
    path
        File or folder.
    rate_hz
        Samples per second of one band, 1 / median interval; NaN if there are fewer
        than two samples.
    unit
        Unit of the values; "a.u." where the format knows none.
    sha256
        Digest of the file; "" for a folder.
    """

    format: str
    version: str
    path: str
    rate_hz: float
    unit: str
    sha256: str


@dataclass(frozen=True)
class RawFrames:
    """Frames of a camera that the LEDs take turns in, as they came.

    Parameters
    ----------
    times
        Shape (n_frames,), s, on the clock of the camera, which for extracted sessions
        is not that of the bands: only intervals count.
    colors
        LED of each frame, shape (n_frames,), text: "Violet", "Blue", "Green", sums
        as "Violet+Blue", "None" without LED, "" where the state is not known.
    """

    times: FloatArray
    colors: NDArray[np.str_]


def _no_events() -> pd.DataFrame:
    return make_events({})


@dataclass(frozen=True)
class RawPhotometry:
    """Raw photometry, the same for all formats.

    Parameters
    ----------
    bands
        "GCaMP", "Isosbestic", … → frame; its index `times` is in s, its columns are
        channels, later brain regions. Bands have times of their own.
    source
        Where it comes from.
    frames
        Interleaved frames, for raw QC; None where the format has none.
    events
        Columns `name` and `times` (s, on the clock of the bands), sorted by time.
    notes
        What was mended or left out while reading, one sentence each.

    Examples
    --------
    >>> times = pd.Index([0.0, 0.1], name="times")
    >>> raw = RawPhotometry(
    ...     {"GCaMP": pd.DataFrame({"VTA": [1.0, 2.0]}, index=times)},
    ...     Source("csv", "", "m1.csv", 10.0, "V", ""),
    ... )
    >>> raw.channels, len(raw.events)
    (('VTA',), 0)
    """

    bands: dict[str, pd.DataFrame]
    source: Source
    frames: RawFrames | None = None
    events: pd.DataFrame = field(default_factory=_no_events)
    notes: tuple[str, ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """All channels of all bands, each once, in order."""
        found = (str(name) for band in self.bands.values() for name in band.columns)
        return tuple(dict.fromkeys(found))


class SessionSource(Protocol):
    """A place that one session lies in; each fault is typed and names the session."""

    def load_trials(self) -> pd.DataFrame:
        """Give the trials: ALF columns, stim_side, signed_contrast, contrast.

        Raises
        ------
        MissingRawData
            If there is neither a trials table nor raw task data.
        MissingExtractedData
            If only raw task data are there.
        FileFault
            If the table can't be read.
        """
        ...

    def load_photometry(self, pre: float = -5.0, post: float = 5.0) -> RawPhotometry:
        """Give the photometry of the time of the trials.

        Parameters
        ----------
        pre, post
            From `pre` s after the start of the first trial (negative: before it) to
            `post` s after the end of the last.

        Raises
        ------
        MissingRawData
            If there is none.
        MissingExtractedData
            If only raw photometry is there.
        FileFault
            If it can't be read.
        """
        ...

    def load_wheel(self) -> tuple[FloatArray, FloatArray]:
        """Give times (s) and position (rad) of the wheel, shape (n,) each.

        Raises
        ------
        MissingRawData
            If there is none.
        FileFault
            If it can't be read.
        """
        ...

    def list_datasets(self) -> list[str]:
        """Give the files of the session, relative to it, sorted."""
        ...

    def read_metadata(self) -> dict[str, Any]:
        """Give what the place knows of the session: eid, subject, start, …."""
        ...


def make_events(times: dict[str, Any]) -> pd.DataFrame:
    """Make the frame of events of the times of each name.

    Parameters
    ----------
    times
        Name → times, s.

    Returns
    -------
    pandas.DataFrame
        Columns `name` and `times`, sorted by time; of equal times, as given.

    Examples
    --------
    >>> make_events({"cue": [2.0], "reward": [1.0]})["name"].to_list()
    ['reward', 'cue']
    """
    parts = [
        pd.DataFrame({"name": name, "times": pd.Series(each, dtype="float64")})
        for name, each in times.items()
    ]
    empty = pd.DataFrame(
        {"name": pd.Series(dtype=object), "times": pd.Series(dtype="float64")}
    )
    found = pd.concat([p for p in parts if len(p)] or [empty])
    found["name"] = found["name"].astype(object)
    return found.sort_values("times", kind="stable").reset_index(drop=True)
