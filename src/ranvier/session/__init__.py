"""One sitting of one subject on one rig, from checks before to metadata after.

The names here are those of the older launcher's interface. Each is imported when it is
asked for, so that a part of the session can be used without the rest.
"""

from __future__ import annotations

import importlib
import typing

if typing.TYPE_CHECKING:
    from ranvier.session.exceptions import (
        BaseExperimentError,
        BonsaiProcessError,
        ParameterValidationError,
        RepositoryError,
    )
    from ranvier.session.experiment import (
        BONSAI_FILE_EXTENSION,
        DEFAULT_BONSAI_PATHS,
        DEFAULT_OUTPUT_DIRECTORY,
        DEFAULT_TIMEOUT_SECONDS,
        PARAMETER_FILE_EXTENSION,
        SESSION_FILE_EXTENSION,
        BaseExperiment,
        ConfigLoader,
        ExperimentParameters,
        ProcessMonitor,
        SessionData,
        SLAP2Experiment,
        Slap2Experiment,
        StimulusEpoch,
        cleanup_temp_files,
        clone_repository,
        ensure_directory_exists,
        generate_session_uuid,
        generate_timestamp,
        get_file_checksum,
        safe_file_copy,
        start_bonsai_process,
        update_repository,
        wait_for_process,
    )
    from ranvier.session.validation import (
        validate_bonsai_workflow,
        validate_git_repository,
        validate_parameters,
    )

__all__ = [
    "BONSAI_FILE_EXTENSION",
    "DEFAULT_BONSAI_PATHS",
    "DEFAULT_OUTPUT_DIRECTORY",
    "DEFAULT_TIMEOUT_SECONDS",
    "PARAMETER_FILE_EXTENSION",
    "SESSION_FILE_EXTENSION",
    "BaseExperiment",
    "BaseExperimentError",
    "BonsaiProcessError",
    "ConfigLoader",
    "ExperimentParameters",
    "ParameterValidationError",
    "ProcessMonitor",
    "RepositoryError",
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
    "validate_bonsai_workflow",
    "validate_git_repository",
    "validate_parameters",
    "wait_for_process",
]

_ERRORS = (
    "BaseExperimentError",
    "BonsaiProcessError",
    "ParameterValidationError",
    "RepositoryError",
)


def __getattr__(name: str) -> typing.Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "experiment"
    if name in _ERRORS:
        home = "exceptions"
    elif name.startswith("validate_"):
        home = "validation"
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
