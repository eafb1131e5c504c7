"""Which names speak of a secret; its value must not be written down."""

from __future__ import annotations

import re
from typing import Any, FrozenSet, Tuple

WITHHELD = "(withheld)"
"""What is written in place of a secret."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRETS: FrozenSet[str] = frozenset(
    [
        "password",
        "passwords",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "secrets",
        "token",
        "authtoken",
        "credential",
        "credentials",
        "apikey",
    ]
)
_PAIRS: Tuple[Tuple[str, str], ...] = (
    ("api", "key"), ("access", "key"), ("private", "key"), ("pass", "phrase"),
)  # fmt: skip


def is_secret(name: str) -> bool:
    """Say whether a name speaks of a secret.

    Parameters
    ----------
    name
        Of a parameter or a field, its words parted by case or by other signs.

    Returns
    -------
    bool
        True if one of its words, or a pair of them, does.

    Examples
    --------
    >>> is_secret("camera_password"), is_secret("apiKey"), is_secret("n_tokens")
    (True, True, False)
    """
    words = [word.lower() for word in _WORD.findall(name)]
    pairs = zip(words, words[1:])
    return not _SECRETS.isdisjoint(words) or any(pair in _PAIRS for pair in pairs)


def withhold(name: str, value: Any) -> Any:
    """Give a value as it may be written down.

    Parameters
    ----------
    name
        What it is called.
    value
        Mappings and lists are gone through.

    Returns
    -------
    object
        `WITHHELD` in place of each value whose name speaks of a secret.
    """
    try:
        return _withhold_at(name, value)
    except RecursionError:
        return "(a value within itself)"


def _withhold_within(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _withhold_at(str(k), v) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return [_withhold_within(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _withhold_at(name: str, value: Any) -> Any:
    if is_secret(name) and value is not None:
        return WITHHELD
    return _withhold_within(value)
