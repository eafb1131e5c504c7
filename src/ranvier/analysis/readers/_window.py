"""The part of a recording that the trials lie in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.faults import TrialFault, TrialsNotInPhotometryTime

if TYPE_CHECKING:
    import pandas as pd

    from ranvier.analysis.readers._raw import RawPhotometry

__all__ = ["cut_to_trials", "find_window", "shift_times"]


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
    TrialFault
        If no trial has a begin or an end.
    """
    if not {"intervals_0", "intervals_1"} <= {*trials.columns}:
        return raw  # of another task: no one says when its first trial begins
    start, stop = find_window(trials, pre, post, raw.source.path)
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


def find_window(
    trials: pd.DataFrame, pre: float, post: float, session: str = ""
) -> tuple[float, float]:
    """Find the time that the trials take, those left out that have no time.

    Parameters
    ----------
    trials
        With intervals_0 and intervals_1, s.
    pre, post
        As of `cut_to_trials`.
    session
        Named in faults.

    Returns
    -------
    tuple of float
        Start and end, s.

    Raises
    ------
    TrialFault
        If no trial has a begin or an end.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"intervals_0": [np.nan, 5.0], "intervals_1": [4.0, np.nan]}
    >>> find_window(pd.DataFrame(trials), -1.0, 1.0)
    (3.0, 6.0)
    """
    times = trials[["intervals_0", "intervals_1"]].to_numpy(np.float64)
    known = times[np.isfinite(times)]
    if not known.size:
        raise TrialFault(
            "no trial has a begin or an end.", session=session,
            found=f"{len(trials)} trials", wanted="intervals_0 and intervals_1, s",
            mend="extract the trials again",
        )  # fmt: skip
    return float(known.min()) + pre, float(known.max()) + post


def shift_times(raw: RawPhotometry, offset_s: float) -> RawPhotometry:
    """Add an offset to the times of bands and events.

    Parameters
    ----------
    raw
        On a clock of its own.
    offset_s
        What brings it onto the clock of the trials, s.

    Returns
    -------
    RawPhotometry
        Frames keep their times: raw QC looks at the steps between them only.
    """
    if not offset_s:
        return raw
    bands = {
        name: band.set_axis((band.index + offset_s).rename("times"))
        for name, band in raw.bands.items()
    }
    events = raw.events.assign(times=raw.events["times"] + offset_s)
    return replace(raw, bands=bands, events=events)
