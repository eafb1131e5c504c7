"""The trials of an analysis: one rule for all of them, said in every result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.group._magnitudes import name_response
from ranvier.analysis.group._waterfall import Waterfall, WaterfallStep
from ranvier.analysis.statistics import code_two_levels, make_contrast_coding
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.analysis.arrays import BoolArray, FloatArray
    from ranvier.analysis.parameters import StatisticsParameters, TrialsParameters
    from ranvier.analysis.statistics import ContrastCoding

_COUNTED = ("target_NM", "event", "subject")
_ADDED = ("movement_time", "response_time", "peak_velocity")
_OF_TASK = ("probabilityLeft", "choice")
_UNKNOWN = "it is not known of any trial"


@dataclass(frozen=True, eq=False)
class AnalysisTrials:
    """The trials that an analysis takes, and which it does not.

    Parameters
    ----------
    frame
        One row a recording, event and trial: the columns of the magnitudes, the timings
        of the trial, `response`, and predictors coded alike for all: `side`, `reward`,
        `choice_side` (±0.5), `log_reaction_time`, `log_movement_time` (log10 s),
        `peak_velocity` (rad/s). `contrast` is percent, and so is `contrast_percent`,
        which stays so where a model codes the other.
    waterfall
        What each part of the rule left out.
    """

    frame: pd.DataFrame
    waterfall: Waterfall

    @property
    def counts(self) -> pd.DataFrame:
        """How many trials, sessions and recordings each subject has.

        Columns target_NM, event, subject, n_sessions, n_recordings, n_trials.
        """
        return count_trials(self.frame)


def count_trials(frame: pd.DataFrame) -> pd.DataFrame:
    """Count the trials of each target, event and subject.

    Parameters
    ----------
    frame
        Of `AnalysisTrials`.

    Returns
    -------
    pandas.DataFrame
        target_NM, event, subject, n_sessions, n_recordings, n_trials.
    """
    keys = [*_COUNTED]
    by = frame.groupby(keys, sort=True, observed=True)
    recordings = frame.drop_duplicates([*keys, "eid", "fiber_idx"]).groupby(
        keys, sort=True, observed=True
    )
    found = pd.DataFrame(
        {
            "n_sessions": by["eid"].nunique(),
            "n_recordings": recordings.size(),
            "n_trials": by.size(),
        }
    )
    return found.reset_index()


def select_trials(
    magnitudes: pd.DataFrame,
    regressors: pd.DataFrame,
    rule: TrialsParameters,
    window: str,
) -> AnalysisTrials:
    """Take the trials that every analysis of a group takes.

    Parameters
    ----------
    magnitudes
        Of `build_magnitudes`.
    regressors
        Of each trial: eid, trial, movement_time, response_time, peak_velocity. Columns
        that are not there are NaN.
    rule
        Which block, no-gos or not, how fast at most.
    window
        Name of the window of the response: "early".

    Returns
    -------
    AnalysisTrials

    Raises
    ------
    GroupFault
        If there are no magnitudes of that window, or no trial is left.
    """
    name = name_response(window)
    if name not in magnitudes:
        known = [each for each in magnitudes if str(each).startswith("response_")]
        raise GroupFault(
            f'there are no responses of the window "{window}".',
            found=", ".join(map(str, known)) or "no window",
            mend="call get_response_magnitudes; name a window of the parameters",
        )
    frame = _add_regressors(magnitudes, regressors)
    passing = np.ones(len(frame), dtype=np.bool_)
    steps: list[WaterfallStep] = []
    for part, kept, note in _iter_rules(frame, rule, name):
        before = int(passing.sum())
        passing &= True if kept is None else kept
        left = int(passing.sum())
        steps.append(WaterfallStep(part, before, left, note, kept is not None))
    n_midline = int((~frame["hemisphere"][passing].isin(["l", "r"])).sum())
    if n_midline:
        n_left = int(passing.sum())
        note = f"right is contra in {n_midline} of fibres without hemisphere"
        steps.append(WaterfallStep("side", n_left, n_left, note))
    told = Waterfall("select_trials", len(frame), tuple(steps))
    if not passing.any():
        raise GroupFault(
            "no trial is left for the analysis.",
            found=" ".join(str(told).split()),
            wanted="one trial or more",
            mend="widen the rule of the trials (parameters: trials)",
        )
    return AnalysisTrials(code_predictors(frame[passing], name), told)


def code_predictors(frame: pd.DataFrame, response: str) -> pd.DataFrame:
    """Add response and coded predictors to a table of trials.

    Parameters
    ----------
    frame
        Magnitudes with the timings of the trials.
    response
        Column that becomes `response`.

    Returns
    -------
    pandas.DataFrame
        A copy. contra is +0.5, ipsi -0.5, for the stimulus (`side`) and the choice
        (`choice_side`); correct is +0.5. For a fibre without hemisphere right counts as
        contra, as `behaviour.add_relative_contrast` has it.
    """
    is_right_contra = (frame["hemisphere"] != "r").to_numpy(np.bool_)
    right = code_two_levels(frame["stim_side"].to_numpy(object), "right", "left")
    # choice: -1 is right.
    chosen = code_two_levels(frame["choice"].to_numpy(np.float64), -1.0, 1.0)
    turn = np.where(is_right_contra, 1.0, -1.0)
    feedback = frame["feedbackType"].to_numpy(np.float64)
    return frame.assign(
        response=frame[response].to_numpy(np.float64),
        contrast_percent=frame["contrast"].to_numpy(np.float64),
        side=right * turn,
        reward=code_two_levels(feedback, 1.0, -1.0),
        choice_side=chosen * turn,
        log_reaction_time=_to_log(frame["reaction_time"]),
        log_movement_time=_to_log(frame["movement_time"]),
    ).reset_index(drop=True)


def code_contrast(
    frame: pd.DataFrame, name: Any
) -> tuple[pd.DataFrame, ContrastCoding]:
    """Code the contrast of the trials of one analysis, centred on their mean.

    Parameters
    ----------
    frame
        Of `AnalysisTrials`, maybe of one target and event.
    name
        Of the coding.

    Returns
    -------
    frame : pandas.DataFrame
        With `contrast` coded.
    coding : ContrastCoding
        The way back.

    Raises
    ------
    GroupFault
        If there is no contrast, or one that can't be coded.
    """
    percent = frame["contrast_percent"].to_numpy(np.float64)
    try:
        coding = make_contrast_coding(percent, name)
    except AnalysisError as error:
        if error.code != "RV-A85":
            raise
        # It is these data that are wrong: the other targets go on.
        raise GroupFault(
            error.problem, found=error.found, wanted=error.wanted, mend=error.mend
        ) from error
    return frame.assign(contrast=coding.code(percent)), coding


def take_enough(
    frame: pd.DataFrame, settings: StatisticsParameters, columns: Sequence[str] = ()
) -> pd.DataFrame:
    """Leave out subjects with too few trials.

    Parameters
    ----------
    frame
        Of `AnalysisTrials`, of one target and event.
    settings
        Least number of trials of a subject, and of subjects.
    columns
        Columns that a trial must have to count.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    GroupFault
        If too few subjects are left.
    """
    whole = frame.dropna(subset=[*columns]) if columns else frame
    size = whole.groupby("subject")["subject"].transform("size")
    enough = whole[size >= settings.min_trials]
    n_subjects = enough["subject"].nunique()
    if n_subjects < settings.min_subjects:
        seen = whole["subject"].value_counts()
        told = ", ".join(f"{name} {n}" for name, n in seen.items())
        raise GroupFault(
            "too few subjects have enough trials.",
            found=f"{n_subjects} of {len(seen)} subjects ({told or 'no trials'})",
            wanted=f"{settings.min_subjects} with {settings.min_trials} trials",
        )
    return enough.reset_index(drop=True)


def _add_regressors(magnitudes: pd.DataFrame, regressors: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _ADDED if name not in magnitudes]
    known = [name for name in missing if name in regressors]
    frame = magnitudes
    if known and len(regressors):
        table = regressors[["eid", "trial", *known]]
        frame = magnitudes.merge(table, on=["eid", "trial"], how="left")
    unknown = [name for name in (*_ADDED, *_OF_TASK) if name not in frame]
    return frame.assign(**dict.fromkeys(unknown, np.nan)) if unknown else frame


def _iter_rules(
    frame: pd.DataFrame, rule: TrialsParameters, response: str
) -> list[tuple[str, BoolArray | None, str]]:
    # Which trials pass; None if that is not known of any.
    found: list[tuple[str, BoolArray | None, str]] = []
    known = {name: _take_known(frame, name) for name in (*_OF_TASK, "response_time")}
    wanted = rule.probability_left
    if wanted is not None:
        block = known["probabilityLeft"]
        kept = None if block is None else np.isclose(block, wanted)
        found.append(("block", kept, f"probabilityLeft {wanted:g}"))
    if not rule.nogo:
        choice = known["choice"]
        kept = None if choice is None else (choice != 0) & np.isfinite(choice)
        found.append(("choice", kept, "no no-gos"))
    taken, least = known["response_time"], rule.min_response_time_s
    kept = None if taken is None else taken > least
    found.append(("response_time", kept, f"above {least:g} s"))
    values = frame[response].to_numpy(np.float64)
    found.append(("response", np.isfinite(values), f"{response} is known"))
    return [
        (part, kept, _UNKNOWN if kept is None else note) for part, kept, note in found
    ]


def _take_known(frame: pd.DataFrame, name: str) -> FloatArray | None:
    values = frame[name].to_numpy(np.float64)
    return None if len(values) and np.isnan(values).all() else values


def _to_log(seconds: pd.Series) -> FloatArray:
    values = seconds.to_numpy(np.float64)
    known = values > 0
    return np.where(known, np.log10(np.where(known, values, 1.0)), np.nan)
