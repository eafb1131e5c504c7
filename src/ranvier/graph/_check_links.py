"""Faults of links and records: their ends, what flows through them, loops."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ranvier.core import GraphError, suggest
from ranvier.graph._faults import Fault, Path, list_words
from ranvier.graph._order import find_loop_links
from ranvier.graph._shapes import Clash, find_clashes
from ranvier.spec import explain_mismatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ranvier.graph._draft import Draft
    from ranvier.graph._model import Pair
    from ranvier.spec import Catalogue, NodeSpec


def iter_link_faults(draft: Draft, catalogue: Catalogue) -> Iterator[Fault]:
    """Find the faults of links, of inputs without a link, and of what is recorded.

    Parameters
    ----------
    draft
        What of the file has the form of a graph.
    catalogue
        The node types.

    Yields
    ------
    Fault
        Without line numbers.
    """
    checker = _LinkChecker(draft, catalogue)
    yield from checker.iter_ends()
    yield from checker.iter_repeats()
    yield from checker.iter_clashes()
    yield from checker.iter_unlinked()
    yield from checker.iter_records()
    yield from checker.iter_lossless_loops()


@dataclasses.dataclass(frozen=True)
class _End:
    """One end of a link as the file names it."""

    name: str
    path: Path
    is_output: bool

    @property
    def node(self) -> str:
        return self.name.partition(".")[0]

    @property
    def port(self) -> str:
        return self.name.partition(".")[2]


class _LinkChecker:
    def __init__(self, draft: Draft, catalogue: Catalogue) -> None:
        self._draft = draft
        self._graph = draft.graph
        self._catalogue = catalogue
        self._pairs = list(draft.graph.pairs())

    def iter_ends(self) -> Iterator[Fault]:
        for number, link in zip(
            self._draft.link_numbers, self._graph.links, strict=True
        ):
            path = ("links", number)
            yield from self._check_end(_End(link.source, (*path, "from"), True))
            for position, target in enumerate(link.to):
                yield from self._check_end(_End(target, (*path, "to", position), False))

    def iter_records(self) -> Iterator[Fault]:
        entries = () if self._graph.record == "all" else self._graph.record
        seen: set[str] = set()
        for number, entry in zip(self._draft.record_numbers, entries, strict=True):
            path = ("record", number)
            yield from self._check_end(_End(entry.stream, path, True), is_record=True)
            if entry.stream in seen:
                error = GraphError(
                    f'the stream "{entry.stream}" is recorded twice.',
                    code="RV-G21",
                    mend="delete one of the two entries",
                )
                yield Fault(error, path=path, node=entry.stream.partition(".")[0])
            seen.add(entry.stream)

    def iter_repeats(self) -> Iterator[Fault]:
        seen: set[tuple[str, str]] = set()
        for pair in self._pairs:
            if (pair.source, pair.target) in seen:
                error = GraphError(
                    f'"{pair.source}" is linked to "{pair.target}" twice.',
                    code="RV-G21",
                    mend="delete one of the two links: each message would come twice",
                )
                yield self._fault(error, pair)
            seen.add((pair.source, pair.target))

    def iter_clashes(self) -> Iterator[Fault]:
        for clash in find_clashes(self._graph, self._catalogue):
            yield self._fault(
                _explain_clash(clash, self._mend_clash(clash)), clash.pair
            )

    def iter_unlinked(self) -> Iterator[Fault]:
        fed = {pair.target for pair in self._pairs} | self._draft.loose_ends
        used = {end.partition(".")[0] for end in fed | self._list_read()}
        for name, node in self._graph.nodes.items():
            spec = self._catalogue.find(node.type)
            lacking = [
                port
                for port in (spec.inputs if spec else ())
                if not port.optional and f"{name}.{port.name}" not in fed
            ]
            for port in lacking:
                error = GraphError(
                    f'the input "{name}.{port.name}" has no link.',
                    code="RV-G20",
                    wanted="an output of any kind"
                    if port.describe() == "any"
                    else port.describe(),
                    mend=f'link an output to "{name}.{port.name}"',
                )
                yield Fault(error, path=("nodes", name), node=name, port=port.name)
            if spec is not None and not lacking and name not in used:
                error = GraphError(
                    f'node "{name}" has no link, and nothing of it is recorded.',
                    code="RV-G27",
                    mend="link it, record it, or delete it",
                )
                yield Fault(error, path=("nodes", name), node=name, is_warning=True)

    def iter_lossless_loops(self) -> Iterator[Fault]:
        # A circle of waiting needs a loop in which each link makes its writer wait
        # for ever; one link that may lose opens it.
        waiting = [
            pair
            for pair in self._pairs
            if self._graph.links[pair.link].policy == "lossless"
            and self._graph.links[pair.link].patience is None
        ]
        for pair in find_loop_links(waiting):
            error = GraphError(
                f'the link from "{pair.source}" to "{pair.target}" is in a loop of '
                "lossless links, whose nodes can end up waiting for each other.",
                code="RV-G26",
                found="lossless without patience",
                mend='make one of them "queue" or "latest", or give it patience',
            )
            fault = self._fault(error, pair)
            yield dataclasses.replace(fault, is_warning=True)

    def _list_read(self) -> set[str]:
        """Streams that a link or the recorder reads."""
        read = {pair.source for pair in self._pairs}
        if self._graph.record != "all":
            return read | {entry.stream for entry in self._graph.record}
        for name, node in self._graph.nodes.items():
            spec = self._catalogue.find(node.type)
            if spec is not None and spec.outputs:
                read.add(f"{name}.{spec.outputs[0].name}")
        return read

    def _check_end(self, end: _End, *, is_record: bool = False) -> Iterator[Fault]:
        if end.node not in self._draft.names:
            yield self._unknown_node(end, is_record)
            return
        node = self._graph.nodes.get(end.node)
        spec = self._catalogue.find(node.type) if node else None
        if spec is None:
            return
        ports = [p.name for p in (spec.outputs if end.is_output else spec.inputs)]
        if end.port not in ports:
            yield _unknown_port(end, spec, ports, is_record)

    def _unknown_node(self, end: _End, is_record: bool) -> Fault:
        names = sorted(self._draft.names)
        error = GraphError(
            f'{_name_act(end, is_record)}, but there is no node "{end.node}".',
            code="RV-G22" if is_record else "RV-G14",
            wanted=f"one of {list_words(names)}",
            mend=suggest(end.node, names, "add the node, or delete this entry"),
        )
        return Fault(error, path=end.path, node=end.node, port=end.port)

    def _fault(self, error: GraphError, pair: Pair) -> Fault:
        number = self._draft.link_numbers[pair.link]
        path = ("links", number, "to", pair.position)
        return Fault(error, path=path, node=pair.target_node, port=pair.target_port)

    def _mend_clash(self, clash: Clash) -> str:
        """Name an input of the same node that would fit, if there is one."""
        node = self._graph.nodes[clash.pair.target_node]
        spec = self._catalogue.find(node.type)
        fitting = [
            f'"{clash.pair.target_node}.{port.name}"'
            for port in (spec.inputs if spec else ())
            if port.name != clash.pair.target_port
            and port.kind != "any"
            and explain_mismatch(clash.output, port) is None
        ]
        if fitting and not clash.is_by_name:
            return f"link it to {fitting[0]}, or put a converter between"
        return "put a converter between"


def _name_act(end: _End, is_record: bool) -> str:
    if is_record:
        return f'"{end.name}" is to be recorded'
    return f'a link leads {"from" if end.is_output else "to"} "{end.name}"'


def _unknown_port(
    end: _End, spec: NodeSpec, ports: list[str], is_record: bool
) -> Fault:
    kind = "output" if end.is_output else "input"
    is_turned = (spec.input if end.is_output else spec.output)(end.port) is not None
    mend = suggest(end.port, ports, f"link one of its {kind}s, or delete this entry")
    if is_turned:
        mend = f'"{end.port}" is an {"input" if end.is_output else "output"}: ' + (
            "name an output" if is_record else "turn the link round"
        )
    error = GraphError(
        f'{_name_act(end, is_record)}, but "{end.node}" has no such {kind}.',
        code="RV-G22" if is_record else "RV-G16" if is_turned else "RV-G15",
        wanted=f"one of its {kind}s: {list_words(ports)}",
        mend=mend,
    )
    return Fault(error, path=end.path, node=end.node, port=end.port)


def _explain_clash(clash: Clash, mend: str) -> GraphError:
    pair = clash.pair
    what = "joins unlike sizes" if clash.is_by_name else "joins unlike ports"
    return GraphError(
        f'the link from "{pair.source}" to "{pair.target}" {what}: {clash.reason}.',
        code="RV-G25" if clash.is_by_name else "RV-G04",
        found=clash.output.describe(),
        wanted=clash.wanted.describe(),
        mend=mend,
    )
