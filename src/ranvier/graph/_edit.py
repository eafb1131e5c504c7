"""Pure edits: a graph, or a graph file, in; a new one out.

The same change is made to a `Graph` and to the text of a `GraphFile`, whose comments
stay. Undo is to keep the old object.
"""

from __future__ import annotations

import copy
from typing import Any

from pydantic import ValidationError

from ranvier.graph._draft import build_draft
from ranvier.graph._edits import Edit, explain_impossible
from ranvier.graph._faults import merge_faults
from ranvier.graph._model import Graph
from ranvier.graph._splice import rewrite
from ranvier.graph._yaml import GraphFile, parse_graph

Data = dict[str, Any]


def edit_graph(graph: Graph, *edits: Edit) -> Graph:
    """Make edits, one after another, to a graph.

    Parameters
    ----------
    graph
        Is not changed.
    edits
        What is to be done.

    Returns
    -------
    Graph
        The new graph.

    Raises
    ------
    GraphError
        RV-G29 if an edit names what is not there; another code if what comes out has
        not the form of a graph.

    Examples
    --------
    >>> from ranvier.graph import AddNode, SetParameter
    >>> graph = edit_graph(Graph(name="x"), AddNode("eye", "camera"))
    >>> edit_graph(graph, SetParameter("eye", "gain", 2)).nodes["eye"].parameters
    {'gain': 2}
    """
    data = _change(graph.to_data(), edits)
    try:
        return Graph.from_data(data)
    except ValidationError:
        fault = merge_faults(build_draft(data).faults)
    raise fault


def edit_file(file: GraphFile, *edits: Edit) -> GraphFile:
    """Make edits, one after another, to a graph file; its comments stay.

    Parameters
    ----------
    file
        Is not changed. It may have faults elsewhere.
    edits
        What is to be done.

    Returns
    -------
    GraphFile
        With the new text; not checked.

    Raises
    ------
    GraphError
        RV-G29 if an edit names what is not there, RV-G30 if the text is laid out in
        a way that can't be edited by machine.
    """
    data = _change(file.data, edits)
    return parse_graph(rewrite(file.text, file.name, data), file.name, file.folder)


def _change(data: Data, edits: tuple[Edit, ...]) -> Data:
    changed = copy.deepcopy(data)
    for edit in edits:
        try:
            edit.change(changed)
        except (KeyError, TypeError, AttributeError):
            # The file has another form here than a graph: say so, don't guess.
            words = "the file has faults where the edit is to be made"
            raise explain_impossible(
                words, "mend the faults that `ranvier check` names"
            ) from None
    return changed
