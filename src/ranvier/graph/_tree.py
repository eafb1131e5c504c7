"""YAML text as a tree of values that know where they stand in the text.

Only the safe core of YAML 1.2 is taken: mappings, lists and plain scalars. Anchors,
aliases, tags, directives and several documents in one file are refused, so that a
file can't grow when it is read, can't refer to itself and can't name Python objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ruamel.yaml
from ruamel.yaml import error as yaml_error
from ruamel.yaml import events

from ranvier.core import GraphError
from ranvier.graph._value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

# A graph of 50 nodes has some 10 kB; a megabyte takes the parser about 5 s.
MAX_BYTES = 1_000_000
MAX_DEPTH = 40

# What the parser says, what that means, and what to do about it; {line} is where the
# thing begins that is not right.
_MEANINGS = (
    ("'\\t'", "a tab", "indent with spaces, not with tabs"),
    (
        "mapping values are not allowed",
        "a colon where none can be",
        "put a space after each colon, the value in quotes, or mend the indent",
    ),
    (
        "could not find expected ':'",
        "a line without a colon",
        "write the key, a colon, a space and the value",
    ),
    (
        "unexpected end of stream",
        "a quote is not closed",
        "close the quote that is opened on line {line}",
    ),
    (
        "expected ',' or",
        "a bracket is not closed, or a comma is missing",
        "close the bracket that is opened on line {line}, or put a comma between",
    ),
    (
        "'<stream end>'",
        "a bracket is not closed",
        "close the bracket that is opened on line {line}",
    ),
    (
        "expected <block end>",
        "an indent that fits nothing above it",
        "give entries of one mapping or list the same indent",
    ),
    (
        "cannot start any token",
        "a sign that no plain text may begin with",
        "put the text in quotes",
    ),
    (
        "escape",
        "a backslash in double quotes, before a sign that it does not go with",
        'write "\\\\" for a backslash, or use single quotes',
    ),
)


def parse_tree(text: str, name: str) -> Value:
    """Read YAML text into a tree.

    Parameters
    ----------
    text
        The whole file.
    name
        Of the file, for the messages.

    Returns
    -------
    Value
        The root.

    Raises
    ------
    GraphError
        RV-G02 if the text is not well formed, RV-G03 if it uses what a graph file
        may not: anchors, aliases, tags, directives, several documents, deep nesting.
    """
    if len(text) > MAX_BYTES:
        raise too_large(name, "characters")
    try:
        return _Builder(name).build(_iter_events(text))
    except yaml_error.MarkedYAMLError as error:
        fault = _explain_syntax(error, name)
    except yaml_error.YAMLError as error:
        fault = _explain_character(error, text, name)
    except (ValueError, OverflowError) as error:
        # ruamel's scanner on impossible escapes, as "\U99999999" or "%YAML x"
        fault = _syntax_error(str(error), name, "look for odd escapes")
    raise fault


def too_large(name: str, unit: str) -> GraphError:
    """Give the error of a file that is no graph for its size alone."""
    return GraphError(
        f"{name} is too large for a graph file.",
        code="RV-G01",
        where=name,
        found=f"more than {MAX_BYTES:,} {unit}",
        wanted="a graph file; one of 50 nodes has some 10,000",
        mend="name the graph file, not a recording; put large tables into files of "
        "their own and name them in the graph",
    )


def _iter_events(text: str) -> Iterator[Any]:
    reader = ruamel.yaml.YAML(typ="safe", pure=True)
    return iter(reader.parse(text))  # pyright: ignore[reportUnknownMemberType]


_PLAIN = "delete it, and write the values out at each place"


class _Builder:
    """Builds the tree with a stack of its own, so no text can exhaust Python's."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._root: Value | None = None
        self._open: list[Value] = []
        self._keys: list[Value | None] = []
        self._n_documents = 0

    def build(self, stream: Iterator[Any]) -> Value:
        for event in stream:
            self._refuse(event)
            if isinstance(event, events.DocumentStartEvent):
                self._n_documents += 1
            elif isinstance(event, events.ScalarEvent):
                self._place(_to_value(event, "scalar"))
            elif isinstance(event, events.SequenceStartEvent):
                self._enter(_to_value(event, "list"), event)
            elif isinstance(event, events.MappingStartEvent):
                self._enter(_to_value(event, "mapping"), event)
            elif _is(event, events.CollectionEndEvent):
                self._open.pop().end = event.end_mark.index
                self._keys.pop()
        if self._root is None:
            return Value("scalar", 0, 0, 0, 0)
        return self._root

    def _enter(self, value: Value, event: Any) -> None:
        if len(self._open) >= MAX_DEPTH:
            what = f"is nested more than {MAX_DEPTH} deep"
            raise self._error(event, what, "nest less")
        if self._keys and self._open[-1].kind == "mapping" and not self._keys[-1]:
            mend = "put quotes round what begins with { or [; a key is a text"
            raise self._error(event, "has a list or a mapping as a key", mend)
        self._place(value)
        self._open.append(value)
        self._keys.append(None)

    def _place(self, value: Value) -> None:
        if not self._open:
            self._root = value
            return
        parent = self._open[-1]
        if parent.kind == "list":
            parent.items.append(value)
        elif self._keys[-1] is None:
            self._keys[-1] = value
        else:
            parent.entries.append((self._keys[-1], value))
            self._keys[-1] = None

    def _refuse(self, event: Any) -> None:
        if _is(event, events.AliasEvent):
            raise self._error(event, f'refers to another entry ("*{event.anchor}")')
        if _is(event, events.NodeEvent):
            if event.anchor:
                raise self._error(event, f'has an anchor ("&{event.anchor}")')
            if getattr(event, "tag", None):
                raise self._error(event, f'has a tag ("{event.tag}")')
        if _is(event, events.DocumentStartEvent):
            if event.version or event.tags:
                raise self._error(event, "has a YAML directive")
            if self._n_documents:
                mend = "delete the line of dashes, or keep one graph a file"
                raise self._error(event, "has a second document", mend)

    def _error(self, event: Any, what: str, mend: str = _PLAIN) -> GraphError:
        line = event.start_mark.line + 1
        return GraphError(
            f"{self._name} {what}.",
            code="RV-G03",
            where=f"{self._name}, line {line}, column {event.start_mark.column + 1}",
            wanted="one document of plain mappings, lists and values",
            mend=mend,
        )


