"""Every name of the pipeline resolves here, or it is said why it does not."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from ranvier.analysis import group

NAMES = {
    "config": """TARGET_FS WHEEL_FS RESPONSE_WINDOW BASELINE_WINDOW RESPONSE_WINDOWS
        RESPONSE_EVENTS MIN_NTRIALS MIN_SESSIONLENGTH EVENT_COMPLETENESS_THRESHOLD
        EVENT_TIMES MIN_BLOCK_LENGTH N_UNIQUE_SAMPLES_THRESHOLD QC_RAW_METRICS
        QC_SLIDING_METRICS QC_PREPROCESSING QC_METRICS_KWARGS QC_SLIDING_KWARGS
        MIN_PERFORMANCE REQUIRED_CONTRASTS ANALYSIS_CONTRASTS ANALYSIS_QC_BLOCKERS
        SESSION_TYPES SESSION_TYPES_TO_ANALYZE SESSION_TYPES_TO_EXCLUDE
        EXCLUDE_SESSION_TYPES PROTOCOL_RED_FLAGS SUBJECTS_TO_EXCLUDE EIDS_TO_DROP
        VALID_STRAINS STRAIN2NM VALID_LINES LINE2NM VALID_NEUROMODULATORS VALID_TARGETS
        TARGET2NM VALID_TARGETNMS TARGETNMS_TO_ANALYZE REGION_NAME_FIXES TRIAL_COLUMNS
        QCVAL2NUM LENGTH_MISMATCH_THRESHOLD FIGURE_DPI TICKFONTSIZE LABELFONTSIZE
        NM_COLORS TARGETNM_COLORS TARGETNM2POSITION SESSIONTYPE2COLOR SESSIONTYPE2FLOAT
        EVENT2COLOR NM_CMAPS QCCMAP DATASET_CATEGORIES SESSIONS_FPATH SESSIONS_H5_DIR
        QC_PHOTOMETRY_FPATH PERFORMANCE_FPATH PROJECT_ROOT""",
    "validation": """InvalidSubject InvalidStrain InvalidLine InvalidNeuromodulator
        InvalidBrainRegion MissingBrainRegion MissingHemisphere HemisphereMismatch
        MissingInsertion MissingHemiSuffix DataNotListed InvalidSessionType
        InvalidTargetNM InvalidSessionLength TrueDuplicateSession MissingExtractedData
        MissingResponses MissingRawData InsufficientTrials BlockStructureBug
        MissingBlockInfo IncompleteEventTimes TrialsNotInPhotometryTime BandInversion
        EarlySamples FewUniqueSamples QCValidationError AmbiguousRegionMapping
        MissingVideoTimestamps VideoLengthError VideoTimestampsQCError
        VideoDroppedFramesQCError VideoPinStateQCError make_log_entry exception_logger
        validate_subject validate_strain validate_line validate_neuromodulator
        validate_brain_region validate_hemisphere validate_datasets
        validate_video_length validate_video_timestamps_qc
        validate_video_dropped_frames_qc validate_video_pin_state_qc""",
    "io": """_get_default_connection get_block_info get_subject_info get_session_dict
        get_brain_region get_datasets get_extended_qc get_fiber_coordinates""",
    "util": """LOG_COLUMNS concat_logs deduplicate_log collect_session_errors
        collect_catalog collect_errors collect_qc enforce_schema SESSION_SCHEMA
        has_dataset has_dataset_category add_dataset_flags get_session_type
        get_targetNM get_session_length resolve_duplicate_group clean_sessions df2pqt
        fill_empty_lists_from_group fill_parallel_lists_from_group
        validate_parallel_lists aggregate_qc_per_session traj2coord fix_brain_regions
        fill_brain_region_from_fibers derive_target_nm contrast_transform
        contrast_inverse get_contrast_coding sample_recordings""",
    "data": "PhotometrySession PhotometrySessionGroup _SAVE_HANDLERS _LOAD_HANDLERS",
    "analysis": """get_responses compute_bleaching_tau compute_iso_correlation
        resample_signal compute_response_magnitude normalize_responses
        split_features_by_event cosine_similarity_matrix within_between_similarity
        mean_similarity_by_target decode_target_nm TargetNMDecoder
        feature_unique_contribution CCAResult fit_cca fit_sparse_cca cross_project_cca
        align_cca_signs compare_cca_weights LMMResult compute_marginal_means
        compute_recording_projection anova_rm kruskal_wallis_groups
        pairwise_mannwhitney GLMPCAResult pca_glm_coefficients ica_glm_coefficients
        pca_score_stats pca_subject_score_stats fit_response_glm fit_response_lmm
        compute_contrast_slopes compute_interaction_effects loso_cv_movement_lmm
        fit_movement_lmm_per_contrast fit_wheel_lmm""",
    "task": """get_block_lengths validate_block_structure reconstruct_probability_left
        validate_block_match count_sessions_to_stage get_subjects_by_stage
        compute_trial_contrasts add_relative_contrast compute_fraction_correct
        compute_nogo_fraction fit_psychometric fit_psychometric_by_block
        compute_bias_shift sort_trials_by_type""",
    "vis": """session_overview_matrix target_overview_barplot mouse_overview_barplot
        qc_grid session_plot violinplot plot_joint_distributions plot_stage_barplot
        plot_sessions_to_stage_cdf plot_psychometric_parameter_trajectory
        plot_performance_trajectory plot_psychometric_curves_50
        plot_psychometric_curves_by_block plot_psychometric_parameters_boxplot
        plot_parameter_box plot_bias_shift_trajectory create_psychometric_figure
        plot_relative_contrast plot_movement_response plot_confusion_matrix
        plot_similarity_matrix plot_decoding_coefficients plot_feature_contributions
        feature_sort_key plot_mean_response_vectors plot_within_target_similarity
        plot_empirical_similarity plot_lmm_response plot_lmm_variance_explained
        plot_marginal_means plot_lmm_coefficient_heatmap plot_lmm_summary
        plot_decoding_summary plot_response_decoding_summary plot_mean_response_traces
        plot_movement_lmm_summary plot_movement_slopes plot_wheel_lmm_summary
        plot_glm_pca_weights plot_glm_pca_scores plot_glm_pca_summary
        plot_cohort_cca_summary plot_psychometric_grid plot_target_comparison
        plot_rt_by_contrast set_plotsize""",
}

SESSION = """date to_dict to_series from_h5 from_alyx log_error load_trials
    load_photometry validate_n_trials validate_block_structure fix_block_structure
    validate_event_completeness validate_trials_in_photometry_time validate_qc
    validate_few_unique_samples run_raw_qc run_sliding_qc preprocess extract_responses
    subtract_baseline mask_subsequent_events save_h5 load_h5 basic_performance
    block_performance fraction_correct fraction_correct_by_contrast
    fraction_correct_easy nogo_fraction fit_psychometric fit_psychometric_by_block
    load_wheel extract_wheel_velocity get_trial_timings get_response_vector
    RESPONSE_WINDOW"""

GROUP = """from_catalog sessions recordings explode_recordings filter filter_sessions
    deduplicate process events load_performance load_response_magnitudes
    load_trial_timing load_peak_velocity load_mean_traces load_response_features
    load_response_traces flush_response_traces get_response_magnitudes get_mean_traces
    get_response_features response_similarity_matrix decode_target
    get_psychometric_features fit_cca fit_cohort_cca cross_project_cca
    compare_cca_weights anova_response_magnitudes get_glm_response_features
    pca_glm_coefficients ica_glm_coefficients fit_lmm enrich_peak_velocity
    fit_wheel_lmm"""

OF_THE_GROUP = "a method of PhotometrySessionGroup, whose trials have one rule"
NOT_PROVIDED = {
    "analysis.feature_unique_contribution": "TargetNMDecoder.contributions has it",
    "analysis.compute_recording_projection": "a plan of one project's rig time",
    "analysis.fit_response_lmm": OF_THE_GROUP,
    "analysis.loso_cv_movement_lmm": OF_THE_GROUP,
    "analysis.fit_movement_lmm_per_contrast": OF_THE_GROUP,
    "analysis.fit_wheel_lmm": OF_THE_GROUP,
    "util.sample_recordings": "DataFrame.sample does it",
}


def list_absent(place, thing, words):
    names = [name for name in words.split() if not hasattr(thing, name)]
    return [f"{place}.{name}" for name in names]


@pytest.mark.parametrize("module", NAMES)
def test_every_name_of_a_module_resolves_or_is_said_to_be_absent(module):
    thing = importlib.import_module(f"ranvier.iblnm.{module}")
    absent = list_absent(module, thing, NAMES[module])

    assert absent == [name for name in NOT_PROVIDED if name.startswith(f"{module}.")]


def test_session_and_group_have_the_methods_of_the_pipeline():
    data = importlib.import_module("ranvier.iblnm.data")

    assert list_absent("session", data.PhotometrySession, SESSION) == []
    assert list_absent("group", data.PhotometrySessionGroup, GROUP) == []


def test_what_is_said_to_be_of_the_group_is_there():
    names = [name for name, why in NOT_PROVIDED.items() if why == OF_THE_GROUP]
    methods = ["fit_lmm", *(name.removeprefix("analysis.") for name in names[1:])]

    assert [m for m in methods if not hasattr(group.PhotometrySessionGroup, m)] == []


@pytest.mark.parametrize("module", [*NAMES, "gui"])
def test_what_a_module_shows_is_there(module):
    thing = importlib.import_module(f"ranvier.iblnm.{module}")

    assert [n for n in getattr(thing, "__all__", ()) if not hasattr(thing, n)] == []
    assert not hasattr(thing, "no_such_name")


def test_aliases_are_what_they_are_said_to_be():
    analysis = importlib.import_module("ranvier.iblnm.analysis")
    for name, said in analysis.ALIASES.items():
        package, there = said.split(".")
        floor = importlib.import_module(f"ranvier.analysis.{package}")

        assert getattr(analysis, name) is getattr(floor, there)


def test_importing_the_data_module_brings_nothing_heavy():
    code = (
        "import sys, ranvier.iblnm.data, ranvier.iblnm.vis\n"
        "heavy = {'matplotlib', 'scipy', 'sklearn', 'statsmodels', 'xarray', 'one'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert told.stdout.strip() == ""
