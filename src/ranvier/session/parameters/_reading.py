"""Reads parameter files as they are, and changes from a command line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.session.parameters._faults import KeyPath, malformed, unreadable
from ranvier.session.parameters._json_text import parse_json
from ranvier.session.parameters._shapes import as_mapping, is_mapping
from ranvier.session.parameters._table import KEYS, find_name
from ranvier.session.parameters._yaml_text import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.session.faults import ParameterValidationError

# Real files have some 5 kB; the YAML parser takes about 5 s for a megabyte.
MAX_BYTES = 500_000


@dataclass(frozen=True)
class ParameterFile:
    """A file of parameters, as it stands on the disk.

    Parameters
    ----------
    path
        Where it lies.
    data
        Its bytes.
    values
        What they say: the names are those that were written.
    sha256
        Checksum of `data`, in hexadecimal digits.
    lines
        Of each key and item, from 1.
    """

    path: Path
    data: bytes
    values: dict[str, Any]
    sha256: str
    lines: dict[KeyPath, int] = field(default_factory=dict[KeyPath, int])

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.path.name


def read_parameter_file(path: str | Path) -> ParameterFile:
    """Read a parameter file: YAML if its name ends so, else JSON.

    Parameters
    ----------
    path
        The file; UTF-8, with or without a byte order mark.

    Returns
    -------
    ParameterFile
        Nothing in it is changed, checked or filled in.

    Raises
    ------
    ParameterValidationError
        RV-S10 if it can't be read, RV-S11 if it is not well-formed.
    """
    path = Path(path)
    data = read_bytes(path)
    text = decode(data, path.name)
    is_yaml = path.suffix.lower() in (".yaml", ".yml")
    parse = parse_yaml if is_yaml else parse_json
    values: Any
    values, lines = parse(text, path.name)
    if values is None:
        raise malformed(path.name, "it is empty", path.name, "write its keys")
    if not is_mapping(values):
        kind = "a list" if isinstance(values, list) else "a single value"
        mend = "put keys and values between { and }"
        raise malformed(path.name, f"it is {kind}", f"{path.name}, line 1", mend)
    checksum = hashlib.sha256(data).hexdigest()
    return ParameterFile(path, data, as_mapping(values), checksum, lines)


def read_bytes(path: Path) -> bytes:
    """Read a file that can only be a small one.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    bytes
        All of it.

    Raises
    ------
    ParameterValidationError
        RV-S10 if it is missing, a folder, too large or not to be read.
    """
    name = str(path)
    try:
        if path.is_dir():
            raise unreadable(name, "it is a folder", "name the file in it")
        if path.exists() and not path.is_file():
            raise unreadable(name, "it is no file", "name a file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        mend = "look for a typing error; paths count from where you stand"
        raise unreadable(name, "there is no such file", mend) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise unreadable(name, reason, "make it readable for this user") from None
    if len(data) > MAX_BYTES:
        reason = f"it has more than {MAX_BYTES:,} bytes"
        raise unreadable(name, reason, "name the parameter file, not a recording")
    return data


def decode(data: bytes, name: str) -> str:
    """Give the text of a file.

    Parameters
    ----------
    data
        Its bytes.
    name
        Of the file, for the message.

    Returns
    -------
    str
        Without the byte order mark.

    Raises
    ------
    ParameterValidationError
        RV-S10 if they are not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"it is not UTF-8 (line {line})"
        raise unreadable(name, reason, "save it as UTF-8 in your editor") from None


def parse_changes(texts: Iterable[str]) -> dict[str, Any]:
    """Read what a command line changes.

    Parameters
    ----------
    texts
        Each "key=value". The value of a key that can be text is that text; of others,
        and of keys that are not known, what JSON reads, or else the text.

    Returns
    -------
    dict
        For `merge`.

    Raises
    ------
    ParameterValidationError
        RV-S11 if one has no "=", or names a key twice.

    Examples
    --------
    >>> parse_changes(["subject_id=012", "allow_dirty_repository=true"])
    {'subject_id': '012', 'allow_dirty_repository': True}
    """
    changes: dict[str, Any] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise _bad_change(text, "it is no key=value")
        if key.strip() in changes:
            raise _bad_change(text, f'"{key.strip()}" is given twice')
        changes[key.strip()] = _read_change(key.strip(), value)
    return changes


def _bad_change(text: str, problem: str) -> ParameterValidationError:
    return malformed("the command line", problem, text, "write --set key=value, once")


def _read_change(key: str, text: str) -> Any:
    known = KEYS.get(find_name(key))
    types: Any = known.schema.get("type", ()) if known else ()
    if types == "string" or (known and known.is_identifier):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
