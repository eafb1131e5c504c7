"""Values made plain: what JSON can hold, with names that a document store takes."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit


def to_plain(value: Any) -> Any:
    """Make a value of parameters or of a step fit for a JSON file.

    Numbers that are none become null. The "." and "$" of names become "_": Bonsai has
    names like "Trial.Duration", and the schema's readers can't query those.

    Returns
    -------
    object
        dict, list, str, int, float, bool or None, all the way down.

    Examples
    --------
    >>> to_plain({"Trial.Duration": float("nan"), "on": (1, 2)})
    {'Trial_Duration': None, 'on': [1, 2]}
    """
    if isinstance(value, dict):
        return _plain_table(cast("dict[Any, Any]", value))
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def to_text(time: dt.datetime) -> str:
    """Write an aware time as the schema's files do.

    Returns
    -------
    str
        ISO 8601 with the offset.
    """
    return time.isoformat()


def strip_login(url: str) -> str:
    """Take user and password out of a url: they have no place in a file.

    Returns
    -------
    str
        The url without them.

    Examples
    --------
    >>> strip_login("https://me:secret@git.org/task.git")
    'https://git.org/task.git'
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _plain_table(table: dict[Any, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in table.items():
        name = str(key).replace(".", "_").replace("$", "_")
        while name in plain:
            name += "_"
        plain[name] = to_plain(value)
    return plain
