"""The edits: each is one small change of a graph file's plain data."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ranvier.core import GraphError, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

Data = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class AddNode:
    """Add a node as the last, with what the file can say about it."""

    name: str
    type: str
    parameters: Mapping[str, JsonValue] = dataclasses.field(
        default_factory=dict[str, "JsonValue"]
    )

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        nodes = _section(data, "nodes", {})
        if self.name in nodes:
            raise _explain_taken(self.name)
        nodes[self.name] = {"type": self.type}
        if self.parameters:
            nodes[self.name]["parameters"] = dict(self.parameters)


@dataclasses.dataclass(frozen=True)
class RemoveNode:
    """Remove a node, its links, and its streams from what is recorded."""

    name: str

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        _find_node(data, self.name)
        del data["nodes"][self.name]
        kept: list[Any] = []
        for link in _section(data, "links", []):
            targets = [each for each in _targets(link) if not self._owns(each)]
            if self._owns(link["from"]) or not targets:
                continue
            if targets != _targets(link):
                link["to"] = targets if isinstance(link["to"], list) else targets[0]
            kept.append(link)
        _put_list(data, "links", kept)
        if isinstance(data.get("record"), list):
            entries = [e for e in data["record"] if not self._owns(_stream_of(e))]
            _put_list(data, "record", entries)

    def _owns(self, end: str) -> bool:
        return end.partition(".")[0] == self.name


@dataclasses.dataclass(frozen=True)
class RenameNode:
    """Give a node another name, at its links and in what is recorded too."""

    name: str
    new_name: str

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        _find_node(data, self.name)
        if self.new_name in data["nodes"]:
            raise _explain_taken(self.new_name)
        data["nodes"] = {
            self.new_name if name == self.name else name: node
            for name, node in data["nodes"].items()
        }
        for link in _section(data, "links", []):
            link["from"] = self._rename(link["from"])
            targets = [self._rename(each) for each in _targets(link)]
            link["to"] = targets if isinstance(link["to"], list) else targets[0]
        if isinstance(data.get("record"), list):
            data["record"] = [self._rename_entry(entry) for entry in data["record"]]

    def _rename(self, end: str) -> str:
        node, dot, port = end.partition(".")
        return self.new_name + dot + port if node == self.name else end

    def _rename_entry(self, entry: Any) -> Any:
        stream = self._rename(_stream_of(entry))
        return stream if isinstance(entry, str) else {**entry, "stream": stream}


@dataclasses.dataclass(frozen=True)
class SetNode:
    """Set one key of a node (type, on_error, watchdog, …); None takes it out."""

    name: str
    key: str
    value: JsonValue

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        _put(_find_node(data, self.name), self.key, self.value)


@dataclasses.dataclass(frozen=True)
class SetParameter:
    """Set a parameter of a node."""

    name: str
    parameter: str
    value: JsonValue

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        node = _find_node(data, self.name)
        _section(node, "parameters", {})[self.parameter] = self.value


@dataclasses.dataclass(frozen=True)
class ResetParameter:
    """Take a parameter out of the file, so that its default holds."""

    name: str
    parameter: str

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        node = _find_node(data, self.name)
        parameters = _section(node, "parameters", {})
        if self.parameter not in parameters:
            known = suggest(self.parameter, parameters, "nothing is to be done")
            raise explain_impossible(
                f'"{self.name}" does not set "{self.parameter}"', known
            )
        del parameters[self.parameter]
        if not parameters:
            del node["parameters"]


@dataclasses.dataclass(frozen=True)
class AddLink:
    """Join an output to an input by a link of its own; options as in the file."""

    source: str
    target: str
    options: Mapping[str, JsonValue] = dataclasses.field(
        default_factory=dict[str, "JsonValue"]
    )

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        links = _section(data, "links", [])
        if any(_joins(link, self.source, self.target) for link in links):
            words = f'"{self.source}" is linked to "{self.target}" already'
            raise explain_impossible(words, "set the policy of that link")
        links.append({"from": self.source, "to": self.target, **self.options})


@dataclasses.dataclass(frozen=True)
class RemoveLink:
    """Part an output from an input."""

    source: str
    target: str

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        link = _find_link(data, self.source, self.target)
        rest = [each for each in _targets(link) if each != self.target]
        if rest:
            link["to"] = rest
        else:
            links = [each for each in data["links"] if each is not link]
            _put_list(data, "links", links)


@dataclasses.dataclass(frozen=True)
class SetPolicy:
    """Set what the link from an output to an input does when it is full.

    A link with several targets is split, so the other targets keep their policy.
    """

    source: str
    target: str
    policy: str
    depth: int | None = None
    when_full: str | None = None
    patience: float | str | None = None

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        link = _find_link(data, self.source, self.target)
        rest = [each for each in _targets(link) if each != self.target]
        if rest:
            link["to"] = rest
            link = {"from": self.source, "to": self.target}
            data["links"].append(link)
        for key in ("policy", "depth", "when_full", "patience"):
            _put(link, key, getattr(self, key))


@dataclasses.dataclass(frozen=True)
class SetRun:
    """Set one option of the run (duration, speed, seed, …); None takes it out."""

    option: str
    value: JsonValue

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        run = _section(data, "run", {})
        _put(run, self.option, self.value)
        if not run:
            del data["run"]


@dataclasses.dataclass(frozen=True)
class SetRecord:
    """Record a stream, or no longer."""

    stream: str
    is_recorded: bool = True

    def change(self, data: Data) -> None:
        """Make the change in a file's plain data."""
        if data.get("record") == "all":
            words = "all streams are recorded, none can be added or taken out"
            raise explain_impossible(words, 'list the streams in place of "all"')
        record = _section(data, "record", [])
        rest = [each for each in record if _stream_of(each) != self.stream]
        if not self.is_recorded:
            _put_list(data, "record", rest)
        elif len(rest) == len(record):
            record.append(self.stream)


