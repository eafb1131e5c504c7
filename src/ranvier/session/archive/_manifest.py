"""What an archive says of itself: a journal while in work, a manifest once whole."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self, cast

from ranvier.core import write_atomically
from ranvier.session.archive._plan import Entry

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

    from ranvier.session.archive._listing import Item

MANIFEST = "session_archive.json"
JOURNAL = "session_archive.part.jsonl"
LOCK = ".session_archive.lock"
_FORMAT = "ranvier_archive"
_SYNC_S = 1.0


@dataclass
class Known:
    """What was told of a copy before.

    Parameters
    ----------
    source
        "host:path" of the session folder.
    entries
        Of its files, by path.
    links
        Target of each link.
    folders
        All folders.
    """

    source: str = ""
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    links: dict[str, str] = field(default_factory=dict[str, str])
    folders: tuple[str, ...] = ()


def name_source(folder: Path) -> str:
    """Say of which computer and path a session is; two of one name must not mix."""
    return f"{platform.node()}:{os.path.realpath(folder)}"


def read_known(folder: Path) -> Known:
    """Read what is told of a copy: its manifest, then its journal.

    Parameters
    ----------
    folder
        Of the copy.

    Returns
    -------
    Known
        Nothing of a file that is none of ours.

    Raises
    ------
    OSError
        If a file is there but can't be read.
    """
    known = Known()
    with contextlib.suppress(FileNotFoundError, ValueError, TypeError, KeyError):
        known = read_manifest((folder / MANIFEST).read_text("utf-8"))
    with contextlib.suppress(FileNotFoundError):
        _read_journal((folder / JOURNAL).read_bytes(), known)
    return known


def read_manifest(text: str) -> Known:
    """Take a manifest apart.

    Returns
    -------
    Known
        All that it says.

    Raises
    ------
    ValueError, TypeError, KeyError
        If it is none.
    """
    told = cast("dict[str, Any]", json.loads(text))
    if told[_FORMAT] != 1:
        raise ValueError(told[_FORMAT])
    files = [Entry(**each) for each in told["files"]]
    return Known(
        str(told["source"]),
        {entry.path: entry for entry in files},
        dict(told["links"]),
        tuple(told["folders"]),
    )


def is_ours(path: Path) -> bool:
    """Say whether a manifest, or a journal, is one of ours."""
    with path.open("rb") as file:
        return f'"{_FORMAT}"'.encode() in file.read(200)


def write_manifest(
    folder: Path, source: str, items: list[Item], entries: dict[str, Entry]
) -> None:
    """Write the manifest of a whole copy, and remove its journal.

    Raises
    ------
    OSError
        If the disk is full or gone; the journal then stays.
    """
    kinds: dict[str, list[Item]] = {"file": [], "folder": [], "link": []}
    for item in items:
        kinds.setdefault(item.kind.value, []).append(item)
    told = {
        _FORMAT: 1,
        "source": source,
        "files": [asdict(entries[item.path]) for item in kinds["file"]],
        "links": {item.path: item.target for item in kinds["link"]},
        "folders": [item.path for item in kinds["folder"]],
    }
    # Not as UTF-8: a name that is none stands in a text as lone surrogates.
    write_atomically(folder / MANIFEST, json.dumps(told, indent=1) + "\n")
    (folder / JOURNAL).unlink(missing_ok=True)


class Journal:
    """Lines that are added while an archive is in work.

    Each is handed to the system at once, and is on the disk a second later: what a
    power cut takes of it is found again by comparing.

    Parameters
    ----------
    folder
        Of the copy.
    source
        Of what.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._path, self._source = folder / JOURNAL, source
        self._file: FileIO | None = None
        self._synced_s = 0.0

    def __enter__(self) -> Self:
        self._file = self._path.open("ab", buffering=0)
        # After a cut, what follows must not be glued to half a line.
        self._file.write(b"\n" if self._file.tell() else b"")
        self._write({_FORMAT: 1, "source": self._source})
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            with contextlib.suppress(OSError), self._file as file:
                os.fsync(file.fileno())

    def add(self, entry: Entry) -> None:
        """Say that a file is whole."""
        self._write(asdict(entry))

    def _write(self, told: dict[str, Any]) -> None:
        if self._file is None:
            return
        self._file.write(json.dumps(told).encode("ascii") + b"\n")
        now_s = time.monotonic()
        if now_s - self._synced_s > _SYNC_S:
            os.fsync(self._file.fileno())
            self._synced_s = now_s


def _read_journal(content: bytes, known: Known) -> None:
    for line in content.splitlines():
        # Half a line, of a launcher that was killed, is as good as none.
        with contextlib.suppress(ValueError, TypeError):
            told = cast("dict[str, Any]", json.loads(line))
            if _FORMAT in told:
                if known.source != told["source"]:
                    known.source, known.entries = str(told["source"]), {}
            else:
                entry = Entry(**told)
                known.entries[entry.path] = entry
