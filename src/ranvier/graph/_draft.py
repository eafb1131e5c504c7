"""What of a file's data has the form of a graph, and faults for all that has not.

Each part is taken by itself, so that one wrong key hides no fault elsewhere, and a
part with a wrong key is kept without that key, so that it causes no further faults.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from ranvier.core import GraphError
from ranvier.graph._faults import Fault, Path
from ranvier.graph._fields import check_node_name
from ranvier.graph._migrate import migrate
from ranvier.graph._model import (
    Graph,
    GraphLink,
    GraphNode,
    RecordEntry,
    RunOptions,
)
from ranvier.graph._wording import explain_bad_name, explain_wrong, translate

if TYPE_CHECKING:
    from collections.abc import Iterable

_PartT = TypeVar("_PartT", bound=BaseModel)


@dataclasses.dataclass(frozen=True)
class Draft:
    """The parts of a file that have the form of a graph.

    Parameters
    ----------
    graph
        Made of the parts that are right.
    link_numbers, record_numbers
        Where each link and record entry of `graph` stands in the file's list.
    names
        All node names of the file, also of nodes that are not in `graph`.
    loose_ends
        Inputs and streams named by links and entries that are not in `graph`.
    faults
        What has not the form of a graph; without line numbers.
    """

    graph: Graph
    link_numbers: tuple[int, ...]
    record_numbers: tuple[int, ...]
    names: frozenset[str]
    loose_ends: frozenset[str]
    faults: tuple[Fault, ...]

    @property
    def is_whole(self) -> bool:
        """True if all of the file has the form of a graph."""
        return all(fault.is_warning for fault in self.faults)


def build_draft(data: Any) -> Draft:
    """Take what has the form of a graph out of a file's data.

    Parameters
    ----------
    data
        Plain data of the root.

    Returns
    -------
    Draft
        Never raises: what is wrong stands in its faults.
    """
    if not isinstance(data, dict):
        return _empty([explain_wrong((), data, "a mapping with nodes and links", "")])
    try:
        migrated, faults = migrate(data)  # pyright: ignore[reportUnknownArgumentType]
    except GraphError as error:
        return _empty([Fault(error, path=("ranvier",))])
    return _Drafter([*faults]).draft(migrated)


def _empty(faults: list[Fault]) -> Draft:
    graph = Graph(name="unnamed")
    return Draft(graph, (), (), frozenset(), frozenset(), tuple(faults))


class _Drafter:
    """Goes through the parts of one file and keeps their faults."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        self.loose: set[str] = set()

    def draft(self, data: dict[str, Any]) -> Draft:
        named = self._take_mapping(data, "nodes")
        nodes = {
            name: node
            for name, value in named.items()
            if (node := self._take_node(name, value)) is not None
        }
        links = self._take_list(data, "links", GraphLink)
        record: Any = data.get("record")
        entries: list[tuple[int, RecordEntry]] = []
        if record != "all":
            entries = self._take_list(data, "record", RecordEntry)
        run = self._take(RunOptions, self._take_mapping(data, "run"), ("run",))
        head = {k: v for k, v in data.items() if k not in _SECTIONS}
        graph = (self._take(Graph, head, ()) or Graph(name="unnamed")).model_copy(
            update={
                "nodes": nodes,
                "links": tuple(link for _, link in links),
                "record": "all" if record == "all" else tuple(e for _, e in entries),
                "run": run or RunOptions(),
            }
        )
        return Draft(
            graph,
            tuple(number for number, _ in links),
            tuple(number for number, _ in entries),
            frozenset(named),
            frozenset(self.loose),
            tuple(self.faults),
        )

    def _take_mapping(self, data: dict[str, Any], key: str) -> dict[str, Any]:
        value = data.get(key)
        if isinstance(value, dict):
            return cast("dict[str, Any]", value)
        self._refuse_section(key, value)
        return {}

    def _take_items(self, data: dict[str, Any], key: str) -> list[Any]:
        value = data.get(key)
        if isinstance(value, list):
            return cast("list[Any]", value)
        self._refuse_section(key, value)
        return []

    def _refuse_section(self, key: str, value: Any) -> None:
        if value is not None:
            self.faults.append(explain_wrong((key,), value, _SECTIONS[key], ""))

    def _take_node(self, name: str, value: Any) -> GraphNode | None:
        path = ("nodes", name)
        try:
            check_node_name(name)
        except PydanticCustomError as error:
            self.faults.append(explain_bad_name(path, name, error.message()))
        return self._take(GraphNode, value, path)

    def _take_list(
        self, data: dict[str, Any], key: str, model: type[_PartT]
    ) -> list[tuple[int, _PartT]]:
        taken: list[tuple[int, _PartT]] = []
        for number, value in enumerate(self._take_items(data, key)):
            spelt = value
            if key == "record" and isinstance(value, str):
                spelt = {"stream": value}
            part = self._take(model, spelt, (key, number))
            if part is None:
                self.loose.update(_iter_texts(value))
            else:
                taken.append((number, part))
        return taken

    def _take(self, model: type[_PartT], value: Any, path: Path) -> _PartT | None:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            details = error.errors(include_url=False)
        self.faults += [translate(model, each, path) for each in details]
        if not isinstance(value, dict):
            return None
        wrong = {each["loc"][0] for each in details if each["loc"]}
        try:
            return model.model_validate(
                {key: each for key, each in value.items() if key not in wrong}  # pyright: ignore[reportUnknownVariableType]
            )
        except ValidationError:
            return None


# What is wanted in each.
_SECTIONS = {
    "nodes": 'a mapping of nodes, each as "name: {type: …}"',
    "links": "a list of links, each as {from: node.output, to: node.input}",
    "record": 'a list of streams as "node.output", or "all"; or no record at all',
    "run": "a mapping, such as {duration: 60 s}",
}


def _iter_texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _iter_texts([*value.values()])
    elif isinstance(value, list):
        for each in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _iter_texts(each)
