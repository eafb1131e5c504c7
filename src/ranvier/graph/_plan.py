"""The streams and links of a run, numbered, with the recorder's links among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import GraphError
from ranvier.graph._model import RecordEntry
from ranvier.graph._order import order_nodes
from ranvier.spec import LinkPlan, LinkPolicy, StreamPlan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ranvier.graph._model import Graph
    from ranvier.spec import Catalogue

RECORDER = "recorder"


def build_streams(
    graph: Graph, catalogue: Catalogue, processes: Mapping[str, int]
) -> tuple[StreamPlan, ...]:
    """Build the numbered streams and links of a run.

    Parameters
    ----------
    graph
        Right: `check` has found no fault in it.
    catalogue
        Knows all its node types.
    processes
        Number of the process of each node, and of "recorder" if anything is recorded.

    Returns
    -------
    tuple of StreamPlan
        One for each output of each node, read or not, in the order of the file; its
        links in the order of the file, then the recorder's.

    Raises
    ------
    GraphError
        RV-G40 if a node has no known type or no process.
    """
    record = {entry.stream: entry for entry in list_recorded(graph, catalogue)}
    feedback = order_nodes(graph, catalogue).feedback
    wanted: dict[str, list[tuple[str, LinkPolicy]]] = {}
    for pair in graph.pairs():
        policy = graph.links[pair.link].build_policy()
        wanted.setdefault(pair.source, []).append((pair.target, policy))
    for stream, entry in record.items():
        target = f"{RECORDER}.{name_recorder_input(stream)}"
        policy = _recording_policy(entry, graph)
        wanted.setdefault(stream, []).append((target, policy))
    plans: list[StreamPlan] = []
    n_links = 0
    for stream in iter_streams(graph, catalogue):
        links = tuple(
            LinkPlan(
                index=n_links + offset,
                stream=stream,
                target=target,
                policy=policy,
                feedback=(stream, target) in feedback,
                reader=_process_of(target, processes),
            )
            for offset, (target, policy) in enumerate(wanted.get(stream, []))
        )
        n_links += len(links)
        writer = _process_of(stream, processes)
        plans.append(StreamPlan(len(plans), stream, links, writer))
    return tuple(plans)


def iter_streams(graph: Graph, catalogue: Catalogue) -> Iterator[str]:
    """Give the names of all outputs, "node.output", in the order of the file.

    Yields
    ------
    str
        One stream.

    Raises
    ------
    GraphError
        RV-G40 if the type of a node is not known.
    """
    for name, node in graph.nodes.items():
        spec = catalogue.find(node.type)
        if spec is None:
            raise GraphError(
                f'the type of the node "{name}" is not known.',
                code="RV-G40",
                found=node.type,
                mend="check the graph before it is planned",
            )
        for port in spec.outputs:
            yield f"{name}.{port.name}"


def list_recorded(graph: Graph, catalogue: Catalogue) -> tuple[RecordEntry, ...]:
    """Give the streams to be recorded, with "all" spelt out.

    Returns
    -------
    tuple of RecordEntry
        In the order of the file.

    Raises
    ------
    GraphError
        RV-G40 if all are recorded and the type of a node is not known.
    """
    if graph.record == "all":
        streams = iter_streams(graph, catalogue)
        return tuple(RecordEntry(stream=stream) for stream in streams)
    return graph.record


def name_recorder_input(stream: str) -> str:
    """Give the name of the recorder's input for a stream.

    Returns
    -------
    str
        Unlike for unlike streams, since no node has "__" in its name.

    Examples
    --------
    >>> name_recorder_input("camera.frame")
    'camera__frame'
    """
    return stream.replace(".", "__", 1)


def _recording_policy(entry: RecordEntry, graph: Graph) -> LinkPolicy:
    # In real time the rig matters more than the file: a recorder that hangs may hold
    # a node for `patience` only. At speed max nothing is lost by waiting.
    patience = None if graph.run.speed == "max" else entry.patience
    return LinkPolicy("lossless", depth=entry.depth, patience_s=patience)


def _process_of(end: str, processes: Mapping[str, int]) -> int:
    node = end.partition(".")[0]
    if node in processes:
        return processes[node]
    raise GraphError(
        f'"{node}" has no process.',
        code="RV-G43",
        found=end,
        mend="give each node of the graph, and the recorder, a process number",
    )
