"""A replay through the whole graph: a recording stands in for the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.core import RunError, write_atomically
from ranvier.graph import (
    Graph,
    GraphLink,
    GraphNode,
    format_graph,
    order_nodes,
    parse_graph,
)
from ranvier.recording import SessionFolder, open_recording
from ranvier.runtime._control import RunRequest
from ranvier.runtime._run import Run, start_run

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.recording import Manifest

_SOURCE = "replay_source"


def start_replay(
    session: Path,
    parent: Path,
    *,
    pace: str = "real",
    record: bool = True,
    by: str = "",
) -> Run:
    """Run the graph of a session again, its sources replaced by their recording.

    The graph that is run is written beside the new session folder, as
    "<graph>-replay.yaml"; it can be changed and run like any other.

    Parameters
    ----------
    session
        Session folder whose sources were recorded.
    parent
        Folder in which the new session folder is made.
    pace
        "real" for the recorded pace, "max" for flat out.
    record
        False for a run that leaves no recording.
    by
        Who started it.

    Returns
    -------
    Run
        Starting.

    Raises
    ------
    RecordingError
        If the session has no recording or no manifest.
    RunError
        If an output of a source that is linked was not recorded.
    """
    recording = open_recording(session)
    graph = build_replay_graph(
        recording.manifest, set(recording), SessionFolder(session.resolve()), pace
    )
    parent.mkdir(parents=True, exist_ok=True)
    path = parent / f"{graph.name}-replay.yaml"
    write_atomically(path, format_graph(graph))
    request = RunRequest(str(path), str(parent), speed=pace, record=record, by=by)
    return start_run(request)


def build_replay_graph(
    manifest: Manifest, recorded: set[str], folder: SessionFolder, pace: str
) -> Graph:
    """Put the recording in the place of each source of a graph.

    Parameters
    ----------
    manifest
        Of the session.
    recorded
        Names of the streams that are there.
    folder
        The session folder, absolute.
    pace
        "real" or "max".

    Returns
    -------
    Graph
        The same nodes and links; links into a replaced source are gone, and what was
        not recorded of it with them. Duration is left to the recording. Flat out,
        links that do not close a loop are lossless: nothing is lost to haste.

    Raises
    ------
    RunError
        If an output of a source that is linked was not recorded.
    """
    graph = parse_graph(manifest.graph_text, str(folder.graph), folder.path).graph
    sources = {e.name for e in manifest.nodes if e.spec.kind == "source"}
    _refuse_unrecorded(graph, sources, recorded)
    nodes: dict[str, GraphNode] = {}
    for name, node in graph.nodes.items():
        changes: dict[str, Any] = {"type": _type_of(manifest, name, node, folder)}
        if name in sources:
            streams = sorted(s for s in recorded if _is_output_of(s, name))
            changes = {
                "type": _SOURCE,
                "parameters": {
                    "recording": str(folder.path), "streams": streams, "pace": pace,
                },
                "python": None,
            }  # fmt: skip
        nodes[name] = node.model_copy(update=changes)
    links = tuple(
        link.model_copy(update={"to": kept})
        for link in graph.links
        if (kept := _targets_left(link, sources))
    )
    if pace == "max":
        links = _without_loss(graph, links)
    run = graph.run.model_copy(update={"duration": None, "speed": pace})
    record = graph.record
    if record != "all":
        record = tuple(
            entry for entry in record
            if entry.stream.partition(".")[0] not in sources or entry.stream in recorded
        )  # fmt: skip
    return graph.model_copy(
        update={"nodes": nodes, "links": links, "run": run, "record": record}
    )


def _refuse_unrecorded(graph: Graph, sources: set[str], recorded: set[str]) -> None:
    wanted = {pair.source for pair in graph.pairs() if pair.source_node in sources}
    missing = sorted(wanted - recorded)
    if missing or not sources:
        raise RunError(
            "the sources of this session can't be replayed.",
            code="RV-R41",
            found="not recorded: " + (", ".join(missing) or "any source"),
            mend="record the sources' outputs: see `record:` in the graph",
        )


def _without_loss(graph: Graph, links: tuple[GraphLink, ...]) -> tuple[GraphLink, ...]:
    feedback = order_nodes(graph.model_copy(update={"links": links})).feedback
    patient = {"policy": "lossless", "depth": None, "when_full": None, "patience": None}
    return tuple(
        link
        if any((link.source, target) in feedback for target in link.to)
        else link.model_copy(update=patient)
        for link in links
    )


def _targets_left(link: GraphLink, sources: set[str]) -> tuple[str, ...]:
    return tuple(each for each in link.to if each.partition(".")[0] not in sources)


def _is_output_of(stream: str, node: str) -> bool:
    name, _, port = stream.partition(".")
    return name == node and port != "intake"


def _type_of(
    manifest: Manifest, name: str, node: GraphNode, folder: SessionFolder
) -> str:
    entry = manifest.node(name)
    if entry is None or entry.code is None or not entry.code.copy:
        return node.type
    # The file as it was run; the one beside the graph may have changed since.
    return f"{folder.code / entry.code.copy}:{node.type.rpartition(':')[2]}"
