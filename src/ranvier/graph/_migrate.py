"""Older versions of the file format turned into today's, at the door.

A file says `ranvier: 1`. Without that line it is taken for version 1, with a warning:
that was the first version, so no older file can be meant, and a person who writes
ten lines by hand should not fail over it. A newer version than ours is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ranvier.core import GraphError
from ranvier.graph._faults import Fault
from ranvier.graph._model import FORMAT_VERSION

Data = dict[str, Any]
Step = Callable[[Data], Data]

# From version N to N + 1, by N. Each step is pure and stays for ever.
STEPS: Mapping[int, Step] = {}


def migrate(
    data: Data, steps: Mapping[int, Step] = STEPS, newest: int = FORMAT_VERSION
) -> tuple[Data, tuple[Fault, ...]]:
    """Turn the data of a graph file into today's form.

    Parameters
    ----------
    data
        Root mapping of the file; is not changed.
    steps
        What leads from each version to the next.
    newest
        Version to arrive at.

    Returns
    -------
    data : dict
        Of version `newest`.
    faults : tuple of Fault
        A warning if the file does not say its version.

    Raises
    ------
    GraphError
        RV-G10 if the version is no number of ours or newer than ours.

    Examples
    --------
    >>> rename = {1: lambda data: {**data, "name": data["title"]}}
    >>> migrate({"ranvier": 1, "title": "x"}, rename, newest=2)[0]["name"]
    'x'
    """
    faults: tuple[Fault, ...] = ()
    version = data.get("ranvier")
    if "ranvier" not in data:
        version, faults = 1, (_warn_missing(),)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        fault = _unknown_version(version, newest, f'write "ranvier: {newest}"')
        raise fault
    if version > newest:
        fault = _unknown_version(version, newest, "update ranvier")
        raise fault
    for each in range(version, newest):
        data = steps[each](data)
    return {**data, "ranvier": newest}, faults


def _warn_missing() -> Fault:
    error = GraphError(
        "the file does not say the version of its format; version 1 is taken.",
        code="RV-G10",
        mend='write "ranvier: 1" as the first line',
    )
    return Fault(error, is_warning=True)


def _unknown_version(version: Any, newest: int, mend: str) -> GraphError:
    return GraphError(
        "the version of the file's format is not known.",
        code="RV-G10",
        found=repr(version),
        wanted=f"1 to {newest}" if newest > 1 else "1",
        mend=mend,
    )
