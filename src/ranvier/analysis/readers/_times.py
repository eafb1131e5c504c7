"""Times of samples: mended where that is safe and told, a typed fault where not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ranvier.analysis.faults import FileFault

if TYPE_CHECKING:
    import pandas as pd

    from ranvier.analysis.arrays import FloatArray, IntArray

__all__ = ["TimeOrder", "measure_rate", "order_times", "rising_edges", "tidy_band"]

# Jitter of a clock is far below ten samples; a step back that is longer means that a
# clock was set anew, and sorting would shuffle two recordings into one.
_JITTER_SAMPLES = 10.0
_GAP_SAMPLES = 3.0


class TimeOrder(NamedTuple):
    """Which samples to take, in which order.

    Parameters
    ----------
    order
        Rows, sorted by time; without those of no time or of a time seen before.
    notes
        What was mended or is striking.
    """

    order: IntArray
    notes: tuple[str, ...]


def order_times(times: FloatArray, name: str, session: str = "") -> TimeOrder:
    """Sort times, leave out those that are none or doubled, and say so.

    Parameters
    ----------
    times
        Shape (n,), s.
    name
        Band or channel, named in notes and faults.
    session
        Session or file, named in faults.

    Returns
    -------
    TimeOrder
        Gaps stay; they are told.

    Raises
    ------
    FileFault
        If no time is finite, all are one, or they go back by more than ten samples.

    Examples
    --------
    >>> order, notes = order_times(np.array([0.0, 0.2, 0.1, 0.1, np.nan]), "GCaMP")
    >>> order.tolist()
    [0, 2, 1]
    >>> len(notes)
    3
    """
    finite = np.flatnonzero(np.isfinite(times))
    if not len(finite):
        raise FileFault(
            f"no sample of {name} has a time.", session=session, channel=name,
            found=f"{len(times)} samples", wanted="finite times, s",
        )  # fmt: skip
    steps = np.diff(times[finite])
    backwards = steps < 0
    typical = _typical_step(steps, name, session)
    if np.any(steps < -_JITTER_SAMPLES * typical):
        first = int(np.argmax(steps < -_JITTER_SAMPLES * typical))
        raise FileFault(
            f"the times of {name} jump back: the clock was set anew.",
            session=session, channel=name,
            found="{:.6g} s, then {:.6g} s".format(*times[finite[first : first + 2]]),
            wanted="times of one recording, rising",
            mend="cut the file there, and read each part by itself",
        )  # fmt: skip
    order = finite[np.argsort(times[finite], kind="stable")]
    doubled = np.r_[False, np.diff(times[order]) == 0]
    order = order[~doubled]
    gaps = int(np.sum(np.diff(times[order]) > _GAP_SAMPLES * typical))
    counted = [
        (len(times) - len(finite), "samples without a time were left out"),
        (int(backwards.sum()), "samples out of order were sorted"),
        (int(doubled.sum()), "samples of a time seen before were left out"),
        (gaps, f"gaps longer than {_GAP_SAMPLES:g} samples"),
    ]
    return TimeOrder(order, tuple(f"{name}: {n} {words}." for n, words in counted if n))


def _typical_step(steps: FloatArray, name: str, session: str) -> float:
    rising = steps[steps > 0]
    if not len(steps):
        return np.inf
    if not len(rising):
        raise FileFault(
            f"the times of {name} do not rise.", session=session, channel=name,
            found=f"{len(steps) + 1} samples, none later than the one before",
            wanted="rising times, s", mend="map the column that holds the times",
        )  # fmt: skip
    return float(np.median(rising))


def tidy_band(
    band: pd.DataFrame, name: str, session: str = ""
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Sort a band by its index of times; tell of channels without any value.

    Returns
    -------
    tuple
        The band, and notes.

    Raises
    ------
    FileFault
        As `order_times`, or if no channel holds a single number.
    """
    order, notes = order_times(band.index.to_numpy(dtype=np.float64), name, session)
    if len(order) != len(band) or np.any(np.diff(order) != 1):
        band = band.iloc[order]
    empty = [str(column) for column in band.columns if band[column].isna().all()]
    if len(empty) == len(band.columns):
        raise FileFault(
            f"no channel of {name} holds a number.", session=session,
            channel=", ".join(empty), found="NaN only", wanted="values",
        )  # fmt: skip
    lost = tuple(f'{name}: channel "{column}" holds NaN only.' for column in empty)
    return band, notes + lost


def measure_rate(times: FloatArray) -> float:
    """Give the rate of samples, Hz: 1 / median interval; NaN below two samples."""
    return float(1 / np.median(np.diff(times))) if len(times) > 1 else float("nan")


def rising_edges(values: FloatArray, level: float = 0.5) -> IntArray:
    """Find where a line goes up.

    Parameters
    ----------
    values
        Shape (n,); NaN counts as low.
    level
        High is above it.

    Returns
    -------
    numpy.ndarray
        Index of the first high sample of each pulse. A line that is high from the
        start has no edge there: it rose before the recording began.

    Examples
    --------
    >>> rising_edges(np.array([0, 1, 1, 0, 1])).tolist()
    [1, 4]
    """
    high = np.asarray(values) > level
    return np.flatnonzero(high[1:] & ~high[:-1]) + 1
