"""The session copied to one or two safe places, by `ranvier.session.archive`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ranvier.session.archive import ArchiveRequest, archive_session
from ranvier.session.parameters import resolve_path
from ranvier.session.steps._failures import refuse
from ranvier.session.steps._step import (
    AFTER,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
    note,
    warn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ranvier.session.faults import Finding


def archive(context: StepContext) -> StepResult:
    """Copy the session folder, and verify the copies; the source stays as it is.

    Returns
    -------
    StepResult
        With the folders of the copies.

    Raises
    ------
    SessionError
        If a copy is not whole; doing the step again goes on from there.
    """
    request = build_request(context)
    findings = list(_tell_unknown(context))
    if context.parameters["dry_run"]:
        places = ", ".join(map(str, request.folders))
        return StepResult.skipped(note(context.step, f"it would go to {places}."))
    report = archive_session(request, context.operator)
    text = f"{report.files} files copied, {report.skipped} were there already."
    data = {"archive_folders": [str(folder) for folder in report.folders]}
    return StepResult.done(
        note(context.step, text), *report.findings, *findings, data=data
    )


def build_request(context: StepContext) -> ArchiveRequest:
    """Make of the parameters what the archiver asks for.

    Returns
    -------
    ArchiveRequest
        A place that has the session's name in its path is the folder of the copy
        itself.

    Raises
    ------
    StepError
        If no place is named, or another folder than the session's is to be archived.
    ParameterValidationError
        If a place is none of this system.
    """
    source = context.session_folder
    values = context.parameters
    given = values["session_dir"]
    if given and resolve_path(str(given), source, key="session_dir") != source:
        raise refuse(
            "another folder than the session's is to be archived.",
            "leave `session_dir` out; `ranvier session archive` copies any session",
            found=str(given),
            wanted=str(source),
        )
    keys = ("network_dir", "backup_dir")
    places = [_find_place(source, str(values[key]), key) for key in keys if values[key]]
    if not places:
        raise refuse("no archive is named.", "set `network_dir` or `backup_dir`")
    return ArchiveRequest(
        source,
        places[0],
        backup=places[1] if len(places) > 1 else None,
        exact=tuple(place for place in places if _is_exact(place, source.name)),
        max_retries=int(values["max_retries"]),
        exclude=_list_patterns(values["exclude_patterns"]),
        transfer=str(values["archive_transfer"]),
    )


def _find_place(source: Path, text: str, key: str) -> Path:
    # A relative one counts from where sessions are, so that it is never in one.
    return resolve_path(text, source.parent, key=key)


def _is_exact(place: Path, session: str) -> bool:
    # As in older files: "…/{session_uuid}/slap2" is where they want the copy itself.
    return any(session in part for part in place.parts)


def _list_patterns(value: object) -> tuple[str, ...]:
    if not value:
        return ()
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    return tuple(str(item) for item in items)


def _tell_unknown(context: StepContext) -> Iterator[Finding]:
    if context.parameters["include_patterns"]:
        yield warn(
            context.step,
            "all files are archived, also those that `include_patterns` leaves out.",
            "RV-S49",
            mend="say what to leave out in `exclude_patterns`",
        )


def _older(name: str, kinds: tuple[str, ...], meaning: str) -> StepParameter:
    return StepParameter(name, kinds, f"of older files, does nothing: {meaning}")


STEPS = (
    ShippedStep(
        "session_archiver",
        "Copies the session to one or two places and verifies the copies.",
        (AFTER,),
        archive,
        (
            StepParameter(
                "network_dir",
                ("string",),
                "folder of the copy if the session's name is in its path, else the "
                "folder in which that is made",
            ),
            StepParameter("backup_dir", ("string",), "the same of a second copy"),
            StepParameter(
                "max_retries",
                ("integer",),
                "how often a file is tried again",
                default=3,
                rules={"minimum": 0},
            ),
            StepParameter(
                "exclude_patterns", ("string", "array"), "names that are left out"
            ),
            StepParameter(
                "archive_transfer",
                ("string",),
                "what copies; the copies are verified in any case",
                default="copy",
                rules={"enum": ["copy", "rsync", "robocopy"]},
            ),
            StepParameter(
                "dry_run",
                ("boolean",),
                "true only says where it would go",
                default=False,
            ),
            StepParameter(
                "session_dir", ("string",), "the session folder, as in older files"
            ),
            StepParameter(
                "include_patterns",
                ("string", "array"),
                "of older files: all is archived, with a warning",
            ),
            _older("checksum_algo", ("string",), "copies are always compared"),
            _older(
                "skip_completed", ("boolean",), "what is whole is never copied again"
            ),
            _older("remove_empty_dirs", ("boolean",), "the source stays as it is"),
            _older("manifest_path", ("string",), "it lies beside the copy"),
            _older("routing_manifest", ("string",), "all of the session is archived"),
        ),
    ),
)
