"""Places that a session lies in: single files, or whatever a path or row names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.faults import FileFault, MissingRawData
from ranvier.analysis.readers._alf import AlfSource
from ranvier.analysis.readers._detect import detect_format, read_photometry
from ranvier.analysis.readers._mapping import Mapping, read_mapping
from ranvier.analysis.readers._nwb import NwbSource
from ranvier.analysis.readers._recording import RecordingSource
from ranvier.analysis.readers._tables import read_numbers, read_table, require_columns
from ranvier.analysis.readers._trials import take_trials
from ranvier.analysis.readers._window import cut_to_trials, shift_times

if TYPE_CHECKING:
    from collections.abc import Mapping as AnyMapping

    import pandas as pd

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.readers._raw import RawPhotometry, SessionSource

__all__ = ["FilesSource", "open_session"]


@dataclass(frozen=True)
class FilesSource:
    """A session in single files.

    Parameters
    ----------
    path
        Of the photometry, any format.
    format
        As of `read_photometry`.
    mapping
        As of `read_photometry`.
    trials
        Table of trials, text or parquet: with ALF columns, or of another task with
        columns of events that end in "_times"; None if there is none.
    wheel
        Table with columns `times` (s) and `position` (rad); None if there is none.
    clock_offset_s
        Added to the times of the photometry, to bring them onto the trials' clock.
    metadata
        What is known of the session: eid, subject, start_time, ….
    """

    path: Path
    format: str = "auto"
    mapping: Mapping | AnyMapping[str, Any] | str | Path | None = None
    trials: Path | None = None
    wheel: Path | None = None
    clock_offset_s: float = 0.0
    metadata: AnyMapping[str, Any] | None = None

    def load_trials(self) -> pd.DataFrame:
        """Give the trials.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingRawData
            If no file of trials is named.
        FileFault
            If it can't be read or lacks columns.
        """
        if self.trials is None:
            raise MissingRawData(
                "the session names no file of trials.", session=str(self.path),
                mend="give the session's `trials`",
            )  # fmt: skip
        table = read_table(self.trials, str(self.path))
        return take_trials(table, self.trials, str(self.path))

    def load_photometry(self, pre: float = -5.0, post: float = 5.0) -> RawPhotometry:
        """Give the photometry, of the time of the trials where there are any.

        Returns
        -------
        RawPhotometry

        Raises
        ------
        DataFault
            If it can't be read, or the trials lie elsewhere in time.
        """
        raw = read_photometry(self.path, self.format, self.mapping)
        raw = shift_times(raw, self.clock_offset_s)
        if self.trials is None:
            return raw
        return cut_to_trials(raw, self.load_trials(), pre, post)

    def load_wheel(self) -> tuple[FloatArray, FloatArray]:
        """Give times and positions of the wheel.

        Returns
        -------
        tuple of numpy.ndarray

        Raises
        ------
        MissingRawData
            If no file of the wheel is named.
        FileFault
            If it can't be read or lacks columns.
        """
        if self.wheel is None:
            raise MissingRawData(
                "the session names no file of the wheel.", session=str(self.path),
                mend="give the session's `wheel`",
            )  # fmt: skip
        table = read_table(self.wheel, str(self.path))
        require_columns(table, ["times", "position"], self.wheel, str(self.path))
        t, y = (
            read_numbers(table, name, self.wheel, str(self.path)).to_numpy()
            for name in ("times", "position")
        )
        return t, y

    def list_datasets(self) -> list[str]:
        """Give the names of its files, sorted."""
        files = (self.path, self.trials, self.wheel)
        return sorted(each.name for each in files if each is not None)

    def read_metadata(self) -> dict[str, Any]:
        """Give what was given as metadata."""
        return {**(self.metadata or {}), "datasets": self.list_datasets()}


def open_session(
    given: str | Path | AnyMapping[str, Any] | pd.Series,
    mapping: Mapping | AnyMapping[str, Any] | str | Path | None = None,
) -> SessionSource:
    """Open the place that a session lies in.

    Parameters
    ----------
    given
        A session folder of ALF, a recording, an .nwb file, any file of photometry; or
        a row with `path`, and as needed `format`, `mapping`, `trials`, `wheel`,
        `clock_offset_s` and metadata.
    mapping
        As of `read_photometry`.

    Returns
    -------
    SessionSource

    Raises
    ------
    FileFault
        If the row names no path, or nothing is there.
    AnalysisError
        If the format can't be told.
    """
    if isinstance(given, (str, Path)):
        return _open_path(Path(given), {}, mapping)
    row: dict[str, Any] = {
        str(key): value for key, value in given.items() if not _is_missing(value)
    }
    if "path" not in row:
        raise FileFault(
            "the row of the session names no path.", session=str(row.get("eid", "")),
            found=", ".join(row), wanted="path",
            mend="add the column `path` to the table of sessions",
        )  # fmt: skip
    return _open_path(Path(str(row["path"])), row, row.get("mapping", mapping))


def _is_missing(value: Any) -> bool:
    return (
        value is None or value == "" or (isinstance(value, float) and np.isnan(value))
    )


def _open_path(path: Path, row: dict[str, Any], mapping: Any) -> SessionSource:
    kind = str(row.get("format") or "auto")
    if kind == "auto":
        kind = detect_format(path)
    offset_s = float(row.get("clock_offset_s", 0.0))
    if kind == "alf":
        return AlfSource(path, eid=str(row.get("eid") or ""), clock_offset_s=offset_s)
    chosen = None if mapping is None else read_mapping(mapping)
    if kind == "nwb" and "trials" not in row:
        return NwbSource(path, chosen, clock_offset_s=offset_s)
    if kind == "recording" and "trials" not in row:
        return RecordingSource(
            path, chosen, wheel=str(row.get("wheel") or ""), clock_offset_s=offset_s
        )
    known = {"path", "format", "mapping", "trials", "wheel", "clock_offset_s"}
    return FilesSource(
        path, kind, chosen,
        trials=Path(str(row["trials"])) if "trials" in row else None,
        wheel=Path(str(row["wheel"])) if "wheel" in row else None,
        clock_offset_s=offset_s,
        metadata={key: value for key, value in row.items() if key not in known},
    )  # fmt: skip
