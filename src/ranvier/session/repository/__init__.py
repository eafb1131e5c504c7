"""The code of a task at one commit, without ever losing what a person edited."""

from __future__ import annotations

from ranvier.session.repository._check import check_repository
from ranvier.session.repository._plain import clone_repository, update_repository
from ranvier.session.repository._prepare import prepare_repository
from ranvier.session.repository._request import RepositoryRequest
from ranvier.session.repository._state import list_changes, read_state

__all__ = [
    "RepositoryRequest",
    "check_repository",
    "clone_repository",
    "list_changes",
    "prepare_repository",
    "read_state",
    "update_repository",
]
