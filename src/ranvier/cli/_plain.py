"""Text from nodes, files and people made fit for a terminal; nothing is printed here.

A note may hold anything: sequences that clear the screen or retitle the window, line
ends that fake a message of ours, a megabyte. The audit trail keeps the whole; what a
person sees is plain and short.
"""

from __future__ import annotations

import re

_MOST, _MOST_LINES = 1000, 200
# ECMA-48: control sequences, then strings such as window titles up to their end, then
# two-character escapes.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)


def make_line(text: str, most: int = _MOST) -> str:
    r"""Make one plain line of any text.

    Parameters
    ----------
    text
        From a node, a file or a person.
    most
        Characters that are left; what is longer ends in "…".

    Returns
    -------
    str
        Without escape sequences, control characters and marks that turn the direction
        of writing; line ends and tabs are spaces.

    Examples
    --------
    >>> make_line("red: \x1b[31malarm\x1b[0m\nRanvierError")
    'red: alarm RanvierError'
    >>> make_line("a long note", 7)
    'a long…'
    """
    # Sequences are looked for only in what may be shown: a note may be huge.
    plain = _ESCAPES.sub("", text[: 8 * most])
    kept = "".join(map(_show, plain))
    is_cut = len(kept) > most or len(text) > 8 * most
    return kept[: most - 1] + "…" if is_cut else kept


def make_lines(text: str) -> str:
    r"""Make plain lines of a text of several lines, such as an error.

    Parameters
    ----------
    text
        With "\n" at the ends of its lines.

    Returns
    -------
    str
        Each line as `make_line` gives it; of very many the first, then "…".

    Examples
    --------
    >>> make_lines("one\r\ntwo\x07")
    'one\ntwo'
    """
    lines = [make_line(line.rstrip("\r")) for line in text.split("\n", _MOST_LINES)]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = ["…"]
    return "\n".join(lines)


def _show(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else ""
