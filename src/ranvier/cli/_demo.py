"""`ranvier demo`: a shipped experiment, run, verified and reported."""

from __future__ import annotations

import importlib.resources
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ranvier.cli._options import Duration, Plain, Quiet, Seed, Speed
from ranvier.cli._print import DONE, FAILED, USAGE
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
        sys.stderr.write(f'there is no demo "{which}"; there is {", ".join(_DEMOS)}.\n')
        sys.exit(USAGE)
    folder = copy_example(which.replace("-", "_"), out)
    request = build_request(
        folder,
        out / "sessions",
        duration_s=parse_duration(duration),
        speed=check_speed(speed),
        seed=seed,
    )
    finished = run_in_view(request, quiet=quiet, plain=plain)
    sys.exit(FAILED if finished is None else _conclude(finished, quiet=quiet))


def copy_example(name: str, out: Path) -> Path:
    """Copy a shipped example to where a person can read and change it.

    Parameters
    ----------
    name
        Of a folder of `ranvier.examples`.
    out
        Where its copy is put.

    Returns
    -------
    pathlib.Path
        The copy. A file that is there already stays as it is: it may be changed.
    """
    target = out / name
    with importlib.resources.as_file(
        importlib.resources.files("ranvier") / "examples" / name
    ) as source:
        for path in sorted(source.rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            copy = target / path.relative_to(source)
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
    return target


def _conclude(finished: Finished, *, quiet: bool) -> int:
    from ranvier.cli._outcome import report, shorten
    from ranvier.recording import verify

    status = report(finished, quiet=quiet)
    folder = Path(finished.session_folder)
    if status == USAGE or finished.reason == "failed":
        return status
    found = verify(folder)
    if not quiet:
        sys.stdout.write(f"verify: {found.describe()}\n")
    from ranvier.report import write_report

    page = write_report(folder)
    if not quiet:
        sys.stdout.write(f"report: {shorten(Path(page))}\n")
    return FAILED if status != DONE or found.verdict == "damaged" else DONE
