"""Clones by the older launcher's names, which answer yes or no."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from ranvier.session.faults import RepositoryError
from ranvier.session.repository import clone_repository as clone
from ranvier.session.repository import update_repository as update

AnyPath = str | os.PathLike[str]


def clone_repository(
    repo_url: str, local_path: AnyPath, commit_hash: str | None = None
) -> bool:
    """Clone a repository into a folder that is not there yet.

    Parameters
    ----------
    repo_url, local_path
        From where, and into which folder.
    commit_hash
        Branch, tag or hash; None for what the remote proposes.

    Returns
    -------
    bool
        False if it could not be had, or the folder was there: the log says why, and
        nothing was changed.
    """
    try:
        clone(repo_url, Path(local_path).absolute(), commit_hash)
    except RepositoryError as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 - it says all
        return False
    return True


def update_repository(local_path: AnyPath, commit_hash: str | None = None) -> bool:
    """Fetch, and move a clean clone forward.

    Parameters
    ----------
    local_path
        Of the clone.
    commit_hash
        Branch, tag or hash; None for the branch that it is at.

    Returns
    -------
    bool
        False if it has changes, or could not be had: the log says why, and the clone
        is at what it was.
    """
    try:
        update(Path(local_path).absolute(), commit_hash)
    except RepositoryError as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 - it says all
        return False
    return True
