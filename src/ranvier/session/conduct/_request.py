"""What is asked of a session, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.session.faults import Report, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ranvier.core import RanvierError
    from ranvier.session.parameters import ParameterFile
    from ranvier.session.record import SessionRecord


@dataclass(frozen=True)
class SessionRequest:
    """A session that is to be held.

    Parameters
    ----------
    file
        The parameter file, or what was read of one.
    rig
        The rig's file; None looks where rigs have it.
    changes
        Parameters in place of the files', by name.
    origin
        Who made them, for the record.
    allow_dirty
        True runs a task repository that differs from its commit, and keeps the
        difference.
    is_lenient
        True lets keys stand that nobody here knows, for those who read them.
    argv
        Command line, for the record.
    by
        Who starts it.
    """

    file: Path | ParameterFile
    rig: Path | None = None
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    origin: str = "command line"
    allow_dirty: bool = False
    is_lenient: bool = False
    argv: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True)
class SessionOutcome:
    """What became of a session.

    Parameters
    ----------
    folder
        The session folder; None if it did not come to one.
    verdict
        OK or WARNING if it did what was asked.
    exit_status
        0 only if it did what was asked.
    report
        All findings that someone should see.
    record
        What the trail says; None without a folder.
    error
        The first that ended it, if one did.
    """

    folder: Path | None
    verdict: Verdict
    exit_status: int
    report: Report = field(default_factory=Report)
    record: SessionRecord | None = None
    error: RanvierError | None = None
