"""Numerics of signals, responses and groups, under the names of the pipeline.

Some functions of the pipeline are one of ours with another name (`ALIASES`); what they
take and give is said there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.analysis import responses, signals
from ranvier.analysis.qc import compute_iso_correlation
from ranvier.analysis.responses import compute_magnitude as compute_response_magnitude
from ranvier.analysis.responses import (
    cosine_similarity_matrix,
    mean_similarity_by_target,
    split_features_by_event,
    within_between_similarity,
)
from ranvier.analysis.responses import normalise_responses as normalize_responses
from ranvier.analysis.signals import resample_signal
from ranvier.analysis.statistics import (
    CCAResult,
    align_cca_signs,
    anova_rm,
    compare_cca_weights,
    compute_contrast_slopes,
    compute_interaction_effects,
    compute_marginal_means,
    cross_project_cca,
    fit_cca,
    fit_response_glm,
    fit_sparse_cca,
    kruskal_wallis_groups,
    pairwise_mannwhitney,
)
from ranvier.analysis.statistics import Decomposition as GLMPCAResult
from ranvier.analysis.statistics import LmmResult as LMMResult
from ranvier.analysis.statistics import TargetDecoder as TargetNMDecoder
from ranvier.analysis.statistics import compare_scores_by_target as pca_score_stats
from ranvier.analysis.statistics import (
    compare_scores_by_target as pca_subject_score_stats,
)
from ranvier.analysis.statistics import decode_target as decode_target_nm
from ranvier.analysis.statistics import fit_ica as ica_glm_coefficients
from ranvier.analysis.statistics import fit_pca as pca_glm_coefficients

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray

ALIASES = {
    "GLMPCAResult": "statistics.Decomposition",
    "LMMResult": "statistics.LmmResult",
    "TargetNMDecoder": "statistics.TargetDecoder",
    "compute_response_magnitude": "responses.compute_magnitude",
    "decode_target_nm": "statistics.decode_target",
    "ica_glm_coefficients": "statistics.fit_ica",
    "normalize_responses": "responses.normalise_responses",
    "pca_glm_coefficients": "statistics.fit_pca",
    "pca_score_stats": "statistics.compare_scores_by_target",
    "pca_subject_score_stats": "statistics.compare_scores_by_target",
}
"""Name of the pipeline → what it is in `ranvier.analysis`."""


def get_responses(
    times: ArrayLike,
    signal: ArrayLike,
    events: ArrayLike,
    window: tuple[float, float] = (-1.0, 1.0),
) -> tuple[FloatArray, FloatArray]:
    """Cut a signal into windows around events.

    Parameters
    ----------
    times
        Of the samples, shape (n_samples,), s.
    signal
        Shape (n_samples,).
    events
        Event times, shape (n_events,), s.
    window
        Around the event, s.

    Returns
    -------
    responses : numpy.ndarray
        Shape (n_events, n_window); see `responses.extract_responses`.
    t : numpy.ndarray
        Time from the event, shape (n_window,), s.

    Raises
    ------
    SignalFault
        If the times do not rise.
    """
    cut = responses.extract_responses(times, signal, events, window)
    return cut.values, cut.t


def compute_bleaching_tau(times: ArrayLike, signal: ArrayLike) -> float:
    """Fit the time constant of bleaching.

    Parameters
    ----------
    times
        Of the samples, shape (n_samples,), s.
    signal
        Raw fluorescence, shape (n_samples,).

    Returns
    -------
    float
        s; NaN if the signal does not tell it.

    Raises
    ------
    SignalFault
        If the signal is constant, or too short.
    """
    fit = signals.fit_bleaching(times, signal)
    return fit.tau_s if fit.is_identifiable else float("nan")


__all__ = [
    "ALIASES",
    "CCAResult",
    "GLMPCAResult",
    "LMMResult",
    "TargetNMDecoder",
    "align_cca_signs",
    "anova_rm",
    "compare_cca_weights",
    "compute_bleaching_tau",
    "compute_contrast_slopes",
    "compute_interaction_effects",
    "compute_iso_correlation",
    "compute_marginal_means",
    "compute_response_magnitude",
    "cosine_similarity_matrix",
    "cross_project_cca",
    "decode_target_nm",
    "fit_cca",
    "fit_response_glm",
    "fit_sparse_cca",
    "get_responses",
    "ica_glm_coefficients",
    "kruskal_wallis_groups",
    "mean_similarity_by_target",
    "normalize_responses",
    "pairwise_mannwhitney",
    "pca_glm_coefficients",
    "pca_score_stats",
    "pca_subject_score_stats",
    "resample_signal",
    "split_features_by_event",
    "within_between_similarity",
]
