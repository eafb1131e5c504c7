"""Reads the facts of `_facts_table` off a session's record."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ranvier.core import format_value
from ranvier.session.metadata._facts_table import FACTS, Fact, Form
from ranvier.session.metadata._plain import to_plain
from ranvier.session.metadata._wording import misfits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ranvier.session.faults import Finding
    from ranvier.session.record import SessionRecord

_BY_NAME = {fact.name: fact for fact in FACTS}


@dataclass(frozen=True)
class Facts:
    """What was told.

    Parameters
    ----------
    values
        By name of the fact; what was not told is missing.
    misfits
        By name: what was told in a form that can't be used.
    """

    values: dict[str, Any]
    misfits: dict[str, Finding]

    def get(self, name: str) -> Any:
        """Give a fact.

        Returns
        -------
        object
            None if nobody told it.
        """
        return self.values.get(_BY_NAME[name].name)

    def findings(self, names: Iterable[str]) -> tuple[Finding, ...]:
        """Say which of some facts can't be used as they were told.

        Returns
        -------
        tuple of Finding
            Warnings.
        """
        return tuple(self.misfits[name] for name in names if name in self.misfits)


def mend_of(name: str) -> str:
    """Say how one can tell a fact.

    Returns
    -------
    str
        For a finding.
    """
    return _BY_NAME[name].mend


def pick_text(term: Any, *keys: str) -> str | None:
    """Pick the text of a fact that is told as a text or as a table.

    Parameters
    ----------
    term
        The fact; None is not known.
    keys
        Of the table, the first that has a text counts.

    Returns
    -------
    str or None
        None if there is no text.
    """
    if not isinstance(term, dict):
        return term if isinstance(term, str) and term else None
    table = cast("dict[str, Any]", term)
    texts = (table.get(key) for key in keys)
    return next((text for text in texts if isinstance(text, str) and text), None)


def read_text(told: Any) -> str | None:
    """Read a text; a whole number is taken for one, as in a serial number.

    Returns
    -------
    str or None
        None if it is none, or blank.
    """
    if isinstance(told, str):
        return told.strip() or None
    return str(told) if isinstance(told, int) and not isinstance(told, bool) else None


def read_facts(record: SessionRecord) -> Facts:
    """Read all that a session told.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    Facts
        With what is of another form than the table has kept apart.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, Finding] = {}
    for fact in FACTS:
        told = _look_up(fact, record)
        if told is None or told == "" or told in ([], {}):
            continue
        value = _READERS[fact.form](told)
        if value is None:
            wrong[fact.name] = _misfit(fact, told)
        else:
            values[fact.name] = value
    return Facts(values, wrong)


def _look_up(fact: Fact, record: SessionRecord) -> Any:
    told = record.data_of(fact.step) if fact.step else None
    if told is None and fact.parameter:
        told = record.parameters.get(fact.parameter)
    return told


def _misfit(fact: Fact, told: Any) -> Finding:
    name = fact.parameter or fact.step
    return misfits(f"`{name}`", format_value(told), fact.form.value, fact.mend)


def _read_texts(told: Any) -> list[str] | None:
    items = cast("list[Any]", told) if isinstance(told, list | tuple) else [told]
    texts = [read_text(item) for item in items]
    return cast("list[str]", texts) if texts and None not in texts else None


def _read_number(told: Any) -> float | None:
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    return told if is_number and math.isfinite(told) and told >= 0 else None


def _read_flag(told: Any) -> bool | None:
    return told if isinstance(told, bool) else None


def _read_date(told: Any) -> str | None:
    if isinstance(told, dt.datetime):
        return told.date().isoformat()
    if isinstance(told, dt.date):
        return told.isoformat()
    try:
        return dt.date.fromisoformat(told).isoformat()
    except (TypeError, ValueError):
        return None


def _read_table(told: Any) -> dict[str, Any] | None:
    return to_plain(told) if isinstance(told, dict) else None


def _read_tables(told: Any) -> list[dict[str, Any]] | None:
    if not isinstance(told, list | tuple):
        return None
    items = [_read_table(item) for item in cast("list[Any]", told)]
    return cast("list[dict[str, Any]]", items) if None not in items else None


def _read_term(told: Any) -> str | dict[str, Any] | None:
    return _read_table(told) if isinstance(told, dict) else read_text(told)


def _read_terms(told: Any) -> list[Any] | None:
    items = cast("list[Any]", told) if isinstance(told, list | tuple) else [told]
    terms = [_read_term(item) for item in items]
    return terms if terms and None not in terms else None


_READERS: dict[Form, Callable[[Any], Any]] = {
    Form.TEXT: read_text,
    Form.TEXTS: _read_texts,
    Form.NUMBER: _read_number,
    Form.FLAG: _read_flag,
    Form.DATE: _read_date,
    Form.TABLE: _read_table,
    Form.TABLES: _read_tables,
    Form.TERM: _read_term,
    Form.TERMS: _read_terms,
}
