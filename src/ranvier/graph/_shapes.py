"""Sizes that a name stands for: the same at all ports of one node."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ranvier.graph._order import order_nodes
from ranvier.spec import explain_mismatch

if TYPE_CHECKING:
    from ranvier.graph._model import Graph, Pair
    from ranvier.spec import Catalogue, PortSpec


class Clash(NamedTuple):
    """A link that gives a port another shape than it must have.

    Parameters
    ----------
    pair
        The link.
    reason
        In a few words.
    output, wanted
        What the output carries, and what the input takes, with sizes filled in.
    is_by_name
        True if the two ports fit by themselves: only a size that another link gave
        to a name of the node, or that came from further up, forbids it.
    """

    pair: Pair
    reason: str
    output: PortSpec
    wanted: PortSpec
    is_by_name: bool


def find_clashes(graph: Graph, catalogue: Catalogue) -> list[Clash]:
    """Follow the sizes of arrays through the graph and find where they clash.

    Only what is declared can be followed; feedback links are compared by what the
    ports declare, since their sizes are given last.

    Parameters
    ----------
    graph
        Links to nodes or ports that do not exist are left out.
    catalogue
        Gives the ports.

    Returns
    -------
    list of Clash
        At most one for each link and input, in the order in which data flows.
    """
    order = order_nodes(graph, catalogue)
    sizes: dict[str, dict[str, tuple[int, str]]] = {name: {} for name in order.nodes}
    rank = {name: index for index, name in enumerate(order.nodes)}
    known = [
        p for p in graph.pairs() if p.target_node in rank and p.source_node in rank
    ]
    clashes: list[Clash] = []
    for pair in sorted(known, key=lambda p: rank[p.target_node]):
        output = _find_port(graph, catalogue, pair.source_node, pair.source_port, True)
        wanted = _find_port(graph, catalogue, pair.target_node, pair.target_port, False)
        if output is None or wanted is None:
            continue
        plain = explain_mismatch(output, wanted)
        if plain is not None:
            clashes.append(Clash(pair, plain, output, wanted, is_by_name=False))
        elif (pair.source, pair.target) not in order.feedback:
            output = _fill(output, sizes[pair.source_node])
            clash = _bind(pair, output, wanted, sizes[pair.target_node])
            clashes += [] if clash is None else [clash]
    return clashes


def _find_port(
    graph: Graph, catalogue: Catalogue, node: str, port: str, is_output: bool
) -> PortSpec | None:
    spec = catalogue.find(graph.nodes[node].type)
    if spec is None:
        return None
    return spec.output(port) if is_output else spec.input(port)


def _fill(port: PortSpec, sizes: dict[str, tuple[int, str]]) -> PortSpec:
    """Put the sizes known in the place of names."""
    if port.shape is None:
        return port
    shape = tuple(
        sizes[size][0] if isinstance(size, str) and size in sizes else size
        for size in port.shape
    )
    return msgspec.structs.replace(port, shape=shape)


def _bind(
    pair: Pair,
    output: PortSpec,
    wanted: PortSpec,
    sizes: dict[str, tuple[int, str]],
) -> Clash | None:
    """Give the names of the input's shape the sizes of the output, if they fit."""
    filled = _fill(wanted, sizes)
    reason = explain_mismatch(output, filled)
    if reason is not None:
        givers = [
            f'"{size}" is {sizes[size][0]} by {sizes[size][1]}'
            for size in wanted.shape or ()
            if isinstance(size, str) and size in sizes
        ]
        return Clash(
            pair, "; ".join([reason, *givers]), output, filled, is_by_name=True
        )
    if output.shape is not None and filled.shape is not None:
        for have, want in zip(output.shape, filled.shape, strict=True):
            if not isinstance(want, str) or not isinstance(have, int):
                continue
            # A name that stands twice in one shape may clash with itself.
            if sizes.setdefault(want, (have, f'"{pair.source}"'))[0] != have:
                reason = f'"{want}" is {sizes[want][0]} and {have} at once'
                return Clash(pair, reason, output, wanted, is_by_name=True)
    return None
