"""Text with placeholders in braces, taken apart.

`{name}` and `{rig_param:name}` are placeholders, `{env:NAME}` is one that is filled
when a program starts. `{{` is a brace, and so is the `}}` that goes with it. Other
braces (`{3}`, `{"a": 1}`) are text, for no key has such a name.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ranvier.session.faults import ParameterValidationError, Report, Severity
from ranvier.session.parameters._faults import KeyPath, unfilled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PIECE = re.compile(
    r"(?P<kept>\{\{env:[^{}]*\}\})|(?P<open>\{\{)|(?P<close>\}\})"
    r"|\{\s*rig_param:\s*(?P<rig>[^{}]*?)\s*\}"
    r"|\{\s*env:\s*(?P<env>[A-Za-z_][A-Za-z0-9_]*)\s*\}"
    r"|\{\s*(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)\s*\}"
)
_ENVIRONMENT = re.compile(
    r"\{(?P<kept>\{env:[^{}]*\})\}|\{\s*env:\s*(?P<env>[A-Za-z_][A-Za-z0-9_]*)\s*\}"
)


class PieceKind(enum.Enum):
    """What a piece of a text is."""

    TEXT = "text"
    KEY = "key"
    RIG = "rig_param"
    ENVIRONMENT = "env"


@dataclass(frozen=True)
class Piece:
    """A piece of a text: words as they are, or a placeholder.

    Parameters
    ----------
    kind
        Which of them.
    text
        As it stands there, braces included; of words, as they are meant.
    name
        Of a placeholder.
    """

    kind: PieceKind
    text: str
    name: str = ""


def split_placeholders(text: str) -> Iterator[Piece]:
    """Take a text apart.

    Parameters
    ----------
    text
        Of a parameter.

    Yields
    ------
    Piece
        In order; what they are filled with makes the text.
    """
    end, n_open = 0, 0
    for match in _PIECE.finditer(text):
        if match.start() > end:
            yield Piece(PieceKind.TEXT, text[end : match.start()])
        end, kind, whole = match.end(), match.lastgroup, match.group()
        if kind == "open":
            n_open += 1
            yield Piece(PieceKind.TEXT, "{")
        elif kind == "close" and n_open:
            n_open -= 1
            yield Piece(PieceKind.TEXT, "}")
        elif kind in ("close", "kept"):
            # "{{env:X}}" keeps both braces, for `expand_environment` takes them off.
            yield Piece(PieceKind.TEXT, whole)
        else:
            yield Piece(_KINDS[str(kind)], whole, match[str(kind)])
    if end < len(text):
        yield Piece(PieceKind.TEXT, text[end:])


_KINDS = {"key": PieceKind.KEY, "rig": PieceKind.RIG, "env": PieceKind.ENVIRONMENT}


def iter_texts(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Give every text of a value and where it stands.

    Parameters
    ----------
    value
        As JSON has it.
    path
        Where it stands itself.

    Yields
    ------
    tuple
        Key path and text.
    """
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        entries: Any = value.items()  # pyright: ignore[reportUnknownVariableType]
        for key, each in entries:
            yield from iter_texts(each, (*path, key))
    elif isinstance(value, list):
        items: Any = value  # pyright: ignore[reportUnknownVariableType]
        for place, each in enumerate(items):
            yield from iter_texts(each, (*path, place))


def expand_environment(
    text: str, environment: Mapping[str, str], where: str = ""
) -> str:
    """Fill `{env:NAME}` in a text, at the last moment before it is used.

    Only what comes of this has a secret in it: give it to the program and to nothing
    that is written or shown.

    Parameters
    ----------
    text
        After `expand`.
    environment
        As `os.environ`.
    where
        The text's place, for the error.

    Returns
    -------
    str
        The text; "{{env:NAME}}" stays as "{env:NAME}".

    Raises
    ------
    ParameterValidationError
        RV-S17 if variables are not set, all of them at once.

    Examples
    --------
    >>> expand_environment("--token={env:TOKEN}", {"TOKEN": "abc"})
    '--token=abc'
    """
    missing = {
        match["env"]
        for match in _ENVIRONMENT.finditer(text)
        if match["env"] and match["env"] not in environment
    }
    reason = "names an environment variable that is not set"
    Report.of(
        unfilled(f"{{env:{name}}}", where, reason, f"set {name}", Severity.ERROR)
        for name in sorted(missing)
    ).raise_errors(ParameterValidationError)
    return _ENVIRONMENT.sub(
        lambda match: match["kept"] or environment[match["env"]], text
    )
