"""What of a response goes with movement: timing, and the speed of the wheel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.group._results import GroupResult, Plan, analyse_parts
from ranvier.analysis.group._trials import take_enough
from ranvier.analysis.statistics import (
    CrossvalResult,
    LikelihoodRatio,
    LmmResult,
    code_two_levels,
    compare_likelihoods,
    crossval_lmm,
    fit_lmm_formula,
    select_complete,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ranvier.analysis.group._mixed import Work
    from ranvier.analysis.group._results import Key

STIMULUS = "stimOn_times"
TIMINGS = {"reaction_time": "log_reaction_time", "movement_time": "log_movement_time"}
"""Timing → its predictor, log10 s."""

WHEEL_VARIABLES = ("reaction_time", "movement_time", "peak_velocity")
"""What the wheel models explain."""

_MIN_SUBJECTS_CROSSVAL = 3
_MIN_TRIALS_WHEEL = 10
_WHEEL_BASE = "stim_right * choice_right"


@dataclass(frozen=True)
class WheelComparison:
    """Whether the response adds to what side and choice say of the movement.

    Parameters
    ----------
    base, full
        Models without and with the response, by maximum likelihood.
    test
        Of the one against the other.
    """

    base: LmmResult
    full: LmmResult
    test: LikelihoodRatio

    def to_frame(self) -> pd.DataFrame:
        """Give it as one row.

        Returns
        -------
        pandas.DataFrame
            coef, se, p_wald of the response; chi2, df, p; delta_r2, r2_base, r2_full,
            n_trials, n_subjects.
        """
        at = self.full.columns.index("response")
        row = {
            "coef": self.full.beta[at],
            "se": self.full.se[at],
            "p_wald": self.full.p[at],
            "chi2": self.test.chi2,
            "df": self.test.df,
            "p": self.test.p,
            "delta_r2": self.test.delta_r2,
            "r2_base": self.base.marginal_r2,
            "r2_full": self.full.marginal_r2,
            "n_trials": self.full.n,
            "n_subjects": self.full.n_groups,
        }
        return pd.DataFrame([row])


def crossval_timing(
    work: Work, timings: Sequence[str], event: str = STIMULUS
) -> GroupResult[CrossvalResult]:
    """Compare contrast and timing as predictors, in subjects left out."""
    keys = ("target_NM", "timing")

    def analyse(key: Key, frame: pd.DataFrame) -> tuple[CrossvalResult, pd.DataFrame]:
        predictor = TIMINGS[str(key[1])]
        models = {
            "full": f"response ~ contrast + side + reward + {predictor}",
            "contrast": f"response ~ side + reward + {predictor}",
            "timing": "response ~ contrast + side + reward",
        }
        ready = work.prepare(frame, models.values())
        n_subjects = ready["subject"].nunique()
        if n_subjects < _MIN_SUBJECTS_CROSSVAL:
            raise GroupFault(
                "too few subjects to leave one out.",
                found=f"{n_subjects} with enough trials",
                wanted=f"{_MIN_SUBJECTS_CROSSVAL} or more",
            )
        return crossval_lmm(ready, models, full="full", min_test=5), ready

    said = work.say(timings=[*timings], event=event)
    plan = Plan("loso_cv_movement_lmm", said, keys, lambda found: found.table)
    parts = (
        ((target, timing), frame)
        for target, frame in _split(work, event)
        for timing in timings
    )
    return analyse_parts(plan, work.trials, parts, analyse)


def fit_timing_by_contrast(
    work: Work, timings: Sequence[str], event: str = STIMULUS
) -> GroupResult[LmmResult]:
    """Fit the slope of the response on timing at each contrast."""

    def analyse(key: Key, frame: pd.DataFrame) -> tuple[LmmResult, pd.DataFrame]:
        formula = f"response ~ side + reward + {TIMINGS[str(key[2])]}"
        whole = frame[select_complete(frame, [formula], ["subject"])]
        ready = take_enough(whole, work.settings)
        return fit_lmm_formula(formula, ready), ready

    def to_table(fit: LmmResult) -> pd.DataFrame:
        row = {
            "timing_coef": fit.beta[-1],
            "timing_se": fit.se[-1],
            "p": fit.p[-1],
            "marginal_r2": fit.marginal_r2,
            "n_trials": fit.n,
            "n_subjects": fit.n_groups,
        }
        return pd.DataFrame([row])

    said = work.say(timings=[*timings], event=event)
    keys = ("target_NM", "contrast", "timing")
    plan = Plan("fit_movement_lmm_per_contrast", said, keys, to_table)
    parts = (
        ((target, contrast, timing), part)
        for target, frame in _split(work, event)
        for contrast, part in frame.groupby("contrast", sort=True)
        for timing in timings
    )
    return analyse_parts(plan, work.trials, parts, analyse)


def compare_wheel(
    work: Work, event: str = STIMULUS, variables: Sequence[str] = WHEEL_VARIABLES
) -> GroupResult[WheelComparison]:
    """Ask at each contrast whether the response says something of the movement."""
    fewer = work.settings.model_copy(update={"min_trials": _MIN_TRIALS_WHEEL})

    def analyse(key: Key, frame: pd.DataFrame) -> tuple[WheelComparison, pd.DataFrame]:
        base = f"{key[2]} ~ {_WHEEL_BASE}"
        whole = frame[select_complete(frame, [f"{base} + response"], ["subject"])]
        ready = take_enough(whole, fewer)
        small = fit_lmm_formula(base, ready, method="ml")
        large = fit_lmm_formula(f"{base} + response", ready, method="ml")
        test = compare_likelihoods(large, small)
        return WheelComparison(small, large, test), ready

    said = work.say(event=event, variables=[*variables])
    keys = ("target_NM", "contrast", "variable")
    plan = Plan("fit_wheel_lmm", said, keys, WheelComparison.to_frame)
    parts = (
        ((target, contrast, variable), part)
        for target, frame in _split(work, event)
        for contrast, part in _add_sides(frame).groupby("contrast", sort=True)
        for variable in variables
    )
    return analyse_parts(plan, work.trials, parts, analyse)


def check_timings(timings: Iterable[str]) -> tuple[str, ...]:
    """Give the timings, if they are known; raise GroupFault if one is not."""
    asked = tuple(timings)
    unknown = [name for name in asked if name not in TIMINGS]
    if unknown:
        raise GroupFault(
            f'there is no timing "{unknown[0]}".',
            wanted=", ".join(TIMINGS),
            mend="name one of these",
        )
    return asked


def _split(work: Work, event: str) -> Iterable[tuple[str, pd.DataFrame]]:
    frame = work.trials.frame
    of_event = frame[frame["event"] == event]
    for target, part in of_event.groupby("target_NM", sort=True):
        yield str(target), part.reset_index(drop=True)


def _add_sides(frame: pd.DataFrame) -> pd.DataFrame:
    stimulus = frame["stim_side"].to_numpy(object)
    return frame.assign(
        stim_right=code_two_levels(stimulus, "right", "left"),
        choice_right=code_two_levels(frame["choice"].to_numpy(), -1.0, 1.0),
    )
