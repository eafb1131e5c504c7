"""Proves that a recording is complete, or says what is missing; changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Tuple, Union

from ranvier.audit import AuditKind, AuditLine, read_audit, verify_audit
from ranvier.core import RecordingError, Reporter
from ranvier.recording._continuity import Explanations, find_missing
from ranvier.recording._counts import read_all_counts, read_counts
from ranvier.recording._findings import (
    Finding,
    Severity,
    VerifyReport,
    sort_findings,
)
from ranvier.recording._inventory import (
    find_lost_parts,
    find_unlisted,
    is_of_session,
    is_unfinished_session,
    is_without_run,
    list_wanted_streams,
)
from ranvier.recording._layout import Part, SessionFolder
from ranvier.recording._manifest import FileEntry, Manifest, read_manifest
from ranvier.recording._mcap_file import McapFile
from ranvier.recording._mcap_scan import ChunkEntry
from ranvier.recording._reader import Recording
from ranvier.recording._seal import Gauge, hash_file, is_continued

# Length of what is repeated of an earlier report, characters.
_CLAUSE = 100
_CONTINUED = (
    "the session went on after the run was sealed, and has not been sealed again"
)
_DAMAGED, _EXPLAINED = Severity.DAMAGED, Severity.EXPLAINED


def verify(
    folder: Union[str, Path, SessionFolder], reporter: Optional[Reporter] = None
) -> VerifyReport:
    """Check a session folder: hashes, audit chain, checksums, sequence numbers.

    Parameters
    ----------
    folder
        The session; a run that still goes on may be checked, it is then unfinished.
    reporter
        Shown how far it is.

    Returns
    -------
    VerifyReport
        With a finding for all that is missing or changed: which stream, from which
        message to which, from when to when. Never an error for what is damaged.

    Raises
    ------
    RecordingError
        If there is no such folder.
    """
    if not isinstance(folder, SessionFolder):
        folder = SessionFolder(Path(folder))
    if not folder.path.is_dir():
        raise RecordingError(
            "there is no such session folder.",
            code="RV-D24",
            where=str(folder.path),
            mend="give the folder of a run",
        )
    findings: List[Finding] = []
    told: List[Finding] = []
    audit = _check_audit(folder, told)
    manifest: Optional[Manifest] = None
    has_run = not is_without_run(folder, audit)
    if has_run:
        manifest = _check_manifest(folder, audit, findings, reporter)
    findings += told
    findings.extend(find_lost_parts(folder, manifest, audit))
    sizes = (part.path.stat().st_size for part in folder.parts())
    gauge = Gauge("checking messages", sum(sizes), reporter)
    files = _check_parts(folder, findings, gauge, is_sealed=_is_sealed(manifest))
    counts = _check_streams(folder, manifest, audit, files, findings)
    return VerifyReport(sort_findings(findings), counts, has_run)


def find_gaps(recording: Recording, stream: str) -> List[Finding]:
    """Find the messages that a stream of a session lacks, or has twice.

    Parameters
    ----------
    recording
        Of a session folder.
    stream
        "node.output".

    Returns
    -------
    list of Finding
        One for each gap, explained where audit trail or recorder declare the loss.
        Without an audit trail, as for a file by itself, less is explained, and
        nothing is known to be missing behind the last message.

    Raises
    ------
    RecordingError
        If there is no such stream, or its headers can't be read.
    """
    gaps = find_missing(recording[stream], recording.explanations, recording.files)
    return list(gaps)


def verify_file(
    file: McapFile,
    *,
    may_be_torn: bool = False,
    advance: Callable[[int], object] = lambda _: None,
) -> List[Finding]:
    """Check one MCAP file: records, checksums, indexes.

    Parameters
    ----------
    file
        The file.
    may_be_torn
        If true, a missing end is explained: its writer was killed.
    advance
        Called with the place in the file up to which it is checked.

    Returns
    -------
    list of Finding
        Empty if all is well.
    """
    findings: List[Finding] = []
    for fault in file.scan.faults:
        is_tail = fault.end >= file.size and not file.scan.is_finished
        severity = _EXPLAINED if is_tail and may_be_torn else _DAMAGED
        where = f"{file.path.name}, bytes {fault.start} to {fault.end}"
        findings.append(Finding(severity, where, fault.problem))
    for chunk in file.chunks:
        findings.extend(_check_chunk(file, chunk))
        advance(chunk.end)
    recovered = file.scan.metadata.get("recovered")
    if recovered:
        problem = "the file was recovered: " + _shorten(recovered.get("findings", ""))
        findings.append(Finding(_EXPLAINED, file.path.name, problem))
    return findings


def _check_chunk(file: McapFile, chunk: ChunkEntry) -> Iterator[Finding]:
    where = f"{file.path.name}, bytes {chunk.start} to {chunk.end}"
    try:
        if not file.fits_checksum(chunk):
            yield Finding(_DAMAGED, where, file.describe_unfit(chunk))
            return
        fits = file.fits_index(chunk)
    except RecordingError as error:
        yield Finding(_DAMAGED, where, error.found)
        return
    # The index records have no checksum of their own; the messages have.
    if not fits:
        yield Finding(_DAMAGED, where, "the index of a chunk does not fit its messages")


def _check_manifest(
    folder: SessionFolder,
    audit: List[AuditLine],
    findings: List[Finding],
    reporter: Optional[Reporter],
) -> Optional[Manifest]:
    try:
        manifest = read_manifest(folder)
    except RecordingError as error:
        problem = f"the manifest can't be read: {error.found}"
        findings.append(Finding(_DAMAGED, folder.manifest.name, problem))
        return None
    if _is_sealed(manifest):
        findings.extend(find_unlisted(folder, manifest))
    else:
        problem = "the manifest is not sealed: the run was killed, or still goes on"
        findings.append(Finding(_EXPLAINED, folder.manifest.name, problem))
    if manifest.is_rebuilt:
        problem = "the manifest was lost and rebuilt: which nodes ran is not known"
        findings.append(Finding(_DAMAGED, folder.manifest.name, problem))
    for entry in manifest.changed:
        problem = (
            "the file had been changed or lost before the folder was recovered, or "
            "sealed again"
        )
        findings.append(Finding(_DAMAGED, entry.path, problem))
    n_bytes = sum(entry.size for entry in manifest.files)
    gauge = Gauge("hashing files", n_bytes, reporter)
    is_in_session = is_of_session(audit)
    for entry in manifest.files:
        if is_in_session and is_continued(folder, entry):
            findings.append(Finding(_EXPLAINED, entry.path, _CONTINUED))
            continue
        problem = _describe_change(folder.path / entry.path, entry, gauge)
        if problem:
            findings.append(Finding(_DAMAGED, entry.path, problem))
    return manifest


def _describe_change(path: Path, entry: FileEntry, gauge: Gauge) -> str:
    if not path.is_file():
        return "the file is missing"
    if path.stat().st_size != entry.size:
        return f"the file has {path.stat().st_size} bytes in place of {entry.size}"
    if hash_file(path, entry.path, gauge.add) != entry:
        return "the content of the file does not fit its hash"
    return ""


def _is_sealed(manifest: Optional[Manifest]) -> bool:
    return manifest is not None and manifest.state == "sealed"


def _check_audit(folder: SessionFolder, findings: List[Finding]) -> List[AuditLine]:
    name = folder.audit.name
    try:
        check = verify_audit(folder.audit)
        lines = read_audit(folder.audit)
    except RecordingError as error:
        problem = f"the audit trail can't be read: {error.found}"
        findings.append(Finding(_DAMAGED, name, problem))
        return []
    for each in check.breaks:
        problem = f"the chain breaks: {each.problem}"
        findings.append(Finding(_DAMAGED, f"{name}, line {each.line}", problem))
    if check.is_torn:
        problem = "a line was cut short when its writer was killed"
        findings.append(Finding(_EXPLAINED, name, problem))
    if is_unfinished_session(lines):
        problem = "the session has not finished: it still goes on, or was killed"
        findings.append(Finding(_EXPLAINED, name, problem))
    findings.extend(_check_recovery(name, line) for line in lines
                    if line.kind == AuditKind.RECOVERED.value)  # fmt: skip
    return lines


def _check_recovery(name: str, line: AuditLine) -> Finding:
    # What recover found must not be forgotten for what it mended.
    told: Any = line.fields.get("findings") or []
    words = [str(each) for each in told] if isinstance(told, list) else [str(told)]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    n_more = len(words) - 1
    more = f"; {n_more} more in the trail" if n_more > 0 else ""
    first = _shorten(words[0]) if words else "nothing"
    problem = f"the folder was recovered; before: {first}{more}"
    was_explained = line.fields.get("verdict") == _EXPLAINED.value
    severity = _EXPLAINED if was_explained else _DAMAGED
    return Finding(severity, f"{name}, number {line.n}", problem)


def _shorten(text: str) -> str:
    # All of it stands in the audit trail; here it is a reminder.
    clause = text.partition("; ")[0]
    return clause if len(clause) <= _CLAUSE else f"{clause[:_CLAUSE]}…"


def _check_parts(
    folder: SessionFolder,
    findings: List[Finding],
    gauge: Gauge,
    *,
    is_sealed: bool,
) -> List[Tuple[Part, McapFile]]:
    files: List[Tuple[Part, McapFile]] = []
    for part in folder.parts():
        counts = read_counts(folder, part.number)
        # A recorder that came to its end says so; one that did not was killed.
        may_be_torn = counts is None or not counts.is_finished
        try:
            file = McapFile(part.path)
        except RecordingError as error:
            severity = _EXPLAINED if may_be_torn and not is_sealed else _DAMAGED
            findings.append(Finding(severity, part.path.name, error.problem))
            continue
        files.append((part, file))
        findings += verify_file(file, may_be_torn=may_be_torn, advance=gauge.show)
        gauge.add(file.size)
    return files


def _check_streams(
    folder: SessionFolder,
    manifest: Optional[Manifest],
    audit: List[AuditLine],
    files: List[Tuple[Part, McapFile]],
    findings: List[Finding],
) -> Tuple[Tuple[str, int], ...]:
    recording = Recording([file for _, file in files], folder)
    for name in list_wanted_streams(manifest, audit):
        if name not in recording:
            problem = "the stream was to be recorded and is in no file"
            findings.append(Finding(_DAMAGED, name, problem, stream=name))
    explanations = Explanations.collect(audit, read_all_counts(folder))
    found: List[Tuple[str, int]] = []
    for name, stream in recording.items():
        found.append((name, len(stream)))
        try:
            findings.extend(find_missing(stream, explanations, recording.files))
        except RecordingError as error:
            where = error.where
            findings.append(Finding(_DAMAGED, where, error.found, stream=name))
    return tuple(found)
