"""YAML text read as if it were JSON, with the line of every key.

Mappings with texts as keys, lists, and plain values: no anchors, tags, directives or
second documents. A value is a number, true, false or null only if JSON would write it
so; `012345` and `2026-11-20` stay the text that they are, and `NO` is no false.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ranvier.session.parameters._faults import KeyPath, format_key_path, malformed
from ranvier.session.parameters._json_text import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterable

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(
    r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]{1,3})?"
)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def parse_yaml(text: str, name: str) -> tuple[Any, dict[KeyPath, int]]:
    """Read YAML text.

    Parameters
    ----------
    text
        The whole file.
    name
        Of the file, for the messages.

    Returns
    -------
    tuple
        The value, and the line of each key and item, from 1.

    Raises
    ------
    ParameterValidationError
        RV-S11, with line and column.
    """
    import ruamel.yaml  # most files are JSON
    from ruamel.yaml import error as yaml_error

    reader = ruamel.yaml.YAML(typ="safe", pure=True)
    events: Iterable[Any] = reader.parse(text)  # pyright: ignore[reportUnknownMemberType]
    try:
        return _Builder(name).build(events)
    except yaml_error.MarkedYAMLError as error:
        told: Any = error
        mark = told.problem_mark or told.context_mark
        where = (
            f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
        )
        problem = " ".join(str(told.problem or told.context).split())
    except (yaml_error.YAMLError, ValueError, OverflowError) as error:
        where, problem = name, " ".join(str(error).split())
    mend = "mend the spelling and the indent on this line or the one before"
    raise malformed(name, problem, where, mend)


class _Builder:
    """Builds values from the parser's events, with a stack of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._root: Any = None
        self._lines: dict[KeyPath, int] = {(): 1}
        self._open: list[Any] = []
        self._path: list[str | int | None] = []
        self._n_documents = 0

    def build(self, events: Iterable[Any]) -> tuple[Any, dict[KeyPath, int]]:
        for event in events:
            kind = type(event).__name__
            self._refuse(event, kind)
            if kind == "ScalarEvent":
                self._take_scalar(event)
            elif kind == "MappingStartEvent":
                self._enter({}, event)
            elif kind == "SequenceStartEvent":
                self._enter([], event)
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                self._open.pop()
                self._path.pop()
                self._finish_entry()
        return self._root, self._lines

    def _take_scalar(self, event: Any) -> None:
        if self._awaits_key():
            self._take_key(str(event.value), event)
            return
        plain = event.style is None or event.style == ""
        self._place(self._read_plain(event) if plain else str(event.value), event)

    def _read_plain(self, event: Any) -> Any:
        text = str(event.value)
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _NOT_FINITE.fullmatch(text):
            raise self._error(event, f"{text} is no number that JSON has", "")
        return float(text) if _FLOAT.fullmatch(text) else text

    def _awaits_key(self) -> bool:
        return bool(self._open) and self._path[-1] is None

    def _take_key(self, key: str, event: Any) -> None:
        if key == "<<":
            raise self._error(event, "it merges another mapping (<<)", "")
        self._path[-1] = key
        path = tuple(part for part in self._path if part is not None)
        if path in self._lines:
            what = f'the key "{format_key_path(path)}" stands twice'
            mend = f"keep one; the other is on line {self._lines[path]}"
            raise self._error(event, what, mend)
        self._lines[path] = event.start_mark.line + 1

    def _enter(self, value: Any, event: Any) -> None:
        if self._awaits_key():
            mend = "put quotes round what begins with { or [; a key is a text"
            raise self._error(event, "a key is a list or a mapping", mend)
        if len(self._open) >= MAX_DEPTH:
            what = f"it is nested more than {MAX_DEPTH} deep"
            raise self._error(event, what, "nest less")
        self._place(value, event, is_open=True)
        self._open.append(value)
        self._path.append(0 if isinstance(value, list) else None)

    def _finish_entry(self) -> None:
        if self._open and isinstance(self._open[-1], dict):
            self._path[-1] = None

    def _place(self, value: Any, event: Any, *, is_open: bool = False) -> None:
        if not self._open:
            self._root = value
            return
        parent, key = self._open[-1], self._path[-1]
        if isinstance(parent, list):
            # The place moves on before what is in it is read: `_path` then names it.
            place = len(parent)  # pyright: ignore[reportUnknownArgumentType]
            self._path[-1] = place
            path = tuple(part for part in self._path if part is not None)
            self._lines[path] = event.start_mark.line + 1
            parent.append(value)  # pyright: ignore[reportUnknownMemberType]
            return
        parent[key] = value
        if not is_open:
            self._finish_entry()

    def _refuse(self, event: Any, kind: str) -> None:
        if kind == "AliasEvent":
            raise self._error(
                event, f"it refers to another entry (*{event.anchor})", ""
            )
        if getattr(event, "anchor", None):
            raise self._error(event, f"it has an anchor (&{event.anchor})", "")
        if kind != "DocumentStartEvent" and getattr(event, "tag", None):
            raise self._error(event, f"it has a tag ({event.tag})", "")
        if kind == "DocumentStartEvent":
            self._n_documents += 1
            if event.version or event.tags or self._n_documents > 1:
                mend = "delete the line of dashes or the directive"
                raise self._error(event, "it is more than one plain document", mend)

    def _error(self, event: Any, problem: str, mend: str) -> Exception:
        mark = event.start_mark
        where = f"{self._name}, line {mark.line + 1}, column {mark.column + 1}"
        return malformed(self._name, problem, where, mend or "write the value itself")
