"""The supervisor: starts the workers of a run, watches them, ends them. No screen.

What to do is decided in `_lifecycle` and `_restarts`; here it is done.
"""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ranvier.core import (
    GraphError,
    RanvierError,
    RunError,
    free_bytes,
    write_atomically,
)
from ranvier.graph import RECORDER, Graph, check, read_graph
from ranvier.links import Board, RunFolder, StreamField
from ranvier.recording import AuditKind, SessionFolder, describe_stream
from ranvier.runtime._control import Change, Finished, Note, RunRequest, Started, Steer
from ranvier.runtime._crew import Member, WorkerState
from ranvier.runtime._health import Health
from ranvier.runtime._keeper import Keeper
from ranvier.runtime._latency import LatencyHold
from ranvier.runtime._lifecycle import (
    FINAL,
    Act,
    FinishReason,
    RunEvent,
    RunMachine,
    RunState,
    explain_refusal,
)
from ranvier.runtime._plan import (
    list_awaited,
    plan_streams,
    plan_workers,
    recorder_parameters,
    select_streams,
)
from ranvier.runtime._process import Guard
from ranvier.runtime._server import ControlServer
from ranvier.runtime._status import NodeView, RunStatus, StatusTracker
from ranvier.spec import Catalogue, NodeSpec, StreamPlan
from ranvier.worker import (
    FAILED_CODE,
    RESTART_CODE,
    Assign,
    Begin,
    Described,
    Ended,
    Exit,
    Failed,
    Fault,
    Finish,
    MadeSafe,
    MakeSafe,
    Noted,
    ParameterAsked,
    ParameterRefused,
    ParameterSet,
    Pause,
    Ready,
    Resume,
    SetParameter,
    Setup,
    StopAsked,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_SAFE_LIMIT_S = 15.0
_DRAIN_S = 0.25
_EXIT_S = 1.0
_RECORDER_EXIT_S = 20.0
_CHANGE_S = 5.0
_BEGIN_AHEAD_NS = 5_000_000


class Supervisor:
    """Runs one graph.

    Parameters
    ----------
    request
        Which graph, and what differs from the file.
    announce
        Called with `Started` once, and with `Finished` at the end.
    """

    def __init__(self, request: RunRequest, announce: Callable[[Any], None]) -> None:
        self._request, self._announce = request, announce
        file = read_graph(Path(request.graph))
        self._file = file
        self._graph = _override(file.graph, request)
        self._machine = RunMachine()
        self._keeper = Keeper(self._graph, file.text, Path(request.parent), request.by)
        self._folder = RunFolder.of(self._keeper.run_id)
        self._errors: list[dict[str, str]] = []
        self._crew: list[Member] = []
        self._specs: dict[str, NodeSpec] = {}
        self._code: dict[str, dict[str, Any]] = {}
        self._pythons: dict[str, str] = {}
        self._streams: tuple[StreamPlan, ...] = ()
        self._awaited: set[str] = set()
        self._ended: set[str] = set()
        self._begin_ns = 0
        self._board: Board | None = None
        self._tracker: StatusTracker | None = None
        self._health: Health | None = None
        self._guard: Guard | None = None
        self._latency = LatencyHold()
        self._changes: dict[int, tuple[asyncio.Future[Any], str]] = {}
        self._n_requests = 0
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._closed = asyncio.Event()
        self._final: RunStatus | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def session_folder(self) -> Path:
        """Where the run records."""
        return self._keeper.folder.path

    # --- from the first moment to the last -------------------------------------------

    async def run(self) -> Finished:
        """Run the graph from start to end.

        Returns
        -------
        Finished
            Why it ended, and every error that someone must see.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._hear_signal)
        self._folder.create()
        self._guard = Guard(self._folder.path, self._folder.prefix)
        server = ControlServer(self._folder.control, self)
        await server.start()
        self._announce(Started(self._keeper.run_id, str(self.session_folder)))
        self._handle(RunEvent.START)
        await self._closed.wait()
        await asyncio.gather(*self._tasks)
        finished = await self._finish()
        await server.close(finished)
        self._folder.sweep()
        self._guard.dismiss()
        return finished

    async def _finish(self) -> Finished:
        for timer in self._timers.values():
            timer.cancel()
        self._latency.release()
        reason = self._machine.reason or FinishReason.FAILED
        if self._final is not None:
            write_atomically(
                self.session_folder / "status.json", msgspec.json.encode(self._final)
            )
        if self._health:
            self._health.count_losses(final=True)
            self._errors += self._health.find_unrecorded(self._keeper.folder)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(None, self._keeper.close, reason, self._errors)
        except RanvierError as error:
            # The run itself is over and recorded; that it is not sealed must be seen.
            self._errors.append(error.to_dict())
            reason = FinishReason.FAILED
        return Finished(str(reason), self._errors, str(self.session_folder))

    def _hear_signal(self) -> None:
        if self._machine.state is RunState.STOPPING:
            self._handle(RunEvent.ABORT)
        else:
            self._stop("signal", "the supervisor was told to end")

    def _handle(self, event: RunEvent) -> bool:
        acts = self._machine.handle(event)
        for act in acts or ():
            _ACTS[act](self)
        return acts is not None

    # --- acts ------------------------------------------------------------------------

    def _spawn_all(self) -> None:
        plans = plan_workers(
            self._graph, self._file.folder.resolve(), record=self._request.record
        )
        self._crew = [Member(plan, self._hear, self._see_exit) for plan in plans]
        self._later("start", self._graph.run.start_limit, self._start_took_too_long)
        if not self._crew:
            self._fail_start(_no_nodes(self._file.name))
            return
        for member in self._crew:
            self._spawn_soon(member)

    def _spawn_soon(self, member: Member) -> None:
        member.state = WorkerState.STARTING
        self._keep(asyncio.create_task(self._spawn(member)))

    async def _spawn(self, member: Member) -> None:
        plan = member.plan
        log = self._keeper.folder.log(member.name)
        try:
            await member.process.start(plan.python, self._file.folder, log)
        except OSError as error:
            self._see_failed_spawn(member, error)
            return
        if self._guard:
            self._guard.add(member.process.pid)
        member.process.tell(
            Assign(
                run_id=self._keeper.run_id,
                run_folder=str(self._folder.path),
                session_folder=str(self.session_folder),
                process=plan.index,
                name=plan.name,
                nodes=plan.nodes,
                epoch=member.epoch,
                seed=self._graph.run.seed,
                is_real_time=self._graph.run.speed == "real",
                cores=plan.cores,
                nice=plan.nice,
                low_latency=self._graph.run.gc_freeze,
            )
        )

    def _set_up_all(self) -> None:
        catalogue = self._make_catalogue()
        report = check(self._file, catalogue)
        if not report.is_right:
            for fault in report.faults:
                self._fail_start(fault.error)
            return
        for warning in report.warnings:
            self._keeper.notice(str(warning.error.problem))
        self._streams = plan_streams(
            self._graph, catalogue, tuple(member.plan for member in self._crew)
        )
        self._awaited = list_awaited(self._graph, self._streams)
        n_nodes = sum(len(member.plan.nodes) for member in self._crew)
        n_links = sum(len(plan.links) for plan in self._streams)
        self._board = Board.create(
            self._folder.board, n_nodes, len(self._streams), n_links
        )
        self._tracker = StatusTracker(self._board, self._streams)
        self._health = Health(self._board, self._streams, self._keeper, self._tracker)
        for member in self._crew:
            member.process.tell(self._build_setup(member))
        self._keeper.describe_run(
            self._graph,
            self._specs,
            self._code,
            self._pythons,
            self._streams,
            catalogue,
        )

    def _begin_all(self) -> None:
        self._cancel("start")
        self._begin_ns = time.monotonic_ns() + _BEGIN_AHEAD_NS
        for member in self._crew:
            member.state = WorkerState.RUNNING
            member.process.tell(Begin(self._begin_ns))
        if self._graph.run.low_latency:
            self._keeper.notice(self._latency.hold())
        self._keeper.write(AuditKind.RUN_STARTED, begin_ns=self._begin_ns)
        duration = self._graph.run.duration
        if duration is not None:
            self._later("duration", duration, lambda: self._complete())
        self._later("health", 0.5, self._look_after)
        self._handle(RunEvent.BEGUN)
        self._look_for_end()
        self._do_aside(self._keeper.write_environment, "writing environment.txt")

    def _complete(self) -> None:
        # The time is over: what was asked for was done. Sources end, the rest drains.
        self._tell_all(Finish())
        self._later("drain", _DRAIN_S, lambda: self._handle(RunEvent.ALL_ENDED))

    def _finish_sources(self) -> None:
        self._tell_all(Finish())
        self._later("drain", _DRAIN_S, lambda: self._handle(RunEvent.DRAIN_OVER))
        self._look_for_end()

    def _exit_all(self) -> None:
        self._cancel("start", "drain", "duration")
        self._keep_final_status()
        for member in self._crew:
            if not member.plan.is_recorder:
                self._tell_exit(member)
        self._later("exit", _EXIT_S, lambda: self._handle(RunEvent.EXIT_OVER))
        self._look_for_gone()

    def _keep_final_status(self) -> None:
        # While the workers still live: afterwards nobody knows what they used.
        if self._board is None or not self._begin_ns or self._final is not None:
            return
        tracker = self._tracker
        self._tracker = StatusTracker(self._board, self._streams, self._begin_ns)
        self._final = self.look()
        self._tracker = tracker

    def _kill_all(self) -> None:
        for member in self._crew:
            # The recorder alone is given time: what it holds is the experiment.
            if member.plan.is_recorder and member.state is WorkerState.RUNNING:
                self._tell_exit(member)
            elif not member.is_gone:
                member.was_told_to_exit = True
                member.kill("it did not end when told to")
        self._later("recorder", _RECORDER_EXIT_S, self._kill_recorder)
        self._look_for_gone()

    def _kill_recorder(self) -> None:
        for member in self._crew:
            if not member.is_gone:
                member.kill("it did not end when told to")

    def _close(self) -> None:
        self._closed.set()

    def _pause(self) -> None:
        self._tell_all(Pause())

    def _resume(self) -> None:
        self._tell_all(Resume())

    # --- words of workers --------------------------------------------------------------

    def _hear(self, member: Member, word: Any) -> None:
        hear = _HEARD.get(type(word))
        if hear is not None:
            hear(self, member, word)

    def _hear_described(self, member: Member, word: Described) -> None:
        self._specs.update(word.specs)
        self._code.update(word.code)
        self._pythons.update(dict.fromkeys(word.specs, word.python))
        member.state = WorkerState.DESCRIBED
        if self._streams:
            member.process.tell(self._build_setup(member))  # started again
        elif all(m.state is WorkerState.DESCRIBED for m in self._crew):
            self._handle(RunEvent.ALL_DESCRIBED)

    def _hear_ready(self, member: Member, word: Ready) -> None:
        for node in member.plan.nodes:
            self._keeper.write(
                AuditKind.NODE_READY, node.name, pid=member.pid, took_s=word.took_s
            )
        if self._begin_ns:
            member.state = WorkerState.RUNNING
            member.process.tell(Begin(self._begin_ns))
            if self._machine.state is RunState.PAUSED:
                member.process.tell(Pause())
            return
        member.state = WorkerState.READY
        if all(m.state is WorkerState.READY for m in self._crew):
            self._handle(RunEvent.ALL_READY)

    def _hear_failed(self, member: Member, word: Failed) -> None:
        self._keeper.write(
            AuditKind.NODE_FAILED,
            word.node,
            phase=word.phase,
            error=word.error,
            traceback=word.traceback,
        )
        problem = word.error.get("problem", "")
        self._keeper.notice(f"{word.node}: {word.phase} failed: {problem}")
        if not self._begin_ns:
            log = self._keeper.folder.log(member.name)
            where = word.error.get("where") or _last_place(word.traceback)
            self._fail_start(
                RunError(
                    f'the node "{word.node}" can\'t start: {word.phase} failed: {problem}',
                    code=word.error.get("code") or "RV-R10",
                    where=where,
                    found=word.error.get("found", ""),
                    wanted=word.error.get("wanted", ""),
                    mend=word.error.get("mend") or f"see {log}",
                )
            )

    def _hear_fault(self, member: Member, word: Fault) -> None:
        del member
        cause = word.message or {}
        stream = cause.get("stream")
        name = self._streams[stream].stream if stream is not None else None
        answer = (
            self._graph.nodes[word.node].on_error
            if word.node in self._graph.nodes
            else "skip"
        )
        self._keeper.write(
            AuditKind.FAULT,
            word.node,
            phase=word.phase,
            error=word.error,
            traceback=word.traceback,
            stream=name,
            sequence=cause.get("sequence"),
            answer=answer,
            count=word.count,
        )
        self._keeper.notice(
            f"{word.node}: {word.error.get('problem', '')} ({word.phase}; {answer})"
        )

    def _hear_parameter_set(self, member: Member, word: ParameterSet) -> None:
        del member
        future, by = self._changes.pop(word.request, (None, ""))
        self._keeper.write(
            AuditKind.PARAMETER_CHANGED,
            word.node,
            parameter=word.name,
            old=word.old,
            new=word.new,
            by=by,
            from_step=word.step,
            at_ns=word.time_ns,
        )
        self._keeper.notice(f"{word.node}.{word.name}: {word.old} → {word.new} ({by})")
        if future is not None and not future.done():
            future.set_result({"old": word.old, "new": word.new, "step": word.step})

    def _hear_parameter_refused(self, member: Member, word: ParameterRefused) -> None:
        del member
        future, by = self._changes.pop(word.request, (None, ""))
        self._keeper.write(
            AuditKind.PARAMETER_REFUSED,
            word.node,
            parameter=word.name,
            by=by,
            error=word.error,
        )
        fields = {key: word.error.get(key, "") for key in _ERROR_FIELDS}
        if future is not None and not future.done():
            problem = fields.pop("problem")
            future.set_exception(RunError(problem, **fields))

    def _hear_ended(self, member: Member, word: Ended) -> None:
        del member
        self._ended.add(word.node)
        for plan in self._streams:
            if plan.node == word.node and self._board is not None:
                board = self._board
                self._keeper.write(
                    AuditKind.STREAM_ENDED,
                    word.node,
                    stream=plan.stream,
                    epoch=board.stream_field(plan.index, StreamField.EPOCH),
                    count=board.stream_field(plan.index, StreamField.WRITTEN),
                )
        self._look_for_end()

    def _hear_noted(self, member: Member, word: Noted) -> None:
        del member
        kind = word.kind if word.kind in AuditKind._value2member_map_ else "note"
        self._keeper.write(
            AuditKind(kind), word.node, text=word.text, by=word.node, **word.fields
        )
        if kind != "note":
            self._keeper.notice(f"{word.node}: {word.text}")

    def _hear_parameter_asked(self, member: Member, word: ParameterAsked) -> None:
        del member
        self._send_change(Change(word.node, word.name, word.value, word.by), None)

    def _hear_stop_asked(self, member: Member, word: StopAsked) -> None:
        del member
        self._keeper.write(
            AuditKind.STOP_REQUESTED, word.node, by=word.node, reason=word.reason
        )
        if word.failed:
            self._fail(f'the node "{word.node}" failed: {word.reason}')
        else:
            self._handle(RunEvent.STOP)

    def _hear_made_safe(self, member: Member, word: MadeSafe) -> None:
        del member
        self._keeper.write(
            AuditKind.SAFE_STATE_CALLED, word.node, why=word.reason, error=word.error
        )
        if word.error:
            last = word.error.strip().splitlines()[-1]
            self._fail(f'the node "{word.node}" could not be made safe: {last}')

    # --- deaths --------------------------------------------------------------------------

    def _see_exit(self, member: Member, code: int) -> None:
        if self._guard:
            self._guard.remove(member.process.pid)
        before = member.state
        member.state = WorkerState.EXITED
        expected = member.was_told_to_exit and code == 0
        for node in member.plan.nodes:
            self._keeper.write(
                AuditKind.NODE_EXITED,
                node.name,
                pid=member.process.pid,
                exit_code=code if code >= 0 else None,
                signal=signal.Signals(-code).name if code < 0 else None,
                why=member.was_killed_for or ("told to" if expected else "by itself"),
            )
        if not expected:
            self._clean_up_after(member)
        if member.was_told_to_exit:
            if code != 0 and self._begin_ns:
                self._make_safe_after(member)
            self._look_for_gone()
        elif not self._begin_ns:
            self._see_failed_start(member, code, before)
        else:
            self._restart_or_leave(member, code)

    def _see_failed_start(self, member: Member, code: int, before: WorkerState) -> None:
        if code != FAILED_CODE or not self._errors:
            self._fail_start(
                RunError(
                    f'the process of "{member.name}" ended before the run began.',
                    code="RV-R11",
                    found=f"{_describe_code(code)} while {before}",
                    mend=f"see {self._keeper.folder.log(member.name)}",
                )
            )
        self._look_for_gone()

    def _see_failed_spawn(self, member: Member, error: OSError) -> None:
        member.state = WorkerState.EXITED
        self._fail_start(
            RunError(
                f'the process of "{member.name}" can\'t be started.',
                code="RV-R12",
                found=str(error),
                mend="correct `python` in the graph; it must be an interpreter with "
                "ranvier installed",
            )
        )
        self._look_for_gone()

    def _restart_or_leave(self, member: Member, code: int) -> None:
        names = ", ".join(node.name for node in member.plan.nodes)
        if code != RESTART_CODE:
            why = member.was_killed_for or _describe_code(code)
            self._keeper.notice(f"{names}: the process died ({why})")
        if member.plan.stops_run:
            member.state = WorkerState.DOWN
            self._make_safe_after(member)
            self._fail(f"the process of {names} died: {_describe_code(code)}")
            return
        wait = member.book.next_wait_s(time.monotonic())
        if wait is None or self._machine.state is RunState.STOPPING:
            self._leave_down(member)
            return
        member.state = WorkerState.WAITING
        self._later(f"restart {member.name}", wait, lambda: self._restart(member))

    def _restart(self, member: Member) -> None:
        if self._machine.state not in (RunState.RUNNING, RunState.PAUSED):
            self._leave_down(member)
            return
        member.renew()
        for node in member.plan.nodes:
            self._keeper.write(
                AuditKind.NODE_RESTARTED,
                node.name,
                restarts=member.book.total,
                epoch=member.epoch,
            )
        self._spawn_soon(member)

    def _leave_down(self, member: Member) -> None:
        member.state = WorkerState.DOWN
        names = [node.name for node in member.plan.nodes]
        if self._board:
            for plan in self._streams:
                if plan.node in names:
                    self._board.end_stream(plan.index)
        self._ended.update(names)
        self._make_safe_after(member)
        if self._machine.state is not RunState.STOPPING:
            problem = (
                f"{', '.join(names)} stays down after {member.book.total} restarts"
            )
            self._keeper.notice(problem)
            self._errors.append(_as_error(problem, "RV-R13", "see its log"))
            if self._machine.reason is None:
                self._machine.reason = FinishReason.FAILED
        self._look_for_end()
        self._look_for_gone()

    def _clean_up_after(self, member: Member) -> None:
        names = {node.name for node in member.plan.nodes}
        for plan in self._streams:
            for link in plan.links:
                if link.target_node in names and self._board:
                    self._board.mark_absent(link.index)
        if self._streams:
            self._do_aside(self._folder.remove_dead, "cleaning up after the dead")

    def _make_safe_after(self, member: Member) -> None:
        if any(self._has_safe_state(node.name) for node in member.plan.nodes):
            self._keep(asyncio.create_task(self._run_safe_state(member)))

    async def _run_safe_state(self, member: Member) -> None:
        done = asyncio.Event()
        unsafe = Member(
            member.plan,
            lambda _, word: self._hear_safe(unsafe, word),
            lambda _, code: done.set(),
        )
        unsafe.epoch = member.epoch + 1
        unsafe.renew()
        await self._spawn(unsafe)
        try:
            await asyncio.wait_for(done.wait(), _SAFE_LIMIT_S)
        except TimeoutError:
            unsafe.kill("making it safe took too long")
            self._fail(f'"{member.name}" could not be made safe: it hung')

    def _hear_safe(self, member: Member, word: Any) -> None:
        if isinstance(word, Described):
            member.process.tell(MakeSafe(self._parameters_of(member)))
        elif isinstance(word, MadeSafe):
            self._hear_made_safe(member, word)

    def _has_safe_state(self, node: str) -> bool:
        return node in self._specs and self._specs[node].has_safe_state

    # --- looking after -------------------------------------------------------------------

    def _look_after(self) -> None:
        self._later("health", 0.5, self._look_after)
        if self._health is None or self._machine.state in FINAL:
            return
        for member, why, kind, fields in self._health.look(self._crew):
            self._keeper.write(kind, member.plan.nodes[0].name, text=why, **fields)
            self._keeper.notice(f"{member.name}: {why}")
            member.kill(why)
        self._health.count_losses()

    def _look_for_end(self) -> None:
        if not self._begin_ns or self._machine.state is RunState.READY:
            return
        pending = self._awaited - self._ended
        if not pending - {RECORDER} and self._awaited:
            self._handle(RunEvent.ALL_ENDED)

    def _look_for_gone(self) -> None:
        others = [m for m in self._crew if not m.plan.is_recorder]
        if not all(member.is_gone for member in others):
            return
        for member in self._crew:
            if member.plan.is_recorder and not member.is_gone:
                if self._machine.state is RunState.STOPPING:
                    self._cancel("exit")
                    self._tell_exit(member)
                    self._later("recorder", _RECORDER_EXIT_S, self._kill_recorder)
                return
        if self._crew:
            self._handle(RunEvent.ALL_GONE)

    def _start_took_too_long(self) -> None:
        limit = self._graph.run.start_limit
        late = [
            member
            for member in self._crew
            if member.state in (WorkerState.STARTING, WorkerState.DESCRIBED)
        ]
        for member in late:
            phase = "load" if member.state is WorkerState.STARTING else "setup"
            member.was_told_to_exit = True
            self._fail_start(
                RunError(
                    f'"{member.name}" has not ended {phase} after {limit:g} s.',
                    code="RV-R14",
                    where=str(self._keeper.folder.log(member.name)),
                    mend=f"find what {phase} waits for; or raise run.start_limit",
                )
            )
            member.kill(f"{phase} took longer than {limit:g} s")

    # --- what screens ask for --------------------------------------------------------------

    def look(self) -> RunStatus:
        """Give the status now.

        Returns
        -------
        RunStatus
            Rates are since the last look.
        """
        keeper, folder = self._keeper, self._keeper.folder
        running_s = 0.0
        if self._begin_ns:
            running_s = max(0.0, (time.monotonic_ns() - self._begin_ns) * 1e-9)
        nodes, links = (), ()
        if self._tracker:
            nodes, links = self._tracker.look(self._view_nodes())
        return RunStatus(
            run_id=keeper.run_id,
            graph=self._graph.name,
            state=str(self._machine.state),
            running_s=running_s,
            session_folder=str(folder.path),
            recorded_bytes=_recorded_bytes(folder),
            free_bytes=free_bytes(folder.path),
            lost=sum(self._tracker.count_lost().values()) if self._tracker else 0,
            nodes=nodes,
            links=links,
            notices=tuple(keeper.notices),
            duration_s=self._graph.run.duration,
        )

    def steer(self, word: Steer) -> None:
        """Pause, resume, stop or end the run.

        Raises
        ------
        RunError
            If that has no effect in the run's state.
        """
        events = {
            "pause": (RunEvent.PAUSE, AuditKind.PAUSED),
            "resume": (RunEvent.RESUME, AuditKind.RESUMED),
        }
        if word.action in events:
            event, kind = events[word.action]
            self._refuse_unless(self._handle(event), event)
            self._keeper.write(kind, by=word.by)
        elif word.action == "stop":
            self._refuse_unless(self._stop(word.by, word.reason), RunEvent.STOP)
        else:
            self._keeper.write(AuditKind.STOP_REQUESTED, by=word.by, reason="at once")
            self._refuse_unless(self._handle(RunEvent.ABORT), RunEvent.ABORT)

    async def change(self, word: Change) -> Any:
        """Change a live parameter and wait until it holds.

        Returns
        -------
        dict
            old, new, and the step from which it holds.

        Raises
        ------
        RunError
            If there is no such node, it refuses, or it does not answer.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._send_change(word, future)
        try:
            return await asyncio.wait_for(future, _CHANGE_S)
        except TimeoutError:
            raise RunError(
                f'"{word.node}" has not answered the change of "{word.name}" '
                f"within {_CHANGE_S:g} s.",
                code="RV-R15",
                mend="see whether a step of the node hangs; the change will hold after it",
            ) from None

    def note(self, word: Note) -> None:
        """Write an operator's line into the audit trail."""
        self._keeper.write(AuditKind.NOTE, text=word.text, by=word.by)
        self._keeper.notice(f"{word.by}: {word.text}")

    # --- small parts -----------------------------------------------------------------------

    def _stop(self, by: str, reason: str) -> bool:
        done = self._handle(RunEvent.STOP)
        if done:
            self._keeper.write(AuditKind.STOP_REQUESTED, by=by, reason=reason)
        return done

    def _fail(self, problem: str) -> None:
        self._keeper.notice(problem)
        self._errors.append(_as_error(problem, "RV-R16", "see the audit trail"))
        self._handle(RunEvent.FAIL)

    def _fail_start(self, error: RanvierError) -> None:
        if not isinstance(error, GraphError):
            self._keeper.notice(error.problem)
        self._errors.append({**error.to_dict(), "type": type(error).__name__})
        self._handle(RunEvent.START_FAILED)

    def _refuse_unless(self, done: bool, event: RunEvent) -> None:  # noqa: FBT001
        if not done:
            raise RunError(
                explain_refusal(self._machine.state, event),
                code="RV-R17",
                mend="see the state that `ranvier status` shows",
            )

    def _send_change(self, word: Change, future: asyncio.Future[Any] | None) -> None:
        member = next(
            (m for m in self._crew if any(n.name == word.node for n in m.plan.nodes)),
            None,
        )
        if member is None or member.is_gone:
            error = RunError(
                f'there is no node "{word.node}" in this run.',
                code="RV-R18",
                wanted=", ".join(self._graph.nodes),
                mend="correct the name",
            )
            self._keeper.write(
                AuditKind.PARAMETER_REFUSED,
                word.node,
                parameter=word.name,
                value=word.value,
                by=word.by,
                error=error.to_dict(),
            )
            if future is None:
                return
            raise error
        self._n_requests += 1
        if future is None:
            future = asyncio.get_running_loop().create_future()
            future.add_done_callback(lambda f: f.exception())
        self._changes[self._n_requests] = (future, word.by)
        member.process.tell(
            SetParameter(self._n_requests, word.node, word.name, word.value)
        )

    def _build_setup(self, member: Member) -> Setup:
        recorded = {
            plan.node for plan in self._streams if plan.port == "intake" and plan.links
        }
        return Setup(
            select_streams(self._streams, member.plan.nodes),
            self._parameters_of(member),
            tuple(node.name for node in member.plan.nodes if node.name in recorded),
        )

    def _parameters_of(self, member: Member) -> dict[str, dict[str, Any]]:
        if member.plan.is_recorder:
            return {RECORDER: self._recorder_parameters()}
        return {
            node.name: dict(self._graph.nodes[node.name].parameters)
            for node in member.plan.nodes
        }

    def _recorder_parameters(self) -> dict[str, Any]:
        recorded = [
            plan
            for plan in self._streams
            if any(link.target_node == RECORDER for link in plan.links)
        ]
        described = [
            describe_stream(
                plan.stream,
                self._specs[plan.node].output(plan.port)
                if plan.node in self._specs
                else None,
            )
            for plan in recorded
        ]
        run = {
            "run": self._keeper.run_id,
            "graph": self._graph.name,
            "wall_start": self._keeper.wall.wall,
            "monotonic_ns": self._keeper.wall.monotonic_ns,
        }
        return recorder_parameters(self._streams, described, self.session_folder, run)

    def _make_catalogue(self) -> Catalogue:
        catalogue = Catalogue()
        for name, node in self._graph.nodes.items():
            if name in self._specs:
                catalogue.add(self._specs[name], node.type)
        return catalogue

    def _view_nodes(self) -> list[NodeView]:
        return [
            NodeView(
                node.name,
                node.index,
                "ended" if node.name in self._ended and not member.is_gone
                else str(member.state),
                member.pid,
                member.book.total,
            )
            for member in self._crew
            for node in member.plan.nodes
        ]  # fmt: skip

    def _do_aside(self, act: Callable[[], None], what: str) -> None:
        async def do() -> None:
            try:
                await asyncio.get_running_loop().run_in_executor(None, act)
            except (RanvierError, OSError) as error:
                self._keeper.notice(f"{what} failed: {error}")

        self._keep(asyncio.create_task(do()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        # The loop itself holds tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell_all(self, word: Any) -> None:
        for member in self._crew:
            member.process.tell(word)

    def _tell_exit(self, member: Member) -> None:
        if member.state is WorkerState.WAITING:
            member.state = WorkerState.EXITED
        if not member.was_told_to_exit:
            member.was_told_to_exit = True
            member.process.tell(Exit())

    def _later(self, name: str, seconds: float, act: Callable[[], object]) -> None:
        self._cancel(name)
        loop = asyncio.get_running_loop()
        self._timers[name] = loop.call_later(seconds, act)

    def _cancel(self, *names: str) -> None:
        for name in names:
            timer = self._timers.pop(name, None)
            if timer is not None:
                timer.cancel()


_ACTS: dict[Act, Callable[[Supervisor], None]] = {
    Act.SPAWN_ALL: Supervisor._spawn_all,
    Act.SET_UP_ALL: Supervisor._set_up_all,
    Act.BEGIN_ALL: Supervisor._begin_all,
    Act.PAUSE_SOURCES: Supervisor._pause,
    Act.RESUME_SOURCES: Supervisor._resume,
    Act.FINISH_SOURCES: Supervisor._finish_sources,
    Act.EXIT_ALL: Supervisor._exit_all,
    Act.KILL_ALL: Supervisor._kill_all,
    Act.CLOSE: Supervisor._close,
}
_HEARD: dict[type, Callable[[Supervisor, Member, Any], None]] = {
    Described: Supervisor._hear_described,
    Ready: Supervisor._hear_ready,
    Failed: Supervisor._hear_failed,
    Fault: Supervisor._hear_fault,
    ParameterSet: Supervisor._hear_parameter_set,
    ParameterRefused: Supervisor._hear_parameter_refused,
    Ended: Supervisor._hear_ended,
    Noted: Supervisor._hear_noted,
    ParameterAsked: Supervisor._hear_parameter_asked,
    StopAsked: Supervisor._hear_stop_asked,
    MadeSafe: Supervisor._hear_made_safe,
}
_ERROR_FIELDS = ("problem", "code", "where", "found", "wanted", "mend")


def _override(graph: Graph, request: RunRequest) -> Graph:
    run = graph.run.model_copy(
        update={
            key: value
            for key, value in (
                ("duration", request.duration_s),
                ("speed", request.speed),
                ("seed", request.seed),
            )
            if value is not None
        }
    )
    nodes = {
        name: node.model_copy(
            update={
                "parameters": {**node.parameters, **request.parameters.get(name, {})}
            }
        )
        for name, node in graph.nodes.items()
    }
    return graph.model_copy(update={"run": run, "nodes": nodes})


def _recorded_bytes(folder: SessionFolder) -> int:
    return sum(part.path.stat().st_size for part in folder.parts())


def _describe_code(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _last_place(trace: str) -> str:
    places = [line.strip() for line in trace.splitlines() if line.startswith("  File ")]
    return places[-1] if places else ""


def _as_error(problem: str, code: str, mend: str) -> dict[str, str]:
    return {**RunError(problem, code=code, mend=mend).to_dict(), "type": "RunError"}


def _no_nodes(name: str) -> GraphError:
    return GraphError(
        "the graph has no nodes.", code="RV-G20", where=name, mend="add a node"
    )
