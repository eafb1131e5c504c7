"""Writes the audit trail of a session, in the words of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ranvier.audit import AUDIT_FILE, AuditKind, AuditTrail, read_audit
from ranvier.core import WallStart, describe_error, format_traceback
from ranvier.session.record import project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ranvier.session.faults import Report
    from ranvier.session.metadata import Built
    from ranvier.session.operator import Answer
    from ranvier.session.parameters import StepEntry
    from ranvier.session.peers import Agreement
    from ranvier.session.programs import ProgramEnd, StopRequest
    from ranvier.session.record import RepositoryState, SessionRecord
    from ranvier.session.steps import StepResult

_K = AuditKind
# Of what a program says on stderr; all of it is in its log.
_MOST_LINES = 200


class SessionTrail:
    """The audit trail of one session.

    Parameters
    ----------
    folder
        The session folder.
    wall
        An instant of both clocks.

    Raises
    ------
    RecordingError
        If the trail can't be written.
    """

    def __init__(self, folder: Path, wall: WallStart | None = None) -> None:
        self._path = folder / AUDIT_FILE
        self._trail = AuditTrail(self._path, wall or WallStart.now())

    def write(self, kind: AuditKind, **fields: Any) -> None:
        """Append one line."""
        self._trail.write(kind, **fields)

    def read(self) -> SessionRecord:
        """Give what the trail says so far.

        Returns
        -------
        SessionRecord
            Of all lines, also those of a run.
        """
        return project(read_audit(self._path))

    def has_answer(self, question: str, prompt: str, answer: Answer, by: str) -> None:
        """Tell what an operator answered."""
        self.write(_K.ANSWERED, question=question, prompt=prompt, answer=answer, by=by)

    def has_peers(self, agreement: Agreement, role: str) -> None:
        """Tell with which machines the session was agreed on."""
        self.write(
            _K.PEERS_AGREED,
            session=agreement.session_name,
            role=role,
            peers=[
                {
                    "name": peer.name,
                    "address": peer.address,
                    "protocol": peer.protocol,
                    "error_ns": peer.error_ns,
                }
                for peer in agreement.peers
            ],
            offsets_ns={p.name: p.offset_ns for p in agreement.peers},
        )

    def checked(self, report: Report) -> None:
        """Tell what was found before."""
        findings = [finding.to_dict() for finding in report.findings]
        self.write(_K.PREFLIGHT, verdict=report.verdict, findings=findings)

    def has_repository(self, state: RepositoryState) -> None:
        """Tell what code is used."""
        self.write(
            _K.REPOSITORY_READY,
            url=state.url,
            commit=state.commit,
            ref=state.ref,
            path=state.path,
            is_dirty=state.is_dirty,
            diff=state.diff,
            submodules=state.submodules,
            left_out=list(state.left_out),
        )

    def step_started(self, entry: StepEntry) -> None:
        """Tell that a step begins."""
        self.write(
            _K.STEP_STARTED,
            step=entry.path,
            phase=entry.phase,
            number=entry.number,
            parameters={**entry.parameters, **_describe_call(entry)},
        )

    def step_finished(
        self, entry: StepEntry, result: StepResult, took_s: float
    ) -> None:
        """Tell what became of a step, and of the epochs that it found."""
        self.write(
            _K.STEP_FINISHED,
            step=entry.path,
            phase=entry.phase,
            number=entry.number,
            status=result.verdict,
            findings=[finding.to_dict() for finding in result.findings],
            files=list(result.files),
            data=dict(result.data),
            took_s=round(took_s, 3),
        )
        for copy in result.data.get("archive_folders", ()):
            self.write(_K.ARCHIVED, destination=copy)

    def stopped(self, request: StopRequest) -> None:
        """Tell that someone wants the session to stop."""
        self.write(_K.STOP_REQUESTED, by=request.by, reason=request.reason)

    def failed(self, error: BaseException) -> None:
        """Tell of an error, with its traceback."""
        self.write(
            _K.FAULT,
            error=describe_error(error, "RV-S01"),
            traceback=format_traceback(error),
        )

    def has_metadata(self, built: Built) -> None:
        """Tell of a metadata file, or of why there is none."""
        self.write(
            _K.METADATA_WRITTEN,
            file=built.file
            if built.content is not None and not built.is_kept
            else None,
            schema=built.schema,
            version=built.version,
            sha256=built.sha256,
            missing=[finding.to_dict() for finding in built.report.findings],
        )

    def close(self) -> None:
        """Put all on the disk."""
        self._trail.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class TrailListener:
    """Writes what one program does into the trail.

    Parameters
    ----------
    trail
        Of the session.
    program
        Its name.
    folder
        Its working folder.
    shown
        Its command as it may be written down, where that is not as it is started.
    """

    def __init__(
        self,
        trail: SessionTrail,
        program: str,
        folder: Path,
        shown: tuple[str, ...] | None = None,
    ) -> None:
        self._trail, self._program, self._folder = trail, program, folder
        self._shown = shown
        self._n_said = 0

    def started(self, pid: int | None, command: Sequence[str], attempt: int) -> None:
        """Tell that it runs."""
        self._write(
            _K.PROGRAM_STARTED,
            command=list(self._shown or command),
            cwd=str(self._folder),
            pid=pid,
            attempt=attempt,
        )

    def said(self, stream: str, text: str) -> None:
        """Tell what it said on stderr, its first lines; all of it is in its log."""
        if stream != "stderr" or self._n_said >= _MOST_LINES:
            return
        self._n_said += 1
        self._write(_K.PROGRAM_SAID, stream=stream, text=text[:2000])
        if self._n_said == _MOST_LINES:
            more = f"(more in {self._program}.stderr.log)"
            self._write(_K.PROGRAM_SAID, stream=stream, text=more)

    def sampled(
        self, processes: Sequence[Mapping[str, Any]], system: Mapping[str, Any]
    ) -> None:
        """Tell what it uses."""
        self._write(
            _K.RESOURCES,
            processes=[dict(each) for each in processes],
            system=dict(system),
        )

    def limit_fired(self, limit: str, value: float, allowed: float) -> None:
        """Tell that it broke a limit."""
        self._write(_K.LIMIT_FIRED, limit=limit, value=value, allowed=allowed)

    def exited(self, end: ProgramEnd) -> None:
        """Tell how it ended."""
        self._write(
            _K.PROGRAM_EXITED,
            attempt=end.attempts,
            exit_code=end.exit_code,
            signal=end.signal,
            verdict=end.verdict,
            findings=[finding.to_dict() for finding in end.findings],
        )

    def _write(self, kind: AuditKind, **fields: Any) -> None:
        self._trail.write(kind, program=self._program, **fields)


def _describe_call(entry: StepEntry) -> dict[str, Any]:
    told = {
        "function": entry.function,
        "function_args": entry.function_args,
        "output_filename": entry.output_filename,
    }
    return {name: value for name, value in told.items() if value}
