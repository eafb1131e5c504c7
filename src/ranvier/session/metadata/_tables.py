"""Fills the field table of a schema with facts."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Field(NamedTuple):
    """One field of a schema.

    Parameters
    ----------
    name
        As the schema has it; tables keep the schema's order.
    fact
        Name of the fact that it says; "" for what ranvier never knows.
    empty
        What the schema has where nothing is known: None, a list, a unit.
    is_demanded
        True if there is no document without it.
    """

    name: str
    fact: str = ""
    empty: Any = None
    is_demanded: bool = False


def fill(
    fields: tuple[Field, ...], facts: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[Field, ...]]:
    """Fill a table.

    Parameters
    ----------
    fields
        The table.
    facts
        What is known, by name; None is not known.

    Returns
    -------
    dict
        Each field of the table, in its order.
    tuple of Field
        Those demanded for which nothing is known.

    Examples
    --------
    >>> fill((Field("rig_id", "rig"), Field("notes")), {"rig": "B2"})
    ({'rig_id': 'B2', 'notes': None}, ())
    """
    content: dict[str, Any] = {}
    missing: list[Field] = []
    for field in fields:
        value = facts.get(field.fact) if field.fact else None
        if value is None and field.is_demanded:
            missing.append(field)
        content[field.name] = copy.deepcopy(field.empty) if value is None else value
    return content, tuple(missing)
