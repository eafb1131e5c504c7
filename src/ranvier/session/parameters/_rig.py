"""What a machine knows of its rig: one TOML file, outside of all sessions."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ranvier.session.parameters._faults import malformed
from ranvier.session.parameters._reading import decode, read_bytes
from ranvier.session.parameters._shapes import as_mapping, is_mapping

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True)
class Rig:
    """The values of a rig, under those of every parameter file.

    Parameters
    ----------
    path
        The file; None if the values come from elsewhere.
    values
        By key; any key may stand there, for placeholders.
    sha256
        Checksum of the file, in hexadecimal digits.
    """

    path: Path | None
    values: dict[str, Any]
    sha256: str = ""


def find_rig_file(given: str | Path | None = None) -> Path | None:
    """Give the file of this machine's rig; nothing is made.

    Parameters
    ----------
    given
        The file, if someone named it.

    Returns
    -------
    Path or None
        The file given, whether it exists or not; else `C:/RigConfig/rig_config.toml`
        on Windows and `/opt/rigconfig/rig_config.toml` elsewhere, if it exists.
    """
    if given is not None:
        return Path(given)
    usual = Path("C:/RigConfig" if os.name == "nt" else "/opt/rigconfig")
    file = usual / "rig_config.toml"
    return file if file.is_file() else None


def read_rig(path: str | Path) -> Rig:
    """Read the file of a rig.

    Parameters
    ----------
    path
        TOML, UTF-8. Keys of a table `[rig]` count as if they stood at the top; other
        tables are mappings.

    Returns
    -------
    Rig
        Dates and times of the file are text.

    Raises
    ------
    ParameterValidationError
        RV-S10 if it can't be read, RV-S11 if it is not well-formed, or a key stands
        at the top and in `[rig]` with different values.
    """
    path = Path(path)
    data = read_bytes(path)
    # TOML has no byte order mark, and Windows editors write one all the same.
    values = _parse(decode(data, path.name), path.name)
    table: Any = values.pop("rig", {})
    if not is_mapping(table):
        raise malformed(path.name, '"rig" is no table', path.name, "write [rig]")
    for key, value in as_mapping(table).items():
        if key in values and values[key] != value:
            what = f'"{key}" stands at the top and in [rig], each time otherwise'
            raise malformed(path.name, what, path.name, "keep one of the two")
        values[key] = value
    return Rig(path, values, hashlib.sha256(data).hexdigest())


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return _to_json(tomllib.loads(text.replace("\r\n", "\n")), name)
    except tomllib.TOMLDecodeError as error:
        problem = _PLACE.sub("", str(error)).strip().rstrip(".").lower()
        found = _PLACE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        column = f", column {found[2]}" if found else ""
        where = f"{name}, line {line}{column}"
    except RecursionError:
        where, problem = name, "it is nested too deep"
    mend = "mend this line; a text stands in quotes, a path in 'single' ones"
    raise malformed(name, problem, where, mend)


def _to_json(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _to_json(each, name) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_to_json(each, name) for each in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        mend = "write a number, or leave the key out"
        raise malformed(name, f"{value} is no number that JSON has", name, mend)
    return value
