"""The life of a worker: load, set up, begin together, loop, make safe, end."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple, Type

import msgspec

from ranvier.core import (
    JsonLines,
    RanvierError,
    RunError,
    describe_error,
    format_traceback,
)
from ranvier.links import (
    Board,
    LinkReader,
    NodeField,
    OutputWriter,
    RunFolder,
    Transport,
    open_transport,
)
from ranvier.node import Context, Node, describe, load
from ranvier.spec import NodeSpec, StreamPlan
from ranvier.worker._code import describe_code_of
from ranvier.worker._context import RunContext
from ranvier.worker._host import NodeHost, RestartWanted
from ranvier.worker._intake import Intake
from ranvier.worker._words import (
    Assign,
    Begin,
    Described,
    Exit,
    Failed,
    Finish,
    MadeSafe,
    MakeSafe,
    NodeAssignment,
    Noted,
    Pause,
    Ready,
    Resume,
    SetParameter,
    Setup,
    ToWorker,
    WordSocket,
)

RESTART_CODE = 75
"""Exit code of a worker that asks to be started again (EX_TEMPFAIL)."""
FAILED_CODE = 70
"""Exit code of a worker that could not load or set up a node (EX_SOFTWARE)."""
_ORPHAN_GRACE_S = 1.5


class _Given(Exception):  # noqa: N818 - leaves the start; what failed has been told
    """The start was given up."""


class _ToldToExit(Exception):  # noqa: N818 - leaves the start in good order
    """The supervisor gave the start up."""


class Worker:
    """The process of one node, or of a group of them.

    Parameters
    ----------
    connection
        Socket to the supervisor.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._words: WordSocket[Any] = WordSocket(connection, ToWorker)
        self._waiting: Deque[Any] = deque()
        self._arrived = threading.Condition()
        self._wake: Any = None
        self._exits = False
        self._finishes = False
        self._orphaned = False
        self._assign: Any = None
        self._nodes: Dict[str, Node] = {}
        self._hosts: List[NodeHost] = []
        self._transport: Optional[Transport] = None

    def run(self) -> int:
        """Live from the first word to the end of the process.

        Returns
        -------
        int
            Exit code.
        """
        threading.Thread(target=self._listen, name="control", daemon=True).start()
        try:
            self._assign = self._next_word(Assign)
            self._prepare_process()
            classes = self._load()
            word = self._next_word((Setup, MakeSafe))
            if isinstance(word, MakeSafe):
                return self._only_make_safe(classes, word)
            self._set_up(classes, word)
            begin = self._next_word(Begin)
        except _ToldToExit:
            return 0
        except _Given:
            return FAILED_CODE
        return self._live(begin)

    # --- words

    def _listen(self) -> None:
        while True:
            try:
                words = self._words.receive()
            except RanvierError:
                words = None
            if words is None:
                self._orphan()
                return
            with self._arrived:
                for word in words:
                    self._waiting.append(word)
                    self._exits = self._exits or isinstance(word, Exit)
                    self._finishes = self._finishes or isinstance(word, (Finish, Exit))
                self._arrived.notify_all()
            if self._wake is not None:
                self._wake()

    def _orphan(self) -> None:
        # The supervisor is gone: finish the message in hand, make safe, end. If the
        # message in hand never finishes, this thread ends the process.
        with self._arrived:
            self._exits = self._finishes = self._orphaned = True
            self._arrived.notify_all()
        if self._wake is not None:
            self._wake()
        time.sleep(_ORPHAN_GRACE_S)
        for host in self._hosts:
            host.make_safe("the supervisor died and the node hung")
        os._exit(1)

    def _next_word(self, kinds: Any) -> Any:
        with self._arrived:
            while True:
                if self._exits:
                    raise _ToldToExit
                if self._waiting and isinstance(self._waiting[0], kinds):
                    return self._waiting.popleft()
                if self._waiting and not isinstance(self._waiting[0], kinds):
                    self._waiting.popleft()  # Pause or Finish before the start
                    continue
                self._arrived.wait()

    # --- start

    def _prepare_process(self) -> None:
        assign: Assign = self._assign
        with self._telling(assign.nodes[0].name, "load"):
            _refuse_missing_cores(assign)
        if assign.cores and hasattr(os, "sched_setaffinity"):
            cores = assign.cores
            self._try(lambda: os.sched_setaffinity(0, cores), f"cores {list(cores)}")
        if assign.nice and hasattr(os, "nice"):
            self._try(lambda: os.nice(assign.nice), "its priority")
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines({"node": assign.name, "run": assign.run_id}))
        logging.basicConfig(level=logging.INFO, handlers=[handler])

    def _try(self, act: Callable[[], object], what: str) -> None:
        try:
            act()
        except OSError as error:
            text = f"{what} can't be had: {error.strerror}; it runs without"
            self._words.send(Noted(self._assign.nodes[0].name, text, "not_permitted"))

    def _load(self) -> Dict[str, Type[Node]]:
        classes: Dict[str, Type[Node]] = {}
        code: Dict[str, Dict[str, Any]] = {}
        specs: Dict[str, NodeSpec] = {}
        for each in self._assign.nodes:
            with self._telling(each.name, "load"):
                cls = load(each.reference, Path(each.folder))
                classes[each.name] = cls
                code[each.name] = describe_code_of(cls)
                specs[each.name] = _describe(cls, each)
        python = f"{sys.executable} {sys.version.split()[0]}"
        self._words.send(Described(specs, code, python))
        return classes

    def _set_up(self, classes: Dict[str, Type[Node]], word: Setup) -> None:
        assign: Assign = self._assign
        began = time.monotonic_ns()
        folder = RunFolder(Path(assign.run_folder))
        with self._telling(assign.nodes[0].name, "setup"):
            board = Board.open(folder.board)
            transport = open_transport(folder, assign.name, assign.counters)
            self._transport = transport
            self._sleeper = transport.open_sleeper(assign.process)
            self._wake = transport.waker(assign.process).wake
        for each in assign.nodes:
            row = board.node_row(each.index)
            board.values[row + NodeField.STEP_SINCE] = 0
            board.values[row + NodeField.PID] = os.getpid()
            board.values[row + NodeField.EPOCH] = assign.epoch
            with self._telling(each.name, "setup"):
                self._hosts.append(self._make_host(each, classes, word, board))
        self._words.send(Ready((time.monotonic_ns() - began) * 1e-9))

    def _make_host(
        self,
        each: NodeAssignment,
        classes: Dict[str, Type[Node]],
        word: Setup,
        board: Board,
    ) -> NodeHost:
        assign: Assign = self._assign
        node = classes[each.name](**word.parameters.get(each.name, {}))
        writers = self._open_outputs(each.name, word.streams, board)
        intake_writer = (
            writers.pop("intake", None) if each.name in word.intake else None
        )
        node.context = RunContext(
            each.name,
            seed=assign.seed,
            folder=Path(assign.session_folder) / "nodes" / each.name,
            writers=writers,
            tell=self._words.send,
            is_real_time=assign.is_real_time,
        )
        self._nodes[each.name] = node
        node.setup()
        host = NodeHost(
            node,
            each,
            readers=self._open_inputs(node, each.name, word.streams, board),
            writers=writers,
            board=board,
            tell=self._words.send,
            intake=Intake(intake_writer) if intake_writer else None,
            state_path=Path(assign.run_folder) / f"state-{each.name}",
        )
        if assign.epoch:
            host.restore()
            host.make_safe("the node was started again")
        return host

    def _open_outputs(
        self, name: str, streams: Tuple[StreamPlan, ...], board: Board
    ) -> Dict[str, OutputWriter]:
        assert self._transport is not None  # noqa: S101 - opened before this
        return {
            plan.port: OutputWriter(
                plan,
                self._transport,
                board,
                epoch=self._assign.epoch,
                sleep=self._sleeper.wait,
                gives_up=lambda: self._exits,
            )
            for plan in streams
            if plan.node == name
        }

    def _open_inputs(
        self, node: Node, name: str, streams: Tuple[StreamPlan, ...], board: Board
    ) -> Dict[str, List[LinkReader]]:
        assert self._transport is not None  # noqa: S101 - opened before this
        readers: Dict[str, List[LinkReader]] = {}
        for plan in streams:
            for link in plan.links:
                if link.target_node == name:
                    reader = LinkReader(
                        plan, link, self._transport, board, raw=node.takes_raw
                    )
                    readers.setdefault(link.target_port, []).append(reader)
        return readers

    def _only_make_safe(self, classes: Dict[str, Type[Node]], word: MakeSafe) -> int:
        for each in self._assign.nodes:
            if classes[each.name].safe_state is Node.safe_state:
                continue
            node = classes[each.name](**word.parameters.get(each.name, {}))
            node.context = Context(each.name)
            problem = ""
            try:
                node.setup()
                try:
                    node.safe_state()
                finally:
                    node.teardown()
            except Exception as error:  # noqa: BLE001 - told; others must still be safe
                problem = format_traceback(error)
            self._words.send(MadeSafe(each.name, "the node's process died", problem))
        return 0

    def _telling(self, node: str, phase: str) -> _Telling:
        return _Telling(self._words, node, phase)

    # --- run

    def _live(self, begin: Begin) -> int:
        code = 0
        if self._assign.freezes_garbage:
            gc.collect()
            gc.freeze()
        for host in self._hosts:
            host.begin(begin.start_ns, is_real_time=self._assign.is_real_time)
        try:
            self._sleep_until(begin.start_ns)
            self._loop()
        except RestartWanted:
            code = RESTART_CODE
        for host in self._hosts:
            host.make_safe("the node ended")
        for host in self._hosts:
            host.teardown()
        if not self._orphaned:
            for host in self._hosts:
                host.close()
        return code

    def _sleep_until(self, time_ns: int) -> None:
        while not self._exits:
            left_s = (time_ns - time.monotonic_ns()) * 1e-9
            if left_s <= 0:
                return
            self._sleeper.wait(left_s)

    def _loop(self) -> None:
        hosts, waiting = self._hosts, self._waiting
        sleep = self._sleeper.wait
        while not self._exits:
            if waiting:
                self._obey(waiting.popleft())
            did = False
            for host in hosts:
                if host.turn():
                    did = True
            now = time.monotonic_ns()
            for host in hosts:
                host.tick(now)
            if not did and not waiting:
                sleep(self._sleep_s(now))
        self._drain_recorders()

    def _drain_recorders(self) -> None:
        # What waits for a recorder is the experiment: it is taken whatever the end.
        for host in self._hosts:
            if host.node.takes_raw:
                while host.turn():
                    pass

    def _sleep_s(self, now_ns: int) -> Optional[float]:
        waits = [host.wait_s(now_ns) for host in self._hosts]
        known = [wait for wait in waits if wait is not None]
        return min(known) if known else None

    def _obey(self, word: Any) -> None:
        now = time.monotonic_ns()
        if isinstance(word, SetParameter):
            for host in self._hosts:
                if host.name == word.node:
                    host.set_parameter(word)
        for host in self._hosts:
            if isinstance(word, Pause):
                host.pause(now)
            elif isinstance(word, Resume):
                host.resume(now)
            elif isinstance(word, Finish):
                host.finish_producing()


