"""Files of pyPhotometry (.ppd): a JSON header, then 15-bit samples with a digital bit.

Layout as of the pyPhotometry manual, "Binary data format".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers._raw import RawPhotometry, make_events
from ranvier.analysis.readers._streams import Origin, finish
from ranvier.analysis.readers._times import rising_edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ranvier.analysis.readers._mapping import Mapping

__all__ = ["read_ppd"]

_CHANNEL = "fiber00"
_SIGNALS = {2: ("GCaMP", "RCaMP"), 3: ("GCaMP", "RCaMP", "Isosbestic")}


class _Header(NamedTuple):
    mode: str
    version: tuple[int, ...]
    rate_hz: float
    volts: tuple[float, ...]
    n_signals: int
    n_inputs: int
    adc_max: int | None

    @property
    def is_staggered(self) -> bool:
        """True if the LEDs take turns, so that signals are sampled one by one."""
        return "continuous" not in self.mode

    @property
    def n_words(self) -> int:
        """Words of one signal in a period: with and, in newer files, without light."""
        is_paired = "pulsed" in self.mode and self.version >= (1, 1)
        return 2 if is_paired else 1


def read_ppd(path: str | Path, mapping: Mapping | None = None) -> RawPhotometry:
    """Read a recording of pyPhotometry.

    Parameters
    ----------
    path
        The .ppd file.
    mapping
        Bands of "analog_1", "analog_2", "analog_3", and events of "digital_1", …;
        if None, analog_1 is GCaMP, and analog_2 is Isosbestic where both are of one
        detector (modes of one emission), else RCaMP; a third one is Isosbestic.

    Returns
    -------
    RawPhotometry
        In V. In modes where LEDs take turns, each signal has its own times: of n
        signals, signal k is sampled (k - 1) / n of a period after the first.
        Rising edges of the inputs are events "digital_1", "digital_2".

    Raises
    ------
    FileFault
        If the file is empty, cut short in its header, or the header lacks a field.
    """
    path = Path(path)
    header, words = _open(path)
    per_period = header.n_signals * header.n_words
    n = len(words) // per_period
    if n == 0:
        raise FileFault(
            f"{path.name} holds no sample.", session=str(path),
            found=f"{2 * len(words)} bytes after the header",
        )  # fmt: skip
    periods = words[: n * per_period].reshape(n, header.n_signals, header.n_words)
    notes = _tell_remainder(len(words) - n * per_period)
    signals = _to_volts(periods, header)
    starts = {f"analog_{k + 1}": _find_times(n, k, header) for k in range(len(signals))}
    bands: dict[str, pd.DataFrame] = {}
    for band, columns in _choose_bands(header, mapping, path).items():
        times = [starts[name] for name in columns.values()]
        if any(not np.array_equal(times[0], each) for each in times):
            raise FileFault(
                f"channels of {band} were not sampled at the same times.",
                session=str(path), channel=band, found=", ".join(columns.values()),
                wanted="one signal for a band, as LEDs take turns",
                mend="put each into a band of its own",
            )  # fmt: skip
        values = {c: signals[int(name[7:]) - 1] for c, name in columns.items()}
        bands[band] = pd.DataFrame(values, pd.Index(times[0], name="times"))
    events = {
        name: times
        for name, times in _find_edges(periods, header).items()
        if len(times)
    }
    if mapping is not None:
        events = {n: events.get(e.edges, []) for n, e in mapping.events.items()}
    notes += _tell_clipping(periods, header)
    version = ".".join(map(str, header.version))
    origin = Origin(path, "ppd", version, "V")
    return finish(bands, origin, events=make_events(events), notes=notes)


def _open(path: Path) -> tuple[_Header, NDArray[np.uint16]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileFault(
            f"{path.name} can't be opened.", session=str(path), found=str(error)
        ) from error
    size = int.from_bytes(content[:2], "little")
    if len(content) < 2 + max(size, 1):
        raise FileFault(
            f"{path.name} ends within its header.", session=str(path),
            found=f"{len(content)} bytes", wanted=f"a header of {size} bytes",
        )  # fmt: skip
    try:
        fields = json.loads(content[2 : 2 + size])
        header = _read_header(fields)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise FileFault(
            f"the header of {path.name} can't be read.", session=str(path),
            found=f"{type(error).__name__}: {error}",
            wanted="JSON with mode, sampling_rate, volts_per_division, version",
            mend="files before 0.2 have another header; save them anew as csv",
        ) from error  # fmt: skip
    n_words = (len(content) - 2 - size) // 2
    return header, np.frombuffer(content, "<u2", n_words, 2 + size)


def _read_header(fields: dict[str, Any]) -> _Header:
    version = tuple(int(part) for part in str(fields["version"]).split(".")[:2])
    is_new = version >= (1, 0)
    n_signals = int(fields["n_analog_signals"]) if is_new else 2
    n_inputs = int(fields["n_digital_signals"]) if is_new else 2
    volts = np.atleast_1d(np.asarray(fields["volts_per_division"], np.float64))
    rate_hz = float(fields["sampling_rate"])
    if n_signals < 1 or not 0 <= n_inputs <= n_signals or not rate_hz > 0:
        raise ValueError(f"{n_signals} signals, {n_inputs} inputs, {rate_hz} Hz")
    each = tuple(float(volts[min(k, len(volts) - 1)]) for k in range(n_signals))
    adc_max = fields.get("ADC_max_value")
    return _Header(
        str(fields["mode"]), version, rate_hz, each, n_signals, n_inputs,
        None if adc_max is None else int(adc_max),
    )  # fmt: skip


def _to_volts(
    periods: NDArray[np.uint16], header: _Header
) -> list[NDArray[np.float64]]:
    counts = (periods >> 1).astype(np.float64)
    if header.n_words == 2:  # what was measured without light is subtracted
        counts = counts[:, :, :1] - counts[:, :, 1:]
    return [counts[:, k, 0] * volts for k, volts in enumerate(header.volts)]


def _find_times(n: int, signal: int, header: _Header) -> NDArray[np.float64]:
    late = signal / header.n_signals if header.is_staggered else 0.0
    return (np.arange(n, dtype=np.float64) + late) / header.rate_hz


def _find_edges(
    periods: NDArray[np.uint16], header: _Header
) -> dict[str, NDArray[np.float64]]:
    bits = (periods[:, :, 0] & 1).astype(np.float64)
    return {
        f"digital_{k + 1}": _find_times(len(bits), k, header)[rising_edges(bits[:, k])]
        for k in range(header.n_inputs)
    }


def _choose_bands(
    header: _Header, mapping: Mapping | None, path: Path
) -> dict[str, dict[str, str]]:
    signals = [f"analog_{k + 1}" for k in range(header.n_signals)]
    if mapping is not None:
        chosen = {name: band.channels for name, band in mapping.bands.items()}
        wanted = {name for each in chosen.values() for name in each.values()}
        if not wanted <= set(signals):
            missing = ", ".join(sorted(wanted - set(signals)))
            raise FileFault(
                f"{path.name} has no signal {missing}.",
                session=str(path), wanted=", ".join(signals),
                mend="name signals of this file in the mapping",
            )  # fmt: skip
        return chosen
    is_one = "1 colour" in header.mode or "1EM" in header.mode
    names = ("GCaMP", "Isosbestic") if is_one else _SIGNALS.get(len(signals), ())
    named = [*names, *signals][: len(signals)] if names else signals
    return {band: {_CHANNEL: s} for band, s in zip(named, signals, strict=True)}


def _tell_remainder(n_left: int) -> tuple[str, ...]:
    if n_left == 0:
        return ()
    return (f"{n_left} words at the end make no whole period and were left out.",)


def _tell_clipping(periods: NDArray[np.uint16], header: _Header) -> tuple[str, ...]:
    # 98 % of the range of the converter, as the maker's own tools do.
    limit = 0.98 * (header.adc_max or 1 << 15)
    n = np.sum((periods >> 1) > limit, axis=(0, 2))
    return tuple(
        f"analog_{k + 1}: {count} samples at the limit of the converter."
        for k, count in enumerate(n)
        if count
    )
