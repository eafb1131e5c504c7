"""What a clone or a worktree is at: its commit, and what differs from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ranvier.core import to_text
from ranvier.session.faults import RepositoryError
from ranvier.session.record import RepositoryState
from ranvier.session.repository._git import find_git
from ranvier.session.repository._urls import conceal

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.repository._git import Git

_LIMIT_S = 60.0
_SUBMODULE = re.compile(r"([ +\-U])([0-9a-f]{40,64}) (.+?)(?: \([^()]*\))?")


def read_state(folder: Path) -> RepositoryState:
    """Read what a clone or a worktree is at, without changing anything.

    Parameters
    ----------
    folder
        Its top folder.

    Returns
    -------
    RepositoryState
        `ref` is the branch or the tag it is at, if any; `url` has no credentials.

    Raises
    ------
    RepositoryError
        If git is missing or the folder is no clone.
    """
    return build_state(find_git(_LIMIT_S), folder)


def list_changes(folder: Path) -> tuple[str, ...]:
    """List the files that differ from the commit, without changing anything.

    Bytecode that Python left (`__pycache__`) does not count, nor what is ignored.

    Parameters
    ----------
    folder
        Top folder of a clone or a worktree.

    Returns
    -------
    tuple of str
        Two letters as git writes them ("??": untracked), a space, and the path.

    Raises
    ------
    RepositoryError
        If git is missing or the folder is no clone.
    """
    return find_changes(find_git(_LIMIT_S), folder)


def build_state(git: Git, folder: Path) -> RepositoryState:
    """Read what a clone is at; as `read_state`, with a git at hand.

    Returns
    -------
    RepositoryState
        As of now.
    """
    commit = git.run(folder, "rev-parse", "--verify", "HEAD^{commit}").strip()
    ref = git.ask(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    ref = ref or git.ask(folder, "describe", "--tags", "--exact-match", "HEAD")
    return RepositoryState(
        url=conceal(next(iter(list_remotes(git, folder)), "")),
        commit=commit,
        ref=ref or "",
        path=str(folder),
        is_dirty=bool(find_changes(git, folder)),
        submodules=list_submodules(git, folder)[0],
    )


def list_remotes(git: Git, folder: Path) -> list[str]:
    """List the addresses of a clone's remotes, that of origin first.

    Returns
    -------
    list of str
        As its settings have them.
    """
    told = git.ask(folder, "config", "-z", "--get-regexp", r"^remote\..*\.url$") or ""
    rows = [each.partition("\n") for each in told.split("\0") if each]
    rows.sort(key=lambda row: row[0] != "remote.origin.url")
    return [url for _, _, url in rows]


def find_changes(git: Git, folder: Path) -> tuple[str, ...]:
    """List what differs from the commit; as `list_changes`, with a git at hand.

    Returns
    -------
    tuple of str
        In git's order.
    """
    words = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
    told = git.run(folder, *words, "--ignore-submodules=none")
    return read_changes(told)


def read_changes(told: str) -> tuple[str, ...]:
    r"""Take the changes that matter out of what `git status -z` says.

    Returns
    -------
    tuple of str
        Without bytecode.

    Examples
    --------
    >>> read_changes(" M task.py\0?? __pycache__/task.cpython-311.pyc\0")
    (' M task.py',)
    """
    return tuple(row for row in told.split("\0") if row and not _is_bytecode(row))


def list_submodules(git: Git, folder: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """List the submodules, at any depth.

    Returns
    -------
    tuple
        Commit of each by its path; the paths of those that are not there yet.
    """
    if not (folder / ".gitmodules").is_file():
        return {}, ()
    told = git.run(folder, "submodule", "status", "--recursive")
    return read_submodules(told)


def read_submodules(told: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Take commits and paths out of what `git submodule status` says.

    Returns
    -------
    tuple
        As `list_submodules`.
    """
    commits: dict[str, str] = {}
    missing: list[str] = []
    for line in told.splitlines():
        match = _SUBMODULE.fullmatch(line)
        if match is None:
            continue
        commits[match[3]] = match[2]
        if match[1] == "-":
            missing.append(match[3])
    return commits, tuple(missing)


def is_dirty_error(folder: Path, changes: tuple[str, ...]) -> RepositoryError:
    """Make the error of files that differ from their commit.

    Returns
    -------
    RepositoryError
        With the first of them.
    """
    more = f"\n… and {len(changes) - 10} more" if len(changes) > 10 else ""
    return RepositoryError(
        "files of the repository differ from the commit.",
        code="RV-S25",
        where=str(folder),
        found=to_text("\n".join(changes[:10])) + more,
        wanted="no file changed, none untracked",
        mend="commit them, or use --allow-dirty, which saves the difference",
    )


def _is_bytecode(row: str) -> bool:
    return row.startswith("??") and row.endswith(".pyc") and "__pycache__/" in row
