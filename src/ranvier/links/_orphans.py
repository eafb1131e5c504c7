"""Shared memory of runs whose folder is gone, so that nothing else leads to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, List, Set

from ranvier.links._open import PREFIX, SHARED


def remove_orphans(known: Set[str], shared: Path = SHARED) -> List[str]:
    """Remove this user's shared memory of runs that no process takes part in.

    Parameters
    ----------
    known
        Prefixes of runs whose folders are there: theirs is left to `RunFolder.sweep`.
    shared
        Where the memory has names.

    Returns
    -------
    list of str
        Prefixes of the runs whose memory was removed; none on a system that does not
        tell which process uses which memory.
    """
    maps = list(Path("/proc").glob("[0-9]*/maps"))
    if not maps or not shared.is_dir():
        return []
    found = _find_own(shared)
    for path in maps if found.keys() - known else ():
        used = _read(path)
        known = known | {prefix for prefix in found if prefix in used}
    orphans = sorted(found.keys() - known)
    for prefix in orphans:
        for each in found[prefix]:
            each.unlink(missing_ok=True)
    return orphans


def _find_own(shared: Path) -> Dict[str, List[Path]]:
    found: Dict[str, List[Path]] = {}
    for path in shared.glob("ranvier_*"):
        prefix = PREFIX.match(path.name)
        if prefix and path.lstat().st_uid == os.getuid():
            found.setdefault(prefix.group(), []).append(path)
    return found


def _read(path: Path) -> str:
    # A process that has ended, or another user's, which can't map what is this user's.
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
