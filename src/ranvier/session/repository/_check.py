"""Whether a repository could be prepared, looked at without changing anything."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.session.faults import Finding, Report, RepositoryError, Severity
from ranvier.session.repository._git import find_git
from ranvier.session.repository._mirror import Mirror, find_commit, no_such_ref
from ranvier.session.repository._place import choose_place, look_at, look_at_clone
from ranvier.session.repository._prepare import check_large_files
from ranvier.session.repository._request import (
    check_request,
    is_full_hash,
    may_be_hash,
)
from ranvier.session.repository._resolve import (
    CHECK,
    as_last_known,
    know_offline,
    not_reachable,
)
from ranvier.session.repository._state import find_changes, is_dirty_error
from ranvier.session.repository._urls import conceal

if TYPE_CHECKING:
    from ranvier.session.repository._git import Git
    from ranvier.session.repository._place import Place
    from ranvier.session.repository._request import RepositoryRequest

_REACH_S = 30.0


def check_repository(request: RepositoryRequest) -> Report:
    """Look whether the code could be had, without changing anything.

    Parameters
    ----------
    request
        As for `prepare_repository`.

    Returns
    -------
    Report
        Git, the commit (here, or by the remote, which is asked for up to 30 s), the
        folder, changed files. Submodules are not looked at, since they may have to be
        fetched first.
    """
    findings: list[Finding] = []
    try:
        git = find_git(request.timeout_s)
        url = check_request(request)
        mirror = Mirror(request.cache.absolute(), url, git)
        clone = look_at_clone(git, request, url, mirror.path)
        commit, found = _look_for_commit(mirror, request.ref, clone)
        findings.append(found)
        if commit:
            findings += _check_folder(git, request, mirror, clone, commit)
    except RepositoryError as error:
        findings.append(Finding.from_error(error, CHECK))
    return Report.of(findings)


def _look_for_commit(
    mirror: Mirror, ref: str, clone: Place | None
) -> tuple[str | None, Finding]:
    commit = know_offline(mirror, ref, clone)
    if commit:
        return commit, _fine(f"commit {commit[:12]} is here")
    git = mirror.git.limited(_REACH_S)
    names = [ref, f"{ref}^{{}}"]  # what a tag with a message leads to
    try:
        # Of a computer without a cache: any folder does.
        folder = Path(tempfile.gettempdir())
        told = git.run(folder, "ls-remote", "--quiet", conceal(mirror.url), *names)
    except RepositoryError as error:
        return _look_offline(mirror, ref, clone, error)
    commit = choose_told(told, ref)
    if commit:
        return commit, _fine(f"{conceal(mirror.url)} has {ref} at {commit[:12]}")
    if may_be_hash(ref):
        what = "a hash" if is_full_hash(ref) else "maybe a short hash"
        return None, _fine(f"{ref} is {what}: it will be looked for when it is fetched")
    raise no_such_ref(ref, conceal(mirror.url), "none of that name in the remote")


def _look_offline(
    mirror: Mirror, ref: str, clone: Place | None, error: RepositoryError
) -> tuple[str | None, Finding]:
    places = [mirror.path] if mirror.is_there else []
    places += [clone.path] if clone and clone.path.is_dir() else []
    for place in places:
        commit = find_commit(mirror.git, place, ref)
        if commit and may_be_hash(ref) and commit.startswith(ref.lower()):
            return commit, _fine(f"commit {commit[:12]} is here")
        if commit:
            return commit, as_last_known(mirror, ref, commit, error.found)
    raise not_reachable(mirror.url, ref, error)


def choose_told(told: str, ref: str) -> str | None:
    r"""Take the commit of a ref out of what `git ls-remote` says.

    Parameters
    ----------
    told
        A hash, a tab and a name on each line.
    ref
        Branch or tag, maybe with "refs/heads/" or "refs/tags/".

    Returns
    -------
    str or None
        None if it is none of them.

    Raises
    ------
    RepositoryError
        If a branch and a tag of that name lead to different commits.

    Examples
    --------
    >>> choose_told("1a\trefs/tags/v1\n2b\trefs/tags/v1^{}\n", "v1")
    '2b'
    """
    rows = [line.split("\t", 1) for line in told.splitlines() if "\t" in line]
    known = {name: commit for commit, name in rows}
    plain = ref.removeprefix("refs/").removeprefix("heads/").removeprefix("tags/")
    branch = None if ref.startswith("refs/tags/") else known.get(f"refs/heads/{plain}")
    tag = known.get(f"refs/tags/{plain}^{{}}") or known.get(f"refs/tags/{plain}")
    tag = None if ref.startswith("refs/heads/") else tag
    if branch and tag and branch != tag:
        raise no_such_ref(ref, "", f"branch {branch[:12]}, tag {tag[:12]}")
    return branch or tag


def _check_folder(
    git: Git,
    request: RepositoryRequest,
    mirror: Mirror,
    clone: Place | None,
    commit: str,
) -> list[Finding]:
    path = request.worktrees.absolute() / f"{request.name}@{commit[:12]}"
    worktree = look_at(git, path, mirror.url, mirror.path)
    folder, is_new = choose_place(clone, worktree, commit)
    if is_new:
        return [_fine(f"a worktree will be made at {folder}")]
    changes = find_changes(git, folder)
    found = check_large_files(git, folder)
    if changes:
        severity = Severity.WARNING if request.allow_dirty else Severity.ERROR
        error = is_dirty_error(folder, changes)
        return [*found, Finding.from_error(error, CHECK, severity)]
    return [*found, _fine(f"{folder} is at the commit and clean")]


def _fine(problem: str) -> Finding:
    return Finding(Severity.OK, CHECK, problem)
