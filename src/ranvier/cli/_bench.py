"""`ranvier bench`: how fast this machine carries messages, beside its own floor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from ranvier.core import RunError


def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="hop, round_trip, throughput, fan_out, slow_consumer, start_stop, "
            "recorder, demo; all if none is named."
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Short: to see that it works.")
    ] = False,
    rounds: Annotated[
        int | None, typer.Option(help="Rounds; 5 if not given.", min=1)
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the tables as Markdown to this file.")
    ] = None,
) -> None:
    """Measure this machine: latency, throughput, recording, start and stop."""
    command = [sys.executable, "-m", "benchmarks", *(names or [])]
    command += ["--quick"] if quick else []
    command += ["--rounds", str(rounds)] if rounds else []
    command += ["--write", str(write.resolve())] if write else []
    sys.exit(subprocess.run(command, cwd=_find_benchmarks(), check=False).returncode)


def _find_benchmarks() -> Path:
    """Find the copy of the repository that holds the benchmarks."""
    here = Path.cwd()
    beside_the_code = Path(__file__).resolve().parents[3]
    for folder in (here, *here.parents, beside_the_code):
        if (folder / "benchmarks" / "run.py").is_file():
            return folder
    raise RunError(
        "the benchmarks are not here.",
        code="RV-R55",
        where=str(here),
        wanted="a copy of the repository of ranvier: they are not in the package",
        mend="run it within a copy of the repository",
    )
