"""Finds the sessions of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.audit import AUDIT_FILE
from ranvier.core import RanvierError
from ranvier.session.record import SessionRecord, read_record

if TYPE_CHECKING:
    from pathlib import Path


def list_sessions(root: Path) -> dict[Path, SessionRecord | RanvierError]:
    """Read the sessions in a folder.

    Parameters
    ----------
    root
        Where session folders lie.

    Returns
    -------
    dict
        Of each folder that has an audit trail, in order of their names: its record, or
        why it can't be read.
    """
    found: dict[Path, SessionRecord | RanvierError] = {}
    folders = sorted(root.iterdir()) if root.is_dir() else []
    for folder in folders:
        if (folder / AUDIT_FILE).is_file():
            found[folder] = _read(folder)
    return found


def _read(folder: Path) -> SessionRecord | RanvierError:
    try:
        return read_record(folder)
    except RanvierError as error:
        return error
