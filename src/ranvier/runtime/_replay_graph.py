"""The graph of a session with its recording in place of its sources. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ranvier.audit import WITHHELD
from ranvier.core import RecordingError
from ranvier.graph import Graph, order_nodes, parse_graph

if TYPE_CHECKING:
    from ranvier.recording import Manifest, NodeEntry, Recording
    from ranvier.spec import NodeSpec

_REPLAY_SOURCE = "ranvier.recording:ReplaySource"
# Belongs to the process of the node that is replaced, not to its replay.
_OF_THE_SOURCE = ("python", "host", "group", "watchdog", "checkpoint", "step_limit")


def build_replay_graph(recording: Recording, pace: str) -> Graph:
    """Replace the sources of a recorded run by a replay of what they sent.

    Parameters
    ----------
    recording
        Of a session folder.
    pace
        "real" or "max".

    Returns
    -------
    Graph
        Called "<graph>-replay". A single source keeps its name; several become one
        node "replay", so that they keep in step. What led to a source is left out.

    Raises
    ------
    RecordingError
        If a source's output that a node reads was not recorded.
    """
    manifest = recording.manifest
    data = parse_graph(manifest.graph_text, "graph.yaml").graph.to_data()
    entries = {entry.name: entry for entry in manifest.nodes}
    sources = [n for n in data["nodes"] if entries[n].spec.kind == "source"]
    names = _name_streams(recording, data, sources)
    data["name"] = f"{manifest.graph_name[:56]}-replay"
    data["nodes"] = _replace_nodes(recording, data["nodes"], sources, names, pace)
    for name, node in data["nodes"].items():
        if name in entries and name not in sources:
            _pin(node, entries[name], recording)
    data["links"] = _replace_links(data.get("links", []), sources, names)
    if not data["links"]:
        del data["links"]
    if isinstance(data.get("record"), list):
        data["record"] = _replace_record(data["record"], sources, names)
    data["run"] = _replace_run(data.get("run", {}), manifest, pace)
    graph = Graph.from_data(data)
    return _without_loss(graph) if pace == "max" else graph


def _without_loss(graph: Graph) -> Graph:
    # Flat out, what is slow must be waited for, or haste would lose messages. A link
    # that closes a loop keeps its policy: two that wait for one another would hang.
    feedback = order_nodes(graph).feedback
    patient = {"policy": "lossless", "depth": None, "when_full": None, "patience": None}
    links = tuple(
        link
        if any((link.source, target) in feedback for target in link.to)
        else link.model_copy(update=patient)
        for link in graph.links
    )
    return graph.model_copy(update={"links": links})


def _name_streams(
    recording: Recording, data: dict[str, Any], sources: list[str]
) -> dict[str, str]:
    """Name the output of the replay for each stream of a source that is recorded."""
    outputs = [
        f"{name}.{port.name}"
        for name in sources
        for entry in recording.manifest.nodes
        if entry.name == name
        for port in entry.spec.outputs
    ]
    recorded = [stream for stream in outputs if stream in recording]
    for link in data.get("links", []):
        if link["from"] in outputs and link["from"] not in recorded:
            _refuse_unrecorded(link["from"])
    if not recorded:
        _refuse_unrecorded(", ".join(outputs) or "a source")
    ports = [stream.partition(".")[2] for stream in recorded]
    node = sources[0] if len(sources) == 1 else "replay"
    return {
        stream: f"{node}.{port}"
        if ports.count(port) == 1
        else f"{node}.{stream.replace('.', '__')}"
        for stream, port in zip(recorded, ports, strict=True)
    }


def _replace_nodes(
    recording: Recording,
    nodes: dict[str, Any],
    sources: list[str],
    names: dict[str, str],
    pace: str,
) -> dict[str, Any]:
    assert recording.folder is not None  # noqa: S101 - a manifest was read from it
    first = nodes[sources[0]]
    kept = {key: value for key, value in first.items() if key not in _OF_THE_SOURCE}
    replay = {
        **kept,
        "type": _REPLAY_SOURCE,
        "parameters": {
            "recording": str(recording.folder.path.resolve()),
            "streams": list(names),
            "pace": pace,
        },
    }
    replay_name = next(iter(names.values())).partition(".")[0]
    others = {name: node for name, node in nodes.items() if name not in sources}
    return {replay_name: replay, **others}


def _pin(node: dict[str, Any], entry: NodeEntry, recording: Recording) -> None:
    """Let a node be what it was: its parameters, and the code that was copied."""
    defaults = {each.name: each.default for each in entry.spec.parameters}
    given = node.get("parameters", {})
    node["parameters"] = {
        name: value
        for name, value in _reveal(entry.parameters, given).items()
        if name in given or value != defaults.get(name)
    }
    folder = Path(recording.manifest.graph_path).parent
    node["parameters"] = make_paths_absolute(node["parameters"], entry.spec, folder)
    if node.get("python") and entry.python:
        node["python"] = entry.python.rpartition(" ")[0]
    code = entry.code
    if code is None or not code.copy or recording.folder is None:
        return
    copy, source = recording.folder.code / code.copy, Path(code.source)
    # The original may import its neighbours; it will do if it has not changed since.
    is_same = source.is_file() and source.read_bytes() == copy.read_bytes()
    place = source if is_same else copy
    node["type"] = f"{place.resolve()}:{entry.spec.reference.rpartition(':')[2]}"


def _reveal(recorded: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    # What the manifest withholds stands in the graph, or nowhere.
    return {
        name: given[name] if value == WITHHELD else value
        for name, value in recorded.items()
        if value != WITHHELD or name in given
    }


def make_paths_absolute(
    parameters: dict[str, Any], spec: NodeSpec, folder: Path
) -> dict[str, Any]:
    """Make paths that were relative to the graph file good for any working folder.

    Parameters
    ----------
    parameters
        Values by name.
    spec
        Says which of them are paths.
    folder
        Of the graph file.

    Returns
    -------
    dict
        The same, its paths absolute; an empty one stays empty.
    """
    paths = {each.name for each in spec.parameters if each.type == "path"}
    return {
        name: str(folder / value)
        if name in paths and isinstance(value, str) and value
        else value
        for name, value in parameters.items()
    }


def _replace_links(
    links: list[dict[str, Any]], sources: list[str], names: dict[str, str]
) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for link in links:
        to = [link["to"]] if isinstance(link["to"], str) else list(link["to"])
        targets = [each for each in to if each.partition(".")[0] not in sources]
        if targets:
            source = names.get(link["from"], link["from"])
            kept.append({**link, "from": source, "to": targets})
    return kept


def _replace_record(
    entries: list[Any], sources: list[str], names: dict[str, str]
) -> list[Any]:
    found: list[Any] = []
    for entry in entries:
        stream = entry if isinstance(entry, str) else entry["stream"]
        if stream.partition(".")[0] in sources and stream not in names:
            continue
        name = names.get(stream, stream)
        found.append(name if isinstance(entry, str) else {**entry, "stream": name})
    return found


def _replace_run(run: dict[str, Any], manifest: Manifest, pace: str) -> dict[str, Any]:
    # It ends when the recording ends.
    kept = {key: value for key, value in run.items() if key != "duration"}
    return {**kept, "speed": pace, "seed": manifest.seed}


def _refuse_unrecorded(stream: str) -> NoReturn:
    raise RecordingError(
        f"{stream} was not recorded, so that it can't be replayed.",
        code="RV-D50",
        mend='record all outputs of the sources, or check nodes with "--check"',
    )
