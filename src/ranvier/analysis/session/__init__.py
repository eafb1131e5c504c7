"""One session: its data, and what is computed of it."""

from __future__ import annotations

from ranvier.analysis.session._loading import match_regions
from ranvier.analysis.session._session import PhotometrySession
from ranvier.analysis.session._signals import make_responses
from ranvier.analysis.session._state import take_metadata, to_list
from ranvier.analysis.session._validators import (
    validate_brain_region,
    validate_datasets,
    validate_hemisphere,
    validate_line,
    validate_neuromodulator,
    validate_strain,
    validate_subject,
    validate_video_dropped_frames_qc,
    validate_video_length,
    validate_video_pin_state_qc,
    validate_video_timestamps_qc,
)

__all__ = [
    "PhotometrySession",
    "make_responses",
    "match_regions",
    "take_metadata",
    "to_list",
    "validate_brain_region",
    "validate_datasets",
    "validate_hemisphere",
    "validate_line",
    "validate_neuromodulator",
    "validate_strain",
    "validate_subject",
    "validate_video_dropped_frames_qc",
    "validate_video_length",
    "validate_video_pin_state_qc",
    "validate_video_timestamps_qc",
]
