"""What a session folder consists of: files, folders, links; nothing is followed."""

from __future__ import annotations

import enum
import fnmatch
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_JUNCTION = (
    0xA0000003  # a folder of Windows that is another, IO_REPARSE_TAG_MOUNT_POINT
)


class ItemKind(enum.StrEnum):
    """What an entry of a folder is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "a pipe, a socket or a device"


@dataclass(frozen=True)
class Item:
    """One entry of a session folder.

    Parameters
    ----------
    path
        Relative to the session folder, with "/".
    kind
        What it is.
    size
        Of a file, bytes.
    mtime_ns
        Time of its last change, ns since 1970.
    target
        Of a link, as it stands in it.
    """

    path: str
    kind: ItemKind
    size: int = 0
    mtime_ns: int = 0
    target: str = ""


def list_items(folder: Path, exclude: tuple[str, ...] = ()) -> list[Item]:
    """List all that is in a folder, at any depth.

    Parameters
    ----------
    folder
        Of a session, or of its copy.
    exclude
        Patterns of names or of paths within it.

    Returns
    -------
    list of Item
        Each folder before what is in it, in the order of names.

    Raises
    ------
    OSError
        If a folder can't be read.
    """
    return list(_walk(folder, "", exclude))


def _walk(folder: Path, prefix: str, exclude: tuple[str, ...]) -> Iterator[Item]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        path = prefix + entry.name
        if any(_fits(pattern, path, entry.name) for pattern in exclude):
            continue
        item = _build(entry, path)
        yield item
        if item.kind is ItemKind.FOLDER:
            yield from _walk(folder / entry.name, path + "/", exclude)


def _build(entry: os.DirEntry[str], path: str) -> Item:
    seen = entry.stat(follow_symlinks=False)
    if entry.is_symlink() or getattr(seen, "st_reparse_tag", 0) == _JUNCTION:
        return Item(path, ItemKind.LINK, target=str(Path(entry.path).readlink()))
    if stat.S_ISDIR(seen.st_mode):
        return Item(path, ItemKind.FOLDER, mtime_ns=seen.st_mtime_ns)
    if stat.S_ISREG(seen.st_mode):
        return Item(path, ItemKind.FILE, seen.st_size, seen.st_mtime_ns)
    return Item(path, ItemKind.OTHER)


def _fits(pattern: str, path: str, name: str) -> bool:
    pattern = pattern.replace("\\", "/").rstrip("/")
    return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(name, pattern)
