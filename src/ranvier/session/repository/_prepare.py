"""A repository made ready: at its commit, in a folder that nobody's work is lost in."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from ranvier.core import Reporter, SilentReporter
from ranvier.session.faults import Finding, Severity
from ranvier.session.repository._difference import save_changes, warn_of_left_out
from ranvier.session.repository._git import find_git
from ranvier.session.repository._lock import hold
from ranvier.session.repository._mirror import Mirror
from ranvier.session.repository._place import choose_place, look_at, look_at_clone
from ranvier.session.repository._request import check_request
from ranvier.session.repository._resolve import CHECK, resolve
from ranvier.session.repository._state import (
    build_state,
    find_changes,
    is_dirty_error,
    list_submodules,
)
from ranvier.session.repository._submodules import add_submodules
from ranvier.session.repository._urls import conceal

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.record import RepositoryState
    from ranvier.session.repository._git import Git
    from ranvier.session.repository._request import RepositoryRequest


def prepare_repository(
    request: RepositoryRequest, diff_file: Path, reporter: Reporter | None = None
) -> RepositoryState:
    """Have the code of a task ready at one commit.

    A clone that a person keeps at `<local>/<name>` is used in place if it is of this
    address, at this commit and clean. Else a worktree of a bare clone in the cache is
    made, or used again, at `<local>/<name>@<12 digits>`. No folder that was there
    before is reset, cleaned, checked out or removed.

    Parameters
    ----------
    request
        Which code, and where it may lie.
    diff_file
        Gets the difference if files differ from the commit and that is allowed.
    reporter
        Is warned of what is done otherwise than asked: a branch as last known, large
        files that are not there, or that the difference does not hold.

    Returns
    -------
    RepositoryState
        As it is used; its `diff` is the name of `diff_file`, if that was written.

    Raises
    ------
    RepositoryError
        If the code can't be had as asked; nothing of a person's was changed.
    """
    listener = reporter or SilentReporter()
    git = find_git(request.timeout_s)
    url = check_request(request)
    mirror = Mirror(request.cache.absolute(), url, git)
    clone = look_at_clone(git, request, url, mirror.path)
    with hold(mirror.lock_path, request.timeout_s):
        mirror.make()
        resolution = resolve(mirror, request.ref, clone)
        if resolution.finding:
            listener.warn(str(resolution.finding))
        commit = resolution.commit
        path = request.worktrees.absolute() / f"{request.name}@{commit[:12]}"
        worktree = look_at(git, path, url, mirror.path)
        folder, is_new = choose_place(clone, worktree, commit)
        if is_new:
            listener.say(f"checking out {request.name} at {commit[:12]}")
            _make_worktree(mirror, folder, commit)
        if folder == path and list_submodules(git, folder)[1]:
            add_submodules(mirror, folder, commit)
    for finding in check_large_files(git, folder):
        listener.warn(str(finding))
    state = _describe(git, folder, request, diff_file)
    if state.left_out:
        listener.warn(str(warn_of_left_out(folder, state.left_out)))
    return state


def check_large_files(git: Git, folder: Path) -> list[Finding]:
    """Look whether files are kept by git-lfs, which is not there.

    Returns
    -------
    list of Finding
        A warning, or nothing.
    """
    places = (".gitattributes", "**/.gitattributes")
    named = git.ask(folder, "grep", "-l", "filter=lfs", "HEAD", "--", *places)
    if not named or git.ask(folder, "lfs", "version") is not None:
        return []
    warning = Finding(
        Severity.WARNING,
        CHECK,
        "large files of the repository are kept by git-lfs, which is not installed.",
        code="RV-S29",
        where=str(folder),
        found=named.replace("HEAD:", "").replace("\n", ", "),
        mend="install git-lfs; a short text stands in place of each of these files",
    )
    return [warning]


def _make_worktree(mirror: Mirror, folder: Path, commit: str) -> None:
    # Under another name first: killed half way, it must not be taken for a whole one.
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.new")
    # "--force" only lets a name that is registered, but whose folder is gone, be used.
    words = ("worktree", "add", "--quiet", "--force", "--detach", str(new), commit)
    try:
        mirror.git.run(mirror.path, *words)
        new.rename(folder)
    except BaseException:
        if new.exists():  # made by this very call
            mirror.git.ask(mirror.path, "worktree", "remove", "--force", str(new))
        raise
    mirror.git.run(mirror.path, "worktree", "repair", str(folder))


def _describe(
    git: Git, folder: Path, request: RepositoryRequest, diff_file: Path
) -> RepositoryState:
    changes = find_changes(git, folder)
    if changes and not request.allow_dirty:
        raise is_dirty_error(folder, changes)
    left_out = save_changes(git, folder, diff_file) if changes else ()
    return replace(
        build_state(git, folder),
        url=conceal(request.url.strip()),
        ref=request.ref,
        is_dirty=bool(changes),
        diff=diff_file.name if changes else "",
        left_out=left_out,
    )
