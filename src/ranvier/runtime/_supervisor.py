"""The supervisor: starts the workers of a run, watches them, ends them. No screen.

What to do is decided in `_lifecycle` and `_restarts`; here it is done. What workers
say is heard in `_hearing`, their deaths are answered in `_deaths`, what screens want
is in `_steering`.
"""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.audit import AuditKind
from ranvier.core import GraphError, RanvierError, RunError
from ranvier.graph import RECORDER, Graph, check, read_graph
from ranvier.links import Board, RunFolder
from ranvier.runtime._blueprint import Blueprint
from ranvier.runtime._changes import Changes
from ranvier.runtime._control import Finished, RunRequest, Started
from ranvier.runtime._crew import (
    AT_ONCE,
    NOT_ENDED,
    TOO_LATE,
    Member,
    WorkerState,
    find_late,
    name_busy,
)
from ranvier.runtime._deaths import Deaths
from ranvier.runtime._ending import Ending
from ranvier.runtime._guarding import Guarding
from ranvier.runtime._health import Health
from ranvier.runtime._hearing import Hearing
from ranvier.runtime._keeper import Keeper, describe_overrides
from ranvier.runtime._latency import LatencyHold
from ranvier.runtime._lifecycle import FINAL, Act, RunEvent, RunState
from ranvier.runtime._plan import plan_workers
from ranvier.runtime._process import (
    close_counters,
    describe_exit,
    make_counters,
    split_exit,
)
from ranvier.runtime._server import ControlServer
from ranvier.runtime._stage import Stage
from ranvier.runtime._starter import wait_for_starter
from ranvier.runtime._status import StatusTracker
from ranvier.runtime._steering import Steering
from ranvier.worker import Assign, Begin, Exit, Finish, Pause, Resume

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_S = 0.5
_DRAIN_S = 0.25
_EXIT_S = 1.0
# What a recorder still holds is the experiment: it is given time.
_RECORDER_S = 20.0
_BEGIN_AHEAD_NS = 5_000_000
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """Runs one graph.

    Parameters
    ----------
    request
        Which graph, and what differs from the file.
    announce
        Called with `Started` when screens may come.

    Raises
    ------
    GraphError
        If the graph file can't be read.
    RecordingError
        If the session folder can't be made.
    RunError
        If the session folder of the request can't be used.
    """

    def __init__(self, request: RunRequest, announce: Callable[[Any], None]) -> None:
        self._request, self._announce = request, announce
        self._file = read_graph(Path(request.graph))
        graph = _override(self._file.graph, request)
        keeper = Keeper(
            graph,
            self._file,
            Path(request.parent),
            request.by,
            overrides=describe_overrides(request),
            into=Path(request.into) if request.into is not None else None,
        )
        folder = RunFolder.of(keeper.run_id)
        self._stage = Stage(
            Blueprint(graph), keeper, folder, self._file.folder.resolve()
        )
        self._stage.perform = self._perform
        self._changes = Changes(self._stage)
        self._steering = Steering(self._stage, self._changes)
        self._hearing = Hearing(self._stage, self._changes, self._look_for_end)
        self._deaths = Deaths(
            self._stage,
            self._changes,
            self._spawn,
            self._hearing.hear_made_safe,
            self._look,
        )
        self._health: Health | None = None
        self._ending = Ending(self._stage, self._steering)
        self._latency = LatencyHold()
        self._closed = asyncio.Event()
        self._counters: tuple[int, ...] = ()
        self._acts: dict[Act, Callable[[], None]] = {
            Act.SPAWN_ALL: self._spawn_all,
            Act.SET_UP_ALL: self._set_up_all,
            Act.BEGIN_ALL: self._begin_all,
            Act.PAUSE_SOURCES: self._pause_sources,
            Act.RESUME_SOURCES: self._resume_sources,
            Act.FINISH_SOURCES: self._finish_sources,
            Act.EXIT_ALL: self._exit_all,
            Act.KILL_ALL: self._kill_all,
            Act.CLOSE: self._close,
        }

    async def run(self) -> Finished:
        """Run the graph from start to end.

        Returns
        -------
        Finished
            Why it ended, and every error that someone must see.
        """
        stage = self._stage
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._hear_signal)
        server = await self._open()
        self._announce(Started(stage.keeper.run_id, str(stage.keeper.folder.path)))
        stage.handle(RunEvent.START)
        following = asyncio.create_task(self._follow_starter())
        await self._closed.wait()
        following.cancel()
        await stage.wait_for_kept()
        try:
            stage.cancel()
            self._latency.release()
            finished = await self._ending.close(self._health)
            await server.close(finished)
        finally:
            stage.folder.sweep()
            if stage.guard:
                stage.guard.dismiss()
            close_counters(self._counters)
        return finished

    async def _open(self) -> ControlServer:
        stage = self._stage
        stage.folder.create()
        try:
            stage.guard = Guarding(
                stage.folder.path, stage.folder.prefix, self._see_guard_exit
            )
            server = ControlServer(stage.folder.control, self._steering)
            await server.start()
        except BaseException:
            stage.folder.sweep()
            raise  # a guard that was started ends with this process
        return server

    async def _follow_starter(self) -> None:
        if self._request.starter_pid is None:
            return
        await wait_for_starter(self._request.starter_pid)
        if self._stage.machine.state is not RunState.STOPPING:
            self._steering.stop("supervisor", "whoever started the run has died")

    def _hear_signal(self) -> None:
        if self._stage.machine.state is RunState.STOPPING:
            self._stage.handle(RunEvent.ABORT)
        else:
            self._steering.stop("signal", "the supervisor was told to end")

    def _perform(self, act: Act) -> None:
        self._acts[act]()

    # --- start

    def _spawn_all(self) -> None:
        stage = self._stage
        graph = stage.blueprint.graph
        plans = plan_workers(graph, stage.graph_folder, record=self._request.record)
        stage.crew = [
            Member(
                plan,
                self._hearing.hear,
                self._deaths.see_exit,
                self._deaths.see_fault,
            )
            for plan in plans
        ]
        self._counters = make_counters(len(plans))
        stage.later("start", graph.run.start_limit, self._start_took_too_long)
        if not graph.nodes:
            stage.fail_start(_no_nodes(self._file.name))
        for member in stage.crew:
            stage.keep(self._spawn(member))

    async def _spawn(self, member: Member) -> None:
        stage, plan = self._stage, member.plan
        if member.is_gone:
            return  # the run was ended before it came to this
        member.state = WorkerState.STARTING
        log = stage.keeper.folder.log(member.name)
        try:
            await member.process.start(
                plan.python, stage.graph_folder, log, self._counters
            )
        except OSError as error:
            self._deaths.see_failed_spawn(member, error)
            return
        if stage.guard:
            stage.guard.add(member.process.pid)
        try:
            member.process.tell(self._assign(member))
        except RanvierError as error:
            # A parameter that has no form on the wire. The end of the start ends it.
            stage.fail_start(error.located(f"parameters of {member.node_names}"))

    def _assign(self, member: Member) -> Assign:
        stage, plan = self._stage, member.plan
        run = stage.blueprint.graph.run
        return Assign(
            run_id=stage.keeper.run_id,
            run_folder=str(stage.folder.path),
            session_folder=str(stage.keeper.folder.path),
            process=plan.number,
            name=plan.name,
            nodes=plan.nodes,
            epoch=member.epoch,
            seed=run.seed,
            is_real_time=run.speed == "real",
            cores=plan.cores,
            nice=plan.nice,
            freezes_garbage=run.gc_freeze,
            counters=self._counters,
        )

    def _set_up_all(self) -> None:
        stage, blueprint = self._stage, self._stage.blueprint
        catalogue = blueprint.make_catalogue()
        # The file has lines to point at; what was overridden has none.
        checked = blueprint.graph if self._request.parameters else self._file
        report = check(checked, catalogue, stage.graph_folder)
        for fault in report.faults:
            stage.fail_start(fault.error)
        if not report.is_right:
            return
        for warning in report.warnings:
            stage.keeper.notice(warning.error.problem)
        blueprint.plan(tuple(member.plan for member in stage.crew))
        n_nodes = sum(len(member.plan.nodes) for member in stage.crew)
        stage.board = Board.create(
            stage.folder.board, n_nodes, len(blueprint.streams), blueprint.n_links
        )
        tracker = StatusTracker(stage.board, blueprint.streams)
        self._health = Health(stage.board, blueprint.streams, stage.keeper, tracker)
        for member in stage.crew:
            setup = blueprint.build_setup(member.plan, stage.keeper)
            member.process.tell(setup)
        stage.keeper.describe_run(blueprint, catalogue)

    def _begin_all(self) -> None:
        stage, run = self._stage, self._stage.blueprint.graph.run
        stage.cancel("start")
        stage.begin_ns = time.monotonic_ns() + _BEGIN_AHEAD_NS
        for member in stage.crew:
            member.state = WorkerState.RUNNING
            member.process.tell(Begin(stage.begin_ns))
        if run.low_latency:
            stage.keeper.notice(self._latency.hold())
        stage.keeper.write(AuditKind.RUN_STARTED, begin_ns=stage.begin_ns)
        stage.stopwatch.start(stage.begin_ns)
        self._await_duration()
        stage.later("health", _LOOK_S, self._look_after)
        stage.handle(RunEvent.BEGUN)
        plans = [member.plan for member in stage.crew]
        stage.do_aside(
            lambda: stage.keeper.write_environments(plans, stage.graph_folder),
            "listing the packages of the run",
        )
        self._look_for_end()

    def _await_duration(self) -> None:
        stage = self._stage
        duration = stage.blueprint.graph.run.duration
        if duration is not None:
            left_s = duration - stage.stopwatch.elapsed_s(time.monotonic_ns())
            stage.later("duration", max(0.0, left_s), self._complete)

    def _pause_sources(self) -> None:
        # Sources keep the place in their schedule, and so does the duration.
        self._stage.stopwatch.hold(time.monotonic_ns())
        self._stage.cancel("duration")
        self._stage.tell_all(Pause())

    def _resume_sources(self) -> None:
        self._stage.stopwatch.start(time.monotonic_ns())
        self._await_duration()
        self._stage.tell_all(Resume())

    def _start_took_too_long(self) -> None:
        limit = self._stage.blueprint.graph.run.start_limit
        phase, late = find_late(self._stage.crew)
        for member in late:
            member.was_told_to_exit = True
            self._stage.fail_start(
                RunError(
                    f'"{name_busy(member, self._stage.board)}" has not ended {phase} '
                    f"after {limit:g} s.",
                    code="RV-R14",
                    where=str(self._stage.keeper.folder.log(member.name)),
                    mend=f"find what {phase} waits for, or raise run.start_limit",
                )
            )
            member.kill(f"{phase} took longer than {limit:g} s")

    # --- end

    def _complete(self) -> None:
        # The time is over: what was asked for was done. Sources end, the rest drains.
        self._stage.tell_all(Finish())
        self._drain_for(_DRAIN_S)

    def _finish_sources(self) -> None:
        self._stage.tell_all(Finish())
        self._drain_for(_DRAIN_S)
        self._look_for_end()

    def _drain_for(self, seconds: float) -> None:
        self._stage.later("drain", seconds, self._end_drain)

    def _end_drain(self) -> None:
        is_stopping = self._stage.machine.state is RunState.STOPPING
        event = RunEvent.DRAIN_OVER if is_stopping else RunEvent.ALL_ENDED
        self._stage.handle(event)

    def _exit_all(self) -> None:
        stage = self._stage
        stage.cancel("start", "drain", "duration")
        self._ending.keep_status()
        for member in stage.crew:
            self._deaths.note_dead(member)
            if not member.plan.is_recorder:
                member.tell_exit(Exit())
        stage.later("exit", _EXIT_S, self._kill_hung)
        self._look_for_gone()

    def _kill_hung(self) -> None:
        for member in self._stage.crew:
            if not member.is_gone and not member.plan.is_recorder:
                is_late = member.is_away and self._stage.begin_ns
                member.kill(TOO_LATE if is_late else NOT_ENDED)
        self._stage.handle(RunEvent.EXIT_OVER)

    def _kill_all(self) -> None:
        self._ending.keep_status()
        for member in self._stage.crew:
            self._deaths.note_dead(member)
            is_recording = (
                member.plan.is_recorder and member.state is WorkerState.RUNNING
            )
            if is_recording or member.state is WorkerState.WAITING:
                member.tell_exit(Exit())
            elif not member.is_gone:
                member.was_told_to_exit = True
                member.kill(AT_ONCE)
        self._stage.later("recorder", _RECORDER_S, self._kill_recorder)
        self._look_for_gone()

    def _kill_recorder(self) -> None:
        for member in self._stage.crew:
            if not member.is_gone:
                member.kill(NOT_ENDED)

    def _close(self) -> None:
        self._stage.stopwatch.stop(time.monotonic_ns())
        self._closed.set()

    # --- looking after

    def _see_guard_exit(self, pid: int, code: int, comes_back: bool) -> None:
        self._stage.keeper.write(AuditKind.GUARD_EXITED, pid=pid, **split_exit(code))
        so = (
            "another one takes its place"
            if comes_back
            else "none follows: if the supervisor is killed as well, "
            "`ranvier clean` must remove the run's shared memory"
        )
        self._stage.keeper.notice(f"the guard died ({describe_exit(code)}); {so}")

    def _look_after(self) -> None:
        stage = self._stage
        if self._health is None or stage.machine.state in FINAL:
            return
        stage.later("health", _LOOK_S, self._look_after)
        for member, why, kind, fields in self._health.look(stage.crew):
            stage.keeper.write(kind, member.plan.nodes[0].name, text=why, **fields)
            stage.keeper.notice(f"{member.name}: {why}")
            member.kill(why)
        self._health.count_losses()

    def _look(self) -> None:
        self._look_for_end()
        self._look_for_gone()

    def _look_for_end(self) -> None:
        stage = self._stage
        awaited = stage.blueprint.awaited
        if not stage.begin_ns or not awaited or stage.machine.state is RunState.READY:
            return
        pending = awaited - stage.ended
        if not pending:
            stage.handle(RunEvent.ALL_ENDED)
        elif pending == {RECORDER}:
            # Its writers stay until it has taken all that they sent.
            self._drain_for(_RECORDER_S)

    def _look_for_gone(self) -> None:
        stage = self._stage
        left = [member for member in stage.crew if not member.is_gone]
        if not left:
            stage.handle(RunEvent.ALL_GONE)
        elif stage.machine.state is RunState.STOPPING and left == [
            member for member in left if member.plan.is_recorder
        ]:
            stage.cancel("exit")
            for member in left:
                member.tell_exit(Exit())
            stage.later("recorder", _RECORDER_S, self._kill_recorder)


def _override(graph: Graph, request: RunRequest) -> Graph:
    given = {
        "duration": request.duration_s,
        "speed": request.speed,
        "seed": request.seed,
    }
    unknown = sorted(set(request.parameters) - set(graph.nodes))
    if unknown:
        raise GraphError(
            f'parameters are given for "{unknown[0]}", which is no node of the graph.',
            code="RV-G42",
            where=request.graph,
            wanted=", ".join(graph.nodes),
            mend="correct the name",
        )
    changes = {key: value for key, value in given.items() if value is not None}
    nodes = {
        name: node.model_copy(
            update={
                "parameters": {**node.parameters, **request.parameters.get(name, {})}
            }
        )
        for name, node in graph.nodes.items()
    }
    run = graph.run.model_copy(update=changes)
    return graph.model_copy(update={"run": run, "nodes": nodes})


def _no_nodes(name: str) -> GraphError:
    return GraphError(
        "the graph has no nodes.", code="RV-G41", where=name, mend="add a node"
    )
