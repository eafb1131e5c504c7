"""Typed exceptions, the logger of a batch, and checks of the metadata of a session.

A check takes the row of a session (a Series, a mapping, or a `PhotometrySession`) and
gives it back, so that `df.apply(validate_strain, axis="columns", exlog=log)` is the
table again; it raises its own exception, or logs it if it is given a list as `exlog`.
Names are those of the IBL's vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.analysis import session as checks
from ranvier.analysis.faults import (
    AmbiguousRegionMapping,
    BandInversion,
    BlockStructureBug,
    DataFault,
    DataNotListed,
    EarlySamples,
    FewUniqueSamples,
    HemisphereMismatch,
    IncompleteEventTimes,
    InsufficientTrials,
    InvalidBrainRegion,
    InvalidLine,
    InvalidNeuromodulator,
    InvalidSessionLength,
    InvalidSessionType,
    InvalidStrain,
    InvalidSubject,
    InvalidTargetNM,
    MissingBlockInfo,
    MissingBrainRegion,
    MissingExtractedData,
    MissingHemisphere,
    MissingHemiSuffix,
    MissingInsertion,
    MissingLP,
    MissingMotionEnergy,
    MissingRawData,
    MissingResponses,
    MissingVideoTimestamps,
    QCValidationError,
    TrialsNotInPhotometryTime,
    TrueDuplicateSession,
    VideoDroppedFramesQCError,
    VideoLengthError,
    VideoPinStateQCError,
    VideoTimestampsQCError,
    exception_logger,
    make_log_entry,
)
from ranvier.iblnm.config import make_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.parameters import Vocabulary


@exception_logger
def validate_subject(session: Any) -> Any:
    """Make sure that the subject is one to be analysed; else InvalidSubject."""
    checks.validate_subject(_to_row(session), _get_names())
    return session


@exception_logger
def validate_strain(session: Any) -> Any:
    """Make sure that the strain is known; else InvalidStrain."""
    checks.validate_strain(_to_row(session), _get_names())
    return session


@exception_logger
def validate_line(session: Any) -> Any:
    """Make sure that the line is known; else InvalidLine."""
    checks.validate_line(_to_row(session), _get_names())
    return session


@exception_logger
def validate_neuromodulator(session: Any) -> Any:
    """Make sure that the neuromodulator is known; else InvalidNeuromodulator."""
    checks.validate_neuromodulator(_to_row(session), _get_names())
    return session


@exception_logger
def validate_brain_region(session: Any) -> Any:
    """Make sure of known targets; else MissingBrainRegion, InvalidBrainRegion."""
    checks.validate_brain_region(_to_row(session), _get_names())
    return session


@exception_logger
def validate_hemisphere(
    session: Any, fibers: Mapping[str, str | None] | None = None
) -> Any:
    """Make sure that the hemisphere of each fibre is known.

    Parameters
    ----------
    session
        Its row.
    fibers
        Region → hemisphere by the fibre's coordinates; None compares with none.

    Returns
    -------
    Series, mapping or PhotometrySession
        `session`.

    Raises
    ------
    MissingHemisphere, HemisphereMismatch, MissingInsertion, MissingHemiSuffix
        If not.
    """
    checks.validate_hemisphere(_to_row(session), fibers)
    return session


@exception_logger
def validate_datasets(session: Any) -> Any:
    """Make sure that every kind of data is listed; else DataNotListed."""
    checks.validate_datasets(_to_row(session))
    return session


@exception_logger
def validate_video_length(session: Any) -> Any:
    """Make sure that the video is as long as the session; else VideoLengthError."""
    longest_s = make_parameters().video.max_length_mismatch_s
    checks.validate_video_length(_to_row(session), longest_s)
    return session


@exception_logger
def validate_video_timestamps_qc(session: Any) -> Any:
    """Make sure that the video's time stamps pass; else VideoTimestampsQCError."""
    checks.validate_video_timestamps_qc(_to_row(session))
    return session


@exception_logger
def validate_video_dropped_frames_qc(session: Any) -> Any:
    """Make sure that no frames were lost; else VideoDroppedFramesQCError."""
    checks.validate_video_dropped_frames_qc(_to_row(session))
    return session


@exception_logger
def validate_video_pin_state_qc(session: Any) -> Any:
    """Make sure that the video's pin state passes; else VideoPinStateQCError."""
    checks.validate_video_pin_state_qc(_to_row(session))
    return session


def _to_row(session: Any) -> Any:
    return session.to_dict() if hasattr(session, "to_dict") else session


def _get_names() -> Vocabulary:
    return make_parameters().vocabulary


__all__ = [
    "AmbiguousRegionMapping",
    "BandInversion",
    "BlockStructureBug",
    "DataFault",
    "DataNotListed",
    "EarlySamples",
    "FewUniqueSamples",
    "HemisphereMismatch",
    "IncompleteEventTimes",
    "InsufficientTrials",
    "InvalidBrainRegion",
    "InvalidLine",
    "InvalidNeuromodulator",
    "InvalidSessionLength",
    "InvalidSessionType",
    "InvalidStrain",
    "InvalidSubject",
    "InvalidTargetNM",
    "MissingBlockInfo",
    "MissingBrainRegion",
    "MissingExtractedData",
    "MissingHemiSuffix",
    "MissingHemisphere",
    "MissingInsertion",
    "MissingLP",
    "MissingMotionEnergy",
    "MissingRawData",
    "MissingResponses",
    "MissingVideoTimestamps",
    "QCValidationError",
    "TrialsNotInPhotometryTime",
    "TrueDuplicateSession",
    "VideoDroppedFramesQCError",
    "VideoLengthError",
    "VideoPinStateQCError",
    "VideoTimestampsQCError",
    "exception_logger",
    "make_log_entry",
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
