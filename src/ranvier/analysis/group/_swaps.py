"""Tests against other sessions: one variable swapped, or all of the behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.faults import DataFault, GroupFault
from ranvier.analysis.group._models import make_persession_formula
from ranvier.analysis.group._recording_models import BY, find_mains
from ranvier.analysis.group._recordings import RECORDING_KEYS
from ranvier.analysis.group._results import GroupResult, Plan, finish, split_parts
from ranvier.analysis.group._trials import code_contrast, count_trials
from ranvier.analysis.statistics import (
    PermutationP,
    SessionSwap,
    permutation_null,
    select_complete,
    session_swap_test,
    synchronized_permutation_pvalue,
)
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.group._mixed import Work
    from ranvier.analysis.group._results import Key

_CONTINUOUS = ("contrast", "log_reaction_time", "peak_velocity")


@dataclass(frozen=True, eq=False)
class DroponeNull:
    """What a variable adds in the recordings of one target and event.

    Parameters
    ----------
    observed
        ΔR² of each recording, (n_recordings,); NaN where it could not be computed.
    null
        With the variable of each other session, (n_recordings, n_recordings); a
        column is a donor, NaN on the diagonal and where a draw failed.
    recordings
        eid, target_NM, fiber_idx, subject, delta_r2, p, n_draws, n_failed.
    subjects
        Subject → p of the mean over its recordings.
    """

    observed: FloatArray
    null: FloatArray
    recordings: pd.DataFrame
    subjects: dict[str, PermutationP]

    def to_frame(self) -> pd.DataFrame:
        """Give the subjects as a table.

        Returns
        -------
        pandas.DataFrame
            subject, delta_r2 (mean over recordings), p, n_recordings, n_draws,
            n_failed.
        """
        mean = self.recordings.groupby("subject")["delta_r2"].agg(["mean", "count"])
        rows = [
            {
                "subject": name,
                "delta_r2": mean.loc[name, "mean"],
                "p": found.p,
                "n_recordings": mean.loc[name, "count"],
                "n_draws": found.n_draws,
                "n_failed": found.n_failed,
            }
            for name, found in self.subjects.items()
        ]
        return pd.DataFrame(rows)


def swap_variables(
    work: Work, min_trials: int, events: Sequence[str] | None = None
) -> GroupResult[DroponeNull]:
    """Test what each variable adds against the same variable of other sessions."""
    # Each recording of a target in turn gets the variable of each other recording.
    # Recordings of the same session are no donors of each other.
    frame = work.trials.frame
    if events is not None:
        frame = frame[frame["event"].isin([*events])]
    coded, _ = code_contrast(frame, work.settings.contrast_coding)
    mains = find_mains(coded)
    formula = make_persession_formula(mains)
    whole = coded[select_complete(coded, [formula], ["subject"])]
    size = whole.groupby([*BY])["trial"].transform("size")
    ready = whole[size >= min_trials]
    results: dict[Key, DroponeNull] = {}
    faults: dict[Key, DataFault] = {}
    for key, part in split_parts(ready):
        try:
            recordings = _split_recordings(part, mains)
        except DataFault as fault:
            faults[key] = fault
            continue
        for variable in mains:
            results[*key, variable] = _swap_variable(
                recordings, formula, variable, min_trials
            )
    said = work.say(formula=formula, min_trials=min_trials)
    keys = ("target_NM", "event", "variable")
    plan = Plan("response_ols_dropone_permutation", said, keys, DroponeNull.to_frame)
    found = {(*key, "all"): fault for key, fault in faults.items()}
    return finish(plan, work.trials, results, found, count_trials(ready))


def swap_sessions(
    work: Work,
    predictor: str,
    statistic: Callable[[FloatArray, FloatArray], float],
    n_draws: int,
) -> GroupResult[SessionSwap]:
    """Test a statistic of behaviour and responses against swapped sessions."""
    frame = work.trials.frame
    if predictor not in frame:
        raise GroupFault(
            f'the trials have no "{predictor}".',
            found=", ".join(map(str, frame.columns)),
            mend="name a column of the trials",
        )
    results: dict[Key, SessionSwap] = {}
    faults: dict[Key, DataFault] = {}
    known = frame.dropna(subset=[predictor, "response"])
    size = known.groupby([*BY])["trial"].transform("size")
    ready = known[size >= work.settings.min_trials]
    for key, part in split_parts(ready):
        by = part.groupby([*RECORDING_KEYS], sort=True)
        behaviour = [each[predictor].to_numpy(np.float64) for _, each in by]
        neural = [each["response"].to_numpy(np.float64) for _, each in by]
        try:
            results[key] = session_swap_test(
                behaviour, neural, statistic, n_draws=n_draws, seed=work.settings.seed
            )
        except DataFault as fault:
            faults[key] = fault
    said = work.say(predictor=predictor, n_draws=n_draws)
    plan = Plan("session_permutation_test", said, to_table=_swap_to_frame)
    return finish(plan, work.trials, results, faults, count_trials(ready))


def correlate(behaviour: FloatArray, neural: FloatArray) -> float:
    """Give the size of the correlation; ValueError if one side does not vary."""
    if np.ptp(behaviour) == 0 or np.ptp(neural) == 0:
        raise ValueError("one side does not vary")
    return float(abs(np.corrcoef(behaviour, neural)[0, 1]))


def _split_recordings(part: pd.DataFrame, mains: Sequence[str]) -> list[pd.DataFrame]:
    recordings = [each for _, each in part.groupby([*RECORDING_KEYS], sort=True)]
    if len({each["eid"].iloc[0] for each in recordings}) < 2:
        raise GroupFault(
            "there is no other session to swap with.",
            found=f"{len(recordings)} recordings of one session",
            wanted="two sessions of a target",
        )
    return [_centre(each.sort_values("trial"), mains) for each in recordings]


def _centre(frame: pd.DataFrame, mains: Sequence[str]) -> pd.DataFrame:
    names = [name for name in mains if name in _CONTINUOUS]
    return frame.assign(**{name: frame[name] - frame[name].mean() for name in names})


def _swap_variable(
    recordings: list[pd.DataFrame], formula: str, variable: str, min_trials: int
) -> DroponeNull:
    n = len(recordings)
    eids = [str(each["eid"].iloc[0]) for each in recordings]
    donors = [each[variable].to_numpy(np.float64) for each in recordings]
    observed, null = np.full(n, np.nan), np.full((n, n), np.nan)
    rows: list[dict[str, object]] = []
    for place, frame in enumerate(recordings):
        others = [k for k in range(n) if eids[k] != eids[place]]
        said = {name: frame[name].iloc[0] for name in (*RECORDING_KEYS, "subject")}
        try:
            found = permutation_null(
                frame,
                formula,
                variable,
                [donors[k] for k in others],
                min_trials=min_trials,
            )
        except (DataFault, AnalysisError) as fault:
            rows.append({**said, "delta_r2": np.nan, "reason": fault.problem})
            continue
        observed[place], null[place, others] = found.observed, found.null
        rows.append(
            {
                **said,
                "delta_r2": found.observed,
                "p": found.p,
                "n_draws": found.n_draws,
                "n_failed": found.n_failed,
                "reason": "",
            }
        )
    names = [*RECORDING_KEYS, "subject", "delta_r2", "p", "n_draws", "n_failed"]
    table = pd.DataFrame(rows).reindex(columns=[*names, "reason"])
    subjects: dict[str, PermutationP] = {}
    for name in dict.fromkeys(table["subject"]):
        own = (table["subject"] == name).to_numpy() & np.isfinite(observed)
        subjects[str(name)] = synchronized_permutation_pvalue(observed[own], null[own])
    return DroponeNull(observed, null, table, subjects)


def _swap_to_frame(found: SessionSwap) -> pd.DataFrame:
    row = {
        "observed": float(np.nanmean(found.observed))
        if np.isfinite(found.observed).any()
        else np.nan,
        "p": found.p,
        "n_sessions": len(found.observed),
        "n_draws": found.n_draws,
        "n_failed": found.n_failed,
    }
    return pd.DataFrame([row])
