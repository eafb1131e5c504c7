"""`ranvier analyse`: a study, from raw recordings to group results."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ranvier.cli._print import DONE, FAILED, BarReporter, open_console, say
from ranvier.core import AnalysisError, SilentReporter, write_atomically

if TYPE_CHECKING:
    from ranvier.analysis.pipeline import StudyReport

StudyPath = Annotated[
    Path, typer.Argument(help="The study: its folder, or its file.", show_default=False)
]
_AS_JSON = typer.Option("--json", help="Print the report as JSON.")


_LIBRARIES = (
    "pandas",
    "pyarrow",
    "scipy",
    "matplotlib",
    "xarray",
    "statsmodels",
    "sklearn",
    "formulaic",
)


def need_libraries() -> None:
    """From raw recordings to group results."""
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise AnalysisError(
            f"the analysis needs {', '.join(missing)}, which is not installed.",
            code="RV-A68",
            mend='pip install "ranvier[analysis]"',
        )


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder for the study.")] = Path(
        "ranvier-study"
    ),
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder with more real recordings, used where they lie: Akam's .ppd.",
            show_default=False,
        ),
    ] = None,
    sessions: Annotated[int, typer.Option(min=0, help="Simulated sessions.")] = 20,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, show_default="one a core")
    ] = None,
) -> None:
    """Take real and simulated recordings from raw files to figures.

    The second time it does nothing, for nothing has changed. Change a parameter in the
    study's file, and what depends on it is done anew.
    """
    from ranvier.analysis.demo import make_demo_study
    from ranvier.analysis.pipeline import RunOptions, run_study
    from ranvier.cli._studies import run_all

    with BarReporter() as reporter:
        make_demo_study(folder, n_simulated=sessions, data=data, reporter=reporter)
        report = run_study(folder, RunOptions(n_workers=workers), reporter)
        _print_report(report, is_dry=False)
        status = run_all(folder, reporter)
    say(f"\nfigures     {folder}/figures\ntables      {folder}/results")
    say(f"methods     {folder}/results/methods.md\nchange it   {folder}/study.yaml")
    sys.exit(status)


def new(
    folder: Annotated[Path, typer.Argument(help="Folder to be made.")],
    alf: Annotated[
        str,
        typer.Option(help="Folder of ALF sessions, seen from the study's folder."),
    ] = "",
    table: Annotated[
        str, typer.Option(help="Table of sessions, seen from the study's folder.")
    ] = "",
) -> None:
    """Make a study: a folder with a file that says where its sessions come from."""
    from ranvier.analysis.parameters import STUDY_FILE

    path = folder / STUDY_FILE
    if path.exists():
        raise AnalysisError(
            f"{folder} is a study already.",
            code="RV-A99",
            where=str(path),
            mend="give a folder that is not there yet, or edit this file",
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, _format_study(folder.resolve().name, alf, table))
    say(f"made        {path}")
    say("say in it   where the sessions are (docs/reference/analysis.md)")
    say(f"run it      ranvier analyse run {folder}")


def run(
    study: StudyPath,
    start: Annotated[
        str, typer.Option("--from", metavar="STAGE", help="First stage to be done.")
    ] = "",
    only: Annotated[
        str, typer.Option("--only", metavar="STAGE", help="The one stage to be done.")
    ] = "",
    video: Annotated[bool, typer.Option(help="Do the stage `video` too.")] = False,
    skip_errors: Annotated[
        bool,
        typer.Option(
            "--skip-errors", help="End with status 0 though sessions have faults."
        ),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", "-w", min=1, help="Processes.", show_default="one a core"
        ),
    ] = None,
    scheduler: Annotated[
        str,
        typer.Option(metavar="tcp://HOST:PORT", help="Work on this Dask cluster."),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    as_json: Annotated[bool, _AS_JSON] = False,
) -> None:
    """Do what is not up to date of a study: QC, signals, responses, performance.

    A session that is not right never stops the others: what is wrong with it is
    counted here, and stands in the tables below metadata/. The status is 1 if a
    session has nothing but a fault, unless --skip-errors is given.
    """
    from ranvier.analysis.pipeline import RunOptions, run_study

    options = RunOptions(
        start=start,
        only=only,
        more=("video",) if video else (),
        n_workers=workers,
        scheduler=scheduler,
        is_dry=dry_run,
    )
    if as_json:
        report = run_study(study, options, SilentReporter())
        _print_json(report)
    else:
        with BarReporter() as reporter:
            report = run_study(study, options, reporter)
        _print_report(report, is_dry=dry_run)
    sys.exit(FAILED if report.n_failed and not skip_errors else DONE)


def _print_json(report: StudyReport) -> None:
    import json

    text = json.dumps(report.to_dict(), ensure_ascii=False, default=str)
    sys.stdout.write(text + "\n")


def _print_report(report: StudyReport, *, is_dry: bool) -> None:
    from ranvier.cli._table import fit_table

    console = open_console()
    headers = [
        "stage",
        "to do" if is_dry else "done",
        "up to date",
        "no data",
        "failed",
        "faults",
    ]
    rows = [
        [
            stage.name,
            str(stage.n_done),
            str(stage.n_up_to_date),
            str(stage.n_skipped),
            str(stage.n_failed),
            str(stage.n_with_faults),
        ]
        for stage in report.stages
    ]
    console.print(fit_table(headers, rows, console.width, n_words=1))
    counts = report.count_faults()
    if counts:
        named = ", ".join(f"{name} {n}" for name, n in counts.items())
        say(f"\nfaults: {named}\n(metadata/<stage>_log.pqt tells of each)")
    if not is_dry:
        done = f"{len(report.files)} files written"
        say("nothing to do" if report.is_nothing_done else done)


def _format_study(name: str, alf: str, table: str) -> str:
    lines = ["ranvier_study: 1", f"name: {name}", "sessions:"]
    lines += [f"  - alf: {alf}"] if alf else []
    lines += [f"  - table: {table}"] if table else []
    if not alf and not table:
        lines += [
            "  - alf: data          # a folder of ALF sessions, also a ONE cache",
            "  # - table: sessions.csv   # a row each: subject, start_time, path",
            "  # - nwb: files            # a folder of NWB files",
        ]
    lines += [
        "# subjects: subjects.csv    # subject, strain, line, NM, sex, …",
        "parameters: {}              # what differs from the defaults, as",
        "#  vocabulary: ibl          # the names of the IBL's photometry project",
        "#  preprocess: {reference: ols}",
    ]
    return "\n".join(lines) + "\n"
