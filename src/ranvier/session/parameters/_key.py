"""What is known of one key of a session's parameters."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JsonValue: TypeAlias = (
    str | int | float | bool | list["JsonValue"] | dict[str, "JsonValue"] | None
)
"""What a parameter file can hold."""


class KeyGroup(enum.StrEnum):
    """What a key is about; the value is its heading in the reference."""

    GENERAL = "The session"
    REPOSITORY = "The task repository"
    CODE = "What is run"
    WATCH = "Limits and watch over what is run"
    BONSAI = "Bonsai"
    PYTHON = "Python"
    MATLAB = "MATLAB"
    GRAPH = "A graph"
    PEERS = "Several machines"
    STEPS = "Steps before and after"
    STEP_PARAMETERS = "Parameters of steps, set for all of them"
    SUBJECT = "The subject"
    METADATA = "Metadata"
    REPORTER = "Issue reports"
    UNREAD = "Known, and read by nothing"


@dataclass(frozen=True)
class ParameterKey:
    """One key: what it may be, and what it means.

    Parameters
    ----------
    name
        As it stands at the top of a parameter file.
    schema
        JSON Schema of its value; null is always allowed too, and means "not given".
    meaning
        One sentence.
    default
        What holds where it is not given; None if then nothing is known.
    unit
        Of a number.
    aliases
        Older names of the same.
    group
        What it is about.
    read_by
        Part of the session that acts on it; empty if nothing does.
    instead
        Of a key that nothing reads: what to write in its place.
    is_literal
        True if braces in it are no placeholders: prose, patterns.
    """

    name: str
    schema: Mapping[str, Any]
    meaning: str
    default: JsonValue = None
    unit: str = ""
    aliases: tuple[str, ...] = field(default=())
    group: KeyGroup = KeyGroup.GENERAL
    read_by: str = ""
    instead: str = ""
    is_literal: bool = False

    @property
    def is_identifier(self) -> bool:
        """True if a whole number in a file is meant as text, as in a subject's id."""
        return self.schema.get("type") == LABEL["type"]


def group_keys(
    group: KeyGroup, read_by: str, keys: Iterable[ParameterKey]
) -> tuple[ParameterKey, ...]:
    """Put keys into a group whose reader is one part of the session.

    Parameters
    ----------
    group
        Of them all.
    read_by
        Of those that do not say it themselves.
    keys
        In the order of the reference.

    Returns
    -------
    tuple of ParameterKey
        The same, in the group.
    """
    return tuple(
        replace(key, group=group, read_by=key.read_by or read_by) for key in keys
    )


def choice(*words: str) -> dict[str, Any]:
    """Give the schema of one of several words.

    Returns
    -------
    dict
        JSON Schema.
    """
    return {"type": "string", "enum": list(words)}


def allow_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give the schema of a value that may be null, for "not given".

    Returns
    -------
    dict
        JSON Schema.
    """
    types = schema["type"]
    types = [types] if isinstance(types, str) else list(types)
    allowed = {**schema, "type": [*types, "null"]}
    if "enum" in schema:
        allowed["enum"] = [*schema["enum"], None]
    return allowed


TEXT: dict[str, Any] = {"type": "string"}
PATH: dict[str, Any] = {"type": "string", "minLength": 1}
YES_NO: dict[str, Any] = {"type": "boolean"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
PORT: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 65535}
# 0 is "off" where the meaning says so.
DURATION: dict[str, Any] = {"type": "number", "minimum": 0}
MAPPING: dict[str, Any] = {"type": "object"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
TEXT_OR_TEXTS: dict[str, Any] = {"type": ["string", "array"], "items": TEXT}
ARGUMENTS: dict[str, Any] = {
    "type": "array",
    "items": {"type": ["string", "number", "boolean"]},
}
# Text that a file may hold as a whole number.
LABEL: dict[str, Any] = {"type": ["string", "integer"], "minLength": 1}
# The same, as a part of a folder's name on every system.
IDENTIFIER: dict[str, Any] = {
    **LABEL,
    "pattern": r"^[^/\\:*?\"<>|\u0000-\u001f]+$",
}
