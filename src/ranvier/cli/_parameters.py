"""`ranvier param get` and `ranvier param set`: parameters of a run that goes on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ranvier.cli._options import RunOption
from ranvier.cli._plain import make_line
from ranvier.cli._print import open_console, say
from ranvier.cli._values import parse_value, split_place
from ranvier.core import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.audit import AuditLine
    from ranvier.recording import Manifest
    from ranvier.spec import ParameterSpec


def set_value(
    place: Annotated[
        str,
        typer.Argument(
            metavar="NODE.PARAM", help="Which parameter.", show_default=False
        ),
    ],
    value: Annotated[
        str, typer.Argument(help='Its new value, as "2", "50 ms", "[0, 45]".')
    ],
    run: RunOption = None,
) -> None:
    """Change a live parameter and wait until it holds."""
    from ranvier.cli._choose import choose_run, join

    node, name = split_place(place)
    with join(choose_run(run)) as screen:
        done = screen.set_parameter(node, name, parse_value(value))
    old, new = done.get("old"), done.get("new")
    first = done.get("from_sequence")
    say(f"{place}: {old} → {new} (from message {first} on)")


def get(
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="[NODE[.PARAM]]", help="Which; else all.", show_default=False
        ),
    ] = None,
    run: RunOption = None,
) -> None:
    """Show the parameters of a run as they are now."""
    from ranvier.audit import read_audit
    from ranvier.cli._choose import choose_run, join
    from ranvier.recording import SessionFolder, read_manifest

    with join(choose_run(run)) as screen:
        session = SessionFolder(Path(screen.look().session_folder))
    manifest = read_manifest(session)
    values = find_values(manifest, read_audit(session.audit))
    node, _, name = (place or "").partition(".")
    chosen = {
        key: value
        for key, value in values.items()
        if node in ("", key[0]) and name in ("", key[1])
    }
    if not chosen:
        raise _no_parameter(place or "", manifest)
    if name:
        # Whole, for a script to read.
        sys.stdout.write(f"{next(iter(chosen.values()))}\n")
    else:
        _show(chosen, manifest)


def find_values(
    manifest: Manifest, audit: Iterable[AuditLine]
) -> dict[tuple[str, str], Any]:
    """Say what the parameters of a run are now.

    Parameters
    ----------
    manifest
        Has their values at the start.
    audit
        Has each change since.

    Returns
    -------
    dict
        Values by node and parameter.
    """
    values = {
        (node.name, name): value
        for node in manifest.nodes
        for name, value in node.parameters.items()
    }
    for line in audit:
        if line.kind == "parameter_changed":
            key = (line.node, str(line.fields.get("parameter")))
            values[key] = line.fields.get("new")
    return values


def _show(values: dict[tuple[str, str], Any], manifest: Manifest) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title in ("parameter", "value", "", "what it is"):
        table.add_column(title)
    for (node, name), value in values.items():
        spec = _find_spec(manifest, node, name)
        table.add_row(
            f"{node}.{name}",
            Text(make_line(f"{value} {spec.unit if spec else ''}".rstrip())),
            Text("live" if spec and spec.live else "", "green"),
            Text(make_line(spec.help) if spec else "", "dim"),
        )
    open_console().print(table)


def _find_spec(manifest: Manifest, node: str, name: str) -> ParameterSpec | None:
    entry = manifest.node(node)
    return entry.spec.parameter(name) if entry else None


def _no_parameter(place: str, manifest: Manifest) -> RunError:
    return RunError(
        f'the run has no parameter "{place}".' if place else "the run has none yet.",
        code="RV-R52",
        wanted=", ".join(node.name for node in manifest.nodes),
        mend="`ranvier param get` lists all",
    )
