"""The rules that come last: verdicts on recordings, one session of a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.group._recordings import (
    explode_recordings,
    find_duplicates,
    find_rejected,
)
from ranvier.analysis.group._waterfall import WaterfallStep

if TYPE_CHECKING:
    from collections.abc import Collection

    from ranvier.analysis.arrays import BoolArray

VERDICTS_RULE = "use_verdicts"
DAY_RULE = "one_session_a_day"


@dataclass(frozen=True, eq=False)
class VerdictsRule:
    """What verdicts leave out.

    Parameters
    ----------
    passing
        Sessions that pass, shape (n_sessions,).
    rejected
        eid, fiber_idx of recordings to leave out; None leaves none out.
    step
        What is told.
    """

    passing: BoolArray
    rejected: pd.MultiIndex | None
    step: WaterfallStep


def leave_out_rejected(
    catalog: pd.DataFrame,
    passing: BoolArray,
    verdicts: pd.DataFrame | None,
    targets: Collection[str] | None,
) -> VerdictsRule:
    """Leave out rejected recordings, and sessions that have no other.

    Parameters
    ----------
    catalog
        One row a session.
    passing
        Sessions that pass the rules before.
    verdicts
        Of `files.read_verdicts`; None if they are not known.
    targets
        Targets to keep; None keeps all.

    Returns
    -------
    VerdictsRule
    """
    before = int(passing.sum())
    if verdicts is None:
        note = "no verdicts are known: the group is not of a study"
        step = WaterfallStep(VERDICTS_RULE, before, before, note, False)
        return VerdictsRule(passing, None, step)
    rejected = find_rejected(catalog, verdicts)
    wanted = explode_recordings(catalog[passing], targets)
    is_out = pd.MultiIndex.from_frame(wanted[["eid", "fiber_idx"]]).isin(rejected)
    emptied = set(wanted["eid"][is_out]) - set(wanted["eid"][~is_out])
    kept = passing & ~catalog["eid"].isin(emptied).to_numpy(np.bool_)
    note = f"{int(is_out.sum())} of {len(wanted)} recordings were rejected"
    step = WaterfallStep(VERDICTS_RULE, before, int(kept.sum()), note)
    return VerdictsRule(kept, rejected, step)


def keep_one_a_day(
    catalog: pd.DataFrame, passing: BoolArray
) -> tuple[BoolArray, pd.DataFrame, WaterfallStep]:
    """Keep one session of each subject and day, of those that pass.

    Parameters
    ----------
    catalog
        One row a session.
    passing
        Sessions that pass all other rules.

    Returns
    -------
    passing : numpy.ndarray
        Shape (n_sessions,).
    log : pandas.DataFrame
        Of `find_duplicates`; empty if no day is known.
    step : WaterfallStep
        What is told; not applied if no day is known.
    """
    before = int(passing.sum())
    if "day_n" not in catalog:
        note = "the catalogue does not say the days"
        _, log = find_duplicates(catalog.iloc[:0].assign(day_n=[]))
        return passing, log, WaterfallStep(DAY_RULE, before, before, note, False)
    unique, log = find_duplicates(catalog[passing])
    kept = passing.copy()
    kept[passing] = unique
    note = "of a subject"
    if len(log):
        note += f"; the first of several good ones: {len(log)}"
    return kept, log, WaterfallStep(DAY_RULE, before, int(kept.sum()), note)
