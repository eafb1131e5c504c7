"""Faults of single nodes: their types, parameters, groups and places."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ranvier.core import GraphError, RanvierError, describe_error, suggest
from ranvier.graph._faults import Fault, list_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path as FilePath

    from ranvier.graph._model import Graph, GraphNode
    from ranvier.spec import Catalogue, NodeSpec

# What belongs to the process, so that all nodes of a group must agree on it.
_OF_THE_PROCESS = ("host", "python", "cores", "priority", "memory_limit")


def iter_node_faults(
    graph: Graph, catalogue: Catalogue, folder: FilePath
) -> Iterator[Fault]:
    """Find the faults of the nodes, each by itself and of groups.

    Parameters
    ----------
    graph
        Has the form of a graph.
    catalogue
        The node types.
    folder
        Where relative paths start.

    Yields
    ------
    Fault
        Without line numbers.
    """
    listening = {end.partition(".")[0] for link in graph.links for end in link.to}
    for name, node in graph.nodes.items():
        spec = catalogue.find(node.type)
        if spec is None:
            yield _unknown_type(name, node, catalogue)
        else:
            yield from _iter_parameter_faults(name, node, spec)
            yield from _iter_safety_faults(name, node, spec)
            if name not in listening:
                yield from _iter_deaf_faults(name, node, spec)
        yield from _iter_host_faults(name, node)
        yield from _iter_python_faults(name, node, folder)
        yield from _iter_core_faults(name, node)
    yield from _iter_group_faults(graph)


def _unknown_type(name: str, node: GraphNode, catalogue: Catalogue) -> Fault:
    path = ("nodes", name, "type")
    reason = catalogue.fault(node.type)
    if reason is not None:
        told = describe_error(reason)
        place = f"in {told['where']}" if told["where"] else ""
        error = GraphError(
            f'the type of node "{name}" is not right: {told["problem"]}',
            code="RV-G13",
            # The place in the graph file is `where`; this one is in the node's.
            found="; ".join(filter(None, [told["found"], place])),
            wanted=told["wanted"],
            mend=told["mend"],
        )
        return Fault(error, path=path, node=name)
    known = catalogue.references()
    error = GraphError(
        f'the type of node "{name}", "{node.type}", is not known.',
        code="RV-G12",
        wanted='a name of the catalogue, "module:Class" or "file.py:Class"',
        mend=suggest(node.type, known, "`ranvier nodes` lists the types"),
    )
    return Fault(error, path=path, node=name)


def _iter_parameter_faults(
    name: str, node: GraphNode, spec: NodeSpec
) -> Iterator[Fault]:
    known = [parameter.name for parameter in spec.parameters]
    for key, value in node.parameters.items():
        path = ("nodes", name, "parameters", key)
        declared = spec.parameter(key)
        if declared is None:
            error = GraphError(
                f'node "{name}" has no parameter "{key}".',
                code="RV-G17",
                wanted=f"one of {list_words(known)}" if known else "no parameters",
                mend=suggest(key, known, f'delete it: "{node.type}" has none such'),
            )
            yield Fault(error, path=path, node=name)
            continue
        error = _try_value(declared, value, name)
        if error is not None:
            yield Fault(error, path=path, node=name)
    for parameter in spec.parameters:
        if parameter.required and parameter.name not in node.parameters:
            error = GraphError(
                f'node "{name}" lacks the parameter "{parameter.name}".',
                code="RV-G18",
                wanted=parameter.describe_type(),
                mend=f'add "{parameter.name}: …" to its parameters',
            )
            yield Fault(error, path=("nodes", name, "parameters"), node=name)


def _try_value(declared: Any, value: Any, name: str) -> GraphError | None:
    try:
        declared.validate(value, name)
    except RanvierError as error:
        return GraphError(
            error.problem,
            code="RV-G19",
            found=error.found,
            wanted=error.wanted,
            mend=error.mend,
        )
    return None


def _iter_safety_faults(name: str, node: GraphNode, spec: NodeSpec) -> Iterator[Fault]:
    if node.watchdog is not None and not spec.has_safe_state:
        error = GraphError(
            f'node "{name}" has a watchdog, but its type declares no safe_state.',
            code="RV-G24",
            found=f'"{node.type}" without safe_state',
            wanted="a type that says what is safe when its inputs go silent",
            mend="delete the watchdog, or give the class a safe_state method",
        )
        yield Fault(error, path=("nodes", name, "watchdog"), node=name)
    if node.checkpoint is not None and not spec.keeps_state:
        error = GraphError(
            f'node "{name}" has a checkpoint, but its type hands over no state.',
            code="RV-G28",
            found=f'"{node.type}" without checkpoint and restore',
            mend="delete the checkpoint, or give the class checkpoint and restore",
        )
        yield Fault(
            error, path=("nodes", name, "checkpoint"), node=name, is_warning=True
        )


def _iter_deaf_faults(name: str, node: GraphNode, spec: NodeSpec) -> Iterator[Fault]:
    # An input that must have a link and has none is a fault of its own.
    needs_none = all(port.optional for port in spec.inputs)
    if node.watchdog is not None and spec.has_safe_state and needs_none:
        error = GraphError(
            f'node "{name}" has a watchdog, but no links to its inputs.',
            code="RV-G32",
            wanted="links whose silence means that something is wrong",
            mend="delete the watchdog: its safe_state is called at every end anyway",
        )
        yield Fault(error, path=("nodes", name, "watchdog"), node=name)


def _iter_host_faults(name: str, node: GraphNode) -> Iterator[Fault]:
    if node.host != "local":
        error = GraphError(
            f'node "{name}" can\'t run on the host "{node.host}" yet.',
            code="RV-G44",
            wanted="local",
            mend="delete host; nodes on other hosts come with a later version",
        )
        yield Fault(error, path=("nodes", name, "host"), node=name)


def _iter_core_faults(name: str, node: GraphNode) -> Iterator[Fault]:
    # A warning: the machine that runs the graph may be another.
    count = os.cpu_count()
    missing = [core for core in node.cores if count is not None and core >= count]
    if missing and node.host == "local":
        error = GraphError(
            f'node "{name}" asks for cores that this machine has not.',
            code="RV-G45",
            found=list_words(map(str, node.cores)),
            wanted=f"cores from 0 to {(count or 1) - 1}",
            mend="correct its cores, if it is to run on this machine",
        )
        yield Fault(error, path=("nodes", name, "cores"), node=name, is_warning=True)


def _iter_python_faults(
    name: str, node: GraphNode, folder: FilePath
) -> Iterator[Fault]:
    # A bare "python3.9" is looked for when the run starts; another host's files
    # can't be seen from here.
    is_path = node.python is not None and ("/" in node.python or "\\" in node.python)
    if node.python is None or not is_path or node.host != "local":
        return
    try:
        exists = (folder / node.python).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        exists = False
    if not exists:
        error = GraphError(
            f'the interpreter of node "{name}" does not exist.',
            code="RV-G31",
            found=str(folder / node.python),
            mend="mend the path (relative to the graph file), or make the environment",
        )
        yield Fault(error, path=("nodes", name, "python"), node=name)


def _iter_group_faults(graph: Graph) -> Iterator[Fault]:
    first: dict[str, tuple[str, GraphNode]] = {}
    for name, node in graph.nodes.items():
        if node.group is None:
            continue
        leader, other = first.setdefault(node.group, (name, node))
        for key in _OF_THE_PROCESS:
            mine, theirs = getattr(node, key), getattr(other, key)
            if mine == theirs:
                continue
            error = GraphError(
                f'"{name}" and "{leader}" are of the group "{node.group}", but their '
                f'"{key}" differ.',
                code="RV-G23",
                found=f"{mine} and {theirs}",
                wanted="the same: nodes of a group share one process",
                mend=f'give both the same "{key}", or unlike groups',
            )
            path = ("nodes", name, key if key in node.model_fields_set else "group")
            yield Fault(error, path=path, node=name)
