"""Source and copy looked at together: what must be copied, what is in the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ranvier.session.archive._copy import hash_file, see
from ranvier.session.archive._faults import in_the_way
from ranvier.session.archive._listing import Item, ItemKind, list_items
from ranvier.session.archive._manifest import (
    JOURNAL,
    LOCK,
    MANIFEST,
    is_ours,
    name_source,
    read_known,
)
from ranvier.session.archive._plan import Action, Entry, Seen, decide
from ranvier.session.record import LOCK_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.archive._request import ArchiveRequest


@dataclass
class Survey:
    """What is to be done for one copy.

    Parameters
    ----------
    items
        All that the source consists of, but what is left out.
    waiting
        Files to be copied, and whether an older copy of ours is replaced.
    whole
        Entries of files that are whole already, by path.
    """

    items: list[Item]
    waiting: dict[Item, bool] = field(default_factory=dict[Item, bool])
    whole: dict[str, Entry] = field(default_factory=dict[str, Entry])


def survey(request: ArchiveRequest, folder: Path) -> Survey:
    """Decide of each file; nothing is written before all places are known to be free.

    Parameters
    ----------
    request
        From where.
    folder
        Of the copy.

    Returns
    -------
    Survey
        What is to be done.

    Raises
    ------
    ArchiveError
        If files that are not ours lie in the way.
    OSError
        If either folder can't be read.
    """
    known = read_known(folder)
    is_same_source = known.source == name_source(request.source)
    foreign = [
        name
        for name in (MANIFEST, JOURNAL)
        if (folder / name).exists() and not is_ours(folder / name)
    ]
    items = list_items(request.source, (*request.exclude, LOCK_FILE))
    found = Survey([i for i in items if i.path not in (MANIFEST, JOURNAL, LOCK)])
    for item in found.items:
        place = folder / item.path
        if _is_blocked(item, place):
            foreign.append(item.path)
            continue
        if item.kind is not ItemKind.FILE:
            continue
        entry = known.entries.get(item.path)
        seen = Seen(item.size, item.mtime_ns)
        action = decide(seen, entry, see(place), is_ours=is_same_source)
        if action is Action.COMPARE:
            entry = _compare(item, request.source / item.path, place)
        if action in (Action.COPY, Action.REPLACE):
            found.waiting[item] = action is Action.REPLACE
        elif entry:
            found.whole[item.path] = entry
        else:
            foreign.append(item.path)
    if foreign:
        raise in_the_way(folder, foreign)
    return found


def _is_blocked(item: Item, place: Path) -> bool:
    """Say whether something of another kind lies where an item would."""
    if not place.exists() and not place.is_symlink():
        return False
    if item.kind is ItemKind.LINK:
        return not place.is_symlink() or str(place.readlink()) != item.target
    if item.kind is ItemKind.FOLDER:
        return place.is_symlink() or not place.is_dir()
    return place.is_symlink() or not place.is_file()


def _compare(item: Item, source: Path, place: Path) -> Entry | None:
    copy = see(place)
    if copy is None or copy.size != item.size:
        return None
    digest = hash_file(source)
    if digest != hash_file(place):
        return None
    told = (item.size, item.mtime_ns, digest)
    return Entry(item.path, *told, item.size, copy.mtime_ns)
