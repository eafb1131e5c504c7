"""Responses: a signal in windows around events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.responses._checks import (
    check_option,
    select_window,
    shape_fault,
)
from ranvier.analysis.responses._gather import (
    ROUNDING,
    gather_between,
    gather_next,
    order_axes,
)

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray


@dataclass(frozen=True)
class Responses:
    """A signal in windows around events.

    Parameters
    ----------
    values
        Shape (n_events, n_window), unit of the signal. With several kinds of events
        there is one axis before, (n_kinds, n_events, n_window), and with several
        channels one before that, (n_channels, n_kinds, n_events, n_window).
    t
        Time from the event, shape (n_window,), s.
    kinds
        Names of the kinds of events, if they were named.
    provenance
        Parameters, and n: n_events, n_channels, n_missing (rows that are all NaN).
    """

    values: FloatArray
    t: FloatArray
    kinds: tuple[str, ...]
    provenance: Provenance


def extract_responses(
    t: ArrayLike,
    signal: ArrayLike,
    events: ArrayLike | Mapping[str, ArrayLike],
    window: tuple[float, float] = (-1.0, 1.0),
    rate_hz: float | None = None,
    compat: str | None = None,
) -> Responses:
    """Cut a signal into windows around events.

    The signal is read at event + offset by linear interpolation between the two
    samples around, for all events and channels in one go. Rows always match `events`:
    a row is NaN if its window leaves the recording, or if the event is NaN or lies
    where samples are missing. A sample is NaN where the recording has a gap (more than
    2.5 usual intervals) or one of the two samples is NaN.

    Parameters
    ----------
    t
        Time of the samples, shape (n_samples,), s, increasing.
    signal
        Shape (n_samples,) or (n_samples, n_channels).
    events
        Event times on the clock of `t`, s: shape (n_events,); or several kinds of
        events, shape (n_kinds, n_events), or name → (n_events,).
    window
        First offset, and the one after the last, s.
    rate_hz
        Samples per second of the responses; that of the signal unless given.
    compat
        "iblnm": no interpolation; the first sample at or after the event stands for
        it, so that responses are late by half a sample on average. The rate is rounded
        to whole Hz, and a row is NaN unless the whole window, its end included, lies
        in the recording. For comparison with results of that pipeline only.

    Returns
    -------
    Responses

    Raises
    ------
    SignalFault
        If `t` is not finite and increasing (neither unsorted nor twice the same:
        which sample is the right one can't be known), or has less than two samples.
    AnalysisError
        If the window holds no sample, or the shapes do not fit.

    Notes
    -----
    No baseline is removed; see `subtract_baseline`. Where event times stand anywhere
    between samples, taking the next sample instead of interpolating shifts each
    response by up to one sample (at 30 Hz by 17 ms on average).

    Examples
    --------
    >>> t = np.arange(0, 10, 0.1)
    >>> responses = extract_responses(t, 2 * t, [5.03], window=(-0.2, 0.2))
    >>> responses.t.round(2)
    array([-0.2, -0.1,  0. ,  0.1])
    >>> responses.values.round(2)
    array([[ 9.66,  9.86, 10.06, 10.26]])
    """
    check_option("compat", compat, (None, "iblnm"))
    at, samples = _check_signal(t, signal)
    kinds, times = _check_events(events)
    step = float(np.median(np.diff(at)))
    rate = _choose_rate(step, rate_hz, compat)
    first, stop = round(window[0] * rate), round(window[1] * rate)
    offsets = np.arange(first, max(stop, first)) / rate
    select_window(offsets, window)  # raises if there is none
    if compat == "iblnm":
        values = gather_next(at, samples, times, (first, stop), window)
    else:
        values = gather_between(at, samples, times[..., None] + offsets, times, step)
    values = order_axes(values, np.ndim(signal))
    provenance = make_provenance(
        "extract_responses",
        {"window": tuple(window), "rate_hz": rate, "compat": compat},
        n_events=int(times.size),
        n_channels=samples.shape[1],
        n_missing=int(np.isnan(values).all(-1).sum()),
    )
    return Responses(values, offsets, kinds, provenance)


def extract_responses_until(
    t: ArrayLike,
    signal: ArrayLike,
    events: ArrayLike,
    ends: ArrayLike,
    start: float = 0.0,
    rate_hz: float | None = None,
) -> Responses:
    """Cut a signal into windows of which each has its own end.

    As `extract_responses`, but a row ends at the event's own end: later samples are
    NaN. Each row is judged by its own window, so that one long trial does not take the
    last trials of the recording with it.

    Parameters
    ----------
    t
        Time of the samples, shape (n_samples,), s, increasing.
    signal
        Shape (n_samples,) or (n_samples, n_channels).
    events
        Event times, shape (n_events,), s, on the clock of `t`.
    ends
        End of each window, shape (n_events,), s, on the same clock; the end counts.
    start
        Offset of the first sample from the event, s.
    rate_hz
        Samples per second of the responses; that of the signal unless given.

    Returns
    -------
    Responses
        As wide as the longest window.

    Raises
    ------
    SignalFault
        As of `extract_responses`.
    AnalysisError
        If the shapes do not fit.

    Examples
    --------
    >>> t = np.arange(0, 10, 0.5)
    >>> extract_responses_until(t, t, [2.0, 8.0], [3.0, 8.5]).values
    array([[2. , 2.5, 3. ],
           [8. , 8.5, nan]])
    """
    at, samples = _check_signal(t, signal)
    times, until = np.asarray(events, np.float64), np.asarray(ends, np.float64)
    if times.ndim != 1 or times.shape != until.shape:
        raise shape_fault(f"{times.shape} events, {until.shape} ends", "one end each")
    step = float(np.median(np.diff(at)))
    rate = _choose_rate(step, rate_hz, None)
    lengths = until - times
    known = np.isfinite(lengths)
    longest = float(lengths[known].max()) if known.any() else start
    first = round(start * rate)
    stop = max(int(np.floor(longest * rate + ROUNDING)) + 1, first)
    offsets = np.arange(first, stop) / rate
    wanted = np.where(
        offsets <= lengths[:, None] + ROUNDING * step, times[:, None] + offsets, np.nan
    )
    values = order_axes(
        gather_between(at, samples, wanted, times, step), np.ndim(signal)
    )
    provenance = make_provenance(
        "extract_responses_until",
        {"start": start, "rate_hz": rate},
        n_events=int(times.size),
        n_channels=samples.shape[1],
        n_missing=int(np.isnan(values).all(-1).sum()),
    )
    return Responses(values, offsets, (), provenance)


def _check_signal(t: ArrayLike, signal: ArrayLike) -> tuple[FloatArray, FloatArray]:
    at = np.asarray(t, dtype=np.float64)
    samples = np.asarray(signal, dtype=np.float64)
    if at.ndim != 1 or samples.ndim not in (1, 2) or samples.shape[0] != at.size:
        raise shape_fault(
            f"t {at.shape}, signal {samples.shape}", "(n,) and (n,) or (n, channels)"
        )
    if at.size < 2:
        raise SignalFault(
            "the signal is too short for responses.",
            found=f"{at.size} samples",
            wanted="2 or more",
        )
    steps = np.diff(at)
    if not (steps > 0).all():  # NaN is not > 0 either
        raise SignalFault(
            "the times of the signal do not increase.",
            found=f"{int((~(steps > 0)).sum())} of {steps.size} steps are not forward",
            wanted="finite times, each later than the one before",
            mend="sort the samples and drop those that come twice",
        )
    return at, samples.reshape(at.size, -1)


def _check_events(
    events: ArrayLike | Mapping[str, ArrayLike],
) -> tuple[tuple[str, ...], FloatArray]:
    kinds: tuple[str, ...] = ()
    if isinstance(events, Mapping):
        kinds = tuple(events)
        rows = [np.asarray(times, np.float64) for times in events.values()]
        if len({row.shape for row in rows}) != 1:
            raise shape_fault(str([row.shape for row in rows]), "equal numbers")
        events = np.stack(rows)
    times = np.asarray(events, dtype=np.float64)
    if times.ndim not in (1, 2):
        raise shape_fault(f"events of shape {times.shape}", "(n,) or (kinds, n)")
    return kinds, times


def _choose_rate(step: float, rate_hz: float | None, compat: str | None) -> float:
    if compat == "iblnm":
        return float(round(1 / step))
    # 30.000000001 Hz is the rounding of time stamps, not a rate.
    return float(rate_hz) if rate_hz is not None else round(1 / step, 6)
