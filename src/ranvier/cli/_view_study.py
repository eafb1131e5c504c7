"""`ranvier analyse view`: the window on the sessions of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ranvier.cli._print import say


def view(
    study: Annotated[
        Path, typer.Argument(help="The study: its folder, or its file.")
    ] = Path(),
    subject: Annotated[
        str, typer.Argument(help="Only this one's sessions.", show_default="all")
    ] = "",
    index: Annotated[
        int | None,
        typer.Argument(
            metavar="INDEX",
            help="Which of them is first, from 0; -1 is the last one.",
            show_default="-1 of a subject, 0 of all",
        ),
    ] = None,
    eid: Annotated[
        str, typer.Option(help="The session that is first; its begin is enough.")
    ] = "",
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.svg|png", help="Draw one session on a file, without a window."
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option(help="Load raw signals from where they came from.")
    ] = True,
) -> None:
    """Look at sessions one by one: signals, fits, responses. Accept or reject them.

    Verdicts stand in metadata/verdicts.csv. The key ? tells of all keys.
    """
    from ranvier.analysis.viewer import view_study

    path = view_study(study, subject, index, eid=eid, save=save, with_raw=raw)
    if path is not None:
        say(f"drawn       {path}")
