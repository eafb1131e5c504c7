"""Which code a task wants, and where it may lie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ranvier.core import format_value
from ranvier.session.faults import RepositoryError
from ranvier.session.repository._urls import complete, conceal, name_repository

if TYPE_CHECKING:
    from pathlib import Path

_FULL = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
# Git itself gives seven digits; fewer are more likely a word.
_HASH = re.compile(r"[0-9a-fA-F]{4,64}\Z")
_SURE_DIGITS = 7
_NO_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|\A[-/]|/\Z|\.lock\Z|//")
_NO_NAME = re.compile(r"[\x00-\x1f<>\"|?*]|\A[-.]|\s\Z")


@dataclass(frozen=True)
class RepositoryRequest:
    """Which code is wanted, and where it may lie.

    Parameters
    ----------
    url
        Of the repository: http, ssh, or a path.
    ref
        Branch, tag or hash of a commit, short or full.
    local
        Folder in which a person keeps clones, and in which the code shall lie; if
        None it lies in the cache.
    cache
        Folder of bare clones; made if it is not there.
    allow_dirty
        If files that differ from the commit may be used; the difference is saved.
    timeout_s
        Limit of each act of git, s.
    """

    url: str
    ref: str
    local: Path | None
    cache: Path
    allow_dirty: bool = False
    timeout_s: float = 300.0

    @property
    def name(self) -> str:
        """Name of the repository, that of its folder."""
        return name_repository(self.url)

    @property
    def worktrees(self) -> Path:
        """The folder that worktrees lie in."""
        return self.cache / "worktrees" if self.local is None else self.local


def check_request(request: RepositoryRequest) -> str:
    """Refuse what git could take for something else than an address and a ref.

    Returns
    -------
    str
        The address, absolute if it is a path.

    Raises
    ------
    RepositoryError
        If the address has no name, or the ref can't be one.
    """
    url, ref = request.url.strip(), request.ref
    name = name_repository(url)
    if not name or _NO_NAME.search(name) or url.startswith("-"):
        raise _not_usable("url", conceal(url), "an address that ends in a name")
    if not ref or _NO_REF.search(ref):
        raise _not_usable("ref", ref, "a branch, a tag, or the hash of a commit")
    return complete(url)


def is_full_hash(ref: str) -> bool:
    """Say whether a ref is a whole hash, which no branch can be mistaken for."""
    return bool(_FULL.match(ref.lower()))


def may_be_hash(ref: str) -> bool:
    """Say whether a ref could be (the beginning of) a hash."""
    return bool(_HASH.match(ref))


def names_commit(ref: str) -> bool:
    """Say whether a ref is so long a hash that no newer one need be asked for."""
    return may_be_hash(ref) and len(ref) >= _SURE_DIGITS


def _not_usable(what: str, found: str, wanted: str) -> RepositoryError:
    return RepositoryError(
        f"the {what} of the repository can't be one.",
        code="RV-S27",
        found=format_value(found),
        wanted=wanted,
        mend="correct it in the parameter file",
    )
