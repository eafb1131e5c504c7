"""`ranvier check`: all faults of a graph at once, with their lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ranvier.cli._options import GraphPath, ImportLimit
from ranvier.cli._print import DONE, USAGE, BarReporter, say
from ranvier.cli._values import parse_duration
from ranvier.core import GraphError, format_count

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ranvier.graph import Fault, Report


def check(
    graph: GraphPath,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON.")
    ] = False,
    import_limit: ImportLimit = None,
) -> None:
    """Check a graph: every fault at once, with its line and its mend."""
    from ranvier.cli._run import find_graph

    found = check_file(find_graph(graph), parse_duration(import_limit))
    if as_json:
        import json

        sys.stdout.write(json.dumps(found.to_dict(), ensure_ascii=False) + "\n")
    else:
        _print_report(found)
    sys.exit(DONE if found.is_right else USAGE)


def check_file(path: Path, limit_s: float | None = None) -> Report:
    """Describe the node types of a graph file and check it against them.

    Parameters
    ----------
    path
        The file.
    limit_s
        Time that the import of one node type may take, s; None is 20 s.

    Returns
    -------
    Report
        All faults and warnings; a file that can't be read is one fault.
    """
    from ranvier.cli._describe import describe_types, group_by_python
    from ranvier.graph import check as check_graph
    from ranvier.graph import read_graph
    from ranvier.spec import Catalogue

    try:
        file = read_graph(path)
    except GraphError:
        return check_graph(path, Catalogue())
    with BarReporter() as reporter:
        pythons = group_by_python(file.draft.graph.nodes, path.parent)
        catalogue = describe_types(pythons, path.parent, reporter, limit_s)
    return check_graph(file, catalogue, path.parent)


def _print_report(found: Report) -> None:
    for first, *others in group_alike((*found.faults, *found.warnings)):
        places = "; ".join(f'node "{each.node}", line {each.line}' for each in others)
        say(f"{first}\n  also    {places}\n" if others else f"{first}\n")
    words = [format_count(len(found.faults), "fault") if found.faults else "no faults"]
    if found.warnings:
        words.append(format_count(len(found.warnings), "warning"))
    say(", ".join(words))


def group_alike(faults: Iterable[Fault]) -> list[list[Fault]]:
    """Put together what is the same fault at several nodes.

    Parameters
    ----------
    faults
        In order of their lines.

    Returns
    -------
    list of list of Fault
        One list for each that differs in more than the node and its line.
    """
    groups: dict[tuple[str, ...], list[Fault]] = {}
    for fault in faults:
        error = fault.error
        what = error.problem.replace(f'"{fault.node}"', "") if fault.node else ""
        alike = (error.code, what or f"{error.where} {error.problem}", error.found)
        groups.setdefault(alike, []).append(fault)
    return list(groups.values())
