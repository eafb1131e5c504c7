"""A session copied to safety: verified, resumed, its source never touched."""

from __future__ import annotations

from ranvier.session.archive._archive import archive_session
from ranvier.session.archive._request import ArchiveReport, ArchiveRequest
from ranvier.session.archive._verify import verify_archive
from ranvier.session.archive._watchdog import WatchdogFacts, write_watchdog_manifest

__all__ = [
    "ArchiveReport",
    "ArchiveRequest",
    "WatchdogFacts",
    "archive_session",
    "verify_archive",
    "write_watchdog_manifest",
]
