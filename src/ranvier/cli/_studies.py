"""`ranvier analyse responses`, …: the analysis commands of a study."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ranvier.cli._print import DONE, FAILED, BarReporter, open_console, say
from ranvier.core import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.analysis.studies import Kept, StudyFault
    from ranvier.core import Reporter

StudyPath = Annotated[
    Path, typer.Argument(help="The study: its folder, or its file.", show_default=False)
]
_AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
_SkipErrors = Annotated[
    bool,
    typer.Option(
        "--skip-errors", help="End with status 0 though something could not be done."
    ),
]
_Coding = Annotated[
    str | None,
    typer.Option(
        metavar="CODING",
        help="log, log2, linear or rank; that of the study unless given.",
    ),
]


def responses(
    study: StudyPath,
    contrast_coding: _Coding = None,
    skip_errors: _SkipErrors = False,
    as_json: _AsJson = False,
) -> None:
    """Compute responses, response vectors, mixed models, decoding, curves over time."""
    from ranvier.analysis.studies import analyse_responses

    _carry_out(
        study, analyse_responses, skip_errors, as_json, contrast_coding=contrast_coding
    )


def movement_encoding(
    study: StudyPath,
    contrast_coding: _Coding = None,
    skip_errors: _SkipErrors = False,
    as_json: _AsJson = False,
) -> None:
    """Compare contrast and movement as what responses go with."""
    from ranvier.analysis.studies import analyse_movement_encoding

    _carry_out(
        study,
        analyse_movement_encoding,
        skip_errors,
        as_json,
        contrast_coding=contrast_coding,
    )


def task_encoding(
    study: StudyPath,
    events: Annotated[
        list[str] | None,
        typer.Option(help="Event whose responses are taken; can be given again."),
    ] = None,
    contrast_coding: _Coding = None,
    n_permutations: Annotated[
        int | None, typer.Option(min=1, help="Of the canonical correlations.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of all that is drawn.")] = None,
    sparse: Annotated[
        bool, typer.Option("--sparse", help="Sparse canonical correlation.")
    ] = False,
    ica: Annotated[
        bool, typer.Option("--ica", help="Independent components too.")
    ] = False,
    weight_by_se: Annotated[
        bool,
        typer.Option("--weight-by-se", help="Coefficients over standard errors."),
    ] = False,
    cohort_weighted: Annotated[
        bool,
        typer.Option("--cohort-weighted", help="Each target weighs the same."),
    ] = False,
    skip_errors: _SkipErrors = False,
    as_json: _AsJson = False,
) -> None:
    """Model single recordings by the task; components; relation to behaviour."""
    from ranvier.analysis.studies import TaskEncodingOptions, analyse_task_encoding

    options = TaskEncodingOptions(
        events=tuple(events or ()),
        contrast_coding=contrast_coding,
        n_permutations=n_permutations,
        seed=seed,
        is_sparse=sparse,
        with_ica=ica,
        weight_by_se=weight_by_se,
        cohort_weighted=cohort_weighted,
    )
    _carry_out(study, analyse_task_encoding, skip_errors, as_json, options=options)


def task_performance(
    study: StudyPath,
    session_x: Annotated[
        str, typer.Option(help="Axis of learning curves: session_n or day_n.")
    ] = "session_n",
    skip_errors: _SkipErrors = False,
    as_json: _AsJson = False,
) -> None:
    """Draw learning curves and psychometric functions, by target."""
    from ranvier.analysis.studies import analyse_task_performance

    _carry_out(
        study, analyse_task_performance, skip_errors, as_json, session_x=session_x
    )


def qc_overview(
    study: StudyPath, skip_errors: _SkipErrors = False, as_json: _AsJson = False
) -> None:
    """Draw how the metrics of the signals are distributed."""
    from ranvier.analysis.studies import analyse_qc_overview

    _carry_out(study, analyse_qc_overview, skip_errors, as_json)


def video_qc(
    study: StudyPath, skip_errors: _SkipErrors = False, as_json: _AsJson = False
) -> None:
    """Draw how the videos are: lengths, frames, verdicts."""
    from ranvier.analysis.studies import analyse_video_qc

    _carry_out(study, analyse_video_qc, skip_errors, as_json)


def dataset_overview(
    study: StudyPath,
    session_split: Annotated[
        str, typer.Option(help="What colours are: session_type or proficient.")
    ] = "session_type",
    session_x: Annotated[
        str, typer.Option(help="Place in a row: session_n or day_n.")
    ] = "session_n",
    skip_errors: _SkipErrors = False,
    as_json: _AsJson = False,
) -> None:
    """Draw which sessions there are, and how far each comes."""
    from ranvier.analysis.studies import plot_dataset_overview

    _carry_out(
        study,
        plot_dataset_overview,
        skip_errors,
        as_json,
        session_split=session_split,
        session_x=session_x,
    )


def methods(
    study: StudyPath, skip_errors: _SkipErrors = False, as_json: _AsJson = False
) -> None:
    """Write the methods: from the parameters that were used, and n."""
    from ranvier.analysis.studies import analyse_methods

    _carry_out(study, analyse_methods, skip_errors, as_json)


STUDIES: dict[str, Callable[..., None]] = {
    "responses": responses,
    "movement-encoding": movement_encoding,
    "task-encoding": task_encoding,
    "task-performance": task_performance,
    "qc-overview": qc_overview,
    "video-qc": video_qc,
    "dataset-overview": dataset_overview,
    "methods": methods,
}
"""Analysis commands: name → function."""


def run_all(study: Path, reporter: Reporter) -> int:
    """Do all analysis commands that need no video; print what became of each.

    Parameters
    ----------
    study
        Its folder.
    reporter
        Is told how far it is.

    Returns
    -------
    int
        0. What could not be done is printed, and stands in faults.csv of the command.
    """
    from ranvier.analysis import studies
    from ranvier.analysis.parameters import read_study
    from ranvier.cli._table import fit_table

    parameters = read_study(study).parameters
    once = _OnceReporter(reporter)
    rows: list[list[str]] = []
    for name in _ALL:
        kept = getattr(studies, f"analyse_{name}")(study, parameters, once)
        counts = (kept.written, kept.kept, kept.faults)
        rows.append([name, *(str(len(each)) for each in counts)])
    console = open_console()
    headers = ["analysis", "written", "up to date", "not possible"]
    console.print(fit_table(headers, rows, console.width, n_words=1))
    return DONE


class _OnceReporter:
    # All commands of a study say the same of its selection: once is enough.

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._said: set[str] = set()

    def say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._reporter.say(text)

    def warn(self, text: str) -> None:
        self._reporter.warn(text)

    def advance(self, task: str, done: float, total: float) -> None:
        self._reporter.advance(task, done, total)


_ALL = (
    "task_performance",
    "qc_overview",
    "responses",
    "movement_encoding",
    "task_encoding",
    "methods",
)


def _carry_out(
    study: Path,
    analyse: Callable[..., Kept],
    skip_errors: bool,
    as_json: bool,
    **options: Any,
) -> None:
    from ranvier.analysis.parameters import find_study, read_study

    path = find_study(study)
    folder, parameters = path.parent, read_study(path).parameters
    if as_json:
        kept = analyse(folder, parameters, SilentReporter(), **options)
        _print_json(kept, folder)
    else:
        with BarReporter() as reporter:
            kept = analyse(folder, parameters, reporter, **options)
        _print_report(kept, folder)
    sys.exit(FAILED if kept.faults and not skip_errors else DONE)


def _print_json(kept: Kept, folder: Path) -> None:
    said = {
        "written": _name(kept.written, folder),
        "up_to_date": _name(kept.kept, folder),
        "faults": [vars(fault) for fault in kept.faults],
    }
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")


def _print_report(kept: Kept, folder: Path) -> None:
    from ranvier.cli._table import fit_table

    console = open_console()
    places: dict[str, list[int]] = {}
    for column, paths in enumerate((kept.written, kept.kept)):
        for name in _name(paths, folder):
            places.setdefault(str(Path(name).parent), [0, 0])[column] += 1
    rows = [[place, *map(str, counts)] for place, counts in sorted(places.items())]
    headers = ["folder", "written", "up to date"]
    console.print(fit_table(headers, rows, console.width, n_words=1))
    if kept.faults:
        told = _fold(kept.faults)
        n = len(kept.faults)
        say(f"\n{n} could not be done (faults.csv tells of each):")
        table = fit_table(["part", "of", "why"], told, console.width, n_words=3)
        console.print(table)
    say(
        "\nnothing to do"
        if not kept.written
        else f"\n{len(kept.written)} files written"
    )


def _fold(faults: tuple[StudyFault, ...]) -> list[list[str]]:
    # One cause often stops many parts: it is told once, with their number.
    causes: dict[str, list[StudyFault]] = {}
    for fault in faults:
        causes.setdefault(fault.error_message, []).append(fault)
    return [
        [first.part, first.where, message]
        if not rest
        else [_count(own, "part"), _count(own, "where"), message]
        for message, own in causes.items()
        for first, *rest in [own]
    ]


def _count(faults: list[StudyFault], name: str) -> str:
    names = list(dict.fromkeys(getattr(fault, name) for fault in faults))
    if len(names) == 1:
        return names[0]
    kind = "parts" if name == "part" else "places"
    return f"{names[0]} … ({len(names)} {kind})"


def _name(paths: tuple[Path, ...], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]
