"""What is looked at before a session begins; findings, never a bare yes or no."""

from __future__ import annotations

from ranvier.session.preflight._checks import CallCheck, Check, run_checks
from ranvier.session.preflight._computer import (
    ClockSane,
    DiskSpace,
    FolderWritable,
    FreeMemory,
)
from ranvier.session.preflight._format import format_report
from ranvier.session.preflight._hosts import Endpoint, HostsReachable
from ranvier.session.preflight._rig import RigFree, RigLock
from ranvier.session.preflight._subject import MetadataKnown
from ranvier.session.preflight._things import (
    DevicesPresent,
    PackagesPresent,
    ProgramPresent,
)

__all__ = [
    "CallCheck",
    "Check",
    "ClockSane",
    "DevicesPresent",
    "DiskSpace",
    "Endpoint",
    "FolderWritable",
    "FreeMemory",
    "HostsReachable",
    "MetadataKnown",
    "PackagesPresent",
    "ProgramPresent",
    "RigFree",
    "RigLock",
    "format_report",
    "run_checks",
]
