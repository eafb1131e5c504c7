"""A function in a shared MATLAB session as the program of a session."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

from ranvier.core import format_error, format_value
from ranvier.session.faults import Finding, Report, Severity, Verdict
from ranvier.session.programs._matlab_engine import MatlabEngine, not_reached
from ranvier.session.programs._matlab_spec import build_matlab_args
from ranvier.session.programs._spec import ProgramEnd
from ranvier.session.programs._stop import StopRequest

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from typing import TextIO

    from ranvier.session.programs._listener import ProgramListener
    from ranvier.session.programs._matlab_engine import Engine
    from ranvier.session.programs._matlab_spec import MatlabSpec
    from ranvier.session.programs._stop import StopSignal

# As `run_program` has it; not imported, for that one brings process trees with it.
_LOG_FOLDER = "launcher_metadata"


def run_matlab(
    spec: MatlabSpec,
    folder: Path,
    listener: ProgramListener,
    stop: StopSignal,
    engine: Engine | None = None,
) -> ProgramEnd:
    """Call a function in a shared MATLAB session and wait for its end.

    What it writes is appended to `matlab.stdout.log` and `matlab.stderr.log` in
    `launcher_metadata`. MATLAB itself is not watched: it may have been started long
    before, and may go on long after.

    Parameters
    ----------
    spec
        The call.
    folder
        Of the session.
    listener
        Is told what happens, in this thread.
    stop
        Has MATLAB end the call; at a second request it is not waited for any more.
    engine
        The connection; MATLAB's own if None.

    Returns
    -------
    ProgramEnd
        With exit code 0 or 1 as the function went, None if its end was not seen.
        SKIPPED with no attempt if a stop was asked for before.

    Raises
    ------
    ProgramError
        If MATLAB can't be reached; nothing was called.
    OSError
        If the logs can't be opened.
    """
    if stop.is_requested:
        return ProgramEnd(Verdict.SKIPPED, attempts=0, is_stopped=True)
    with _Calls(spec, folder, listener, stop, engine or MatlabEngine()) as calls:
        return calls.run()


@dataclass(frozen=True)
class _Done:
    """The call is over."""


class _Calls:
    """All calls of one program, of which each but the first goes on with the last."""

    def __init__(
        self,
        spec: MatlabSpec,
        folder: Path,
        listener: ProgramListener,
        stop: StopSignal,
        engine: Engine,
    ) -> None:
        self._spec, self._folder, self._engine = spec, folder, engine
        self._listener, self._stop = listener, stop
        self._news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._exits.callback(self._stop.add_listener(self._news.put))
        self._logs = {
            stream: self._exits.enter_context(_open_log(self._folder, stream))
            for stream in ("stdout", "stderr")
        }
        quits = not self._spec.keep_engine_alive
        self._exits.callback(lambda: self._engine.close(quits=quits))
        return self

    def __exit__(self, *error: object) -> None:
        self._exits.close()

    def run(self) -> ProgramEnd:
        findings: tuple[Finding, ...] = ()
        attempt = 0
        while True:
            attempt += 1
            problem = self._connect()
            if self._stop.is_requested:
                return self._skip(attempt - 1, findings)
            if problem and attempt == 1:
                raise self._build_unreached(problem)
            if problem:
                lost = self._tell(f"after it died: {problem}", Severity.ERROR)
                return _end(attempt - 1, (*findings, lost))
            end, is_lost = self._attempt(attempt)
            self._listener.exited(end)
            if not is_lost or attempt > self._spec.max_resumes:
                return _join(end, findings)
            # What was lost is made good by going on, but must be seen.
            findings += tuple(_soften(each) for each in end.findings)

    def _connect(self) -> str:
        """Look for the shared session; give why it was not found, or nothing."""
        until_s = time.monotonic() + (self._spec.connect_timeout_s or float("inf"))
        while True:
            problem = self._try_to_connect(until_s)
            left_s = until_s - time.monotonic()
            if not problem or left_s <= 0 or self._stop.is_requested:
                return problem
            self._stop.wait(min(self._spec.connect_interval_s, left_s))

    def _try_to_connect(self, until_s: float) -> str:
        # In a thread of its own: connecting to a MATLAB that is busy does not return.
        tried: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def connect() -> None:
            try:
                self._engine.connect(self._spec.engine_name)
            except ConnectionError as error:
                tried.put(str(error) or type(error).__name__)
            else:
                tried.put("")

        threading.Thread(target=connect, name="matlab-connect", daemon=True).start()
        remove = self._stop.add_listener(tried.put)
        left_s = until_s - time.monotonic()
        try:
            problem = tried.get(
                timeout=None if left_s == float("inf") else max(0.0, left_s)
            )
        except queue.Empty:
            return "it does not answer"
        finally:
            remove()
        return "a stop was asked for" if isinstance(problem, StopRequest) else problem

    def _attempt(self, attempt: int) -> tuple[ProgramEnd, bool]:
        spec = self._spec
        is_resume = attempt > 1
        args = build_matlab_args(spec, self._folder, is_resume=is_resume)
        told = ["matlab", spec.entrypoint, *(_put_argument(each) for each in args)]
        self._listener.started(None, told, attempt)
        future = self._engine.call(spec.entrypoint, args, spec.nargout, self._say)
        future.add_done_callback(lambda _: self._news.put(_Done()))
        is_over, is_stopped = self._wait()
        if not is_over:
            told = f"{spec.cancel_timeout_s:g} s after it was asked to end"
            if self._stop.is_urgent:
                told = "when a second request to stop broke off the wait"
            finding = self._tell(f"the function still ran {told}", Severity.ERROR)
            return _end(attempt, (finding,), is_stopped=True), False
        return self._judge(future, attempt, is_stopped=is_stopped)

    def _say(self, stream: str, text: str) -> None:
        """Take a line of MATLAB; in its threads."""
        self._news.put((stream, text))

    def _wait(self) -> tuple[bool, bool]:
        """Wait for the end of the call: is it over, was it stopped."""
        is_stopped, until_s = False, float("inf")
        while True:
            left_s = until_s - time.monotonic()
            try:
                news = self._news.get(
                    timeout=None if left_s > 1e9 else max(0.0, left_s)
                )
            except queue.Empty:
                return False, is_stopped
            match news:
                case _Done():
                    self._hear_rest()
                    return True, is_stopped
                case StopRequest(is_urgent=is_urgent):
                    self._engine.cancel()
                    wait_s = 0.0 if is_urgent else self._spec.cancel_timeout_s
                    until_s = min(until_s, time.monotonic() + wait_s)
                    is_stopped = True
                case (stream, text):
                    self._hear(stream, text)
                case _:
                    pass

    def _hear(self, stream: str, text: str) -> None:
        print(text, file=self._logs[stream], flush=True)
        self._listener.said(stream, text)

    def _hear_rest(self) -> None:
        while not self._news.empty():
            news = self._news.get()
            if isinstance(news, tuple):
                self._hear(*cast("tuple[str, str]", news))

    def _judge(
        self, future: Future[Any], attempt: int, *, is_stopped: bool
    ) -> tuple[ProgramEnd, bool]:
        try:
            result = future.result()
        except CancelledError:
            if is_stopped:
                return _end(attempt, (), is_stopped=True), False
            problem = "the function was interrupted in MATLAB"
        except ConnectionError as error:
            finding = self._tell(f"MATLAB died: {error}", Severity.ERROR)
            is_lost = self._spec.is_resumable and not is_stopped
            return _end(attempt, (finding,), is_stopped=is_stopped), is_lost
        except Exception as error:  # noqa: BLE001 - whatever the function of a lab raises
            problem = format_error(error)
            self._hear("stderr", problem)
        else:
            if self._spec.nargout:
                self._hear("stdout", f"result: {format_value(result)}")
            return _end(attempt, (), exit_code=0, is_stopped=is_stopped), False
        finding = self._tell(problem, Severity.ERROR)
        end = _end(attempt, (finding,), exit_code=1, is_stopped=is_stopped)
        return end, False

    def _skip(self, n_attempts: int, findings: tuple[Finding, ...]) -> ProgramEnd:
        if n_attempts:
            return _end(n_attempts, findings, is_stopped=True)
        return ProgramEnd(Verdict.SKIPPED, attempts=0, is_stopped=True)

    def _build_unreached(self, problem: str) -> Exception:
        name = self._spec.engine_name
        return not_reached(
            problem,
            f"start MATLAB on this computer and share it: "
            f"`matlab.engine.shareEngine('{name}')`; or correct `matlab_engine_name`",
            where=f'shared session "{name}"',
        )

    def _tell(self, found: str, severity: Severity) -> Finding:
        return Finding(
            severity,
            'program "matlab"',
            f"{self._spec.entrypoint} did not end as it should in MATLAB.",
            code="RV-S38",
            where=f'shared session "{self._spec.engine_name}"',
            found=found,
            mend="see matlab.stderr.log and the window of MATLAB",
        )


def _put_argument(value: Any) -> str:
    return value if isinstance(value, str) else format_value(value)


def _soften(finding: Finding) -> Finding:
    fields = finding.to_dict() | {"severity": str(Severity.WARNING)}
    return Finding.from_dict(fields)


def _end(
    attempt: int,
    findings: tuple[Finding, ...],
    *,
    exit_code: int | None = None,
    is_stopped: bool = False,
) -> ProgramEnd:
    return ProgramEnd(
        Report(findings).verdict,
        exit_code=exit_code,
        findings=findings,
        attempts=attempt,
        is_stopped=is_stopped,
    )


def _join(end: ProgramEnd, before: tuple[Finding, ...]) -> ProgramEnd:
    findings = (*before, *end.findings)
    return ProgramEnd(
        Report(findings).verdict,
        exit_code=end.exit_code,
        findings=findings,
        attempts=end.attempts,
        is_stopped=end.is_stopped,
    )


@contextlib.contextmanager
def _open_log(folder: Path, stream: str) -> Generator[TextIO]:
    logs = folder / _LOG_FOLDER
    logs.mkdir(parents=True, exist_ok=True)
    path = logs / f"matlab.{stream}.log"
    with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
        yield log
