"""JSON text read strictly, with the line of every key.

Python's own reader takes a key twice, NaN, and numbers too large for a float; none of
them is a parameter that can be written down again.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from ranvier.session.parameters._faults import KeyPath, format_key_path, malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 40
_DEEP = f"it is nested more than {MAX_DEPTH} deep"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def parse_json(text: str, name: str) -> tuple[Any, dict[KeyPath, int]]:
    """Read JSON text.

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
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{name}, line {error.lineno}, column {error.colno}"
        if not text.strip():
            raise malformed(name, "it is empty", name, "write its keys") from None
        # Python's words end in a place of their own, which `where` says already.
        raise malformed(name, error.msg.lower(), where, _mend(error.msg)) from None
    except RecursionError:
        raise malformed(name, _DEEP, name, "nest less") from None
    except ValueError:
        # A whole number of more digits than Python reads.
        mend = "write numbers that are meant as text in quotes"
        raise malformed(name, "it has an endless number", name, mend) from None
    return value, _Walk(text, name).read_lines()


def _mend(message: str) -> str:
    if "property name" in message:
        return "put each key in double quotes, and no comma after the last entry"
    if "delimiter" in message:
        return "put a comma between entries, and a colon after a key"
    if "Extra data" in message:
        return "keep one mapping a file"
    if "escape" in message:
        return "write each backslash of a path twice, or use /"
    return "mend the text at this place"


class _Walk:
    """Goes through text that is known to be JSON, and notes where things stand."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]
        self._lines: dict[KeyPath, int] = {(): 1}
        self._n_open = 0
        self._path: list[str | int | None] = []

    def read_lines(self) -> dict[KeyPath, int]:
        for sign, start in self._iter_tokens():
            if sign in ("{", "["):
                self._note_item(start)
                self._enter(sign, start)
            elif sign in ("}", "]"):
                self._n_open -= 1
                self._path.pop()
            elif sign == ",":
                last = self._path[-1]
                self._path[-1] = last + 1 if isinstance(last, int) else None
            elif sign != ":":
                self._note_scalar(sign, start)
        return self._lines

    def _iter_tokens(self) -> Iterator[tuple[str, int]]:
        for match in _TOKEN.finditer(self._text):
            yield match.group(), match.start()

    def _enter(self, bracket: str, start: int) -> None:
        if self._n_open >= MAX_DEPTH:
            raise self._error(_DEEP, start, "nest less")
        self._n_open += 1
        self._path.append(0 if bracket == "[" else None)

    def _note_scalar(self, token: str, start: int) -> None:
        if token.startswith('"'):
            if "\\u" in token:
                self._refuse_half_characters(token, start)
            if self._path and self._path[-1] is None:
                self._note_key(json.loads(token), start)
                return
        elif token not in ("true", "false", "null") and not math.isfinite(float(token)):
            what = f"{token} is no number that JSON has"
            raise self._error(what, start, "write a number, or leave the key out")
        self._note_item(start)

    def _note_key(self, key: str, start: int) -> None:
        self._path[-1] = key
        path = self._here()
        if path in self._lines:
            what = f'the key "{format_key_path(path)}" stands twice'
            first = self._lines[path]
            raise self._error(what, start, f"keep one; the other is on line {first}")
        self._lines[path] = self._line(start)

    def _note_item(self, start: int) -> None:
        if self._path and isinstance(self._path[-1], int):
            self._lines[self._here()] = self._line(start)

    def _refuse_half_characters(self, token: str, start: int) -> None:
        try:
            str(json.loads(token)).encode("utf-8")
        except UnicodeEncodeError:
            what = "a text has half a character (a lone \\u surrogate)"
            raise self._error(what, start, "write the character itself") from None

    def _here(self) -> KeyPath:
        return tuple(part for part in self._path if part is not None)

    def _line(self, start: int) -> int:
        return bisect_right(self._starts, start)

    def _error(self, problem: str, start: int, mend: str) -> Exception:
        line = self._line(start)
        column = start - self._starts[line - 1] + 1
        where = f"{self._name}, line {line}, column {column}"
        return malformed(self._name, problem, where, mend)