def _is(event: Any, kind: type) -> bool:
    # ruamel's events are untyped: narrowing to them would spread unknown types.
    return isinstance(event, kind)


def _to_value(event: Any, kind: str) -> Value:
    mark = event.start_mark
    value = Value(kind, mark.index, event.end_mark.index, mark.line, mark.column)
    if kind == "scalar":
        value.text = str(event.value)
        value.style = event.style or ""
    else:
        value.is_flow = bool(event.flow_style)
    return value


def _explain_syntax(error: Any, name: str) -> GraphError:
    mark = error.problem_mark or error.context_mark
    where = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
    problem = str(error.problem or error.context or "it can't be read")
    mend = "mend the spelling and the indent on this line or the one before"
    whole = f"{error.context or ''} {problem}"
    for sign, meaning, what_to_do in _MEANINGS:
        if sign in whole:
            begins = error.context_mark or mark
            line = begins.line + 1 if begins else "?"
            problem, mend = meaning, what_to_do.format(line=line)
            break
    return _syntax_error(problem, where, mend)


def _explain_character(error: Any, text: str, name: str) -> GraphError:
    position = getattr(error, "position", None)
    where = name
    if isinstance(position, int):
        where = f"{name}, line {text.count(chr(10), 0, position) + 1}"
    return _syntax_error("it has a control character", where, "delete that character")


def _syntax_error(problem: str, where: str, mend: str) -> GraphError:
    return GraphError(
        f"the file is not well-formed YAML: {' '.join(problem.split())}.",
        code="RV-G02",
        where=where,
        mend=mend,
    )
