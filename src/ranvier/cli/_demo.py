"""`ranvier demo`: a shipped experiment, run, verified and reported."""

from __future__ import annotations

import importlib.resources
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ranvier.cli._options import Duration, Plain, Quiet, Seed, Speed
from ranvier.cli._print import DONE, FAILED, USAGE, BarReporter, say, warn
from ranvier.cli._values import parse_duration

if TYPE_CHECKING:
    from ranvier.runtime import Finished

_DEMOS = ("closed-loop", "open-loop")


def demo(
    which: Annotated[
        str, typer.Argument(metavar="[closed-loop|open-loop]")
    ] = "closed-loop",
    out: Annotated[
        Path, typer.Option(help="Folder for the experiment and its sessions.")
    ] = Path("ranvier-demo"),
    duration: Duration = None,
    speed: Speed = None,
    seed: Seed = None,
    quiet: Quiet = False,
    plain: Plain = False,
) -> None:
    """Run a closed loop on a real movie: record it, verify it, write a report."""
    from ranvier.cli._run import build_request, check_speed, run_in_view

    if which not in _DEMOS:
        warn(f'there is no demo "{which}"; there is {", ".join(_DEMOS)}.')
        sys.exit(USAGE)
    copy_examples(out)
    request = build_request(
        out / which.replace("-", "_"),
        out / "sessions",
        duration_s=parse_duration(duration),
        speed=check_speed(speed),
        seed=seed,
    )
    finished = run_in_view(request, quiet=quiet, plain=plain)
    sys.exit(FAILED if finished is None else _conclude(finished, quiet=quiet))


def copy_examples(out: Path) -> None:
    """Copy the shipped examples to where a person can read and change them.

    All of them: one may use the movie of another. A file that is there already stays
    as it is, for it may have been changed; that is said.

    Parameters
    ----------
    out
        Where the copies are put.
    """
    with importlib.resources.as_file(
        importlib.resources.files("ranvier") / "examples"
    ) as source:
        for path in sorted(source.rglob("*")):
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            copy = out / path.relative_to(source)
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            elif path.suffix == ".yaml" and copy.read_bytes() != path.read_bytes():
                warn(f"{copy} differs from the shipped one: it is used")


def _conclude(finished: Finished, *, quiet: bool) -> int:
    from ranvier.cli._outcome import report, shorten
    from ranvier.recording import verify

    status = report(finished, quiet=quiet)
    # What follows may take long, and may be interrupted as any command.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(finished.session_folder)
    if status == USAGE or finished.reason == "failed":
        return status
    with BarReporter() as reporter:
        found = verify(folder, None if quiet else reporter)
    if not quiet:
        say(f"verify: {found.describe()}")
    from ranvier.report import write_report

    page = write_report(folder)
    if not quiet:
        say(f"report: {shorten(Path(page))}")
    return FAILED if status != DONE or found.verdict == "damaged" else DONE
