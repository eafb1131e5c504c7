"""The bare clone of a repository in the cache: everything fetched, nothing lost.

It has branches as a clone has them (`refs/remotes/origin/…`), so that a worktree of it
in which someone switches to a branch never hinders a fetch.
"""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
from typing import TYPE_CHECKING

from ranvier.core import write_atomically
from ranvier.session.faults import RepositoryError
from ranvier.session.repository._request import may_be_hash
from ranvier.session.repository._urls import conceal, name_mirror

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.repository._git import Git, Rules

_BRANCHES = "+refs/heads/*:refs/remotes/origin/*"
_TAGS = "+refs/tags/*:refs/tags/*"
_FETCHED = "ranvier-fetched"


class Mirror:
    """One repository in the cache.

    Parameters
    ----------
    cache
        Folder of all of them.
    url
        Its address.
    git
        By which it is kept.
    """

    def __init__(self, cache: Path, url: str, git: Git) -> None:
        self.cache, self.url = cache, url
        self.path = cache / name_mirror(url)
        self.git = git.with_rules(reach(url))

    @property
    def lock_path(self) -> Path:
        """File whose lock its writers hold."""
        return self.path.with_name(self.path.name + ".lock")

    @property
    def is_there(self) -> bool:
        """True if it was made before."""
        return (self.path / "HEAD").is_file()

    @property
    def fetched(self) -> str:
        """ISO date of the last fetch that succeeded; empty if there was none."""
        try:
            return (self.path / _FETCHED).read_text("utf-8").strip()
        except OSError:
            return ""

    def make(self) -> None:
        """Make it if it is not there: whole or not at all."""
        if self.is_there:
            return
        new = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        new.mkdir(parents=True)
        try:
            self.git.run(new, "init", "--quiet", "--bare", "--template=", ".")
            settings = {
                "remote.origin.url": conceal(self.url),
                "remote.origin.fetch": _BRANCHES,
                # Submodules of worktrees are taken from here, by the hash.
                "uploadpack.allowAnySHA1InWant": "true",
                "gc.auto": "0",
                "gc.worktreePruneExpire": "never",
            }
            for name, value in settings.items():
                self.git.run(new, "config", name, value)
            new.rename(self.path)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)  # made a moment ago, by us
            raise

    def fetch(self) -> RepositoryError | None:
        """Take what is new, of the remote.

        Returns
        -------
        RepositoryError or None
            Why not, if the remote is not to be had.
        """
        words = ("fetch", "--quiet", "--prune", "--no-write-fetch-head", "origin")
        try:
            self.git.run(self.path, *words, _BRANCHES, _TAGS)
        except RepositoryError as error:
            return error
        now = dt.datetime.now(dt.UTC).astimezone().isoformat(timespec="seconds")
        write_atomically(self.path / _FETCHED, now + "\n")
        return None

    def fetch_commit(self, commit: str) -> None:
        """Try to take one commit that no branch and no tag leads to."""
        words = ("fetch", "--quiet", "--no-write-fetch-head", "origin")
        # The name keeps it from being swept by a person's "git gc".
        self.git.ask(self.path, *words, f"{commit}:refs/ranvier/{commit}")

    def learn(self, clone: Path) -> None:
        """Take what a person's clone on this computer has; only read there."""
        words = ["fetch", "--quiet", "--no-write-fetch-head", str(clone)]
        kept = ["+refs/heads/*:refs/clone/heads/*"]
        if not self.fetched:
            kept += ["+refs/remotes/origin/*:refs/remotes/origin/*", _TAGS]
        self.git.ask(self.path, *words, *kept)

    def find(self, ref: str) -> str | None:
        """Look up a ref without any network; as `find_commit`.

        Returns
        -------
        str or None
            The full hash.
        """
        return find_commit(self.git, self.path, ref) if self.is_there else None


def reach(url: str) -> Rules:
    """Give the rule by which git comes to an address that it knows without password.

    Returns
    -------
    Rules
        None if the address has no password.
    """
    plain = conceal(url)
    return () if plain == url else ((f"url.{url}.insteadOf", plain),)


def find_commit(git: Git, folder: Path, ref: str) -> str | None:
    """Look up a branch, a tag or a hash in a clone.

    Parameters
    ----------
    git, folder
        By which, and where.
    ref
        As asked for.

    Returns
    -------
    str or None
        The full hash; None if it is not known there.

    Raises
    ------
    RepositoryError
        If a branch and a tag of that name lead to different commits.
    """
    plain = ref.removeprefix("refs/")
    branch = tag = None
    if not plain.startswith("tags/"):
        name = plain.removeprefix("heads/").removeprefix("remotes/origin/")
        branch = _look_up(git, folder, f"refs/remotes/origin/{name}")
    if not plain.startswith("heads/"):
        tag = _look_up(git, folder, f"refs/tags/{plain.removeprefix('tags/')}")
    if branch and tag and branch != tag:
        raise no_such_ref(ref, str(folder), f"branch {branch[:12]}, tag {tag[:12]}")
    if branch or tag:
        return branch or tag
    return _look_up(git, folder, ref) if may_be_hash(ref) else None


def no_such_ref(ref: str, where: str, found: str) -> RepositoryError:
    """Make the error of a ref that leads to no commit, or to several.

    Returns
    -------
    RepositoryError
        To be raised.
    """
    return RepositoryError(
        f'"{ref}" does not name one commit of the repository.',
        code="RV-S23",
        where=where,
        found=found,
        wanted="a branch, a tag, or the hash of one commit",
        mend="correct it; refs/heads/… is a branch, refs/tags/… a tag",
    )


def _look_up(git: Git, folder: Path, name: str) -> str | None:
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options")
    return git.ask(folder, *words, name + "^{commit}")
