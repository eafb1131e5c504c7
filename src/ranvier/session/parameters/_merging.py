"""Layers of parameters put over one another: rig, file, what was said at the start."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ranvier.core import format_value
from ranvier.session.faults import ParameterValidationError, Report
from ranvier.session.parameters._faults import (
    KeyPath,
    contradiction,
    format_key_path,
    wrong_value,
)
from ranvier.session.parameters._json_text import MAX_DEPTH
from ranvier.session.parameters._shapes import as_mapping, is_mapping
from ranvier.session.parameters._table import KEYS, find_name

if TYPE_CHECKING:
    from ranvier.session.faults import Finding
    from ranvier.session.parameters._reading import ParameterFile
    from ranvier.session.parameters._rig import Rig

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Parameters:
    """The parameters of a session, each under its one name.

    Made by `merge`, not by hand. What was null in a layer is not in it.

    Parameters
    ----------
    values
        By key.
    origins
        Where each comes from: "rig", "file", "command line", "operator"; with an
        older name, "alias mouse_id in file".
    written
        The name by which each was given.
    file, rig
        The layers, where they were files.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    written: Mapping[str, str] = field(default_factory=dict[str, str])
    file: ParameterFile | None = None
    rig: Rig | None = None

    def get(self, key: str, otherwise: Any = None) -> Any:
        """Give a value, or what holds where it is not given.

        Parameters
        ----------
        key
            Its name; an older one does too.
        otherwise
            Given if neither the layers nor the table of keys know a value.

        Returns
        -------
        JSON value
            A copy: changing it changes nothing here.
        """
        name = find_name(key)
        value = self.values.get(name)
        if value is None and name in KEYS:
            value = KEYS[name].default
        return otherwise if value is None else copy.deepcopy(value)

    def with_changes(
        self, changes: Mapping[str, Any], origin: str = "operator"
    ) -> Parameters:
        """Give the same with one more layer on top.

        Parameters
        ----------
        changes
            By key.
        origin
            Who said so.

        Returns
        -------
        session parameters
            New ones.

        Raises
        ------
        ParameterValidationError
            As `merge`.
        """
        return _put_over(self, {origin: changes})

    def where(self, path: KeyPath, *, is_full: bool = False) -> str:
        """Say where a value stands.

        Parameters
        ----------
        path
            Of the value, its key under its one name.
        is_full
            True says the key path too.

        Returns
        -------
        str
            "task.json, line 7" if a file has it, else its origin.
        """
        if not path or path[0] not in self.origins:
            return self.file.name if self.file else ""
        key = str(path[0])
        place = self._place(key, path)
        return f"{place}, {format_key_path(path)}" if is_full else place

    def _place(self, key: str, path: KeyPath) -> str:
        origin = self.origins[key]
        if self.file is not None and origin.endswith("file"):
            return f"{self.file.name}{self._line((self.written[key], *path[1:]))}"
        if self.rig is not None and self.rig.path and origin.endswith("rig"):
            return str(self.rig.path)
        return origin

    def _line(self, path: KeyPath) -> str:
        lines = self.file.lines if self.file else {}
        # A value that stands deeper than lines are known has that of what holds it.
        for end in range(len(path), 0, -1):
            if path[:end] in lines:
                return f", line {lines[path[:end]]}"
        return ""

    def to_dict(self) -> dict[str, Any]:
        """Give the values alone.

        Returns
        -------
        dict
            A copy, as JSON writes it.
        """
        return copy.deepcopy(dict(self.values))


def merge(
    rig: Rig | None = None,
    file: ParameterFile | Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Parameters:
    """Put a parameter file over a rig, and what was said at the start over both.

    A value is taken whole from the uppermost layer that has it; `custom` alone is
    joined key by key. Null is "not given". Older names give way to the one name.
    Nothing is checked against the table of keys: see `check_parameters`.

    Parameters
    ----------
    rig
        The lowest layer.
    file
        A file that was read, or the same as a mapping.
    changes
        The uppermost layer, from the command line.

    Returns
    -------
    session parameters
        Values and where each comes from.

    Raises
    ------
    ParameterValidationError
        RV-S12 if two names of one key have different values in one layer, RV-S14 if
        a value is none that JSON has; all of them at once.

    Examples
    --------
    >>> merge(file={"mouse_id": "m1"}).origins["subject_id"]
    'alias mouse_id in file'
    """
    is_mapping = isinstance(file, Mapping)
    empty = Parameters(_NOTHING, _NOTHING, {}, None if is_mapping else file, rig)
    from_file = file if isinstance(file, Mapping) else file.values if file else {}
    layers = {
        "rig": rig.values if rig else {},
        "file": from_file,
        "command line": changes or {},
    }
    return _put_over(empty, layers)


def _put_over(below: Parameters, layers: Mapping[str, Mapping[str, Any]]) -> Parameters:
    values, origins = dict(below.values), dict(below.origins)
    written = dict(below.written)
    findings: list[Finding] = []
    for layer, given in layers.items():
        for key, (name, value) in _resolve(layer, given, findings).items():
            values[key] = _join(key, values.get(key), value)
            origins[key] = layer if name == key else f"alias {name} in {layer}"
            written[key] = name
    Report.of(findings).raise_errors(ParameterValidationError)
    return Parameters(
        MappingProxyType(values),
        MappingProxyType(origins),
        MappingProxyType(written),
        below.file,
        below.rig,
    )


def _join(key: str, below: Any, above: Any) -> Any:
    if key == "custom" and is_mapping(above):
        return {**as_mapping(below), **as_mapping(above)}
    return above


def _resolve(
    layer: str, given: Mapping[str, Any], findings: list[Finding]
) -> dict[str, tuple[str, Any]]:
    """Give the values of a layer under their one name, with the name as written."""
    found: dict[str, tuple[str, Any]] = {}
    for name, raw in given.items():
        key = find_name(str(name))
        value = _to_json(raw, (str(name),), layer, findings)
        if value is None:
            continue
        if key in KEYS and KEYS[key].is_identifier and type(value) is int:
            value = str(value)
        if key in found and found[key][1] != value:
            both = (found[key][0], str(name))
            shown = f"{format_value(found[key][1])} and {format_value(value)}"
            findings.append(contradiction(key, both, layer, shown))
        elif key not in found or name == key:
            found[key] = (str(name), value)
    return found


def _to_json(value: Any, path: KeyPath, layer: str, findings: list[Finding]) -> Any:
    """Copy a value as JSON has it; paths and tuples come from callers in Python."""
    where = f"{layer}, {format_key_path(path[:MAX_DEPTH])}"
    if len(path) > MAX_DEPTH:
        # Also one that has itself in it, as only Python can make.
        wanted = f"nested at most {MAX_DEPTH} deep"
        findings.append(wrong_value(path[:MAX_DEPTH], where, "deeper", wanted))
        return None
    if isinstance(value, Mapping):
        entries: Any = value.items()  # pyright: ignore[reportUnknownVariableType]
        return {
            str(key): _to_json(each, (*path, str(key)), layer, findings)
            for key, each in entries
        }
    if isinstance(value, list | tuple):
        items: Any = value  # pyright: ignore[reportUnknownVariableType]
        return [
            _to_json(each, (*path, place), layer, findings)
            for place, each in enumerate(items)
        ]
    if isinstance(value, PurePath):
        return str(value)
    is_number = isinstance(value, float) and math.isfinite(value)
    if is_number or value is None or isinstance(value, str | int):
        return value
    wanted = "text, a number, true or false, a list or a mapping"
    findings.append(wrong_value(path, where, format_value(value), wanted))
    return None
