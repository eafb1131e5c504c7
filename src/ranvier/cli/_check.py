"""`ranvier check`: all faults of a graph at once, with their lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ranvier.cli._options import GraphPath
from ranvier.cli._print import DONE, USAGE, BarReporter, show_error
from ranvier.core import GraphError

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.graph import Report


def check(
    graph: GraphPath,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON.")
    ] = False,
) -> None:
    """Check a graph: every fault at once, with its line and its mend."""
    from ranvier.cli._run import find_graph
    from ranvier.graph import read_graph

    path = find_graph(graph)
    try:
        file = read_graph(path)
    except GraphError as error:
        # No YAML at all: one fault, and nothing to check beyond it.
        show_error(error)
        sys.exit(USAGE)
    found = check_file(path)
    if as_json:
        import json

        sys.stdout.write(json.dumps(found.to_dict(), ensure_ascii=False) + "\n")
    else:
        _print_report(found, len(file.draft.graph.nodes), len(file.draft.graph.links))
    sys.exit(DONE if found.is_right else USAGE)


def check_file(path: Path) -> Report:
    """Describe the node types of a graph file and check it against them.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Report
        All faults and warnings.
    """
    from ranvier.cli._describe import describe_types, group_by_python
    from ranvier.graph import check as check_graph
    from ranvier.graph import read_graph

    file = read_graph(path)
    with BarReporter() as reporter:
        pythons = group_by_python(file.draft.graph.nodes, path.parent)
        catalogue = describe_types(pythons, path.parent, reporter)
    return check_graph(file, catalogue, path.parent)


def _print_report(found: Report, n_nodes: int, n_links: int) -> None:
    for fault in (*found.faults, *found.warnings):
        sys.stdout.write(f"{fault}\n\n")
    if found.is_right:
        sys.stdout.write(f"right: {_count(n_nodes, 'node')}, {_count(n_links, 'link')}")
    else:
        sys.stdout.write(f"{_count(len(found.faults), 'fault')}")
    if found.warnings:
        sys.stdout.write(f", {_count(len(found.warnings), 'warning')}")
    sys.stdout.write("\n")


def _count(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"
