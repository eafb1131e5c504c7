"""A YAML text made to say something else, with the least of it touched.

Comments, order, quotes, indents and line ends of all that stays are kept to the
letter, since only the places that change are replaced in the text. Afterwards the
new text is read again: it says exactly what was wanted, or nothing is changed.
"""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any, cast

from ranvier.core import GraphError
from ranvier.graph._render import format_entry, format_flow, format_scalar
from ranvier.graph._tree import parse_tree

if TYPE_CHECKING:
    from ranvier.graph._value import Value


def rewrite(text: str, name: str, data: Any) -> str:
    r"""Make a YAML text say other data.

    Parameters
    ----------
    text
        Well-formed YAML.
    name
        Of the file, for messages.
    data
        What it is to say: mappings with text keys, lists, scalars.

    Returns
    -------
    str
        The new text. New keys stand last in their mapping.

    Raises
    ------
    GraphError
        RV-G30 if the text is laid out in a way that can't be changed by machine.

    Examples
    --------
    >>> rewrite("level: 1.0  # volts\n", "x.yaml", {"level": 2.0})
    'level: 2.0  # volts\n'
    """
    splicer = _Splicer(text)
    splicer.change(parse_tree(text, name), data)
    changed = splicer.apply()
    try:
        is_as_wanted = _key(parse_tree(changed, name).to_data()) == _key(data)
    except GraphError:
        is_as_wanted = False
    if not is_as_wanted:
        raise GraphError(
            f"{name} is laid out in a way that can't be edited by machine.",
            code="RV-G30",
            where=name,
            mend="make this change in a text editor",
        )
    return changed


def _key(data: Any) -> str:
    """Give a text that is the same for the same data, also for NaN."""
    return json.dumps(data, sort_keys=True)


