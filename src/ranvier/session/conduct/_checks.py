"""What is looked at before a session begins."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ranvier.core import SessionError, WallStart
from ranvier.session.conduct._acquisitions import check_task
from ranvier.session.conduct._plan import find_root, plan_peers, plan_repository
from ranvier.session.faults import Finding, Report, Severity
from ranvier.session.parameters import expand, read_entries, resolve_path
from ranvier.session.peers import check_peer_settings
from ranvier.session.preflight import (
    CallCheck,
    ClockSane,
    DevicesPresent,
    DiskSpace,
    Endpoint,
    FolderWritable,
    HostsReachable,
    MetadataKnown,
    PackagesPresent,
    run_checks,
)
from ranvier.session.record import check_session_name, check_subject
from ranvier.session.repository import check_repository, prepare_repository
from ranvier.session.steps import check_entries, list_questions

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.session.conduct._request import SessionRequest
    from ranvier.session.operator import Operator
    from ranvier.session.parameters import Parameters
    from ranvier.session.preflight import Check

T = TypeVar("T")
_NEEDED_GIB = 1.0
# Who is asked for when a session starts, and what it gets only then.
_ASKED = ("subject_id", "user_id")
_NAMELESS = {"session_name": "SESSION", "session_folder": "SESSION"}


def check_before(
    parameters: Parameters, request: SessionRequest, operator: Operator
) -> Report:
    """Look at all that can be looked at before a session has a folder.

    Disk, folder, clock, metadata, steps and their questions, the repository, other
    machines; then, at the code that would be used, the program and its properties. Of
    what is made for that, a worktree in the cache, a session makes the same.

    Parameters
    ----------
    parameters
        Merged. Who is not known yet is named for now.
    request
        The session.
    operator
        Is told how far it is; must be able to answer what steps will ask.

    Returns
    -------
    Report
        Every fault at once.
    """
    plan = _Provisional(parameters, request)
    report = run_checks(plan.build_checks(operator), operator) + plan.report
    if plan.session is None or report.errors:
        return report
    return report + run_checks([CallCheck("task", plan.check_task)], operator)


class _Provisional:
    """A session as it would be, in a folder that nobody makes."""

    def __init__(self, parameters: Parameters, request: SessionRequest) -> None:
        self._findings: list[Finding] = []
        unknown = {key: key.upper() for key in _ASKED if not parameters.get(key)}
        named = parameters.with_changes(unknown)
        self._known = parameters
        self._root = self._try(lambda: find_root(named, _NAMELESS))
        self.session = self._root / _NAMELESS["session_name"] if self._root else None
        context = {**_NAMELESS, "session_folder": str(self.session or "SESSION")}
        self._parameters = self._try(lambda: expand(named, context)) or named
        self._try(lambda: check_subject(str(named.get("subject_id"))))
        self._code = self._try(
            lambda: plan_repository(
                self._parameters, os.environ, allow_dirty=request.allow_dirty
            )
        )
        self._peers = peers = self._try(lambda: plan_peers(self._parameters, "session"))
        if peers is not None and peers.is_master:
            self._try(lambda: check_session_name(peers.session))

    @property
    def report(self) -> Report:
        """What could not even be planned."""
        return Report.of(self._findings)

    def build_checks(self, operator: Operator) -> list[Check]:
        """Give the checks that can be made of it."""
        parameters, code, peers = self._parameters, self._code, self._peers
        needed = tuple(parameters.get("required_metadata", []))
        checks: list[Check] = [
            ClockSane(WallStart.now()),
            MetadataKnown(self._known.to_dict(), needed),
            CallCheck("steps", lambda: _check_steps(parameters)),
            CallCheck("questions", lambda: _check_questions(parameters, operator)),
        ]
        checks += _build_wanted(parameters)
        central = parameters.get("centralized_log_directory")
        if central:
            place = resolve_path(central, Path.cwd(), key="centralized_log_directory")
            checks.append(FolderWritable(place, "folder of the second log"))
        if self._root is not None:
            checks[:0] = [
                DiskSpace(self._root, _NEEDED_GIB),
                FolderWritable(self._root),
            ]
        if code is not None:
            checks.append(CallCheck("repository", lambda: check_repository(code)))
        if peers is not None:
            checks.append(
                CallCheck("machines", lambda: check_peer_settings(peers, os.environ))
            )
        return checks

    def check_task(self) -> Report:
        """Look at the program and its properties, at the commit that is wanted."""
        assert self.session is not None  # noqa: S101 - the caller looked
        if self._code is None:
            return check_task(self._parameters, self.session, None)
        with tempfile.TemporaryDirectory() as place:
            state = prepare_repository(self._code, Path(place) / "repository.diff")
        return check_task(self._parameters, self.session, Path(state.path))

    def _try(self, plan: Callable[[], T]) -> T | None:
        try:
            return plan()
        except SessionError as error:
            finding = Finding.from_error(error, "parameters")
            if finding not in self._findings:
                self._findings.append(finding)
            return None


def _build_wanted(parameters: Parameters) -> list[Check]:
    """Give the checks that the parameters themselves want."""
    checks: list[Check] = []
    if devices := parameters.get("required_devices"):
        checks.append(DevicesPresent(devices))
    if hosts := parameters.get("required_hosts"):
        parted = [host.rpartition(":") for host in hosts]
        endpoints = tuple(Endpoint(name, int(port)) for name, _, port in parted)
        checks.append(HostsReachable(endpoints))
    if packages := parameters.get("required_packages"):
        checks.append(PackagesPresent(tuple(packages)))
    return checks


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
