"""Whether a repository can be had: by its address alone, or by asking for it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from ranvier.session.repository import RepositoryRequest, check_repository

_URL = re.compile(r"(?:https?|ssh|git|file)://[^\s/]*/\S+\Z", re.IGNORECASE)
# Of a hash the remote is asked nothing but whether it is there.
_ANY_HASH = "0" * 40
_SSH_SHORT = re.compile(r"[^\s@/\\:]+@[^\s@/\\:]+:[^\s]+\Z")


def validate_git_url(repo_url: str) -> bool:
    """Look whether a text can be the address of a git repository; nothing is asked.

    Parameters
    ----------
    repo_url
        http, ssh (long or short), git or file.

    Returns
    -------
    bool
        True if it has the form of one.

    Examples
    --------
    >>> validate_git_url("git@host.org:lab/task.git"), validate_git_url("task")
    (True, False)
    """
    return bool(_URL.match(repo_url) or _SSH_SHORT.match(repo_url))


def validate_git_repository(repo_url: str) -> bool:
    """Look whether a repository is there and can be read; nothing is fetched or kept.

    Parameters
    ----------
    repo_url
        Its address, or a path. It is asked for up to 30 s, without any question to a
        person.

    Returns
    -------
    bool
        False if it can't be had, also if git is missing.
    """
    with tempfile.TemporaryDirectory() as folder:
        request = RepositoryRequest(repo_url, _ANY_HASH, None, Path(folder))
        return not check_repository(request).errors
