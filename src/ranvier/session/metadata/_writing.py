"""Writes the metadata of a session into its folder."""

from __future__ import annotations

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

    What ranvier builds is written anew each time, from the record. What was fetched or
    given whole is written if its file is not there, and never over another.

    Parameters
    ----------
    folder
        Of the session.
    record
        Of the session.

    Returns
    -------
    tuple of Built
        Of every document; those with content stand in the folder.

    Raises
    ------
    MetadataError
        If a file can't be written; those before it are.
    """
    return tuple(_write(folder, built) for built in build_metadata(record))


def _write(folder: Path, built: Built) -> Built:
    if built.content is None:
        return built
    path = folder / built.file
    text = json.dumps(built.content, indent=3, ensure_ascii=False, allow_nan=False)
    try:
        if built.is_given and path.exists():
            return built if _holds(path, built.content) else _keep(path, built)
        write_atomically(path, f"{text}\n")
    except OSError as error:
        raise MetadataError(
            "a file of metadata can't be written.",
            code="RV-S75",
            where=str(path),
            found=format_error(error),
            wanted="a folder that can be written, with space left",
            mend="make space or set the rights; then `ranvier session finalise`",
        ) from error
    return built


def _holds(path: Path, content: dict[str, Any]) -> bool:
    try:
        return json.loads(path.read_text("utf-8")) == content
    except ValueError:
        return False


def _keep(path: Path, built: Built) -> Built:
    finding = Finding(
        Severity.WARNING,
        "metadata",
        problem=f"{built.file} stands in the folder already, and says something else.",
        code="RV-S79",
        where=str(path),
        found="another content than the step told",
        wanted="the same content, or no file",
        mend="compare the two, and remove the file if it is the wrong one",
    )
    return replace(built, content=None, report=built.report + Report((finding,)))
