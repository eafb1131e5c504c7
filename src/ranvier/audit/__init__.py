"""The audit trail: what happened, as hash-chained lines that are on the disk."""

from __future__ import annotations

from ranvier.audit._durable import Syncer, find_damage, sync_data
from ranvier.audit._kinds import AuditKind
from ranvier.audit._read import (
    AUDIT_FILE,
    AuditBreak,
    AuditCheck,
    AuditLine,
    read_audit,
    verify_audit,
)
from ranvier.audit._secrets import WITHHELD, is_secret, withhold
from ranvier.audit._trail import AuditTrail

__all__ = [
    "AUDIT_FILE",
    "WITHHELD",
    "AuditBreak",
    "AuditCheck",
    "AuditKind",
    "AuditLine",
    "AuditTrail",
    "Syncer",
    "find_damage",
    "is_secret",
    "read_audit",
    "sync_data",
    "verify_audit",
    "withhold",
]
