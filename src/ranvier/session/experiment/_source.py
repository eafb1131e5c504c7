"""The parameters of an experiment: the file's, and what its code made of them."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.session.experiment._constants import (
    DEFAULT_BONSAI_PATHS,
    DEFAULT_OUTPUT_DIRECTORY,
)
from ranvier.session.parameters import (
    ParameterFile,
    find_name,
    find_rig_file,
    merge,
    read_parameter_file,
    read_rig,
)

if TYPE_CHECKING:
    from ranvier.session.parameters import Parameters

ORIGIN = "experiment"
"""What the record says of values that code changed."""

_ACQUIRES = ("launcher", "graph_path", "command")


@dataclass(frozen=True)
class ParameterSource:
    """What an experiment was given, and how it stood when that was loaded.

    Parameters
    ----------
    file
        The file, or a mapping as if it were one.
    rig
        File of the rig, if there is one.
    loaded
        What the experiment got of them, as its `params`.
    """

    file: ParameterFile
    rig: Path | None
    loaded: dict[str, Any]

    @property
    def checksum(self) -> str:
        """MD5 of the file, in hexadecimal digits, as the older launcher kept it."""
        return hashlib.md5(self.file.data, usedforsecurity=False).hexdigest()

    def compare(self, params: Mapping[str, Any]) -> tuple[ParameterFile, Changes]:
        """Find out what code made of the parameters.

        Parameters
        ----------
        params
            As they are now.

        Returns
        -------
        ParameterFile
            Without the values of keys that were taken away.
        Changes
            What differs from what was loaded, by key.
        """
        gone = {
            find_name(key)
            for key, value in self.loaded.items()
            if value is not None and params.get(key) is None
        }
        values = {
            key: value
            for key, value in self.file.values.items()
            if find_name(key) not in gone
        }
        changes = {
            key: value
            for key, value in params.items()
            if value is not None and value != self.loaded.get(key)
        }
        return replace(self.file, values=values), changes


Changes = dict[str, Any]
Given = str | Path | ParameterFile | Mapping[str, Any]


def read_source(given: Given, rig: Path | None) -> Source:
    """Read what an experiment is given.

    Parameters
    ----------
    given
        A parameter file, read already or not, or a mapping.
    rig
        File of the rig; None looks where rigs have it.

    Returns
    -------
    Source
        What was given, and the parameters that come of it.

    Raises
    ------
    ParameterValidationError
        If a file can't be read, or one key is given twice with different values.
    """
    file = _read_file(given)
    rig_file = find_rig_file(rig)
    merged = merge(read_rig(rig_file) if rig_file else None, file)
    # With the names of the file too, and its nulls: code may ask for either.
    loaded = {**merged.to_dict(), **copy.deepcopy(file.values)}
    source = ParameterSource(file, rig_file, loaded)
    return Source(source, {**copy.deepcopy(loaded), **find_defaults(merged)})


@dataclass(frozen=True)
class Source:
    """What was given, and the parameters that an experiment's code may change."""

    given: ParameterSource
    params: dict[str, Any]


def find_defaults(parameters: Parameters) -> dict[str, Any]:
    """Give what the older launcher took for granted.

    Parameters
    ----------
    parameters
        Merged.

    Returns
    -------
    dict
        That Bonsai is run, with the program where it usually is, and that sessions are
        kept in `data`; each only where nothing else is said.
    """
    found: dict[str, Any] = {}
    if not any(parameters.get(key) for key in _ACQUIRES):
        found["launcher"] = "bonsai"
    launcher = found.get("launcher") or parameters.get("launcher")
    if launcher == "bonsai" and not parameters.get("bonsai_exe_path"):
        there = [path for path in DEFAULT_BONSAI_PATHS if Path(path).is_file()]
        if there:
            found["bonsai_exe_path"] = str(Path(there[0]).absolute())
    if not parameters.get("output_root_folder"):
        found["output_root_folder"] = DEFAULT_OUTPUT_DIRECTORY
    return found


def refresh(params: dict[str, Any], parameters: Parameters) -> None:
    """Put what a session made of the parameters into those of the experiment.

    Parameters
    ----------
    params
        Of the experiment; changed in place, each key under the names it has there.
    parameters
        Of the session: merged, with answers, without placeholders.
    """
    values = parameters.to_dict()
    params.update({key: values[find_name(key)] for key in params if _has(values, key)})
    params.update(values)


def _has(values: Mapping[str, Any], key: str) -> bool:
    return find_name(key) in values


def _read_file(given: Given) -> ParameterFile:
    if isinstance(given, ParameterFile):
        return given
    if isinstance(given, Mapping):
        return _make_file(given)
    return read_parameter_file(given)


def _make_file(given: Mapping[str, Any]) -> ParameterFile:
    # Through `merge`, which says what JSON can't have, and turns paths into text.
    values = {
        **dict.fromkeys(map(str, given)),
        **_as_written(merge(file=given)),
    }
    data = json.dumps(values, indent=2, ensure_ascii=False).encode() + b"\n"
    checksum = hashlib.sha256(data).hexdigest()
    return ParameterFile(Path("parameters.json"), data, values, checksum)


def _as_written(parameters: Parameters) -> dict[str, Any]:
    return {parameters.written[key]: value for key, value in parameters.values.items()}
