"""The tables of a study, as data: what each holds, column by column.

Names, columns and their order are those of the IBL neuromodulators pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.analysis.files._schemas import Column, TableSchema

if TYPE_CHECKING:
    from ranvier.analysis.files._schemas import ColumnType

_EID = Column("eid", "str", "Session: UUID of Alyx, or that made of its folder", True)
_SUBJECT = Column("subject", "str", "Name of the subject")
_TYPE = Column("session_type", "str", "training, biased, ephys, habituation, histology")
_NM = Column("NM", "str", "Neuromodulator: DA, 5HT, NE, ACh")
_TARGET = Column("target_NM", "str", "Target: region and neuromodulator, VTA-DA", True)
_REGION = Column("brain_region", "str", "Brain region of the recording", True)
_HEMISPHERE = Column("hemisphere", "str", "Hemisphere of the recording: l, r, or empty")
_EVENT = Column(
    "event", "str", "stimOn_times, firstMovement_times, feedback_times", True
)
_TRIAL = Column("trial", "int", "Number of the trial in its session, from 0", True)
_FIBER = Column("fiber_idx", "int", "Number of the recording in its session, from 0")
_SIGNED = Column("signed_contrast", "float", "Contrast, percent; negative on the left")
_CONTRAST = Column("contrast", "float", "Contrast, percent")
_CHOICE = Column("choice", "float", "-1 right, +1 left, 0 none")
_FEEDBACK = Column("feedbackType", "float", "1 rewarded, -1 not")
_P_LEFT = Column(
    "probabilityLeft", "float", "Probability of the left side in the block"
)
_SIDE = Column("stim_side", "str", "Side of the stimulus: left, right")
_REACTION = Column("reaction_time", "float", "First movement less stimulus onset, s")
_MOVEMENT = Column("movement_time", "float", "Feedback less first movement, s")
_RESPONSE_TIME = Column("response_time", "float", "Feedback less stimulus onset, s")
_PEAK = Column("peak_velocity", "float", "Greatest speed of the wheel, rad/s")


def _columns(kind: ColumnType, **descriptions: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind, words) for name, words in descriptions.items())


SESSION_SCHEMA = TableSchema(
    "metadata/sessions.pqt",
    "one session",
    (
        _EID,
        Column("subject", "str", "Name of the subject", True),
        Column("start_time", "str", "Start, ISO 8601"),
        Column("task_protocol", "str", "Protocol of the task"),
        Column("number", "int", "Number of the session on its day, from 1"),
        Column("projects", "list[str]", "Projects that it belongs to"),
        *_columns(
            "str",
            strain="Strain of the subject",
            line="Line of the subject",
            genotype="Genotype of the subject",
        ),
        _NM,
        Column("brain_region", "list[str]", "Region of each fibre"),
        Column("hemisphere", "list[str]", "Hemisphere of each fibre: l, r, or empty"),
        Column("users", "list[str]", "Who recorded it"),
        Column("lab", "str", "Laboratory"),
        Column("end_time", "str", "End, ISO 8601"),
        Column(
            "_datasets_from_session_dict",
            "list[str]",
            "Datasets as the database's session record lists them",
        ),
        Column("datasets", "list[str]", "Datasets that are there, relative paths"),
        _TYPE,
        Column("target_NM", "list[str]", "Target of each fibre: VTA-DA"),
        Column("session_length", "float", "End less start, s"),
        Column("day_n", "int", "Days since the first session of the subject"),
        Column(
            "session_n", "float", "Rank of its date among those of the subject, from 1"
        ),
        Column("url", "str", "Address of the session in the database"),
    ),
    others="has_<category> (bool) and qc_<name> of the database, if asked for",
)
"""Sessions; brain_region, hemisphere and target_NM are of one length."""

QC_SCHEMA = TableSchema(
    "data/qc_photometry.pqt",
    "one band of one recording",
    (
        _EID,
        _REGION,
        Column("band", "str", "GCaMP or Isosbestic", True),
        *_columns(
            "float",
            n_unique_samples="Distinct values per sample, before detrending",
            median_absolute_deviance="Median of |x - median x|, mean over windows",
            percentile_distance="P95 - P50 of the z-scored signal, mean over windows",
            percentile_asymmetry="|P75 - P50| / |P50 - P25|, mean over windows",
            ar_score="R² of an autoregression of order 2, mean over windows",
        ),
        Column("n_early_samples", "int", "Frames that came > 1 ms before their time"),
        Column("n_band_inversions", "int", "Adjacent frames lit by the same LED"),
        *_columns(
            "float",
            bleaching_tau="Time constant of bleaching, s; GCaMP only",
            iso_correlation="R² between GCaMP and isosbestic; GCaMP only",
        ),
    ),
    others="further metrics (float or bool)",
)
"""Quality of the raw signals."""

_FIT = {
    "bias": "Bias of the psychometric function, percent contrast",
    "threshold": "Threshold of the psychometric function, percent contrast",
    "lapse_left": "Lapse at the right: 1 - P(right | strong right stimulus)",
    "lapse_right": "Lapse at the left: P(right | strong left stimulus)",
    "r_squared": "R² over the means of the contrasts, at least 0",
    "n_trials": "Trials that it was fitted to",
}

PERFORMANCE_SCHEMA = TableSchema(
    "data/performance.pqt",
    "one session",
    (
        _EID,
        Column("n_trials", "int", "Trials"),
        Column("contrasts", "list[float]", "Contrasts that were shown, percent"),
        *_columns(
            "float",
            fraction_correct="Correct trials among those with a choice",
            fraction_correct_easy="The same at a contrast of 50 % and above",
            nogo_fraction="Trials without a choice",
        ),
        *(
            Column(
                f"psych_{block}_{name}", "float", f"{words}; blocks of {block} % left"
            )
            for block in (50, 20, 80)
            for name, words in _FIT.items()
        ),
        Column(
            "bias_shift", "float", "psych_80_bias less psych_20_bias, percent contrast"
        ),
        *(
            Column(
                f"psych_{block}_at_bounds",
                "float",
                f"1: a parameter of the fit lies at a bound; blocks of {block} % left",
            )
            for block in (50, 20, 80)
        ),
    ),
)
"""Performance at the task; blocks of 20 and 80 % left are not in training sessions."""

RESPONSES_SCHEMA = TableSchema(
    "results/responses/responses.pqt",
    "one event of one trial of one recording",
    (
        _EID,
        _SUBJECT,
        _TYPE,
        _NM,
        _TARGET,
        _REGION,
        _HEMISPHERE,
        _EVENT,
        _TRIAL,
        _SIGNED,
        _CONTRAST,
        _CHOICE,
        _FEEDBACK,
        _P_LEFT,
        _SIDE,
        _REACTION,
        Column("response_early", "float", "Mean response in the early window, z"),
    ),
    others="response_<window> (float): means in further windows; fiber_idx",
)
"""Response magnitudes, with the trial that they belong to."""

TRIAL_REGRESSORS_SCHEMA = TableSchema(
    "results/responses/trial_regressors.pqt",
    "one trial",
    (
        _EID,
        _TRIAL,
        _SIDE,
        _SIGNED,
        _CONTRAST,
        _CHOICE,
        _FEEDBACK,
        _P_LEFT,
        _REACTION,
        _MOVEMENT,
        _RESPONSE_TIME,
        _PEAK,
    ),
)
"""Predictors of each trial, apart from the responses."""

TRIAL_TIMING_SCHEMA = TableSchema(
    "data/trial_timing.pqt",
    "one trial",
    (_EID, _TRIAL, _REACTION, _MOVEMENT, _RESPONSE_TIME),
)
"""Timing of each trial."""

PEAK_VELOCITY_SCHEMA = TableSchema(
    "results/responses/peak_velocity.pqt", "one trial", (_EID, _TRIAL, _PEAK)
)
"""Peak speed of the wheel in each trial."""

RESPONSE_MATRIX_SCHEMA = TableSchema(
    "results/responses/response_matrix.pqt",
    "one recording",
    (_EID, _TARGET, _FIBER),
    index=("eid", "target_NM", "fiber_idx"),
    others="one a condition (float): mean response, stimOn_c100_contra_correct",
)
"""Response feature vectors."""

SIMILARITY_SCHEMA = TableSchema(
    "results/responses/response_similarity_matrix.pqt",
    "one recording",
    (_EID, _TARGET, _FIBER),
    index=("eid", "target_NM", "fiber_idx"),
    others="one a recording, in the order of the rows (float): cosine similarity",
)
"""Cosine similarity of response feature vectors."""

MEAN_TRACES_SCHEMA = TableSchema(
    "results/responses/mean_traces.pqt",
    "one time of one condition of one recording",
    (
        _EID,
        _SUBJECT,
        _TARGET,
        _REGION,
        _FIBER,
        _EVENT,
        _CONTRAST,
        _FEEDBACK,
        Column("time", "float", "Time after the event, s"),
        Column("response", "float", "Mean response, z"),
        Column("n_trials", "int", "Trials in the mean"),
    ),
)
"""Mean responses over time."""

LOG_SCHEMA = TableSchema(
    "metadata/<stage>_log.pqt",
    "one error",
    (
        _EID,
        Column("error_type", "str", "Name of the fault", True),
        Column("error_message", "str", "What is wrong"),
        Column("traceback", "str", "Where it was raised; none if it was not raised"),
    ),
)
"""Errors of a stage, and of all of them in metadata/errors.pqt."""

VIDEO_SCHEMA = TableSchema(
    "metadata/video.pqt",
    "one video",
    (
        _EID,
        Column("camera", "str", "Which camera"),
        Column("n_frames", "int", "Frames with a time"),
        Column("video_length", "float", "Last less first time, s"),
        Column("length_discrepancy", "float", "Video less session, s"),
        Column("frame_interval", "float", "Median time between frames, s"),
        Column("n_dropped_frames", "int", "Frames that are missing"),
        Column("longest_gap", "float", "Greatest time between frames, s"),
        Column("score", "float", "Mean verdict, 1 best; -1: an error"),
    ),
    others="qc_video_<check>: PASS, WARNING, CRITICAL, FAIL, NOT_SET",
)
"""Videos, of the optional stage `video`."""

TABLE_SCHEMAS: dict[str, TableSchema] = {
    "sessions": SESSION_SCHEMA,
    "qc_photometry": QC_SCHEMA,
    "performance": PERFORMANCE_SCHEMA,
    "video": VIDEO_SCHEMA,
    "trial_timing": TRIAL_TIMING_SCHEMA,
    "responses": RESPONSES_SCHEMA,
    "trial_regressors": TRIAL_REGRESSORS_SCHEMA,
    "response_matrix": RESPONSE_MATRIX_SCHEMA,
    "response_similarity_matrix": SIMILARITY_SCHEMA,
    "mean_traces": MEAN_TRACES_SCHEMA,
    "peak_velocity": PEAK_VELOCITY_SCHEMA,
    "log": LOG_SCHEMA,
}
"""Every table of a study, by its name."""
