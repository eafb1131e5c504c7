"""The mapping file: which column or stream is which band, channel and event.

```yaml
time: {column: Time_470nm, unit: s}     # s, ms, us or ns; or `rate_hz: 20`
unit: a.u.
bands:
  GCaMP: {channels: {NAc: MeanInt_470nm}}
  Isosbestic: {time: Time_410nm, channels: {NAc: MeanInt_410nm}}
events:
  cue: {edges: TTL1}                    # rising edges of a line
  reward: {times: reward_s}             # a column of times
```

With one LED at a time in one table, `led: {column: LedState, bands: {1: Isosbestic,
2: GCaMP}}` and `channels: {NAc: G0}` stand in place of `bands`.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ranvier.core import AnalysisError, suggest

__all__ = ["BandMapping", "EventMapping", "LedMapping", "Mapping", "read_mapping"]

_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "min": 60.0}
_KEYS = (
    "ranvier_mapping", "time", "rate_hz", "unit", "separator", "skip_rows", "bands",
    "led", "channels", "events", "trials",
)  # fmt: skip


class BandMapping(NamedTuple):
    """Where one band is.

    Parameters
    ----------
    channels
        Channel or brain region → column or stream.
    time
        Column of its times; "" for that of the file.
    """

    channels: dict[str, str]
    time: str = ""


class LedMapping(NamedTuple):
    """How a column tells the LED of each row.

    Parameters
    ----------
    column
        The column.
    bands
        Its value, as text → band.
    """

    column: str
    bands: dict[str, str]


class EventMapping(NamedTuple):
    """Where the times of an event are.

    Parameters
    ----------
    edges
        Column or stream of a line whose rising edges are the event, or "".
    times
        Column or stream of the times themselves, or "".
    """

    edges: str = ""
    times: str = ""


@dataclass(frozen=True)
class Mapping:
    """Which column or stream is what.

    Parameters
    ----------
    bands
        Band → where it is.
    time
        Column of times for all bands, or "".
    time_factor
        Seconds of one unit of the times.
    rate_hz
        Samples per second where no times are stored, else None.
    unit
        Unit of the values; "" if the file knows.
    led
        How rows are told apart by LED, if they are.
    channels
        Channel → column, with `led`.
    events
        Event → where its times are.
    trials
        Stream or file of the trials, or "".
    separator, skip_rows
        Of a text table; None to find out.
    """

    bands: dict[str, BandMapping] = field(default_factory=dict[str, BandMapping])
    time: str = ""
    time_factor: float = 1.0
    rate_hz: float | None = None
    unit: str = ""
    led: LedMapping | None = None
    channels: dict[str, str] = field(default_factory=dict[str, str])
    events: dict[str, EventMapping] = field(default_factory=dict[str, EventMapping])
    trials: str = ""
    separator: str | None = ","
    skip_rows: int = 0

    @property
    def names(self) -> list[str]:
        """All columns and streams that it names, each once, in order."""
        names = [self.time, *self.channels.values()]
        for band in self.bands.values():
            names += [band.time, *band.channels.values()]
        for event in self.events.values():
            names += [event.edges, event.times]
        if self.led:
            names.append(self.led.column)
        return list(dict.fromkeys(name for name in names if name))


def read_mapping(given: Mapping | AnyMapping[str, Any] | str | Path) -> Mapping:
    """Give a mapping of a file, of plain values, or as it is.

    Parameters
    ----------
    given
        A YAML file, what it would hold, or a mapping.

    Returns
    -------
    Mapping

    Raises
    ------
    AnalysisError
        With all faults at once.

    Examples
    --------
    >>> mapping = read_mapping(
    ...     {"time": "t", "bands": {"GCaMP": {"channels": {"VTA": "F470"}}}}
    ... )
    >>> mapping.names
    ['t', 'F470']
    """
    if isinstance(given, Mapping):
        return given
    if isinstance(given, (str, Path)):
        return _check(_load(Path(given)), str(given))
    return _check(dict(given), "the mapping given")


def _load(path: Path) -> Any:
    from ruamel.yaml import YAML, YAMLError

    try:
        return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError, ValueError) as error:
        raise _refuse([" ".join(str(error).split())], str(path)) from error


def _refuse(faults: list[str], where: str) -> AnalysisError:
    return AnalysisError(
        "the mapping can't be used as it is.", code="RV-A74", where=where,
        found="; ".join(faults),
        wanted="time (or rate_hz), and bands with channels (or led and channels)",
        mend="correct all that is listed; see the how-to of the CSV reader",
    )  # fmt: skip


def _check(values: Any, where: str) -> Mapping:
    look = _Look()
    top = look.table(values, "the mapping", _KEYS)
    column, factor = look.time(top.get("time"))
    led = look.led(top.get("led"))
    mapping = Mapping(
        bands=look.bands(top.get("bands")),
        time=column,
        time_factor=factor,
        rate_hz=look.rate(top.get("rate_hz")),
        unit=look.text(top.get("unit"), "unit"),
        led=led,
        channels=look.names(top.get("channels"), "channels"),
        events=look.events(top.get("events")),
        trials=look.text(top.get("trials"), "trials"),
        separator=None if top.get("separator") == "auto" else
        look.text(top.get("separator"), "separator") or ",",
        skip_rows=look.count(top.get("skip_rows"), "skip_rows"),
    )  # fmt: skip
    look.whole(mapping)
    if look.faults:
        raise _refuse(look.faults, where)
    return mapping


class _Look:
    """Looks at plain values, and keeps each fault that it meets."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def table(self, given: Any, where: str, known: tuple[str, ...] = ()) -> Any:
        if given is None:
            return {}
        if not isinstance(given, AnyMapping):
            self.faults.append(f"{where} is {given!r}, not names with values")
            return {}
        values: dict[str, Any] = {str(key): value for key, value in given.items()}
        for name in values:
            if known and name not in known:
                mend = suggest(name, known, "remove it")
                self.faults.append(f'{where}: "{name}" is not known, {mend}')
        return values

    def text(self, given: Any, where: str) -> str:
        if given is None or (isinstance(given, (str, int)) and given is not True):
            return "" if given is None else str(given)
        self.faults.append(f"{where} is {given!r}, not a name")
        return ""

    def names(self, given: Any, where: str) -> dict[str, str]:
        found = self.table(given, where)
        texts = {
            key: self.text(value, f"{where}.{key}") for key, value in found.items()
        }
        columns = [text for text in texts.values() if text]
        doubled = sorted({name for name in columns if columns.count(name) > 1})
        self.faults += [f'{where}: "{name}" is named twice' for name in doubled]
        return texts

    def time(self, given: Any) -> tuple[str, float]:
        if given is None or isinstance(given, str):
            return given or "", 1.0
        values = self.table(given, "time", ("column", "unit"))
        unit = self.text(values.get("unit"), "time.unit") or "s"
        if unit not in _UNITS:
            self.faults.append(f'time.unit "{unit}" is none of {", ".join(_UNITS)}')
        column = self.text(values.get("column"), "time.column")
        return column, _UNITS.get(unit, 1.0)

    def rate(self, given: Any) -> float | None:
        if given is None:
            return None
        if (
            isinstance(given, (int, float))
            and not isinstance(given, bool)
            and given > 0
        ):
            return float(given)
        self.faults.append(f"rate_hz is {given!r}, not a number above zero")
        return None

    def count(self, given: Any, where: str) -> int:
        if given is None:
            return 0
        if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
            return given
        self.faults.append(f"{where} is {given!r}, not a whole number from zero on")
        return 0

    def bands(self, given: Any) -> dict[str, BandMapping]:
        found: dict[str, BandMapping] = {}
        for name, value in self.table(given, "bands").items():
            where = f"bands.{name}"
            values = self.table(value, where, ("channels", "time"))
            channels = self.names(values.get("channels"), f"{where}.channels")
            if not channels:
                self.faults.append(f"{where} has no channels")
            found[name] = BandMapping(
                channels, self.text(values.get("time"), f"{where}.time")
            )
        return found

    def led(self, given: Any) -> LedMapping | None:
        if given is None:
            return None
        values = self.table(given, "led", ("column", "bands"))
        column = self.text(values.get("column"), "led.column")
        bands = self.names(values.get("bands"), "led.bands")
        if not column or not bands:
            self.faults.append("led needs column and bands")
        return LedMapping(column, bands)

    def events(self, given: Any) -> dict[str, EventMapping]:
        found: dict[str, EventMapping] = {}
        for name, value in self.table(given, "events").items():
            where = f"events.{name}"
            values = self.table(value, where, ("edges", "times"))
            texts = {key: self.text(values[key], where) for key in values}
            event = EventMapping(texts.get("edges", ""), texts.get("times", ""))
            if bool(event.edges) == bool(event.times):
                self.faults.append(f"{where} needs either edges or times")
            found[name] = event
        return found

    def whole(self, mapping: Mapping) -> None:
        """Look at what only all of it together can tell."""
        if mapping.led and mapping.bands:
            self.faults.append("bands and led exclude each other")
        if mapping.led and not mapping.channels:
            self.faults.append("led needs channels")
        if mapping.channels and not mapping.led:
            self.faults.append("channels beside bands are for led; put them in a band")
        if not mapping.led and not mapping.bands:
            self.faults.append("no band is named: give bands, or led and channels")
