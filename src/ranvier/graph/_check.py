"""Every fault of a graph at once, each with its line and its mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import GraphError
from ranvier.graph._check_links import iter_link_faults
from ranvier.graph._check_nodes import iter_node_faults
from ranvier.graph._faults import Fault, Report
from ranvier.graph._model import Graph
from ranvier.graph._render import format_graph
from ranvier.graph._yaml import GraphFile, parse_graph, read_graph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path as FilePath

    from ranvier.graph._draft import Draft
    from ranvier.spec import Catalogue


def check(
    source: GraphFile | Graph | FilePath,
    catalogue: Catalogue,
    folder: FilePath | None = None,
) -> Report:
    r"""Find everything that is wrong or doubtful in a graph.

    Parameters
    ----------
    source
        A graph file, or its path, or a graph made in code.
    catalogue
        The node types, known by the references that the file uses.
    folder
        Where relative paths start; default: the folder of the file.

    Returns
    -------
    Report
        All faults and warnings, sorted by line. Never raises for what is in the
        file: a file that is no YAML at all gives a report of one fault.

    Examples
    --------
    >>> from ranvier.spec import Catalogue
    >>> file = parse_graph("ranvier: 1\nname: x\nnodes:\n  eye: {type: camra}\n")
    >>> [(fault.line, fault.error.code) for fault in check(file, Catalogue()).faults]
    [(4, 'RV-G12')]
    """
    try:
        file = _open(source)
        found = [*file.faults]
    except GraphError as error:
        return Report.of([Fault(error)])
    if file.draft.graph.nodes or file.draft.is_whole:
        within = _iter_faults(file.draft, catalogue, folder or file.folder)
        found += [file.locate(fault) for fault in within]
    return Report.of(found)


def _open(source: GraphFile | Graph | FilePath) -> GraphFile:
    if isinstance(source, GraphFile):
        return source
    if isinstance(source, Graph):
        return parse_graph(format_graph(source), source.name)
    return read_graph(source)


def _iter_faults(
    draft: Draft, catalogue: Catalogue, folder: FilePath
) -> Iterator[Fault]:
    yield from iter_node_faults(draft.graph, catalogue, folder)
    yield from iter_link_faults(draft, catalogue)
