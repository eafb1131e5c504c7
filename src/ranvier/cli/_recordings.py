"""Commands on what a run left: `inspect`, `verify`, `recover`, `replay`, `convert`."""

from __future__ import annotations

import collections
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ranvier.cli._options import Plain, Quiet, SessionPath
from ranvier.cli._outcome import shorten
from ranvier.cli._print import DONE, FAILED, USAGE, BarReporter, say, warn
from ranvier.core import format_count

if TYPE_CHECKING:
    from ranvier.recording import SessionFolder, VerifyReport

_VERDICTS = {
    "ok": "nothing is missing",
    "explained": "something is missing, and the recording says why",
    "damaged": "something is missing or changed, and nothing explains it",
}
_NO_RUN = "nothing was recorded by ranvier, other files were not looked at"
_SUFFIXES = {"nwb": ".nwb", "hdf5": ".h5", "npz": ".npz"}


def inspect(
    path: Annotated[
        Path,
        typer.Argument(help="A session folder, or a .mcap file.", show_default=False),
    ],
) -> None:
    """Show what a recording holds: streams, rates, gaps (status 1 if it can't)."""
    from ranvier.cli._inspect import inspect_recording
    from ranvier.cli._inspect_view import show_inspection

    found = inspect_recording(path)
    show_inspection(found)
    sys.exit(FAILED if any(stream.problem for stream in found.streams) else DONE)


def verify(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="SESSION",
            help="A session folder, or a folder of them: then each is checked.",
            show_default=False,
        ),
    ],
) -> None:
    """Prove that a recording is complete, or say what is missing (status 1)."""
    from ranvier import recording

    sessions = recording.find_sessions(path)
    is_one = sessions[0].path == path
    verdicts: collections.Counter[str] = collections.Counter()
    for session in sessions:
        with BarReporter() as reporter:
            found = recording.verify(session, reporter)
        verdicts[found.verdict] += 1
        if not is_one:
            say(f"{shorten(session.path)}:")
        _say_found(found, _find_failure(session), session)
    if not is_one:
        counts = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items())
        say(f"in all {len(sessions)}: {counts}")
    sys.exit(DONE if set(verdicts) == {"ok"} else FAILED)


def _find_failure(session: SessionFolder) -> str:
    """Say that the run failed before anything was recorded, if it did."""
    from ranvier.core import RecordingError
    from ranvier.recording import read_manifest

    try:
        has_failed = read_manifest(session).finish_reason == "failed"
    except RecordingError:
        return ""  # `verify` tells of it
    if not has_failed or session.parts() or session.counted_parts():
        return ""
    return ", but the run failed before anything was recorded"


def _find_death(session: SessionFolder) -> str:
    """Say that the launcher of the session died, if its trail says so."""
    from ranvier.audit import AuditKind, read_audit
    from ranvier.core import RecordingError

    try:
        lines = read_audit(session.audit)
    except RecordingError:
        return ""  # `verify` tells of it
    kinds = {line.kind for line in lines}
    was_closed = AuditKind.SESSION_FINALISED.value in kinds
    if not was_closed or AuditKind.SESSION_FINISHED.value in kinds:
        return ""
    return "its launcher died, and the session was finalised: its end was not seen"


def _describe_trail(session: SessionFolder) -> str:
    from ranvier.audit import verify_audit

    n_lines = verify_audit(session.audit).n_lines
    return f"the audit trail is whole ({format_count(n_lines, 'line')})"


def _say_found(found: VerifyReport, failure: str, session: SessionFolder) -> None:
    for finding in found.findings:
        say(finding.describe())
    death = _find_death(session)
    if death:
        say(death)
    if not found.has_run:
        is_ok = found.verdict == "ok"
        words = _describe_trail(session) if is_ok else _VERDICTS[found.verdict]
        say(f"{found.verdict}: {words}; {_NO_RUN}")
        return
    n_messages = sum(count for _, count in found.n_messages)
    say(
        f"{found.verdict}: {_VERDICTS[found.verdict]}{failure} "
        f"({format_count(n_messages, 'message')} in "
        f"{format_count(len(found.n_messages), 'stream')})"
    )


def recover(session: SessionPath) -> None:
    """Mend a recording whose writer was killed; the damaged file is kept."""
    from ranvier import recording
    from ranvier.cli._choose import refuse_if_running

    refuse_if_running(session)
    with BarReporter() as reporter:
        done = recording.recover(session, reporter)
    for finding in done.findings:
        say(finding)
    if done.files:
        files = ", ".join(done.files)
        say(f"written anew: {files} ({format_count(done.n_messages, 'message')})")
    else:
        say("no file had to be written anew")


def replay(
    session: SessionPath,
    pace: Annotated[
        str,
        typer.Option(metavar="real|max", help="As recorded, or as fast as it goes."),
    ] = "real",
    check: Annotated[
        bool,
        typer.Option("--check", help="Give each node its recorded inputs and compare."),
    ] = False,
    node: Annotated[
        str | None,
        typer.Option(help="With --check: this node only.", show_default=False),
    ] = None,
    quiet: Quiet = False,
    plain: Plain = False,
) -> None:
    """Run a recording again, or check that the nodes still give the same."""
    if pace not in ("real", "max"):
        warn(f'--pace is "real" or "max", not "{pace}".')
        sys.exit(USAGE)
    from ranvier.cli._replay import check_session, replay_session

    if check:
        sys.exit(check_session(session, node))
    sys.exit(replay_session(session, pace, quiet=quiet, plain=plain))


def convert(
    session: SessionPath,
    to: Annotated[str, typer.Option(metavar="nwb|hdf5|npz", help="Format.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The file; else beside the session.", show_default=False),
    ] = None,
    streams: Annotated[
        str | None,
        typer.Option(
            help='Streams, as "camera.frame,cells.trace"; else all.', show_default=False
        ),
    ] = None,
) -> None:
    """Write a recording as NWB, HDF5 or NPZ."""
    from ranvier import recording

    if to not in _SUFFIXES or (to == "nwb" and streams):
        chosen = "NWB takes the streams that it has a place for: leave --streams out"
        words = f'--to is one of {", ".join(_SUFFIXES)}, not "{to}"'
        warn(f"{chosen if to in _SUFFIXES else words}.")
        sys.exit(USAGE)
    whole = session.resolve()
    target = out or whole.with_name(whole.name + _SUFFIXES[to])
    names = [each.strip() for each in streams.split(",")] if streams else None
    opened = recording.open_recording(session)
    for problem in opened.problems:
        warn(problem)
    with BarReporter() as reporter:
        if to == "nwb":
            recording.convert_to_nwb(opened, target, reporter=reporter)
        elif to == "hdf5":
            recording.convert_to_hdf5(opened, target, names, reporter)
        else:
            recording.convert_to_npz(opened, target, names, reporter)
    say(shorten(target))
