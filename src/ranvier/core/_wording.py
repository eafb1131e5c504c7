"""Things of foreign code put into words, whatever they are; and near words found.

The exceptions and values of a node come from anyone's code: their `__str__` may raise,
and their text may be endless or no text that an encoder takes.
"""

from __future__ import annotations

import itertools
import shlex
import sys
import traceback
from typing import Iterable

_MAX_TEXT = 100_000
_MAX_VALUE = 100
_MAX_COMPARED = 300


def format_error(error: BaseException) -> str:
    """Put an exception into words; never fails.

    Returns
    -------
    str
        Its type and its text.

    Examples
    --------
    >>> format_error(KeyError("gain"))
    "KeyError: 'gain'"
    """
    text = to_text(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def format_traceback(error: BaseException) -> str:
    """Write where an exception came from, as Python does; never fails.

    Returns
    -------
    str
        Several lines.
    """
    try:
        lines = traceback.format_exception(type(error), error, error.__traceback__)
    except Exception:  # noqa: BLE001 - attributes of a foreign exception may raise too
        lines = [f"{format_error(error)}\n"]
    return to_text("".join(lines))


def format_value(value: object) -> str:
    """Write a value for a person, as in code; never fails, never fills a page.

    Returns
    -------
    str
        Up to 100 characters.

    Examples
    --------
    >>> format_value("5")
    "'5'"
    """
    text = to_text(value, quoted=True)
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"


def format_count(n: int, thing: str) -> str:
    """Write how many there are of a thing whose plural has an s.

    Returns
    -------
    str
        The number and the word that goes with it.

    Examples
    --------
    >>> [format_count(n, "message") for n in (0, 1, 1200)]
    ['0 messages', '1 message', '1,200 messages']
    """
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"


def to_text(thing: object, *, quoted: bool = False) -> str:
    """Give the text of anything, such that any encoder takes it; never fails.

    Parameters
    ----------
    thing
        An object of foreign code.
    quoted
        As in code (`repr`) rather than plain.

    Returns
    -------
    str
        Up to 100,000 characters.
    """
    try:
        text = repr(thing) if quoted else str(thing)
    except Exception as error:  # noqa: BLE001 - foreign code must not stop the telling
        text = f"({type(thing).__name__} without words: {type(error).__name__})"
    # A file name that is no UTF-8 stands in a text as lone surrogates.
    return text[:_MAX_TEXT].encode("utf-8", "backslashreplace").decode("utf-8")


def suggest(word: str, known: Iterable[str], otherwise: str) -> str:
    """Give a mend for a word that is not known.

    Parameters
    ----------
    word
        What was written.
    known
        What could have been written.
    otherwise
        The mend where nothing is near.

    Returns
    -------
    str
        'did you mean "…"?' with up to three near words, or `otherwise`.

    Examples
    --------
    >>> suggest("levle", ["level", "gain"], "remove it")
    'did you mean "level"?'
    """
    import difflib  # a worker needs it only when something is wrong

    # Bounded, so that thousands of wrong words don't take minutes to mend.
    few = {each.lower(): each for each in itertools.islice(known, _MAX_COMPARED)}
    near = difflib.get_close_matches(word[:100].lower(), few, n=3, cutoff=0.6)
    if word.lower() in few:
        near = [word.lower()]
    if not near:
        return otherwise
    return "did you mean " + " or ".join(f'"{few[each]}"' for each in near) + "?"


def format_command(*words: object) -> str:
    """Write a command so that it can be copied into a shell, whatever is in its words.

    Parameters
    ----------
    words
        Program, options, paths.

    Returns
    -------
    str
        Quoted as the shell of this system wants it.
    """
    texts = [str(word) for word in words]
    if sys.platform == "win32":
        import subprocess  # slow to import, and only needed here

        return subprocess.list2cmdline(texts)
    return shlex.join(texts)
