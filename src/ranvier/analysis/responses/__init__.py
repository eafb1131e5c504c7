"""Responses: a signal around events, and what is computed from it."""

from ranvier.analysis.responses._extract import (
    Responses,
    extract_responses,
    extract_responses_until,
)
from ranvier.analysis.responses._magnitudes import (
    EARLY_WINDOW,
    LATE_WINDOW,
    compute_area,
    compute_magnitude,
    compute_peak,
)
from ranvier.analysis.responses._similarity import (
    cosine_similarity_matrix,
    mean_similarity_by_target,
    split_features_by_event,
    within_between_similarity,
)
from ranvier.analysis.responses._traces import MeanTraces, compute_mean_traces
from ranvier.analysis.responses._transform import (
    BASELINE_WINDOW,
    mask_subsequent_events,
    normalise_responses,
    subtract_baseline,
)
from ranvier.analysis.responses._vectors import (
    Feature,
    compute_response_vector,
    feature_sort_key,
    parse_feature,
)

__all__ = [
    "BASELINE_WINDOW",
    "EARLY_WINDOW",
    "LATE_WINDOW",
    "Feature",
    "MeanTraces",
    "Responses",
    "compute_area",
    "compute_magnitude",
    "compute_mean_traces",
    "compute_peak",
    "compute_response_vector",
    "cosine_similarity_matrix",
    "extract_responses",
    "extract_responses_until",
    "feature_sort_key",
    "mask_subsequent_events",
    "mean_similarity_by_target",
    "normalise_responses",
    "parse_feature",
    "split_features_by_event",
    "subtract_baseline",
    "within_between_similarity",
]
