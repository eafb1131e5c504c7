"""Channels that QC speaks against, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

import pandas as pd

from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.qc._inputs import as_channels, as_times
from ranvier.analysis.qc._levels import (
    compute_gap_fraction,
    compute_quantisation_ratio,
    compute_saturation_fraction,
)
from ranvier.analysis.qc._sliding import SLIDING_METRICS, compute_sliding_qc

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from ranvier.analysis.arrays import ArrayLike

__all__ = [
    "ChannelFlag",
    "ChannelReport",
    "QCThresholds",
    "compute_channel_qc",
    "flag_channels",
]


@dataclass(frozen=True)
class QCThresholds:
    """From where on a channel is flagged; None leaves a rule out.

    Parameters
    ----------
    dead_unique, few_unique
        A channel with a smaller share of distinct values is dead, or takes too few.
    saturation
        Largest share of samples stuck at an extreme.
    quantisation
        Largest step of the digitiser, in SD of the noise.
    gaps
        Largest share of samples missing.
    early_samples, band_inversions
        Largest number of each in the raw frames.
    """

    dead_unique: float | None = 0.01
    few_unique: float | None = 0.1
    saturation: float | None = 0.01
    quantisation: float | None = 0.5
    gaps: float | None = 0.05
    early_samples: float | None = 0.0
    band_inversions: float | None = 0.0


@dataclass(frozen=True)
class ChannelFlag:
    """One thing that speaks against a channel.

    Parameters
    ----------
    channel
        Name or place of the channel, as the table's index has it.
    flag
        What it is: ``"dead"``, ``"few_unique"``, ``"saturated"``, ``"quantised"``,
        ``"gaps"``, ``"early_samples"`` or ``"band_inversions"``.
    metric, value, limit
        Column of the table, what it is, and what it may be.
    """

    channel: Hashable
    flag: str
    metric: str
    value: float
    limit: float


@dataclass(frozen=True)
class ChannelReport:
    """What QC finds of a set of channels.

    Parameters
    ----------
    channels
        All that were looked at.
    flags
        What was found, by channel.
    provenance
        How it was made.
    """

    channels: tuple[Hashable, ...]
    flags: tuple[ChannelFlag, ...]
    provenance: Provenance

    @property
    def flagged(self) -> tuple[Hashable, ...]:
        """Channels with a flag, in order."""
        bad = {flag.channel for flag in self.flags}
        return tuple(channel for channel in self.channels if channel in bad)

    @property
    def is_ok(self) -> bool:
        """True if nothing was found."""
        return not self.flags

    def to_frame(self) -> pd.DataFrame:
        """Give the flags as a table.

        Returns
        -------
        pandas.DataFrame
            Columns channel, flag, metric, value, limit.
        """
        names = [field.name for field in fields(ChannelFlag)]
        rows = [[getattr(flag, name) for name in names] for flag in self.flags]
        return pd.DataFrame(rows, columns=names)


# flag, column of the table, threshold, whether a value below it is bad
_RULES = (
    ("dead", "n_unique_samples", "dead_unique", True),
    ("few_unique", "n_unique_samples", "few_unique", True),
    ("saturated", "saturation_fraction", "saturation", False),
    ("quantised", "quantisation_ratio", "quantisation", False),
    ("gaps", "gap_fraction", "gaps", False),
    ("early_samples", "n_early_samples", "early_samples", False),
    ("band_inversions", "n_band_inversions", "band_inversions", False),
)


def compute_channel_qc(
    t: ArrayLike,
    signals: ArrayLike | pd.DataFrame,
    window_s: float = 120.0,
    step_s: float = 60.0,
    detrend: bool = True,
    metrics: Sequence[str] = SLIDING_METRICS,
) -> pd.DataFrame:
    """Compute all QC metrics of raw channels that need one band only.

    Parameters
    ----------
    t
        Sample times, shape (n_samples,), s, rising.
    signals
        Raw channels of one band, shape (n_samples, n_channels), any unit.
    window_s, step_s, detrend, metrics
        As of `compute_sliding_qc`.

    Returns
    -------
    pandas.DataFrame
        One row a channel: the columns of `compute_sliding_qc`, `saturation_fraction`,
        `quantisation_ratio`, `gap_fraction`.

    Raises
    ------
    AnalysisError
        If shapes do not fit.
    SignalFault
        If there are fewer than 2 samples, or times go back.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(0.0, 300.0, 0.1)
    >>> noise = np.random.default_rng(0).normal(1.0, 0.1, (3000, 1))
    >>> compute_channel_qc(t, noise)[["n_unique_samples", "gap_fraction"]].values
    array([[1., 0.]])
    """
    table = compute_sliding_qc(t, signals, window_s, step_s, detrend, metrics).table
    times = as_times(t)
    columns = as_channels(signals, times.size).T
    table["saturation_fraction"] = [compute_saturation_fraction(x) for x in columns]
    table["quantisation_ratio"] = [compute_quantisation_ratio(x) for x in columns]
    table["gap_fraction"] = compute_gap_fraction(t)
    return table


def flag_channels(
    table: pd.DataFrame, thresholds: QCThresholds | None = None
) -> ChannelReport:
    """Flag the channels that are dead, saturated or otherwise not to be trusted.

    Parameters
    ----------
    table
        One row a channel, as of `compute_channel_qc`, and raw counts
        (`n_early_samples`, `n_band_inversions`) if there are any. Rules whose column is
        not there are left out. NaN is flagged in `n_unique_samples` only.
    thresholds
        Those of `QCThresholds` unless given.

    Returns
    -------
    ChannelReport

    Examples
    --------
    >>> table = pd.DataFrame({"n_unique_samples": [0.9, 0.004]}, index=["VTA", "DR"])
    >>> [(flag.channel, flag.flag) for flag in flag_channels(table).flags]
    [('DR', 'dead')]
    """
    limits = asdict(thresholds or QCThresholds())
    rules = [
        rule for rule in _RULES if rule[1] in table and limits[rule[2]] is not None
    ]
    flags: list[ChannelFlag] = []
    for place, channel in enumerate(table.index):
        found: set[str] = set()
        for flag, metric, name, is_low_bad in rules:
            value, limit = float(table[metric].iloc[place]), float(limits[name])
            is_bad = not value >= limit if is_low_bad else value > limit
            if is_bad and not (flag == "few_unique" and "dead" in found):
                found.add(flag)
                flags.append(ChannelFlag(channel, flag, metric, value, limit))
    return ChannelReport(
        tuple(table.index),
        tuple(flags),
        make_provenance("flag_channels", limits, n_channels=len(table)),
    )
