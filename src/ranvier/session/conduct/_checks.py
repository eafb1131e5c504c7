"""What is looked at before a session begins."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ranvier.core import WallStart
from ranvier.session.conduct._acquisitions import check_task
from ranvier.session.conduct._plan import find_root, plan_peers, plan_repository
from ranvier.session.faults import Finding, Report, Severity
from ranvier.session.parameters import expand, read_entries
from ranvier.session.peers import check_peer_settings
from ranvier.session.preflight import (
    CallCheck,
    ClockSane,
    DiskSpace,
    FolderWritable,
    MetadataKnown,
    run_checks,
)
from ranvier.session.repository import check_repository
from ranvier.session.steps import check_entries, list_questions

if TYPE_CHECKING:
    from ranvier.session.conduct._request import SessionRequest
    from ranvier.session.operator import Operator
    from ranvier.session.parameters import Parameters
    from ranvier.session.preflight import Check

_NEEDED_GIB = 1.0
# What a session gets only when it begins.
_NAMELESS = {"session_name": "SESSION", "session_folder": "SESSION"}


def check_before(
    parameters: Parameters, request: SessionRequest, operator: Operator
) -> Report:
    """Look at disk, folder, clock, metadata, repository, steps and other machines.

    Parameters
    ----------
    parameters
        Merged.
    request
        The session.
    operator
        Is told how far it is; must be able to answer what steps will ask.

    Returns
    -------
    Report
        All that was looked at.

    Raises
    ------
    ParameterValidationError
        If a placeholder names nothing, or a folder is a path of another system.
    """
    root = find_root(parameters, _NAMELESS)
    if parameters.get("subject_id"):
        folder = root / _NAMELESS["session_name"]
        parameters = expand(parameters, {**_NAMELESS, "session_folder": str(folder)})
    checks: list[Check] = [
        DiskSpace(root, _NEEDED_GIB),
        FolderWritable(root),
        ClockSane(WallStart.now()),
        MetadataKnown(
            parameters.to_dict(), tuple(parameters.get("required_metadata", []))
        ),
        CallCheck("steps", lambda: _check_steps(parameters)),
        CallCheck("questions", lambda: _check_questions(parameters, operator)),
    ]
    code = plan_repository(parameters, os.environ, allow_dirty=request.allow_dirty)
    if code is not None:
        checks.append(CallCheck("repository", lambda: check_repository(code)))
    elif parameters.get("subject_id"):
        # Of a repository it is looked at once that is there.
        session = root / _NAMELESS["session_name"]
        checks.append(CallCheck("task", lambda: check_task(parameters, session, None)))
    if parameters.get("subject_id"):
        peers = plan_peers(parameters, "session")
        if peers is not None:
            checks.append(
                CallCheck("machines", lambda: check_peer_settings(peers, os.environ))
            )
    return run_checks(checks, operator)


def _check_steps(parameters: Parameters) -> Report:
    return check_entries(
        read_entries(parameters), session_parameters=parameters.to_dict()
    )


def _check_questions(parameters: Parameters, operator: Operator) -> Report:
    asked = list_questions(read_entries(parameters))
    return Report.of(
        Finding(
            Severity.ERROR,
            "questions",
            f'there is nobody to answer "{name}", which a step will ask.',
            code="RV-S80",
            where=place,
            mend=f'put "{name}" into a file and give it as --answers FILE, or start '
            "the session at a terminal",
        )
        for name, place in asked.items()
        if not operator.has_answer(name)
    )
