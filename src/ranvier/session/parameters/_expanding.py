"""Fills placeholders with the values of the session."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ranvier.core import format_value
from ranvier.session.faults import ParameterValidationError, Report, Severity
from ranvier.session.parameters._faults import KeyPath, unfilled
from ranvier.session.parameters._merging import Parameters
from ranvier.session.parameters._placeholders import PieceKind, split_placeholders
from ranvier.session.parameters._shapes import as_mapping
from ranvier.session.parameters._table import KEYS, SESSION_NAMES, find_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.session.faults import Finding
    from ranvier.session.parameters._placeholders import Piece

# What stands behind one of these is a path below it.
_FOLDERS = ("session_folder", "output_root_folder", "local_repository_path")
# Keys that name one another twice each double a text at every step.
_MAX_TEXT = 100_000
_MAX_CHAIN = 40


def expand(parameters: Parameters, context: Mapping[str, Any]) -> Parameters:
    r"""Fill the placeholders in all texts, however deep they stand; not in keys.

    `{name}` and `{rig_param:name}` are the same: a name of the session, else any merged
    key, else one of `custom`, else the default of a key. What is no text stays what it
    is; put into a text, it is written as JSON writes it (`true`, not `True`), even if
    the text is nothing but the placeholder, since programs want text. Prose and
    patterns (`notes`, `stderr_fail_patterns`) are left alone.

    `{env:NAME}` stays as it stands: these values are written to the session folder
    and to the audit trail, and a secret must not be. `expand_environment` fills it in
    what is given to a program, when it is started.

    Backslashes after a folder (`{session_folder}\x.csv`) become slashes where the
    folder is one of POSIX.

    Parameters
    ----------
    parameters
        Merged.
    context
        What only the session knows: "session_folder", "session_name".

    Returns
    -------
    session parameters
        With the same origins.

    Raises
    ------
    ParameterValidationError
        RV-S17 if placeholders name nothing, or each other in a circle; all at once.

    Examples
    --------
    >>> from ranvier.session.parameters import merge
    >>> expand(merge(file={"rig_id": "r{n}"}), {"n": 2}).values["rig_id"]
    'r2'
    """
    filler = _Filler(parameters, context)
    values = {key: filler.fill_key(key) for key in parameters.values}
    Report.of(filler.findings).raise_errors(ParameterValidationError)
    return Parameters(
        MappingProxyType(values),
        parameters.origins,
        parameters.written,
        parameters.file,
        parameters.rig,
    )


def expand_text(text: str, parameters: Parameters, context: Mapping[str, Any]) -> str:
    """Fill the placeholders of one text, before all can be known.

    Parameters
    ----------
    text
        As "D:/data/{subject_id}".
    parameters
        Merged.
    context
        What the session knows so far.

    Returns
    -------
    str
        The text.

    Raises
    ------
    ParameterValidationError
        RV-S17 as `expand`, for this text alone.
    """
    filler = _Filler(parameters, context)
    filled = filler.fill(text, ())
    Report.of(filler.findings).raise_errors(ParameterValidationError)
    return str(filled)


def find_circles(parameters: Parameters) -> list[Finding]:
    """Find placeholders that name each other in a circle, or nearly without end.

    Parameters
    ----------
    parameters
        Merged.

    Returns
    -------
    list of Finding
        RV-S17, one for each circle as it is met.
    """
    filler = _Filler(parameters, dict.fromkeys(SESSION_NAMES, ""))
    for key in parameters.values:
        filler.fill_key(key)
    return filler.circles


class _Filler:
    """Fills texts, and gathers what can't be filled."""

    def __init__(self, parameters: Parameters, context: Mapping[str, Any]) -> None:
        self._parameters = parameters
        self._context = {SESSION_NAMES.get(k, k): v for k, v in context.items()}
        self._custom = as_mapping(parameters.values.get("custom"))
        self._done: dict[str, Any] = {}
        self._open: list[str] = []
        self._unfilled: list[Finding] = []
        self.circles: list[Finding] = []

    @property
    def findings(self) -> list[Finding]:
        return [*self.circles, *self._unfilled]

    def fill_key(self, key: str) -> Any:
        """Fill the value of a merged key, once."""
        if key in KEYS and KEYS[key].is_literal:
            return self._parameters.values[key]
        return self._fill_once(key, self._parameters.values[key], (key,))

    def fill(self, value: Any, path: KeyPath) -> Any:
        """Fill a value of any kind."""
        if isinstance(value, str):
            return self._fill_text(value, path)
        if isinstance(value, dict):
            entries: Any = value.items()  # pyright: ignore[reportUnknownVariableType]
            return {key: self.fill(each, (*path, key)) for key, each in entries}
        if isinstance(value, list):
            items: Any = value  # pyright: ignore[reportUnknownVariableType]
            return [self.fill(each, (*path, i)) for i, each in enumerate(items)]
        return value

    def _fill_once(self, name: str, value: Any, path: KeyPath) -> Any:
        if name not in self._done:
            self._open.append(name)
            filled = self.fill(value, path)
            self._open.pop()
            self._done[name] = filled
        return self._done[name]

    def _fill_text(self, text: str, path: KeyPath) -> str:
        pieces = list(split_placeholders(text))
        kept = (PieceKind.TEXT, PieceKind.ENVIRONMENT)
        texts = [
            piece.text if piece.kind in kept else self._fill_piece(piece, path)
            for piece in pieces
        ]
        if len(pieces) > 1 and _is_posix_folder(pieces[0], texts[0]):
            texts[1:] = [each.replace("\\", "/") for each in texts[1:]]
        if sum(map(len, texts)) > _MAX_TEXT:
            return self._give_up(text, path, f"makes more than {_MAX_TEXT:,} letters")
        return "".join(texts)

    def _give_up(self, text: str, path: KeyPath, reason: str) -> str:
        where = self._parameters.where(path, is_full=True)
        mend = "write the values out"
        shown = format_value(text)
        self.circles.append(unfilled(shown, where, reason, mend, Severity.ERROR))
        return text

    def _fill_piece(self, piece: Piece, path: KeyPath) -> str:
        name = find_name(piece.name)
        name = SESSION_NAMES.get(name, name)
        if name in self._context:
            return _write(self._context[name])
        if name in SESSION_NAMES:
            self._tell(piece, path, "is known only once the session starts")
            return piece.text
        if name in self._parameters.values:
            return self._fill_from(piece, path, name)
        if piece.name in self._custom:
            return self._fill_from(piece, path, f"custom.{piece.name}")
        if name in KEYS and KEYS[name].default is not None:
            return _write(KEYS[name].default)
        self._tell(piece, path, "names nothing that has a value")
        return piece.text

    def _fill_from(self, piece: Piece, path: KeyPath, name: str) -> str:
        if name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            self.circles.append(
                unfilled(
                    piece.text,
                    self._parameters.where(path, is_full=True),
                    f"stands in a circle: {circle}",
                    "write one of them out",
                    Severity.ERROR,
                )
            )
            return piece.text
        if len(self._open) >= _MAX_CHAIN:
            reason = f"leads through more than {_MAX_CHAIN} others"
            return self._give_up(piece.text, path, reason)
        if name.startswith("custom.") and piece.name in self._custom:
            value = self._custom[piece.name]
            return _write(self._fill_once(name, value, ("custom", piece.name)))
        return _write(self.fill_key(name))

    def _tell(self, piece: Piece, path: KeyPath, reason: str) -> None:
        where = self._parameters.where(path, is_full=True)
        mend = f'give "{piece.name}" a value, or write {{{{ for a brace'
        found = unfilled(piece.text, where, reason, mend, Severity.ERROR)
        self._unfilled.append(found)


def _is_posix_folder(piece: Piece, filled: str) -> bool:
    name = find_name(piece.name)
    name = SESSION_NAMES.get(name, name)
    return name in _FOLDERS and piece.kind is not PieceKind.TEXT and filled[:1] == "/"


def _write(value: Any) -> str:
    """Write a value as text: text as it is, the rest as JSON does."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float | list | dict) or value is None:
        return json.dumps(value, ensure_ascii=False)
    return str(value)  # a path of the session
