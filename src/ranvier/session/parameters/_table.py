"""The one table of all keys, from which schema, reference and aliases are made."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ranvier.session.parameters._keys_machines import (
    MATLAB_KEYS,
    PEER_KEYS,
    REPORTER_KEYS,
    UNREAD_KEYS,
)
from ranvier.session.parameters._keys_metadata import (
    METADATA_KEYS,
    SLAP2_KEYS,
    STEP_KEYS,
    STEP_PARAMETER_KEYS,
    SUBJECT_KEYS,
)
from ranvier.session.parameters._keys_programs import (
    BONSAI_KEYS,
    PYTHON_KEYS,
    WATCH_KEYS,
)
from ranvier.session.parameters._keys_session import (
    CODE_KEYS,
    GENERAL_KEYS,
    GRAPH_KEYS,
    REPOSITORY_KEYS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.session.parameters._key import ParameterKey

KEYS: Mapping[str, ParameterKey] = MappingProxyType(
    {
        key.name: key
        for keys in (
            GENERAL_KEYS,
            REPOSITORY_KEYS,
            CODE_KEYS,
            WATCH_KEYS,
            BONSAI_KEYS,
            PYTHON_KEYS,
            MATLAB_KEYS,
            GRAPH_KEYS,
            PEER_KEYS,
            STEP_KEYS,
            STEP_PARAMETER_KEYS,
            SUBJECT_KEYS,
            METADATA_KEYS,
            SLAP2_KEYS,
            REPORTER_KEYS,
            UNREAD_KEYS,
        )
        for key in keys
    }
)
"""Every key that is known, by name, in the order of the reference."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {alias: key.name for key in KEYS.values() for alias in key.aliases}
)
"""The one name of each older name."""

SESSION_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "session_folder": "session_folder",
        "output_session_folder": "session_folder",
        "session_name": "session_name",
        "session_uuid": "session_name",
    }
)
"""Names that a placeholder has for what is made when the session starts."""


def find_name(name: str) -> str:
    """Give the one name of a key.

    Parameters
    ----------
    name
        As written; maybe an older name, maybe not known at all.

    Returns
    -------
    str
        The name under which `KEYS` has it, or what was given.

    Examples
    --------
    >>> find_name("mouse_id")
    'subject_id'
    """
    return ALIASES.get(name, name)
