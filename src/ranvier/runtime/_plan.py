"""From a graph to processes: who runs where, which streams there are. Pure."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from ranvier.graph import (
    RECORDER,
    Graph,
    GraphNode,
    RestartPolicy,
    build_streams,
    list_recorded,
)
from ranvier.node import resolve
from ranvier.spec import INTAKE, LinkPlan, LinkPolicy, StreamPlan
from ranvier.worker import NodeAssignment

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.spec import Catalogue

# Intakes come in batches, five a second at most.
_INTAKE_DEPTH = 64
_RECORDER_REFERENCE = "ranvier.recording:Recorder"
_NICE = {"low": 10, "normal": 0, "high": -5}


class WorkerPlan(NamedTuple):
    """One process and the nodes in it."""

    number: int
    name: str
    nodes: tuple[NodeAssignment, ...]
    python: str
    cores: tuple[int, ...]
    nice: int
    memory_limit: int | None
    step_limit_s: float | None
    restart: RestartPolicy
    stops_run: bool

    @property
    def is_recorder(self) -> bool:
        """True for the process that writes the recording."""
        return self.name == RECORDER


def plan_workers(graph: Graph, folder: Path, *, record: bool) -> tuple[WorkerPlan, ...]:
    """Say which processes a graph needs.

    Parameters
    ----------
    graph
        Read, not necessarily checked.
    folder
        Of the graph file.
    record
        False to leave the recorder out.

    Returns
    -------
    tuple of WorkerPlan
        One for each node without a group and each group, in the order of the file;
        last the recorder's, if anything is to be recorded.
    """
    members: dict[str, list[str]] = {}
    for name, node in graph.nodes.items():
        members.setdefault(f"group-{node.group}" if node.group else name, []).append(
            name
        )
    rows = {name: index for index, name in enumerate(graph.nodes)}
    workers = [
        _plan_worker(index, name, nodes, graph, folder, rows)
        for index, (name, nodes) in enumerate(members.items())
    ]
    if record and graph.record:
        workers.append(_plan_recorder(len(workers), len(rows), folder))
    return tuple(workers)


def _plan_worker(
    index: int,
    name: str,
    nodes: list[str],
    graph: Graph,
    folder: Path,
    rows: dict[str, int],
) -> WorkerPlan:
    first = graph.nodes[nodes[0]]
    limits = [graph.nodes[n].step_limit for n in nodes if graph.nodes[n].step_limit]
    memory = [graph.nodes[n].memory_limit for n in nodes if graph.nodes[n].memory_limit]
    return WorkerPlan(
        number=index,
        name=name,
        nodes=tuple(
            NodeAssignment(
                each,
                rows[each],
                _resolve(graph.nodes[each]),
                str(folder),
                on_error=graph.nodes[each].on_error,
                checkpoint_s=graph.nodes[each].checkpoint,
                watchdog_s=graph.nodes[each].watchdog,
                parameters=dict(graph.nodes[each].parameters),
            )
            for each in nodes
        ),
        python=_find_python(first.python, folder),
        cores=first.cores,
        nice=_NICE[first.priority],
        memory_limit=min(memory) if memory else None,  # pyright: ignore[reportArgumentType]
        step_limit_s=min(limits) if limits else None,  # pyright: ignore[reportArgumentType]
        restart=first.restart,
        stops_run=any(graph.nodes[n].on_error == "stop_run" for n in nodes),
    )


def _resolve(node: GraphNode) -> str:
    # A node in an environment of its own looks its name up there.
    return node.type if node.python else resolve(node.type)


def _plan_recorder(index: int, row: int, folder: Path) -> WorkerPlan:
    node = NodeAssignment(RECORDER, row, _RECORDER_REFERENCE, str(folder))
    return WorkerPlan(
        index, RECORDER, (node,), sys.executable, (), 0, None, None,
        RestartPolicy(limit=1000, backoff=0.05), stops_run=False,
    )  # fmt: skip


def _find_python(path: str | None, folder: Path) -> str:
    # A bare name is looked up on the PATH by the system itself. A relative path is
    # not resolved: the link in a virtual environment is what makes it one.
    if path is None:
        return sys.executable
    if "/" not in path and "\\" not in path:
        return path
    return str(folder / path)


def plan_streams(
    graph: Graph, catalogue: Catalogue, workers: tuple[WorkerPlan, ...]
) -> tuple[StreamPlan, ...]:
    """Give numbers to all streams and links of a run, the recorder's among them.

    Beside each recorded node's outputs its intake is recorded: which message it took
    in which order. That is what `replay --check` goes by.

    Returns
    -------
    tuple of StreamPlan
        In the order of the file, then the intakes.
    """
    processes = {node.name: w.number for w in workers for node in w.nodes}
    if RECORDER not in processes:
        graph = graph.model_copy(update={"record": ()})
    streams = build_streams(graph, catalogue, processes)
    if RECORDER not in processes:
        return streams
    recorded = {entry.stream for entry in list_recorded(graph, catalogue)}
    nodes = [n for n in graph.nodes if any(s.startswith(f"{n}.") for s in recorded)]
    n_links = sum(len(plan.links) for plan in streams)
    patience = None if graph.run.speed == "max" else 1.0
    policy = LinkPolicy("lossless", depth=_INTAKE_DEPTH, patience_s=patience)
    intakes = tuple(
        StreamPlan(
            len(streams) + offset,
            f"{node}.{INTAKE}",
            (
                LinkPlan(
                    n_links + offset,
                    f"{node}.{INTAKE}",
                    f"{RECORDER}.{node}__{INTAKE}",
                    policy,
                    reader=processes[RECORDER],
                ),
            ),
            writer=processes[node],
        )
        for offset, node in enumerate(nodes)
    )
    return streams + intakes


def select_streams(
    streams: tuple[StreamPlan, ...], nodes: tuple[NodeAssignment, ...]
) -> tuple[StreamPlan, ...]:
    """Give the streams that a worker writes or reads.

    Returns
    -------
    tuple of StreamPlan
        Whole plans: a writer must know all readers.
    """
    names = {node.name for node in nodes}
    return tuple(
        plan
        for plan in streams
        if plan.node in names or any(link.target_node in names for link in plan.links)
    )


def list_awaited(graph: Graph, streams: tuple[StreamPlan, ...]) -> set[str]:
    """Give the nodes that end by themselves: sources, and what they feed.

    Returns
    -------
    set of str
        A run is complete when all of them have ended. A node that only a loop feeds,
        or nothing, never ends and is not waited for.
    """
    fed = {
        link.target_node for plan in streams for link in plan.links if not link.feedback
    }
    sources = {plan.node for plan in streams} - {
        link.target_node for plan in streams for link in plan.links if not link.feedback
    }
    return ((fed | sources) & set(graph.nodes)) | (fed & {RECORDER})
