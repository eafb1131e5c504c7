"""Where the sessions of a study lie: found, and opened again in a worker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import MetadataFault
from ranvier.analysis.readers import (
    detect_format,
    find_sessions,
    open_one,
    open_session,
    query_sessions,
    read_sessions,
)
from ranvier.analysis.session import take_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from ranvier.analysis.parameters import SessionsFrom
    from ranvier.analysis.readers import SessionSource

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


@dataclass(frozen=True)
class Found:
    """A session that was found, not yet read.

    Parameters
    ----------
    name
        To be told in a fault, before its eid is known.
    place
        What `open_place` takes.
    row
        What is known of it already; None: the place says.
    """

    name: str
    place: dict[str, Any]
    row: dict[str, Any] | None = None

    def read(self) -> dict[str, Any]:
        """Read what is known of the session.

        Returns
        -------
        dict
            A row of the catalogue; also `block_info`, the plan of the task.

        Raises
        ------
        AnalysisError
            If it can't be read, or its eid is no name for a file.
        """
        if self.place.get("format") == "auto":
            self.place["format"] = detect_format(self.place["path"])
        known = self.row
        if known is None or self.place["format"] == "alf":
            said = open_place(self.place).read_metadata()
            given = {k: v for k, v in (known or {}).items() if not _is_empty(v)}
            known = {**said, **given}
        row = take_metadata(known)
        if not _NAME.match(str(row["eid"])):
            raise MetadataFault(
                "the eid is no name for a file.",
                session=self.name,
                found=str(row["eid"]),
                wanted='letters, digits, ".", "_" and "-"',
            )
        return row


def iter_found(
    entry: SessionsFrom, folder: Path, subjects: pd.DataFrame | None
) -> Iterator[Found]:
    """Find the sessions of one entry of a study's file.

    Parameters
    ----------
    entry
        Where they come from.
    folder
        Paths are relative to it.
    subjects
        Of `read_subjects`, to fill the rows of a table.

    Yields
    ------
    Found
        Each session.

    Raises
    ------
    AnalysisError
        If the entry itself can't be read.
    """
    if entry.alf is not None:
        for place in find_sessions(folder / entry.alf):
            yield Found(place.eid, {"path": str(place.path), "format": "alf"})
    elif entry.table is not None:
        table = folder / entry.table
        for row in read_sessions(table, subjects).to_dict("records"):
            known = {str(name): value for name, value in row.items()}
            yield Found(str(row["eid"]), _place_of(known, table.parent), known)
    elif entry.one is not None:
        terms = dict(entry.one)
        where = {key: terms.pop(key) for key in ("mode", "cache_dir") if key in terms}
        for row in query_sessions(open_one(**where), **terms).to_dict("records"):
            eid = str(row["eid"])
            yield Found(eid, {"format": "one", "one": where, "eid": eid})
    else:
        yield from _iter_files(entry, folder)


def open_place(place: dict[str, Any]) -> SessionSource:
    """Open the place that a session lies in.

    Parameters
    ----------
    place
        Of a catalogue.

    Returns
    -------
    SessionSource

    Raises
    ------
    DataFault
        If it is not there.
    """
    if place.get("format") == "one":
        from ranvier.analysis.readers import OneSource

        return OneSource(open_one(**place["one"]), place["eid"])
    return open_session(place)


def _iter_files(entry: SessionsFrom, folder: Path) -> Iterator[Found]:
    is_nwb = entry.nwb is not None
    root = folder / str(entry.nwb if is_nwb else entry.recordings)
    pattern = "**/*.nwb" if is_nwb else "*/manifest.json"
    for found in sorted(root.glob(pattern)):
        path = found if is_nwb else found.parent
        place = {"path": str(path), "format": "nwb" if is_nwb else "recording"}
        if entry.mapping:
            place["mapping"] = str(folder / entry.mapping)
        yield Found(path.name, place)


def _place_of(row: dict[str, Any], folder: Path) -> dict[str, Any]:
    place = {name: value for name, value in row.items() if not _is_empty(value)}
    for name in ("path", "mapping", "trials", "wheel"):
        if name in place:
            place[name] = str(folder / str(place[name]))
    return {"format": "auto", **place}


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", []) or value != value
