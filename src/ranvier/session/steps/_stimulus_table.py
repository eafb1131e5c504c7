"""A table of stimuli as a program wrote it, read and turned into epochs; pure."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

START, STOP, DURATION, NAME = "start_time", "stop_time", "duration", "stimulus_name"
COLUMNS = (START, STOP, DURATION, NAME)
_PER_S = {"s": 1.0, "ms": 1e-3}


class TableError(ValueError):
    """The table does not say what was told of it."""


@dataclass(frozen=True)
class Presentation:
    """One row: a stimulus that was shown.

    Parameters
    ----------
    start, stop
        s on the table's clock, or dates.
    name
        Of the stimulus.
    rest
        The other columns, as they stand there.
    """

    start: float | dt.datetime
    stop: float | dt.datetime
    name: str
    rest: dict[str, str] = field(default_factory=dict[str, str])


def read_presentations(
    text: str, columns: Mapping[str, str], unit: str, name: str = ""
) -> list[Presentation]:
    """Read a table; every row must say when its stimulus began and ended.

    Parameters
    ----------
    text
        CSV with a head.
    columns
        What `start_time`, `stop_time` or `duration`, and `stimulus_name` are called
        there; by these names if not given.
    unit
        Of its times: "s", "ms" or "iso" for dates.
    name
        Of all stimuli, if the table does not say it.

    Returns
    -------
    list of Presentation
        In the order of the rows.

    Raises
    ------
    TableError
        If a column or a time is missing, or times go back.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    head = list(reader.fieldnames or ())
    called = {each: columns.get(each, each) for each in COLUMNS}
    _check_columns(head, called, columns, name)
    used = {called[each] for each in COLUMNS}
    rows: list[Presentation] = []
    for row in reader:
        where = f"line {reader.line_num}"
        start, stop = _read_times(row, called, unit, where)
        if rows and start < rows[-1].start:  # type: ignore[operator] - one unit for all
            raise TableError(f"{where} begins before the one above it")
        shown = row.get(called[NAME]) or name
        if not shown:
            raise TableError(f"{where} has no {called[NAME]}")
        rest = {key: row[key] or "" for key in head if key not in used}
        rows.append(Presentation(start, stop, shown, rest))
    if not rows:
        raise TableError("it has no rows")
    return rows


def write_presentations(rows: Sequence[Presentation]) -> str:
    """Write them as a table with our names of columns.

    Returns
    -------
    str
        CSV; times in s, or dates.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([START, STOP, NAME, *rows[0].rest])
    for row in rows:
        writer.writerow(
            [_show(row.start), _show(row.stop), row.name, *row.rest.values()]
        )
    return file.getvalue()


def derive_epochs(
    rows: Sequence[Presentation], zero: dt.datetime | None
) -> list[dict[str, object]]:
    """Join neighbours with the same stimulus into epochs.

    Parameters
    ----------
    rows
        In order.
    zero
        Date of time 0 of the table; None if it is not known.

    Returns
    -------
    list of dict
        name, start, end (ISO 8601), trials; empty if no dates can be given.
    """
    epochs: list[dict[str, object]] = []
    first = 0
    for place in range(1, len(rows) + 1):
        if place < len(rows) and rows[place].name == rows[first].name:
            continue
        group = rows[first:place]
        start, end = _date(group[0].start, zero), _date(_last(group), zero)
        if start is None or end is None:
            return []
        epochs.append(
            {
                "name": group[0].name,
                "start": start.isoformat(),
                "end": end.isoformat(),
                "trials": {"total": len(group)},
            }
        )
        first = place
    return epochs


def _check_columns(
    head: Sequence[str], called: Mapping[str, str], given: Mapping[str, str], name: str
) -> None:
    wanted = [START, *given]
    wanted += [] if name else [NAME]
    wanted += [] if called[DURATION] in head else [STOP]
    missing = [
        called[each] for each in dict.fromkeys(wanted) if called[each] not in head
    ]
    if missing:
        there = ", ".join(head) or "none"
        raise TableError(f"no column {', '.join(missing)}; there are: {there}")


def _read_times(
    row: Mapping[str, str | None], called: Mapping[str, str], unit: str, where: str
) -> tuple[float | dt.datetime, float | dt.datetime]:
    start = _read_time(row.get(called[START]), unit, where, called[START])
    if called[STOP] in row:
        stop = _read_time(row.get(called[STOP]), unit, where, called[STOP])
    else:
        length = row.get(called[DURATION])
        passed = _read_number(length, "s" if unit == "iso" else unit, where)
        is_date = isinstance(start, dt.datetime)
        stop = start + dt.timedelta(seconds=passed) if is_date else start + passed
    if stop < start:  # type: ignore[operator] - both of one unit
        raise TableError(f"{where} ends before it begins")
    return start, stop


def _read_time(
    text: str | None, unit: str, where: str, column: str
) -> float | dt.datetime:
    if unit != "iso":
        return _read_number(text, unit, where)
    try:
        date = dt.datetime.fromisoformat((text or "").strip())
    except ValueError as error:
        raise TableError(f"{where}: {column} is no date: {text!r}") from error
    if date.tzinfo is None:
        raise TableError(f"{where}: {column} does not say its offset from UTC")
    return date


def _read_number(text: str | None, unit: str, where: str) -> float:
    try:
        number = float(text or "") * _PER_S[unit]
    except ValueError as error:
        raise TableError(f"{where}: {text!r} is no time in {unit}") from error
    if not math.isfinite(number):
        raise TableError(f"{where}: {text!r} is no time in {unit}")
    return number


def _show(time: float | dt.datetime) -> str:
    return time.isoformat() if isinstance(time, dt.datetime) else f"{time:.9g}"


def _last(group: Sequence[Presentation]) -> float | dt.datetime:
    return max((row.stop for row in group), key=lambda stop: stop)


def _date(time: float | dt.datetime, zero: dt.datetime | None) -> dt.datetime | None:
    if isinstance(time, dt.datetime):
        return time
    return None if zero is None else zero + dt.timedelta(seconds=time)
