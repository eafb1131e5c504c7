"""Least-squares models of single recordings, and the variance they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import DataFault, GroupFault
from ranvier.analysis.group._models import PERSESSION_MAINS, make_persession_formula
from ranvier.analysis.group._recordings import RECORDING_KEYS
from ranvier.analysis.group._results import GroupResult, Plan, finish
from ranvier.analysis.group._trials import code_contrast, count_trials
from ranvier.analysis.statistics import (
    OlsBatch,
    VarianceComponents,
    fit_measurement_error_varcomp,
    fit_ols_by,
    fit_response_glm,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.analysis.group._mixed import Work
    from ranvier.analysis.group._results import Key

BY = (*RECORDING_KEYS, "event")
INTERCEPT = "Intercept"
_CONTINUOUS = ("contrast", "log_reaction_time", "peak_velocity")


def fit_glms(work: Work, events: Sequence[str] | None = None) -> OlsBatch:
    """Fit response to contrast, side and reward, for each recording and event."""
    frame = _take_events(work, events)
    coded, _ = code_contrast(frame, work.settings.contrast_coding)
    return fit_response_glm(coded, BY, min_trials=work.settings.min_trials)


def spread_coefficients(
    batch: OlsBatch, *, weight_by_se: bool = False
) -> dict[str, pd.DataFrame]:
    """Give the coefficients of each event as a table, one row a recording.

    Parameters
    ----------
    batch
        Fits, by recording and event.
    weight_by_se
        Give t, coefficient over standard error, in place of the coefficient.

    Returns
    -------
    dict
        Event → frame; index (eid, target_NM, fiber_idx), a column for each term but the
        intercept.
    """
    found: dict[str, pd.DataFrame] = {}
    if batch.coefficients.empty:
        return found
    for event, part in batch.coefficients.groupby("event", sort=False):
        terms = [*dict.fromkeys(part["term"])]
        wide = part.pivot_table(
            index=[*RECORDING_KEYS],
            columns="term",
            values="t" if weight_by_se else "coef",
            sort=False,
            dropna=False,
        )
        wide = wide.dropna(how="all")[[name for name in terms if name != INTERCEPT]]
        wide.columns.name = None
        found[str(event)] = wide
    return found


def fit_persession(
    work: Work, min_trials: int = 50, events: Sequence[str] | None = None
) -> OlsBatch:
    """Fit task and movement variables to each recording and event, and drop each."""
    # A variable that is known in no trial is left out of the formula; the provenance of
    # the result says which formula it was.
    frame = _take_events(work, events)
    coded, _ = code_contrast(frame, work.settings.contrast_coding)
    mains = find_mains(coded)
    return fit_ols_by(
        coded,
        make_persession_formula(mains),
        BY,
        drop=mains,
        centre=[name for name in mains if name in _CONTINUOUS],
        min_trials=min_trials,
    )


def find_mains(frame: pd.DataFrame) -> list[str]:
    """Give the main effects that are known in some trials; GroupFault if none is."""
    mains = [name for name in PERSESSION_MAINS if frame[name].notna().any()]
    if not mains:
        raise GroupFault("no predictor is known in any trial.")
    return mains


def split_variance(
    work: Work, batch: OlsBatch, min_subjects: int, min_sessions: int
) -> GroupResult[VarianceComponents]:
    """Split the variance of each coefficient into subjects and sessions."""
    # Subjects with fewer than `min_sessions` recordings are left out; a target with
    # fewer than `min_subjects` left is a fault.
    subjects = work.trials.frame.drop_duplicates("eid").set_index("eid")["subject"]
    table = batch.coefficients
    results: dict[Key, VarianceComponents] = {}
    faults: dict[Key, DataFault] = {}
    used: list[pd.DataFrame] = []
    keys = ("target_NM", "event", "term")
    if not table.empty:
        for key, part in table.groupby([*keys], sort=True):
            said: Key = tuple(key)
            who = part["eid"].map(subjects)
            size = who.groupby(who).transform("size")
            kept = (size >= min_sessions).to_numpy(np.bool_)
            try:
                _check_subjects(who[kept], min_subjects, min_sessions)
                results[said] = fit_measurement_error_varcomp(
                    part["coef"][kept], part["se"][kept], who[kept].to_numpy()
                )
            except DataFault as fault:
                faults[said] = fault
                continue
            used.append(part[kept])
    taken = _take_recordings(work, used)
    said_too = work.say(min_subjects=min_subjects, min_sessions=min_sessions)
    plan = Plan("response_varcomp", said_too, keys, _varcomp_to_frame)
    return finish(plan, work.trials, results, faults, count_trials(taken))


def _take_events(work: Work, events: Sequence[str] | None) -> pd.DataFrame:
    frame = work.trials.frame
    chosen = frame if events is None else frame[frame["event"].isin([*events])]
    if chosen.empty:
        raise GroupFault(
            "no trial is left for the models of recordings.",
            found=str(work.trials.waterfall),
            wanted="trials of these events",
        )
    return chosen


def _check_subjects(who: pd.Series, min_subjects: int, min_sessions: int) -> None:
    if who.nunique() < min_subjects:
        raise GroupFault(
            "too few subjects have enough recordings.",
            found=f"{who.nunique()} subjects",
            wanted=f"{min_subjects} with {min_sessions} recordings",
        )


def _take_recordings(work: Work, used: list[pd.DataFrame]) -> pd.DataFrame:
    frame = work.trials.frame
    if not used:
        return frame.iloc[:0]
    keys = pd.concat(used)[[*BY]].drop_duplicates()
    return frame.merge(keys, on=[*BY], how="inner")


def _varcomp_to_frame(found: VarianceComponents) -> pd.DataFrame:
    row: dict[str, Any] = {
        "mean": found.mean,
        "mean_se": found.mean_se,
        "sd_subject": found.sd_subject,
        "sd_session": found.sd_session,
        "share_subject": found.share_subject,
        "n_recordings": found.n,
        "n_missing": found.n_missing,
        "converged": found.converged,
    }
    return pd.DataFrame([row])
