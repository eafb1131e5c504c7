"""From one row a session to one row a recording; rejected ones, duplicates of a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import LOG_COLUMNS
from ranvier.analysis.files import (
    PARALLEL_LISTS,
    get_last_verdicts,
    resolve_duplicate_group,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from ranvier.analysis.arrays import BoolArray

RECORDING_KEYS = ("eid", "target_NM", "fiber_idx")
"""Columns that tell recordings apart."""


def explode_recordings(
    sessions: pd.DataFrame, targets: Collection[str] | None = None
) -> pd.DataFrame:
    """Give one row for each recording of each session.

    Parameters
    ----------
    sessions
        One row a session; `brain_region`, `hemisphere` and `target_NM` are lists of one
        length.
    targets
        Targets to keep; None keeps all.

    Returns
    -------
    pandas.DataFrame
        The three columns hold one value each; `fiber_idx` is the number of the
        recording in its session, from 0, counted before targets are left out. The index
        is 0, 1, 2, ….

    Examples
    --------
    >>> lists = {"brain_region": [["VTA", "DR"]], "hemisphere": [["l", ""]]}
    >>> row = {"eid": ["s1"], **lists, "target_NM": [["VTA-DA", "DR-5HT"]]}
    >>> explode_recordings(pd.DataFrame(row), ["DR-5HT"])["fiber_idx"].tolist()
    [1]
    """
    lists = [name for name in PARALLEL_LISTS if name in sessions]
    n_fibres = sessions["brain_region"].map(len).to_numpy(np.int64)
    rows = sessions[n_fibres > 0].explode(lists, ignore_index=True)
    counts = n_fibres[n_fibres > 0]
    place = [np.arange(n, dtype=np.int64) for n in counts]
    rows["fiber_idx"] = np.concatenate(place) if place else np.empty(0, np.int64)
    for name in lists:
        rows[name] = rows[name].astype(object).where(rows[name].notna(), "")
    if targets is not None:
        rows = rows[rows["target_NM"].isin([*targets])]
    return rows.reset_index(drop=True)


def find_rejected(catalog: pd.DataFrame, verdicts: pd.DataFrame) -> pd.MultiIndex:
    """Find the recordings whose last verdict is "rejected".

    Parameters
    ----------
    catalog
        One row a session, with lists of fibres.
    verdicts
        Of `files.read_verdicts`. One without a region is on the whole session.

    Returns
    -------
    pandas.MultiIndex
        eid, fiber_idx.
    """
    last = get_last_verdicts(verdicts)
    said = last[last["verdict"] == "rejected"]
    whole = said["eid"][said["brain_region"] == ""]
    rows = explode_recordings(catalog[["eid", "brain_region"]])
    judged = pd.MultiIndex.from_frame(said[["eid", "brain_region"]])
    is_one = pd.MultiIndex.from_frame(rows[["eid", "brain_region"]]).isin(judged)
    is_rejected = is_one | rows["eid"].isin(whole).to_numpy(np.bool_)
    return pd.MultiIndex.from_frame(rows.loc[is_rejected, ["eid", "fiber_idx"]])


def find_duplicates(catalog: pd.DataFrame) -> tuple[BoolArray, pd.DataFrame]:
    """Find the session to keep of each subject and day.

    Parameters
    ----------
    catalog
        One row a session, with `subject`, `day_n` and maybe `logged_errors`.

    Returns
    -------
    mask : numpy.ndarray
        True for those to keep; a session whose day is not known is kept.
    log : pandas.DataFrame
        A row (`LOG_COLUMNS`) for each day with several that nothing speaks against.
    """
    frame = catalog.reset_index(drop=True)
    if "logged_errors" not in frame:
        none = pd.Series([[] for _ in range(len(frame))], frame.index, dtype=object)
        frame = frame.assign(logged_errors=none)
    by_day = frame.groupby(["subject", "day_n"], dropna=False, sort=False)
    is_alone = by_day["eid"].transform("size") == 1
    kept = (is_alone | frame["day_n"].isna()).to_numpy(np.bool_, copy=True)
    log: list[dict[str, Any]] = []
    for _, group in frame[~kept].groupby(
        ["subject", "day_n"], dropna=False, sort=False
    ):
        chosen = resolve_duplicate_group(group, exlog=log)
        kept[int(chosen.name)] = True
    return kept, pd.DataFrame(log, columns=[*LOG_COLUMNS])
