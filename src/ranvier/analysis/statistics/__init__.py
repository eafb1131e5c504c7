"""Statistics of trials, recordings and groups: models, cross-validation, permutation.

Pure functions on arrays and frames. A fit, fold or draw that fails is counted in the
result and left out of the denominator.
"""

from __future__ import annotations

from ranvier.analysis.statistics._anova import (
    anova_rm,
    compute_cell_means,
    kruskal_wallis_groups,
    pairwise_mannwhitney,
)
from ranvier.analysis.statistics._cca import (
    CCAResult,
    fit_cca,
)
from ranvier.analysis.statistics._cca_compare import (
    align_cca_signs,
    compare_cca_weights,
    cross_project_cca,
)
from ranvier.analysis.statistics._cohort_cca import (
    CohortCCA,
    CohortCCASettings,
    fit_cohort_cca,
    make_psychometric_features,
)
from ranvier.analysis.statistics._contrasts import (
    ContrastCoding,
    code_two_levels,
    make_contrast_coding,
)
from ranvier.analysis.statistics._decoding import (
    TargetDecoder,
    decode_target,
)
from ranvier.analysis.statistics._decoding_folds import (
    DecoderSettings,
)
from ranvier.analysis.statistics._decomposition import (
    Decomposition,
    compare_scores_by_target,
    fit_ica,
    fit_pca,
)
from ranvier.analysis.statistics._design import (
    Design,
    build_design,
    build_designs,
)
from ranvier.analysis.statistics._effects import (
    LikelihoodRatio,
    compare_likelihoods,
    compute_contrast_slopes,
    compute_interaction_effects,
    compute_marginal_means,
    predict_lmm,
)
from ranvier.analysis.statistics._encoding import (
    EncodingFit,
    fit_encoding_model,
)
from ranvier.analysis.statistics._encoding_basis import (
    expand_lags,
    interpolate_to_grid,
    make_event_train,
    make_lags,
    make_raised_cosine_basis,
    make_time_grid,
)
from ranvier.analysis.statistics._encoding_design import (
    DesignMatrix,
    EventTerm,
    Kernel,
    build_design_matrix,
    make_cosine_kernel,
    make_event_terms,
    make_fir_kernel,
)
from ranvier.analysis.statistics._formula import (
    select_complete,
)
from ranvier.analysis.statistics._functional import (
    FunctionalLmmResult,
    FunctionalSettings,
    fit_functional_lmm,
)
from ranvier.analysis.statistics._jackknife import (
    JackknifeResult,
    jackknife_lmm,
)
from ranvier.analysis.statistics._lmm import (
    fit_lmm,
    fit_lmm_formula,
    fit_lmm_statistics,
)
from ranvier.analysis.statistics._lmm_result import (
    LmmResult,
)
from ranvier.analysis.statistics._loso import (
    CrossvalResult,
    compute_model_statistics,
    crossval_lmm,
    crossval_lmm_statistics,
)
from ranvier.analysis.statistics._ols import (
    OlsResult,
    compute_dropone_delta_r2,
    fit_ols,
)
from ranvier.analysis.statistics._ols_batch import (
    OlsBatch,
    fit_ols_by,
    fit_response_glm,
)
from ranvier.analysis.statistics._permutation import (
    PermutationNull,
    PermutationP,
    permutation_null,
    permutation_pvalue,
    synchronized_permutation_pvalue,
)
from ranvier.analysis.statistics._session_swap import (
    SessionSwap,
    session_swap_test,
)
from ranvier.analysis.statistics._sparse_cca import (
    PenaltyGrid,
    fit_sparse_cca,
)
from ranvier.analysis.statistics._subject_statistics import (
    SubjectStatistics,
    compute_subject_statistics,
)
from ranvier.analysis.statistics._varcomp import (
    VarianceComponents,
    compute_feature_dispersion,
    fit_measurement_error_varcomp,
)

__all__ = [
    "CCAResult",
    "CohortCCA",
    "CohortCCASettings",
    "ContrastCoding",
    "CrossvalResult",
    "DecoderSettings",
    "Decomposition",
    "Design",
    "DesignMatrix",
    "EncodingFit",
    "EventTerm",
    "FunctionalLmmResult",
    "FunctionalSettings",
    "JackknifeResult",
    "Kernel",
    "LikelihoodRatio",
    "LmmResult",
    "OlsBatch",
    "OlsResult",
    "PenaltyGrid",
    "PermutationNull",
    "PermutationP",
    "SessionSwap",
    "SubjectStatistics",
    "TargetDecoder",
    "VarianceComponents",
    "align_cca_signs",
    "anova_rm",
    "build_design",
    "build_design_matrix",
    "build_designs",
    "code_two_levels",
    "compare_cca_weights",
    "compare_likelihoods",
    "compare_scores_by_target",
    "compute_cell_means",
    "compute_contrast_slopes",
    "compute_dropone_delta_r2",
    "compute_feature_dispersion",
    "compute_interaction_effects",
    "compute_marginal_means",
    "compute_model_statistics",
    "compute_subject_statistics",
    "cross_project_cca",
    "crossval_lmm",
    "crossval_lmm_statistics",
    "decode_target",
    "expand_lags",
    "fit_cca",
    "fit_cohort_cca",
    "fit_encoding_model",
    "fit_functional_lmm",
    "fit_ica",
    "fit_lmm",
    "fit_lmm_formula",
    "fit_lmm_statistics",
    "fit_measurement_error_varcomp",
    "fit_ols",
    "fit_ols_by",
    "fit_pca",
    "fit_response_glm",
    "fit_sparse_cca",
    "interpolate_to_grid",
    "jackknife_lmm",
    "kruskal_wallis_groups",
    "make_contrast_coding",
    "make_cosine_kernel",
    "make_event_terms",
    "make_event_train",
    "make_fir_kernel",
    "make_lags",
    "make_psychometric_features",
    "make_raised_cosine_basis",
    "make_time_grid",
    "pairwise_mannwhitney",
    "permutation_null",
    "permutation_pvalue",
    "predict_lmm",
    "select_complete",
    "session_swap_test",
    "synchronized_permutation_pvalue",
]
