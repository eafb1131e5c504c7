"""One value of a YAML text, what it means, and where it stands in the text."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

MAX_DIGITS = 300

_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}


@dataclasses.dataclass(slots=True)
class Value:
    """One value of a YAML text and the place where it stands.

    Parameters
    ----------
    kind
        "scalar", "list" or "mapping".
    start, end
        Offsets in the text. The end of a block list or mapping is where the next
        thing begins; see `content_end`.
    line, column
        Of its first character, from 0.
    is_flow
        True for [a, b] and {a: b}.
    style
        "" for a plain scalar, else the sign that it begins with.
    text
        What a scalar says.
    items
        Values of a list.
    entries
        Keys and values of a mapping.
    """

    kind: str
    start: int
    end: int
    line: int
    column: int
    is_flow: bool = False
    style: str = ""
    text: str = ""
    items: list[Value] = dataclasses.field(default_factory=list["Value"])
    entries: list[tuple[Value, Value]] = dataclasses.field(
        default_factory=list["tuple[Value, Value]"]
    )

    @property
    def is_blank(self) -> bool:
        """True for a value that is left out: its place is that of the next thing."""
        return self.kind == "scalar" and not self.style and not self.text

    def content_end(self) -> int:
        """Give the offset behind the last character that belongs to the value.

        Returns
        -------
        int
            Without the comments and empty lines that follow a block.
        """
        if self.is_flow or self.kind == "scalar":
            return self.end
        if self.kind == "list":
            return self.items[-1].content_end()
        key, value = self.entries[-1]
        return key.end if value.is_blank else value.content_end()

    def find(self, key: str) -> Value | None:
        """Give the value of a key of a mapping, or None."""
        return next((value for k, value in self.entries if k.text == key), None)

    def to_data(self) -> Any:
        """Give the value as plain Python data.

        Of a key that stands twice the first value is taken.

        Returns
        -------
        object
            dict (with text keys), list, str, int, float, bool or None.
        """
        if self.kind == "list":
            return [item.to_data() for item in self.items]
        if self.kind == "mapping":
            data: dict[str, Any] = {}
            for key, value in self.entries:
                data.setdefault(key.text, value.to_data())
            return data
        return self.text if self.style else resolve_plain(self.text)


def resolve_plain(text: str) -> Any:
    """Give what a scalar without quotes means in YAML 1.2.

    Returns
    -------
    object
        None, bool, int, float, or the text itself.

    Examples
    --------
    >>> resolve_plain("1e3"), resolve_plain("no"), resolve_plain("~")
    (1000.0, 'no', None)
    """
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > MAX_DIGITS:
        return text
    if _INTEGER.match(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    return float(text) if _FLOAT.match(text) else text
