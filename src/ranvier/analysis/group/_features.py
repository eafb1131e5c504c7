"""Response vectors of all recordings of a group, and how gaps in them are handled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.group._recordings import RECORDING_KEYS
from ranvier.analysis.responses import Feature, feature_sort_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.analysis.arrays import FloatArray

FEATURE_EVENTS = ("stimOn_times", "feedback_times")
"""Events that have a part in a response vector."""

NanHandling = Literal["drop_sessions", "drop_features", "keep"]
Normalize = Literal["minmax"]


def build_features(
    trials: pd.DataFrame,
    events: Sequence[str] = FEATURE_EVENTS,
    min_trials: int = 1,
    normalize: Normalize | None = None,
) -> pd.DataFrame:
    """Average the responses of each recording within each condition.

    Parameters
    ----------
    trials
        Of `AnalysisTrials`: response, contrast (percent), side, reward.
    events
        Those that have a part in it.
    min_trials
        A condition with fewer trials is NaN.
    normalize
        "minmax" brings each vector to 0 … 1.

    Returns
    -------
    pandas.DataFrame
        Index (eid, target_NM, fiber_idx); columns stimOn_c100_contra_correct, … in the
        order of `feature_sort_key`: each event, side, outcome and contrast that occurs.

    Notes
    -----
    As `responses.compute_response_vector` of each recording, in one pass over the
    trials of all.
    """
    known = trials[
        trials["event"].isin([*events])
        & trials[["contrast", "side", "reward", "response"]].notna().all(axis=1)
    ]
    keys = [*RECORDING_KEYS]
    if known.empty:
        levels = [pd.Index([], dtype=object)] * len(keys)
        return pd.DataFrame(index=pd.MultiIndex.from_arrays(levels, names=keys))
    row = known.groupby(keys, sort=False).ngroup().to_numpy()
    index = pd.MultiIndex.from_frame(known[keys].drop_duplicates())
    labels, column = _label(known, events)
    shape = (len(index), len(labels))
    cell = row * len(labels) + column
    response = known["response"].to_numpy(np.float64)
    count = np.bincount(cell, minlength=shape[0] * shape[1])
    total = np.bincount(cell, response, minlength=shape[0] * shape[1])
    enough = count >= max(min_trials, 1)
    mean = np.where(enough, total / np.maximum(count, 1), np.nan).reshape(shape)
    table = pd.DataFrame(mean, index, labels)
    table = table[sorted(labels, key=feature_sort_key)]
    return _scale_rows(table) if normalize == "minmax" else table


def handle_gaps(
    features: pd.DataFrame, handling: NanHandling, threshold: float
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Leave out recordings and features until no value is missing.

    Parameters
    ----------
    features
        One row a recording.
    handling
        "drop_features": features missing in more than `threshold` of the recordings go
        first, then recordings that still miss one. "drop_sessions": recordings missing
        more than `threshold` of their features go first, then features that are still
        missing in one. "keep" leaves all.
    threshold
        Share, 0 to 1.

    Returns
    -------
    features : pandas.DataFrame
        What is left.
    counts : dict
        n_recordings, n_features, and how many of each were left out.

    Raises
    ------
    GroupFault
        If nothing is left, or `handling` is another.
    """
    if handling not in ("drop_sessions", "drop_features", "keep"):
        raise GroupFault(
            "missing features can't be handled that way.",
            found=repr(handling),
            wanted="drop_sessions, drop_features or keep",
            mend="name one of these",
        )
    gaps = features.isna().to_numpy()
    left: Any = features
    if handling == "drop_features" and gaps.size:
        left = left.loc[:, gaps.mean(axis=0) <= threshold].dropna(axis=0)
    elif handling == "drop_sessions" and gaps.size:
        left = left.loc[gaps.mean(axis=1) <= threshold].dropna(axis=1)
    counts = {
        "n_recordings": len(left),
        "n_features": left.shape[1],
        "n_recordings_left_out": len(features) - len(left),
        "n_features_left_out": features.shape[1] - left.shape[1],
    }
    if not left.size:
        raise GroupFault(
            "no recording has all features.",
            found=f"{len(features)} recordings, {features.shape[1]} features, "
            f"{gaps.mean() if gaps.size else 1:.0%} missing",
            wanted="some recordings and features without a gap",
            mend="raise nan_threshold, lower min_trials, or take trials of all blocks",
        )
    return left, counts


def _label(known: pd.DataFrame, events: Sequence[str]) -> tuple[list[str], FloatArray]:
    # A column for each combination of what occurs, whether it occurs together or not.
    contrasts, at = np.unique(
        known["contrast"].to_numpy(np.float64), return_inverse=True
    )
    present = [event for event in events if (known["event"] == event).any()]
    which = known["event"].map({event: i for i, event in enumerate(present)})
    side = (known["side"].to_numpy() < 0).astype(np.int64)
    outcome = (known["reward"].to_numpy() < 0).astype(np.int64)
    labels = [
        str(Feature(event.removesuffix("_times"), float(contrast), side_, outcome_))
        for event in present
        for contrast in contrasts
        for side_ in ("contra", "ipsi")
        for outcome_ in ("correct", "incorrect")
    ]
    place = which.to_numpy(np.int64) * len(contrasts) + at
    return labels, (place * 2 + side) * 2 + outcome


def _scale_rows(table: pd.DataFrame) -> pd.DataFrame:
    low, high = table.min(axis=1), table.max(axis=1)
    span = (high - low).where(high > low)
    return table.sub(low, axis=0).div(span, axis=0)
