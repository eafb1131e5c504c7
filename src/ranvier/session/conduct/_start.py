"""Starts a session: parameters, checks, agreement, folder; then holds it."""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ranvier
from ranvier.audit import AuditKind
from ranvier.core import RanvierError, SessionError, WallStart, describe_error
from ranvier.session.conduct._archives import refresh_archives
from ranvier.session.conduct._ask import ask_missing
from ranvier.session.conduct._checks import check_before
from ranvier.session.conduct._close import close_files
from ranvier.session.conduct._hooks import SessionHooks
from ranvier.session.conduct._log import SessionLog, make_central_log
from ranvier.session.conduct._plan import (
    find_root,
    name_rig,
    plan_peers,
    plan_repository,
)
from ranvier.session.conduct._request import SessionOutcome
from ranvier.session.conduct._shared import SharedOperator
from ranvier.session.conduct._sitting import Setting, Sitting
from ranvier.session.conduct._stops import PEER, StopTeller
from ranvier.session.conduct._trail import SessionTrail
from ranvier.session.faults import ParameterValidationError, PeerError, Report, Verdict
from ranvier.session.operator import AuditedOperator, Question, QuestionKind
from ranvier.session.parameters import (
    check_parameters,
    expand,
    find_rig_file,
    merge,
    read_parameter_file,
    read_rig,
)
from ranvier.session.peers import agree
from ranvier.session.preflight import RigFree, RigLock, run_checks
from ranvier.session.programs import StopSignal
from ranvier.session.record import (
    METADATA_FOLDER,
    check_subject,
    hold_session,
    make_session_folder,
    make_session_name,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from ranvier.session.conduct._request import SessionRequest
    from ranvier.session.operator import Answer, Operator
    from ranvier.session.parameters import Parameters
    from ranvier.session.peers import Agreement, StopCall
    from ranvier.session.record import SessionRecord

DONE, FAILED = 0, 1
_ALONE = "session_sync_bypass"
_NOT_TOGETHER = "RV-S52"
_K = AuditKind


def read_parameters(request: SessionRequest) -> Parameters:
    """Read and check the parameters of a session; every fault at once.

    Parameters
    ----------
    request
        Names the files.

    Returns
    -------
    merged
        Merged, with the name of the rig.

    Raises
    ------
    ParameterValidationError
        If they are not right, or a file can't be read.
    """
    rig_file = find_rig_file(request.rig)
    file = request.file
    parameters = merge(
        read_rig(rig_file) if rig_file else None,
        read_parameter_file(file) if isinstance(file, Path) else file,
    )
    parameters = parameters.with_changes(request.changes, request.origin)
    parameters = name_rig(parameters)
    report = check_parameters(parameters, is_lenient=request.is_lenient)
    report.raise_errors(ParameterValidationError)
    return parameters


def check_session(request: SessionRequest, operator: Operator) -> Report:
    """Look whether a session could be held now; none is made, locked or started.

    The code that it would use is looked at too, and so is fetched into the cache.

    Parameters
    ----------
    request
        The session.
    operator
        Is told how far it is; is not asked.

    Returns
    -------
    Report
        All that was looked at.

    Raises
    ------
    ParameterValidationError
        If the parameters are not right.
    """
    parameters = read_parameters(request)
    warnings = check_parameters(parameters, is_lenient=request.is_lenient)
    rig = RigFree(RigLock(str(parameters.get("rig_id"))))
    report = warnings + run_checks([rig], operator)
    return report + check_before(parameters, request, operator)


def start_session(
    request: SessionRequest,
    operator: Operator,
    stop: StopSignal | None = None,
    hooks: SessionHooks | None = None,
    *,
    has_terminal: bool = False,
) -> SessionOutcome:
    """Hold a session, from checks before to metadata after.

    Works in any thread; signals are for the caller to catch, and to turn into
    `stop.request`.

    Parameters
    ----------
    request
        The session.
    operator
        Who is asked and told.
    stop
        Ends it: once in good order, twice at once.
    hooks
        Who takes part in it.
    has_terminal
        True if an editor may be opened for the operator.

    Returns
    -------
    SessionOutcome
        Whatever became of it once it has a folder.

    Raises
    ------
    RanvierError
        If it can't begin: parameters, checks, an answer, another session on this rig.
        Nothing has been made then but what lies in the cache, and nothing started.
    """
    parameters = read_parameters(request)
    opening = _Opening(request, operator, stop or StopSignal(), hooks or SessionHooks())
    return opening.open(parameters, has_terminal=has_terminal)


@dataclass
class _Answers:
    """Keeps answers until there is a trail to write them to."""

    kept: list[tuple[str, str, Answer, str]]
    trail: SessionTrail | None = None

    def write(self, question: str, prompt: str, answer: Answer, by: str) -> None:
        if self.trail is None:
            self.kept.append((question, prompt, answer, by))
            return
        self.trail.has_answer(question, prompt, answer, by)

    def attach(self, trail: SessionTrail) -> None:
        self.trail = trail
        for each in self.kept:
            self.write(*each)


class _Opening:
    """What comes before the folder, and the frame around what comes after."""

    def __init__(
        self,
        request: SessionRequest,
        operator: Operator,
        stop: StopSignal,
        hooks: SessionHooks,
    ) -> None:
        self._request, self._stop, self._hooks = request, stop, hooks
        self._answers = _Answers([])
        shared = SharedOperator(operator)
        self._operator = AuditedOperator(shared, self._answers.write)

    def open(self, parameters: Parameters, *, has_terminal: bool) -> SessionOutcome:
        """Do what can be refused, then hold the session."""
        start = WallStart.now()
        with RigLock(str(parameters.get("rig_id"))) as lock:
            lock.acquire(self._request.file.name)
            parameters = ask_missing(parameters, self._operator)
            subject = check_subject(str(parameters.get("subject_id")))
            report = check_before(parameters, self._request, self._operator)
            report.raise_errors(SessionError)
            name = make_session_name(subject, start.date_at(start.monotonic_ns))
            with self._agree(parameters, name) as agreement:
                name = agreement.session_name if agreement else name
                folder = self._make_folder(parameters, name)
                session = {"session_folder": str(folder), "session_name": folder.name}
                parameters = expand(parameters, session)
                code = plan_repository(
                    parameters, os.environ, allow_dirty=self._request.allow_dirty
                )
                setting = Setting(folder, parameters, code, agreement, has_terminal)
                return self._hold(setting, start, report)

    @contextlib.contextmanager
    def _agree(self, parameters: Parameters, name: str) -> Generator[Agreement | None]:
        settings = plan_peers(parameters, name)
        if settings is None:
            yield None
            return
        try:
            agreement = agree(settings, self._stop, self._operator)
        except PeerError as error:
            if not self._goes_on_alone(parameters, error):
                raise
            yield None
            return
        with agreement:
            agreement.on_stop(self._hear)
            yield agreement

    def _goes_on_alone(self, parameters: Parameters, error: PeerError) -> bool:
        # Of those who did not come; who does not go together must not go on.
        allowed = parameters.get("session_sync_allow_bypass")
        is_late = error.code == _NOT_TOGETHER
        if not allowed or not is_late or not self._operator.has_answer(_ALONE):
            return False
        self._operator.warn(str(error))
        prompt = parameters.get("session_sync_bypass_prompt")
        prompt = prompt or "Hold the session on this machine alone?"
        return (
            self._operator.ask(Question(_ALONE, prompt, QuestionKind.CONFIRM)) is True
        )

    def _hear(self, call: StopCall) -> None:
        self._stop.request(f"{PEER}{call.by}", call.reason)
        if call.is_abort:
            self._stop.request(f"{PEER}{call.by}", call.reason)

    def _make_folder(self, parameters: Parameters, name: str) -> Path:
        context = {"session_name": name, "session_folder": name}
        root = find_root(parameters, context)
        chosen = self._hooks.name_folder(root, name)
        folder = make_session_folder(chosen.parent, chosen.name)
        (folder / METADATA_FOLDER).mkdir()
        return folder

    def _hold(
        self, setting: Setting, start: WallStart, report: Report
    ) -> SessionOutcome:
        folder = setting.folder
        with hold_session(folder, folder.name):
            try:
                sitting, verdict = self._sit(setting, start, report)
            except BaseException:
                # Also after a fault of ours, files say what the trail knows; what
                # hinders that must not hide the fault.
                with contextlib.suppress(RanvierError, OSError):
                    close_files(folder, self._operator)
                raise
            record = close_files(folder, self._operator)
            report = Report.of((*report.warnings, *sitting.findings))
            stale = refresh_archives(folder, record, self._operator)
            if stale.errors:
                record = self._correct(folder, stale, sitting)
            report += stale
        verdict = Verdict.FAILED if report.errors else verdict
        status = DONE if verdict.is_done else FAILED
        return SessionOutcome(folder, verdict, status, report, record, sitting.error)

    def _correct(self, folder: Path, stale: Report, sitting: Sitting) -> SessionRecord:
        # A copy that lacks the end of the session is no copy: the record says so.
        with SessionTrail(folder) as trail:
            trail.write(
                _K.SESSION_FINISHED,
                verdict=Verdict.FAILED,
                exit_status=FAILED,
                error=_describe(sitting.error),
                findings=[
                    finding.to_dict()
                    for finding in (*sitting.findings, *stale.findings)
                ],
            )
        return close_files(folder, self._operator)

    def _sit(
        self, setting: Setting, start: WallStart, report: Report
    ) -> tuple[Sitting, Verdict]:
        folder, parameters = setting.folder, setting.parameters
        logs = [folder / METADATA_FOLDER / "launcher.log"]
        logs += make_central_log(parameters, folder.name, start)
        with (
            SessionLog(self._operator, *logs, level=parameters.get("log_level")) as log,
            SessionTrail(folder, start) as trail,
        ):
            log.say(f"session {folder.name} in {folder.parent}")
            self._write_beginning(trail, setting, report)
            sitting = Sitting(
                setting, trail, log, self._operator, self._stop, self._hooks
            )
            with StopTeller(self._stop, trail, log, setting.agreement):
                verdict = self._conduct(sitting, trail)
            log.say(f"session {folder.name}: {verdict}")
        return sitting, verdict

    def _conduct(self, sitting: Sitting, trail: SessionTrail) -> Verdict:
        verdict = Verdict.FAILED
        error: BaseException | None = None
        try:
            verdict = sitting.conduct()
            error = sitting.error
        except BaseException as unexpected:
            error = unexpected
            trail.failed(unexpected)
            raise
        finally:
            trail.write(
                _K.SESSION_FINISHED,
                verdict=verdict,
                exit_status=DONE if verdict.is_done else FAILED,
                error=_describe(error),
                findings=[finding.to_dict() for finding in sitting.findings],
            )
        return verdict

    def _write_beginning(
        self, trail: SessionTrail, setting: Setting, report: Report
    ) -> None:
        parameters = setting.parameters
        given = parameters.file
        trail.write(
            _K.SESSION_CREATED,
            session=setting.folder.name,
            subject=parameters.get("subject_id"),
            user=parameters.get("user_id"),
            rig=parameters.get("rig_id"),
            input_name=given.name if given else "",
            input_text=given.data.decode("utf-8") if given else "",
            parameters=parameters.to_dict(),
            origins=dict(parameters.origins),
            argv=list(self._request.argv),
            host={
                "name": socket.gethostname(),
                "system": platform.platform(),
                "python_executable": sys.executable,
                "working_directory": str(Path.cwd()),
                "session_folder": str(setting.folder),
            },
            software={
                "ranvier": ranvier.__version__,
                "python": platform.python_version(),
            },
            by=self._request.by,
        )
        self._answers.attach(trail)
        trail.checked(report)
        if setting.agreement is not None:
            role = str(parameters.get("session_sync_role"))
            trail.has_peers(setting.agreement, role)


def _describe(error: BaseException | None) -> dict[str, str] | None:
    return describe_error(error, "RV-S01") if error else None
