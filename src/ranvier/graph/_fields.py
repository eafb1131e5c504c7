"""The kinds of values that a graph file holds: quantities, names, ends of links."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    Strict,
    StrictStr,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from ranvier.core import GraphError, check_name, parse_quantity

# The supervisor's own names within a run: no node may have them.
RESERVED_NAMES = ("recorder", "supervisor")

STREAM_PATTERN = r"^[A-Za-z][A-Za-z0-9_-]*\.[A-Za-z_][A-Za-z0-9_]*$"

_QUANTITY = r"^\s*\+?[0-9.]+([eE][-+]?\d+)?\s*\S*$"


def refuse(wanted: str) -> PydanticCustomError:
    """Give the error that says what a value should have been."""
    return PydanticCustomError("unfit", "{wanted} is wanted", {"wanted": wanted})


def _parse_seconds(value: Any) -> float:
    return _parse(value, "s", 'a time such as "50 ms" (ns, us, ms, s, min, h)')


def _parse_bytes(value: Any) -> int:
    return round(_parse(value, "B", 'a size such as "2 GB" (B, kB, MB, GB, MiB, GiB)'))


def _parse(value: Any, unit: str, wanted: str) -> float:
    try:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise refuse(wanted)
        number = parse_quantity(value, unit)
    except (GraphError, OverflowError):
        raise refuse(wanted) from None
    if not 0 < number < 1e15:
        raise refuse(f"{wanted}, above 0")
    return number


def _quantity_schema(example: str) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": _QUANTITY},
            ],
            "examples": [example],
        }
    )


def format_seconds(value: float) -> str:
    """Write a time so that it reads back as the same number."""
    return f"{value!r} s".replace(".0 s", " s")


def _format_bytes(value: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if value % size == 0:
            return f"{value // size} {unit}"
    return f"{value} B"


Seconds = Annotated[
    float,
    BeforeValidator(_parse_seconds),
    PlainSerializer(format_seconds),
    _quantity_schema("50 ms"),
]
Bytes = Annotated[
    int,
    BeforeValidator(_parse_bytes),
    PlainSerializer(_format_bytes),
    _quantity_schema("2 GB"),
]
Whole = Annotated[int, Strict()]
StreamName = Annotated[
    StrictStr, Field(pattern=STREAM_PATTERN, examples=["node.output"])
]
PortName = Annotated[StrictStr, Field(pattern=STREAM_PATTERN, examples=["node.input"])]


def check_node_name(name: str) -> str:
    """Make sure that a name can be a node's.

    Returns
    -------
    str
        The name, unchanged.

    Raises
    ------
    PydanticCustomError
        If it is no safe name, is reserved, ends in "_" or has "__" within: the
        recorder's inputs are called <node>__<output>.
    """
    refusal = None
    if name in RESERVED_NAMES:
        refusal = refuse(f'a name other than "{name}", which is the system\'s own,')
    elif "__" in name or name.endswith("_"):
        refusal = refuse('a name without "__" within and "_" at the end')
    if refusal:
        raise refusal
    return check_safe_name(name, "node")


def check_safe_name(name: str, thing: str) -> str:
    """Give a name unchanged, or raise a PydanticCustomError if it is not safe."""
    try:
        return check_name(name, thing)
    except GraphError as error:
        raise refuse(error.wanted) from None
