"""A clone that a person keeps: made, or moved forward, and never forced."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING

from ranvier.session.repository._git import find_git
from ranvier.session.repository._mirror import find_commit, no_such_ref, reach
from ranvier.session.repository._place import Place, PlaceKind, does_not_fit
from ranvier.session.repository._request import RepositoryRequest, check_request
from ranvier.session.repository._state import (
    build_state,
    find_changes,
    is_dirty_error,
)
from ranvier.session.repository._urls import conceal

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.record import RepositoryState
    from ranvier.session.repository._git import Git

_LIMIT_S = 300.0


def clone_repository(url: str, folder: Path, ref: str | None = None) -> RepositoryState:
    """Clone a repository, with its submodules, into a folder that is not there yet.

    Parameters
    ----------
    url
        Its address.
    folder
        Made by this call; it is there whole or not at all.
    ref
        Branch, tag or hash; None for the branch that the remote proposes.

    Returns
    -------
    RepositoryState
        What was cloned.

    Raises
    ------
    RepositoryError
        If the folder is there, or the remote or the ref is not to be had.
    """
    git = find_git(_LIMIT_S)
    asked = RepositoryRequest(url, ref or "HEAD", None, folder.parent)
    plain = conceal(check_request(asked))
    if folder.exists() or folder.is_symlink():
        raise does_not_fit(Place(folder, PlaceKind.PLAIN), "no folder yet")
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.new")
    git = git.with_rules(reach(check_request(asked)))
    try:
        git.run(folder.parent, "clone", "--quiet", "--", plain, str(new))
        if ref:
            _go_to(git, new, ref)
        git.run(new, "submodule", "--quiet", "update", "--init", "--recursive")
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)  # made by this very call
        raise
    return build_state(git, folder)


def update_repository(folder: Path, ref: str | None = None) -> RepositoryState:
    """Fetch, and move a clean clone forward; one with changes is refused.

    Parameters
    ----------
    folder
        Of the clone.
    ref
        Branch, tag or hash; None for the branch that it is at.

    Returns
    -------
    RepositoryState
        What it is at now.

    Raises
    ------
    RepositoryError
        If it has changes, its branch has commits of its own, or the remote or the ref
        is not to be had. The clone then is at what it was.
    """
    git = find_git(_LIMIT_S)
    changes = find_changes(git, folder)
    if changes:
        raise is_dirty_error(folder, changes)
    git.run(folder, "fetch", "--quiet", "--tags", "origin")
    own = git.ask(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    ref = ref or own
    if ref is None:
        raise no_such_ref("HEAD", str(folder), "no branch: the clone is at a commit")
    _go_to(git, folder, ref)
    if (folder / ".gitmodules").is_file():
        git.run(folder, "submodule", "--quiet", "update", "--init", "--recursive")
    return build_state(git, folder)


def _go_to(git: Git, folder: Path, ref: str) -> None:
    check_request(RepositoryRequest("clone", ref, None, folder))
    commit = find_commit(git, folder, ref)
    if commit is None:
        raise no_such_ref(ref, str(folder), "none of that name in the clone")
    if ref == git.ask(folder, "symbolic-ref", "--quiet", "--short", "HEAD"):
        git.run(folder, "merge", "--quiet", "--ff-only", commit)
    elif git.ask(folder, "rev-parse", "HEAD") != commit:
        git.run(folder, "switch", "--quiet", "--detach", commit)
