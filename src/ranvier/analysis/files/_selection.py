"""Which sessions of a catalogue are kept: duplicates, excluded ones, quality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import TrueDuplicateSession, exception_logger
from ranvier.analysis.files._schemas import is_list

if TYPE_CHECKING:
    from collections.abc import Collection

DISQUALIFYING_ERRORS = (
    "MissingRawData",
    "InsufficientTrials",
    "TrialsNotInPhotometryTime",
)
"""Errors that make one of two sessions of a day give way to the other."""


@exception_logger
def resolve_duplicate_group(
    group: pd.DataFrame, disqualifying: Collection[str] = DISQUALIFYING_ERRORS
) -> Any:
    """Choose the session to keep of those of one subject on one day.

    Parameters
    ----------
    group
        Sessions, with the list column `logged_errors`.
    disqualifying
        Errors that make a session give way.

    Returns
    -------
    pandas.Series
        The one that no such error speaks against; if that is none, the first.

    Raises
    ------
    TrueDuplicateSession
        If it is several; its `fallback_row` is the first of these.
    """
    is_good = [
        set(errors).isdisjoint(disqualifying) if is_list(errors) else True
        for errors in group["logged_errors"]
    ]
    good = group[is_good]
    if len(group) > 1 and len(good) > 1:
        raise TrueDuplicateSession(
            fallback_row=good.iloc[0],
            session=", ".join(map(str, good["eid"])),
            found=f"{len(good)} sessions",
            wanted="one session a day",
        )
    return (good if len(good) else group).iloc[0]


def clean_sessions(
    frame: pd.DataFrame,
    exclude_subjects: Collection[str] = (),
    exclude_session_types: Collection[str] = (),
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Leave out sessions of subjects and types that are not analysed.

    Parameters
    ----------
    frame
        Sessions, with `subject` and `session_type`.
    exclude_subjects, exclude_session_types
        What is left out.

    Returns
    -------
    frame : pandas.DataFrame
        The others.
    n_left_out : dict
        Subject or type → sessions that were left out for it.
    """
    by_subject = frame["subject"].isin(list(exclude_subjects))
    by_type = frame["session_type"].isin(list(exclude_session_types)) & ~by_subject
    counts = pd.concat(
        [
            frame.loc[by_subject, "subject"].value_counts(),
            frame.loc[by_type, "session_type"].value_counts(),
        ]
    )
    n_left_out = {str(name): int(n) for name, n in counts.items()}
    return frame[~(by_subject | by_type)].copy(), n_left_out


def aggregate_qc_per_session(
    qc: pd.DataFrame, *, threshold: float = 0.1, require_all: bool = True
) -> pd.DataFrame:
    """Say of each session whether its signals pass.

    Parameters
    ----------
    qc
        Rows of `qc_photometry`.
    threshold
        `n_unique_samples` must be above; `n_band_inversions` must be 0.
    require_all
        Whether every signal must pass, or one is enough.

    Returns
    -------
    pandas.DataFrame
        Columns eid, passes_basic_qc. A metric that is NaN does not pass.
    """
    if qc.empty:
        empty = {
            "eid": pd.Series(dtype=object),
            "passes_basic_qc": pd.Series(dtype=bool),
        }
        return pd.DataFrame(empty)
    passes = (qc["n_unique_samples"] > threshold) & (qc["n_band_inversions"] == 0)
    by_session = passes.astype(bool).groupby(qc["eid"], sort=True)
    verdict = by_session.all() if require_all else by_session.any()
    return verdict.rename("passes_basic_qc").rename_axis("eid").reset_index()
