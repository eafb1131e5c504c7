"""What is known of a run: manifest, audit trail, recording, check, last status."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.audit import AuditKind, read_audit
from ranvier.core import RecordingError
from ranvier.recording import (
    Manifest,
    Recording,
    SessionFolder,
    open_recording,
    read_manifest,
    verify,
)
from ranvier.runtime import read_status

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ranvier.audit import AuditLine
    from ranvier.recording import Stream, VerifyReport
    from ranvier.runtime import RunStatus


@dataclass(frozen=True)
class Facts:
    """All that the report tells of.

    Parameters
    ----------
    folder
        The session.
    manifest
        What ran.
    audit
        What happened.
    recording
        What was recorded; None if there is nothing to read.
    check
        What `verify` found.
    status
        Counters at the end; None if the supervisor did not come to write them.
    """

    folder: SessionFolder
    manifest: Manifest
    audit: list[AuditLine]
    recording: Recording | None
    check: VerifyReport
    status: RunStatus | None

    @property
    def start_ns(self) -> int:
        """When the sources began, ns on the monotonic clock of the host."""
        started = self.lines(AuditKind.RUN_STARTED)
        if not started:
            return self.manifest.monotonic_ns
        return int(started[0].fields.get("begin_ns") or started[0].time_ns)

    @property
    def duration_s(self) -> float:
        """From the begin to the end of the run, or to its last trace, s."""
        if not self.audit or not self.lines(AuditKind.RUN_STARTED):
            return 0.0
        # A session goes on after its run.
        last = (self.lines(AuditKind.RUN_FINISHED) or self.audit)[-1]
        return max(last.time_ns - self.start_ns, 0) * 1e-9

    def lines(self, kind: AuditKind) -> list[AuditLine]:
        """Give the lines of the audit trail of one kind."""
        return [line for line in self.audit if line.kind == kind.value]

    def data_streams(self) -> list[Stream]:
        """Give the recorded streams, what nodes took in left out."""
        streams = [] if self.recording is None else list(self.recording.values())
        return [each for each in streams if not each.name.endswith(".intake")]


def collect_facts(path: str | Path) -> Facts:
    """Read all that is known of a run.

    Parameters
    ----------
    path
        The session folder.

    Returns
    -------
    Facts
        The recording in it is open; close it.

    Raises
    ------
    RecordingError
        If there is no session folder with a manifest.
    """
    folder = SessionFolder(Path(path))
    manifest = read_manifest(folder)
    check = verify(folder)
    try:
        audit = read_audit(folder.audit)
    except RecordingError:
        audit = []  # `verify` has said so
    try:
        recording = open_recording(folder.path)
    except RecordingError:
        recording = None
    return Facts(folder, manifest, audit, recording, check, read_status(folder))


def measure_ages(stream: Stream) -> NDArray[np.float64]:
    """Give how old each message was when it was sent.

    Returns
    -------
    numpy.ndarray
        From the source's item that it descends from to its own sending, shape (n,),
        s; 0 for a source's own. Empty if the recording is damaged there.
    """
    try:
        headers = stream.headers
    except RecordingError:
        return np.zeros(0)
    sent = headers["time_ns"].astype(np.int64)
    ages_ns = sent - headers["origin_time_ns"].astype(np.int64)
    return ages_ns.astype(np.float64) * 1e-9


def read_last(stream: Stream) -> Any:
    """Give the last payload of a stream, or None if there is none to read."""
    try:
        return stream[-1] if len(stream) else None
    except RecordingError:
        return None
