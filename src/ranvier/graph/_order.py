"""Order of the nodes, the links that close loops, and what depends on what."""

from __future__ import annotations

import dataclasses
import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ranvier.graph._model import Graph, Pair
    from ranvier.spec import Catalogue


@dataclasses.dataclass(frozen=True)
class Order:
    """The nodes in the order in which data passes them.

    Parameters
    ----------
    nodes
        All node names; where the links leave it open, in the order of the file.
    feedback
        (stream, input) of the links that close a loop: they lead backwards.
    """

    nodes: tuple[str, ...]
    feedback: frozenset[tuple[str, str]]


def order_nodes(graph: Graph, catalogue: Catalogue | None = None) -> Order:
    """Order the nodes and say which links are feedback.

    Of a loop that link counts as feedback which leads to a source; else one that
    leads to a `hold` input; else the one that leads back to the node written first.
    As few as needed are taken, so the answer is the same for the same file.

    Parameters
    ----------
    graph
        May name nodes that it has not: their links are left out.
    catalogue
        Tells sources and `hold` inputs; without it only the file's order counts.

    Returns
    -------
    Order
        Of all nodes of the graph.
    """
    place = {name: index for index, name in enumerate(graph.nodes)}
    pairs = [p for p in graph.pairs() if p.source_node in place]
    pairs = [p for p in pairs if p.target_node in place]
    feedback: set[tuple[str, str]] = set()
    forward = pairs
    while looping := find_loop_links(forward):
        cut = min(looping, key=lambda p: _rank(p, graph, catalogue, place))
        feedback.add((cut.source, cut.target))
        forward = [p for p in forward if (p.source, p.target) not in feedback]
    return Order(_sort(place, forward), frozenset(feedback))


def find_upstream(graph: Graph, node: str) -> frozenset[str]:
    """Give all nodes whose data can reach a node.

    Returns
    -------
    frozenset of str
        Has the node itself only if it stands in a loop.
    """
    return _reach(node, [(p.target_node, p.source_node) for p in graph.pairs()])


def find_downstream(graph: Graph, node: str) -> frozenset[str]:
    """Give all nodes that a node's data can reach.

    Returns
    -------
    frozenset of str
        Has the node itself only if it stands in a loop.
    """
    return _reach(node, [(p.source_node, p.target_node) for p in graph.pairs()])


def find_loop_links(pairs: Iterable[Pair]) -> list[Pair]:
    """Give the links that stand in a loop.

    Returns
    -------
    list of Pair
        Those whose two ends can reach each other, in the order given.
    """
    pairs = list(pairs)
    component = _find_components(
        {(p.source_node, p.target_node) for p in pairs},
        dict.fromkeys(n for p in pairs for n in (p.source_node, p.target_node)),
    )
    return [p for p in pairs if component[p.source_node] == component[p.target_node]]


def _rank(
    pair: Pair, graph: Graph, catalogue: Catalogue | None, place: Mapping[str, int]
) -> tuple[int, ...]:
    """Order of preference for being cut; the smallest is cut."""
    kind = 2
    spec = catalogue.find(graph.nodes[pair.target_node].type) if catalogue else None
    if spec is not None:
        port = spec.input(pair.target_port)
        holds = port is not None and port.hold
        kind = 0 if spec.kind == "source" else 1 if holds else 2
    source, target = place[pair.source_node], place[pair.target_node]
    leads_on = int(source < target)
    return (kind, leads_on, target, -source, pair.link, pair.position)


def _sort(place: Mapping[str, int], pairs: list[Pair]) -> tuple[str, ...]:
    waits = dict.fromkeys(place, 0)
    after: dict[str, list[str]] = {name: [] for name in place}
    for pair in pairs:
        waits[pair.target_node] += 1
        after[pair.source_node].append(pair.target_node)
    ready = [place[name] for name, count in waits.items() if not count]
    names, ordered = list(place), list[str]()
    while ready:
        name = names[heapq.heappop(ready)]
        ordered.append(name)
        for follower in after[name]:
            waits[follower] -= 1
            if not waits[follower]:
                heapq.heappush(ready, place[follower])
    return tuple(ordered)


def _reach(start: str, steps: list[tuple[str, str]]) -> frozenset[str]:
    reached: set[str] = set()
    border = [start]
    while border:
        here = border.pop()
        fresh = {to for origin, to in steps if origin == here} - reached
        reached |= fresh
        border += fresh
    return frozenset(reached)


def _find_components(
    steps: set[tuple[str, str]], nodes: Iterable[str]
) -> dict[str, int]:
    """Give each node the number of its strongly connected component (Kosaraju)."""
    # A link from a node to itself joins like numbers: it counts as a loop, as it
    # should.
    after: dict[str, list[str]] = {name: [] for name in nodes}
    before: dict[str, list[str]] = {name: [] for name in after}
    for source, target in steps:
        after[source].append(target)
        before[target].append(source)
    finished: list[str] = []
    seen: set[str] = set()
    for name in after:
        _visit(name, after, seen, finished)
    component: dict[str, int] = {}
    seen.clear()
    for number, name in enumerate(reversed(finished)):
        members: list[str] = []
        _visit(name, before, seen, members)
        component.update(dict.fromkeys(members, number))
    return component


def _visit(
    start: str, after: Mapping[str, list[str]], seen: set[str], finished: list[str]
) -> None:
    """Append all nodes newly reached to `finished`, each behind those it leads to."""
    if start in seen:
        return
    seen.add(start)
    path = [(start, iter(after[start]))]
    while path:
        name, rest = path[-1]
        follower = next((each for each in rest if each not in seen), None)
        if follower is None:
            finished.append(name)
            path.pop()
        else:
            seen.add(follower)
            path.append((follower, iter(after[follower])))
