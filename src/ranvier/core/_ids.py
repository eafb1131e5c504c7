"""Names and identifiers that are safe in YAML, in file names and on every system."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import re
import secrets
from typing import Type

from ranvier.core._errors import GraphError, RanvierError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}\Z")
# Names that Windows keeps for devices, whatever their suffix.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\Z", re.IGNORECASE)


def check_name(name: str, thing: str, family: Type[RanvierError] = GraphError) -> str:
    """Make sure that a name can be a file name and part of `node.port`.

    Parameters
    ----------
    name
        The name.
    thing
        What it names, for the message: "node", "graph", …
    family
        The error to raise.

    Returns
    -------
    str
        The name, unchanged.

    Raises
    ------
    RanvierError
        Of the family given, if the name is not a letter followed by up to 62
        letters, digits, "_" or "-", or if Windows keeps it for a device.
    """
    if _NAME.match(name) and not _RESERVED.match(name):
        return name
    raise family(
        f'"{name}" can\'t be the name of a {thing}.',
        code="RV-C01",
        wanted='a letter, then up to 62 letters, digits, "_" or "-"',
        mend=f"rename the {thing}",
    )


def format_stamp(date: dt.datetime) -> str:
    """Write a date as part of a folder's name.

    Returns
    -------
    str
        YYYY-MM-DDTHH-MM-SS.
    """
    return date.strftime("%Y-%m-%dT%H-%M-%S")


def make_run_id(date: dt.datetime) -> str:
    """Make the identifier of a run: its date and six random hexadecimal digits.

    Returns
    -------
    str
        For example "2026-11-20T14-03-22-5f2c1a".
    """
    return f"{format_stamp(date)}-{secrets.token_hex(3)}"


def user_name() -> str:
    """Give the name of whoever runs this process, for the audit trail.

    Returns
    -------
    str
        The system's name for the user, or its number where it has no name: a service
        or a container may run without USER, and under a number that nobody has.
    """
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # KeyError and ImportError up to 3.12
        # Windows has no numbers of users, but there a name is always set.
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"
