"""One run of an experiment, as it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ranvier.session.faults import Finding
from ranvier.session.programs import ProgramEnd, StopSignal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ranvier.session.experiment._log import ExperimentLog
    from ranvier.session.programs import ProgramSpec
    from ranvier.session.record import RepositoryState

N_HEAD = 4
"""Words of Bonsai's command before its arguments: program, workflow, two switches."""


@dataclass
class Course:
    """One run of an experiment.

    Parameters
    ----------
    stop
        Of its session.
    proposed
        Where sessions are kept, and the name of this one.
    folder
        Of the session, once it is made.
    prepare, acquire
        What the session does for `setup_repository` and `start_bonsai`, while it may.
    program
        Which is run, once that is known.
    """

    stop: StopSignal = field(default_factory=StopSignal)
    proposed: tuple[Path, str] | None = None
    folder: Path | None = None
    prepare: Callable[[], RepositoryState | None] | None = None
    acquire: Callable[[], tuple[ProgramEnd, ...]] | None = None
    code: RepositoryState | None = None
    program: ProgramSpec | None = None
    ends: tuple[ProgramEnd, ...] = ()
    findings: list[Finding] = field(default_factory=list[Finding])
    log: ExperimentLog | None = None
    is_loaded: bool = False
    is_prepared: bool = False
    is_over: bool = False
