"""Mends a recording whose writer was killed, or that was damaged; loses nothing more.

Each file that needs it is written anew with all messages that can be read, and the
damaged one is kept beside it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple, Union

import msgspec

from ranvier.audit import AuditKind, AuditTrail
from ranvier.core import RecordingError, Reporter, SilentReporter, WallStart
from ranvier.recording._decode import decode_recorded
from ranvier.recording._findings import Finding, Severity, VerifyReport
from ranvier.recording._layout import SessionFolder
from ranvier.recording._manifest import (
    FileEntry,
    Manifest,
    hash_text,
    read_manifest,
    write_manifest,
)
from ranvier.recording._mcap_file import McapFile
from ranvier.recording._mcap_scan import ChunkEntry, Fault, walk
from ranvier.recording._mcap_writer import MESSAGE, ChannelEntry, McapWriter
from ranvier.recording._seal import seal
from ranvier.recording._verify import verify, verify_file


class Recovery(NamedTuple):
    """What `recover` did.

    Parameters
    ----------
    files
        Names of the files that were written anew.
    n_messages
        Messages in them.
    findings
        All that `verify` had found before, in words; empty if nothing was done.
    """

    files: Tuple[str, ...]
    n_messages: int
    findings: Tuple[str, ...]


class _Raw(NamedTuple):
    """A message to be copied: its channel number in the old file and its bytes."""

    channel: int
    data: memoryview


def recover(
    folder: Union[str, Path, SessionFolder], reporter: Optional[Reporter] = None
) -> Recovery:
    """Make a damaged or unfinished session folder well-formed.

    What had been wrong is kept: all that `verify` found goes into the audit trail, and
    the manifest keeps the old hashes of files that did not fit them any more.

    Parameters
    ----------
    folder
        The session; nobody writes to it any more.
    reporter
        Shown how far it is.

    Returns
    -------
    Recovery
        What was done; nothing if nothing was wrong.

    Raises
    ------
    RecordingError
        If the disk refuses it; the files are then as they were.
    """
    if not isinstance(folder, SessionFolder):
        folder = SessionFolder(Path(folder))
    reporter = reporter or SilentReporter()
    before = verify(folder, reporter)
    if before.is_ok:
        return Recovery((), 0, ())
    changed = _find_changed(folder, before)
    files, n_messages = _recover_parts(folder, reporter)
    _recover_manifest(folder)
    manifest = read_manifest(folder)
    if not files and manifest.state == "sealed":
        return Recovery((), 0, ())
    findings = tuple(each.describe() for each in before.findings)
    # Open again: what is mended here is not what someone else changed.
    mending = msgspec.structs.replace(manifest, changed=changed, state="open")
    write_manifest(folder, mending)
    with AuditTrail(folder.audit, manifest.wall) as audit:
        audit.write(
            AuditKind.RECOVERED,
            files=files,
            verdict=before.verdict,
            findings=findings,
        )
    seal(folder, manifest.finish_reason or "failed", reporter)
    return Recovery(files, n_messages, findings)


def _find_changed(folder: SessionFolder, before: VerifyReport) -> Tuple[FileEntry, ...]:
    try:
        manifest = read_manifest(folder)
    except RecordingError:
        return ()  # the old hashes are lost; that they are is told in the audit trail
    damaged = {f.where for f in before.findings if f.severity is Severity.DAMAGED}
    old = {entry.path: entry for entry in manifest.files if entry.path in damaged}
    # The first seal says how a file was; what was mended since must not replace it.
    old.update({entry.path: entry for entry in manifest.changed})
    return tuple(old.values())


def _recover_parts(
    folder: SessionFolder, reporter: Reporter
) -> Tuple[Tuple[str, ...], int]:
    files: List[str] = []
    n_messages = 0
    parts = folder.parts()
    for n, part in enumerate(parts):
        reporter.advance("mending files", n, len(parts))
        done = _recover_part(part.path)
        if done is not None:
            files.append(part.path.name)
            n_messages += done.n_messages
    reporter.advance("mending files", len(parts), len(parts))
    return tuple(files), n_messages


def _recover_part(path: Path) -> Optional[Recovery]:
    try:
        file = McapFile(path)
    except RecordingError as error:
        # Killed before its first record was whole: there is nothing to keep in it.
        Path(path).replace(_damaged_name(path))
        return Recovery((path.name,), 0, (f"{path.name}: {error.problem}",))
    old = file.scan.metadata.get("recovered")
    found = [each for each in verify_file(file) if not (old and _is_note(each))]
    if not found:
        return None
    words = tuple(f"{each.where}: {each.problem}" for each in found)
    n_messages = _rewrite(file, words)
    return Recovery((path.name,), n_messages, words)


def _is_note(finding: Finding) -> bool:
    return finding.problem.startswith("the file was recovered")


def _damaged_name(path: Path) -> Path:
    for n in range(1000):
        name = path.with_name(path.name + (f".damaged{n}" if n else ".damaged"))
        if not name.exists():
            return name
    raise _refused(path, "a thousand damaged copies are there already")


def _rewrite(file: McapFile, findings: Tuple[str, ...]) -> int:
    path = file.path
    beside = path.with_name(f".{path.name}.new")
    numbers = sorted(set(file.channels) | _used_channels(file))
    channels = [
        file.channels.get(n, ChannelEntry(f"unknown.channel{n}", {})) for n in numbers
    ]
    places = {number: place for place, number in enumerate(numbers)}
    metadata = {**file.scan.metadata, "recovered": {"findings": "; ".join(findings)}}
    n_messages = 0
    try:
        with (
            beside.open("wb", buffering=0) as target,
            contextlib.closing(McapWriter(target, channels, metadata)) as writer,
        ):
            for raw in _iter_messages(file):
                header = decode_recorded(raw.data, str(path))
                place = places[raw.channel]
                writer.write(place, header.sequence, header.time_ns, raw.data)
                n_messages += 1
            writer.finish()
            os.fsync(target.fileno())
        Path(path).replace(_damaged_name(path))
        Path(beside).replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _refused(path, str(error)) from error
    return n_messages


def _used_channels(file: McapFile) -> Set[int]:
    return {raw.channel for raw in _iter_messages(file)}


def _iter_messages(file: McapFile) -> Iterator[_Raw]:
    # All messages that can be read, in the order of the file.
    steps: List[Union[ChunkEntry, Fault]] = [*file.chunks, *file.scan.faults]
    for step in sorted(steps, key=lambda each: each.start):
        if isinstance(step, Fault):
            yield from _salvage(file.torn_data(step))
        else:
            yield from _read_chunk(file, step)


def _read_chunk(file: McapFile, chunk: ChunkEntry) -> Iterator[_Raw]:
    try:
        data = file.sound_data(chunk)
    except RecordingError:
        # A new checksum would bless wrong values; verify has told what it held.
        return
    yield from _salvage(data)


def _salvage(data: memoryview) -> Iterator[_Raw]:
    rows: List[Tuple[int, int]] = []
    for channel, entries in walk(data).indexes.items():
        rows += [(int(offset), channel) for offset in entries[:, 1]]
    for offset, channel in sorted(rows):
        length = MESSAGE.unpack_from(data, offset)[1]
        start, end = offset + MESSAGE.size, offset + 9 + length
        pad = data[start]
        view = data[start + (pad if pad < 64 else 0) : end]
        if _is_message(view):
            yield _Raw(channel, view)


def _is_message(view: memoryview) -> bool:
    try:
        decode_recorded(view, "")
    except RecordingError:
        return False
    return True


def _recover_manifest(folder: SessionFolder) -> None:
    try:
        read_manifest(folder)
    except RecordingError:
        write_manifest(folder, _rebuild_manifest(folder))


def _rebuild_manifest(folder: SessionFolder) -> Manifest:
    # From what the recording and the graph file say.
    fields: Dict[str, str] = {}
    for part in folder.parts():
        try:
            fields = McapFile(part.path).scan.metadata.get("run", {})
        except RecordingError:
            continue
        break
    text = ""
    if folder.graph.exists():
        text = folder.graph.read_text(encoding="utf-8", errors="replace")
    if folder.manifest.exists():
        Path(folder.manifest).replace(_damaged_name(folder.manifest))
    wall = fields.get("wall_start") or WallStart.now().wall
    stamp = fields.get("monotonic_ns", "")
    return Manifest(
        run=fields.get("run", folder.path.name),
        graph_name=fields.get("graph", folder.path.name.partition("_")[0]),
        graph_text=text,
        graph_sha256=hash_text(text),
        wall_start=wall,
        monotonic_ns=int(stamp) if stamp.isdigit() else 0,
        is_rebuilt=True,
    )


def _refused(path: Path, found: str) -> RecordingError:
    return RecordingError(
        f"{path.name} can't be recovered.",
        code="RV-D25",
        where=str(path),
        found=found,
        mend="make as much space on the disk as the file takes, then try again",
    )
