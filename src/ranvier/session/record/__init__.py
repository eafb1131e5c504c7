"""What is known of a session, and the files that say so."""

from __future__ import annotations

from ranvier.session.record._against import find_breaks, find_death
from ranvier.session.record._files import build_files, write_files
from ranvier.session.record._folder import (
    check_session_name,
    check_subject,
    make_session_folder,
    make_session_name,
)
from ranvier.session.record._lock import FileLock, Holder
from ranvier.session.record._model import (
    Epoch,
    GraphRun,
    ProgramAttempt,
    RepositoryState,
    ResourceSample,
    SessionRecord,
    SessionState,
    StepRecord,
)
from ranvier.session.record._project import project
from ranvier.session.record._read import (
    LOCK_FILE,
    METADATA_FOLDER,
    find_holder,
    hold_session,
    is_held,
    read_record,
)

__all__ = [
    "LOCK_FILE",
    "METADATA_FOLDER",
    "Epoch",
    "FileLock",
    "GraphRun",
    "Holder",
    "ProgramAttempt",
    "RepositoryState",
    "ResourceSample",
    "SessionRecord",
    "SessionState",
    "StepRecord",
    "build_files",
    "check_session_name",
    "check_subject",
    "find_breaks",
    "find_death",
    "find_holder",
    "hold_session",
    "is_held",
    "make_session_folder",
    "make_session_name",
    "project",
    "read_record",
    "write_files",
]
