"""The state of a run in numbers, from the board and the operating system."""

from __future__ import annotations

import datetime as dt
import math
import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
import psutil
from msgspec.structs import replace

from ranvier.graph import RECORDER
from ranvier.links import Board, LinkField, NodeField, StreamField, percentile_ns

if TYPE_CHECKING:
    from ranvier.recording import SessionFolder
    from ranvier.spec import LinkPlan, StreamPlan

S = TypeVar("S", bound=msgspec.Struct)
_NODE_COUNTS = ("steps", "faults", "restarts", "late", "last_fault")
_LINK_COUNTS = ("sent", "taken", "missed", "waiting")


class NodeStatus(msgspec.Struct, frozen=True):
    """One node now.

    Parameters
    ----------
    name, state, pid
        Which, in which state, which process (0: none).
    step_hz
        Steps a second since the last look; at the first, since the begin of the run.
    steps, faults, restarts, late
        Counts since the start of the run; `late`: items produced more than a period
        after they were due.
    step_p50_ms, step_p99_ms, step_max_ms
        Time of a step; None before the first.
    busy_s
        How long the step in hand has taken, s; 0 between two steps.
    cpu, memory_mb
        Share of one core since the last look, at the first over the process's life;
        private memory, MB.
    last_fault
        The newest of its faults that was told, in words; also one outside its steps, as
        in teardown, which `faults` does not count.
    """

    name: str
    state: str
    pid: int = 0
    step_hz: float = 0.0
    steps: int = 0
    faults: int = 0
    restarts: int = 0
    late: int = 0
    step_p50_ms: float | None = None
    step_p99_ms: float | None = None
    step_max_ms: float | None = None
    busy_s: float = 0.0
    cpu: float = 0.0
    memory_mb: float = 0.0
    last_fault: str = ""


class LinkStatus(msgspec.Struct, frozen=True):
    """One link now.

    Parameters
    ----------
    stream, target, policy
        Which, and what it does when full.
    hz, mb_per_s
        Messages taken a second, and MB, since the last look.
    sent, taken, missed
        Counts; missed on a "latest" link is what was skipped.
    waiting
        Messages in the queue.
    delay_p50_ms, delay_p99_ms
        From the writing of a message to its taking.
    age_p50_ms, age_p99_ms
        From the source's item to its taking here.
    """

    stream: str
    target: str
    policy: str
    hz: float = 0.0
    mb_per_s: float = 0.0
    sent: int = 0
    taken: int = 0
    missed: int = 0
    waiting: int = 0
    delay_p50_ms: float | None = None
    delay_p99_ms: float | None = None
    age_p50_ms: float | None = None
    age_p99_ms: float | None = None

    @property
    def lost(self) -> int:
        """Messages that were missed, and that its reader should have had."""
        return 0 if self.policy == "latest" else self.missed

    @property
    def is_recorded(self) -> bool:
        """True if the recorder reads it."""
        return self.target.partition(".")[0] == RECORDER


class RunStatus(msgspec.Struct, frozen=True):
    """A run now.

    Parameters
    ----------
    run_id, graph, state
        Which run, of which graph, in which state.
    running_s, paused_s
        Time that it has run since its begin, and that it was paused, s.
    session_folder
        Where it records.
    recorded_bytes, free_bytes
        In its recordings; left on their disk.
    lost
        Messages lost on links that are not "latest".
    nodes, links
        All of them.
    shown
        Values that nodes show, by "node: name".
    notices
        The last lines for the operator, newest last.
    duration_s
        At which `running_s` it will stop by itself, s; None if it will not.
    """

    run_id: str
    graph: str
    state: str
    running_s: float = 0.0
    paused_s: float = 0.0
    session_folder: str = ""
    recorded_bytes: int = 0
    free_bytes: int = 0
    lost: int = 0
    nodes: tuple[NodeStatus, ...] = ()
    links: tuple[LinkStatus, ...] = ()
    shown: dict[str, str] = {}
    notices: tuple[str, ...] = ()
    duration_s: float | None = None


class NodeView(NamedTuple):
    """What the supervisor knows of a node beside the board."""

    name: str
    row: int
    state: str
    pid: int
    restarts: int
    last_fault: str = ""


