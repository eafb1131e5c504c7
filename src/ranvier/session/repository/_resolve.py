"""From a branch, a tag or a hash to one commit that is in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ranvier.session.faults import Finding, RepositoryError, Severity
from ranvier.session.repository._mirror import no_such_ref
from ranvier.session.repository._place import PlaceKind
from ranvier.session.repository._request import (
    is_full_hash,
    may_be_hash,
    names_commit,
)
from ranvier.session.repository._urls import conceal

if TYPE_CHECKING:
    from ranvier.session.repository._mirror import Mirror
    from ranvier.session.repository._place import Place

CHECK = "repository"


class Resolution(NamedTuple):
    """The commit that a ref leads to, and what is to be said of it."""

    commit: str
    finding: Finding | None = None


def resolve(mirror: Mirror, ref: str, clone: Place | None) -> Resolution:
    """Find the commit of a ref; ask the network only if it may know better.

    Parameters
    ----------
    mirror
        Made already, and locked.
    ref
        As asked for.
    clone
        Of a person, which may know what a remote out of reach can't tell.

    Returns
    -------
    Resolution
        A full hash that is in the mirror or is the clone's own; with a warning if a
        branch or a tag is as last known.

    Raises
    ------
    RepositoryError
        If it can't be had.
    """
    known = know_offline(mirror, ref, clone)
    if known:
        return Resolution(known)
    error = mirror.fetch()
    if error and clone and clone.kind is PlaceKind.CLONE:
        mirror.learn(clone.path)
    commit = mirror.find(ref)
    if commit is None and is_full_hash(ref) and not error:
        mirror.fetch_commit(ref.lower())
        commit = mirror.find(ref)
    if commit is None:
        raise _not_to_be_had(mirror, ref, error)
    if error and not (may_be_hash(ref) and commit.startswith(ref.lower())):
        return Resolution(commit, _as_last_known(mirror, ref, commit, error))
    return Resolution(commit)


def know_offline(mirror: Mirror, ref: str, clone: Place | None) -> str | None:
    """Give the commit of a hash that is here; no network can know better.

    Returns
    -------
    str or None
        The full hash; None if a remote should be asked.
    """
    if not names_commit(ref):
        return None
    if clone and clone.kind is PlaceKind.CLONE and clone.commit.startswith(ref.lower()):
        return clone.commit
    commit = mirror.find(ref)
    # A branch may have a name that reads like a hash: then it is asked for.
    return commit if commit and commit.startswith(ref.lower()) else None


def _not_to_be_had(
    mirror: Mirror, ref: str, error: RepositoryError | None
) -> RepositoryError:
    if error is None:
        return no_such_ref(ref, conceal(mirror.url), "none of that name in the remote")
    return not_reachable(mirror.url, ref, error)


def not_reachable(url: str, ref: str, error: RepositoryError) -> RepositoryError:
    """Make the error of a remote out of reach whose commit is not here either.

    Returns
    -------
    RepositoryError
        To be raised, or to be made a finding of.
    """
    return RepositoryError(
        f'the repository is not reachable, and "{ref}" is not in the cache.',
        code="RV-S22",
        where=conceal(url),
        found=error.found,
        mend="connect the computer, or name a commit that is in the cache",
    )


def _as_last_known(
    mirror: Mirror, ref: str, commit: str, error: RepositoryError
) -> Finding:
    return as_last_known(mirror, ref, commit, error.found)


def as_last_known(mirror: Mirror, ref: str, commit: str, found: str) -> Finding:
    """Make the warning of a branch or tag that may have moved since.

    Returns
    -------
    Finding
        A warning.
    """
    since = mirror.fetched or "an unknown date, in a clone on this computer"
    return Finding(
        Severity.WARNING,
        CHECK,
        f'"{ref}" is as it was last known, since the repository is not reachable.',
        code="RV-S28",
        where=conceal(mirror.url),
        found=f"commit {commit[:12]}, known since {since}; {found}",
        mend="connect the computer, or name the commit itself",
    )
