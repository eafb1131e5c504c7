"""Submodules: mirrored in the cache like any repository, so that they are had offline.

A worktree gets each of them from its mirror, and is told the true address afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ranvier.session.repository._git import git_failed
from ranvier.session.repository._lock import hold
from ranvier.session.repository._mirror import Mirror
from ranvier.session.repository._state import read_submodules
from ranvier.session.repository._urls import conceal, join

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.repository._git import Git


class Submodule(NamedTuple):
    """One submodule of a commit: its name, path and address, and its own commit."""

    name: str
    path: str
    url: str
    commit: str


def add_submodules(mirror: Mirror, folder: Path, commit: str) -> None:
    """Put the submodules that a worktree of ours lacks into it, at any depth.

    Parameters
    ----------
    mirror
        Of the worktree.
    folder
        The worktree.
    commit
        That it is at.

    Raises
    ------
    RepositoryError
        If one is neither in the cache nor to be fetched.
    """
    waiting = [(mirror, folder, commit)]
    while waiting:
        parent, at, own_commit = waiting.pop()
        mirrors: dict[Submodule, Mirror] = {}
        for part in _list_submodules(parent, own_commit):
            mirrors[part] = Mirror(mirror.cache, part.url, mirror.git)
            _have(mirrors[part], part, parent)
        _fill(mirror.git, at, mirrors)
        waiting += [(own, at / part.path, part.commit) for part, own in mirrors.items()]


def _fill(git: Git, folder: Path, mirrors: dict[Submodule, Mirror]) -> None:
    told = git.run(folder, "submodule", "status") if mirrors else ""
    # One that is there may be at what a person switched it to: it is left so.
    missing = [part for part in mirrors if part.path in read_submodules(told)[1]]
    if not missing:
        return
    for part in missing:  # "init" leaves it out where an address is given, as here
        git.run(folder, "config", f"submodule.{part.name}.active", "true")
    rules = [
        (f"submodule.{part.name}.url", str(mirrors[part].path)) for part in missing
    ]
    local = git.with_rules((*rules, ("protocol.file.allow", "always")))
    paths = [part.path for part in missing]
    local.run(folder, "submodule", "--quiet", "update", "--init", "--", *paths)
    for part in missing:
        words = ("remote", "set-url", "origin", conceal(part.url))
        git.run(folder / part.path, *words)


def _list_submodules(mirror: Mirror, commit: str) -> list[Submodule]:
    settings = _read_settings(mirror, commit)
    found: list[Submodule] = []
    for name, path in settings.items():
        section, _, key = name.rpartition(".")
        url = settings.get(f"{section}.url")
        row = mirror.git.ask(mirror.path, "ls-tree", commit, "--", path)
        if key != "path" or url is None or not row or not row.startswith("160000"):
            continue  # named, but not part of this commit
        own = section.removeprefix("submodule.")
        found.append(Submodule(own, path, join(mirror.url, url), row.split()[2]))
    return found


def _read_settings(mirror: Mirror, commit: str) -> dict[str, str]:
    blob = f"{commit}:.gitmodules"
    told = mirror.git.ask(mirror.path, "config", "-z", "--blob", blob, "--list")
    rows = [row.partition("\n") for row in (told or "").split("\0") if row]
    return {name: value for name, _, value in rows if name.startswith("submodule.")}


def _have(mirror: Mirror, part: Submodule, parent: Mirror) -> None:
    with hold(mirror.lock_path, mirror.git.timeout_s):
        mirror.make()
        if mirror.find(part.commit):
            return
        error = mirror.fetch()
        if error is None and mirror.find(part.commit) is None:
            mirror.fetch_commit(part.commit)
        if mirror.find(part.commit):
            return
    told = f'submodule "{part.path}" of {conceal(parent.url)}, {conceal(part.url)}: '
    told += f"commit {part.commit} is not in the cache"
    told += f"; {error.found}" if error else ", nor is it in the remote"
    raise git_failed(("submodule",), mirror.path, 1, told)
