"""The older launcher's interface: experiments as classes, and what belongs to them."""

from __future__ import annotations

from ranvier.session.experiment._config import ConfigLoader
from ranvier.session.experiment._constants import (
    BONSAI_FILE_EXTENSION,
    DEFAULT_BONSAI_PATHS,
    DEFAULT_OUTPUT_DIRECTORY,
    DEFAULT_TIMEOUT_SECONDS,
    PARAMETER_FILE_EXTENSION,
    SESSION_FILE_EXTENSION,
)
from ranvier.session.experiment._experiment import BaseExperiment
from ranvier.session.experiment._files import (
    cleanup_temp_files,
    ensure_directory_exists,
    generate_session_uuid,
    generate_timestamp,
    get_file_checksum,
    safe_file_copy,
)
from ranvier.session.experiment._processes import (
    ProcessMonitor,
    start_bonsai_process,
    wait_for_process,
)
from ranvier.session.experiment._repositories import (
    clone_repository,
    update_repository,
)
from ranvier.session.experiment._schemas import (
    ExperimentParameters,
    SessionData,
    StimulusEpoch,
)
from ranvier.session.experiment._slap2 import SLAP2Experiment, Slap2Experiment

__all__ = [
    "BONSAI_FILE_EXTENSION",
    "DEFAULT_BONSAI_PATHS",
    "DEFAULT_OUTPUT_DIRECTORY",
    "DEFAULT_TIMEOUT_SECONDS",
    "PARAMETER_FILE_EXTENSION",
    "SESSION_FILE_EXTENSION",
    "BaseExperiment",
    "ConfigLoader",
    "ExperimentParameters",
    "ProcessMonitor",
    "SLAP2Experiment",
    "SessionData",
    "Slap2Experiment",
    "StimulusEpoch",
    "cleanup_temp_files",
    "clone_repository",
    "ensure_directory_exists",
    "generate_session_uuid",
    "generate_timestamp",
    "get_file_checksum",
    "safe_file_copy",
    "start_bonsai_process",
    "update_repository",
    "wait_for_process",
]
