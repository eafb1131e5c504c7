"""Functional mixed models: coefficients as curves over the time after an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.group._results import (
    GroupResult,
    Plan,
    analyse_parts,
    split_parts,
)
from ranvier.analysis.statistics import (
    FunctionalLmmResult,
    FunctionalSettings,
    build_design,
    fit_functional_lmm,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.group._mixed import Work
    from ranvier.analysis.group._results import Key
    from ranvier.analysis.group._store import SessionResponses


def fit_curves(
    work: Work,
    sessions: Mapping[str, SessionResponses],
    formula: str,
    window: tuple[float, float],
    baseline: tuple[float, float],
) -> GroupResult[FunctionalLmmResult]:
    """Fit one functional model to each target and event."""
    # Responses are less their baseline, not masked: a trial without all of its samples
    # can't be used, and masking takes samples from most trials.

    def analyse(
        _: Key, frame: pd.DataFrame
    ) -> tuple[FunctionalLmmResult, pd.DataFrame]:
        known = frame[frame["eid"].isin([*sessions])]
        if known.empty:
            raise GroupFault("no session with traces has trials for this.")
        ready = work.prepare(known, [formula])
        values, t = _gather(ready, sessions, baseline)
        inside = (t >= window[0] - 1e-9) & (t <= window[1] + 1e-9)
        settings = FunctionalSettings(seed=work.settings.seed)
        found = fit_functional_lmm(
            values[:, inside],
            build_design(formula, ready),
            ready["subject"],
            times=t[inside],
            settings=settings,
        )
        return found, ready

    said = work.say(formula=formula, window=window, baseline=baseline)
    plan = Plan("fit_functional_lmm", said, to_table=FunctionalLmmResult.to_frame)
    return analyse_parts(plan, work.trials, split_parts(work.trials.frame), analyse)


def _gather(
    frame: pd.DataFrame,
    sessions: Mapping[str, SessionResponses],
    baseline: tuple[float, float],
) -> tuple[FloatArray, FloatArray]:
    t = next(iter(sessions.values())).t
    values = np.full((len(frame), len(t)), np.nan)
    trial = frame["trial"].to_numpy(np.int64)
    by = frame.groupby(["eid", "brain_region", "event"], sort=False).indices
    for key, rows in by.items():
        eid, region, event = map(str, cast("tuple[Any, ...]", key))
        session = sessions[eid]
        clean = session.clean(region, baseline, masked=False)
        places = np.searchsorted(session.trial, trial[rows])
        values[rows] = clean[session.events.index(event)][places]
    return values, t
