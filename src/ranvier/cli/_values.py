"""Values on the command line: `node.parameter=value`, and times with their unit."""

from __future__ import annotations

import io
from typing import Any

from ranvier.core import GraphError, parse_quantity


def parse_value(text: str) -> Any:
    """Read a value as a graph file would.

    Parameters
    ----------
    text
        For example "3", "true", "50 ms", "[0, 45]".

    Returns
    -------
    object
        A number, text, truth value, None, list or mapping.

    Examples
    --------
    >>> [parse_value(text) for text in ("3", "true", "50 ms", "[0, 45]", "null")]
    [3, True, '50 ms', [0, 45], None]
    """
    from ruamel.yaml import YAML, YAMLError

    try:
        value: Any = YAML(typ="safe", pure=True).load(io.StringIO(text))  # pyright: ignore[reportUnknownMemberType]
    except (YAMLError, ValueError):
        return text
    # Dates and the like are no values of a parameter: what was typed stands.
    return value if _is_plain(value) else text


def parse_assignments(texts: list[str]) -> dict[str, dict[str, Any]]:
    """Read what `--set` gave.

    Parameters
    ----------
    texts
        "node.parameter=value" each.

    Returns
    -------
    dict
        Values by node and parameter.

    Raises
    ------
    GraphError
        If a text is no such assignment.

    Examples
    --------
    >>> parse_assignments(["eye.gain=2", "eye.mode=fast"])
    {'eye': {'gain': 2, 'mode': 'fast'}}
    """
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        if not equals:
            refusal = _not_an_assignment(text)
            raise refusal
        node, name = split_place(place.strip())
        found.setdefault(node, {})[name] = parse_value(value.strip())
    return found


def split_place(place: str) -> tuple[str, str]:
    """Split "node.parameter".

    Returns
    -------
    tuple of str
        Node and parameter.

    Raises
    ------
    GraphError
        If it is not of that form.
    """
    node, dot, name = place.partition(".")
    if not (node and dot and name) or "." in name:
        raise GraphError(
            f'"{place}" names no parameter.',
            code="RV-C10",
            wanted="node.parameter",
            mend='write the node, a dot and the parameter, as in "camera.gain"',
        )
    return node, name


def parse_duration(text: str | None) -> float | None:
    """Read a time such as "60s", "2 min" or "90".

    Returns
    -------
    float or None
        s; None for None.

    Raises
    ------
    GraphError
        If it is no time, or not above 0.
    """
    if text is None:
        return None
    seconds = parse_quantity(text, "s")
    if not 0 < seconds < float("inf"):
        raise GraphError(
            f'"{text}" is no duration.',
            code="RV-C11",
            wanted="a time above 0",
            mend='write for example "60 s" or "2 min"',
        )
    return seconds


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(each) for each in value)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())  # pyright: ignore[reportUnknownVariableType]
    return value is None or isinstance(value, bool | int | float | str)


def _not_an_assignment(text: str) -> GraphError:
    return GraphError(
        f'"{text}" sets no parameter.',
        code="RV-C12",
        wanted="node.parameter=value",
        mend='write for example --set "camera.gain=2"',
    )
