"""`ranvier session`: one sitting of one subject on one rig."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ranvier.cli._print import DONE, FAILED, say, warn

if TYPE_CHECKING:
    from ranvier.core import Reporter
    from ranvier.session.conduct import SessionOutcome, SessionRequest
    from ranvier.session.operator import Operator
    from ranvier.session.programs import StopSignal
    from ranvier.session.record import SessionRecord

ParameterPath = Annotated[
    Path, typer.Argument(metavar="FILE", help="The parameter file, JSON or YAML.")
]
SessionPath = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="The session folder.")
]
Rig = Annotated[
    Path | None,
    typer.Option(
        "--rig",
        metavar="FILE",
        help="The rig's file, TOML; else where rigs have it.",
        show_default=False,
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A parameter in place of the files'; may be given several times.",
        show_default=False,
    ),
]
Answers = Annotated[
    Path | None,
    typer.Option(
        "--answers",
        metavar="FILE",
        help="Answers by the names of the questions, JSON or YAML; nobody is asked.",
        show_default=False,
    ),
]
Unattended = Annotated[
    bool,
    typer.Option("--non-interactive", help="Ask nobody; refuse what must be asked."),
]
AllowDirty = Annotated[
    bool,
    typer.Option(
        "--allow-dirty",
        help="Use code that differs from its commit, and keep the difference.",
    ),
]


def start(
    file: ParameterPath,
    rig: Rig = None,
    changes: Changes = None,
    answers: Answers = None,
    non_interactive: Unattended = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look at everything, start nothing.")
    ] = False,
    allow_dirty: AllowDirty = False,
) -> None:
    """Hold a session. Ctrl-C stops it in good order, twice ends it at once."""
    from ranvier.cli._session_signals import SessionSignals
    from ranvier.session.conduct import start_session
    from ranvier.session.programs import StopSignal

    request = _build_request(file, rig, changes, allow_dirty)
    stop = StopSignal()
    operator = open_operator(answers, stop, is_unattended=non_interactive)
    if dry_run:
        sys.exit(_show_checks(request, operator))
    with SessionSignals(operator, stop) as signals:
        outcome = start_session(
            request,
            signals.wrap(operator),
            signals.stop,
            has_terminal=sys.stdin.isatty() and answers is None,
        )
    sys.exit(_tell(outcome))


def check(
    file: ParameterPath,
    rig: Rig = None,
    changes: Changes = None,
    answers: Answers = None,
    allow_dirty: AllowDirty = False,
) -> None:
    """Look whether a session could be held now; nothing is asked or started."""
    from ranvier.session.operator import PromisedOperator

    request = _build_request(file, rig, changes, allow_dirty)
    # Without a file of answers, a person will be there when it starts.
    promised = PromisedOperator(_reporter())
    operator = open_operator(answers, is_unattended=True) if answers else promised
    sys.exit(_show_checks(request, operator))


def step(
    folder: SessionPath,
    name: Annotated[str, typer.Argument(help="The step, as the session has it.")],
    answers: Answers = None,
    non_interactive: Unattended = False,
) -> None:
    """Do a step of a finished session once more."""
    from ranvier.cli._session_signals import SessionSignals
    from ranvier.session.conduct import repeat_step
    from ranvier.session.programs import StopSignal

    stop = StopSignal()
    operator = open_operator(answers, stop, is_unattended=non_interactive)
    with SessionSignals(operator, stop) as signals:
        result = repeat_step(folder, name, signals.wrap(operator), signals.stop)
    say(f"{name}: {result.verdict}")
    sys.exit(DONE if result.verdict.is_done else FAILED)


def finalise(folder: SessionPath) -> None:
    """Write all files of a session anew from its trail, as after a power cut."""
    from ranvier.core import user_name
    from ranvier.session.conduct import finalise as finalise_session

    record = finalise_session(folder, user_name(), _reporter())
    say(f"{folder}: {record.verdict or 'nothing was acquired'}")
    if record.finalised and record.finished is None:
        say("its launcher died: what it was doing then may lack its end")


def archive(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="The session folder; with --verify, a copy of it."
        ),
    ],
    destination: Annotated[
        Path | None,
        typer.Argument(help="Folder in which the copy is made.", show_default=False),
    ] = None,
    backup: Annotated[
        Path | None,
        typer.Option(help="A second one, for a second copy.", show_default=False),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Copy nothing; read the copy FOLDER again."),
    ] = False,
) -> None:
    """Copy a session and verify the copy; nothing is deleted."""
    from ranvier.cli._print import BarReporter
    from ranvier.session.archive import ArchiveRequest, archive_session

    if verify:
        if destination or backup:
            raise typer.BadParameter("--verify takes the folder of one copy alone")
        sys.exit(_verify_copy(folder))
    if destination is None:
        raise typer.BadParameter("name the folder in which the copy is to be made")
    _refuse_unfinished(folder)
    second = backup.absolute() if backup else None
    request = ArchiveRequest(folder.absolute(), destination.absolute(), second)
    with BarReporter() as reporter:
        report = archive_session(request, reporter)
    for finding in report.findings:
        warn(str(finding))
    say(f"{report.files} files copied, {report.skipped} were there already")
    for place in report.folders:
        say(f"  {place}")


def list_sessions(
    root: Annotated[
        Path, typer.Argument(help="Folder in which sessions lie.")
    ] = Path(),
) -> None:
    """List sessions and what became of them."""
    from ranvier.cli._print import open_console
    from ranvier.cli._table import fit_table
    from ranvier.core import RanvierError
    from ranvier.session.conduct import list_sessions as find_sessions

    if not root.is_dir():
        raise typer.BadParameter(f"{root} is no folder")
    rows: list[tuple[str, ...]] = []
    for folder, record in find_sessions(root).items():
        if isinstance(record, RanvierError):
            rows.append((folder.name, "", "", record.problem))
        else:
            rows.append(_describe(folder, record))
    if not rows:
        say(f"no sessions in {root.absolute()}")
        return
    console = open_console()
    heads = ("session", "subject", "rig", "state")
    console.print(fit_table(heads, rows, console.width, len(heads)))


def _refuse_unfinished(folder: Path) -> None:
    from ranvier.core import RanvierError, SessionError
    from ranvier.session.record import SessionState, read_record

    try:
        record = read_record(folder)
    except RanvierError:
        return  # the archiver says what it wants
    if record.state is SessionState.FINISHED:
        return
    is_lost = record.state is SessionState.LOST
    raise SessionError(
        "the session is not finished: its copy would lack the end.",
        code="RV-C22",
        where=str(folder),
        found="its launcher died" if is_lost else "it goes on",
        mend="`ranvier session finalise` closes it" if is_lost else "wait for its end",
    )


def open_operator(
    answers: Path | None, stop: StopSignal | None = None, *, is_unattended: bool
) -> Operator:
    """Open who is asked.

    Parameters
    ----------
    answers
        A file of answers, if there is one.
    stop
        The session's: once it is urgent, no question at a terminal waits any more.
    is_unattended
        True if nobody is to be asked.

    Returns
    -------
    Operator
        A file, nobody, or whoever sits at the terminal.
    """
    from ranvier.session.operator import (
        AbsentOperator,
        ScriptedOperator,
        TerminalOperator,
    )

    if answers is not None:
        return ScriptedOperator.read(answers, _reporter())
    if is_unattended or not sys.stdin.isatty():
        return AbsentOperator(_reporter())
    if stop is None:
        return TerminalOperator(sys.stdin, sys.stdout)
    return TerminalOperator(sys.stdin, sys.stdout, lambda: stop.is_urgent)


def _build_request(
    file: Path, rig: Path | None, changes: list[str] | None, allow_dirty: bool
) -> SessionRequest:
    from ranvier.core import user_name
    from ranvier.session.conduct import SessionRequest
    from ranvier.session.parameters import parse_changes

    return SessionRequest(
        file=file,
        rig=rig,
        changes=parse_changes(changes or []),
        allow_dirty=allow_dirty,
        argv=tuple(sys.argv),
        by=user_name(),
    )


def _show_checks(request: SessionRequest, operator: Operator) -> int:
    from ranvier.session.conduct import check_session
    from ranvier.session.preflight import format_report

    report = check_session(request, operator)
    say(format_report(report))
    return DONE if report.verdict.is_done else FAILED


def _verify_copy(folder: Path) -> int:
    from ranvier.cli._print import BarReporter
    from ranvier.session.archive import verify_archive
    from ranvier.session.preflight import format_report

    with BarReporter() as reporter:
        report = verify_archive(folder.absolute(), reporter)
    say(format_report(report))
    return DONE if report.verdict.is_done else FAILED


def _tell(outcome: SessionOutcome) -> int:
    # A warning is a reminder: where to read more of it is the end state.
    for finding in outcome.report.warnings:
        warn(f"warning: {finding.check}: {finding.problem} {finding.mend}".rstrip())
    for finding in outcome.report.errors:
        warn(f"error: {finding}")
    words = {"ok": "done", "warning": "done, with warnings"}
    say(f"{words.get(outcome.verdict, outcome.verdict)}: {outcome.folder}")
    return outcome.exit_status


def _describe(folder: Path, record: SessionRecord) -> tuple[str, ...]:
    state = record.verdict if record.finished or record.finalised else record.state
    return (folder.name, record.subject or "", record.rig or "", str(state))


def _reporter() -> Reporter:
    return _Words()


class _Words:
    """A reporter that prints lines: they are part of what a session says."""

    def say(self, text: str) -> None:
        """Print a line."""
        say(text)

    def warn(self, text: str) -> None:
        """Print a warning."""
        warn(f"warning: {text}")

    def advance(self, task: str, done: float, total: float) -> None:
        """Print nothing: there may be no terminal."""
