"""The errors of a session: one family for each of its parts, all `SessionError`s."""

from __future__ import annotations

from ranvier.core import SessionError


class ParameterValidationError(SessionError):
    """The parameters of a session, or a file they stand in, are not right."""


class RepositoryError(SessionError):
    """The task repository can't be had as asked."""


class ProgramError(SessionError):
    """An external program can't be started, or did not end as it should."""


class BonsaiProcessError(ProgramError):
    """Bonsai, or its workflow, failed."""


class StepError(SessionError):
    """A step before or after the acquisition can't be done as asked."""


class PeerError(SessionError):
    """The machines of a session do not agree."""


class ArchiveError(SessionError):
    """A session can't be archived as asked; its source is untouched."""


class MetadataError(SessionError):
    """Metadata can't be written, or are not what their schema wants."""


class OperatorError(SessionError):
    """There is no answer, and none is invented."""
