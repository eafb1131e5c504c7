"""What can be wrong with an archive, each said at one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import format_quantity, to_text
from ranvier.session.faults import ArchiveError, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CHECK = "archive"
_MAX_NAMED = 10


def bad_place(where: Path, found: str, wanted: str) -> ArchiveError:
    """Make the error of folders that no session can be archived from, or to."""
    return ArchiveError(
        "a session can't be archived like this.",
        code="RV-S60",
        where=to_text(where),
        found=found,
        wanted=wanted,
        mend="correct the folders of the archive",
    )


def disk_full(where: Path, free: int, needed: int, found: str = "") -> ArchiveError:
    """Make the error of a disk that is full, or that would be; both in bytes."""
    room = f"{free:,} bytes free ({format_quantity(free, 'B')})"
    return ArchiveError(
        "the disk of the archive has not enough room.",
        code="RV-S62",
        where=to_text(where),
        found=f"{room}; {found}" if found else room,
        wanted=f"{needed:,} bytes ({format_quantity(needed, 'B')}) for what is left",
        mend="make room there and archive again; the session itself is untouched",
    )


def in_the_way(folder: Path, names: Sequence[str]) -> ArchiveError:
    """Make the error of files that lie where copies would, and are not ours."""
    return ArchiveError(
        "other files lie where the copies would; they are left as they are.",
        code="RV-S63",
        where=to_text(folder),
        found=name_some(names),
        wanted="nothing there, or the same content",
        mend="move them elsewhere, or archive to another folder",
    )


def not_copied(name: str, found: str) -> ArchiveError:
    """Make the error of one file that can't be copied."""
    return ArchiveError(
        f'"{to_text(name)}" can\'t be copied.',
        code="RV-S64",
        found=found,
        mend="mend what hinders it, and archive again; what is whole is kept",
    )


def not_the_same(name: str, where: Path) -> ArchiveError:
    """Make the error of a copy that reads back otherwise than it was written."""
    return ArchiveError(
        f'the copy of "{to_text(name)}" is not what was read.',
        code="RV-S65",
        where=to_text(where),
        wanted="the same SHA-256",
        mend="check the disk and the network of the archive, and archive again",
    )


def changed_meanwhile(name: str, found: str) -> Finding:
    """Make the warning of a file that was written to while it was copied."""
    return Finding(
        Severity.WARNING,
        CHECK,
        f'"{to_text(name)}" changed while it was copied.',
        code="RV-S66",
        found=found,
        mend="archive again once nobody writes to it",
    )


def leads_outside(name: str, target: str) -> Finding:
    """Make the warning of a link whose target is no part of the session."""
    return Finding(
        Severity.WARNING,
        CHECK,
        f'the link "{to_text(name)}" is copied, but not what it leads to.',
        code="RV-S67",
        found=to_text(target),
        mend="copy its target into the session folder, if it belongs to it",
    )


def not_whole(folder: Path, found: str) -> Finding:
    """Make the error of an archive that is not what its manifest says."""
    return Finding(
        Severity.ERROR,
        CHECK,
        "the archive is not what its manifest says.",
        code="RV-S68",
        where=to_text(folder),
        found=to_text(found),
        mend="archive the session again, from its source",
    )


def name_some(names: Sequence[str]) -> str:
    """Name some of many."""
    more = len(names) - _MAX_NAMED
    text = ", ".join(to_text(name) for name in names[:_MAX_NAMED])
    return f"{text}, and {more:,} more" if more > 0 else text
