"""Any table as text or parquet, read with a mapping file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers._raw import RawFrames, RawPhotometry, make_events
from ranvier.analysis.readers._streams import (
    Origin,
    Series,
    find_pulses,
    finish,
    join_channels,
)
from ranvier.analysis.readers._tables import read_numbers, read_table, require_columns
from ranvier.analysis.readers._times import order_times
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.readers._mapping import Mapping

__all__ = ["read_csv"]


class _Table(NamedTuple):
    """A table with the mapping that says what is in it."""

    rows: pd.DataFrame
    mapping: Mapping
    path: Path

    def column(self, name: str) -> FloatArray:
        return read_numbers(self.rows, name, self.path).to_numpy()

    def times(self, column: str = "") -> FloatArray:
        column = column or self.mapping.time
        if column:
            return self.column(column) * self.mapping.time_factor
        if self.mapping.rate_hz is None:
            raise AnalysisError(
                f"no times are mapped for {self.path.name}.", code="RV-A77",
                where=str(self.path), found=", ".join(map(str, self.rows.columns)),
                wanted="time, a time for each band, or rate_hz",
                mend="name the column of times in the mapping",
            )  # fmt: skip
        return np.arange(len(self.rows)) / self.mapping.rate_hz


def read_csv(path: str | Path, mapping: Mapping) -> RawPhotometry:
    """Read a table whose columns a mapping explains.

    Parameters
    ----------
    path
        Text or parquet; one row a sample.
    mapping
        Which column is what. Bands with times of their own keep them.

    Returns
    -------
    RawPhotometry

    Raises
    ------
    FileFault
        If the table can't be read, lacks columns (all are named at once), or has
        times or values that can't be used.
    AnalysisError
        If the mapping names no times.
    """
    path = Path(path)
    rows = read_table(
        path, separator=mapping.separator, skip_rows=mapping.skip_rows
    ).rename(columns=str)
    require_columns(rows, mapping.names, path)
    table = _Table(rows, mapping, path)
    origin = Origin(path, "csv", "", mapping.unit)
    events = make_events(
        {
            name: _find_events(table, event.edges, event.times)
            for name, event in mapping.events.items()
        }
    )
    if mapping.led is not None:
        bands, frames, notes = _split_by_led(table)
        return finish(bands, origin, events=events, frames=frames, notes=notes)
    bands: dict[str, pd.DataFrame] = {}
    for name, band in mapping.bands.items():
        times = table.times(band.time)
        series = {c: Series(times, table.column(at)) for c, at in band.channels.items()}
        whole = join_channels(name, series, str(path))
        # Columns of unlike length end in empty cells, with neither time nor value.
        is_filler = whole.index.isna() & whole.isna().all(axis=1).to_numpy()
        bands[name] = whole[~is_filler]
    return finish(bands, origin, events=events)


def _find_events(table: _Table, edges: str, times: str) -> FloatArray:
    if times:
        found = table.column(times) * table.mapping.time_factor
        return found[np.isfinite(found)]
    first = next(iter(table.mapping.bands.values()), None)
    clock = table.times("" if table.mapping.time or first is None else first.time)
    return find_pulses(clock, table.column(edges))


def _split_by_led(
    table: _Table,
) -> tuple[dict[str, pd.DataFrame], RawFrames, tuple[str, ...]]:
    led = table.mapping.led
    if led is None:
        return {}, RawFrames(np.empty(0), np.empty(0, str)), ()
    times = table.times()
    order, notes = order_times(times, "rows", str(table.path))
    # 1 and 1.0 are one state: a column with an empty cell is read as floats.
    texts = table.rows[led.column].map(_as_text).to_numpy(dtype=str)[order]
    values = pd.DataFrame(
        {
            channel: table.column(at)[order]
            for channel, at in table.mapping.channels.items()
        }
    )
    values.index = pd.Index(times[order], name="times", dtype="float64")
    unlit = [state for state in led.bands if state not in set(texts.tolist())]
    if unlit:
        raise FileFault(
            f'column "{led.column}" of {table.path.name} never is {", ".join(unlit)}.',
            session=str(table.path), channel=led.column,
            found=", ".join(sorted(set(texts.tolist()))[:12]),
            wanted=", ".join(led.bands),
            mend="give the values of the column under led.bands",
        )  # fmt: skip
    n_other = int(np.sum(~np.isin(texts, list(led.bands))))
    told = (f"rows: {n_other} of a state that is not mapped.",) if n_other else ()
    names = np.array([led.bands.get(text, "") for text in texts.tolist()])
    bands = {band: values[names == band] for band in dict.fromkeys(led.bands.values())}
    return bands, RawFrames(times[order], names), notes + told


def _as_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
