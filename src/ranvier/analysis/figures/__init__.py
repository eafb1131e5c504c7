"""Figures: functions that take Axes and return Axes.

They take plain tables and arrays, touch no file and no setting of matplotlib, and say
"no data" where there is none. `save_figure` writes.
"""

from __future__ import annotations

from ranvier.analysis.figures._cca import (
    plot_cca_comparison,
    plot_cca_cross_projection,
    plot_cca_scores,
    plot_cca_weights,
    plot_cohort_cca_summary,
)
from ranvier.analysis.figures._components import (
    plot_glm_pca_scores,
    plot_glm_pca_summary,
    plot_glm_pca_weights,
)
from ranvier.analysis.figures._crossval import (
    plot_lmm_reliability,
    plot_movement_lmm_summary,
    plot_movement_r2_bars,
    plot_movement_slopes,
    plot_wheel_lmm_summary,
)
from ranvier.analysis.figures._decoding import (
    plot_confusion_matrix,
    plot_decoding_coefficients,
    plot_decoding_summary,
    plot_feature_contributions,
    plot_response_decoding_summary,
)
from ranvier.analysis.figures._distributions import (
    plot_parameter_box,
    plot_target_comparison,
    violinplot,
)
from ranvier.analysis.figures._effects import (
    plot_contrast_slopes,
    plot_interaction_effects,
    plot_marginal_means,
)
from ranvier.analysis.figures._encoding import (
    plot_cosine_basis,
    plot_delta_r_squared,
    plot_encoding_kernels,
    plot_encoding_prediction,
)
from ranvier.analysis.figures._figure import (
    make_figure,
    save_figure,
    set_plotsize,
)
from ranvier.analysis.figures._functional import (
    plot_coefficient_curve,
    plot_functional_model,
)
from ranvier.analysis.figures._learning import (
    plot_bias_shift_trajectory,
    plot_performance_trajectory,
    plot_psychometric_parameter_trajectory,
    plot_sessions_to_stage_cdf,
    plot_stage_barplot,
)
from ranvier.analysis.figures._models import (
    plot_lmm_coefficient_heatmap,
    plot_lmm_response,
    plot_lmm_summary,
    plot_lmm_variance_explained,
)
from ranvier.analysis.figures._overview import (
    mouse_overview_barplot,
    qc_grid,
    session_overview_matrix,
    target_overview_barplot,
)
from ranvier.analysis.figures._psth import (
    plot_response_heatmap,
    plot_response_traces,
)
from ranvier.analysis.figures._psychometric import (
    create_psychometric_figure,
    plot_psychometric,
    plot_psychometric_curves_50,
    plot_psychometric_curves_by_block,
    plot_psychometric_grid,
    plot_psychometric_parameters_boxplot,
    plot_rt_by_contrast,
)
from ranvier.analysis.figures._qc import (
    plot_joint_distributions,
    plot_metric_histogram,
    plot_metric_pca,
    plot_metric_trend,
    plot_metric_violins,
)
from ranvier.analysis.figures._responses import (
    plot_mean_response_traces,
    plot_mean_response_vectors,
    plot_movement_response,
    plot_relative_contrast,
    plot_response_overview,
)
from ranvier.analysis.figures._session_view import (
    SessionPanels,
    find_heatmap_limit,
    session_plot,
)
from ranvier.analysis.figures._signal import (
    plot_isosbestic_fit,
    plot_preprocessed,
    plot_raw_bands,
    thin_line,
)
from ranvier.analysis.figures._similarity import (
    plot_empirical_similarity,
    plot_similarity_matrix,
    plot_target_similarity,
    plot_within_target_similarity,
)
from ranvier.analysis.figures._style import (
    BAND_COLORS,
    BLOCK_COLORS,
    EVENT_COLORS,
    NM_COLORS,
    QC_COLORS,
    QC_VALUES,
    SESSION_TYPE_COLORS,
    TARGETNM_COLORS,
    TARGETNM_POSITIONS,
    choose_colors,
    choose_marks,
    choose_shades,
    get_event_color,
    label_event,
    label_value,
    sort_targets,
)
from ranvier.analysis.figures._trial_types import (
    TRIAL_GROUPINGS,
    TrialGroup,
    group_trials,
)
from ranvier.analysis.figures._wheel import (
    plot_wheel_speed,
    plot_wheel_trace,
    plot_wheel_velocity,
)

__all__ = [
    "BAND_COLORS",
    "BLOCK_COLORS",
    "EVENT_COLORS",
    "NM_COLORS",
    "QC_COLORS",
    "QC_VALUES",
    "SESSION_TYPE_COLORS",
    "TARGETNM_COLORS",
    "TARGETNM_POSITIONS",
    "TRIAL_GROUPINGS",
    "SessionPanels",
    "TrialGroup",
    "choose_colors",
    "choose_marks",
    "choose_shades",
    "create_psychometric_figure",
    "find_heatmap_limit",
    "get_event_color",
    "group_trials",
    "label_event",
    "label_value",
    "make_figure",
    "mouse_overview_barplot",
    "plot_bias_shift_trajectory",
    "plot_cca_comparison",
    "plot_cca_cross_projection",
    "plot_cca_scores",
    "plot_cca_weights",
    "plot_coefficient_curve",
    "plot_cohort_cca_summary",
    "plot_confusion_matrix",
    "plot_contrast_slopes",
    "plot_cosine_basis",
    "plot_decoding_coefficients",
    "plot_decoding_summary",
    "plot_delta_r_squared",
    "plot_empirical_similarity",
    "plot_encoding_kernels",
    "plot_encoding_prediction",
    "plot_feature_contributions",
    "plot_functional_model",
    "plot_glm_pca_scores",
    "plot_glm_pca_summary",
    "plot_glm_pca_weights",
    "plot_interaction_effects",
    "plot_isosbestic_fit",
    "plot_joint_distributions",
    "plot_lmm_coefficient_heatmap",
    "plot_lmm_reliability",
    "plot_lmm_response",
    "plot_lmm_summary",
    "plot_lmm_variance_explained",
    "plot_marginal_means",
    "plot_mean_response_traces",
    "plot_mean_response_vectors",
    "plot_metric_histogram",
    "plot_metric_pca",
    "plot_metric_trend",
    "plot_metric_violins",
    "plot_movement_lmm_summary",
    "plot_movement_r2_bars",
    "plot_movement_response",
    "plot_movement_slopes",
    "plot_parameter_box",
    "plot_performance_trajectory",
    "plot_preprocessed",
    "plot_psychometric",
    "plot_psychometric_curves_50",
    "plot_psychometric_curves_by_block",
    "plot_psychometric_grid",
    "plot_psychometric_parameter_trajectory",
    "plot_psychometric_parameters_boxplot",
    "plot_raw_bands",
    "plot_relative_contrast",
    "plot_response_decoding_summary",
    "plot_response_heatmap",
    "plot_response_overview",
    "plot_response_traces",
    "plot_rt_by_contrast",
    "plot_sessions_to_stage_cdf",
    "plot_similarity_matrix",
    "plot_stage_barplot",
    "plot_target_comparison",
    "plot_target_similarity",
    "plot_wheel_lmm_summary",
    "plot_wheel_speed",
    "plot_wheel_trace",
    "plot_wheel_velocity",
    "plot_within_target_similarity",
    "qc_grid",
    "save_figure",
    "session_overview_matrix",
    "session_plot",
    "set_plotsize",
    "sort_targets",
    "target_overview_barplot",
    "thin_line",
    "violinplot",
]
