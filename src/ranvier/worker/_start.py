"""The start of a worker: the process made ready, its nodes loaded and set up."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Type

import msgspec

from ranvier.core import JsonLines, RunError, describe_error, format_traceback
from ranvier.links import (
    Board,
    LinkReader,
    NodeField,
    OutputWriter,
    RunFolder,
    Sleeper,
    Transport,
    open_transport,
)
from ranvier.node import Context, Node, describe, load
from ranvier.spec import INTAKE, NodeSpec
from ranvier.worker._code import describe_code_of
from ranvier.worker._context import RunContext
from ranvier.worker._host import NodeHost
from ranvier.worker._intake import Intake
from ranvier.worker._orders import Orders, ToldToExit
from ranvier.worker._safety import Safety
from ranvier.worker._step_clock import StepClock
from ranvier.worker._words import (
    Assign,
    Described,
    Failed,
    MadeSafe,
    MakeSafe,
    NodeAssignment,
    Noted,
    Ready,
    Setup,
    WordSocket,
)


class GivenUp(Exception):  # noqa: N818 - leaves the start; what failed has been told
    """The start was given up."""


class _Place(NamedTuple):
    """Where the nodes of a process meet the run."""

    board: Board
    transport: Transport
    sleeper: Sleeper


class Start:
    """Starts the nodes of one process.

    Parameters
    ----------
    assign
        What the process is to be.
    words
        Socket to the supervisor.
    orders
        What the supervisor says meanwhile.
    """

    def __init__(self, assign: Assign, words: WordSocket[Any], orders: Orders) -> None:
        self._assign, self._words, self._orders = assign, words, orders
        self._classes: Dict[str, Type[Node]] = {}

    def prepare_process(self) -> None:
        """Take cores and priority, and send the log to the supervisor.

        Raises
        ------
        GivenUp
            If the machine has not the cores.
        """
        assign = self._assign
        with self._telling(assign.nodes[0].name, "load"):
            refuse_missing_cores(assign)
        if assign.cores and hasattr(os, "sched_setaffinity"):
            cores = assign.cores
            self._try(lambda: os.sched_setaffinity(0, cores), f"cores {list(cores)}")
        if assign.nice and hasattr(os, "nice"):
            self._try(lambda: os.nice(assign.nice), "its priority")
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines({"node": assign.name, "run": assign.run_id}))
        logging.basicConfig(level=logging.INFO, handlers=[handler])

    def load(self) -> None:
        """Load the code of the nodes, and tell what it declares.

        Raises
        ------
        GivenUp
            If a node can't be loaded.
        """
        code: Dict[str, Dict[str, Any]] = {}
        specs: Dict[str, NodeSpec] = {}
        for each in self._assign.nodes:
            with self._telling(each.name, "load"):
                cls = load(each.reference, Path(each.folder))
                self._classes[each.name] = cls
                code[each.name] = describe_code_of(cls)
                specs[each.name] = _describe(cls, each)
        python = f"{sys.executable} {sys.version.split()[0]}"
        self._words.send(Described(specs, code, python))

    def make_safe(self, word: MakeSafe) -> None:
        """Bring nodes into their safe state whose own process died."""
        opened: List[Node] = []
        for each in self._assign.nodes:
            if self._classes[each.name].safe_state is not Node.safe_state:
                self._make_node_safe(each, word, opened)
        for node in opened:
            try:
                node.teardown()
            except Exception:  # the node is safe, which is all that was wanted
                node.context.log.exception("teardown failed")

    def _make_node_safe(
        self, each: NodeAssignment, word: MakeSafe, opened: List[Node]
    ) -> None:
        why, problem, tell = "the node's process died", "", self._words.send
        try:
            node = self._classes[each.name](**word.parameters.get(each.name, {}))
        except Exception as error:  # noqa: BLE001 - told; others must still be safe
            tell(MadeSafe(each.name, why, format_traceback(error), ends=True))
            return
        node.context = Context(each.name)
        try:
            node.setup()
            opened.append(node)
        except Exception as error:  # noqa: BLE001 - what it has opened can be shut still
            problem = format_traceback(error)
        Safety(node, each.name, None, tell).make_safe(why, problem, ends=True)

    def open_sleeper(self) -> Sleeper:
        """Join the run: map its board, open its transport.

        Returns
        -------
        Sleeper
            Of this process; a word of the supervisor wakes it too.

        Raises
        ------
        GivenUp
            If the run can't be joined.
        """
        assign = self._assign
        folder = RunFolder(Path(assign.run_folder))
        with self._telling(assign.nodes[0].name, "setup"):
            board = Board.open(folder.board)
            transport = open_transport(folder, assign.name, assign.counters)
            sleeper = transport.open_sleeper(assign.process)
            self._orders.wake = transport.waker(assign.process).wake
        self._place = _Place(board, transport, sleeper)
        return sleeper

    def set_up(self, word: Setup, hosts: List[NodeHost]) -> None:
        """Set the nodes up, and tell that they are ready.

        Parameters
        ----------
        word
            Their parameters and links.
        hosts
            Each is added as soon as it is set up, so that it can be made safe if the
            next one hangs.

        Raises
        ------
        GivenUp
            If a node's `setup` fails.
        ToldToExit
            If the start is given up before the last of them.
        """
        began = time.monotonic_ns()
        values = self._place.board.values
        for each in self._assign.nodes:
            if self._orders.exits:
                raise ToldToExit
            row = self._place.board.node_row(each.index)
            values[row + NodeField.STEP_SINCE] = 0
            values[row + NodeField.PID] = os.getpid()
            values[row + NodeField.EPOCH] = self._assign.epoch
            hosts.append(self._set_up_node(each, word))
        self._words.send(Ready((time.monotonic_ns() - began) * 1e-9))

    def _set_up_node(self, each: NodeAssignment, word: Setup) -> NodeHost:
        with self._telling(each.name, "setup"):
            node = self._classes[each.name](**word.parameters.get(each.name, {}))
        try:
            with self._telling(each.name, "setup"):
                return self._make_host(node, each, word)
        except GivenUp:
            # Half of its setup may be what switched the laser on.
            safety = Safety(node, each.name, None, self._words.send)
            safety.make_safe("its setup failed", ends=True)
            raise

    def _make_host(self, node: Node, each: NodeAssignment, word: Setup) -> NodeHost:
        assign, name = self._assign, each.name
        clock = StepClock(self._place.board, each.index)
        writers = self._open_outputs(name, word, clock)
        intake_writer = writers.pop(INTAKE, None) if name in word.intake else None
        node.context = RunContext(
            name,
            seed=assign.seed,
            folder=Path(assign.session_folder) / "nodes" / name,
            writers=writers,
            tell=self._words.send,
            is_real_time=assign.is_real_time,
        )
        node.setup()
        host = NodeHost(
            node,
            each,
            readers=self._open_inputs(node, name, word),
            writers=writers,
            clock=clock,
            tell=self._words.send,
            intake=Intake(intake_writer) if intake_writer else None,
            state_path=Path(assign.run_folder) / f"state-{name}",
        )
        if assign.epoch:
            host.restore()
            host.make_safe("the node was started again")
        return host

    def _open_outputs(
        self, name: str, word: Setup, clock: StepClock
    ) -> Dict[str, OutputWriter]:
        board, transport, sleeper = self._place
        return {
            plan.port: OutputWriter(
                plan,
                transport,
                board,
                epoch=self._assign.epoch,
                sleep=clock.leave_out(sleeper.wait),
                gives_up=lambda: self._orders.exits,
            )
            for plan in word.streams
            if plan.node == name
        }

    def _open_inputs(
        self, node: Node, name: str, word: Setup
    ) -> Dict[str, List[LinkReader]]:
        board, transport, _ = self._place
        readers: Dict[str, List[LinkReader]] = {}
        for plan in word.streams:
            for link in plan.links:
                if link.target_node == name:
                    reader = LinkReader(
                        plan, link, transport, board, raw=node.takes_raw
                    )
                    readers.setdefault(link.target_port, []).append(reader)
        return readers

    def _try(self, act: Callable[[], object], what: str) -> None:
        try:
            act()
        except OSError as error:
            text = f"{what} can't be had: {error.strerror}; it runs without"
            self._words.send(Noted(self._assign.nodes[0].name, text, "not_permitted"))

    def _telling(self, node: str, phase: str) -> _Telling:
        return _Telling(self._words, node, phase)


def refuse_missing_cores(assign: Assign) -> None:
    """Refuse cores that this machine has not.

    `check` only warns of them: it may look on another machine.

    Raises
    ------
    RunError
        If there are such.
    """
    count = os.cpu_count()
    if count is not None and any(core >= count for core in assign.cores):
        raise RunError(
            f'"{assign.name}" can\'t have cores that this machine has not.',
            code="RV-R28",
            found=", ".join(map(str, assign.cores)),
            wanted=f"cores from 0 to {count - 1}",
            mend="correct its cores in the graph, or leave them out",
        )


def _describe(cls: Type[Node], each: NodeAssignment) -> NodeSpec:
    spec = describe(cls, name=each.reference.rpartition(":")[2])
    if not cls.has_dynamic_ports or not each.parameters:
        return spec
    node = cls(**each.parameters)
    return msgspec.structs.replace(
        spec, inputs=node.input_specs(), outputs=node.output_specs()
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
        raise GivenUp from None