class _Splicer:
    """Collects what is to be replaced where, from a walk along tree and data."""

    def __init__(self, text: str) -> None:
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._text = text if text.endswith("\n") else text + self._newline
        self._splices: list[tuple[int, int, str]] = []

    def apply(self) -> str:
        text = self._text
        # What is put in at a place stands before what is cut from there on.
        ordered = sorted(self._splices, key=lambda splice: splice[:2])
        for start, end, words in ordered[::-1]:
            text = text[:start] + words + text[end:]
        return text

    def change(
        self, value: Value, new: Any, key: Value | None = None, in_flow: bool = False
    ) -> None:
        """Make a value say `new`; `key` is its key if it stands in a mapping."""
        old = value.to_data()
        if _key(old) == _key(new):
            return
        if isinstance(new, dict) and value.kind == "mapping":
            changes = cast("dict[str, Any]", new)
            if _find_renamed(old, changes) or old.keys() & changes.keys():
                self._change_mapping(value, changes)
                return
        if isinstance(new, list) and new and value.items:
            self._change_list(value, cast("list[Any]", new))
            return
        self._replace(value, new, key, in_flow)

    def _replace(
        self, value: Value, new: Any, key: Value | None, in_flow: bool
    ) -> None:
        start, end = value.start, max(value.start, self._end(value))
        words = format_flow(new)
        if key is not None:
            # A block begins on a line of its own, so take all behind the colon.
            start = self._behind_colon(key)
            end = max(start, self._end(value))
            if in_flow:
                words = " " + words
            else:
                entry = format_entry("k", new, key.column, self._newline)
                words = entry.removeprefix("k:")
            if start == key.end:
                words = ":" + words
        self._splices.append((start, end, words))

    def _change_mapping(self, value: Value, new: dict[str, Any]) -> None:
        old_name, new_name = _find_renamed(value.to_data(), new) or (None, None)
        kept: list[int] = []
        for number, (key, each) in enumerate(value.entries):
            name = key.text
            if new_name is not None and name == old_name:
                name = new_name
                self._splices.append((key.start, key.end, format_scalar(name)))
            if name in new:
                kept.append(number)
                self.change(each, new[name], key, value.is_flow)
        spans = [(k.start, self._entry_end(k, v)) for k, v in value.entries]
        self._cut(spans, kept, "" if not value.is_flow else None)
        had = {key.text for key, _ in value.entries} | {new_name}
        for name in [name for name in new if name not in had]:
            self._add_entry(value, spans[kept[-1]][1], name, new[name])

    def _add_entry(self, value: Value, behind: int, name: str, new: Any) -> None:
        if value.is_flow:
            words = f", {format_scalar(name)}: {format_flow(new)}"
            self._splices.append((behind, behind, words))
        else:
            column = value.entries[0][0].column
            entry = format_entry(name, new, column, self._newline)
            self._add_line(behind, " " * column + entry)

    def _change_list(self, value: Value, new: list[Any]) -> None:
        old = [_key(item.to_data()) for item in value.items]
        wanted = [_key(each) for each in new]
        matcher = difflib.SequenceMatcher(None, old, wanted, autojunk=False)
        kept: list[int] = []
        added: list[tuple[int, list[Any]]] = []
        for _, i1, i2, j1, j2 in matcher.get_opcodes():
            n_both = min(i2 - i1, j2 - j1)
            kept += range(i1, i1 + n_both)
            added.append((i1 + n_both, new[j1 + n_both : j2]))
            for offset in range(n_both):
                self.change(
                    value.items[i1 + offset], new[j1 + offset], None, value.is_flow
                )
        spans = [(item.start, self._end(item)) for item in value.items]
        self._cut(spans, kept, "-" if not value.is_flow else None)
        for place, items in added:
            self._add_items(value, place, items)

    def _add_items(self, value: Value, place: int, items: list[Any]) -> None:
        first = value.items[0].start
        if value.is_flow:
            words = [format_flow(item) for item in items]
            if place == 0:
                self._splices += [(first, first, f"{word}, ") for word in words]
            else:
                end = self._end(value.items[place - 1])
                self._splices += [(end, end, f", {word}") for word in words]
            return
        prefix = self._text[self._line_start(first) : first]
        for item in items:
            line = prefix + format_flow(item)
            if place:
                self._add_line(self._end(value.items[place - 1]), line)
            else:
                start = self._line_start(first)
                self._splices.append((start, start, line + self._newline))

    def _cut(
        self, spans: list[tuple[int, int]], kept: list[int], sign: str | None
    ) -> None:
        """Take out the entries that are not kept; `sign` leads a line of a block.

        Of a block whole lines are taken. In flow, and where the first entry shares
        its line with the dash of a list around it, the next entry moves up.
        """
        for number, (start, end) in enumerate(spans):
            if number in kept:
                continue
            first = self._line_start(start)
            later = [each for each in kept if each > number]
            if sign is not None and self._text[first:start].strip(" ") == sign:
                shared = self._shares_line(spans, kept, number, sign)
                if not shared:
                    column = _indent_of(self._text[first:])
                    self._splices.append((first, self._block_end(end, column), ""))
            elif not later:
                self._splices.append((spans[kept[-1]][1], spans[-1][1], ""))
                return
            elif number == 0 or number - 1 in kept:
                self._splices.append((start, spans[later[0]][0], ""))

    def _shares_line(
        self, spans: list[tuple[int, int]], kept: list[int], number: int, sign: str
    ) -> bool:
        """Tell whether the cut of a first entry that shares its line took this one."""
        first = spans[0][0]
        lead = self._text[self._line_start(first) : first].strip(" ")
        return lead != sign and number < min(kept)

    def _add_line(self, behind: int, line: str) -> None:
        place = self._block_end(behind, _indent_of(line)) - len(self._newline)
        self._splices.append((place, place, self._newline + line))

    def _end(self, value: Value) -> int:
        """Give the end of a value without line ends that a block scalar takes in."""
        if value.is_blank:
            return 0
        whole = self._text[value.start : value.content_end()]
        return value.start + len(whole.rstrip())

    def _entry_end(self, key: Value, value: Value) -> int:
        return max(self._end(value), self._behind_colon(key))

    def _behind_colon(self, key: Value) -> int:
        """Give the place behind a key's colon, or behind the key if it has none."""
        rest = self._text[key.end :]
        blank = len(rest) - len(rest.lstrip())
        has_colon = rest[blank : blank + 1] == ":"
        return key.end + blank + 1 if has_colon else key.end

    def _line_start(self, place: int) -> int:
        return self._text.rfind("\n", 0, place) + 1

    def _block_end(self, place: int, column: int) -> int:
        """Give the line behind an entry and the comments that stand deeper than it."""
        end = here = self._next_line(place)
        while here < len(self._text):
            line = self._text[here : self._next_line(here)]
            words = line.strip()
            if words and (words[0] != "#" or _indent_of(line) <= column):
                break
            here = self._next_line(here)
            end = here if words else end
        return end

    def _next_line(self, place: int) -> int:
        end = self._text.find("\n", place)
        return len(self._text) if end < 0 else end + 1


def _indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _find_renamed(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, str] | None:
    """Give the old and the new name if one key, and only one, changed in its place."""
    if len(old) != len(new):
        return None
    unlike = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    if len(unlike) != 1 or unlike[0][1] in old or unlike[0][0] in new:
        return None
    return unlike[0]
