"""`ranvier nodes`: the catalogue, and one node type in full."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ranvier.cli._options import ImportLimit
from ranvier.cli._print import DONE, FAILED, BarReporter, open_console, warn
from ranvier.cli._values import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.spec import Catalogue, NodeSpec, ParameterSpec, PortSpec


def nodes(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A name of the catalogue, module:Class, file.py:Class; or a Python "
            "file or folder, whose node types are listed.",
            show_default=False,
        ),
    ] = None,
    python: Annotated[
        str, typer.Option(help="Interpreter of the node.", show_default=False)
    ] = sys.executable,
    import_limit: ImportLimit = None,
) -> None:
    """List the node types, or show one with its ports and parameters."""
    from ranvier.cli._describe import describe_types

    folder, references = find_references(name)
    with BarReporter() as reporter:
        limit_s = parse_duration(import_limit)
        catalogue = describe_types({python: references}, folder, reporter, limit_s)
    if name is not None and len(references) == 1 and len(catalogue):
        _show_one(next(iter(catalogue)), references[0])
    else:
        _show_all(catalogue, name)
    # A file that can't be imported is one fault, however many types it defines.
    for text in dict.fromkeys(map(str, catalogue.faults().values())):
        warn(text)
    # In the whole catalogue, a node that lacks its driver is nothing unusual.
    is_asked_for = name is not None and catalogue.faults()
    sys.exit(FAILED if is_asked_for else DONE)


def find_references(name: str | None) -> tuple[Path, list[str]]:
    """Say which node types a person asks for.

    Parameters
    ----------
    name
        As typed; None for the whole catalogue.

    Returns
    -------
    tuple
        The folder that files are relative to, and references.
    """
    from ranvier.node import find_nodes, list_names

    if name is None:
        return Path.cwd(), list_names()
    path = Path(name)
    if path.is_dir():
        found = [
            each for file in sorted(path.glob("*.py")) for each in find_nodes(file)
        ]
        return path.resolve(), found
    if path.suffix == ".py":
        return path.resolve().parent, find_nodes(path)
    return Path.cwd(), [name]


def _show_all(catalogue: Catalogue, name: str | None) -> None:
    from rich.table import Table

    if not len(catalogue) and not catalogue.faults():
        where = f'in "{name}"' if name else "installed"
        sys.stdout.write(f"no node types {where}\n")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("node type", no_wrap=True, style="bold")
    table.add_column("kind", no_wrap=True)
    table.add_column("what it does")
    for reference in catalogue.references():
        spec = catalogue.find(reference)
        if spec is not None:
            table.add_row(reference, spec.kind, spec.summary)
    if len(catalogue):
        open_console().print(table)


def _show_one(spec: NodeSpec, reference: str) -> None:
    from rich.markup import escape

    console = open_console()
    console.print(f"[bold]{escape(reference)}[/]  {spec.kind}", end="")
    # The module of a file has a made-up name, which says nothing to anyone.
    is_file = ".py:" in reference
    place = "" if is_file else f"{spec.reference} {spec.version}".rstrip()
    console.print(f"  [dim]{escape(place)}[/]\n")
    console.print(spec.doc or "(no description)", markup=False)
    words = [
        "deterministic" if spec.deterministic else "not deterministic",
        *(["hands over its state"] if spec.keeps_state else []),
        *(["has a safe state"] if spec.has_safe_state else []),
    ]
    console.print(f"\n[dim]{', '.join(words)}[/]")
    _show_ports("inputs", spec.inputs)
    _show_ports("outputs", spec.outputs)
    _show_parameters(spec.parameters)


def _show_ports(title: str, ports: Iterable[PortSpec]) -> None:
    rows = [
        (port.name, port.describe() + _describe_port(port), port.help) for port in ports
    ]
    _show_rows(title, rows)


def _describe_port(port: PortSpec) -> str:
    words = [*(["held"] if port.hold else []), *(["optional"] if port.optional else [])]
    return "".join(f", {word}" for word in words)


def _show_parameters(parameters: Iterable[ParameterSpec]) -> None:
    rows: list[tuple[str, str, str]] = []
    for each in parameters:
        kind = each.describe_type()
        words = [kind if each.choices else kind.partition(" ")[2]]
        words.append("required" if each.required else f"default {each.default!r}")
        words += ["live"] if each.live else []
        rows.append((each.name, ", ".join(words), each.help))
    _show_rows("parameters", rows)


def _show_rows(title: str, rows: list[tuple[str, str, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    console = open_console()
    console.print(f"\n[bold]{title}[/]")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, what, help_text in rows:
        table.add_row(Text(name, "cyan"), Text(what), Text(help_text))
    console.print(table)
