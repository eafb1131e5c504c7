"""Plain data as YAML text."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from ranvier.graph._value import resolve_plain

if TYPE_CHECKING:
    from ranvier.graph._model import Graph

_PLAIN = re.compile(r"[\w./][\w./+:% -]*\Z")
# Words that YAML 1.1, which other tools still read, takes for true and false.
_OLD_WORDS = frozenset({"y", "n", "yes", "no", "on", "off"})
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_LINE = 76


def format_scalar(value: Any) -> str:
    """Write a value that is neither list nor mapping.

    Returns
    -------
    str
        In quotes only where a plain text would be read as something else.

    Examples
    --------
    >>> format_scalar("60 s"), format_scalar("1"), format_scalar(None)
    ('60 s', '"1"', 'null')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if _is_plain(text):
        return text
    return '"' + "".join(_escape(sign) for sign in text) + '"'


def format_flow(value: Any) -> str:
    """Write a value on one line.

    Returns
    -------
    str
        For example "{level: 1.5, names: [a, b]}".
    """
    if isinstance(value, dict):
        pairs = (f"{format_scalar(k)}: {format_flow(v)}" for k, v in value.items())  # pyright: ignore[reportUnknownVariableType]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(format_flow(each) for each in value) + "]"  # pyright: ignore[reportUnknownVariableType]
    return format_scalar(value)


def format_entry(key: str, value: Any, indent: int, newline: str = "\n") -> str:
    """Write a key and its value as an entry of a block mapping.

    Parameters
    ----------
    key, value
        What is to be written.
    indent
        Column of the key; the first line is not indented here.
    newline
        The line end of the file.

    Returns
    -------
    str
        On one line where it is short, else one line for each entry within; without
        a line end behind the last.
    """
    name = format_scalar(key)
    line = f"{name}: {format_flow(value)}"
    is_node = indent == 2 and isinstance(value, dict) and "type" in value
    is_short = len(line) + indent <= _LINE and not is_node
    if not value or is_short or not isinstance(value, dict | list):
        return line
    pad = newline + " " * (indent + 2)
    if isinstance(value, dict):
        lines = [format_entry(k, v, indent + 2, newline) for k, v in value.items()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    else:
        lines = [f"- {format_flow(each)}" for each in value]  # pyright: ignore[reportUnknownVariableType]
    return f"{name}:{pad}{pad.join(lines)}"


def format_graph(graph: Graph) -> str:
    """Write a graph that was made in code as the text of a graph file.

    Parameters
    ----------
    graph
        What stands at its default is left out.

    Returns
    -------
    str
        YAML that reads back as an equal graph.
    """
    lines: list[str] = []
    for key, value in graph.to_data().items():
        if key in ("links", "record") and isinstance(value, list):
            items = [f"  - {format_flow(each)}" for each in value]  # pyright: ignore[reportUnknownVariableType]
            lines += [f"{key}:", *items]
        elif key == "nodes":
            nodes = [f"  {format_entry(k, v, 2)}" for k, v in value.items()]
            lines += ["nodes:", *nodes]
        else:
            lines.append(format_entry(key, value, 0))
    return "\n".join(lines) + "\n"


def _is_plain(text: str) -> bool:
    if not _PLAIN.match(text) or text[-1] in ": " or ": " in text:
        return False
    if text.lower() in _OLD_WORDS or text.startswith(("...", "---")):
        return False
    return resolve_plain(text) is text and text.isprintable()


def _escape(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign.isprintable():
        return sign
    code = ord(sign)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
