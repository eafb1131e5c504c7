"""Photometry in NWB: series of ndx-fiber-photometry, and any other time series."""

from __future__ import annotations

import contextlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.faults import FileFault, MissingRawData
from ranvier.analysis.readers._extras import import_extra
from ranvier.analysis.readers._mapping import BandMapping, Mapping
from ranvier.analysis.readers._streams import (
    Origin,
    Series,
    StreamFile,
    read_streams,
    refuse_to_guess,
)
from ranvier.analysis.readers._trials import complete_trials
from ranvier.analysis.readers._window import cut_to_trials, shift_times

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import pandas as pd

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.readers._raw import RawPhotometry

__all__ = ["NwbSource", "read_nwb"]

# Excitation, nm: below is isosbestic for GCaMP-like indicators, then green, then red.
_VIOLET, _BLUE = 440.0, 520.0
_TRIAL_NAMES = {"start_time": "intervals_0", "stop_time": "intervals_1"}


class NwbSource:
    """A session in one NWB file.

    Parameters
    ----------
    path
        The file.
    mapping
        Which series is which band, "series" or "series:2" for its second column; told
        by the wavelengths and locations of ndx-fiber-photometry if None.
    clock_offset_s
        Added to the times of the photometry, to bring them onto the trials' clock.
    """

    def __init__(
        self,
        path: str | Path,
        mapping: Mapping | None = None,
        *,
        clock_offset_s: float = 0.0,
    ) -> None:
        self.path = Path(path)
        self._mapping = mapping
        self._clock_offset_s = clock_offset_s

    def load_photometry(self, pre: float = -5.0, post: float = 5.0) -> RawPhotometry:
        """Give the photometry, of the time of the trials where there are any.

        Returns
        -------
        RawPhotometry

        Raises
        ------
        FileFault
            If the file can't be read, or lacks series of the mapping.
        TrialsNotInPhotometryTime
            If the trials lie elsewhere in time.
        AnalysisError
            If the extra `nwb` is missing, or no series tells which band it is.
        """
        raw = shift_times(read_nwb(self.path, self._mapping), self._clock_offset_s)
        try:
            trials = self.load_trials()
        except MissingRawData:
            return raw
        return cut_to_trials(raw, trials, pre, post)

    def load_trials(self) -> pd.DataFrame:
        """Give the table of trials; start_time and stop_time become intervals.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingRawData
            If the file has no trials.
        FileFault
            If they lack columns of the task.
        """
        with _open(self.path) as content:
            if content.trials is None:
                raise MissingRawData("the file has no trials.", session=str(self.path))
            trials = content.trials.to_dataframe().rename(columns=_TRIAL_NAMES)
        return complete_trials(trials, self.path, str(self.path))

    def load_wheel(self) -> tuple[FloatArray, FloatArray]:
        """Give times and positions of a series whose name has "wheel" in it, in rad.

        Returns
        -------
        tuple of numpy.ndarray

        Raises
        ------
        MissingRawData
            If there is none in rad.
        """
        with _open(self.path) as content:
            for name, item in _find_series(content).items():
                is_angle = str(item.unit).lower() in {"rad", "radian", "radians"}
                if "wheel" in name.lower() and is_angle and np.ndim(item.data) == 1:
                    return _read_times(item), np.asarray(item.data[:], np.float64)
        raise MissingRawData(
            "the file has no series of the wheel in rad.", session=str(self.path)
        )

    def list_datasets(self) -> list[str]:
        """Give the names of all series, sorted."""
        with _open(self.path) as content:
            return sorted(_find_series(content))

    def read_metadata(self) -> dict[str, Any]:
        """Give identifier, subject, start and laboratory.

        Returns
        -------
        dict
            eid, subject, lab, start_time (ISO text), genotype, strain, users.
        """
        with _open(self.path) as content:
            animal = content.subject
            return {
                "eid": str(content.identifier),
                "subject": str(getattr(animal, "subject_id", None) or ""),
                "lab": str(content.lab or ""),
                "start_time": content.session_start_time.isoformat(),
                "genotype": str(getattr(animal, "genotype", None) or ""),
                "strain": str(getattr(animal, "strain", None) or ""),
                "users": [str(name) for name in content.experimenter or ()],
            }


