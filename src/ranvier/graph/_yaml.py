"""A graph file: read with the place of every entry, written with its comments kept."""

from __future__ import annotations

import dataclasses
import functools
import stat
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from ranvier.core import GraphError, write_atomically
from ranvier.graph._draft import Draft, build_draft
from ranvier.graph._faults import Fault, Path, merge_faults
from ranvier.graph._tree import MAX_BYTES, parse_tree, too_large
from ranvier.graph._wording import describe_value

if TYPE_CHECKING:
    from ranvier.graph._model import Graph
    from ranvier.graph._value import Value


@dataclasses.dataclass(frozen=True)
class GraphFile:
    r"""The text of a graph file and what it says.

    Parameters
    ----------
    text
        The whole text: with it, comments and order are kept.
    name
        What messages call the file: the path as it was given.
    folder
        Where relative paths within the file start.

    Examples
    --------
    >>> file = parse_graph("ranvier: 1\nname: empty  # as yet\n")
    >>> file.graph.name, file.line_of(("name",))
    ('empty', 2)
    """

    text: str
    name: str = "graph"
    folder: FilePath = dataclasses.field(default_factory=FilePath)

    @functools.cached_property
    def tree(self) -> Value:
        """The values of the text and their places."""
        return parse_tree(self.text, self.name)

    @functools.cached_property
    def data(self) -> Any:
        """What the text says, as plain data, in the version that it is written in."""
        return self.tree.to_data()

    @functools.cached_property
    def draft(self) -> Draft:
        """The parts of the file that have the form of a graph."""
        return build_draft(self.data)

    @functools.cached_property
    def faults(self) -> tuple[Fault, ...]:
        """Faults of the file's form, with lines; not checked against a catalogue."""
        found = [*_iter_duplicates(self.tree, ()), *self.draft.faults]
        return tuple(self.locate(fault) for fault in found)

    @property
    def graph(self) -> Graph:
        """The graph; raises GraphError if the file has not the form of one."""
        faults = tuple(fault for fault in self.faults if not fault.is_warning)
        if faults:
            raise merge_faults(faults)
        return self.draft.graph

    def references(self) -> tuple[str, ...]:
        """Give the node types that the file uses, also if it has faults.

        Returns
        -------
        tuple of str
            Each once, in the order of the file.
        """
        nodes = self.draft.graph.nodes.values()
        return tuple(dict.fromkeys(node.type for node in nodes))

    def line_of(self, path: Path) -> int:
        """Give the line of an entry, or of the nearest entry around it.

        Returns
        -------
        int
            From 1.
        """
        return self._place_of(path)[0]

    def locate(self, fault: Fault) -> Fault:
        """Give a fault with its line and column.

        Returns
        -------
        Fault
            Its error says the file and the line.
        """
        line, column = fault.line, fault.column
        if not line:
            line, column = self._place_of(fault.path)
        error = fault.error.located(f"{self.name}, line {line}")
        return dataclasses.replace(fault, error=error, line=line, column=column)

    def _place_of(self, path: Path) -> tuple[int, int]:
        while path and path not in self._places:
            path = path[:-1]
        return self._places[path]

    @functools.cached_property
    def _places(self) -> dict[Path, tuple[int, int]]:
        """Line and column of every entry; of a key that stands twice, the first."""
        places: dict[Path, tuple[int, int]] = {}
        todo: list[tuple[Path, Value, Value]] = [((), self.tree, self.tree)]
        while todo:
            path, place, value = todo.pop()
            places[path] = (place.line + 1, place.column + 1)
            inner = [((*path, k.text), k, v) for k, v in reversed(value.entries)]
            inner += [((*path, n), item, item) for n, item in enumerate(value.items)]
            todo += inner
        return places


def parse_graph(
    text: str, name: str = "graph", folder: FilePath | None = None
) -> GraphFile:
    """Read a graph from text.

    Parameters
    ----------
    text
        YAML.
    name
        What messages call it.
    folder
        Where relative paths within it start; default: the working folder.

    Returns
    -------
    GraphFile
        Well-formed YAML; whether it is a right graph, its `faults` and `check` say.

    Raises
    ------
    GraphError
        RV-G01, RV-G02 or RV-G03 if the text is no YAML that a graph file may hold.
    """
    file = GraphFile(text.removeprefix("\ufeff"), name, folder or FilePath())
    if file.tree.kind != "mapping":
        raise GraphError(
            f"{name} is not a graph.",
            code="RV-G06",
            where=f"{name}, line {file.tree.line + 1}",
            found=describe_value(file.data),
            wanted='keys such as "ranvier:", "name:", "nodes:" and "links:"',
            mend='begin with "ranvier: 1" and "name: …"',
        )
    return file


def read_graph(path: FilePath | str) -> GraphFile:
    """Read a graph file.

    Parameters
    ----------
    path
        The YAML file, UTF-8.

    Returns
    -------
    GraphFile
        Well-formed YAML; whether it is a right graph, its `faults` and `check` say.

    Raises
    ------
    GraphError
        RV-G01 if the file can't be read, is too large or no text; RV-G02, RV-G03 or
        RV-G06 if it is no YAML that a graph file may hold.
    """
    path = FilePath(path)
    return parse_graph(_read_text(path), str(path), path.parent)


def write_graph(file: GraphFile, path: FilePath | str) -> None:
    """Write a graph file: the old content stands until the new is whole.

    Raises
    ------
    GraphError
        RV-G01 if it can't be written.
    """
    try:
        write_atomically(FilePath(path), file.text)
    except OSError as error:
        fault = _unreadable(str(path), "written", error.strerror or str(error))
        raise fault from None


def _read_text(path: FilePath) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            # A pipe or a device would be read for ever.
            raise _unreadable(str(path), "read", "a folder, a pipe or a device")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(str(path), "read", error.strerror or str(error)) from None
    except ValueError as error:
        raise _unreadable(repr(str(path)), "read", str(error)) from None
    if len(data) > MAX_BYTES:
        raise too_large(str(path), "bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise GraphError(
            f"{path} is not UTF-8 text.",
            code="RV-G01",
            where=f"{path}, line {line}",
            found=f"the byte 0x{data[error.start]:02x}",
            wanted="a text file in UTF-8",
            mend="save it as UTF-8; or name the graph file, not a recording",
        ) from None


def _unreadable(name: str, verb: str, reason: str) -> GraphError:
    return GraphError(
        f"{name} can't be {verb}.",
        code="RV-G01",
        where=name,
        found=reason,
        wanted="a graph file",
        mend="mend the path or the rights",
    )


def _iter_duplicates(value: Value, path: Path) -> list[Fault]:
    found: list[Fault] = []
    seen: dict[str, Value] = {}
    for key, each in value.entries:
        where = (*path, key.text)
        if key.text in seen:
            found.append(_duplicate(key, seen[key.text], where))
        else:
            seen[key.text] = key
            found += _iter_duplicates(each, where)
    for number, item in enumerate(value.items):
        found += _iter_duplicates(item, (*path, number))
    return found


def _duplicate(key: Value, first: Value, path: Path) -> Fault:
    is_node = len(path) == 2 and path[0] == "nodes"
    thing = f'the node "{key.text}"' if is_node else f'the key "{key.text}"'
    error = GraphError(
        f"{thing} stands twice; it is also on line {first.line + 1}.",
        code="RV-G05",
        mend="rename or delete one of them",
    )
    return Fault(
        error,
        path=path,
        line=key.line + 1,
        column=key.column + 1,
        node=key.text if is_node else "",
    )
