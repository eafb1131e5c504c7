"""Values of which nothing is known yet, taken as a mapping or a list."""

from __future__ import annotations

from typing import Any, cast


def is_mapping(value: object) -> bool:
    """Say whether a value is a mapping."""
    return isinstance(value, dict)


def as_mapping(value: object) -> dict[str, Any]:
    """Give a mapping as it is, and an empty one for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Give a list as it is, and an empty one for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []
