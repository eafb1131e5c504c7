"""Ranvier's own recordings as sessions: streams by name, seconds since the start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from ranvier.analysis.faults import FileFault, MissingRawData
from ranvier.analysis.readers._mapping import Mapping, read_mapping
from ranvier.analysis.readers._streams import (
    Origin,
    Series,
    StreamFile,
    read_streams,
    refuse_to_guess,
)
from ranvier.analysis.readers._trials import complete_trials
from ranvier.analysis.readers._window import cut_to_trials, shift_times
from ranvier.core import RecordingError
from ranvier.recording import Recording, open_recording

if TYPE_CHECKING:
    from collections.abc import Mapping as AnyMapping

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.readers._raw import RawPhotometry

__all__ = ["RecordingSource", "read_recording"]

_NS = 1_000_000_000


class RecordingSource:
    """A session that ranvier recorded.

    Parameters
    ----------
    path
        Session folder, or one .mcap file.
    mapping
        Which stream is which band: "photometer.signal", ":2" after it for the second
        of several values, "/green" for an entry of mappings. `trials` names a stream
        of mappings, one a trial, with the columns of ALF. Any form that
        `read_photometry` takes; without it, only metadata and names can be read.
    wheel
        Stream of the wheel's position, rad, or "".
    clock_offset_s
        Added to the times of the photometry, to bring them onto the trials' clock.
    """

    def __init__(
        self,
        path: str | Path,
        mapping: Mapping | AnyMapping[str, Any] | str | Path | None = None,
        *,
        wheel: str = "",
        clock_offset_s: float = 0.0,
    ) -> None:
        self.path = Path(path)
        self._mapping = Mapping() if mapping is None else read_mapping(mapping)
        self._wheel = wheel
        self._clock_offset_s = clock_offset_s

    def load_photometry(self, pre: float = -5.0, post: float = 5.0) -> RawPhotometry:
        """Give the photometry, of the time of the trials if those are mapped.

        Returns
        -------
        RawPhotometry

        Raises
        ------
        FileFault
            If the recording can't be read or lacks streams.
        MissingRawData
            If the stream of trials that the mapping names was not recorded.
        TrialsNotInPhotometryTime
            If the trials lie elsewhere in time.
        """
        raw = read_recording(self.path, self._mapping)
        raw = shift_times(raw, self._clock_offset_s)
        if not self._mapping.trials:
            return raw
        return cut_to_trials(raw, self.load_trials(), pre, post)

    def load_trials(self) -> pd.DataFrame:
        """Give the trials of the stream that the mapping names.

        Returns
        -------
        pandas.DataFrame
            Times in s since the start of the run.

        Raises
        ------
        MissingRawData
            If no such stream was recorded.
        FileFault
            If it lacks columns of the task.
        """
        recording = _open(self.path)
        name = self._mapping.trials
        if name not in recording or not len(recording[name]):
            raise MissingRawData(
                "the recording has no stream of trials.", session=str(self.path),
                found=", ".join(recording), wanted=name or "`trials` in the mapping",
                mend="name the stream of trials in the mapping",
            )  # fmt: skip
        trials = pd.DataFrame([dict(row) for row in recording[name].payloads])
        return complete_trials(trials, self.path, str(self.path))

    def load_wheel(self) -> tuple[FloatArray, FloatArray]:
        """Give times and positions of the wheel.

        Returns
        -------
        tuple of numpy.ndarray

        Raises
        ------
        MissingRawData
            If no such stream was recorded.
        """
        recording = _open(self.path)
        if self._wheel not in _list_streams(recording):
            raise MissingRawData(
                "the recording has no stream of the wheel.", session=str(self.path),
                found=", ".join(recording), wanted=self._wheel or "its name",
            )  # fmt: skip
        series = _read(recording, self._wheel, _find_start(recording))
        return series.times, series.samples

    def list_datasets(self) -> list[str]:
        """Give the names of all streams, sorted."""
        return sorted(_open(self.path))

    def read_metadata(self) -> dict[str, Any]:
        """Give run and start.

        Returns
        -------
        dict
            eid (the run), subject (""), start_time (ISO text).
        """
        recording = _open(self.path)
        start = recording.wall_time(_find_start(recording))
        return {
            "eid": recording.run or self.path.name,
            "subject": "",
            "start_time": start.isoformat(),
        }


def read_recording(path: str | Path, mapping: Mapping) -> RawPhotometry:
    """Read the photometry of one of ranvier's own recordings.

    Parameters
    ----------
    path
        Session folder, or one .mcap file.
    mapping
        As of `RecordingSource`.

    Returns
    -------
    RawPhotometry
        Times in s since the start of the run, each stream's own times of origin.

    Raises
    ------
    FileFault
        If the recording can't be read, lacks streams, or a stream is not of numbers.
    AnalysisError
        If the mapping names no bands.
    """
    path = Path(path)
    recording = _open(path)
    if not mapping.bands:
        raise refuse_to_guess(path, recording, "bands, in a mapping")
    start = _find_start(recording)
    file = StreamFile(
        _list_streams(recording), lambda name: _read(recording, name, start)
    )
    return read_streams(file, mapping, Origin(path, "recording"))


def _open(path: Path) -> Recording:
    try:
        return open_recording(path)
    except (RecordingError, OSError) as error:
        raise FileFault(
            f"{path.name} can't be read as a recording.", session=str(path),
            found=getattr(error, "problem", str(error)),
            mend="give a session folder or .mcap file; see `ranvier verify`",
        ) from error  # fmt: skip


def _find_start(recording: Recording) -> int:
    try:
        return int(recording.manifest.monotonic_ns)
    except RecordingError:  # a file by itself
        firsts = [int(s.times_ns[0]) for s in recording.values() if len(s)]
        return min(firsts, default=0)


def _list_streams(recording: Recording) -> list[str]:
    names: list[str] = []
    for name, stream in recording.items():
        first: Any = stream[0] if len(stream) else None
        names.append(name)
        if isinstance(first, dict):
            names += [f"{name}/{key}" for key in cast("dict[str, Any]", first)]
        elif np.ndim(first) == 1:
            names += [f"{name}:{k + 1}" for k in range(len(first))]
    return names


def _read(recording: Recording, name: str, start: int) -> Series:
    base, _, key = name.partition("/")
    base, _, column = base.partition(":")
    stream = recording[base]
    payloads: Any = stream.field(key)[:] if key else stream[:]
    try:
        values = np.asarray(payloads, dtype=np.float64)
        values = values[:, int(column) - 1] if column else values.reshape(len(stream))
    except (ValueError, TypeError, IndexError) as error:
        raise FileFault(
            f'stream "{name}" does not carry one number a message.',
            session=str(recording), channel=name, found=str(error),
            mend='name a value of it: "node.output:1" or "node.output/key"',
        ) from error  # fmt: skip
    # The difference is taken in whole ns: a clock since boot would lose them as float.
    times = (stream.times_ns - start) / _NS
    return Series(times, values, stream.info.unit)
