"""What lies where the code shall lie, and what may be done there: looked at, pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.session.faults import RepositoryError
from ranvier.session.repository._state import list_remotes
from ranvier.session.repository._urls import conceal, normalise

if TYPE_CHECKING:
    from ranvier.session.repository._git import Git
    from ranvier.session.repository._request import RepositoryRequest


class PlaceKind(enum.StrEnum):
    """What a folder is to a request."""

    ABSENT = "nothing"
    PLAIN = "a file or a folder that is no clone of its own"
    FOREIGN = "a clone of another repository"
    CLONE = "a clone of this repository"
    WORKTREE = "a worktree made by ranvier"


@dataclass(frozen=True)
class Place:
    """What was seen at a path.

    Parameters
    ----------
    path
        Looked at.
    kind
        What is there.
    commit
        That it is at; empty if it has none.
    remotes
        Addresses, without credentials.
    """

    path: Path
    kind: PlaceKind
    commit: str = ""
    remotes: tuple[str, ...] = ()


def look_at(git: Git, path: Path, url: str, mirror: Path) -> Place:
    """See what lies at a path, without changing anything.

    Parameters
    ----------
    git
        By which to look.
    path
        Of a clone or worktree, maybe.
    url
        Of the repository that is wanted there.
    mirror
        Its bare clone in the cache.

    Returns
    -------
    Place
        A folder within a clone counts as plain, since it is none by itself.
    """
    if not path.exists() and not path.is_symlink():
        return Place(path, PlaceKind.ABSENT)
    if not path.is_dir():
        return Place(path, PlaceKind.PLAIN)
    top = git.ask(path, "rev-parse", "--show-toplevel")
    if top is None or not _are_same(Path(top), path):
        return Place(path, PlaceKind.PLAIN)
    commit = git.ask(path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") or ""
    remotes = list_remotes(git, path)
    told = tuple(conceal(each) for each in remotes)
    common = git.ask(path, "rev-parse", "--git-common-dir") or "."
    if _are_same(path / common, mirror):
        return Place(path, PlaceKind.WORKTREE, commit, told)
    is_same = normalise(url) in {normalise(each) for each in remotes}
    kind = PlaceKind.CLONE if is_same else PlaceKind.FOREIGN
    return Place(path, kind, commit, told)


def look_at_clone(
    git: Git, request: RepositoryRequest, url: str, mirror: Path
) -> Place | None:
    """See whether a person keeps a clone where the code shall lie.

    Returns
    -------
    Place or None
        None if no folder of a person was named.

    Raises
    ------
    RepositoryError
        If something else lies there.
    """
    if request.local is None:
        return None
    place = look_at(git, request.local.absolute() / request.name, url, mirror)
    if place.kind not in (PlaceKind.ABSENT, PlaceKind.CLONE):
        raise does_not_fit(place, "no folder, or a clone of this repository")
    return place


def choose_place(
    clone: Place | None, worktree: Place, commit: str
) -> tuple[Path, bool]:
    """Decide which folder is used.

    Parameters
    ----------
    clone
        Of a person, if a folder was named.
    worktree
        What lies where a worktree would.
    commit
        That is wanted.

    Returns
    -------
    tuple
        The folder, and whether a worktree must be made there first.

    Raises
    ------
    RepositoryError
        If something else lies there.
    """
    if clone and clone.kind is PlaceKind.CLONE and clone.commit == commit:
        return clone.path, False
    if worktree.kind is PlaceKind.ABSENT:
        return worktree.path, True
    if worktree.kind is PlaceKind.WORKTREE and worktree.commit == commit:
        return worktree.path, False
    raise does_not_fit(worktree, f"no folder, or a worktree at {commit[:12]}")


def does_not_fit(place: Place, wanted: str) -> RepositoryError:
    """Make the error of a folder that is used for something else.

    Returns
    -------
    RepositoryError
        To be raised; the folder is left as it is.
    """
    at = f" at {place.commit[:12]}" if place.commit else ""
    of = f", of {', '.join(place.remotes)}" if place.remotes else ""
    return RepositoryError(
        "something else lies where the repository shall lie.",
        code="RV-S24",
        where=str(place.path),
        found=place.kind.value + at + of,
        wanted=wanted,
        mend="move it elsewhere, or choose another folder; it is left as it is",
    )


def _are_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
