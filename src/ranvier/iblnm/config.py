"""Paths, constants, thresholds and colours of the pipeline.

Values that a study can set are the defaults of `ranvier.analysis.parameters`, names
those of its vocabulary "ibl", colours those of `ranvier.analysis.figures`. Paths lie
below `PROJECT_ROOT`: the environment variable IBLNM_ROOT, or the working folder. They,
names and colours are looked up when asked for, so importing this is cheap.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.analysis.parameters import (
    AnalysisParameters,
    SelectionParameters,
    Vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_DEFAULTS = AnalysisParameters()

# Signals and responses
TARGET_FS = _DEFAULTS.preprocess.rate_hz
WHEEL_FS = _DEFAULTS.wheel.rate_hz
RESPONSE_WINDOW = _DEFAULTS.responses.window
BASELINE_WINDOW = _DEFAULTS.responses.baseline
RESPONSE_WINDOWS = dict(_DEFAULTS.responses.magnitudes)
RESPONSE_EVENTS = list(_DEFAULTS.responses.events)
EVENT_TIMES = ["goCue_times", "firstMovement_times", "feedback_times"]

# Quality
MIN_SESSIONLENGTH = 1200.0
MIN_NTRIALS = _DEFAULTS.task.min_trials
MIN_BLOCK_LENGTH = _DEFAULTS.task.min_block_length
EVENT_COMPLETENESS_THRESHOLD = _DEFAULTS.task.event_completeness
N_UNIQUE_SAMPLES_THRESHOLD = _DEFAULTS.qc.min_unique_fraction
QC_RAW_METRICS = ["n_early_samples", "n_band_inversions"]
QC_PREPROCESSING = ["bleaching_tau", "iso_correlation"]
QC_METRICS_KWARGS = {"percentile_asymmetry": {"pc_comp": 75}}
QC_SLIDING_KWARGS = {
    "w_len": _DEFAULTS.qc.window_s,
    "step_len": _DEFAULTS.qc.step_s,
    "detrend": _DEFAULTS.qc.detrend,
}
LENGTH_MISMATCH_THRESHOLD = _DEFAULTS.video.max_length_mismatch_s

# Selection
MIN_PERFORMANCE = dict(_DEFAULTS.selection.min_performance)
REQUIRED_CONTRASTS = ANALYSIS_CONTRASTS = frozenset({0.0, 6.25, 12.5, 25.0, 100.0})
ANALYSIS_QC_BLOCKERS = set(_DEFAULTS.selection.qc_blockers)
SESSION_TYPES_TO_ANALYZE = _DEFAULTS.selection.session_types
SESSION_TYPES_TO_EXCLUDE = ("advanced", "neuromodulator", "misc")
EXCLUDE_SESSION_TYPES = (
    "habituation",
    "advanced",
    "neuromodulator",
    "passive",
    "misc",
    "histology",
)
TARGETNMS_TO_ANALYZE = ["VTA-DA", "SNc-DA", "DR-5HT", "LC-NE", "NBM-ACh"]
# Huge artefacts in the photometry, by the authors of the pipeline.
EIDS_TO_DROP = [
    "cd9d071e-c798-4900-891f-b65640ec22b1",
    "16aa7570-578f-4daa-8244-844716fb1320",
    "f4f1d7fe-d7c8-442b-a7d6-e214223febaf",
    "a60531cd-e1e8-4b3b-b4d9-94b76ccc69c2",
    "1c09046e-48d8-47f3-9d07-2241e3f3a136",
]

# Figures
FIGURE_DPI, TICKFONTSIZE, LABELFONTSIZE = 150, 12, 14
SESSIONTYPE2FLOAT = {
    "habituation": 0.01,
    "training": 0.33,
    "biased": 0.66,
    "ephys": 0.99,
    "misc": 1.0,
}

_PATHS = {
    "PROJECT_ROOT": "",
    "SESSIONS_FPATH": "metadata/sessions.pqt",
    "SESSIONS_QC_FPATH": "metadata/sessions_qc.pqt",
    "ERRORS_FPATH": "metadata/errors.pqt",
    "INSERTIONS_FPATH": "metadata/insertions.csv",
    "FIBERS_FPATH": "metadata/fibers.csv",
    "TRAJECTORIES_FPATH": "metadata/trajectories.json",
    "QUERY_DATABASE_LOG_FPATH": "metadata/query_database_log.pqt",
    "PHOTOMETRY_LOG_FPATH": "metadata/photometry_log.pqt",
    "TASK_LOG_FPATH": "metadata/task_log.pqt",
    "WHEEL_LOG_FPATH": "metadata/wheel_log.pqt",
    "VIDEO_LOG_FPATH": "metadata/video_log.pqt",
    "EVENTS_LOG_FPATH": "metadata/events_log.pqt",
    "VIDEO_FPATH": "metadata/video.pqt",
    "SESSIONS_H5_DIR": "data/sessions",
    "QC_PHOTOMETRY_FPATH": "data/qc_photometry.pqt",
    "PERFORMANCE_FPATH": "data/performance.pqt",
    "TRIAL_TIMING_FPATH": "data/trial_timing.pqt",
    "RESPONSES_DIR": "results/responses",
    "RESPONSES_FPATH": "results/responses/responses.pqt",
    "RESPONSE_MATRIX_FPATH": "results/responses/response_matrix.pqt",
    "SIMILARITY_MATRIX_FPATH": "results/responses/response_similarity_matrix.pqt",
    "MEAN_TRACES_FPATH": "results/responses/mean_traces.pqt",
    "PEAK_VELOCITY_FPATH": "results/responses/peak_velocity.pqt",
    "MOVEMENT_ENCODING_DIR": "results/movement_encoding",
    "TASK_ENCODING_DIR": "results/task_encoding",
    "FIGURES_DIR": "figures",
}

_NAMES: dict[str, Callable[[Vocabulary], Any]] = {
    "SUBJECTS_TO_EXCLUDE": lambda names: list(names.excluded_subjects),
    "VALID_STRAINS": lambda names: list(names.strains),
    "STRAIN2NM": lambda names: dict(names.strain_nm),
    "VALID_LINES": lambda names: list(names.lines),
    "LINE2NM": lambda names: dict(names.line_nm),
    "VALID_NEUROMODULATORS": lambda names: list(names.neuromodulators),
    "VALID_TARGETS": lambda names: list(names.targets),
    "TARGET2NM": lambda names: dict(names.targets),
    "VALID_TARGETNMS": lambda names: list(names.target_nms),
    "REGION_NAME_FIXES": lambda names: dict(names.region_fixes),
    "SESSION_TYPES": lambda names: list(names.session_types),
    "PROTOCOL_RED_FLAGS": lambda names: list(names.protocol_red_flags),
}

# Name here → where it stands, and as what.
_ELSEWHERE = {
    "DATASET_CATEGORIES": ("files", "DATASET_CATEGORIES"),
    "DUPLICATE_DISQUALIFYING_ERRORS": ("files", "DISQUALIFYING_ERRORS"),
    "TRIAL_COLUMNS": ("files", "TRIAL_COLUMNS"),
    "QC_SLIDING_METRICS": ("qc", "SLIDING_METRICS"),
    "NM_COLORS": ("figures", "NM_COLORS"),
    "TARGETNM_COLORS": ("figures", "TARGETNM_COLORS"),
    "TARGETNM2POSITION": ("figures", "TARGETNM_POSITIONS"),
    "SESSIONTYPE2COLOR": ("figures", "SESSION_TYPE_COLORS"),
    "EVENT2COLOR": ("figures", "EVENT_COLORS"),
    "QCVAL2NUM": ("figures", "QC_VALUES"),
}

_MAPS = {"DA": "Reds", "5HT": "Purples", "NE": "Blues", "ACh": "Greens"}


@cache
def make_parameters() -> AnalysisParameters:
    """Give the parameters of this face: the defaults, with the IBL's names and choices.

    Returns
    -------
    AnalysisParameters
        `selection` leaves out SUBJECTS_TO_EXCLUDE and EIDS_TO_DROP, and keeps
        TARGETNMS_TO_ANALYZE.

    Examples
    --------
    >>> make_parameters().vocabulary.targets["LC"]
    'NE'
    """
    names = Vocabulary.model_validate("ibl")
    selection = SelectionParameters(
        exclude_subjects=names.excluded_subjects,
        exclude_eids=tuple(EIDS_TO_DROP),
        targetnms=tuple(TARGETNMS_TO_ANALYZE),
    )
    return AnalysisParameters(vocabulary=names, selection=selection)


def __getattr__(name: str) -> Any:
    if name in _PATHS:
        return Path(os.environ.get("IBLNM_ROOT") or Path.cwd(), _PATHS[name])
    if name in _NAMES:
        return _NAMES[name](Vocabulary.model_validate("ibl"))
    if name in _ELSEWHERE:
        package, there = _ELSEWHERE[name]
        return getattr(import_module(f"ranvier.analysis.{package}"), there)
    if name == "NM_CMAPS":
        maps = import_module("matplotlib").colormaps
        return {nm: maps[each] for nm, each in _MAPS.items()}
    if name == "QCCMAP":
        return _make_qc_map()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PATHS, *_NAMES, *_ELSEWHERE, "NM_CMAPS", "QCCMAP"})


def _make_qc_map() -> Any:
    colors = import_module("matplotlib.colors")
    figures = import_module("ranvier.analysis.figures")
    stops = [
        (figures.QC_VALUES[verdict], color)
        for verdict, color in figures.QC_COLORS.items()
    ]
    return colors.LinearSegmentedColormap.from_list("qc", stops)


__all__ = [
    "ANALYSIS_CONTRASTS",
    "ANALYSIS_QC_BLOCKERS",
    "BASELINE_WINDOW",
    "EIDS_TO_DROP",
    "EVENT_COMPLETENESS_THRESHOLD",
    "EVENT_TIMES",
    "EXCLUDE_SESSION_TYPES",
    "FIGURE_DPI",
    "LABELFONTSIZE",
    "LENGTH_MISMATCH_THRESHOLD",
    "MIN_BLOCK_LENGTH",
    "MIN_NTRIALS",
    "MIN_PERFORMANCE",
    "MIN_SESSIONLENGTH",
    "N_UNIQUE_SAMPLES_THRESHOLD",
    "QC_METRICS_KWARGS",
    "QC_PREPROCESSING",
    "QC_RAW_METRICS",
    "QC_SLIDING_KWARGS",
    "REQUIRED_CONTRASTS",
    "RESPONSE_EVENTS",
    "RESPONSE_WINDOW",
    "RESPONSE_WINDOWS",
    "SESSIONTYPE2FLOAT",
    "SESSION_TYPES_TO_ANALYZE",
    "SESSION_TYPES_TO_EXCLUDE",
    "TARGETNMS_TO_ANALYZE",
    "TARGET_FS",
    "TICKFONTSIZE",
    "WHEEL_FS",
    "make_parameters",
]
