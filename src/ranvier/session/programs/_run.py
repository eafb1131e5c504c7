"""Runs an external program to its end: does what the watch says, no more."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from ranvier.core import format_count
from ranvier.session.faults import Finding, ProgramError, Report, Severity, Verdict
from ranvier.session.programs._checks import check_program, find_program
from ranvier.session.programs._events import Looked, Said, Sampled, StopAsked
from ranvier.session.programs._heartbeat import Heartbeat
from ranvier.session.programs._mailbox import Mailbox
from ranvier.session.programs._resources import ResourceMeter
from ranvier.session.programs._retry import Retry, choose_retry
from ranvier.session.programs._spec import ProgramEnd
from ranvier.session.programs._tree import TreePlan
from ranvier.session.programs._watch import Fired, Instruction, ProgramWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from ranvier.session.programs._events import Event
    from ranvier.session.programs._listener import ProgramListener
    from ranvier.session.programs._spec import ProgramSpec
    from ranvier.session.programs._stop import StopRequest, StopSignal
    from ranvier.session.programs._tree import ProcessTree

AskRetry: TypeAlias = "Callable[[ProgramEnd], bool]"

LOG_FOLDER = "launcher_metadata"
_ORPHAN_GRACE_S = 2.0
"""At most so long a program may take to end after its launcher has died."""


def run_program(
    spec: ProgramSpec,
    folder: Path,
    listener: ProgramListener,
    stop: StopSignal,
    ask_retry: AskRetry | None = None,
) -> ProgramEnd:
    """Run a program until it and all that it started are gone.

    Its output is appended byte by byte to `<name>.stdout.log` and `<name>.stderr.log`
    in `launcher_metadata`. Works in any thread; several programs may run at once.

    Parameters
    ----------
    spec
        The program.
    folder
        Of the session.
    listener
        Is told what happens, in this thread. What it raises ends the program.
    stop
        Ends it: first as it likes to be asked, at a second request by force.
    ask_retry
        Asks a person whether a failed attempt is followed by another.

    Returns
    -------
    ProgramEnd
        Of the last attempt; SKIPPED with no attempt at all if a stop was asked for
        before.

    Raises
    ------
    ProgramError
        If it can't be started as asked; nothing was.
    OSError
        If its logs can't be opened.
    """
    check_program(spec).raise_errors(ProgramError)
    if stop.is_requested:
        return ProgramEnd(Verdict.SKIPPED, attempts=0, is_stopped=True)
    n_attempts = 0
    while True:
        n_attempts += 1
        end, is_retryable = _Attempt(spec, folder, listener, stop, n_attempts).run()
        choice = choose_retry(spec.retry, end, is_retryable=is_retryable)
        if choice is Retry.ASK and ask_retry is not None and ask_retry(end):
            choice = Retry.YES
        if choice is not Retry.YES or stop.wait(spec.retry.delay_s):
            return _tell_attempts(end, spec.name)


class _Attempt:
    """One start of a program, and what it needs."""

    def __init__(
        self,
        spec: ProgramSpec,
        folder: Path,
        listener: ProgramListener,
        stop: StopSignal,
        attempt: int,
    ) -> None:
        self._spec, self._folder, self._attempt = spec, folder, attempt
        self._listener, self._stop = listener, stop
        self._mailbox = Mailbox()
        self._meter = ResourceMeter(folder)
        self._heartbeat = Heartbeat(spec.limits.heartbeat, LOG_FOLDER)

    def run(self) -> tuple[ProgramEnd, bool]:
        with _open_logs(self._folder / LOG_FOLDER, self._spec.name) as logs:
            tree = self._start(logs)
            try:
                self._listener.started(tree.pid, self._spec.command, self._attempt)
                watch = self._watch(tree)
            finally:
                self._mailbox.close()
                tree.close()
        self._listener.exited(watch.end)
        return watch.end, watch.is_retryable

    def _start(self, logs: tuple[int, int]) -> ProcessTree:
        spec = self._spec
        program = str(find_program(spec))
        plan = TreePlan(
            command=(program, *spec.command[1:]),
            folder=spec.folder,
            environment=spec.environment,
            stop_by=spec.stop_by,
            grace_s=min(spec.limits.stop_s, _ORPHAN_GRACE_S),
            logs=logs,
        )
        try:
            return _start_tree(plan, self._mailbox)
        except OSError as error:
            raise ProgramError(
                f'the program "{spec.name}" can\'t be started: {error}.',
                code="RV-S30",
                found=program,
                mend="see whether it runs by hand, on this computer",
            ) from error

    def _watch(self, tree: ProcessTree) -> ProgramWatch:
        watch = ProgramWatch(self._spec, self._attempt, time.monotonic())

        def ask(request: StopRequest) -> None:
            self._mailbox.put(StopAsked(request.is_urgent))

        remove = self._stop.add_listener(ask)
        try:
            is_over = False
            while not is_over:
                wait_s = _until(watch.next_s)
                is_over = self._handle(watch, tree, self._mailbox.take(wait_s))
        finally:
            remove()
        return watch

    def _handle(self, watch: ProgramWatch, tree: ProcessTree, first: Event) -> bool:
        events = [first]
        while events:
            event = events.pop(0)
            if isinstance(event, Said):
                for line in event.lines:
                    self._listener.said(event.stream, line)
            for order in watch.step(time.monotonic(), event):
                if order is Instruction.DONE:
                    return True
                events += self._obey(order, tree)
        return False

    def _obey(self, order: Instruction | Fired, tree: ProcessTree) -> list[Event]:
        match order:
            case Fired(limit, value, allowed):
                self._listener.limit_fired(limit, value, allowed)
            case Instruction.SAMPLE:
                usage = self._meter.look(tree.list_processes())
                self._listener.sampled(usage.processes, usage.system)
                return [Sampled(usage.rss_bytes)]
            case Instruction.LOOK:
                return [Looked(self._heartbeat.has_changed())]
            case Instruction.STOP:
                tree.stop()
            case Instruction.KILL:
                tree.kill()
            case Instruction.DONE:
                pass
        return []


def _start_tree(plan: TreePlan, mailbox: Mailbox) -> ProcessTree:
    # The one place that knows which system this is.
    if sys.platform == "win32":
        from ranvier.session.programs._job import JobTree

        return JobTree(plan, mailbox)
    from ranvier.session.programs._kept import KeptTree

    return KeptTree(plan, mailbox)


def _until(time_s: float | None) -> float | None:
    return None if time_s is None else max(0.0, time_s - time.monotonic())


@contextlib.contextmanager
def _open_logs(folder: Path, name: str) -> Generator[tuple[int, int]]:
    folder.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    stdout = os.open(folder / f"{name}.stdout.log", flags, 0o666)
    try:
        stderr = os.open(folder / f"{name}.stderr.log", flags, 0o666)
    except OSError:
        os.close(stdout)
        raise
    try:
        yield stdout, stderr
    finally:
        os.close(stdout)
        os.close(stderr)


def _tell_attempts(end: ProgramEnd, name: str) -> ProgramEnd:
    if end.attempts == 1 or not end.verdict.is_done:
        return end
    failed = format_count(end.attempts - 1, "attempt")
    finding = Finding(
        Severity.WARNING,
        f'program "{name}"',
        f"{name}: {failed} failed before this one.",
        code="RV-S31",
        where=f"attempt {end.attempts}",
        mend="see the findings of each attempt; its files may lie beside later ones",
    )
    findings = (*end.findings, finding)
    return replace(end, verdict=Report(findings).verdict, findings=findings)
