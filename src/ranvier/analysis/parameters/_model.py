"""All that can be set in an analysis, with its default and its meaning.

A stage of the pipeline names the sections that it uses; their digest is part of what
says whether its results are up to date.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ranvier.analysis.parameters._vocabulary import Vocabulary


def _check_window(window: tuple[float, float]) -> tuple[float, float]:
    if not window[0] < window[1]:
        raise ValueError("a window that ends after it begins is wanted")
    return window


Window: TypeAlias = Annotated[tuple[float, float], AfterValidator(_check_window)]
"""Start and end, s, relative to an event; start < end."""
Rate: TypeAlias = Annotated[float, Field(gt=0)]
Seconds: TypeAlias = Annotated[float, Field(gt=0)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]

EVENTS = ("stimOn_times", "firstMovement_times", "feedback_times")


class Section(BaseModel):
    """A part of the parameters: frozen, finite, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PreprocessParameters(Section):
    """From raw bands to one signal a channel."""

    signal_band: str = Field(
        default="GCaMP", description="band that carries the signal"
    )
    reference_band: str = Field(
        default="Isosbestic", description="band of the reference"
    )
    restrict: tuple[float, float] = Field(
        default=(-5.0, 5.0),
        description="kept before the first trial and after the last, s",
    )
    bleaching: Literal["lowpass", "single", "double"] = Field(
        default="lowpass",
        description="baseline F0: a low-pass, or a fit of exponentials",
    )
    cutoff_hz: Rate = Field(default=0.01, description="of the low-pass")
    order: int = Field(default=3, ge=1, le=8, description="of the low-pass")
    reference: Literal["irls", "ols", "none"] = Field(
        default="irls",
        description="regression on the reference: robust, or least squares",
    )
    align_reference: bool = Field(
        default=True,
        description="bring the reference to the signal's own sample times first",
    )
    zscore: Literal["standard", "modified", "none"] = Field(
        default="standard", description="mean and SD, or median and MAD"
    )
    rate_hz: Rate = Field(default=30.0, description="of the result")
    max_gap_s: Seconds = Field(
        default=1.0, description="longer gaps are filled with NaN, not interpolated"
    )
    compat: Literal["iblnm"] | None = Field(
        default=None,
        description="give the numbers of the IBL pipeline, half-frames and all",
    )


class QCParameters(Section):
    """Quality of the raw signal."""

    window_s: Seconds = Field(default=120.0, description="length of a sliding window")
    step_s: Seconds = Field(default=60.0, description="from one window to the next")
    detrend: bool = Field(default=True, description="take the line out of each window")
    min_unique_fraction: Share = Field(
        default=0.1, description="below it a channel takes too few different values"
    )
    compat: Literal["iblnm"] | None = Field(
        default=None,
        description="count different values after detrending, as the pipeline did",
    )


class ResponseParameters(Section):
    """Signals around events."""

    events: tuple[str, ...] = Field(
        default=EVENTS, description="in their order in a trial"
    )
    window: Window = Field(default=(-1.0, 1.0), description="around the event, s")
    baseline: Window = Field(
        default=(-0.1, 0.0), description="whose mean is subtracted, s"
    )
    magnitudes: dict[str, Window] = Field(
        default={"early": (0.1, 0.35), "late": (0.35, 0.6)},
        description="windows in which a response is averaged, s",
    )
    min_trials: int = Field(
        default=5, ge=1, description="of a condition in a response vector"
    )
    compat: Literal["iblnm"] | None = Field(
        default=None,
        description="cut at the first sample after the event, as the pipeline did",
    )


class TaskParameters(Section):
    """Trials, blocks, performance."""

    min_trials: int = Field(default=90, ge=1, description="of a session")
    complete_events: tuple[str, ...] = Field(
        default=EVENTS, description="events that enough trials must have the time of"
    )
    event_completeness: Share = Field(
        default=0.9, description="share of trials that are enough"
    )
    min_block_length: int = Field(
        default=10, ge=1, description="trials of a whole block"
    )
    easy_contrast: float = Field(
        default=50.0, description="percent, from which it is easy"
    )


class WheelParameters(Section):
    """Wheel velocity."""

    rate_hz: Rate = Field(default=100.0, description="of the interpolated position")
    cutoff_hz: Rate = Field(default=20.0, description="of the low-pass")
    order: int = Field(default=8, ge=1, le=12, description="of the low-pass")
    t0_event: str = Field(
        default="stimOn_times", description="a trial's velocity starts here"
    )
    t1_event: str = Field(default="feedback_times", description="and ends here")


class VideoParameters(Section):
    """Video."""

    camera: str = Field(default="left", description="whose times are looked at")
    max_length_mismatch_s: Seconds = Field(
        default=120.0, description="between video and session"
    )


