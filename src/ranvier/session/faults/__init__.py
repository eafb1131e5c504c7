"""What is wrong with a session, its parameters or its surroundings, in words."""

from __future__ import annotations

from ranvier.session.faults._errors import (
    ArchiveError,
    BonsaiProcessError,
    MetadataError,
    OperatorError,
    ParameterValidationError,
    PeerError,
    ProgramError,
    RepositoryError,
    StepError,
)
from ranvier.session.faults._findings import Finding, Report, Severity, Verdict

__all__ = [
    "ArchiveError",
    "BonsaiProcessError",
    "Finding",
    "MetadataError",
    "OperatorError",
    "ParameterValidationError",
    "PeerError",
    "ProgramError",
    "Report",
    "RepositoryError",
    "Severity",
    "StepError",
    "Verdict",
]
