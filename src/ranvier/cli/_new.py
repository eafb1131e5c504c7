"""`ranvier new`: an experiment folder that runs at once."""

from __future__ import annotations

import importlib.resources
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ranvier.core import GraphError, check_name, format_command, write_atomically

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PLACEHOLDER = "my_experiment"
"""What stands in the template files for the name; a valid name itself."""


def new(
    folder: Annotated[
        Path, typer.Argument(help="Folder to be made.", show_default=False)
    ],
    name: Annotated[
        str | None,
        typer.Option(help="Name of the graph; else the folder's.", show_default=False),
    ] = None,
) -> None:
    """Make an experiment folder: a graph, a node of your own, and its test."""
    from ranvier.cli._outcome import shorten

    name = name or suggest_name(folder)
    check_name(name, "graph")
    for path in make_experiment(folder, name):
        sys.stdout.write(f"  {shorten(path)}\n")
    shown = shorten(folder)
    sys.stdout.write(
        f"\nrun it      {format_command('ranvier', 'run', shown)}\n"
        f"change it   {shown}/nodes.py, {shown}/graph.yaml\n"
        f"test it     {format_command('pytest', shown)}\n"
    )


def suggest_name(folder: Path) -> str:
    """Make a graph's name of a folder's.

    Parameters
    ----------
    folder
        It need not be there.

    Returns
    -------
    str
        Letters, digits, "_" and "-".

    Examples
    --------
    >>> suggest_name(Path("My first loop!"))
    'My_first_loop'
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "_", folder.resolve().name).strip("_")


def make_experiment(folder: Path, name: str) -> list[Path]:
    """Write the template files with the name filled in.

    Parameters
    ----------
    folder
        Made if it is missing. What does not mix with an experiment, such as a licence
        or a repository, may be in it.
    name
        Of the graph.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    GraphError
        If one of them is there already, or other code, graphs or sessions are, or the
        folder can't be written to.
    """
    texts = {item.name: item.read_text(encoding="utf-8") for item in _list_template()}
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    taken = [each.name for each in there if each.name in texts or _mixes(each)]
    if taken:
        refusal = _refused(folder, f"it has {', '.join(taken)} already")
        raise refusal
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each, text in texts.items():
            write_atomically(folder / each, text.replace(_PLACEHOLDER, name))
    except OSError as error:
        refusal = _refused(folder, str(error))
        raise refusal from error
    return [folder / each for each in texts]


def _list_template() -> list[Traversable]:
    place = importlib.resources.files("ranvier.cli") / "template"
    return sorted(
        (item for item in place.iterdir() if item.is_file()),
        key=lambda item: ("graph.yaml", "nodes.py").count(item.name) == 0,
    )


def _mixes(path: Path) -> bool:
    return path.suffix in (".py", ".yaml", ".yml") or path.name == "sessions"


def _refused(folder: Path, found: str) -> GraphError:
    return GraphError(
        "the experiment folder can't be made.",
        code="RV-C14",
        where=str(folder),
        found=found,
        mend="give a folder that is not there yet",
    )
