"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

GraphPath = Annotated[Path, typer.Argument(help="The graph file.", show_default=False)]
SessionPath = Annotated[
    Path, typer.Argument(help="The session folder of a run.", show_default=False)
]
RunName = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="The run: its identifier or the end of it, its graph's name, or its "
        "session folder. Needed only where several go on.",
        show_default=False,
    ),
]
RunOption = Annotated[
    str | None,
    typer.Option("--run", help="Which run, where several go on.", show_default=False),
]
Out = Annotated[
    Path, typer.Option("--out", help="Folder in which the session folder is made.")
]
Duration = Annotated[
    str | None,
    typer.Option(help='End after this time, as "60s" or "2 min".', show_default=False),
]
Speed = Annotated[
    str | None,
    typer.Option(
        metavar="real|max",
        help="Real time, or as fast as it goes.",
        show_default=False,
    ),
]
Seed = Annotated[
    int | None, typer.Option(help="Seed of the run.", show_default=False, min=0)
]
ImportLimit = Annotated[
    str | None,
    typer.Option(
        "--import-limit",
        help='Time that the import of one node type may take, as "2 min".',
        show_default="20 s",
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print the session folder only.")
]
Plain = Annotated[
    bool, typer.Option("--plain", help="One line a second in place of the live view.")
]
