"""Writes the metadata of a session into its folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ranvier.core import format_error, write_atomically
from ranvier.session.faults import Finding, MetadataError, Report, Severity
from ranvier.session.metadata._acquisition import build_acquisition
from ranvier.session.metadata._describing import (
    build_data_description,
    build_procedures,
    build_subject,
)
from ranvier.session.metadata._instrument import build_instrument
from ranvier.session.metadata._session import build_session

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.metadata._built import Built
    from ranvier.session.record import SessionRecord

_BUILDERS = (
    build_session,
    build_acquisition,
    build_instrument,
    build_data_description,
    build_subject,
    build_procedures,
)


def build_metadata(record: SessionRecord) -> tuple[Built, ...]:
    """Build all documents of a session.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    tuple of Built
        Of session, acquisition, instrument, data_description, subject and procedures,
        in this order.
    """
    return tuple(build(record) for build in _BUILDERS)


def write_metadata(folder: Path, record: SessionRecord) -> tuple[Built, ...]:
    """Write all documents of a session that can be built.

    A file that is there is written anew only if it is, byte by byte, one that the trail
    says ranvier wrote. One that somebody else wrote or changed (the program, a step, a
    person) is kept, with a warning if it says something else.

    Parameters
    ----------
    folder
        Of the session.
    record
        Of the session; its `files` tell what was written before.

    Returns
    -------
    tuple of Built
        Of every document; those with content have a file in the folder, and those
        that are kept have that of somebody else.

    Raises
    ------
    MetadataError
        If a file can't be read or written; those before it are.
    """
    ours: dict[str, set[str]] = {}
    for row in record.files:
        ours.setdefault(str(row.get("file")), set()).add(str(row.get("sha256")))
    return tuple(
        _write(folder, built, ours.get(built.file, set()))
        for built in build_metadata(record)
    )


def _write(folder: Path, built: Built, ours: set[str]) -> Built:
    if built.content is None:
        return built
    path = folder / built.file
    text = json.dumps(built.content, indent=3, ensure_ascii=False, allow_nan=False)
    data = f"{text}\n".encode()
    written = replace(built, sha256=hashlib.sha256(data).hexdigest())
    try:
        there = _read(path)
        if there is None or hashlib.sha256(there).hexdigest() in ours:
            write_atomically(path, data)
            return written
    except OSError as error:
        raise MetadataError(
            "a file of metadata can't be written.",
            code="RV-S75",
            where=str(path),
            found=format_error(error),
            wanted="a folder that can be written, with space left",
            mend="make space or set the rights; then `ranvier session finalise`",
        ) from error
    return written if there == data else _keep(path, built, there)


def _read(path: Path) -> bytes | None:
    # A link that leads nowhere is somebody's too.
    if not path.exists() and not path.is_symlink():
        return None
    return path.read_bytes()


def _holds(data: bytes, content: dict[str, Any]) -> bool:
    try:
        return json.loads(data) == content
    except (ValueError, RecursionError):
        return False


def _keep(path: Path, built: Built, there: bytes) -> Built:
    if _holds(there, built.content or {}):
        return replace(built, is_kept=True)
    finding = Finding(
        Severity.WARNING,
        "metadata",
        problem=f"{built.file} stands in the folder already, and says something else.",
        code="RV-S79",
        where=str(path),
        found="a file that somebody else wrote or changed; it is kept as it is",
        wanted="the file as ranvier wrote it, or none",
        mend="compare it with what the session told; to have it written anew, move it "
        "away, then `ranvier session finalise`",
    )
    return replace(built, is_kept=True, report=built.report + Report((finding,)))
