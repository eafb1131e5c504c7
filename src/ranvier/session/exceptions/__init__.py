"""The errors of a session by the names of the older launcher's documentation."""

from __future__ import annotations

from ranvier.core import SessionError as BaseExperimentError
from ranvier.session.faults import (
    BonsaiProcessError,
    ParameterValidationError,
    RepositoryError,
)

__all__ = [
    "BaseExperimentError",
    "BonsaiProcessError",
    "ParameterValidationError",
    "RepositoryError",
]