class StatusTracker:
    """Turns counters into rates.

    Parameters
    ----------
    board
        Of the run.
    streams
        All of its streams.
    since_ns
        What the first rates are since, ns: with the begin of the run the first look
        gives the averages over the run. Without it the first rates are 0.
    """

    def __init__(
        self,
        board: Board,
        streams: tuple[StreamPlan, ...],
        since_ns: int | None = None,
    ) -> None:
        self._board, self._streams = board, streams
        self._last_ns = since_ns
        self._cpu_s: dict[int, float] = {}
        self._steps: dict[int, int] = {}
        self._taken: dict[int, int] = {}
        self._bytes: dict[int, int] = {}
        self._processes: dict[int, psutil.Process] = {}

    def count_lost(self) -> dict[int, int]:
        """Give the messages lost by link, "latest" links left out.

        Returns
        -------
        dict
            Link index to count.
        """
        return {
            link.index: self._count_missed(plan, link)
            for plan in self._streams
            for link in plan.links
            if link.policy.mode != "latest"
        }

    def count_left(self) -> dict[int, int]:
        """Give the messages that still wait in the queues of links, by link.

        Returns
        -------
        dict
            Link index to count, "latest" links left out.
        """
        return {
            link.index: self._count_waiting(plan, link)
            for plan in self._streams
            for link in plan.links
            if link.policy.mode != "latest"
        }

    def _count_missed(self, plan: StreamPlan, link: LinkPlan) -> int:
        missed = self._board.link_field(link.index, LinkField.MISSED)
        if link.policy.mode == "lossless":
            return missed
        # A reader that hangs can't count what its full queue drops meanwhile.
        dropped = self._count_unread(plan, link.index) - link.policy.depth
        return missed + max(0, dropped)

    def look(
        self, nodes: list[NodeView]
    ) -> tuple[tuple[NodeStatus, ...], tuple[LinkStatus, ...]]:
        """Read the board.

        Parameters
        ----------
        nodes
            What is known beside it.

        Returns
        -------
        tuple
            Status of all nodes, and of all links.
        """
        now = time.monotonic_ns()
        elapsed_s = _measure_s(self._last_ns, now)
        self._last_ns = now
        seen = tuple(self._look_at_node(view, now, elapsed_s) for view in nodes)
        links = tuple(
            status
            for plan in self._streams
            for status in self._look_at_stream(plan, elapsed_s)
        )
        return seen, links

    def _look_at_node(self, view: NodeView, now: int, elapsed_s: float) -> NodeStatus:
        board, index = self._board, view.row
        steps = board.node_field(index, NodeField.STEPS)
        since = board.node_field(index, NodeField.STEP_SINCE)
        histogram = board.step_histogram(index)
        rate = (steps - self._steps.get(index, 0)) / elapsed_s
        self._steps[index] = steps
        cpu, memory = self._look_at_process(view.pid, elapsed_s)
        return NodeStatus(
            view.name,
            view.state,
            pid=view.pid,
            step_hz=rate,
            steps=steps,
            faults=board.node_field(index, NodeField.FAULTS),
            restarts=view.restarts,
            late=board.node_field(index, NodeField.LATE),
            step_p50_ms=_to_ms(percentile_ns(histogram, 0.5)),
            step_p99_ms=_to_ms(percentile_ns(histogram, 0.99)),
            step_max_ms=board.node_field(index, NodeField.STEP_MAX) * 1e-6,
            busy_s=(now - since) * 1e-9 if since and view.pid else 0.0,
            cpu=cpu,
            memory_mb=memory,
            last_fault=view.last_fault,
        )

    def _look_at_process(self, pid: int, elapsed_s: float) -> tuple[float, float]:
        if not pid:
            return 0.0, 0.0
        try:
            process = self._processes.setdefault(pid, psutil.Process(pid))
            with process.oneshot():
                times = process.cpu_times()
                age_s = _measure_age_s(process)
                memory = private_bytes(process)
        except psutil.Error:
            self._processes.pop(pid, None)
            return 0.0, 0.0
        spent_s = times.user + times.system
        before_s = self._cpu_s.get(pid)
        if before_s is None:
            before_s, elapsed_s = 0.0, age_s
        self._cpu_s[pid] = spent_s
        return max(0.0, (spent_s - before_s) / elapsed_s), memory * 1e-6

    def _look_at_stream(self, plan: StreamPlan, elapsed_s: float) -> list[LinkStatus]:
        board = self._board
        sent = board.stream_field(plan.index, StreamField.BEFORE)
        sent += board.stream_field(plan.index, StreamField.WRITTEN)
        volume = board.stream_field(plan.index, StreamField.BYTES)
        moved = (volume - self._bytes.get(plan.index, 0)) / elapsed_s * 1e-6
        self._bytes[plan.index] = volume
        found: list[LinkStatus] = []
        for link in plan.links:
            delays = board.delay_histogram(link.index)
            ages = board.age_histogram(link.index)
            taken = board.link_field(link.index, LinkField.TAKEN)
            rate = (taken - self._taken.get(link.index, 0)) / elapsed_s
            self._taken[link.index] = taken
            found.append(
                LinkStatus(
                    plan.stream,
                    link.target,
                    link.policy.describe(),
                    hz=rate,
                    mb_per_s=moved,
                    sent=sent,
                    taken=taken,
                    missed=self._count_missed(plan, link),
                    waiting=self._count_waiting(plan, link),
                    delay_p50_ms=_to_ms(percentile_ns(delays, 0.5)),
                    delay_p99_ms=_to_ms(percentile_ns(delays, 0.99)),
                    age_p50_ms=_to_ms(percentile_ns(ages, 0.5)),
                    age_p99_ms=_to_ms(percentile_ns(ages, 0.99)),
                )
            )
        return found

    def _count_waiting(self, plan: StreamPlan, link: LinkPlan) -> int:
        unread = self._count_unread(plan, link.index)
        return (
            unread if link.policy.mode == "lossless" else min(unread, link.policy.depth)
        )

    def _count_unread(self, plan: StreamPlan, link: int) -> int:
        board = self._board
        epoch = board.stream_field(plan.index, StreamField.EPOCH)
        if board.link_field(link, LinkField.EPOCH) != epoch:
            return 0
        sent = board.stream_field(plan.index, StreamField.WRITTEN)
        return max(0, sent - board.link_field(link, LinkField.NEXT))


