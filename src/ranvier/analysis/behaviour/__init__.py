"""Behaviour: trials, performance, psychometric functions, blocks, the wheel."""

from ranvier.analysis.behaviour._blocks import (
    MIN_BLOCK_LENGTH,
    Blocks,
    find_block_lengths,
    find_blocks,
    find_short_blocks,
    fix_block_structure,
    reconstruct_probability_left,
    validate_block_match,
    validate_block_structure,
)
from ranvier.analysis.behaviour._columns import get_right_choices
from ranvier.analysis.behaviour._movements import (
    MovementRule,
    Movements,
    find_movements,
    infer_samples_per_turn,
)
from ranvier.analysis.behaviour._performance import (
    EASY_CONTRAST,
    MIN_BLOCK_TRIALS,
    compute_fraction_correct,
    compute_fraction_correct_by_contrast,
    compute_fraction_correct_easy,
    compute_nogo_fraction,
    compute_performance,
)
from ranvier.analysis.behaviour._psychometric import (
    PSYCHOMETRIC_BOUNDS,
    PSYCHOMETRIC_PARAMETERS,
    PsychometricFit,
    fit_psychometric,
    fit_psychometrics,
)
from ranvier.analysis.behaviour._stages import (
    STAGES,
    count_sessions_to_stage,
    get_subjects_by_stage,
)
from ranvier.analysis.behaviour._trials import (
    add_relative_contrast,
    compute_trial_contrasts,
    compute_trial_timings,
    sort_trials_by_type,
)
from ranvier.analysis.behaviour._validation import (
    MIN_COMPLETENESS,
    MIN_TRIALS,
    find_trials_outside,
    measure_completeness,
    validate_event_completeness,
    validate_n_trials,
    validate_trials_in_photometry_time,
)
from ranvier.analysis.behaviour._wheel import (
    WHEEL_RATE_HZ,
    compute_peak_velocity,
    compute_velocity_by_trial,
    compute_wheel_velocity,
    interpolate_wheel,
)

__all__ = [
    "EASY_CONTRAST",
    "MIN_BLOCK_LENGTH",
    "MIN_BLOCK_TRIALS",
    "MIN_COMPLETENESS",
    "MIN_TRIALS",
    "PSYCHOMETRIC_BOUNDS",
    "PSYCHOMETRIC_PARAMETERS",
    "STAGES",
    "WHEEL_RATE_HZ",
    "Blocks",
    "MovementRule",
    "Movements",
    "PsychometricFit",
    "add_relative_contrast",
    "compute_fraction_correct",
    "compute_fraction_correct_by_contrast",
    "compute_fraction_correct_easy",
    "compute_nogo_fraction",
    "compute_peak_velocity",
    "compute_performance",
    "compute_trial_contrasts",
    "compute_trial_timings",
    "compute_velocity_by_trial",
    "compute_wheel_velocity",
    "count_sessions_to_stage",
    "find_block_lengths",
    "find_blocks",
    "find_movements",
    "find_short_blocks",
    "find_trials_outside",
    "fit_psychometric",
    "fit_psychometrics",
    "fix_block_structure",
    "get_right_choices",
    "get_subjects_by_stage",
    "infer_samples_per_turn",
    "interpolate_wheel",
    "measure_completeness",
    "reconstruct_probability_left",
    "sort_trials_by_type",
    "validate_block_match",
    "validate_block_structure",
    "validate_event_completeness",
    "validate_n_trials",
    "validate_trials_in_photometry_time",
]
