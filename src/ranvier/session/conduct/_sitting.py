"""One session from its folder on: code, steps, acquisition, steps, the last word."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ranvier.audit import AuditKind
from ranvier.core import RanvierError, SessionError
from ranvier.session.conduct._acquire import acquire
from ranvier.session.conduct._acquisitions import (
    check_task,
    find_versions,
    plan_acquisitions,
    plan_set_up,
)
from ranvier.session.conduct._findings import (
    has_failed,
    has_not_acquired,
    has_not_finished,
    was_broken_off,
    was_ended,
)
from ranvier.session.conduct._metadata import write_all_metadata
from ranvier.session.conduct._trail import TrailListener
from ranvier.session.faults import Finding, ProgramError, Report, Severity, Verdict
from ranvier.session.operator import Question, QuestionKind
from ranvier.session.parameters import FailurePolicy, RunWhen, StepPhase, read_entries
from ranvier.session.programs import run_program
from ranvier.session.record import METADATA_FOLDER
from ranvier.session.repository import prepare_repository
from ranvier.session.steps import (
    StepContext,
    StepResult,
    find_run_when,
    run_step,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from ranvier.session.conduct._acquire import Acquisition
    from ranvier.session.conduct._hooks import SessionHooks
    from ranvier.session.conduct._log import SessionLog
    from ranvier.session.conduct._trail import SessionTrail
    from ranvier.session.operator import Operator
    from ranvier.session.parameters import Parameters, StepEntry
    from ranvier.session.peers import Agreement
    from ranvier.session.programs import ProgramEnd, ProgramSpec, StopSignal
    from ranvier.session.record import RepositoryState
    from ranvier.session.repository import RepositoryRequest

DIFF_FILE = f"{METADATA_FOLDER}/repository.diff"
_K = AuditKind
_GO_ON, _ABORT = "continue", "abort"
_CHOICES = ("retry", "proceed", _ABORT)
_LOST = "RV-S58"  # a machine was lost


@dataclass(frozen=True)
class Setting:
    """What a session begins with.

    Parameters
    ----------
    folder
        The session folder.
    parameters
        Without placeholders.
    repository
        The code that the task wants, if it wants any.
    agreement
        With other machines, if there are any.
    has_terminal
        True if an editor may be opened.
    """

    folder: Path
    parameters: Parameters
    repository: RepositoryRequest | None
    agreement: Agreement | None = None
    has_terminal: bool = False


@dataclass
class _State:
    """How it stands."""

    code: Path | None = None
    findings: list[Finding] = field(default_factory=list[Finding])
    error: RanvierError | None = None
    is_aborted: bool = False
    has_acquired: bool = False
    is_kept_back: bool = False
    skips_after: bool = False
    acquired: Verdict = Verdict.SKIPPED

    @property
    def goes_on(self) -> bool:
        """True if nothing forbids what comes next."""
        return self.error is None and not self.is_aborted


class Sitting:
    """Conducts a session whose folder and trail are there.

    Parameters
    ----------
    setting
        What it begins with.
    trail, log, operator, stop, hooks
        Whom it tells, whom it asks, and who may take part.
    """

    def __init__(
        self,
        setting: Setting,
        trail: SessionTrail,
        log: SessionLog,
        operator: Operator,
        stop: StopSignal,
        hooks: SessionHooks,
    ) -> None:
        self._setting, self._trail, self._log = setting, trail, log
        self._operator, self._stop, self._hooks = operator, stop, hooks
        self._state = _State()

    def conduct(self) -> Verdict:
        """Do all that is to be done, whatever fails, and write the metadata.

        Returns
        -------
        Verdict
            OK or WARNING if all that was asked for was done.

        Raises
        ------
        RecordingError
            If the trail can't be written any more.
        """
        with self._guarded():
            self._prepare()
        if self._may_begin:
            with self._guarded():
                self._do_steps(StepPhase.BEFORE)
        if self._may_begin:
            with self._guarded():
                self._acquire()
        else:
            self._state.is_kept_back = True
            if not self._state.error and self._stop.is_requested:
                self._note_early_stop()
        with self._guarded():
            self._finish()
        self._state.is_aborted = self._state.skips_after
        with self._guarded():
            self._do_steps(StepPhase.AFTER)
        with self._guarded():
            self._state.findings += write_all_metadata(
                self._setting.folder, self._trail, self._log
            ).warnings
        self._state.findings += self._judge_others()
        if self._state.has_acquired and not self._state.acquired.is_done:
            return Verdict.FAILED
        return Report.of(self._state.findings).verdict

    def _judge_others(self) -> list[Finding]:
        # Who ended the session from outside, and which machines were lost.
        signals = [each for each in self._stop.requests if each.by.startswith("SIG")]
        found = [was_ended(each.by) for each in signals[:1]]
        agreement = self._setting.agreement
        if agreement is not None:
            stops = self._parameters.get("session_sync_on_peer_lost") == "stop"
            for finding in agreement.report.findings:
                severity = finding.severity
                if finding.code == _LOST and stops:
                    severity = Severity.ERROR
                found.append(replace(finding, severity=severity))
        return found

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What someone should see."""
        return tuple(dict.fromkeys(self._state.findings))  # each once

    @property
    def error(self) -> RanvierError | None:
        """The first error that ended it."""
        return self._state.error

    @property
    def _may_begin(self) -> bool:
        return self._state.goes_on and not self._stop.is_requested

    @property
    def _parameters(self) -> Parameters:
        return self._setting.parameters

    @contextlib.contextmanager
    def _guarded(self) -> Generator[None]:
        # What a person can mend ends this part of the session, not what must follow.
        try:
            yield
        except RanvierError as error:
            self._state.error = self._state.error or error
            self._state.findings.append(Finding.from_error(error, "session"))
            self._trail.failed(error)
            self._log.warn(str(error))
        except KeyboardInterrupt:
            self._state.findings.append(was_broken_off("session"))
            self._hear_break()

    def _hear_break(self) -> None:
        # Whoever ended it from outside has asked for it already: once more would end
        # it at once.
        if not self._stop.is_requested:
            self._stop.request("operator", "Ctrl-C at a question")

    def _prepare(self) -> None:
        folder = self._setting.folder
        state = self._hooks.prepare_code(self._prepare_code)
        if state is not None:
            self._trail.has_repository(state)
            self._state.code = type(folder)(state.path)
            if state.is_dirty:
                self._warn_of_dirt(state)
        self._set_up()
        report = check_task(self._parameters, folder, self._state.code)
        self._trail.checked(report)
        self._state.findings += report.warnings
        for warning in report.warnings:
            self._log.warn(str(warning))
        report.raise_errors(SessionError)
        self._hooks.begin(folder, self._parameters)

    def _set_up(self) -> None:
        # Bonsai is installed by a script of the task, where it is not there yet.
        folder = self._setting.folder
        spec = plan_set_up(self._parameters, folder, self._state.code)
        if spec is None:
            return
        self._log.say(f"Bonsai is not there yet: running {spec.command[-1]}")
        listener = TrailListener(self._trail, spec.name, spec.folder)
        end = run_program(spec, folder, listener, self._stop)
        Report(end.findings).raise_errors(ProgramError)

    def _prepare_code(self) -> RepositoryState | None:
        folder, request = self._setting.folder, self._setting.repository
        if request is None:
            return None
        self._log.say(f"code: {request.name} at {request.ref}")
        return prepare_repository(request, folder / DIFF_FILE, self._log)

    def _warn_of_dirt(self, state: RepositoryState) -> None:
        kept = "is kept"
        if state.left_out:
            kept = f"is kept, without {', '.join(state.left_out)}"
        self._state.findings.append(
            Finding(
                Severity.WARNING,
                "repository",
                f"the code differs from its commit; the difference {kept}.",
                code="RV-S03",
                where=state.path,
                found=DIFF_FILE,
                mend="commit the difference",
            )
        )

    def _do_steps(self, phase: StepPhase) -> None:
        for entry in read_entries(self._parameters):
            if entry.phase is not phase:
                continue
            why = self._find_reason_to_skip(entry)
            if why:
                self._skip(entry, why)
                continue
            result = self._do_step(entry)
            if result.verdict is Verdict.FAILED and self._is_end(entry):
                self._state.is_aborted = True

    def _find_reason_to_skip(self, entry: StepEntry) -> str:
        if self._state.is_aborted:
            return "a step before it failed"
        if self._stop.is_urgent:
            return "the session was ended at once"
        if entry.phase is StepPhase.BEFORE and self._stop.is_requested:
            return "the session was stopped"
        if find_run_when(entry) is RunWhen.SUCCESS:
            return self._find_failure()
        return ""

    def _find_failure(self) -> str:
        if self._state.is_kept_back:
            return "nothing was acquired"
        if self._parameters.get("bonsai_continue_on_failure"):
            return ""
        was_good = self._state.acquired.is_done or not self._state.has_acquired
        return "" if was_good and not self._state.error else "the acquisition failed"

    def _skip(self, entry: StepEntry, why: str) -> None:
        # What was asked for and left out must not pass for done.
        is_left_out = self._stop.is_urgent
        finding = Finding(
            Severity.ERROR if is_left_out else Severity.WARNING,
            entry.path,
            f"not done: {why}.",
            code="RV-S04",
            mend="`ranvier session step` does it later" if is_left_out else "",
        )
        self._trail.step_finished(entry, StepResult.skipped(finding), 0.0)
        self._log.warn(f"{entry.path}: not done, {why}")
        self._state.findings.append(finding)

    def _do_step(self, entry: StepEntry) -> StepResult:
        self._log.say(f"{entry.phase}: {entry.path}")
        self._trail.step_started(entry)
        began = time.monotonic()
        try:
            result = run_step(entry, self._make_context())
        except KeyboardInterrupt:
            result = StepResult.done(was_broken_off(entry.path))
            self._hear_break()
        self._trail.step_finished(entry, result, time.monotonic() - began)
        for finding in result.findings:
            show = self._log.say if finding.severity is Severity.OK else self._log.warn
            show(str(finding))
        self._state.findings += Report(result.findings).warnings
        self._state.findings += Report(result.findings).errors
        if result.verdict is Verdict.FAILED and not Report(result.findings).errors:
            self._state.findings.append(has_failed(entry))
        return result

    def _make_context(self) -> StepContext:
        return StepContext(
            session_folder=self._setting.folder,
            record=self._trail.read(),
            operator=self._operator,
            stop=self._stop,
            session_parameters=self._parameters.values,
            repository=self._state.code,
            has_terminal=self._setting.has_terminal,
            write_metadata=self._write_metadata,
            log=self._log.debug,
        )

    def _write_metadata(self) -> tuple[tuple[str, ...], Report]:
        report = write_all_metadata(self._setting.folder, self._trail, self._log)
        files = [each.get("file") for each in self._trail.read().files]
        return tuple(sorted({str(file) for file in files if file})), report

    def _is_end(self, entry: StepEntry) -> bool:
        if entry.on_failure is not FailurePolicy.PROMPT:
            return entry.on_failure is FailurePolicy.ABORT
        question = Question(
            f"after_failed_{entry.path}",
            f"{entry.path} failed. Go on with the session?",
            QuestionKind.CHOICE,
            (_GO_ON, _ABORT),
        )
        try:
            return self._operator.ask(question) == _ABORT
        except RanvierError as error:  # nobody is there to say that it may go on
            self._log.warn(str(error))
            return True

    def _acquire(self) -> None:
        acquisitions = self._plan()
        if not acquisitions:
            self._log.say("no acquisition: steps alone")
            return
        has_barrier = self._parameters.get("session_sync_start_barrier")
        agreement = self._setting.agreement
        if agreement is not None and has_barrier and agreement.wait_for_start() is None:
            self._state.is_kept_back = True
            self._note_early_stop()
            return
        self._state.has_acquired = True
        self._state.acquired = Verdict.FAILED
        software = find_versions(
            self._parameters, self._setting.folder, self._state.code
        )
        self._trail.write(_K.ACQUISITION_STARTED, software=software)
        names = " and ".join(each.name for each in acquisitions)
        self._log.say(f"acquisition: {names}; Ctrl-C stops it")
        try:
            ends = self._hooks.acquire(self._run_acquisitions)
            while self._is_to_be_tried_again(ends):
                ends = self._hooks.acquire(self._run_acquisitions)
            self._state.acquired = self._judge(ends)
        finally:
            self._trail.write(_K.ACQUISITION_FINISHED, verdict=self._state.acquired)

    def _is_to_be_tried_again(self, ends: Sequence[ProgramEnd]) -> bool:
        # A program alone: a graph records into a session folder once.
        name = f"after_failed_{self._parameters.get('launcher')}"
        has_failed = len(ends) == 1 and ends[0].verdict is Verdict.FAILED
        is_bonsai = self._parameters.get("launcher") == "bonsai"
        is_graph = bool(self._parameters.get("graph_path"))
        goes_on = self._parameters.get("bonsai_continue_on_failure")
        if not has_failed or not is_bonsai or is_graph or goes_on:
            return False
        if self._stop.is_requested:
            return False
        if not self._operator.has_answer(name):
            return False
        for finding in ends[0].findings:
            self._log.warn(str(finding))
        proposed = self._parameters.get("bonsai_failure_default") or _ABORT
        prompt = "Bonsai failed. Start it again, go on to the steps, or abort them?"
        answer = self._operator.ask(
            Question(name, prompt, QuestionKind.CHOICE, _CHOICES, default=proposed)
        )
        self._state.skips_after = answer == _ABORT
        return answer == "retry"

    def _run_acquisitions(self) -> tuple[ProgramEnd, ...]:
        # Planned again: who takes part may change the program until it is started.
        acquisitions = self._plan(self._hooks.change_program)
        return acquire(acquisitions, self._trail, self._stop)

    def _plan(
        self, change: Callable[[ProgramSpec], ProgramSpec] | None = None
    ) -> tuple[Acquisition, ...]:
        setting, code = self._setting, self._state.code
        return plan_acquisitions(self._parameters, setting.folder, code, change)

    def _judge(self, ends: Sequence[ProgramEnd]) -> Verdict:
        findings = [finding for end in ends for finding in end.findings]
        bad = [each for each in findings if each.severity is not Severity.OK]
        for finding in bad:
            self._log.warn(str(finding))
        self._state.findings += bad
        verdict = Report.of(bad).verdict
        if any(end.verdict is Verdict.FAILED for end in ends):
            verdict = Verdict.FAILED
            if not Report.of(bad).errors:
                self._state.findings.append(has_not_acquired())
        self._log.say(f"acquisition: {verdict}")
        return verdict

    def _finish(self) -> None:
        if not self._state.has_acquired or self._stop.is_urgent:
            return
        is_done = self._hooks.finish()
        if is_done is False:
            self._state.findings.append(has_not_finished())

    def _note_early_stop(self) -> None:
        self._state.findings.append(
            Finding(
                Severity.ERROR,
                "session",
                "it was stopped before its acquisition.",
                code="RV-S05",
                mend="start it again",
            )
        )
