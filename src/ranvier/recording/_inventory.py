"""Which files and streams a session must have, as its audit trail and manifest say."""

from __future__ import annotations

from typing import Iterable, Iterator, List, Optional, Set

from ranvier.audit import AuditKind, AuditLine
from ranvier.recording._findings import Finding, Severity
from ranvier.recording._layout import SessionFolder
from ranvier.recording._manifest import Manifest


def is_of_session(audit: Iterable[AuditLine]) -> bool:
    """Say whether a trail is that of a session, in which a run may be.

    Returns
    -------
    bool
        True if the launcher of a session began it.
    """
    return any(line.kind == AuditKind.SESSION_CREATED.value for line in audit)


def is_unfinished_session(audit: Iterable[AuditLine]) -> bool:
    """Say whether a session has neither come to its end nor been given one later.

    Returns
    -------
    bool
        False also for a trail that is that of a run alone.
    """
    kinds = {line.kind for line in audit}
    ends = {AuditKind.SESSION_FINISHED.value, AuditKind.SESSION_FINALISED.value}
    return AuditKind.SESSION_CREATED.value in kinds and kinds.isdisjoint(ends)


def is_without_run(folder: SessionFolder, audit: List[AuditLine]) -> bool:
    """Say whether a folder is that of a session in which no run was made.

    Parameters
    ----------
    folder
        The session.
    audit
        Its audit trail.

    Returns
    -------
    bool
        False if anything tells of a run, which must have a manifest then.
    """
    if not is_of_session(audit):
        return False
    kinds = {line.kind for line in audit}
    of_run = {AuditKind.RUN_CREATED.value, AuditKind.RECORDING_OPENED.value}
    return kinds.isdisjoint(of_run) and not find_run_files(folder)


def find_run_files(folder: SessionFolder) -> List[str]:
    """Find what a run leaves in its folder, and a session without one does not have.

    Returns
    -------
    list of str
        Names of files.
    """
    paths = [folder.manifest, folder.graph, folder.status, folder.environment]
    paths += [part.path for part in folder.parts()]
    paths += [folder.counts(part.number) for part in folder.counted_parts()]
    return [path.name for path in paths if path.exists()]


def find_lost_parts(
    folder: SessionFolder, manifest: Optional[Manifest], audit: Iterable[AuditLine]
) -> Iterator[Finding]:
    """Find the parts of a recording that were there once and are not now.

    Parameters
    ----------
    folder
        The session.
    manifest
        Its manifest, which tells of the files that it lists; None if it can't be read.
    audit
        Its audit trail, which names each part that was opened.

    Yields
    ------
    Finding
        One for each part. A part that `recover` has moved aside is not one of them.
    """
    there = {part.path.name for part in folder.parts()}
    told = {entry.path for entry in manifest.files} if manifest else set[str]()
    opened = {
        str(line.fields.get("file"))
        for line in audit
        if line.kind == AuditKind.RECORDING_OPENED.value
    }
    for name in sorted((opened | _find_holes(folder)) - there - told):
        if not (folder.path / f"{name}.damaged").exists():
            problem = "the file is missing: the recorder had opened it"
            yield Finding(Severity.DAMAGED, name, problem)


def find_unlisted(folder: SessionFolder, manifest: Manifest) -> Iterator[Finding]:
    """Find what a run leaves and the sealed manifest does not list.

    Files that someone else put into the folder are none of our business.

    Parameters
    ----------
    folder
        The session.
    manifest
        Its manifest, sealed.

    Yields
    ------
    Finding
        One for each file.
    """
    paths = [folder.graph, folder.audit]
    paths += [part.path for part in folder.parts()]
    paths += [folder.counts(part.number) for part in folder.counted_parts()]
    listed = {entry.path for entry in manifest.files}
    for path in paths:
        if path.name not in listed and path.exists():
            problem = (
                "the sealed manifest does not list the file: it was put there later, "
                "or its entry was removed"
            )
            yield Finding(Severity.DAMAGED, path.name, problem)


def list_wanted_streams(
    manifest: Optional[Manifest], audit: Iterable[AuditLine]
) -> List[str]:
    """Give the streams that were to be recorded.

    Parameters
    ----------
    manifest
        What it says; None if it can't be read.
    audit
        What the recorder said when it opened its parts.

    Returns
    -------
    list of str
        "node.output" each, once.
    """
    names = manifest.recorded_streams() if manifest else []
    for line in audit:
        if line.kind == AuditKind.RECORDING_OPENED.value:
            names += [str(name) for name in line.fields.get("streams") or ()]
    return list(dict.fromkeys(names))


def _find_holes(folder: SessionFolder) -> Set[str]:
    # Parts are numbered without holes, also those of which only the counts are left.
    return {folder.part(n).name for n in range(folder.next_part().number)}