def _describe(cls: Type[Node], each: NodeAssignment) -> NodeSpec:
    spec = describe(cls, name=each.reference.rpartition(":")[2])
    if not cls.has_dynamic_ports or not each.parameters:
        return spec
    node = cls(**each.parameters)
    return msgspec.structs.replace(
        spec, inputs=node.input_specs(), outputs=node.output_specs()
    )


def _refuse_missing_cores(assign: Assign) -> None:
    # `check` only warns of them: it may look on another machine.
    count = os.cpu_count()
    if count is not None and any(core >= count for core in assign.cores):
        raise RunError(
            f'"{assign.name}" can\'t have cores that this machine has not.',
            code="RV-R28",
            found=", ".join(map(str, assign.cores)),
            wanted=f"cores from 0 to {count - 1}",
            mend="correct its cores in the graph, or leave them out",
        )


class _Telling:
    """Tells the supervisor what failed in a phase of the start, and gives it up."""

    def __init__(self, words: WordSocket[Any], node: str, phase: str) -> None:
        self._words, self._node, self._phase = words, node, phase

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if not isinstance(error, Exception):
            return
        fields, text = describe_error(error, "RV-N21"), format_traceback(error)
        self._words.send(Failed(self._node, self._phase, fields, text))
        raise _Given from None


def main(arguments: List[str]) -> int:
    """Run a worker over the socket whose number is the only argument.

    Parameters
    ----------
    arguments
        File descriptor of the inherited socket to the supervisor.

    Returns
    -------
    int
        Exit code of the process.
    """
    # The terminal's Ctrl-C is for the screen; the supervisor says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    connection = socket.socket(fileno=int(arguments[0]))
    code = Worker(connection).run()
    sys.stdout.flush()
    sys.stderr.flush()
    # Leave without running finalisers of whatever the nodes imported: they have been
    # torn down, and a library that hangs at exit must not keep the run from ending.
    os._exit(code)
