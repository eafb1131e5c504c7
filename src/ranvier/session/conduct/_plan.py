"""Makes of a session's parameters what each of its parts asks for; nothing is done."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.session.faults import ParameterValidationError
from ranvier.session.parameters import expand_text, resolve_path
from ranvier.session.peers import OnPeerLost, PeerRole, PeerSettings
from ranvier.session.repository import RepositoryRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.session.parameters import Parameters


def name_rig(parameters: Parameters) -> Parameters:
    """Let a rig without a name have that of its computer.

    Parameters
    ----------
    parameters
        Of the session.

    Returns
    -------
    merged
        With `rig_id`; its origin says where the name comes from.
    """
    if parameters.get("rig_id"):
        return parameters
    host = socket.gethostname().partition(".")[0]
    return parameters.with_changes({"rig_id": host}, "name of the computer")


def find_root(parameters: Parameters, context: Mapping[str, str]) -> Path:
    """Find the folder in which session folders are made.

    Parameters
    ----------
    parameters
        Of the session.
    context
        What is known of the session so far, for placeholders.

    Returns
    -------
    Path
        Absolute; the working folder if none is named.

    Raises
    ------
    ParameterValidationError
        If it is a path of another system.
    """
    text = expand_text(parameters.get("output_root_folder", "."), parameters, context)
    return resolve_path(text, Path.cwd(), key="output_root_folder")


def find_cache(parameters: Parameters, environment: Mapping[str, str]) -> Path:
    """Find the folder of bare clones.

    Parameters
    ----------
    parameters
        Of the session.
    environment
        Of this process.

    Returns
    -------
    Path
        The one named, else this user's.
    """
    named = parameters.get("repository_cache")
    if named:
        return resolve_path(named, Path.cwd(), key="repository_cache")
    if os.name == "nt":
        home = environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Caches"
    else:
        home = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "ranvier" / "repositories"


def plan_repository(
    parameters: Parameters, environment: Mapping[str, str], *, allow_dirty: bool
) -> RepositoryRequest | None:
    """Say which code the task wants.

    Parameters
    ----------
    parameters
        Of the session.
    environment
        Of this process.
    allow_dirty
        True if the command line allows files that differ from the commit.

    Returns
    -------
    RepositoryRequest or None
        None if no repository is named.

    Raises
    ------
    ParameterValidationError
        If a folder is a path of another system.
    """
    url = parameters.get("repository_url")
    if not url:
        return None
    local = parameters.get("local_repository_path")
    return RepositoryRequest(
        url=url,
        ref=parameters.get("repository_commit_hash"),
        local=resolve_path(local, Path.cwd(), key="local_repository_path")
        if local
        else None,
        cache=find_cache(parameters, environment),
        allow_dirty=allow_dirty or parameters.get("allow_dirty_repository"),
    )


def plan_peers(parameters: Parameters, session: str) -> PeerSettings | None:
    """Say with which machines the session is agreed on.

    Parameters
    ----------
    parameters
        Of the session.
    session
        The name that this machine proposes if it is the master.

    Returns
    -------
    PeerSettings or None
        None if the session is of this machine alone.

    Raises
    ------
    ParameterValidationError
        If what all machines must have in common is not known.
    """
    role = parameters.get("session_sync_role")
    if role == "off":
        return None
    key_param = parameters.get("session_sync_key_param")
    key = parameters.get("session_sync_session_key") or parameters.get(key_param)
    if key is None:
        raise ParameterValidationError(
            "what all machines of the session have in common is not known.",
            code="RV-S02",
            where="session_sync_key_param",
            found=f'no value of "{key_param}"',
            mend=f'give "{key_param}", or "session_sync_session_key"',
        )
    name_param = parameters.get("session_sync_name_param")
    named = parameters.get("session_sync_session_name") or (
        None if name_param == "session_uuid" else parameters.get(name_param)
    )
    return PeerSettings(
        role=PeerRole(role),
        port=parameters.get("session_sync_port", 0),
        key=str(key),
        node=parameters.get("session_sync_node_name") or socket.gethostname(),
        bind=parameters.get("session_sync_bind_host"),
        host=parameters.get("session_sync_master_host", ""),
        n_expected=parameters.get("session_sync_expected_slaves", 0),
        session=str(named or session),
        key_param=key_param,
        secret_env=parameters.get("session_sync_secret_env", ""),
        timeout_s=parameters.get("session_sync_timeout_sec"),
        ack_timeout_s=parameters.get("session_sync_ack_timeout_sec"),
        retry_delay_s=parameters.get("session_sync_retry_delay_sec"),
        start_timeout_s=parameters.get("session_sync_start_timeout_sec"),
        lost_after_s=parameters.get("session_sync_lost_after_sec"),
        on_peer_lost=OnPeerLost(parameters.get("session_sync_on_peer_lost")),
    )
