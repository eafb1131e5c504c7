"""The part of a recording that the trials lie in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ranvier.analysis.faults import TrialsNotInPhotometryTime

if TYPE_CHECKING:
    import pandas as pd

    from ranvier.analysis.readers._raw import RawPhotometry

__all__ = ["cut_to_trials"]


def cut_to_trials(
    raw: RawPhotometry, trials: pd.DataFrame, pre: float, post: float
) -> RawPhotometry:
    """Keep what was sampled from `pre` after the first trial to `post` after the last.

    Parameters
    ----------
    raw
        On the clock of the trials.
    trials
        With intervals_0 and intervals_1, s; without them nothing is cut.
    pre, post
        s; `pre` is negative to begin earlier.

    Returns
    -------
    RawPhotometry
        Bands and events are cut, frames stay whole for raw QC.

    Raises
    ------
    TrialsNotInPhotometryTime
        If a band has no sample there.
    """
    if not {"intervals_0", "intervals_1"} <= {*trials.columns}:
        return raw  # of another task: no one says when its first trial begins
    start = float(trials["intervals_0"].iloc[0]) + pre
    stop = float(trials["intervals_1"].iloc[-1]) + post
    bands: dict[str, pd.DataFrame] = {}
    for name, band in raw.bands.items():
        bands[name] = band[(band.index > start) & (band.index < stop)]
        if bands[name].empty:
            raise TrialsNotInPhotometryTime(
                f"no sample of {name} lies in the time of the trials.",
                session=raw.source.path, channel=name,
                found=f"{band.index[0]:.6g} to {band.index[-1]:.6g} s",
                wanted=f"{start:.6g} to {stop:.6g} s",
            )  # fmt: skip
    inside = raw.events["times"].between(start, stop, inclusive="neither")
    return replace(raw, bands=bands, events=raw.events[inside].reset_index(drop=True))
