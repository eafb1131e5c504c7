"""What is known of a session, and the files that say so."""

from __future__ import annotations

from ranvier.session.record._model import (
    Epoch,
    ProgramAttempt,
    RepositoryState,
    ResourceSample,
    SessionRecord,
    SessionState,
    StepRecord,
)

__all__ = [
    "Epoch",
    "ProgramAttempt",
    "RepositoryState",
    "ResourceSample",
    "SessionRecord",
    "SessionState",
    "StepRecord",
]