class SelectionParameters(Section):
    """Which sessions are analysed."""

    session_types: tuple[str, ...] = Field(
        default=("training", "biased", "ephys"), description="types to keep"
    )
    exclude_subjects: tuple[str, ...] = Field(default=(), description="left out")
    exclude_eids: tuple[str, ...] = Field(default=(), description="left out")
    qc_blockers: tuple[str, ...] = Field(
        default=(
            "MissingExtractedData",
            "MissingRawData",
            "InsufficientTrials",
            "IncompleteEventTimes",
            "TrialsNotInPhotometryTime",
            "QCValidationError",
            "BandInversion",
            "EarlySamples",
            "AmbiguousRegionMapping",
            "MissingBlockInfo",
            "FileFault",
        ),
        description=(
            "a session is left out if its catalogue, photometry or task has one of "
            "these errors"
        ),
    )
    targetnms: tuple[str, ...] | None = Field(
        default=None, description="targets to keep; none named: all that occur"
    )
    min_performance: dict[str, Share] = Field(
        default={"training": 0.7},
        description="fraction correct wanted, by session type",
    )
    required_contrasts: tuple[float, ...] | None = Field(
        default=None, description="percent; a session must have just these"
    )
    use_verdicts: bool = Field(
        default=True, description="leave out recordings that were rejected by eye"
    )
    one_session_a_day: bool = Field(
        default=True,
        description=(
            "of the sessions of a subject and day that pass, one is kept: the first "
            "that no error speaks against"
        ),
    )


class TrialsParameters(Section):
    """The trials of group statistics: one rule for all of them."""

    probability_left: float | None = Field(
        default=0.5, description="block whose trials are taken; null: all"
    )
    nogo: bool = Field(default=False, description="take trials without a choice")
    min_response_time_s: float = Field(
        default=0.05, description="from stimulus to feedback"
    )


class StatisticsParameters(Section):
    """Models of a group."""

    magnitude: str = Field(default="early", description="window of the response")
    contrast_coding: Literal["log", "log2", "linear", "rank"] = Field(
        default="rank", description="of the contrast in models, mean-centred"
    )
    min_subjects: int = Field(default=2, ge=2, description="for a mixed model")
    min_trials: int = Field(default=20, ge=2, description="of a subject")
    n_permutations: int = Field(default=1000, ge=1, description="of a null")
    seed: int = Field(default=42, description="of all that is drawn")


class AnalysisParameters(Section):
    """Everything that can be set.

    Examples
    --------
    >>> AnalysisParameters().preprocess.rate_hz
    30.0
    """

    preprocess: PreprocessParameters = PreprocessParameters()
    qc: QCParameters = QCParameters()
    responses: ResponseParameters = ResponseParameters()
    task: TaskParameters = TaskParameters()
    wheel: WheelParameters = WheelParameters()
    video: VideoParameters = VideoParameters()
    selection: SelectionParameters = SelectionParameters()
    trials: TrialsParameters = TrialsParameters()
    statistics: StatisticsParameters = StatisticsParameters()
    vocabulary: Vocabulary = Vocabulary()

    def select(self, *names: str) -> dict[str, Any]:
        """Give some sections, or single entries of them, as plain values.

        Parameters
        ----------
        *names
            "preprocess", "task.min_trials", …; none named: all sections.

        Returns
        -------
        dict
            Name → value.

        Raises
        ------
        AttributeError
            If there is no such entry.

        Examples
        --------
        >>> AnalysisParameters().select("task.min_trials")
        {'task.min_trials': 90}
        """
        said = self.model_dump(mode="json")
        found: dict[str, Any] = {}
        for name in sorted(set(names) or said):
            section, _, entry = name.partition(".")
            if entry not in ("", *said.get(section, ())):
                raise AttributeError(f"there is no parameter {name}")
            found[name] = said[section][entry] if entry else said[section]
        return found

    def digest(self, *names: str) -> str:
        """Give the digest of some sections or entries, or of all.

        Parameters
        ----------
        *names
            As of `select`.

        Returns
        -------
        str
            SHA-256 of their values, in hexadecimal.

        Examples
        --------
        >>> same = AnalysisParameters(qc={"window_s": 60})
        >>> same.digest("wheel") == AnalysisParameters().digest("wheel")
        True
        >>> same.digest("qc") == AnalysisParameters().digest("qc")
        False
        """
        text = json.dumps(self.select(*names), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


COMPAT_IBLNM = AnalysisParameters(
    preprocess=PreprocessParameters(
        reference="ols", align_reference=False, compat="iblnm"
    ),
    qc=QCParameters(compat="iblnm"),
    responses=ResponseParameters(compat="iblnm"),
    task=TaskParameters(easy_contrast=0.5),
)
"""Parameters that give the numbers of the pipeline, where they differ from ours."""
