"""What changed between two graphs, in words for the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.graph._render import format_flow

if TYPE_CHECKING:
    from ranvier.graph._model import Graph, GraphNode


def describe_changes(old: Graph, new: Graph) -> list[str]:
    """Say what is different in a new version of a graph.

    Parameters
    ----------
    old, new
        Two graphs.

    Returns
    -------
    list of str
        One sentence for each change, in the order of the file; empty if they are
        equal. A renamed node is one that went and one that came.

    Examples
    --------
    >>> from ranvier.graph import AddNode, Graph, SetParameter, edit_graph
    >>> graph = edit_graph(Graph(name="x"), AddNode("eye", "camera"))
    >>> describe_changes(graph, edit_graph(graph, SetParameter("eye", "gain", 2)))
    ['parameter "gain" of node "eye": default → 2']
    """
    changes = [
        f"{key}: {_say(getattr(old, key))} → {_say(getattr(new, key))}"
        for key in ("name", "description")
        if getattr(old, key) != getattr(new, key)
    ]
    changes += _describe_nodes(old, new)
    changes += _describe_links(_links_of(old), _links_of(new))
    changes += _describe_records(old, new)
    changes += _describe_keys(_dump(old.run), _dump(new.run), "run")
    return changes


def _describe_nodes(old: Graph, new: Graph) -> list[str]:
    changes: list[str] = []
    for name in dict.fromkeys((*old.nodes, *new.nodes)):
        if name not in new.nodes:
            changes.append(f'node "{name}" removed ({old.nodes[name].type})')
        elif name not in old.nodes:
            changes.append(f'node "{name}" added ({new.nodes[name].type})')
        else:
            changes += _describe_node(name, old.nodes[name], new.nodes[name])
    return changes


def _describe_node(name: str, old: GraphNode, new: GraphNode) -> list[str]:
    owner = f'node "{name}"'
    before, after = _dump(old), _dump(new)
    parameters = before.pop("parameters", {}), after.pop("parameters", {})
    changes = _describe_keys(before, after, owner)
    changes += [f"parameter {change}" for change in _describe_keys(*parameters, owner)]
    return changes


def _describe_keys(old: dict[str, Any], new: dict[str, Any], owner: str) -> list[str]:
    return [
        f'"{key}" of {owner}: {_say_entry(old, key)} → {_say_entry(new, key)}'
        for key in dict.fromkeys((*old, *new))
        if _say_entry(old, key) != _say_entry(new, key)
    ]


def _describe_links(
    old: dict[tuple[str, str], str], new: dict[tuple[str, str], str]
) -> list[str]:
    changes: list[str] = []
    for ends in dict.fromkeys((*old, *new)):
        link = f'link from "{ends[0]}" to "{ends[1]}"'
        if ends not in new:
            changes.append(f"{link} removed")
        elif ends not in old:
            changes.append(f"{link} added ({new[ends]})")
        elif old[ends] != new[ends]:
            changes.append(f"{link}: {old[ends]} → {new[ends]}")
    return changes


def _describe_records(old: Graph, new: Graph) -> list[str]:
    if old.record == new.record:
        return []
    if old.record == "all" or new.record == "all":
        return [f"recorded: {_say_record(old)} → {_say_record(new)}"]
    before = {entry.stream: entry for entry in old.record}
    after = {entry.stream: entry for entry in new.record}
    changes: list[str] = []
    for stream in dict.fromkeys((*before, *after)):
        if stream not in after:
            changes.append(f'"{stream}" no longer recorded')
        elif stream not in before:
            changes.append(f'"{stream}" recorded')
        else:
            owner = f'the record of "{stream}"'
            changes += _describe_keys(
                _dump(before[stream]), _dump(after[stream]), owner
            )
    return changes


def _links_of(graph: Graph) -> dict[tuple[str, str], str]:
    policies: dict[tuple[str, str], str] = {}
    for pair in graph.pairs():
        policy = graph.links[pair.link].build_policy()
        patience = f", patience {policy.patience_s:g} s" if policy.patience_s else ""
        policies[pair.source, pair.target] = policy.describe() + patience
    return policies


def _dump(part: Any) -> dict[str, Any]:
    return part.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _say_record(graph: Graph) -> str:
    if graph.record == "all":
        return "all"
    return format_flow([entry.stream for entry in graph.record])


def _say_entry(mapping: dict[str, Any], key: str) -> str:
    return _say(mapping[key]) if key in mapping else "default"


def _say(value: Any) -> str:
    return format_flow(value)
