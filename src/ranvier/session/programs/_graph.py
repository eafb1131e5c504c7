"""A ranvier graph as the acquisition of a session, in the folder of the session."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.core import RanvierError, format_command
from ranvier.session.faults import Finding, Report, Severity, Verdict
from ranvier.session.programs._resources import ResourceMeter
from ranvier.session.programs._spec import ProgramEnd
from ranvier.session.programs._stop import StopRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    import psutil

    from ranvier.runtime import Finished, Run
    from ranvier.session.programs._listener import ProgramListener
    from ranvier.session.programs._stop import StopSignal

_CHECK = "graph"
_LOOK_S = 0.02
_BEFORE_RUNNING = ("created", "starting", "ready")


@dataclass(frozen=True)
class GraphProgram:
    """A graph, as it is to be run.

    Parameters
    ----------
    graph
        Its file.
    by
        Who runs it, for the audit trail.
    parameters
        Values in place of the graph's, by node and parameter.
    duration_s, speed, seed
        In place of what the graph says, where not None.
    sample_interval_s
        Between two looks at what the processes of the run use.
    """

    graph: Path
    by: str = ""
    parameters: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict[str, "Mapping[str, Any]"]
    )
    duration_s: float | None = None
    speed: str | None = None
    seed: int | None = None
    sample_interval_s: float = 5.0


def run_graph(
    request: GraphProgram,
    folder: Path,
    listener: ProgramListener,
    stop: StopSignal,
    on_running: Callable[[], None] | None = None,
) -> ProgramEnd:
    """Run a graph until it is over; it records into the session folder.

    What it loses, restarts and fails stands in the session's audit trail.

    Parameters
    ----------
    request
        The graph.
    folder
        Of the session; no run may have recorded there before.
    listener
        Is told what happens, in this thread.
    stop
        Has the run end in good order; a second request ends it at once.
    on_running
        Called, in a thread of its own, when its sources go.

    Returns
    -------
    ProgramEnd
        FAILED if the run failed, lost data, or its supervisor died: wherever
        `ranvier run` gives another exit status than 0. SKIPPED with no attempt if a
        stop was asked for before.

    Raises
    ------
    RanvierError
        If the run can't be started: what `start_run` raises. Nothing goes on then.
    """
    from ranvier.runtime import RunRequest, start_run

    if stop.is_requested:
        return ProgramEnd(Verdict.SKIPPED, attempts=0, is_stopped=True)
    run = start_run(
        RunRequest(
            str(request.graph),
            str(folder.parent),
            duration_s=request.duration_s,
            speed=request.speed,
            seed=request.seed,
            by=request.by,
            parameters={name: dict(each) for name, each in request.parameters.items()},
            into=str(folder),
            starter_pid=os.getpid(),
        )
    )
    command = ("ranvier", "run", str(request.graph))
    try:
        listener.started(run.supervisor_pid, command, 1)
        with _told_when_running(run, on_running):
            end = _Watch(run, request, folder, listener).follow(stop)
    finally:
        run.close()
    listener.exited(end)
    return end


@contextlib.contextmanager
def _told_when_running(
    run: Run, on_running: Callable[[], None] | None
) -> Generator[None]:
    if on_running is None:
        yield
        return
    looking = threading.Thread(
        target=_look_until_running, args=(run, on_running), name="graph-start"
    )
    looking.start()
    try:
        yield
    finally:
        looking.join()


def _look_until_running(run: Run, on_running: Callable[[], None]) -> None:
    # Of a run that is over before it ran, or that does not answer, its end tells; who
    # waits for it here must not wait for ever.
    try:
        with contextlib.suppress(RanvierError), run.open_screen() as screen:
            for status in screen.watch(_LOOK_S):
                if status.state not in _BEFORE_RUNNING:
                    return
    finally:
        on_running()


def judge_run(outcome: Finished | RanvierError, *, is_stopped: bool) -> ProgramEnd:
    """Say what became of a run.

    Parameters
    ----------
    outcome
        Its last word; or the error, if its supervisor died before it had one.
    is_stopped
        True if a stop was asked for.

    Returns
    -------
    ProgramEnd
        With exit code 0 or 1, as `ranvier run` has it; None if its end was not seen.
    """
    if isinstance(outcome, RanvierError):
        findings = [Finding.from_error(outcome, _CHECK)]
        return _end(findings, None, is_stopped=is_stopped)
    findings = [
        Finding.from_dict(
            {
                **{name: text for name, text in error.items() if name != "type"},
                "severity": Severity.ERROR,
                "check": _CHECK,
            }
        )
        for error in outcome.errors
    ]
    if outcome.reason == "failed" and not findings:
        findings = [_tell("the run failed and says no more", outcome.session_folder)]
    return _end(findings, int(bool(findings)), is_stopped=is_stopped)


class _Watch:
    """Waits for the end of a run, and steers it."""

    def __init__(
        self,
        run: Run,
        request: GraphProgram,
        folder: Path,
        listener: ProgramListener,
    ) -> None:
        self._run, self._folder, self._listener = run, folder, listener
        self._interval_s = request.sample_interval_s
        self._meter = ResourceMeter(folder)
        self._news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._troubles: list[Finding] = []

    def follow(self, stop: StopSignal) -> ProgramEnd:
        waiting = threading.Thread(target=self._wait, name="graph", daemon=True)
        waiting.start()
        remove = stop.add_listener(self._news.put)
        is_stopped = False
        try:
            while True:
                match self._next():
                    case None:
                        self._sample()
                    case StopRequest() as wish:
                        is_stopped = True
                        self._pass_on(wish)
                    case outcome:
                        waiting.join()
                        return self._add_troubles(
                            judge_run(outcome, is_stopped=is_stopped)
                        )
        finally:
            remove()

    def _wait(self) -> None:
        try:
            self._news.put(self._run.wait())
        except RanvierError as error:
            self._news.put(error)

    def _next(self) -> Any:
        """Give the next news, or None when it is time to look at the processes."""
        try:
            return self._news.get(timeout=self._interval_s)
        except queue.Empty:
            return None

    def _sample(self) -> None:
        usage = self._meter.look(_list_processes(self._run.supervisor_pid))
        self._listener.sampled(usage.processes, usage.system)

    def _pass_on(self, wish: StopRequest) -> None:
        reason = f"{wish.by}: {wish.reason}" if wish.reason else wish.by
        try:
            with self._run.open_screen() as screen:
                if wish.is_urgent:
                    screen.abort()
                else:
                    screen.stop(reason)
        except RanvierError as error:
            # Over in this moment, as a rule; else the words say that it goes on.
            self._troubles.append(Finding.from_error(error, _CHECK, Severity.WARNING))

    def _add_troubles(self, end: ProgramEnd) -> ProgramEnd:
        if end.exit_code is not None:
            return end  # the stop came as it was ending by itself
        findings = [*end.findings, *self._troubles]
        return _end(findings, end.exit_code, is_stopped=end.is_stopped)


def _list_processes(pid: int) -> list[psutil.Process]:
    import psutil

    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


def _end(
    findings: list[Finding], exit_code: int | None, *, is_stopped: bool
) -> ProgramEnd:
    return ProgramEnd(
        Report.of(findings).verdict,
        exit_code=exit_code,
        findings=tuple(findings),
        is_stopped=is_stopped,
    )


def _tell(found: str, session: str) -> Finding:
    return Finding(
        Severity.ERROR,
        _CHECK,
        "the graph did not end as it should.",
        code="RV-S39",
        where=session,
        found=found,
        mend=f"see what `{format_command('ranvier', 'verify', session)}` says",
    )