def read_nwb(path: str | Path, mapping: Mapping | None = None) -> RawPhotometry:
    """Read the photometry of an NWB file.

    Parameters
    ----------
    path
        The file.
    mapping
        As of `NwbSource`.

    Returns
    -------
    RawPhotometry
        Each series with its own times.

    Raises
    ------
    FileFault
        If the file can't be read, or lacks series of the mapping.
    AnalysisError
        If the extra `nwb` is missing, or no series tells which band it is.
    """
    path = Path(path)
    with _open(path) as content:
        series = _find_series(content)
        file = StreamFile(
            list(_list_columns(series)), lambda name: _read_column(series, name)
        )
        chosen = mapping or _guess_bands(series, path)
        return read_streams(file, chosen, Origin(path, "nwb", str(content.nwb_version)))


@contextlib.contextmanager
def _open(path: Path) -> Generator[Any]:
    pynwb = import_extra("pynwb", "nwb")
    import_extra("ndx_fiber_photometry", "nwb")
    if not path.is_file():
        raise FileFault("the file is not there.", session=str(path))
    with contextlib.ExitStack() as stack:
        # Of cached namespaces of another version, which reading gets by with.
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        try:
            io = stack.enter_context(pynwb.NWBHDF5IO(str(path), "r"))
            content: Any = io.read()
            content.nwb_version = ".".join(map(str, io.nwb_version[1] or ()))
        except Exception as error:
            raise FileFault(
                f"{path.name} can't be read as NWB.", session=str(path),
                found=" ".join(str(error).split())[:300],
            ) from error  # fmt: skip
        yield content


def _find_series(content: Any) -> dict[str, Any]:
    from pynwb import TimeSeries

    found: dict[str, Any] = {}
    for item in content.objects.values():
        if isinstance(item, TimeSeries) and np.ndim(item.data) in {1, 2}:
            name = str(item.name)
            # Two of one name lie in containers of different names.
            parent: Any = item.parent
            found[name if name not in found else f"{parent.name}/{name}"] = item
    return found


def _list_columns(series: dict[str, Any]) -> Iterator[str]:
    for name, item in series.items():
        if np.ndim(item.data) == 1:
            yield name
        else:
            yield from (f"{name}:{k + 1}" for k in range(item.data.shape[1]))


def _read_times(item: Any) -> FloatArray:
    if item.timestamps is not None:
        return np.asarray(item.timestamps[:], dtype=np.float64)
    return float(item.starting_time) + np.arange(item.data.shape[0]) / float(item.rate)


def _read_column(series: dict[str, Any], name: str) -> Series:
    base, _, column = name.rpartition(":")
    item = series[name] if name in series else series[base]
    data = item.data[:] if name in series else item.data[:, int(column) - 1]
    scale = float(item.conversion or 1), float(item.offset or 0)
    values = np.asarray(data, dtype=np.float64) * scale[0] + scale[1]
    return Series(_read_times(item), values, str(item.unit))


def _guess_bands(series: dict[str, Any], path: Path) -> Mapping:
    bands: dict[str, dict[str, str]] = {}
    doubled: list[str] = []
    for name, item in series.items():
        region: Any = getattr(item, "fiber_photometry_table_region", None)
        if region is None:
            continue
        for k in range(len(region.data)):
            row = region.table[int(region.data[k])].iloc[0]
            stream = name if np.ndim(item.data) == 1 else f"{name}:{k + 1}"
            band = _name_band(row)
            location = str(row.get("location") or f"fiber{k:02d}")
            channels = bands.setdefault(band, {})
            doubled += [stream] if location in channels else []
            channels[location] = stream
    if not bands or doubled:
        raise refuse_to_guess(
            path,
            series,
            "series of ndx-fiber-photometry",
        )
    return Mapping(bands={n: BandMapping(c) for n, c in bands.items()})


def _name_band(row: Any) -> str:
    model = getattr(row.get("excitation_source"), "model", None)
    limits = getattr(model, "wavelength_range_in_nm", None)
    nm = row.get("excitation_wavelength_in_nm")
    if nm is None and limits is not None:
        nm = float(np.mean(limits[:]))
    if nm is None or not np.isfinite(nm):
        return str(getattr(row.get("indicator"), "label", None) or "signal")
    return "Isosbestic" if nm < _VIOLET else "GCaMP" if nm < _BLUE else "RCaMP"
