"""The file by which aind-watchdog-service is asked to copy and upload a session.

Facts: its model `ManifestConfig`, versions 0.1.2 and 0.1.9. The service looks for files
with "manifest" in their name and the ending ".yml".
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.core import to_text, write_atomically
from ranvier.session.faults import ArchiveError

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path


@dataclass(frozen=True)
class WatchdogFacts:
    """What the service must know of a session; what is None is left out.

    Parameters
    ----------
    name
        Of the session; names the file as well.
    subject
        Identifier.
    acquired
        Start of the acquisition, aware.
    project
        Name of the project, as the metadata service knows it.
    destination
        Folder to which the service copies.
    modalities
        Files and folders of each, by the abbreviation of the AIND schema.
    schemas
        Metadata files: session.json, …
    schedule
        Time of day at which it begins; None for at once.
    transfer_endpoint
        Where it submits; None for its own.
    more
        Further keys, as the service names them; version 0.1.2 refuses those that it
        does not know.
    """

    name: str
    subject: str
    acquired: dt.datetime
    project: str
    destination: str
    modalities: dict[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )
    schemas: tuple[str, ...] = ()
    schedule: dt.time | None = None
    transfer_endpoint: str | None = None
    more: dict[str, Any] = field(default_factory=dict[str, Any])


def write_watchdog_manifest(folder: Path, facts: WatchdogFacts) -> Path:
    """Write the manifest of a session for aind-watchdog-service.

    Parameters
    ----------
    folder
        That the service watches.
    facts
        Of the session.

    Returns
    -------
    Path
        `manifest_<name>.yml`, whole once it is there.

    Raises
    ------
    ArchiveError
        If something is not known, the file is there already, or it can't be written.
    """
    path = folder / f"manifest_{facts.name}.yml"
    told = build_manifest(facts)
    empty = [key for key in _REQUIRED if told.get(key) in (None, "")]
    if facts.acquired.tzinfo is None:
        empty.append("an offset of acquisition_datetime")
    if empty:
        raise _can_not_write(path, f"not known: {', '.join(empty)}")
    if path.exists():
        raise _can_not_write(path, "it is there already")
    try:
        write_atomically(path, _to_yaml(told))
    except OSError as error:
        raise _can_not_write(path, str(error)) from error
    return path


def build_manifest(facts: WatchdogFacts) -> dict[str, Any]:
    """Put the facts under the keys of the service.

    Returns
    -------
    dict
        Without those that are None.
    """
    schedule = facts.schedule.isoformat() if facts.schedule else None
    told: dict[str, Any] = {
        "name": facts.name,
        "subject_id": _read_subject(facts.subject),
        "acquisition_datetime": facts.acquired.isoformat(),
        "schedule_time": schedule,
        "transfer_endpoint": facts.transfer_endpoint,
        "project_name": facts.project,
        "destination": facts.destination,
        "modalities": {name: list(paths) for name, paths in facts.modalities.items()},
        "schemas": list(facts.schemas),
        **facts.more,
    }
    return {key: value for key, value in told.items() if value is not None}


_REQUIRED = ("name", "subject_id", "project_name", "destination")


def _read_subject(subject: str) -> str | int:
    # Version 0.1.2 takes an integer only; "007" would be another subject.
    is_number = subject.isdecimal() and str(int(subject)) == subject
    return int(subject) if is_number else subject


def _to_yaml(told: dict[str, Any]) -> str:
    from ruamel.yaml import YAML  # not needed by a session without the service

    yaml = YAML()
    yaml.width = 10_000
    yaml.default_flow_style = False
    text = io.StringIO()
    yaml.dump(told, text)  # pyright: ignore[reportUnknownMemberType]
    return text.getvalue()


def _can_not_write(path: Path, found: str) -> ArchiveError:
    return ArchiveError(
        "the watchdog's manifest can't be written.",
        code="RV-S61",
        where=to_text(path),
        found=found,
        mend="complete the parameters of the session, or leave the manifest out",
    )