Edit = (
    AddNode
    | RemoveNode
    | RenameNode
    | SetNode
    | SetParameter
    | ResetParameter
    | AddLink
    | RemoveLink
    | SetPolicy
    | SetRun
    | SetRecord
)


def _section(data: Data, key: str, empty: Any) -> Any:
    """Give a section, made if it is missing or empty."""
    if data.get(key) is None:
        data[key] = empty
    section = data[key]
    if not isinstance(section, type(empty)):
        words = f'"{key}" is a {type(section).__name__}, no {type(empty).__name__}'
        raise explain_impossible(words, "mend the faults that `ranvier check` names")
    return section


def _put(mapping: Data, key: str, value: Any) -> None:
    if value is None:
        mapping.pop(key, None)
    else:
        mapping[key] = value


def _put_list(data: Data, key: str, items: list[Any]) -> None:
    if items or key in data:
        data[key] = items


def _find_node(data: Data, name: str) -> Data:
    nodes = _section(data, "nodes", {})
    if name in nodes:
        return nodes[name]
    raise explain_impossible(
        f'there is no node "{name}"', suggest(name, nodes, "add it first")
    )


def _find_link(data: Data, source: str, target: str) -> Data:
    for link in _section(data, "links", []):
        if _joins(link, source, target):
            return link
    words = f'"{source}" is not linked to "{target}"'
    raise explain_impossible(words, "add the link first")


def _joins(link: Data, source: str, target: str) -> bool:
    return link["from"] == source and target in _targets(link)


def _targets(link: Data) -> list[str]:
    to = link["to"]
    return list(to) if isinstance(to, list) else [to]  # pyright: ignore[reportUnknownArgumentType]


def _stream_of(entry: Any) -> str:
    return entry if isinstance(entry, str) else str(entry["stream"])


def _explain_taken(name: str) -> GraphError:
    return explain_impossible(
        f'there is a node "{name}" already', "choose another name"
    )


def explain_impossible(what: str, mend: str) -> GraphError:
    return GraphError(f"the edit can't be made: {what}.", code="RV-G29", mend=mend)