def read_status(folder: SessionFolder) -> RunStatus | None:
    """Read the last status of a run.

    Parameters
    ----------
    folder
        Its session.

    Returns
    -------
    RunStatus or None
        None if the supervisor did not come to write it, or it can't be read.
    """
    try:
        return msgspec.json.decode(folder.status.read_bytes(), type=RunStatus)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def complete_status(kept: RunStatus, last: RunStatus) -> RunStatus:
    """Give the status that a run leaves behind.

    Parameters
    ----------
    kept
        Of when its workers were told to exit: rates, states, what they used.
    last
        Of when all of them had ended: what was counted and said until then.

    Returns
    -------
    RunStatus
        Both in one.
    """
    nodes = {node.name: node for node in last.nodes}
    links = {(link.stream, link.target): link for link in last.links}
    return replace(
        last,
        running_s=kept.running_s,
        paused_s=kept.paused_s,
        nodes=tuple(
            _take_over(node, nodes[node.name], _NODE_COUNTS) for node in kept.nodes
        ),
        links=tuple(
            _take_over(link, links[link.stream, link.target], _LINK_COUNTS)
            for link in kept.links
        ),
    )


def _take_over(kept: S, last: S, names: tuple[str, ...]) -> S:
    return replace(kept, **{name: getattr(last, name) for name in names})


def private_bytes(process: psutil.Process) -> int:
    """Give the memory that a process shares with no other.

    Returns
    -------
    int
        Bytes: resident less shared where the system tells both.
    """
    memory = process.memory_info()
    return memory.rss - getattr(memory, "shared", 0)


def _measure_s(since_ns: int | None, now_ns: int) -> float:
    # Nothing is known of a time that has not begun: all rates over it are 0.
    elapsed_ns = 0 if since_ns is None else now_ns - since_ns
    return elapsed_ns * 1e-9 if elapsed_ns > 0 else math.inf


def _measure_age_s(process: psutil.Process) -> float:
    age_s = dt.datetime.now(dt.UTC).timestamp() - process.create_time()
    return age_s if age_s > 0 else math.inf  # the wall clock was set back


def _to_ms(duration_ns: float | None) -> float | None:
    return None if duration_ns is None else duration_ns * 1e-6
