"""Values read off a line of the trail, whatever an older or newer launcher wrote there.

Nothing here raises: what is not of the kind wanted counts as not known.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, cast

from ranvier.audit import WITHHELD, is_secret, withhold
from ranvier.core import to_text
from ranvier.session.faults import Finding, Severity, Verdict

_FIELDS = ("check", "problem", "code", "where", "found", "wanted", "mend")
# A password within an address: https://name:password@host
_ADDRESS = re.compile(r"(://)[^/@\s]+@")


def as_text(value: Any) -> str:
    """Give a text; "" if there is none.

    Returns
    -------
    str
        Of anything that is there.
    """
    return "" if value is None else value if isinstance(value, str) else to_text(value)


def as_known(value: Any) -> str | None:
    """Give a text, or None if there is none or it is empty.

    Returns
    -------
    str or None
        Of anything that is there.
    """
    return as_text(value) or None


def as_int(value: Any) -> int | None:
    """Give a whole number.

    Returns
    -------
    int or None
        None if it is no whole number.
    """
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return value if is_int else None


def as_float(value: Any) -> float | None:
    """Give a number.

    Returns
    -------
    float or None
        None if it is no number.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return float(value) if is_number else None
    except OverflowError:
        return None


def as_dict(value: Any) -> dict[str, Any]:
    """Give a mapping, without what may not be written down.

    Returns
    -------
    dict
        Empty if it is no mapping.
    """
    if not isinstance(value, dict):
        return {}
    fields = cast("dict[Any, Any]", value)
    return {str(name): withhold(str(name), each) for name, each in fields.items()}


def as_list(value: Any) -> list[Any]:
    """Give a list.

    Returns
    -------
    list
        Empty if it is none.
    """
    return cast("list[Any]", value) if isinstance(value, list) else []


def as_dicts(value: Any) -> tuple[dict[str, Any], ...]:
    """Give the mappings of a list.

    Returns
    -------
    tuple of dict
        Without what is no mapping.
    """
    return tuple(as_dict(each) for each in as_list(value) if isinstance(each, dict))


def as_texts(value: Any) -> tuple[str, ...]:
    """Give the texts of a list; one text alone counts as a list of it.

    Returns
    -------
    tuple of str
        In their order.
    """
    items = [value] if isinstance(value, str) else as_list(value)
    return tuple(as_text(each) for each in items)


def as_words(value: Any) -> dict[str, str]:
    """Give a mapping of texts.

    Returns
    -------
    dict
        Without what is not known.
    """
    return {k: as_text(v) for k, v in as_dict(value).items() if v is not None}


def as_command(value: Any) -> tuple[str, ...]:
    """Give the words of a command without the secrets that it may not have.

    Returns
    -------
    tuple of str
        `name=secret` and what follows `--name` are withheld where the name says so.

    Examples
    --------
    >>> as_command(["task", "--set", "camera_password=abc"])
    ('task', '--set', 'camera_password=(withheld)')
    """
    words: list[str] = []
    is_next_secret = False
    for word in as_texts(value):
        name, sign, rest = word.partition("=")
        is_named = bool(sign and rest) and is_secret(name)
        shown = f"{name}={WITHHELD}" if is_named else word
        words.append(WITHHELD if is_next_secret else shown)
        is_next_secret = word.startswith("-") and not sign and is_secret(word)
    return tuple(words)


def as_address(value: Any) -> str:
    """Give the address of a repository without who logs in there.

    Returns
    -------
    str
        The rest of it.

    Examples
    --------
    >>> as_address("https://me:secret@host/task.git")
    'https://(withheld)@host/task.git'
    """
    return _ADDRESS.sub(rf"\g<1>{WITHHELD}@", as_text(value))


def as_verdict(value: Any) -> Verdict | None:
    """Give a verdict.

    Returns
    -------
    Verdict or None
        None if it is none.
    """
    is_known = isinstance(value, str) and value in Verdict.__members__.values()
    return Verdict(value) if is_known else None


def as_findings(value: Any) -> tuple[Finding, ...]:
    """Give the findings of a list.

    Returns
    -------
    tuple of Finding
        One whose severity is not known counts as an error: it is not lost so.
    """
    return tuple(_as_finding(as_dict(each)) for each in as_list(value))


def _as_finding(fields: dict[str, Any]) -> Finding:
    words = {name: as_text(fields.get(name)) for name in _FIELDS}
    severity = as_text(fields.get("severity"))
    is_known = severity in Severity.__members__.values()
    return Finding(Severity(severity) if is_known else Severity.ERROR, **words)


def as_date(value: Any, zone: dt.tzinfo | None = None) -> dt.datetime | None:
    """Give a date.

    Parameters
    ----------
    value
        ISO 8601.
    zone
        The date is given in it; one without an offset counts as being in it.

    Returns
    -------
    dt.datetime or None
        Aware; None if it is no date, or one without an offset and no zone is known.
    """
    try:
        date = dt.datetime.fromisoformat(value)
        if date.tzinfo is None:
            return date.replace(tzinfo=zone) if zone else None
        return date.astimezone(zone) if zone else date
    except (TypeError, ValueError, OverflowError):
        return None


def as_samples(value: Any) -> tuple[dict[str, Any], ...]:
    """Give the mappings of a list as they are: thousands, and of numbers.

    Returns
    -------
    tuple of dict
        Without what is no mapping.
    """
    items = as_list(value)
    return tuple(cast("dict[str, Any]", each) for each in items if type(each) is dict)
