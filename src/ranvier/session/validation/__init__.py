"""Checks before a session, with the answers that the older launcher's callers expect.

Each says yes or no, with a list of reasons where that is documented. Code of ours asks
`check_parameters`, `check_workflow` and `check_repository` for a report instead.
"""

from __future__ import annotations

from ranvier.session.validation._files import (
    sanitize_filename,
    validate_bonsai_workflow,
    validate_file_paths,
)
from ranvier.session.validation._parameters import (
    ParameterValidation,
    validate_parameter_schema,
    validate_parameters,
)
from ranvier.session.validation._repository import (
    validate_git_repository,
    validate_git_url,
)

__all__ = [
    "ParameterValidation",
    "sanitize_filename",
    "validate_bonsai_workflow",
    "validate_file_paths",
    "validate_git_repository",
    "validate_git_url",
    "validate_parameter_schema",
    "validate_parameters",
]
