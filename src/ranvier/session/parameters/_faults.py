"""The errors and findings of parameters, one function for each code."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ranvier.session.faults import Finding, ParameterValidationError, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a value stands: keys of mappings, and places in lists from 0."""

CHECK = "parameters"


def format_key_path(path: KeyPath) -> str:
    """Write where a value stands.

    Parameters
    ----------
    path
        From the top of the file.

    Returns
    -------
    str
        Keys joined by dots, places in brackets.

    Examples
    --------
    >>> format_key_path(("pre_acquisition_pipeline", 0, "module_path"))
    'pre_acquisition_pipeline[0].module_path'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def unreadable(name: str, reason: str, mend: str) -> ParameterValidationError:
    """Give the error of a file that can't be read."""
    return ParameterValidationError(
        f"{name} can't be read: {reason}.",
        code="RV-S10",
        where=name,
        wanted="a file of text, UTF-8",
        mend=mend or "name a file of text that this user can read",
    )


def malformed(
    name: str, problem: str, where: str, mend: str
) -> ParameterValidationError:
    """Give the error of a text that is no parameter file."""
    return ParameterValidationError(
        f"{name} is not well-formed: {problem}.",
        code="RV-S11",
        where=where,
        wanted="one mapping of keys to values, each key once",
        mend=mend or "mend the text at this place",
    )


def contradiction(key: str, names: Sequence[str], where: str, found: str) -> Finding:
    """Give the finding of one key that is said twice, each time otherwise."""
    listed = " and ".join(f'"{name}"' for name in names)
    return Finding(
        Severity.ERROR,
        CHECK,
        problem=f'{listed} are the same key, "{key}", and say different things.',
        code="RV-S12",
        where=where,
        found=found,
        mend=f'keep "{key}" alone',
    )


def unknown_key(
    path: KeyPath, where: str, mend: str, severity: Severity = Severity.ERROR
) -> Finding:
    """Give the finding of a key that nobody knows."""
    return Finding(
        severity,
        CHECK,
        problem=f'nobody knows the key "{format_key_path(path)}".',
        code="RV-S13",
        where=where,
        mend=mend or 'put it under "custom"',
    )


def wrong_value(
    path: KeyPath, where: str, found: str, wanted: str, mend: str = ""
) -> Finding:
    """Give the finding of a value that the key can't have."""
    return Finding(
        Severity.ERROR,
        CHECK,
        problem=f'"{format_key_path(path)}" is not what it can be.',
        code="RV-S14",
        where=where,
        found=found,
        wanted=wanted,
        mend=mend or "write what is wanted, or leave the key out",
    )


def without_effect(key: str, where: str, reason: str, mend: str) -> Finding:
    """Give the warning of a key that does nothing here."""
    return Finding(
        Severity.WARNING,
        CHECK,
        problem=f'"{key}" has no effect: {reason}.',
        code="RV-S15",
        where=where,
        mend=mend or "delete it",
    )


def wrong_version(key: str, where: str, found: str, wanted: str) -> Finding:
    """Give the finding of a file that is for other versions."""
    return Finding(
        Severity.ERROR,
        CHECK,
        problem=f'the file is for other versions than this one: "{key}".',
        code="RV-S16",
        where=where,
        found=found,
        wanted=wanted,
        mend=f'install a version that it is for, or mend "{key}"',
    )


def unfilled(
    placeholder: str, where: str, reason: str, mend: str, severity: Severity
) -> Finding:
    """Give the finding of a placeholder that can't be filled."""
    return Finding(
        severity,
        CHECK,
        problem=f'the placeholder "{placeholder}" {reason}.',
        code="RV-S17",
        where=where,
        mend=mend or "give it a value, or write {{ for a brace",
    )


def incomplete(what: str, where: str, missing: str, mend: str) -> Finding:
    """Give the finding of something that needs a key that is not there."""
    return Finding(
        Severity.ERROR,
        CHECK,
        problem=f"{what} needs {missing}.",
        code="RV-S18",
        where=where,
        mend=mend or "give it too",
    )


def impossible_path(
    text: str, key: str, what: str, mend: str
) -> ParameterValidationError:
    """Give the error of a path that can't be used here."""
    return ParameterValidationError(
        f"the path {text!r} {what}.",
        code="RV-S19",
        where=f'key "{key}"' if key else "",
        mend=mend or "write a path of this system",
    )
